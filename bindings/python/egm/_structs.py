# SPDX-License-Identifier: MIT
"""The option and result structs, as the library describes them (egm/options.h): options from keywords, results as
dicts, enumerated values as strings, and the help() of functions that have options."""
import ctypes
import functools
import inspect
import math
import os
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_int32, c_int64, c_size_t, c_uint64, c_void_p, sizeof

import numpy as np

from ._arrays import convert
from ._errors import ARGUMENT, SHAPE, ArgumentError, ShapeError
from ._library import INT32, INT64, TEXT, UINT64, check, choice, declare, integer, lib, text

(INT32_KIND, INT64_KIND, UINT64_KIND, DOUBLE, CHOICE, FLAG, BITS, CHARACTER, RESERVED) = range(1, 10)
NUMBERS, STRING, STRINGS, HANDLE, CALLBACK, USER = 20, 21, 22, 23, 30, 31
_TYPES = {**dict.fromkeys((INT32_KIND, CHOICE, FLAG, BITS, CHARACTER, RESERVED), c_int32), INT64_KIND: c_int64,
          UINT64_KIND: c_uint64, DOUBLE: c_double, NUMBERS: POINTER(c_double), STRING: c_char_p,
          STRINGS: POINTER(c_char_p), HANDLE: c_void_p, CALLBACK: c_void_p, USER: c_void_p}
_LIMITS = {INT32_KIND: INT32, INT64_KIND: INT64, UINT64_KIND: UINT64}


class Choice(ctypes.Structure):
    _fields_ = [("name", TEXT), ("value", c_int64)]


class Option(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("name", TEXT), ("help", TEXT), ("offset", c_int64), ("size", c_int64),
                ("kind", c_int32), ("required", c_int32), ("default_value", c_double), ("low", c_double),
                ("high", c_double), ("low_open", c_int32), ("high_open", c_int32), ("zero_is_default", c_int32),
                ("choice_count", c_int32), ("choices", POINTER(Choice)), ("family", TEXT)]


declare({
    "options_size": (c_size_t, TEXT), "options_count": (c_int32, TEXT),
    "options_describe": (c_int, TEXT, c_int32, POINTER(Option)),
    "options_init": (c_int, TEXT, c_void_p, c_size_t),
})


class Member:
    """A member of a struct. `choices`: values by name; `length`: the name that the help gives to the length of an
    array."""

    def __init__(self, option):
        self.name, self.help, self.kind = option.name.decode(), option.help.decode(), option.kind
        # A newer library may have kinds that this module does not know: they keep their defaults.
        self.type = _TYPES.get(self.kind) or (c_int32 if option.size == 4 else c_int64)
        self.required, self.default, self.low, self.high = (option.required, option.default_value, option.low,
                                                            option.high)
        self.low_open, self.high_open = option.low_open, option.high_open
        self.choices = {c.name.decode(): c.value for c in option.choices[:option.choice_count]}
        self.family = (option.family or b"").decode()
        self.length = self.help[1:].partition("]")[0] if self.help.startswith("[") else None

    def value(self, given, length):
        """The C value of a keyword's value; for an array the object of ctypes."""
        if self.kind == CHOICE:
            return choice(self.name, given, self.choices)
        if self.kind == BITS:
            return sum({choice(self.name, name, self.choices) for name in self._names(given)})
        if self.kind == CHARACTER:
            return self._character(given)
        if self.kind == FLAG:
            return integer(self.name, given, (0, 1))
        if self.kind == DOUBLE:
            return self._not_a_default(float_of(self.name, given))
        if self.kind in _LIMITS:
            return self._not_a_default(integer(self.name, given, _LIMITS[self.kind]))
        if given is None or self.kind == HANDLE:
            return given
        if self.kind == NUMBERS:
            return self._numbers(given, length)
        if self.kind == STRING:
            return self._string(given)
        return self._strings(given)

    def _not_a_default(self, value):
        """Rejects a 0 that is out of range. In C it means the default; in Python the default is had by leaving the
        keyword out."""
        if value == 0 and (self.low > 0 or self.low_open and self.low == 0):
            raise ArgumentError(ARGUMENT, "%s is 0, must be %s" % (self.name, self.range()))
        return value

    def _string(self, given):
        """The bytes of a str or of a path, which may also be bytes."""
        try:
            given = os.fspath(given)
        except TypeError:
            raise TypeError("%s: a str or a path expected, not %r" % (self.name, given)) from None
        return text(self.name, given if isinstance(given, bytes) else given.encode(errors="surrogateescape"))

    def _names(self, given):
        if isinstance(given, (str, list, tuple, set, frozenset)):
            return (given,) if isinstance(given, str) else given
        raise TypeError("%s: %s expected, not %r" % (self.name, self.range(), given))

    def _character(self, given):
        if given is None and self.low < 0:
            return int(self.low)
        if not isinstance(given, str) or len(given) != 1 or not 0 < ord(given) < 128:
            raise ArgumentError(ARGUMENT, "%s: one ASCII character expected, not %r" % (self.name, given))
        return ord(given)

    def _numbers(self, values, length):
        values = convert(self.name, values, np.dtype(np.float64), "the numbers")
        if values.ndim != 1 or length not in (None, values.size):
            raise ShapeError(SHAPE, "%s: %s expected, not shape %s" % (
                self.name, "a list of numbers" if length is None else "%d number(s)" % length, values.shape))
        if not values.size:  # to C a length of 0 is the default length, and it would read that many
            raise ArgumentError(ARGUMENT, "%s: there are none in the list" % self.name)
        return (c_double * values.size)(*values)

    def _strings(self, values):
        """Names as they are, numbers in digits."""
        if isinstance(values, (str, bytes, int)):
            raise ArgumentError(ARGUMENT, "%s: a list expected, not %r" % (self.name, values))
        texts = [text(self.name, str(value).encode(errors="surrogateescape")) for value in values]
        if not texts:
            raise ArgumentError(ARGUMENT, "%s: there are none in the list" % self.name)
        return (c_char_p * len(texts))(*texts)

    def keyword(self, value):
        """The value of the keyword that gives this value in C; pointers are None."""
        if self.kind == CHOICE:
            return next((name for name, number in self.choices.items() if number == value), None)
        if self.kind == BITS:
            return tuple(name for name, number in self.choices.items() if number & int(value))
        if self.kind == CHARACTER:
            return chr(int(value)) if value > 0 else None
        if self.kind == FLAG:
            return bool(value)
        if self.kind >= NUMBERS:
            return None
        return value if self.kind == DOUBLE else int(value)

    def range(self):
        """The range of the values in words."""
        if self.kind in (CHOICE, BITS):
            names = ['"%s"' % name for name in self.choices]
            listed = ", ".join(names[:-1]) + " or " * (len(names) > 1) + names[-1]
            return listed if self.kind == CHOICE else "any of %s" % listed
        if self.kind in (FLAG, CHARACTER):
            return "True or False" if self.kind == FLAG else "a character"
        if self.kind >= NUMBERS:
            return {NUMBERS: "numbers", STRING: "text", STRINGS: "names", HANDLE: "a handle"}[self.kind]
        ends = [(self.low, ">" if self.low_open else ">="), (self.high, "<" if self.high_open else "<=")]
        return " ".join(["a number" if self.kind == DOUBLE else "an integer", " and ".join(
            "%s %.16g" % (sign, end) for end, sign in ends if not math.isinf(end))]).rstrip()

    @functools.cached_property
    def document(self):
        """The text of help(), cached because several functions have the same struct."""
        default, line = self.keyword(self.default), self.help.replace("NULL", "None").replace("INFINITY", "inf")
        shown = {float: "%.16g", str: '"%s"'}.get(type(default), "%s") % (default,)
        default = "" if self.required else ", default " + shown
        return wrapped("%s: %s%s. %s" % (self.name, self.range(), default, line))


def wrapped(line):
    """Wraps to 100 columns and indents all lines but the first. textwrap would take half of the import time."""
    lines, first = [], 0
    while len(line) - first > 100:
        end = line.rindex(" ", first, first + 100)
        lines.append(line[first:end])
        line, first = line[:end + 1] + "    " + line[end + 1:], end + 1
    return "\n".join([*lines, line[first:]])


def float_of(name, value):
    if isinstance(value, (str, bytes)):
        raise TypeError("%s: a number expected, not %r" % (name, value))
    return float(value)


class Struct(ctypes.Structure):
    @classmethod
    def defaults(cls):
        struct = cls()
        check(lib.egm_options_init(cls.type, byref(struct), sizeof(struct)))
        return struct

    def set(self, values, dims=None, without=()):
        """Sets the members that have keywords, all of `options` but those `without`. Arrays are [dims] where no other
        member says how long they are, and the struct keeps them."""
        for name, value in values.items():
            if name not in self.options or name in without:
                raise TypeError("'%s' is none of the options %s" % (
                    name, ", ".join(option for option in self.options if option not in without)))
            member = self.members[name]
            own = member.length in self.members
            value = member.value(value, None if own else dims)
            setattr(self, name, value)
            if own and value is not None:
                setattr(self, member.length, len(value))
        return self

    def as_dict(self):
        """Results; texts and arrays are left out."""
        return {member.name: member.keyword(getattr(self, member.name)) for member in self.members.values()
                if member.kind < NUMBERS and member.kind in _TYPES and member.kind != RESERVED}


def struct(name):
    """The ctypes class of the C struct egm_<name>, with the members that the library describes."""
    kind, option, members = ("egm_" + name).encode(), Option(struct_size=sizeof(Option)), []
    for index in range(lib.egm_options_count(kind)):
        check(lib.egm_options_describe(kind, index, byref(option)))
        members.append((Member(option), option.offset))
    fields = [("struct_size", c_size_t), *((member.name, member.type) for member, _ in members)]
    counts = {member.length for member, _ in members}
    made = type(name, (Struct,), {
        "_fields_": fields, "type": kind, "members": {member.name: member for member, _ in members},
        "options": [member.name for member, _ in members
                    if member.name not in counts and member.kind in _TYPES and
                    member.kind not in (RESERVED, CALLBACK, USER)]})
    if sizeof(made) != lib.egm_options_size(kind) or any(
            getattr(made, member.name).offset != offset for member, offset in members):
        raise ImportError("egm: the library lays out egm_%s in another way than this module" % name)
    return made


def takes(kind, without=()):
    """Decorates a function whose **options are members of the struct: help() and inspect.signature() show these,
    with their ranges, defaults and help texts."""
    def decorate(function):
        signature, parameter = inspect.signature(function), inspect.Parameter
        shown = [p for p in signature.parameters.values() if p.kind != p.VAR_KEYWORD]
        members = [kind.members[name] for name in kind.options if name not in without]
        function.__signature__ = signature.replace(parameters=shown + [
            parameter(m.name, parameter.KEYWORD_ONLY, default=parameter.empty if m.required else m.keyword(m.default))
            for m in members if m.name not in signature.parameters])
        function.__doc__ = "\n\n".join([*filter(None, [inspect.cleandoc(function.__doc__ or "")]),
                                        "\n".join(m.document for m in members)])
        function.members = {m.name: m for m in members}  # for bindings/python/stubs.py
        return function
    return decorate
