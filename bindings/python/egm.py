# SPDX-License-Identifier: MIT
"""libegm from Python: energies, gradients and samples of nets, and Markov chains on these or on energies of your own,
on NumPy arrays. No training yet: that is done in C.

    import egm, numpy as np
    with egm.Model.load("energy.safetensors") as model:
        print(model.energy(np.zeros((1, model.inputs), model.dtype)))
        draws = egm.Sampler(egm.Target.model(model, prior_scale=3), chains=8, seed=1).run(1000)

Arrays go to the library as they are, so they must be C-contiguous and of the handle's dtype; nothing is converted
behind the caller's back. What a call computes stands in egm/model.h, egm/sampler.h and egm/diagnostics.h, under the
same name; options are keywords with the names of their C members, and what is not given keeps the C default.

Calls release the interpreter lock. A handle runs one call at a time and others wait for it, so that close() in one
thread frees nothing that another uses; to evaluate in parallel, clone() the model or give the context threads. Several
samplers may share a target and run in as many threads; meanwhile leave the parameters of its nets alone.

The library is libegm.so.0 as the loader finds it, or the file that the environment variable EGM_LIBRARY names.
"""
import contextlib
import ctypes
import math
import operator
import os
import signal
import threading
import weakref
from ctypes import (POINTER, byref, c_char, c_char_p, c_double, c_int, c_int32, c_int64, c_size_t, c_uint64, c_void_p,
                    sizeof)

import numpy as np

__all__ = ["Context", "Model", "Target", "Sampler", "diagnose", "log_partition", "Error", "ArgumentError",
           "StateError", "ShapeError", "DtypeError", "OutOfMemoryError", "NonfiniteError", "FileError",
           "FormatError", "UnsupportedError"]

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
class StateError(Error, RuntimeError): "A model not built, or built twice; a handle after close() or in its own call."
class ShapeError(Error, ValueError): "Arrays or nets whose sizes do not fit."
class DtypeError(Error, ValueError): "float32 where float64 is expected, or the reverse."
class OutOfMemoryError(Error, MemoryError): "An allocation in the library failed."
class NonfiniteError(Error, ValueError): "NaN or infinity in data, parameters or results."
class FileError(Error, OSError): "The system refused to open, read, write or rename a file."
class FormatError(Error, ValueError): "A file that is not what it claims to be."
class UnsupportedError(Error, NotImplementedError): "Valid, but not handled by this build or on this CPU."


_ARGUMENT, _STATE, _SHAPE, _DTYPE, _STOPPED = -1, -2, -10, -20, -80
_ERRORS = {_ARGUMENT: ArgumentError, _STATE: StateError, _SHAPE: ShapeError, _DTYPE: DtypeError,
           -30: OutOfMemoryError, -40: NonfiniteError, -50: FileError, -60: FormatError, -70: UnsupportedError}


# ---- the library
_DOUBLES = POINTER(c_double)


class _ContextOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("alloc", c_void_p), ("dealloc", c_void_p), ("alloc_user", c_void_p),
                ("log", c_void_p), ("log_user", c_void_p), ("parallel", c_void_p), ("parallel_user", c_void_p),
                ("threads", c_int32), ("blas_threads", c_int32), ("simd", c_int32), ("reserved", c_int32)]


class _TargetOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("beta", c_double), ("prior_scale", c_double), ("lower", _DOUBLES),
                ("upper", _DOUBLES), ("concurrent", c_int32), ("reserved", c_int32), ("rows", c_int64)]


class _SamplerOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("kernel", c_int32), ("reserved", c_int32), ("chains", c_int64),
                ("seed", c_uint64), ("step_size", c_double), ("jitter", c_double), ("start_scale", c_double),
                ("target_accept", c_double), ("scale", _DOUBLES), ("leapfrog_steps", c_int64), ("max_depth", c_int64),
                ("divergence", c_double), ("temperatures", _DOUBLES), ("levels", c_int64),
                ("steps_per_level", c_int64), ("denoise", c_double), ("adapt_scale", c_int32), ("reserved2", c_int32)]


class _SamplerStatistics(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("transitions", c_int64), ("gradients", c_int64), ("acceptance", c_double),
                ("divergences", c_int64), ("step_size", c_double), ("leapfrogs", c_double), ("saturated", c_int64),
                ("energy", c_double), ("exchange", c_double), ("frozen", c_int64)]


class _AisOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("seed", c_uint64), ("particles", c_int64), ("levels", c_int64),
                ("leapfrog_steps", c_int64), ("step_size", c_double), ("base_scale", c_double), ("power", c_double)]


class _AisResult(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("log_z", c_double), ("standard_error", c_double), ("ess", c_double),
                ("acceptance", c_double), ("gradients", c_int64), ("lost", c_int64)]


class _Diagnosis(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), *((name, c_double) for name in (
        "mean", "sd", "mcse", "r_hat", "ess_bulk", "ess_tail", "ess_mean", "q05", "median", "q95"))]


_ENERGY = ctypes.CFUNCTYPE(c_int, c_int64, c_void_p, c_void_p, c_void_p, c_void_p)  # rows, x, energies, gradients
_H, _A, _S, _OUT = c_void_p, c_void_p, c_char_p, POINTER(c_void_p)  # handle, array, text, where a new handle goes
_SIGNATURES = {  # result, then arguments
    "version_string": (_S,), "last_error": (_S,), "context_backend": (_S, _H),
    "context_options_init": (c_int, POINTER(_ContextOptions), c_size_t),
    "context_create": (c_int, _OUT, POINTER(_ContextOptions)), "context_free": (None, _H),
    "model_create": (c_int, _OUT, _H, _S, c_int64), "model_load": (c_int, _OUT, _H, _S, c_void_p),
    "model_clone": (c_int, _OUT, _H), "model_free": (None, _H), "model_save": (c_int, _H, _S),
    "model_dense": (c_int, _H, c_int64), "model_spectral_dense": (c_int, _H, c_int64),
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
    **{name + "_init": (c_int, POINTER(struct), c_size_t) for name, struct in (
        ("target_options", _TargetOptions), ("sampler_statistics", _SamplerStatistics), ("ais_options", _AisOptions),
        ("ais_result", _AisResult), ("diagnosis", _Diagnosis))},
    "sampler_options_init": (c_int, POINTER(_SamplerOptions), c_size_t, c_int32),
    "target_model": (c_int, _OUT, _H, POINTER(_TargetOptions)),
    "target_latent": (c_int, _OUT, _H, _H, c_int32, POINTER(_TargetOptions)),
    "target_callback": (c_int, _OUT, _H, c_int, c_int64, _ENERGY, c_void_p, POINTER(_TargetOptions)),
    "target_free": (None, _H), "target_dims": (c_int64, _H), "target_dtype": (c_int, _H),
    "target_evaluate": (c_int, _H, c_int, _A, c_int64, _A, _A),
    "sampler_create": (c_int, _OUT, _H, POINTER(_SamplerOptions)), "sampler_free": (None, _H),
    "sampler_set_points": (c_int, _H, c_int, _A), "sampler_points": (c_int, _H, c_int, _A),
    "sampler_warmup": (c_int, _H, c_int64), "sampler_run": (c_int, _H, c_int64, c_int64, _A, _A),
    "sampler_stats": (c_int, _H, c_int64, POINTER(_SamplerStatistics)), "sampler_scale": (c_int, _H, c_int64, _A),
    "sampler_save": (c_int, _H, _S), "sampler_load": (c_int, _H, _S),
    "ais_run": (c_int, _H, POINTER(_AisOptions), POINTER(_AisResult), _A),
    "diagnostics_create": (c_int, _OUT, _H, c_int64, c_int64, c_int64), "diagnostics_free": (None, _H),
    "diagnostics_add": (c_int, _H, c_int, _A, c_int64),
    "diagnostics_compute": (c_int, _H, c_int64, c_int64, POINTER(_Diagnosis)),
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


_local = threading.local()  # .reason: what a callback of this thread raised; .signals: see _Signals


def _check(status):
    if status == _STOPPED and hasattr(_local, "reason"):
        raise _local.__dict__.pop("reason")  # and is kept nowhere: its traceback holds the arrays of the call
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


def _choice(what, value, codes):
    if value not in codes:
        raise ArgumentError(_ARGUMENT, "%s: %r is none of %s" % (what, value, ", ".join(codes)))
    return codes[value]


# ---- structs: options from keywords, results as dicts
def _struct(kind, init, *arguments):
    struct = kind()
    _check(init(byref(struct), sizeof(struct), *arguments))
    return struct


def _set(options, names, values, dims):
    """Sets the members of a C struct that have keywords. The struct keeps the arrays, all of them [dims]."""
    kinds = dict(options._fields_)
    for name, value in values.items():
        if name not in names:
            raise TypeError("'%s' is none of the options %s" % (name, ", ".join(names)))
        if kinds[name] is _DOUBLES:
            value = _doubles(name, value, dims)
        elif kinds[name] is not c_double:
            value = _integer(name, value, {c_int32: INT32, c_int64: INT64, c_uint64: UINT64}[kinds[name]])
        setattr(options, name, value)


def _doubles(name, values, count):
    if values is None:
        return None
    values = np.asarray(values, np.float64)
    if values.shape != (count,):
        raise ShapeError(_SHAPE, "%s: %d number(s) expected, not shape %s" % (name, count, values.shape))
    return (c_double * count)(*values)


def _dict(struct):
    return {name: getattr(struct, name) for name, _ in struct._fields_[1:]}


# ---- arrays
_CODES = {np.dtype(np.float32): 1, np.dtype(np.float64): 2}
_NAMES = {code: dtype for dtype, code in _CODES.items()}


def _code(what, dtype):
    if np.dtype(dtype) not in _CODES:
        raise DtypeError(_DTYPE, "%s: float32 or float64 expected, not %s" % (what, np.dtype(dtype)))
    return _CODES[np.dtype(dtype)]


def _fit(what, x, dtype, owner, shape):
    """x is an array of this dtype and shape, in which None stands for any number."""
    if not isinstance(x, np.ndarray):
        raise DtypeError(_DTYPE, "%s: a NumPy array of %s expected, not %s" % (what, dtype, type(x).__name__))
    if x.dtype != dtype:
        raise DtypeError(_DTYPE, "%s: %s is %s, the array %s" % (what, owner, dtype, x.dtype))
    if x.ndim != len(shape):
        raise ShapeError(_SHAPE, "%s: %d dimension(s) expected, not shape %s" % (what, len(shape), x.shape))
    if any(size not in (None, is_) for size, is_ in zip(shape, x.shape)):
        raise ShapeError(_SHAPE, "%s: shape %s expected, not %s" % (
            what, tuple("any" if size is None else size for size in shape), x.shape))
    return x


def _array(what, x, dtype, owner, shape):
    """The same, and laid out as C reads it."""
    _fit(what, x, dtype, owner, shape)
    if not (x.flags.c_contiguous and x.flags.aligned):
        raise ArgumentError(_ARGUMENT, "%s: a C-contiguous, aligned array expected: np.ascontiguousarray" % what)
    return x


# ---- handles
class _Signals:
    """Python runs the handler of a signal before the first instruction of a function that C calls, where no `try` is:
    what it raises, KeyboardInterrupt for one, is lost in ctypes, and C reads a status that nobody wrote. So while C may
    call back, handlers wait until the caller's function runs or C is done. Only the main thread runs handlers."""
    numbers = (signal.SIGINT, signal.SIGALRM, signal.SIGTERM)  # whose handlers raise, where they do

    def __enter__(self):
        self.inside, self.late, self.handlers = False, [], {}
        self.outer, _local.signals = getattr(_local, "signals", None), self
        if threading.current_thread() is threading.main_thread():
            self.handlers = {number: signal.getsignal(number) for number in self.numbers}
        for number, handler in self.handlers.items():
            if callable(handler):
                signal.signal(number, self.arrive)

    def arrive(self, number, frame):
        self.late.append((number, frame))
        if self.inside:
            self.deliver()

    def deliver(self):
        while self.late:
            number, frame = self.late.pop(0)
            self.handlers[number](number, frame)

    def __exit__(self, *_):
        _local.signals = self.outer
        for number, handler in self.handlers.items():
            if callable(handler):
                signal.signal(number, handler)
        self.deliver()


class _Handle:
    _callback = None  # what C may call while it works for this handle

    def _create(self, ask, function, *arguments):
        pointer = c_void_p()
        _check(ask(lambda parent, *rest: function(byref(pointer), parent, *rest), *arguments))
        return self._own(pointer)

    def _own(self, pointer):
        self._pointer, self._lock, self._busy = pointer, threading.RLock(), False
        self._free = weakref.finalize(self, self._destroy, pointer)
        self._free.atexit = False  # at exit a daemon thread may still be in a call; the system frees all
        return self

    def _idle(self):
        if self._busy:  # with the lock held: a callback of this handle's own call
            raise StateError(_STATE, "%s is in a call, and its callback cannot use it" % type(self).__name__)

    def _ask(self, function, *arguments):
        with self._lock:
            self._idle()
            if not self._free.alive:
                raise StateError(_STATE, "%s is closed" % type(self).__name__)
            try:
                self._busy = True
                with _Signals() if self._callback else contextlib.nullcontext():
                    return function(self._pointer, *arguments)
            finally:
                self._busy = False

    def _call(self, function, *arguments):
        _check(self._ask(function, *arguments))

    def close(self):
        """Frees the handle now instead of with the object. In any order; a second time does nothing."""
        with self._lock:
            self._idle()
            self._free()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _expect(kind, handle):
    if not isinstance(handle, kind):  # C would take any pointer
        raise TypeError("%s expected, not %s" % (kind.__name__, type(handle).__name__))
    return handle


class Context(_Handle):
    """The threads that models share; models keep it alive. blas_threads=1 sets OpenBLAS to one thread for the whole
    process, NumPy included where both use the same one."""
    _destroy = _lib.egm_context_free

    def __init__(self, threads=1, blas_threads=0):
        options, pointer = _struct(_ContextOptions, _lib.egm_context_options_init), c_void_p()
        options.threads = _integer("threads", threads, INT32)
        options.blas_threads = _integer("blas_threads", blas_threads, INT32)
        _check(_lib.egm_context_create(byref(pointer), byref(options)))
        self._own(pointer)

    @property
    def backend(self):
        """How products are computed, such as "OpenBLAS 0.3.21 SkylakeX, avx512"."""
        return self._ask(_lib.egm_context_backend).decode()


class Model(_Handle):
    """A net: Model(context, "energy", 2).dense(64).silu().dense(1).build(), or Model.load(path)."""
    _destroy = _lib.egm_model_free

    def __init__(self, context, name, inputs):
        self._create(_expect(Context, context)._ask, _lib.egm_model_create, _text("name", name.encode()),
                     _integer("inputs", inputs, INT64))

    @classmethod
    def load(cls, path, context=None):
        ask = _expect(Context, context or Context())._ask
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

    def spectral_dense(self, units):
        """Dense with its weight divided by its largest singular value; keeps that value's vectors as N.u and N.v."""
        return self._layer(_lib.egm_model_spectral_dense, _integer("units", units, INT64))

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
        return self._layer(_lib.egm_model_build, _code("build", dtype), _integer("seed", seed, UINT64))

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
        return _array(what, x, self.dtype, "model '%s'" % self.name, (None,) * ndim)

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


# ---- densities
_KINDS = {"energy": 1, "posterior": 2, "pullback": 3}
_TARGET = ("beta", "prior_scale", "lower", "upper")


class _Callback:
    """function(x) -> (energies, gradients) as C calls it. C learns only that it stopped; _check() raises the reason."""

    def __init__(self, function, dims, dtype):
        self.function, self.dims, self.dtype = function, dims, dtype

    def view(self, address, *shape):
        return np.ndarray(shape, self.dtype, (c_char * (math.prod(shape) * self.dtype.itemsize)).from_address(address))

    def ask(self, x):
        _local.signals.inside = True
        _local.signals.deliver()
        try:
            return self.function(x)
        finally:
            _local.signals.inside = False

    def __call__(self, rows, x, energies, gradients, _):
        try:
            x = self.view(x, rows, self.dims)
            x.flags.writeable = False
            results = self.ask(x)
            if not (isinstance(results, tuple) and len(results) == 2):
                raise ArgumentError(_ARGUMENT, "callback: a tuple (energies, gradients) expected, not %s" % (
                    type(results).__name__))
            for what, result, address, shape in (("energies", results[0], energies, (rows,)),
                                                 ("gradients", results[1], gradients, (rows, self.dims))):
                self.view(address, *shape)[...] = _fit("callback: " + what, result, self.dtype, "the target", shape)
            return 0
        except BaseException as reason:
            _local.reason = reason
            return 1


class Target(_Handle):
    """A density exp(-V) / Z, V(x) = beta U(x) + |x|^2 / (2 prior_scale^2): Target.model(), .latent() or .callback().

    Options: beta; prior_scale, by default 1 for a latent posterior and none elsewhere; lower and upper, bounds [dims]
    that may be infinite."""
    _destroy = _lib.egm_target_free

    def __init__(self):
        raise TypeError("a target comes from Target.model, Target.latent or Target.callback")

    @classmethod
    def _of(cls, ask, dims, options, function, *arguments):
        struct = _struct(_TargetOptions, _lib.egm_target_options_init)
        _set(struct, _TARGET, options, dims)
        target = cls.__new__(cls)._create(ask, function, *arguments, struct)
        target._dims, target._dtype = target._ask(_lib.egm_target_dims), _NAMES[target._ask(_lib.egm_target_dtype)]
        return target

    dims = property(lambda self: self._dims)
    dtype = property(lambda self: self._dtype)

    @classmethod
    def model(cls, energy, **options):
        """U = an energy net, in x."""
        return cls._of(_expect(Model, energy)._ask, energy.inputs, options, _lib.egm_target_model)

    @classmethod
    def latent(cls, energy, generator, kind="posterior", **options):
        """U(G(z)) in the latent space of a generator, both nets of one context; draws are z, generator.run(z) makes x
        of them. kind: "posterior", with the normal prior of z; "energy", without; "pullback", the energy's density on
        the generator's manifold. "energy" is no density when the generator ends in tanh or sigmoid."""
        def create(out, energy, *rest):
            return generator._ask(lambda pointer: _lib.egm_target_latent(out, energy, pointer, *rest))
        return cls._of(_expect(Model, energy)._ask, _expect(Model, generator).inputs, options, create,
                       _choice("kind", kind, _KINDS))

    @classmethod
    def callback(cls, context, function, dims, dtype=np.float64, **options):
        """U = function(x) -> (U(x) [rows], dU/dx [rows, dims]), arrays of the target's dtype; one call evaluates all
        chains. x [rows, dims] is the library's own array and read-only: it is gone when function returns, so copy what
        you keep. An exception stops the sampler and comes out of the call that ran it; the chains then stand at their
        last whole transition. Samplers in several threads call function in these threads."""
        dims = _integer("dims", dims, INT64)
        callback = _ENERGY(_Callback(function, dims, np.dtype(dtype)))
        target = cls._of(_expect(Context, context)._ask, dims, options, _lib.egm_target_callback,
                         _code("callback", dtype), dims, callback, None)
        target._callback = callback
        return target

    def evaluate(self, x):
        """(V(x) [rows], dV/dx [rows, dims]) at x [rows, dims] inside of the bounds, also where they are not finite: for
        checks, since it compiles the nets each time."""
        x = _array("x", x, self.dtype, "the target", (None, self.dims))
        values, gradients = np.empty(len(x), x.dtype), np.empty_like(x)
        self._call(_lib.egm_target_evaluate, _CODES[x.dtype], x.ctypes.data, len(x), values.ctypes.data,
                   gradients.ctypes.data)
        return values, gradients


# ---- chains
_KERNELS = {"ula": 1, "mala": 2, "hmc": 3, "nuts": 4, "annealed_langevin": 5, "tempered": 6}
_SAMPLER = ("chains", "seed", "step_size", "jitter", "start_scale", "target_accept", "scale", "leapfrog_steps",
            "max_depth", "divergence", "temperatures", "steps_per_level", "denoise", "adapt_scale")


class Sampler(_Handle):
    """Markov chains on a target, which they keep alive. kernel: "ula", "mala", "hmc", "nuts", "annealed_langevin" or
    "tempered".

    Options: step_size, start_scale, scale [dims]; target_accept and adapt_scale of warm-ups; jitter and leapfrog_steps
    of hmc, max_depth of nuts, divergence of both; temperatures [levels] and steps_per_level of annealed_langevin and
    tempered, denoise of the former."""
    _destroy = _lib.egm_sampler_free

    def __init__(self, target, kernel="nuts", chains=4, seed=0, *, temperatures=None, **options):
        struct = _struct(_SamplerOptions, _lib.egm_sampler_options_init, _choice("kernel", kernel, _KERNELS))
        self._dims, self._dtype, self._callback = _expect(Target, target).dims, target.dtype, target._callback
        _set(struct, _SAMPLER, {"chains": chains, "seed": seed, **options}, self.dims)
        if temperatures is not None:
            struct.levels = len(temperatures)
            struct.temperatures = _doubles("temperatures", temperatures, struct.levels)
        self._create(target._ask, _lib.egm_sampler_create, struct)
        self._chains = struct.chains

    chains = property(lambda self: self._chains)
    dims = property(lambda self: self._dims)
    dtype = property(lambda self: self._dtype)

    def warmup(self, n):
        """n transitions that adapt step sizes, and scales with adapt_scale; the counters then start at 0."""
        self._call(_lib.egm_sampler_warmup, _integer("n", n, INT64))

    def run(self, n, thin=1, energies=False):
        """Draws [n, chains, dims], each after `thin` transitions; with `energies` also V at them, [n, chains].
        A chain that goes non-finite is frozen and raises NonfiniteError, and the draws of the call are lost; the next
        run() goes on with the others."""
        n = _integer("n", n, (1, INT64[1]))
        draws = np.empty((n, self.chains, self.dims), self.dtype)
        values = np.empty(draws.shape[:2], self.dtype) if energies else None
        self._call(_lib.egm_sampler_run, n, _integer("thin", thin, INT64), draws.ctypes.data,
                   values.ctypes.data if energies else None)
        return (draws, values) if energies else draws

    @property
    def points(self):
        """Where the chains stand, [chains, dims]: a copy, and assigning puts them elsewhere."""
        points = np.empty((self.chains, self.dims), self.dtype)
        self._call(_lib.egm_sampler_points, _CODES[self.dtype], points.ctypes.data)
        return points

    @points.setter
    def points(self, x):
        _array("points", x, self.dtype, "the sampler", (self.chains, self.dims))
        self._call(_lib.egm_sampler_set_points, _CODES[self.dtype], x.ctypes.data)

    def stats(self, chain=None):
        """What one chain has done, or all: a dict with the members of egm_sampler_statistics."""
        statistics = _struct(_SamplerStatistics, _lib.egm_sampler_statistics_init)
        self._call(_lib.egm_sampler_stats, -1 if chain is None else _integer("chain", chain, (0, INT64[1])),
                   statistics)
        return _dict(statistics)

    def scale(self, chain):
        """The scale [dims] of one chain's coordinates, float64."""
        scale = np.empty(self.dims)
        self._call(_lib.egm_sampler_scale, _integer("chain", chain, INT64), scale.ctypes.data)
        return scale

    def save(self, path):
        self._call(_lib.egm_sampler_save, _text("path", os.fsencode(path)))

    def load(self, path):
        """The chains of a file into a sampler of the same kernel, chains, dims, dtype and levels: they go on as if
        they had never stopped."""
        self._call(_lib.egm_sampler_load, _text("path", os.fsencode(path)))


def diagnose(draws):
    """Whether draws [n, chains, dims] are enough: a dict of arrays [dims] with the members of egm_diagnosis, such as
    "mean", "mcse", "r_hat" (below 1.01 is good) and "ess_bulk". NaN is what cannot be computed."""
    _array("draws", draws, _NAMES[_code("draws", getattr(draws, "dtype", object))], "", (None, None, None))
    n, chains, dims = draws.shape
    pointer = c_void_p()
    _check(Context()._ask(lambda context: _lib.egm_diagnostics_create(byref(pointer), context, chains, dims,
                                                                      max(n, 8))))
    try:
        _check(_lib.egm_diagnostics_add(pointer, _CODES[draws.dtype], draws.ctypes.data, n))
        diagnosis, rows = _struct(_Diagnosis, _lib.egm_diagnosis_init), []
        for dim in range(dims):
            _check(_lib.egm_diagnostics_compute(pointer, dim, -1, diagnosis))
            rows.append(_dict(diagnosis))
    finally:
        _lib.egm_diagnostics_free(pointer)
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def log_partition(target, **options):
    """log Z of a target by annealed importance sampling: a dict with the members of egm_ais_result, such as "log_z",
    "standard_error" and "ess". Options: seed, particles, levels, leapfrog_steps, step_size, base_scale, power."""
    struct, result = _struct(_AisOptions, _lib.egm_ais_options_init), _struct(_AisResult, _lib.egm_ais_result_init)
    _set(struct, [name for name, _ in struct._fields_[1:]], options, None)
    _expect(Target, target)._call(_lib.egm_ais_run, struct, result, None)
    return _dict(result)
