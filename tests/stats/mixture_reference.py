#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes mixture_reference.h: the fits of scikit-learn to rows that test_mixture_units.c makes too.

usage: mixture_reference.py > mixture_reference.h     (needs scikit-learn and NumPy; not part of the build)

GaussianMixture has one start and one regularisation for all columns, so it gets standardised columns, and its numbers
are mapped back. A spherical covariance is no longer one when columns are standardised each by itself: those rows are in
one unit as they are. Components are in ascending order of the last column of their mean.
"""
import platform
import sys

import numpy as np
import sklearn
from sklearn.mixture import GaussianMixture

MASK = (1 << 64) - 1
DIGITS = "%.17g"


class Source:  # random_signed() and random_normal() of numbers.h
    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & MASK
        return (self.state >> 11) / 4503599627370496.0 - 1

    def normal(self):
        u, v = 0.5 * (self.uniform() + 1) + 2.0**-54, self.uniform()
        return np.sqrt(-2 * np.log(u)) * np.cos(np.pi * v)


def income(_):
    """An income, and a rate of 0.01 or 0.03."""
    source, rows = Source(31), []
    for _ in range(4000):
        rate = 0.01 if source.uniform() < 0 else 0.03
        earned = 3e4 + 1e4 * source.normal()
        rows.append([earned, rate + 0.002 * source.normal()])
    return np.array(rows)


def three(units):
    """Three correlated groups in these units."""
    source, rows = Source(32), []
    for r in range(1500):
        n = [source.normal() for _ in range(3)]
        mean = [(0, 0, 0), (6, 1, -2), (-3, 5, 4)][r % 3]
        rows.append([(mean[j] + n[j] + (0.5 * n[j - 1] if j else 0)) * units[j] for j in range(3)])
    return np.array(rows)


CASES = (("income", 2, "full", income, None), ("income", 2, "diag", income, None),
         ("decades", 3, "full", three, (1e-6, 1, 1e6)), ("decades", 3, "diag", three, (1e-6, 1, 1e6)),
         ("one unit", 3, "spherical", three, (1, 1, 1)))


def fit(x, components, kind):
    mean, sd = (0, np.ones(x.shape[1])) if kind == "spherical" else (x.mean(0), x.std(0))
    z = (x - mean) / sd
    mixture = GaussianMixture(components, covariance_type=kind, reg_covar=0, tol=1e-14, max_iter=100000, n_init=5,
                              random_state=0).fit(z)
    dims = x.shape[1]
    full = {"full": lambda c: c, "diag": np.diag, "spherical": lambda c: c * np.eye(dims)}[kind]
    order = np.argsort(mixture.means_[:, -1])
    covariances = [full(mixture.covariances_[k]) * np.outer(sd, sd) for k in order]
    return (mixture.score(z) - np.log(sd).sum(), mixture.weights_[order], mixture.means_[order] * sd + mean,
            np.array(covariances))


def numbers(values):
    return ", ".join(DIGITS % v for v in np.ravel(values))


print("""/* SPDX-License-Identifier: MIT */
/* Written by mixture_reference.py with scikit-learn %s, NumPy %s, Python %s. */
#ifndef EGM_TESTS_MIXTURE_REFERENCE_H
#define EGM_TESTS_MIXTURE_REFERENCE_H

/* clang-format off */
static const struct {
	const char *rows, *kind;
	int components, dims;
	double log_likelihood, weights[3], means[9], covariances[27];
} references[] = {""" % (sklearn.__version__, np.__version__, platform.python_version()))
for name, components, kind, make, units in CASES:
    x = make(units)
    log_likelihood, weights, means, covariances = fit(x, components, kind)
    print('    {"%s", "%s", %d, %d, %s,' % (name, kind, components, x.shape[1], DIGITS % log_likelihood))
    print("     {%s},\n     {%s}," % (numbers(weights), numbers(means)))
    print("     {%s}}," % ",\n      ".join(numbers(c) for c in covariances))
print("};\n/* clang-format on */\n\n#endif")
sys.stdout.flush()
