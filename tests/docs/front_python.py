#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the Python program of the front page: the energy is lower on the circle than at its centre."""
import contextlib
import io
import pathlib
import runpy

try:
    import numpy  # noqa: F401
    program = pathlib.Path(__file__).parents[2] / "doc" / "tutorial" / "front.py"
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        energy = runpy.run_path(str(program))["u"]
    print("# " + printed.getvalue().strip())
    print(("ok" if energy[0] < energy[1] else "not ok") + " 1 - doc/tutorial/front.py learns the circle\n1..1")
except ImportError as error:
    if error.name != "numpy":
        raise
    print("ok 1 - doc/tutorial/front.py learns the circle # SKIP NumPy is not installed\n1..1")
