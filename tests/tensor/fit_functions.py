#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fits the coefficients of lib/tensor/template_constants.h and prints them with their errors.

usage: fit_functions.py     (needs mpmath; not part of the build; takes a few minutes)

Least squares at Chebyshev nodes in high precision, weights raised where the error is large until it is level
(Lawson 1961): near enough to the minimax polynomial that the last digit does not notice.
"""
from mpmath import atanh, cos, erf, erfc, exp, log, lu_solve, matrix, mp, mpf, nstr, pi, polyval, sqrt, tanh

mp.dps = 80


def level(nodes, row, error, rounds, floor):
    """row(node) gives the coefficients of the unknowns and the right side, error(x) the errors at the nodes."""
    weights, best = [mpf(1)] * len(nodes), None
    for _ in range(rounds):
        lines = [row(i, node) for i, node in enumerate(nodes)]
        n = len(lines[0]) - 1
        scale = [max(abs(line[j]) for line in lines) for j in range(n)]
        a = matrix(len(lines), n)
        b = matrix(len(lines), 1)
        for i, line in enumerate(lines):
            w = sqrt(weights[i])
            for j in range(n):
                a[i, j] = w * line[j] / scale[j]
            b[i] = w * line[n]
        x = lu_solve(a.T * a, a.T * b)
        x = [x[j] / scale[j] for j in range(n)]
        errors = [abs(e) for e in error(x)]
        worst = max(errors)
        if best is None or worst < best[0]:
            best = worst, x
        weights = [w * (e / worst + floor) for w, e in zip(weights, errors)]
        total = sum(weights)
        weights = [w * len(nodes) / total for w in weights]
    return best


def exp_tail(degree):
    """(e^r - 1 - r) / r^2 for |r| <= log(2)/2; the error is r times that of the polynomial."""
    count, bound = 8 * (degree + 2), log(2) / 2 * mpf("1.001")
    nodes = [bound * cos(pi * (i + mpf(1) / 2) / count) for i in range(count)]
    wanted = [(exp(r) - 1 - r) / r**2 for r in nodes]

    def row(i, r):
        return [abs(r) * r**j for j in range(degree + 1)] + [abs(r) * wanted[i]]

    def error(x):
        return [r * (polyval(x[::-1], r) - y) for r, y in zip(nodes, wanted)]

    return level(nodes, row, error, 60, mpf("0.01"))


def log_tail(degree):
    """(2 artanh(y/2) - y) / y^3 as a polynomial in y^2 for 0 <= y <= 2/3; the error is y^2 times that of it."""
    count, bound = 8 * (degree + 2), mpf(4) / 9 * mpf("1.0001")
    nodes = [bound * (1 - cos(pi * (i + mpf(1) / 2) / count)) / 2 for i in range(count)]
    wanted = [(2 * atanh(sqrt(w) / 2) - sqrt(w)) / sqrt(w) ** 3 for w in nodes]

    def row(i, w):
        return [w * w**j for j in range(degree + 1)] + [w * wanted[i]]

    def error(x):
        return [w * (polyval(x[::-1], w) - y) for w, y in zip(nodes, wanted)]

    return level(nodes, row, error, 60, mpf("0.01"))


def odd_tail(function, power, top, degree):
    """(function(x) / x - 1) / x^(2 power) as a polynomial in x^2 for 0 <= x <= top; the error is that of function."""
    count, bound = 8 * (degree + 2), mpf(top) ** 2 * mpf("1.0001")
    nodes = [bound * (1 - cos(pi * (i + mpf(1) / 2) / count)) / 2 for i in range(count)]
    ratios = [function(sqrt(z)) / sqrt(z) for z in nodes]
    wanted = [(y - 1) / z**power for z, y in zip(nodes, ratios)]
    shares = [z**power / y for z, y in zip(nodes, ratios)]

    def row(i, z):
        return [shares[i] * z**j for j in range(degree + 1)] + [shares[i] * wanted[i]]

    def error(x):
        return [s * (polyval(x[::-1], z) - y) for z, y, s in zip(nodes, wanted, shares)]

    return level(nodes, row, error, 60, mpf("0.01"))


def normal_tail(over, under, top):
    """e^(t^2/2) Phi(-t) = P / (sqrt(2 pi) t P + N) for 0 <= t <= top, N(0) = 1.

    Both are scaled by 3/4 in the end, which keeps the roundings of P and of the denominator small where t is.
    """
    count, c, end = 12 * (over + under + 2), sqrt(2 * pi), top / (top + 2)
    points = [end * (1 - cos(pi * (i + mpf(1) / 2) / count)) / 2 for i in range(count)]
    nodes = [2 * s / (1 - s) for s in points]
    wanted = [exp(t * t / 2) * erfc(t / sqrt(mpf(2))) / 2 for t in nodes]
    denominators = [mpf(1)] * count

    def row(i, t):
        f = 1 / (wanted[i] * denominators[i])
        return ([f * t**j * (1 - wanted[i] * c * t) for j in range(over + 1)]
                + [-f * wanted[i] * t ** (j + 1) for j in range(under)] + [f * wanted[i]])

    def error(x):
        p, n = x[:over + 1], [mpf(1)] + x[over + 1:]
        errors = []
        for i, t in enumerate(nodes):
            value = polyval(p[::-1], t)
            denominators[i] = c * t * value + polyval(n[::-1], t)
            errors.append(value / denominators[i] / wanted[i] - 1)
        return errors

    worst, x = level(nodes, row, error, 14, mpf("0.02"))
    return worst, [v * 3 / 4 for v in x[:over + 1]], [v * 3 / 4 for v in [mpf(1)] + x[over + 1:]]


for name, degree in (("exp_tail_f32", 4), ("exp_tail_f64", 9)):
    worst, x = exp_tail(degree)
    print(name, nstr(worst, 3), [nstr(v, 17) for v in x])
for name, degree in (("log_tail_f32", 3), ("log_tail_f64", 9)):
    worst, x = log_tail(degree)
    print(name, nstr(worst, 3), [nstr(v, 17) for v in x])
for name, function, power, top, degree in (("tanh_tail_f32", tanh, 1, "0.55", 4), ("tanh_tail_f64", tanh, 1, "0.55", 9),
                                           ("erf_tail_f32", erf, 0, "1", 6), ("erf_tail_f64", erf, 0, "1", 11)):
    worst, x = odd_tail(function, power, top, degree)
    print(name, nstr(worst, 3), [nstr(v, 17) for v in x])
for name, over, under, top in (("f32", 5, 4, 15), ("f64", 10, 9, 39)):
    worst, p, n = normal_tail(over, under, mpf(top))
    print("normal_p_" + name, nstr(worst, 3), [nstr(v, 17) for v in p])
    print("normal_n_" + name, [nstr(v, 17) for v in n])
