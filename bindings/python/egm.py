# SPDX-License-Identifier: MIT
"""libegm from Python: energies, gradients and samples of nets, on NumPy arrays. No training yet: that is done in C.

    import egm, numpy as np
    with egm.Model.load("energy.safetensors") as model:
        print(model.energy(np.zeros((1, model.inputs), model.dtype)))

Arrays go to the library as they are, so they must be C-contiguous and of the model's dtype; nothing is converted
behind the caller's back. What a call computes stands in egm/model.h, under the same name.

Calls release the interpreter lock. A handle runs one call at a time and others wait for it, so that close() in one
thread frees nothing that another uses; to evaluate in parallel, clone() the model or give the context threads.

The library is libegm.so.0 as the loader finds it, or the file that the environment variable EGM_LIBRARY names.
"""
import ctypes
import operator
import os
import threading
import weakref
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_int32, c_int64, c_size_t, c_uint64, c_void_p, sizeof

import numpy as np

__all__ = ["Context", "Model", "Error", "ArgumentError", "StateError", "ShapeError", "DtypeError", "OutOfMemoryError",
           "NonfiniteError", "FileError", "FormatError", "UnsupportedError"]

RELEASE = (0, 2)  # major.minor of the library; before 1.0 a minor release may change the ABI
INT32, INT64, UINT64 = (-2**31, 2**31 - 1), (-2**63, 2**63 - 1), (0, 2**64 - 1)


# ---- errors: the C statuses, each also what a Python program would expect
class Error(Exception):
    """A call failed: `status` is the number of egm/status.h, `text` the library's line about it."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status, self.text = status, text

    def __reduce__(self):
        return type(self), (self.status, self.text)


class ArgumentError(Error, ValueError): "A value out of its range."
class StateError(Error, RuntimeError): "A model not built, or built twice, or a handle after close()."
class ShapeError(Error, ValueError): "Arrays or nets whose sizes do not fit."
class DtypeError(Error, ValueError): "float32 where float64 is expected, or the reverse."
class OutOfMemoryError(Error, MemoryError): "An allocation in the library failed."
class NonfiniteError(Error, ValueError): "NaN or infinity in data, parameters or results."
class FileError(Error, OSError): "The system refused to open, read, write or rename a file."
class FormatError(Error, ValueError): "A file that is not what it claims to be."
class UnsupportedError(Error, NotImplementedError): "Valid, but not handled by this build or on this CPU."


_ARGUMENT, _STATE, _SHAPE, _DTYPE = -1, -2, -10, -20
_ERRORS = {_ARGUMENT: ArgumentError, _STATE: StateError, _SHAPE: ShapeError, _DTYPE: DtypeError,
           -30: OutOfMemoryError, -40: NonfiniteError, -50: FileError, -60: FormatError, -70: UnsupportedError}


# ---- the library
class _ContextOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("alloc", c_void_p), ("dealloc", c_void_p), ("alloc_user", c_void_p),
                ("log", c_void_p), ("log_user", c_void_p), ("parallel", c_void_p), ("parallel_user", c_void_p),
                ("threads", c_int32), ("blas_threads", c_int32), ("simd", c_int32), ("reserved", c_int32)]


_H, _A, _S, _OUT = c_void_p, c_void_p, c_char_p, POINTER(c_void_p)  # handle, array, text, where a new handle goes
_SIGNATURES = {  # result, then arguments
    "version_string": (_S,), "last_error": (_S,), "context_backend": (_S, _H),
    "context_options_init": (c_int, POINTER(_ContextOptions), c_size_t),
    "context_create": (c_int, _OUT, POINTER(_ContextOptions)), "context_free": (None, _H),
    "model_create": (c_int, _OUT, _H, _S, c_int64), "model_load": (c_int, _OUT, _H, _S, c_void_p),
    "model_clone": (c_int, _OUT, _H), "model_free": (None, _H), "model_save": (c_int, _H, _S),
    "model_dense": (c_int, _H, c_int64),
    **{"model_" + kind: (c_int, _H) for kind in ("relu", "softplus", "silu", "tanh", "sigmoid", "gelu")},
    **{"model_" + kind: (c_int, _H, c_double) for kind in ("leaky_relu", "elu", "layer_norm")},
    "model_build": (c_int, _H, c_int, c_uint64), "model_name": (_S, _H), "model_dtype": (c_int, _H),
    **{"model_" + count: (c_int64, _H) for count in ("inputs", "outputs", "parameter_count")},
    "model_tensor_count": (c_int32, _H),
    "model_tensor": (c_int, _H, c_int32, POINTER(_S), POINTER(c_int64), POINTER(c_int32)),
    "model_get_parameters": (c_int, _H, c_int, _A, c_int64), "model_set_parameters": (c_int, _H, c_int, _A, c_int64),
    "model_run": (c_int, _H, c_int, _A, c_int64, c_int64, _A),
    "model_energy": (c_int, _H, c_int, _A, c_int64, c_int64, _A),
    "model_energy_gradient": (c_int, _H, c_int, _A, c_int64, c_int64, _A, _A),
    "model_generate": (c_int, _H, c_int, c_uint64, c_int64, _A),
    "model_summary": (c_int, _H, c_void_p, c_size_t, POINTER(c_size_t)),
}


def _load():
    path = os.environ.get("EGM_LIBRARY") or "libegm.so.0"
    try:
        library = ctypes.CDLL(path)
        library.egm_version.restype, library.egm_version.argtypes = c_int, ()
        version = library.egm_version()
        if divmod(version // 100, 100) != RELEASE:
            raise ImportError("egm: %s is release %d.%d.%d, this module is for %d.%d" % (
                path, version // 10000, version // 100 % 100, version % 100, *RELEASE))
        for name, (result, *arguments) in _SIGNATURES.items():
            function = getattr(library, "egm_" + name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as reason:
        raise ImportError("egm: %s is not libegm or cannot be loaded (%s); EGM_LIBRARY may name the file" % (
            path, reason)) from None
    return library


_lib = _load()
__version__ = _lib.egm_version_string().decode()


def _check(status):
    if status != 0:
        raise _ERRORS.get(status, Error)(status, _lib.egm_last_error().decode(errors="replace"))


# ctypes cuts integers to their width and C ends text at the first zero: both are refused here.
def _integer(what, value, limits):
    value = operator.index(value)
    if not limits[0] <= value <= limits[1]:
        raise ArgumentError(_ARGUMENT, "%s: %d is not in %d to %d" % (what, value, *limits))
    return value


def _text(what, value):
    if b"\0" in value:
        raise ArgumentError(_ARGUMENT, "%s: %r contains a zero byte" % (what, value))
    return value


# ---- handles
class _Handle:
    def _own(self, pointer, free):
        self._pointer, self._lock = pointer, threading.Lock()
        self._free = weakref.finalize(self, free, pointer)
        self._free.atexit = False  # at exit a daemon thread may still be in a call; the system frees all

    def _ask(self, function, *arguments):
        with self._lock:
            if not self._free.alive:
                raise StateError(_STATE, "%s is closed" % type(self).__name__)
            return function(self._pointer, *arguments)

    def _call(self, function, *arguments):
        _check(self._ask(function, *arguments))

    def close(self):
        """Frees the handle now instead of with the object. In any order; a second time does nothing."""
        with self._lock:
            self._free()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Context(_Handle):
    """The threads that models share; models keep it alive. blas_threads=1 sets OpenBLAS to one thread for the whole
    process, NumPy included where both use the same one."""

    def __init__(self, threads=1, blas_threads=0):
        options, pointer = _ContextOptions(), c_void_p()
        _check(_lib.egm_context_options_init(byref(options), sizeof(options)))
        options.threads = _integer("threads", threads, INT32)
        options.blas_threads = _integer("blas_threads", blas_threads, INT32)
        _check(_lib.egm_context_create(byref(pointer), byref(options)))
        self._own(pointer, _lib.egm_context_free)

    @property
    def backend(self):
        """How products are computed, such as "OpenBLAS 0.3.21 SkylakeX, avx512"."""
        return self._ask(_lib.egm_context_backend).decode()


_CODES = {np.dtype(np.float32): 1, np.dtype(np.float64): 2}
_NAMES = {code: dtype for dtype, code in _CODES.items()}


class Model(_Handle):
    """A net: Model(context, "energy", 2).dense(64).silu().dense(1).build(), or Model.load(path)."""

    def __init__(self, context, name, inputs):
        self._create(context._ask, _lib.egm_model_create, _text("name", name.encode()),
                     _integer("inputs", inputs, INT64))

    def _create(self, ask, function, *arguments):
        pointer = c_void_p()
        _check(ask(lambda parent, *rest: function(byref(pointer), parent, *rest), *arguments))
        self._own(pointer, _lib.egm_model_free)
        return self

    @classmethod
    def load(cls, path, context=None):
        ask = (context or Context())._ask
        return cls.__new__(cls)._create(ask, _lib.egm_model_load, _text("path", os.fsencode(path)), None)

    def clone(self):
        return type(self).__new__(type(self))._create(self._ask, _lib.egm_model_clone)

    def save(self, path):
        self._call(_lib.egm_model_save, _text("path", os.fsencode(path)))

    # -- layers; each returns the model
    def _layer(self, function, *arguments):
        self._call(function, *arguments)
        return self

    def dense(self, units):
        return self._layer(_lib.egm_model_dense, _integer("units", units, INT64))

    def relu(self): return self._layer(_lib.egm_model_relu)
    def leaky_relu(self, slope): return self._layer(_lib.egm_model_leaky_relu, float(slope))
    def elu(self, alpha): return self._layer(_lib.egm_model_elu, float(alpha))
    def softplus(self): return self._layer(_lib.egm_model_softplus)
    def silu(self): return self._layer(_lib.egm_model_silu)
    def tanh(self): return self._layer(_lib.egm_model_tanh)
    def sigmoid(self): return self._layer(_lib.egm_model_sigmoid)
    def gelu(self): return self._layer(_lib.egm_model_gelu)
    def layer_norm(self, epsilon=1e-5): return self._layer(_lib.egm_model_layer_norm, float(epsilon))

    def build(self, dtype=np.float32, seed=1):
        if np.dtype(dtype) not in _CODES:
            raise DtypeError(_DTYPE, "build: float32 or float64 expected, not %s" % np.dtype(dtype))
        return self._layer(_lib.egm_model_build, _CODES[np.dtype(dtype)], _integer("seed", seed, UINT64))

    # -- what it is
    name = property(lambda self: self._ask(_lib.egm_model_name).decode())
    inputs = property(lambda self: self._ask(_lib.egm_model_inputs))
    outputs = property(lambda self: self._ask(_lib.egm_model_outputs))
    parameter_count = property(lambda self: self._ask(_lib.egm_model_parameter_count))

    @property
    def dtype(self):
        code = self._ask(_lib.egm_model_dtype)
        if code not in _NAMES:
            raise StateError(_STATE, "model '%s' is not built" % self.name)
        return _NAMES[code]

    def tensors(self):
        """The shapes of the parameter tensors by name, in the order of get_parameters()."""
        shapes, name, shape, rank = {}, c_char_p(), (c_int64 * 4)(), c_int32()
        for index in range(self._ask(_lib.egm_model_tensor_count)):
            self._call(_lib.egm_model_tensor, index, byref(name), shape, byref(rank))
            shapes[name.value.decode()] = tuple(shape[:rank.value])
        return shapes

    def summary(self):
        needed = c_size_t()
        self._call(_lib.egm_model_summary, None, 0, byref(needed))
        text = ctypes.create_string_buffer(needed.value)
        self._call(_lib.egm_model_summary, text, needed.value, byref(needed))
        return text.value.decode()

    # -- arrays
    def _array(self, what, x, ndim):
        dtype = self.dtype
        if not isinstance(x, np.ndarray):
            raise DtypeError(_DTYPE, "%s: a NumPy array of %s expected, not %s" % (what, dtype, type(x).__name__))
        if x.dtype != dtype:
            raise DtypeError(_DTYPE, "%s: model '%s' is %s, the array %s" % (what, self.name, dtype, x.dtype))
        if x.ndim != ndim:
            raise ShapeError(_SHAPE, "%s: %d dimension(s) expected, not shape %s" % (what, ndim, x.shape))
        if not (x.flags.c_contiguous and x.flags.aligned):
            raise ArgumentError(_ARGUMENT, "%s: a C-contiguous, aligned array expected: np.ascontiguousarray" % what)
        return x

    def _evaluate(self, function, x, *shapes):
        """Calls function(x, results...), a result for each shape behind the rows."""
        x = self._array("x", x, 2)
        results = [np.empty((len(x), *shape), x.dtype) for shape in shapes]
        self._call(function, _CODES[x.dtype], x.ctypes.data, *x.shape, *(result.ctypes.data for result in results))
        return results

    def run(self, x):
        """The net at x [rows, inputs]: [rows, outputs]."""
        return self._evaluate(_lib.egm_model_run, x, (self.outputs,))[0]

    def energy(self, x):
        """U(x) [rows] at x [rows, inputs]; low = likely."""
        return self._evaluate(_lib.egm_model_energy, x, ())[0]

    def energy_gradient(self, x):
        """(U(x) [rows], dU/dx [rows, inputs])."""
        return tuple(self._evaluate(_lib.egm_model_energy_gradient, x, (), (self.inputs,)))

    def generate(self, seed, rows):
        """The net at z ~ N(0, I): [rows, outputs]; the first rows do not depend on how many follow."""
        samples = np.empty((_integer("rows", rows, (0, INT64[1])), self.outputs), self.dtype)
        self._call(_lib.egm_model_generate, _CODES[samples.dtype], _integer("seed", seed, UINT64), len(samples),
                   samples.ctypes.data)
        return samples

    def get_parameters(self):
        """A copy of all parameters, one tensor after another."""
        values = np.empty(self.parameter_count, self.dtype)
        self._call(_lib.egm_model_get_parameters, _CODES[values.dtype], values.ctypes.data, values.size)
        return values

    def set_parameters(self, values):
        self._array("values", values, 1)
        self._call(_lib.egm_model_set_parameters, _CODES[values.dtype], values.ctypes.data, values.size)
