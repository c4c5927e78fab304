#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes numpy_reference.h: NPY files of every type, byte order and memory order as NumPy writes them, and what NumPy
reads in them as float64 and float32.

    numpy_reference.py > numpy_reference.h     (made with NumPy 2.4.6; not part of the build)

A file is kept as its header without the padding, which the test adds again (and this script checks that it is the
same), and its data. Values are at the ends of each type's range and at ties of its roundings.
"""
import io
import sys
import textwrap

import numpy as np

VALUES = {
    "b1": [0, 1, 1, 0, 1, 0],
    "u1": [0, 1, 127, 128, 254, 255], "i1": [0, 1, 127, -128, -2, -1],
    "u2": [0, 1, 256, 32768, 65534, 65535], "i2": [0, 1, 256, -32768, -2, 32767],
    "u4": [0, 16777217, 16777219, 2147483648, 4294967294, 4294967295],
    "i4": [0, 16777217, -16777219, -2147483648, -2, 2147483647],
    # 2^53 + 1 ties to even as float64; 2^60 + 2^36 + 1 is above a tie of float32, but rounds to that tie as float64
    "u8": [0, 2**53 + 1, 2**53 + 3, 2**60 + 2**36 + 1, 2**63, 2**64 - 1],
    "i8": [0, 2**53 + 1, -(2**53) - 3, -(2**60) - 2**36 - 1, -(2**63), 2**63 - 1],
    "f2": [0, -0.0, 65504, 2**-24, -1.5, 0.333251953125],
    "f4": [0, -0.0, 3.4028234663852886e38, 2**-149, -1.5, 0.1],
    "f8": [0, -0.0, 1e38, 5e-324, -1.5, 0.1],
}


def text_of(values):
    return ", ".join(repr(float(v)) for v in values.ravel())


def row(descr, values, order, dimensions):
    x = np.array(values, descr)
    x = x.reshape(dimensions, order="C")
    x = np.asarray(x, order=order)
    out = io.BytesIO()
    np.lib.format.write_array(out, x, version=(1, 0))
    file = out.getvalue()
    length = int.from_bytes(file[8:10], "little")
    header, data = file[10:10 + length], file[10 + length:]
    dictionary = header.rstrip(b" \n").decode()
    assert header == dictionary.encode() + b" " * (length - len(dictionary) - 1) + b"\n" and (10 + length) % 64 == 0
    back = np.load(io.BytesIO(file))
    parts = ['{"%s",' % dictionary, "%d, {%s}," % (len(data), ", ".join(map(str, data))),
             "{%s}," % text_of(back.astype("f8")), "{%s}}," % text_of(back.astype("f4"))]
    for part in parts:
        print(textwrap.fill(part, 118, initial_indent="    ", subsequent_indent="     ", break_long_words=False)
              if part is not parts[0] else "    " + part)


def main():
    print("/* SPDX-License-Identifier: MIT */")
    print("/* Made by numpy_reference.py with NumPy %s: header, data, numbers in C order as f64 and as f32. */" %
          np.__version__)
    print("#ifndef EGM_TESTS_NUMPY_REFERENCE_H\n#define EGM_TESTS_NUMPY_REFERENCE_H\n\n#include <stddef.h>\n")
    print("typedef struct numpy_file {\n\tconst char *dictionary;\n\tsize_t n;\n\tunsigned char data[48];\n"
          "\tdouble f64[6], f32[6];\n} numpy_file;\n")
    print("/* clang-format off */\nstatic const numpy_file numpy_files[] = {")
    for kind, values in VALUES.items():
        for byte_order in "<>" if int(kind[1]) > 1 else "|":
            row(byte_order + kind, values, "C", (2, 3))
            row(byte_order + kind, values, "F", (2, 3))
    row("<i2", VALUES["i2"], "F", (1, 2, 3))
    row("<i2", VALUES["i2"], "F", (3, 1, 2))
    row("<i2", VALUES["i2"], "F", (6,))
    print("};\n/* clang-format on */\n\n#endif")


if __name__ == "__main__":
    with np.errstate(over="ignore"):
        sys.exit(main())
