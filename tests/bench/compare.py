#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs egm-bench and a competitor in turn and prints the ratio of their medians for each workload.

  compare.py --bench build/tests/bench/egm-bench --peer 'python3 torch_peer.py --tuned' [--rounds R] [--threads 1,2]
             [--works toy_meg,langevin_gauss:f64] [--iters K]

A workload is a name, followed by :f64 for double precision. The competitor is called with --work NAME --dtype f32|f64
--threads N --iters K --warmup W and must print one JSON line with median_ms. Each round runs
both, in alternating order, so that a machine whose speed drifts favours neither. The figures of each side are the
median over the rounds of its medians, and the best round; ratio is competitor / egm. start is the time in ms from the
start of the process to the end of its first step; the competitor reports its own (start_to_first_step_s).
"""
import argparse
import json
import shlex
import statistics
import subprocess
import time


# Steps of these take tenths of a second.
SLOW = {"wgangp_mlp_wide": 8, "dcgan28": 4, "latent_mala": 4, "langevin_gauss": 8}


def run(command, work, threads, iters):
    name, _, dtype = work.partition(":")
    iters = max(5, iters // SLOW.get(name, 1))
    options = {"work": name, "dtype": dtype or "f32", "threads": threads, "iters": iters,
               "warmup": min(5, max(1, iters // 4))}
    began = time.monotonic()
    line = subprocess.run(command + [f for k, v in options.items() for f in ("--" + k, str(v))],
                          check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1]
    result = json.loads(line)
    result["start_ms"] = 1e3 * (result["first_step_at"] - began if "first_step_at" in result
                                else result.get("start_to_first_step_s", float("nan")))
    return result


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bench", required=True)
    ap.add_argument("--peer", required=True)
    ap.add_argument("--rounds", type=int, default=3)
    ap.add_argument("--threads", default="1,2")
    ap.add_argument("--iters", type=int, default=40)
    ap.add_argument("--works", default="toy_meg,toy_meg_d64,wgangp_mlp,wgangp_mlp_wide,dcgan28,dsm_mlp,latent_mala,"
                    "langevin_gauss,langevin_gauss:f64")
    o = ap.parse_args()
    sides = {"egm": [o.bench], "peer": shlex.split(o.peer)}
    print("| work | threads | egm ms | peer ms | ratio | best / best | roofline | allocs | arena MB | rss MB / peer | start / peer |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for work in o.works.split(","):
        for threads in map(int, o.threads.split(",")):
            runs = {"egm": [], "peer": []}
            for r in range(o.rounds):
                for side in (("egm", "peer") if r % 2 == 0 else ("peer", "egm")):
                    runs[side].append(run(sides[side], work, threads, o.iters))
            mid = {s: statistics.median(x["median_ms"] for x in v) for s, v in runs.items()}
            best = {s: min(x["median_ms"] for x in v) for s, v in runs.items()}
            e, p = runs["egm"][0], runs["peer"][0]
            roof = statistics.median(x["roofline_ratio"] for x in runs["egm"])
            start = {s: min(x["start_ms"] for x in v) for s, v in runs.items()}
            print(f"| {work} | {threads} | {mid['egm']:.3f} | {mid['peer']:.3f} | {mid['peer'] / mid['egm']:.2f} | "
                  f"{best['peer'] / best['egm']:.2f} | {roof:.2f} | {e['allocs_per_step']} | {e['arena_mb']} | "
                  f"{e['rss_mb']} / {p.get('peak_rss_mb', '')} | {start['egm']:.1f} / {start['peer']:.0f} |", flush=True)


if __name__ == "__main__":
    main()
