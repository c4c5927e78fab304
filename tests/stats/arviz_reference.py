#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes arviz_reference.h: the numbers of ArviZ for draws that test_diagnostics_arviz.c makes too, bit for bit.

usage: arviz_reference.py > arviz_reference.h     (needs ArviZ 0.x and NumPy; not part of the build)

The R-hat of a single chain is that of its halves. az.rhat rejects a single chain, so it is made of parts of ArviZ.
"""
import sys
import warnings

import arviz as az
import numpy as np
from arviz.stats.diagnostics import _rhat, _split_chains, _z_scale

warnings.simplefilter("ignore")  # 0/0 of a constant chain: NaN here and there
MASK = (1 << 64) - 1
LAGS = (0, 1, 2, 3, 10, 100, 332)


class Source:  # uniform() and bell() of diagnostics_support.h
    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return ((z ^ (z >> 31)) >> 11) * 2.0**-53

    def bell(self):
        total = 0.0
        for _ in range(12):
            total += self.uniform()
        return total - 6.0


def autoregressive(seed, phi, n):
    source, value, out = Source(seed), 0.0, []
    for _ in range(int(100 / (1 - abs(phi)))):
        value = phi * value + source.bell()
    for _ in range(n):
        value = phi * value + source.bell()
        out.append(value)
    return np.array(out)


def cauchy(seed, n):
    source = Source(seed)
    pairs = [(source.bell(), source.bell()) for _ in range(n)]
    return np.array([a / b for a, b in pairs])


def series(name, chain, seed, n):
    """The names of make_chain in test_diagnostics_arviz.c."""
    if name == "independent":
        return autoregressive(seed, 0.0, n)
    if name == "slow":
        return autoregressive(seed, 0.9, n)
    if name == "antithetic":
        return autoregressive(seed, -0.5, n)
    if name == "offset":
        return autoregressive(seed, 0.5, n) + (2.0 if chain == 3 else 0.0)
    if name == "cauchy":
        return cauchy(seed, n)
    if name == "ties":
        return np.floor(2 * autoregressive(seed, 0.5, n))
    if name == "scale":
        return autoregressive(seed, 0.5, n) * (3.0 if chain == 1 else 1.0)
    if name == "stuck":
        return autoregressive(seed, 0.99, n)
    if name == "alternating":
        return autoregressive(seed, -0.95, n)
    if name == "still":
        return np.full(n, 0.1) if chain == 3 else autoregressive(seed, 0.0, n)
    if name == "half_still":
        return np.where((np.arange(n) < n // 2) & (chain == 0), 0.1, autoregressive(seed, 0.5, n))
    raise ValueError(name)


CASES = [  # name, chains, draws
    ("independent", 4, 500), ("slow", 4, 500), ("antithetic", 4, 500),
    ("offset", 4, 500), ("cauchy", 4, 500), ("ties", 4, 500),
    ("scale", 3, 333), ("stuck", 3, 333), ("alternating", 3, 333),
    ("still", 4, 500), ("half_still", 3, 333),
]  # fmt: skip


def draws(case):
    name, chains, n = CASES[case]
    return np.array([series(name, c, 1000 * (case + 1) + c, n) for c in range(chains)])


def r_hat(x):
    if len(x) > 1:
        return az.rhat(x, method="rank")
    halves = _split_chains(x)
    return max(_rhat(_z_scale(halves)), _rhat(_z_scale(abs(halves - np.median(halves)))))


def diagnosis(x):
    return [x.mean(), x.std(ddof=1), az.mcse(x, method="mean"), r_hat(x), az.ess(x, method="bulk"),
            az.ess(x, method="tail"), az.ess(x, method="mean"), *np.quantile(x, [0.05, 0.5, 0.95])]  # fmt: skip


def row(numbers):
    text = ", ".join("NAN" if np.isnan(v) else repr(float(v)) for v in numbers)
    lines, line = [], "     "
    for word in text.split(" "):
        if len(line) + len(word) > 110:
            lines, line = lines + [line], "     "
        line += word + " "
    return "\n".join(part.rstrip() for part in [*lines, line]).lstrip()


print(f"""/* SPDX-License-Identifier: MIT */
/* Written by arviz_reference.py with ArviZ {az.__version__}, NumPy {np.__version__}, Python {sys.version.split()[0]}. */
#ifndef EGM_TESTS_ARVIZ_REFERENCE_H
#define EGM_TESTS_ARVIZ_REFERENCE_H

#include <math.h>

/* clang-format off */
enum {{ REFERENCE_LAGS = {len(LAGS)} }};
static const int reference_lags[REFERENCE_LAGS] = {{{", ".join(map(str, LAGS))}}};

typedef struct reference {{
	const char *name;
	int chains, draws;
	double all[10];      /* mean, sd, mcse, r_hat, ess_bulk, ess_tail, ess_mean, q05, median, q95 */
	double one[10];      /* the same of chain 1 alone */
	double bfmi[4];      /* az.bfmi with the draws as energies, for each chain */
	double correlation[REFERENCE_LAGS]; /* az.autocorr, mean over chains */
}} reference;

static const reference references[] = {{""")
for number, (name, chains, n) in enumerate(CASES):
    x = draws(number)
    correlation = az.autocorr(x, axis=1).mean(axis=0)
    print(f'    {{"{name}", {chains}, {n},')
    print("    {" + row(diagnosis(x)) + "},")
    print("    {" + row(diagnosis(x[1:2])) + "},")
    print("    {" + row(az.bfmi(x)) + "},")
    print("    {" + row(correlation[list(LAGS)]) + "}},")
print("""};
/* clang-format on */

#endif""")
