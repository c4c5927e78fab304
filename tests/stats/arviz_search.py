#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Searches random draws for which ArviZ and egm.diagnose have different figures.

usage: arviz_search.py [cases] [seed]     (default 2000 1; needs ArviZ 0.x, NumPy and the installed egm;
                                           not part of the build)

Draws: 1 to 6 chains of 4 to 400 draws, autoregressive, tied, heavy-tailed, of different scales and places, with chains
or constant halves, at magnitudes from 1e-280 to 1e280. ArviZ gets them at magnitude 1. What differs on
purpose, as lib/stats/diagnostics_compute.c says, is put in ArviZ's place here: NaN for draws that are all the same,
for indicators of a quantile that are all the same, for sizes of fewer than 10 draws; infinity for an R-hat without
variance within. Prints what differs and exits with 1 if anything does.
"""
import sys
import warnings

import arviz as az
import egm
import numpy as np
from arviz.stats.diagnostics import _ess, _rhat, _split_chains, _z_scale

warnings.simplefilter("ignore")
TOLERANCE = 1e-8  # the 1e-9 of test_diagnostics_arviz.c, and more draws with little variance
NAMES = ("mean", "sd", "mcse", "r_hat", "ess_bulk", "ess_tail", "ess_mean", "q05", "median", "q95")


def chain(rng, n, kind):
    x, phi = rng.standard_normal(n), rng.choice([0, 0.3, 0.7, 0.95, -0.5, -0.9])
    for t in range(1, n):
        x[t] += phi * x[t - 1]
    if kind == "ties":
        return np.floor(rng.choice([0.5, 1, 3]) * x)
    if kind == "heavy":
        return x / rng.standard_normal(n)
    return np.sign(x) if kind == "signs" else x


def draws(rng):
    chains, n = int(rng.integers(1, 7)), int(rng.choice([rng.integers(4, 30), rng.integers(30, 401)]))
    kind = rng.choice(["plain", "plain", "ties", "heavy", "signs"])
    x = np.array([chain(rng, n, kind) for _ in range(chains)])
    one = int(rng.integers(chains))
    match rng.choice(["as it is", "scale", "place", "still", "half", "all still"], p=[0.3, 0.15, 0.15, 0.2, 0.15, 0.05]):
        case "scale":
            x[one] *= 4.0
        case "place":
            x[one] += 2.0
        case "still":
            x[one] = rng.choice([0.0, 0.1, x[0, 0]])
        case "half":
            x[one, : n // 2] = rng.choice([0.0, 0.1])
        case "all still":
            x[:] = rng.choice([0.1, 0.3, 2.0], size=(chains, 1))
    return x


def folded(x):
    halves = _split_chains(x)
    return halves, abs(halves - np.median(halves))


def r_hat(x):
    """As az.rhat, which rejects a single chain; 0/0 and x/0 by what the values are and not by how sums round."""
    values = []
    for y in folded(x):
        still = all(len(set(half)) == 1 for half in y)
        values.append((np.nan if len(set(y.ravel())) == 1 else np.inf) if still else _rhat(_z_scale(y)))
    return np.fmax(*values)


def sizes(y):
    """What ArviZ makes of split draws y, and of the same draws mapped in ways that change no sample size. Of integers
    and indicators a pair of Geyer's sum can be exactly 0, and rounding decides whether the sum goes on: more than one
    answer."""
    return [_ess(z) for z in (y, -y, y[:, ::-1], 0.3 * y + 0.1)]


def indicators(x, q):
    """By NumPy's quantile: ArviZ's own misses an order statistic by its last bits where (N - 1) q is a whole number."""
    below = (_split_chains(x) <= np.quantile(x, q)).astype(float)
    return sizes(below) if 0 < below.mean() < 1 else [np.nan]


def expected(x):
    """A list of answers for each name."""
    halves, sd = _split_chains(x), x.std(ddof=1)
    bulk, tail, mean = [np.nan], [np.nan], [np.nan]
    if x.shape[1] >= 10 and len(set(halves.ravel())) > 1:
        low, high = indicators(x, 0.05), indicators(x, 0.95)
        bulk, tail, mean = sizes(_z_scale(halves)), [np.minimum(a, b) for a in low for b in high], sizes(halves)
    return [[x.mean()], [sd], [sd / np.sqrt(n) for n in mean], [r_hat(x)], bulk, tail, mean,
            *([v] for v in np.quantile(x, [0.05, 0.5, 0.95]))]


def differs(a, answers, scale):
    return not any(a == b or (np.isnan(a) and np.isnan(b)) or abs(a - b) <= TOLERANCE * max(abs(b), scale)
                   for b in answers)


def main():
    cases, seed = (int(v) for v in (sys.argv[1:] + ["2000", "1"][len(sys.argv) - 1:])[:2])
    rng, bad = np.random.default_rng(seed), 0
    for case in range(cases):
        x = draws(rng)
        power = int(rng.integers(-930, 931))
        ours = egm.diagnose(np.ascontiguousarray(np.ldexp(x.T[:, :, None], power)))
        for name, answers in zip(NAMES, expected(x)):
            in_units = name in ("mean", "sd", "mcse", "q05", "median", "q95")
            got = float(np.ldexp(ours[name][0], -power)) if in_units else ours[name][0]
            if differs(got, answers, np.abs(x).max() if in_units else 1):
                bad += 1
                print(f"case {case}, {x.shape[0]} x {x.shape[1]}, 2^{power}: {name} is {got!r}, ArviZ has {answers}")
    print(f"{cases} cases, {bad} numbers differ")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
