#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes activation_rows/*.h: activation functions with their first two derivatives, by mpmath.

usage: activation_reference.py DIRECTORY     (needs mpmath; not part of the build)

Every argument is a float or a double. With 2200 bits nothing that the formulas subtract loses the 64 bits printed:
sigmoid and tanh are told from 1 up to arguments of 750, after which their slopes are below any double.
"""
import random
import struct
import sys

import mpmath as mp

mp.mp.prec = 2200
DBL_MAX, FLT_MAX = sys.float_info.max, (2 - 2.0**-23) * 2.0**127
ALPHA = mp.mpf(1.25)  # of elu


def as_float(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def sigmoid(x):
    return 1 / (1 + mp.exp(-x)) if x > 0 else mp.exp(x) / (1 + mp.exp(x))


def bell(x):  # s(x) s(-x)
    e = mp.exp(-abs(x))
    return e / (1 + e) ** 2


def half_tanh(x):
    e = mp.exp(-abs(x))
    return mp.sign(x) * (1 - e) / (1 + e)


def phi(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def share(x):  # Phi
    return mp.erfc(-x / mp.sqrt(2)) / 2 if x < 200 else mp.mpf(1)


def within(x):  # where a factor of x is multiplied by one that is 0 in any double
    return max(min(x, mp.mpf(2000)), mp.mpf(-2000))


def elu(x):
    return (x, mp.mpf(1), mp.mpf(0)) if x > 0 else (ALPHA * mp.expm1(x), ALPHA * mp.exp(x), ALPHA * mp.exp(x))


def softplus(x):
    return max(x, mp.mpf(0)) + mp.log1p(mp.exp(-abs(x))), sigmoid(x), bell(x)


def logistic(x):
    return sigmoid(x), bell(x), -bell(x) * half_tanh(x)


def tanh(x):
    return half_tanh(2 * x), 4 * bell(2 * x), -8 * bell(2 * x) * half_tanh(2 * x)


def silu(x):
    y = within(x)
    curve = bell(y) * (2 - y * half_tanh(y))
    return x * sigmoid(x) if x > 0 else y * sigmoid(y), sigmoid(y) + y * bell(y), curve


def gelu(x):
    y = max(min(x, mp.mpf(60)), mp.mpf(-60))
    return (x if x > 60 else y * share(y)), share(y) + y * phi(y), phi(y) * (2 - y * y)


def arguments(seed, tail):
    """Both signs over all exponents of both types, dense near 0 and in the tails, where the rounding to a whole power
    of two changes, at roots and at the ends."""
    draw = random.Random(seed)
    x = [0.0, FLT_MAX, DBL_MAX, 2.0**-126, 2.0**-1022, 2.0**-24, 2.0**-53, 1.0]
    x += [as_float((1 + draw.random()) * 2.0**e) for e in range(-125, 127, 11)]
    x += [(1 + draw.random()) * 2.0**e for e in range(-1021, 1023, 79)]
    x += [as_float((1 + draw.random()) * 2.0**e) for e in range(-12, 3) for _ in range(2)]
    x += [draw.uniform(0, 2) for _ in range(10)]
    x += [as_float(draw.uniform(2, tail[0])) for _ in range(20)]
    x += [draw.uniform(2, tail[1]) for _ in range(20)]
    for k in (0.5, 1.5, 5.5, 30.5):
        x += [as_float(k * 0.6931471805599453), k * 0.6931471805599453]
    x += [1.2784645427610738, 0.7517915247, 1.4142135623730951, 2.3993572805154477]
    x += [as_float(v) for v in x[-4:]]
    return sorted({v for value in x for v in (value, -value)})


def text(v):
    if v == 0 or abs(v) < mp.mpf(2) ** -16000:
        return "0"
    with mp.workprec(64):
        v = +v
    mantissa, exponent = mp.frexp(v)
    digits = int(mantissa * 2**64)
    while digits % 16 == 0:
        digits //= 16
        exponent += 4
    return "%s0x%xp%dL" % ("-" if digits < 0 else "", abs(digits), exponent - 64)


def main():
    functions = (("elu", elu, (110, 760)), ("softplus", softplus, (100, 740)), ("sigmoid", logistic, (100, 740)),
                 ("tanh", tanh, (50, 370)), ("silu", silu, (110, 755)), ("gelu", gelu, (15, 39)))
    for seed, (name, function, tail) in enumerate(functions):
        with open("%s/%s.h" % (sys.argv[1], name), "w") as out:
            print("/* SPDX-License-Identifier: MIT */", file=out)
            print("/* Written by activation_reference.py with mpmath %s: x, value, slope, curvature. */"
                  % mp.__version__, file=out)
            print("/* clang-format off */\nstatic const activation_row %s_rows[] = {" % name, file=out)
            for x in arguments(seed, tail):
                numbers = ", ".join(text(v) for v in function(mp.mpf(x)))
                print("\t{%s, {%s}}," % (x.hex(), numbers), file=out)
            print("};", file=out)


main()
