# SPDX-License-Identifier: MIT
"""Data to train on, from NumPy, functions, files or bytes: egm/data.h."""
import ctypes
import math
from ctypes import POINTER, byref, c_char, c_char_p, c_int, c_int32, c_int64, c_size_t, c_void_p

import numpy as np

from ._arrays import NAMES, Array, code, either, fit, in_place, plain, rows_of
from ._callbacks import Callback, guarded
from ._errors import STATE, StateError
from ._handles import Handle, bytes_of, expect, state
from ._library import HANDLE, INT64, OUT, TEXT, check, declare, integer, lib, path_text
from ._model import Context, LoadOptions, limits
from ._structs import struct, takes

_DataOptions, _CsvOptions, _Column = map(struct, ("data_options", "csv_options", "column"))
_FILL = ctypes.CFUNCTYPE(c_int, POINTER(c_int64), c_int64, c_void_p, c_void_p)  # indices, count, out
declare({
    "data_copy": (c_int, OUT, HANDLE, Array), "data_view": (c_int, OUT, HANDLE, Array), "data_free": (None, HANDLE),
    "data_callback": (c_int, OUT, HANDLE, c_int, c_int64, c_int64, _FILL, c_void_p, c_void_p),
    "data_read": (c_int, HANDLE, c_void_p, Array),
    "data_save": (c_int, HANDLE, TEXT), "data_save_memory": (c_int, HANDLE, c_void_p, c_size_t, POINTER(c_size_t)),
    "data_rows": (c_int64, HANDLE), "data_columns": (c_int64, HANDLE), "data_dtype": (c_int, HANDLE),
    "data_values": (c_void_p, HANDLE), "data_shape": (c_int32, HANDLE, POINTER(c_int64)),
    "data_column": (c_int, HANDLE, c_int64, POINTER(_Column)),
})
for _name, _options in (("idx", _DataOptions), ("npy", _DataOptions), ("csv", _CsvOptions), ("", LoadOptions)):
    _load = ("data_load_" + _name).rstrip("_")
    declare({_load: (c_int, OUT, HANDLE, TEXT, POINTER(_options)),
             _load + "_memory": (c_int, OUT, HANDLE, c_char_p, c_size_t, POINTER(_options))})
declare({name: (c_int, OUT, HANDLE, TEXT, POINTER(_DataOptions)) for name in ("data_open_idx", "data_open_npy")})
_OWN = ("dtype", "like", "replace_missing", "missing_value")  # keywords of load_csv() that differ from the options of C
_OPEN = ("dtype", "max_bytes")  # options that open_npy() and open_idx() do not have as options of C


class Block(Handle):
    _destroy = lib.egm_data_free
    _keeps = None

    def __init__(self, context, x):
        self._create(context._ask, lib.egm_data_copy, rows_of(either("x", x, (None, None))))

    @classmethod
    def make(cls, context, function, *arguments, keeps=None):
        """Creates a block. `keeps` is an object that must live as long as the data."""
        block = cls.__new__(cls)
        block._keeps = keeps
        return block._create(expect(Context, context)._ask, function, *arguments)

    calls_back = property(lambda self: isinstance(self._keeps, _FILL), doc="Whether C asks a function for rows.")


class _Rows(Callback):
    """The callback for function(indices) -> rows."""

    def __init__(self, function, columns, dtype):
        super().__init__(function)
        self.columns, self.dtype = columns, dtype

    def work(self, indices, count, out, _):
        shape = count, self.columns
        rows = self.ask(np.array(indices[:count], np.int64))
        size = math.prod(shape) * self.dtype.itemsize
        np.ndarray(shape, self.dtype, (c_char * size).from_address(out))[...] = fit(
            "callback: rows", rows, self.dtype, "the data", shape)


def _decode(value):
    return None if value is None else value.decode(errors="surrogateescape")


class Data:
    """Data to train on: Data(context, x) copies numbers x [rows, columns], all finite. They have the dtype of x, if it
    is float32 or float64; float16 and integers of 8 or 16 bits become float32, other integers and lists float64. Other
    sources:

    - view() reads the array where it is;
    - callback() asks a function for rows;
    - load_csv(), load_npy() and load_idx() read a file; load_..._memory() read its bytes;
    - open_npy() and open_idx() leave the numbers in a file, which may be larger than memory.

    Any number of trainers in any threads may read the data at once. After close() the data are freed when the last
    of them is done. Data whose numbers are in memory can be pickled, with their table."""

    def __init__(self, context, x):
        self._own(Block(expect(Context, context), x))

    def _own(self, block):
        self._block, self._dtype = block, NAMES[block._ask(lib.egm_data_dtype)]
        self._shape = block._ask(lib.egm_data_rows), block._ask(lib.egm_data_columns)
        return self

    @classmethod
    def _make(cls, *arguments, **keeps):
        return cls.__new__(cls)._own(Block.make(*arguments, **keeps))

    @classmethod
    def _from(cls, context, *arguments):
        """Reads a file or its bytes."""
        return cls.__new__(cls)._own(Block.__new__(Block)._create_long(expect(Context, context), *arguments))

    @classmethod
    def view(cls, context, x):
        """Reads the numbers where they are: x must not change as long as the data are in use."""
        return cls._make(context, lib.egm_data_view, rows_of(in_place("x", x, (None, None))), keeps=x)

    @classmethod
    def callback(cls, context, function, rows, columns, dtype=np.float32):
        """Calls function(indices), an int64 array, when the rows with these indices are needed. The function returns
        an array [len(indices), columns] of the dtype, and the same row each time it is asked for it. If it raises,
        the call that needed the rows raises the same exception. It cannot use these data, nor the trainer that needs
        the rows."""
        rows, columns = integer("rows", rows, (1, INT64[1])), integer("columns", columns, (1, INT64[1]))
        number, fill = code("dtype", dtype), _FILL(_Rows(function, columns, np.dtype(dtype)))
        return cls._make(context, lib.egm_data_callback, number, rows, columns, fill, None, None, keeps=fill)

    @classmethod
    def _csv(cls, context, function, content, like, missing, dtype, options):
        struct = _CsvOptions.defaults().set(options, without=_OWN)
        struct.dtype = code("dtype", dtype)
        if missing is not None:
            struct.replace_missing, struct.missing_value = 1, missing
        block = None if like is None else expect(Data, like)._read()
        struct.like, struct.keeps = block and block._pointer, block
        return cls._from(context, function, *content, byref(struct))

    @classmethod
    @takes(_CsvOptions, _OWN)
    def load_csv(cls, context, path, *, dtype=np.float32, like=None, missing=None, **options):
        """Reads a table of text, as egm_data_load_csv does: see egm/data.h.

        columns, text_columns: lists of names, of numbers from 1, or of ranges such as "2-5". like: Data that were
        read before; the new data get their columns and dictionaries. missing: a number that replaces missing values;
        None rejects them. comment: None for no comments."""
        return cls._csv(context, lib.egm_data_load_csv, [path_text(path)], like, missing, dtype, options)

    @classmethod
    @takes(_CsvOptions, _OWN)
    def load_csv_memory(cls, context, content, *, dtype=np.float32, like=None, missing=None, **options):
        """Does the same with the bytes of such a file."""
        return cls._csv(context, lib.egm_data_load_csv_memory, bytes_of(content), like, missing, dtype, options)

    @classmethod
    def _array(cls, context, function, content, dtype, options, without=("dtype",)):
        struct = _DataOptions.defaults().set(options, without=without)
        struct.dtype = code("dtype", dtype)
        return cls._from(context, function, *content, byref(struct))

    @classmethod
    @takes(_DataOptions, ("dtype",))
    def load_npy(cls, context, path, *, dtype=np.float32, **options):
        """Reads an NPY file."""
        return cls._array(context, lib.egm_data_load_npy, [path_text(path)], dtype, options)

    @classmethod
    @takes(_DataOptions, ("dtype",))
    def load_npy_memory(cls, context, content, *, dtype=np.float32, **options):
        """Does the same with the bytes of such a file."""
        return cls._array(context, lib.egm_data_load_npy_memory, bytes_of(content), dtype, options)

    @classmethod
    @takes(_DataOptions, ("dtype",))
    def load_idx(cls, context, path, *, dtype=np.float32, **options):
        """Reads an IDX file, plain or gzip."""
        return cls._array(context, lib.egm_data_load_idx, [path_text(path)], dtype, options)

    @classmethod
    @takes(_DataOptions, ("dtype",))
    def load_idx_memory(cls, context, content, *, dtype=np.float32, **options):
        """Does the same with the bytes of such a file."""
        return cls._array(context, lib.egm_data_load_idx_memory, bytes_of(content), dtype, options)

    @classmethod
    @takes(_DataOptions, _OPEN)
    def open_npy(cls, context, path, *, dtype=np.float32, **options):
        """Opens an NPY file in C order, from which rows are read when they are needed."""
        return cls._array(context, lib.egm_data_open_npy, [path_text(path)], dtype, options, _OPEN)

    @classmethod
    @takes(_DataOptions, _OPEN)
    def open_idx(cls, context, path, *, dtype=np.float32, **options):
        """Does the same with an IDX file that is not compressed."""
        return cls._array(context, lib.egm_data_open_idx, [path_text(path)], dtype, options, _OPEN)

    @classmethod
    @takes(LoadOptions, ("max_row_numbers",))
    def load(cls, context, path, **options):
        """Reads a file of save(), with the table if there is one."""
        return cls._from(context, lib.egm_data_load, path_text(path), byref(limits(options)))

    @classmethod
    @takes(LoadOptions, ("max_row_numbers",))
    def load_memory(cls, context, content, **options):
        """Does the same with the bytes of such a file."""
        return cls._from(context, lib.egm_data_load_memory, *bytes_of(content), byref(limits(options)))

    def save(self, path):
        """Writes the numbers and the table to a safetensors file; an existing file is replaced as a whole."""
        self._read()._long(lib.egm_data_save, path_text(path))

    def save_memory(self):
        """The bytes of such a file."""
        return state(self._read(), lib.egm_data_save_memory)

    def __reduce__(self):
        """Pickles as the bytes of save_memory(); the data that are read back have a context of their own."""
        return _unpickle, (type(self), self.save_memory())

    def __repr__(self):
        if "_shape" not in vars(self):  # what created it has failed
            return "<egm.Data, not created>"
        return "<egm.Data%s: %d rows, %d columns, %s>" % (", closed" * (self._block is None), *self._shape, self._dtype)

    rows = property(lambda self: self._shape[0], doc="Number of rows.")
    columns = property(lambda self: self._shape[1], doc="Number of columns.")
    dtype = property(lambda self: self._dtype, doc="The dtype of the numbers.")

    @property
    def shape(self):
        """The sizes before flattening, rows first."""
        sizes = (c_int64 * 8)()
        return tuple(sizes[:self._read()._ask(lib.egm_data_shape, sizes)])

    @property
    def values(self):
        """A copy of the numbers, [rows, columns]. StateError if they are not in memory: use read()."""
        def copy(pointer):
            size, values = self.rows * self.columns * self.dtype.itemsize, lib.egm_data_values(pointer)
            if values is None:
                raise StateError(STATE, "values: the rows of these data are not in memory; read() reads them")
            return np.frombuffer(ctypes.string_at(values, size), self.dtype).copy()
        return self._read()._ask(copy).reshape(self._shape)

    def read(self, indices):
        """The rows with these indices, in any order and with repetitions: an array [len(indices), columns]."""
        indices = plain("indices", indices)
        if indices.dtype.kind not in "iu" or indices.dtype == np.uint64:
            raise TypeError("indices: dtype is %s, must be integers" % indices.dtype)
        indices = fit("indices", np.ascontiguousarray(indices, np.int64), np.dtype(np.int64), "an index", (None,))
        rows, block = np.empty((len(indices), self.columns), self.dtype), self._read()
        with guarded(True):  # without a lock: any number of threads may read, and a function may be called
            check(lib.egm_data_read(block._pointer, indices.ctypes.data, rows_of(rows)))
        return rows

    def column(self, index):
        """The description of a column: a dict with the members of egm_column; words is the dictionary, a list."""
        def describe(pointer):
            c = _Column.defaults()
            check(lib.egm_data_column(pointer, index, byref(c)))
            return {"kind": c.members["kind"].keyword(c.kind), "field": c.field, "name": _decode(c.name),
                    "word": _decode(c.word), "words": [_decode(word) for word in c.words[:c.word_count]],
                    "missing": c.missing}
        return self._read()._ask(describe)

    def _read(self):
        """The block, which keeps the numbers and their source alive."""
        block = self._block
        if block is None:
            raise StateError(STATE, "Data is closed")
        return block

    def close(self):
        """Lets go of the data, which are freed when no trainer reads them. A second close() does nothing."""
        self._block = None

    __enter__, __exit__ = Handle.__enter__, Handle.__exit__


def _unpickle(kind, content):
    return kind.load_memory(Context(), content, max_data_bytes=2**63 - 1)
