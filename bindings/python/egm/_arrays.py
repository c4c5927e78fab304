# SPDX-License-Identifier: MIT
"""Arrays as the library accepts them: of one of two dtypes, C-contiguous. egm/array.h. What converts to that without a
loss is converted; what does not, masked arrays and everything that is not numbers are refused."""
import ctypes

import numpy as np

from ._errors import ARGUMENT, DTYPE, SHAPE, ArgumentError, DtypeError, ShapeError


CODES = {np.dtype(np.float32): 1, np.dtype(np.float64): 2}
NAMES = {code: dtype for dtype, code in CODES.items()}
_FIRST = ctypes.c_char.from_buffer
_EXACT = {np.dtype(np.float32): 2**24, np.dtype(np.float64): 2**53}  # a float has all integers up to this one


class Array(ctypes.Structure):
    """egm_array and egm_out, which C receives by value. It keeps alive the NumPy array whose numbers it points to."""
    _fields_ = [("data", ctypes.c_void_p), ("rows", ctypes.c_int64), ("columns", ctypes.c_int64),
                ("dtype", ctypes.c_int)]


def _address(x):
    """x.ctypes.data, in a third of its time where x can be written."""
    try:
        return ctypes.addressof(_FIRST(x))
    except (TypeError, ValueError):  # x is read-only or empty
        return x.ctypes.data


def rows_of(x):
    """An Array of x. All axes of x but the last one become rows; a vector is one column."""
    columns = x.shape[-1] if x.ndim > 1 else 1
    result = Array(_address(x), x.size // columns if columns else len(x), columns, CODES[x.dtype])
    result.keeps = x
    return result


def optional(x):
    """An Array of x; None is no array."""
    return Array(None, 0, 0, 1) if x is None else rows_of(x)


def code(what, dtype):
    if np.dtype(dtype) not in CODES:
        raise DtypeError(DTYPE, "%s: dtype is %s, must be float32 or float64" % (what, np.dtype(dtype)))
    return CODES[np.dtype(dtype)]


def plain(what, x):
    """x as a NumPy array with the dtype that it has: lists, and whatever NumPy or DLPack can read, such as tables of
    pandas and tensors of PyTorch on the CPU."""
    if isinstance(x, np.ma.MaskedArray):
        raise DtypeError(DTYPE, "%s: is a masked array, must have a number everywhere: filled() or compressed()" % what)
    if hasattr(x, "__dlpack__") and not hasattr(x, "__array__") and hasattr(np, "from_dlpack"):
        return np.from_dlpack(x)
    try:
        return np.asarray(x)
    except ValueError:
        raise ShapeError(SHAPE, "%s: rows have different lengths, must have as many numbers each" % what) from None


def convert(what, x, dtype, owner):
    """x as a NumPy array of this dtype, or of one of the two if dtype is None. Floats of Python have no precision of
    their own, so lists of them are rounded; all else must convert without a loss."""
    if type(x) is np.ndarray and (x.dtype == dtype if dtype else x.dtype in CODES):
        return x
    given = plain(what, x)
    if given.dtype.kind not in "biuf":
        raise DtypeError(DTYPE, "%s: dtype is %s (%s), must be numbers: %s" % (
            what, given.dtype, type(x).__name__, dtype or "float32 or float64"))
    if dtype is None:
        dtype = np.result_type(given.dtype, np.float32)
        code(what, dtype)  # rejects what is wider than float64
    if given.dtype.kind in "iu":
        large = given[(given > _EXACT[dtype]) | (given < -_EXACT[dtype])] if given.itemsize > 2 else given[:0]
        if large.size:
            raise DtypeError(DTYPE, "%s: has the integer %s, must be at most %d to be exact in %s: use astype" % (
                what, large.flat[0], _EXACT[dtype], dtype))
    elif not isinstance(x, (list, tuple, float)) and not np.can_cast(given.dtype, dtype):
        raise DtypeError(DTYPE, "%s: dtype is %s, must be %s, which is that of %s: use astype(numpy.%s)" % (
            what, given.dtype, dtype, owner, dtype))
    return given.astype(dtype, copy=False)


def fit(what, x, dtype, owner, shape):
    """x as an array of this dtype; its shape must be this one, in which None means any number."""
    x = convert(what, x, dtype, owner)
    if x.ndim != len(shape):
        raise ShapeError(SHAPE, "%s: shape is %s, must have %d dimension(s)" % (what, x.shape, len(shape)))
    for size, is_ in zip(shape, x.shape):
        if size is not None and size != is_:
            raise ShapeError(SHAPE, "%s: shape is %s, must be %s" % (
                what, x.shape, tuple("any" if size is None else size for size in shape)))
    return x


def array(what, x, dtype, owner, shape):
    """The same, C-contiguous and aligned."""
    x = fit(what, x, dtype, owner, shape)
    flags = x.flags
    return x if flags.c_contiguous and flags.aligned else np.require(x, requirements=("C", "A"))


def either(what, x, shape):
    """x as an array of this shape and of either dtype: that which it has, or into which it converts without a loss."""
    return array(what, x, None, "", shape)


def in_place(what, x, shape):
    """The array x itself, for calls that read it later: nothing is converted."""
    if not isinstance(x, np.ndarray) or isinstance(x, np.ma.MaskedArray) or x.dtype not in CODES:
        raise DtypeError(DTYPE, "%s: must be a NumPy array of float32 or float64, as it is read where it is" % what)
    if not (x.flags.c_contiguous and x.flags.aligned):
        raise ArgumentError(ARGUMENT, "%s: must be C-contiguous and aligned, as it is read where it is" % what)
    return either(what, x, shape)


def numbers(what, values, shape):
    """A few numbers, which may be a list, as float64 of this shape."""
    return array(what, values, np.dtype(np.float64), "the numbers", shape)
