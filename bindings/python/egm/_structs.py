# SPDX-License-Identifier: MIT
"""The structs and enumerations of the library: options from keywords, results as dicts, enumerated values as strings.
All are registered, and a test compares them with what a C compiler makes of the headers.
"""
import ctypes
from ctypes import POINTER, byref, c_double, c_int, c_int32, c_int64, c_size_t, c_uint64, sizeof

import numpy as np

from ._errors import SHAPE, ShapeError
from ._library import INT32, INT64, UINT64, check, choice, declare, integer, lib

DOUBLES = POINTER(c_double)
STRUCTS, NUMBERS = {}, {}  # classes by C name, values of enumerators
_COUNTS = {"temperatures": "levels", "masses": "bins"}  # arrays and the members that say how long these are


def enumeration(prefix, names):
    """The values of EGM_<prefix>_*, numbered from 1, by their names in small letters."""
    codes = {name: number for number, name in enumerate(names.split(), 1)}
    NUMBERS.update(("EGM_%s_%s" % (prefix, name.upper()), number) for name, number in codes.items())
    return codes


class Struct(ctypes.Structure):
    @classmethod
    def defaults(cls, *arguments):
        struct = cls()
        check(cls.init(byref(struct), sizeof(struct), *arguments))
        return struct

    def set(self, values, names=None, dims=None):
        """Sets the members that have keywords, all of `options` or `names` of them. Arrays are [dims] but for those
        with a count, and the struct keeps them."""
        kinds, names = dict(self._fields_), names or self.options
        for name, value in values.items():
            if name not in names:
                raise TypeError("'%s' is none of the options %s" % (name, ", ".join(names)))
            if name in self.choices:
                value = choice(name, value, self.choices[name])
            elif kinds[name] is DOUBLES:
                value = self._doubles(name, value, dims)
            elif kinds[name] is not c_double:
                value = integer(name, value, {c_int32: INT32, c_int64: INT64, c_uint64: UINT64}[kinds[name]])
            setattr(self, name, value)
        return self

    def _doubles(self, name, values, count):
        if values is None:
            return None
        values = np.asarray(values, np.float64)
        if name in _COUNTS:
            count = values.size
            setattr(self, _COUNTS[name], count)
        if values.shape != (count,):
            raise ShapeError(SHAPE, "%s: %d number(s) expected, not shape %s" % (name, count, values.shape))
        return (c_double * count)(*values)

    def keyword(self, name, array):
        """What a keyword would have to say for the member to be as it is; `array` for an array."""
        value = getattr(self, name)
        if name in self.choices:
            return next(word for word, number in self.choices[name].items() if number == value)
        return value if isinstance(value, (int, float)) else array

    def as_dict(self):
        return {name: getattr(self, name) for name, _ in self._fields_[1:]}


def record(name, /, **members):
    """The C struct egm_<name> of these members behind struct_size. An enumeration stands for an int32."""
    choices = {member: kind for member, kind in members.items() if isinstance(kind, dict)}
    fields = [(member, c_int32 if member in choices else kind) for member, kind in members.items()]
    counts = [count for array, count in _COUNTS.items() if array in members]
    options = [member for member in members if not member.startswith("reserved")
               and member not in (*counts, "progress", "user")]
    STRUCTS["egm_" + name] = type(name, (Struct,), {"_fields_": [("struct_size", c_size_t), *fields],
                                                    "choices": choices, "options": options})
    return STRUCTS["egm_" + name]


def struct(name, /, *arguments, **members):
    """The same with egm_<name>_init, whose further arguments are of these types."""
    kind = record(name, **members)
    declare({name + "_init": (c_int, POINTER(kind), c_size_t, *arguments)})
    kind.init = getattr(lib, "egm_%s_init" % name)
    return kind
