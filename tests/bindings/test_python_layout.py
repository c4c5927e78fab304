# SPDX-License-Identifier: MIT
"""What the Python module repeats of the headers, against the headers: EGM_LAYOUT names the program of layout.c. Run as
test_python.py.
"""
import ctypes
import inspect
import os
import re
import subprocess
import unittest

from test_python import main
import egm
from egm import _arrays, _errors, _structs


class Layout(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.structs, cls.numbers = {}, {}
        for line in subprocess.run(os.environ["EGM_LAYOUT"], stdout=subprocess.PIPE, text=True,
                                   check=True).stdout.splitlines():
            name, *rest = line.split()
            if len(rest) == 1:
                cls.numbers[name] = int(rest[0])
            else:
                cls.structs.setdefault(name, []).append(rest)

    def test_structs_are_those_of_the_headers(self):
        self.assertEqual(set(_structs.STRUCTS), set(self.structs))
        for name, struct in _structs.STRUCTS.items():
            members = [[member, *map(str, (getattr(struct, member).offset, getattr(struct, member).size))]
                       for member, _ in struct._fields_]
            self.assertEqual([["-", "-", str(ctypes.sizeof(struct))], *members], self.structs[name], name)

    def test_numbers_are_those_of_the_headers(self):
        numbers, names = dict(_structs.NUMBERS), {"OutOfMemory": "MEMORY", "File": "IO"}
        numbers.update(("EGM_F%d" % (8 * dtype.itemsize), code) for dtype, code in _arrays.CODES.items())
        for status, kind in _errors.ERRORS.items():
            name = kind.__name__[:-len("Error")]
            numbers["EGM_ERR_" + names.get(name, name.upper())] = status
        numbers["EGM_ERR_STOPPED"] = _errors.STOPPED
        self.assertEqual(numbers, self.numbers)

    def test_losses_are_those_of_the_header(self):
        """Every egm_*_create(out, nets, options) with its nets in order; options stand in the structs above."""
        with open(os.path.join(os.path.dirname(__file__), "..", "..", "include", "egm", "loss.h")) as file:
            text = file.read()
        found = {}
        for name, arguments in re.findall(r"egm_(\w+)_create\(egm_loss \*\*out, ([^)]*)\)", text):
            found[name] = re.findall(r"egm_model \*(\w+)", arguments)
        self.assertGreaterEqual(len(found), 14)
        self.assertEqual(set(found), set(egm.Loss._systems))
        for name, nets in found.items():
            parameters = inspect.signature(getattr(egm.Loss, name)).parameters.values()
            self.assertEqual([p.name.replace("_net", "") for p in parameters if p.kind == p.POSITIONAL_ONLY], nets)

    def test_defaults_are_shown(self):
        options = inspect.signature(egm.Loss.wgan).parameters
        self.assertEqual({name: p.default for name, p in options.items() if p.kind == p.KEYWORD_ONLY},
                         {"penalty_kind": "two_sided", "penalty_at": "interpolates", "critic_steps": 5, "penalty": 10,
                          "clip": 0})


if __name__ == "__main__":
    main()
