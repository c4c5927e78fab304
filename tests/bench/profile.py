#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints where the time of a workload goes, in per cent of the samples of egm-bench by `perf`.

  profile.py --bench build/tests/bench/egm-bench [--works toy_meg,wgangp_mlp] [--threads N] [--perf 'perf']

Samples are taken by the clock of each processor, so that virtual machines without counters suffice. Functions are grouped
by purpose; functions that match no pattern are `rest`, and the largest three of them are printed after the table.
"""
import argparse
import os
import re
import subprocess
import tempfile

PARTS = [
    ("products", r"gemm_kernel|gemm_small|gemv|sdot|ddot|^tile_|^multiply|^dots|product|_kernel_"),
    ("packing", r"[io][nt]copy_|copy_panel|turn|^pack|_pack|transposed"),
    ("patches", r"patches|fold"),
    ("optimiser", r"adam|rmsprop|sgd_|average"),
    ("checks", r"all_finite|sum_squares|finite"),
    ("noise", r"normal|uniform|philox|langevin"),
    ("clear, copy", r"memset|memcpy|memmove|strided_copy|copy_row|copy_task|gather"),
    ("fused passes", r"fill_|splat|affine|scale_shift|lin_v|mul_v|leaky|step_f|exponential|logarithm|root_|recip|tangent|"
                     r"sigmoid|softplus|error_function|^sum_f|^dot_f|accumulate|run_row|run_block|enter_row|group|leapfrog|"
                     r"close_tile|close_row|_ZGV"),
    ("waiting", r"spin|relax|yield|futex|sched|cond_|mutex"),
]


def sample(perf, bench, work, threads, iters):
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "perf.data")
        subprocess.run([perf, "record", "-q", "-e", "cpu-clock", "-F", "2000", "-o", data, bench, "--work", work,
                        "--threads", str(threads), "--iters", str(iters), "--roof", "0"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        text = subprocess.run([perf, "report", "-i", data, "--stdio", "-F", "overhead,symbol", "-g", "none"], check=True,
                              capture_output=True, text=True).stdout
    shares = {}
    for line in text.splitlines():
        m = re.match(r"\s*([0-9.]+)%\s+\[.\]\s+(\S+)", line)
        if m:
            shares[m[2]] = shares.get(m[2], 0) + float(m[1])
    return shares


def part_of(symbol):
    for name, pattern in PARTS:
        if re.search(pattern, symbol):
            return name
    return "rest"


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bench", required=True)
    ap.add_argument("--perf", default="perf")
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--works", default="toy_meg,toy_meg_d64,wgangp_mlp,wgangp_mlp_wide,dcgan28,dsm_mlp,latent_mala,"
                    "langevin_gauss")
    o = ap.parse_args()
    iters = {"toy_meg_d64": 4000, "toy_meg": 150, "wgangp_mlp": 200, "dsm_mlp": 80, "wgangp_mlp_wide": 6, "dcgan28": 15,
             "latent_mala": 8, "langevin_gauss": 8}
    names = [name for name, _ in PARTS] + ["rest"]
    print("| work | " + " | ".join(names) + " |\n|---" + "|---" * len(names) + "|")
    rest = []
    for work in o.works.split(","):
        sums = dict.fromkeys(names, 0.0)
        shares = sample(o.perf, o.bench, work, o.threads, iters.get(work, 50))
        for symbol, share in shares.items():
            sums[part_of(symbol)] += share
        print(f"| {work} | " + " | ".join(f"{sums[n]:.1f}" for n in names) + " |", flush=True)
        others = sorted(((v, s) for s, v in shares.items() if part_of(s) == "rest"), reverse=True)[:3]
        rest.append(f"{work}: " + ", ".join(f"{s} {v:.1f}" for v, s in others))
    print("\nrest: " + "; ".join(rest))


if __name__ == "__main__":
    main()
