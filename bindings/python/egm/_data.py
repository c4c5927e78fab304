# SPDX-License-Identifier: MIT
"""Arrays to train on, from NumPy or from files: the first half of egm/io.h."""
import ctypes
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_int32, c_int64, c_uint64

import numpy as np

from ._arrays import CODES, NAMES, array, code
from ._errors import ARGUMENT, STATE, ArgumentError, StateError
from ._handles import Handle, expect
from ._library import ARRAY, HANDLE, OUT, TEXT, check, declare, lib, path_text, text
from ._model import Context
from ._structs import enumeration, struct

_DataOptions = struct("data_options", dtype=c_int32, skip_lines=c_int32, scale=c_double, offset=c_double,
                      max_bytes=c_uint64, max_rows=c_int64, delimiter=c_int32, reserved=c_int32)
_CsvOptions = struct("csv_options", dtype=c_int32, header=enumeration("CSV_HEADER", "detect yes no"),
                     text=enumeration("CSV_TEXT", "refuse codes one_hot"),
                     unknown=enumeration("CSV_UNKNOWN", "refuse code"), delimiter=c_int32, decimal=c_int32,
                     comment=c_int32, skip_lines=c_int32, replace_missing=c_int32, max_words=c_int32,
                     missing_value=c_double, max_rows=c_int64, max_bytes=c_uint64, columns=POINTER(c_char_p),
                     column_count=c_int64, text_columns=POINTER(c_char_p), text_column_count=c_int64, like=HANDLE)
_Column = struct("column", kind=enumeration("COLUMN", "number codes one_hot"), reserved=c_int32, field=c_int64,
                 name=c_char_p, word=c_char_p, word_count=c_int64, words=POINTER(c_char_p), missing=c_int64)
declare({
    "data_create": (c_int, OUT, HANDLE, c_int, ARRAY, c_int64, c_int64), "data_free": (None, HANDLE),
    "data_load_idx": (c_int, OUT, HANDLE, TEXT, POINTER(_DataOptions)),
    "data_load_npy": (c_int, OUT, HANDLE, TEXT, POINTER(_DataOptions)),
    "data_load_csv_table": (c_int, OUT, HANDLE, TEXT, POINTER(_CsvOptions)),
    "data_rows": (c_int64, HANDLE), "data_columns": (c_int64, HANDLE), "data_dtype": (c_int, HANDLE),
    "data_values": (ctypes.c_void_p, HANDLE), "data_column": (c_int, HANDLE, c_int64, POINTER(_Column)),
})
_CSV_PLAIN = "header text unknown skip_lines max_words max_rows max_bytes".split()


class Block(Handle):
    _destroy = lib.egm_data_free

    def __init__(self, context, x):
        self._create(context._ask, lib.egm_data_create, CODES[x.dtype], x.ctypes.data, *x.shape)

    @classmethod
    def load(cls, context, function, path, options):
        return cls.__new__(cls)._create(expect(Context, context)._ask, function, path_text(path), byref(options))


def _character(what, value):
    if not isinstance(value, str) or len(value) != 1 or not 0 < ord(value) < 128:
        raise ArgumentError(ARGUMENT, "%s: one ASCII character expected, not %r" % (what, value))
    return ord(value)


def _decode(value):
    return None if value is None else value.decode(errors="surrogateescape")


def _set_list(options, member, count, columns):
    """Names as they are, numbers from 1 in letters. The struct keeps the array."""
    if columns is None:
        return
    if isinstance(columns, (str, bytes, int)):
        raise ArgumentError(ARGUMENT, "%s: a list expected, not %r" % (member, columns))
    texts = [text(member, str(column).encode(errors="surrogateescape")) for column in columns]
    if not texts:
        raise ArgumentError(ARGUMENT, "%s: there are none in the list" % member)
    setattr(options, member, (c_char_p * len(texts))(*texts))
    setattr(options, count, len(texts))


class Data:
    """A copy of an array x [rows, columns] to train on, float32 or float64, all finite. Any number of trainers may read
    it at once, in any threads; after close() it goes when the last of them is done. load_csv(), load_npy() and
    load_idx() read one from a file."""

    def __init__(self, context, x):
        dtype = NAMES[code("x", getattr(x, "dtype", object))]
        array("x", x, dtype, "", (None, None))
        self._own(Block(expect(Context, context), x))

    def _own(self, block):
        self._block, self._dtype = block, NAMES[block._ask(lib.egm_data_dtype)]
        self._shape = block._ask(lib.egm_data_rows), block._ask(lib.egm_data_columns)
        return self

    @classmethod
    def load_csv(cls, context, path, *, dtype=np.float32, columns=None, text_columns=None, like=None, missing=None,
                 delimiter=",", decimal=".", comment="#", **options):
        """Reads a table of text, as egm_data_load_csv does: see egm/io.h.

        columns and text_columns: lists of names, of numbers from 1 or of ranges "2-5"; missing: a number that replaces
        missing values (replace_missing and missing_value of C), None rejects them; like: a Data that was read before,
        whose columns and dictionaries this one gets; comment: None for no comments. delimiter " " means runs of spaces
        and tabs.

        Options: header "detect", "yes" or "no"; text "refuse", "codes" or "one_hot"; unknown "refuse" or "code";
        skip_lines, max_words, max_rows, max_bytes."""
        struct = _CsvOptions.defaults().set(options, _CSV_PLAIN)
        struct.dtype = code("dtype", dtype)
        struct.delimiter, struct.decimal = _character("delimiter", delimiter), _character("decimal", decimal)
        struct.comment = -1 if comment is None else _character("comment", comment)
        if missing is not None:
            struct.replace_missing, struct.missing_value = 1, missing
        _set_list(struct, "columns", "column_count", columns)
        _set_list(struct, "text_columns", "text_column_count", text_columns)
        block = None if like is None else expect(Data, like)._read()  # stays alive until the call is done
        struct.like = block and block._pointer
        return cls.__new__(cls)._own(Block.load(context, lib.egm_data_load_csv, path, struct))

    @classmethod
    def _load_array(cls, context, function, path, dtype, options):
        struct = _DataOptions.defaults().set(options, ("scale", "offset", "max_bytes", "max_rows"))
        struct.dtype = code("dtype", dtype)
        return cls.__new__(cls)._own(Block.load(context, function, path, struct))

    @classmethod
    def load_npy(cls, context, path, *, dtype=np.float32, **options):
        """Reads an NPY file. Options: scale, offset, max_bytes, max_rows."""
        return cls._load_array(context, lib.egm_data_load_npy, path, dtype, options)

    @classmethod
    def load_idx(cls, context, path, *, dtype=np.float32, **options):
        """Reads an IDX file, plain or gzip. Options: scale, offset, max_bytes, max_rows."""
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
            return {"kind": c.keyword("kind", None), "field": c.field, "name": _decode(c.name), "word": _decode(c.word),
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
