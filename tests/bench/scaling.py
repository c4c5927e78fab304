#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures the time of a step by batch size and by the width of the networks: a table and a log-log picture.

  scaling.py --bench build/tests/bench/egm-bench --out doc/scaling.png [--threads N]

Needs matplotlib. Workload: denoising score matching (dsm_mlp) and the toy energy GAN (toy_meg). The dashed lines are
the minimal products at the rate of a large square product of the same run.
"""
import argparse
import json
import subprocess

import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt

WORKS = ["dsm_mlp", "toy_meg"]
AXES = {"batch": [8, 16, 32, 64, 128, 256, 512, 1024], "width": [32, 64, 128, 256, 512, 1024, 2048]}
FIXED = {"batch": ("width", 512), "width": ("batch", 64)}


def step(bench, work, threads, **sizes):
    options = ["--work", work, "--threads", str(threads), "--iters", "15", "--warmup", "3"]
    for name, value in sizes.items():
        options += ["--" + name, str(value)]
    return json.loads(subprocess.run([bench] + options, check=True, capture_output=True, text=True).stdout)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bench", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--threads", type=int, default=1)
    o = ap.parse_args()
    figure, plots = plt.subplots(1, 2, figsize=(10, 4.2), sharey=True)
    print("| work | batch | width | ms | limit ms | roofline |\n|---|---|---|---|---|---|")
    for plot, (axis, values) in zip(plots, AXES.items()):
        for color, work in zip(("tab:blue", "tab:orange"), WORKS):
            measured, limit = [], []
            for value in values:
                sizes = {axis: value, FIXED[axis][0]: FIXED[axis][1]}
                r = step(o.bench, work, o.threads, **sizes)
                measured.append(r["median_ms"])
                limit.append(r["gflop"] / r["gemm_gflops"] * 1e3)
                print(f"| {work} | {sizes['batch']} | {sizes['width']} | {measured[-1]:.3f} | {limit[-1]:.3f} | "
                      f"{r['roofline_ratio']:.2f} |", flush=True)
            plot.loglog(values, measured, "o-", color=color, label=work)
            plot.loglog(values, limit, "--", color=color, label=work + ", limit")
        plot.set_xlabel(f"{axis} ({FIXED[axis][0]} {FIXED[axis][1]})")
        plot.grid(True, which="both", alpha=0.3)
    plots[0].set_ylabel("ms a step")
    plots[1].legend()
    figure.suptitle(f"Time of a training step, {o.threads} thread" + ("s" if o.threads > 1 else ""))
    figure.tight_layout()
    figure.savefig(o.out, dpi=110)


if __name__ == "__main__":
    main()
