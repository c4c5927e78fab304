# SPDX-License-Identifier: MIT
"""NumPy arrays as the library accepts them: of one of two dtypes, C-contiguous. egm/array.h."""
import ctypes

import numpy as np

from ._errors import ARGUMENT, DTYPE, SHAPE, ArgumentError, DtypeError, ShapeError


CODES = {np.dtype(np.float32): 1, np.dtype(np.float64): 2}
NAMES = {code: dtype for dtype, code in CODES.items()}


class Array(ctypes.Structure):
    """egm_array and egm_out, which C receives by value. It keeps alive the NumPy array whose numbers it points to."""
    _fields_ = [("data", ctypes.c_void_p), ("rows", ctypes.c_int64), ("columns", ctypes.c_int64),
                ("dtype", ctypes.c_int)]


def rows_of(x):
    """An Array of x. All axes of x but the last one become rows; a vector is one column."""
    columns = x.shape[-1] if x.ndim > 1 else 1
    result = Array(x.ctypes.data, x.size // columns if columns else len(x), columns, CODES[x.dtype])
    result.keeps = x
    return result


def optional(x):
    """An Array of x; None is no array."""
    return Array(None, 0, 0, 1) if x is None else rows_of(x)


def code(what, dtype):
    if np.dtype(dtype) not in CODES:
        raise DtypeError(DTYPE, "%s: float32 or float64 expected, not %s" % (what, np.dtype(dtype)))
    return CODES[np.dtype(dtype)]


def fit(what, x, dtype, owner, shape):
    """Checks that x is an array of this dtype and shape, in which None means any number. Returns x."""
    if not isinstance(x, np.ndarray):
        raise DtypeError(DTYPE, "%s: a NumPy array of %s expected, not %s" % (what, dtype, type(x).__name__))
    if x.dtype != dtype:
        raise DtypeError(DTYPE, "%s: %s is %s, the array %s" % (what, owner, dtype, x.dtype))
    if x.ndim != len(shape):
        raise ShapeError(SHAPE, "%s: %d dimension(s) expected, not shape %s" % (what, len(shape), x.shape))
    if any(size not in (None, is_) for size, is_ in zip(shape, x.shape)):
        raise ShapeError(SHAPE, "%s: shape %s expected, not %s" % (
            what, tuple("any" if size is None else size for size in shape), x.shape))
    return x


def array(what, x, dtype, owner, shape):
    """Checks the same, and that x is C-contiguous. Returns x."""
    fit(what, x, dtype, owner, shape)
    if not (x.flags.c_contiguous and x.flags.aligned):
        raise ArgumentError(ARGUMENT, "%s: a C-contiguous, aligned array expected: np.ascontiguousarray" % what)
    return x


def either(what, x, shape):
    """Checks that x is an array of this shape and of either dtype. Returns x."""
    dtype = np.dtype(getattr(x, "dtype", object))
    code(what, dtype)
    return array(what, x, dtype, "", shape)


def numbers(what, values, shape):
    """Converts a few numbers, which may be a list, to float64, and checks their shape."""
    try:
        values = np.ascontiguousarray(values, np.float64)
    except TypeError:
        raise TypeError("%s: numbers expected, not %r" % (what, values)) from None
    except ValueError:
        raise ShapeError(SHAPE, "%s: rows of as many numbers each expected, not %r" % (what, values)) from None
    return array(what, values, values.dtype, "", shape)
