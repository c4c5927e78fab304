# SPDX-License-Identifier: MIT
"""Arrays to train on, from NumPy or from files: egm/data.h."""
import ctypes
from ctypes import POINTER, byref, c_int, c_int64

import numpy as np

from ._arrays import NAMES, Array, code, either, rows_of
from ._errors import STATE, StateError
from ._handles import Handle, expect
from ._library import HANDLE, OUT, TEXT, check, declare, lib, path_text
from ._model import Context
from ._structs import struct, takes

_DataOptions, _CsvOptions, _Column = map(struct, ("data_options", "csv_options", "column"))
declare({
    "data_copy": (c_int, OUT, HANDLE, Array), "data_free": (None, HANDLE),
    "data_load_idx": (c_int, OUT, HANDLE, TEXT, POINTER(_DataOptions)),
    "data_load_npy": (c_int, OUT, HANDLE, TEXT, POINTER(_DataOptions)),
    "data_load_csv": (c_int, OUT, HANDLE, TEXT, POINTER(_CsvOptions)),
    "data_rows": (c_int64, HANDLE), "data_columns": (c_int64, HANDLE), "data_dtype": (c_int, HANDLE),
    "data_values": (ctypes.c_void_p, HANDLE), "data_column": (c_int, HANDLE, c_int64, POINTER(_Column)),
})
_OWN = ("dtype", "like", "replace_missing", "missing_value")  # which load_csv() takes in its own way
_OF_CSV = ("skip_lines", "delimiter")  # in tables of numbers alone, which load_csv() reads too


class Block(Handle):
    _destroy = lib.egm_data_free

    def __init__(self, context, x):
        self._create(context._ask, lib.egm_data_copy, rows_of(either("x", x, (None, None))))

    @classmethod
    def load(cls, context, function, path, options):
        return cls.__new__(cls)._create(expect(Context, context)._ask, function, path_text(path), byref(options))


def _decode(value):
    return None if value is None else value.decode(errors="surrogateescape")


class Data:
    """A copy of an array x [rows, columns] to train on, float32 or float64, all finite. Any number of trainers may read
    it at once, in any threads; after close() it goes when the last of them is done. load_csv(), load_npy() and
    load_idx() read one from a file."""

    def __init__(self, context, x):
        self._own(Block(expect(Context, context), x))

    def _own(self, block):
        self._block, self._dtype = block, NAMES[block._ask(lib.egm_data_dtype)]
        self._shape = block._ask(lib.egm_data_rows), block._ask(lib.egm_data_columns)
        return self

    @classmethod
    @takes(_CsvOptions, _OWN)
    def load_csv(cls, context, path, *, dtype=np.float32, like=None, missing=None, **options):
        """Reads a table of text, as egm_data_load_csv does: see egm/data.h.

        columns and text_columns: lists of names, of numbers from 1 or of ranges "2-5"; like: a Data that was read
        before, whose columns and dictionaries this one gets; missing: a number that replaces missing values, None
        rejects them; comment: None for no comments."""
        struct = _CsvOptions.defaults().set(options, without=_OWN)
        struct.dtype = code("dtype", dtype)
        if missing is not None:
            struct.replace_missing, struct.missing_value = 1, missing
        block = None if like is None else expect(Data, like)._read()  # stays alive until the call is done
        struct.like = block and block._pointer
        return cls.__new__(cls)._own(Block.load(context, lib.egm_data_load_csv, path, struct))

    @classmethod
    def _load_array(cls, context, function, path, dtype, options):
        struct = _DataOptions.defaults().set(options, without=("dtype", *_OF_CSV))
        struct.dtype = code("dtype", dtype)
        return cls.__new__(cls)._own(Block.load(context, function, path, struct))

    @classmethod
    @takes(_DataOptions, ("dtype", *_OF_CSV))
    def load_npy(cls, context, path, *, dtype=np.float32, **options):
        """Reads an NPY file."""
        return cls._load_array(context, lib.egm_data_load_npy, path, dtype, options)

    @classmethod
    @takes(_DataOptions, ("dtype", *_OF_CSV))
    def load_idx(cls, context, path, *, dtype=np.float32, **options):
        """Reads an IDX file, plain or gzip."""
        return cls._load_array(context, lib.egm_data_load_idx, path, dtype, options)

    rows = property(lambda self: self._shape[0])
    columns = property(lambda self: self._shape[1])
    dtype = property(lambda self: self._dtype)

    @property
    def values(self):
        """A copy of the numbers, [rows, columns]."""
        def copy(pointer):
            size = self.rows * self.columns * self.dtype.itemsize
            return np.frombuffer(ctypes.string_at(lib.egm_data_values(pointer), size), self.dtype).copy()
        return self._read()._ask(copy).reshape(self._shape)

    def column(self, index):
        """What a column is, as a dict of the members of egm_column; words is the dictionary, a list."""
        def describe(pointer):
            c = _Column.defaults()
            check(lib.egm_data_column(pointer, index, byref(c)))
            return {"kind": c.members["kind"].keyword(c.kind), "field": c.field, "name": _decode(c.name), "word": _decode(c.word),
                    "words": [_decode(word) for word in c.words[:c.word_count]], "missing": c.missing}
        return self._read()._ask(describe)

    def _read(self):
        """What keeps the numbers and knows where they are."""
        block = self._block
        if block is None:
            raise StateError(STATE, "Data is closed")
        return block

    def close(self):
        self._block = None

    __enter__, __exit__ = Handle.__enter__, Handle.__exit__
