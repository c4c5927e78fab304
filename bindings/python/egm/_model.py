# SPDX-License-Identifier: MIT
"""Contexts and networks: egm/context.h and egm/model.h."""
import ctypes
import inspect
import re
from ctypes import (POINTER, byref, c_char_p, c_double, c_int, c_int32, c_int64, c_size_t, c_uint32, c_uint64,
                    c_void_p)

import numpy as np

from ._arrays import NAMES, Array, array, code, rows_of
from ._callbacks import log as log_callback
from ._docs import DOCS
from ._errors import ARGUMENT, STATE, ArgumentError, StateError
from ._handles import PORTION, SHORT, Handle, bytes_of, expect, in_portions, state
from ._library import HANDLE, INT64, OUT, TEXT, UINT64, check, choice, declare, integer, lib, path_text, text
from ._structs import struct, takes

INITIALIZERS = {name: number for number, name in enumerate(
    "fan_in_uniform glorot_uniform glorot_normal he_uniform he_normal lecun_normal dcgan_normal zeros".split(), 1)}
FEATURES = {"gzip": 1, "libmvec": 2, "blas": 4}
_ContextOptions, LoadOptions, _RestoreOptions = map(struct, ("context_options", "load_options", "restore_options"))
declare({
    "features": (c_uint32,),
    "context_backend": (TEXT, HANDLE), "context_create": (c_int, OUT, POINTER(_ContextOptions)),
    "context_free": (None, HANDLE), "context_bytes": (c_uint64, HANDLE), "context_peak_bytes": (c_uint64, HANDLE),
    "model_create": (c_int, OUT, HANDLE, TEXT, c_int64),
    "model_load": (c_int, OUT, HANDLE, TEXT, POINTER(LoadOptions)),
    "model_load_memory": (c_int, OUT, HANDLE, c_char_p, c_size_t, POINTER(LoadOptions)),
    "model_clone": (c_int, OUT, HANDLE), "model_free": (None, HANDLE), "model_save": (c_int, HANDLE, TEXT),
    "model_save_memory": (c_int, HANDLE, c_void_p, c_size_t, POINTER(c_size_t)),
    "model_restore": (c_int, HANDLE, TEXT, POINTER(_RestoreOptions)),
    "model_save_pytorch": (c_int, HANDLE, TEXT),
    "model_save_pytorch_memory": (c_int, HANDLE, c_void_p, c_size_t, POINTER(c_size_t)),
    "model_restore_memory": (c_int, HANDLE, c_char_p, c_size_t, POINTER(_RestoreOptions)),
    "model_set_initializer": (c_int, HANDLE, c_int32),
    "model_dense": (c_int, HANDLE, c_int64), "model_spectral_dense": (c_int, HANDLE, c_int64),
    **{"model_" + kind: (c_int, HANDLE) for kind in ("relu", "softplus", "silu", "tanh", "sigmoid", "gelu")},
    **{"model_" + kind: (c_int, HANDLE, c_double) for kind in ("leaky_relu", "elu", "layer_norm")},
    "model_batch_norm": (c_int, HANDLE, c_double, c_double), "model_flatten": (c_int, HANDLE),
    "model_image": (c_int, HANDLE, c_int64, c_int64, c_int64),
    **{"model_" + kind: (c_int, HANDLE, *[c_int64] * 4) for kind in ("conv", "spectral_conv")},
    "model_conv_transpose": (c_int, HANDLE, *[c_int64] * 5),
    **{"model_" + kind: (c_int, HANDLE, c_int64) for kind in ("average_pool", "upsample")},
    "model_build": (c_int, HANDLE, c_int, c_uint64), "model_name": (TEXT, HANDLE), "model_dtype": (c_int, HANDLE),
    **{"model_" + count: (c_int64, HANDLE) for count in ("inputs", "outputs", "parameter_count")},
    "model_tensor_count": (c_int32, HANDLE),
    "model_tensor_shape": (c_int, HANDLE, c_int32, POINTER(TEXT), POINTER(c_int64), POINTER(c_int32)),
    "model_parameters": (c_int, HANDLE, Array), "model_set_parameters": (c_int, HANDLE, Array),
    "model_tensor": (c_int, HANDLE, TEXT, Array), "model_set_tensor": (c_int, HANDLE, TEXT, Array),
    "model_run": (c_int, HANDLE, Array, Array), "model_energy": (c_int, HANDLE, Array, Array),
    "model_energy_gradient": (c_int, HANDLE, Array, Array, Array), "model_generate": (c_int, HANDLE, c_uint64, Array),
    "model_summary": (c_int, HANDLE, c_void_p, c_size_t, POINTER(c_size_t)),
})


def limits(options):
    """The load options for files that are read into an existing handle, or that contain no network."""
    return LoadOptions.defaults().set(options, without=("max_row_numbers",))


class Context(Handle):
    """The threads and the memory of models and other handles, which keep the context alive."""
    _destroy = lib.egm_context_free

    @takes(_ContextOptions)
    def __init__(self, threads=1, *, log=None, **options):
        """log(level, line) is called with lines that a person may want to see; level is "warning" or "info". Any
        thread may call it, also after close() as long as handles of this context exist. An exception that it raises
        is reported and ignored."""
        struct, pointer = _ContextOptions.defaults().set({"threads": threads, **options}), c_void_p()
        if log is not None:
            struct.log = ctypes.cast(log_callback(log), c_void_p)
        check(lib.egm_context_create(byref(pointer), byref(struct)))
        self._own(pointer)

    def _describe(self):
        return ": %s; %d bytes in use" % (self.backend, self.bytes)

    @property
    def backend(self):
        """Name and version of the library, the code path in use, and whether products are the library's own or those of
        a BLAS, with the reason, such as "libegm 0.5.0, avx512, own products (this CPU has vector kernels)"."""
        return self._ask(lib.egm_context_backend).decode()

    bytes = property(lambda self: self._ask(lib.egm_context_bytes),
                     doc="Bytes that the handles of this context have allocated now.")
    peak_bytes = property(lambda self: self._ask(lib.egm_context_peak_bytes),
                          doc="The largest value that `bytes` has had.")


class Model(Handle):
    """A network: Model(context, "energy", 2).dense(64).silu().dense(1).build(), or Model.load(path)."""
    _destroy = lib.egm_model_free

    def __init__(self, context, name, inputs):
        self._create(expect(Context, context)._ask, lib.egm_model_create, text("name", name.encode()),
                     integer("inputs", inputs, INT64))

    @classmethod
    def _load(cls, context, function, arguments, options):
        context, made = expect(Context, context or Context()), LoadOptions.defaults().set(options)
        return cls.__new__(cls)._create_long(context, function, *arguments, made)

    @classmethod
    @takes(LoadOptions)
    def load(cls, path, context=None, **options):
        """Reads a file of save()."""
        return cls._load(context, lib.egm_model_load, [path_text(path)], options)

    @classmethod
    @takes(LoadOptions)
    def load_memory(cls, content, context=None, **options):
        """Does the same with the bytes of such a file."""
        return cls._load(context, lib.egm_model_load_memory, bytes_of(content), options)

    def clone(self):
        """An independent copy, built or not, with its parameters."""
        return type(self).__new__(type(self))._create(self._ask, lib.egm_model_clone)

    __copy__ = clone

    def __deepcopy__(self, _):
        return self.clone()

    def __reduce__(self):
        """Pickles as the bytes of its file; the model that is read back has a context of its own."""
        return _unpickle, (type(self), self.save_memory())

    def save(self, path):
        """Writes a safetensors file; an existing file is replaced as a whole."""
        self._long(lib.egm_model_save, path_text(path))

    def save_memory(self):
        """The bytes of such a file."""
        return state(self, lib.egm_model_save_memory)

    @takes(_RestoreOptions)
    def restore(self, path, **options):
        """Reads weights into a built model and returns the model. The file may come from PyTorch, by
        save_file(net.state_dict(), path) of safetensors.torch; its tensors must be named as in tensor_shapes(),
        after `prefix`. `layout` is the order of the numbers of images: "pytorch" is channels, height, width; "egm"
        is height, width, channels, as in tensor_shapes(); "auto" is "egm" for files of save() and "pytorch" for
        others."""
        self._long(lib.egm_model_restore, path_text(path), _RestoreOptions.defaults().set(options))
        return self

    @takes(_RestoreOptions)
    def restore_memory(self, content, **options):
        """Does the same with the bytes of such a file."""
        self._long(lib.egm_model_restore_memory, *bytes_of(content), _RestoreOptions.defaults().set(options))
        return self

    def save_pytorch(self, path):
        """Writes the parameters to a safetensors file for PyTorch: for an nn.Sequential of the same layers,
        net.load_state_dict(load_file(path)) of safetensors.torch. restore() reads it, too."""
        self._long(lib.egm_model_save_pytorch, path_text(path))

    def save_pytorch_memory(self):
        """The bytes of such a file."""
        return state(self, lib.egm_model_save_pytorch_memory)

    # -- layers; each method returns the model
    def _layer(self, function, *arguments):
        self._call(function, *arguments)
        return self

    def set_initializer(self, name):
        """Sets the distribution of the initial weights of layers that are added after this call: "fan_in_uniform"
        (default), "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal", "dcgan_normal" or
        "zeros"."""
        return self._layer(lib.egm_model_set_initializer, choice("initializer", name, INITIALIZERS))

    def dense(self, units):
        return self._layer(lib.egm_model_dense, integer("units", units, INT64))

    def spectral_dense(self, units):
        """Adds a dense layer whose weight is divided by its largest singular value. The tensors N.u and N.v are its
        singular vectors."""
        return self._layer(lib.egm_model_spectral_dense, integer("units", units, INT64))

    def relu(self): return self._layer(lib.egm_model_relu)
    def leaky_relu(self, slope): return self._layer(lib.egm_model_leaky_relu, float(slope))
    def elu(self, alpha): return self._layer(lib.egm_model_elu, float(alpha))
    def softplus(self): return self._layer(lib.egm_model_softplus)
    def silu(self): return self._layer(lib.egm_model_silu)
    def tanh(self): return self._layer(lib.egm_model_tanh)
    def sigmoid(self): return self._layer(lib.egm_model_sigmoid)
    def gelu(self): return self._layer(lib.egm_model_gelu)
    def layer_norm(self, epsilon=1e-5): return self._layer(lib.egm_model_layer_norm, float(epsilon))

    def batch_norm(self, epsilon=1e-5, momentum=0.1):
        """Normalises each channel of an image, or each number of a row if it is not an image: by batch statistics
        inside a training step, and everywhere else by the running statistics N.running_mean and N.running_var."""
        return self._layer(lib.egm_model_batch_norm, float(epsilon), float(momentum))

    # -- images: rows in the order height, width, channels
    def _sizes(self, function, **sizes):
        return self._layer(function, *(integer(name, size, INT64) for name, size in sizes.items()))

    def image(self, height, width, channels):
        """Reads the row as an image from here on, until flatten()."""
        return self._sizes(lib.egm_model_image, height=height, width=width, channels=channels)

    def flatten(self): return self._layer(lib.egm_model_flatten)

    def conv(self, channels, kernel, stride=1, padding=0):
        """Adds a convolution with weight [channels, kernel, kernel, in]: that of PyTorch's Conv2d, permuted to (0,
        2, 3, 1)."""
        return self._sizes(lib.egm_model_conv, channels=channels, kernel=kernel, stride=stride, padding=padding)

    def spectral_conv(self, channels, kernel, stride=1, padding=0):
        """Adds conv() with its weight, read as a matrix [channels, kernel^2 in], divided by its largest singular
        value."""
        return self._sizes(lib.egm_model_spectral_conv, channels=channels, kernel=kernel, stride=stride,
                           padding=padding)

    def conv_transpose(self, channels, kernel, stride=1, padding=0, output_padding=0):
        """Adds a transposed convolution with weight [in, kernel, kernel, channels]: that of PyTorch's
        ConvTranspose2d, permuted to (0, 2, 3, 1)."""
        return self._sizes(lib.egm_model_conv_transpose, channels=channels, kernel=kernel, stride=stride,
                           padding=padding, output_padding=output_padding)

    def average_pool(self, size): return self._sizes(lib.egm_model_average_pool, size=size)
    def upsample(self, factor): return self._sizes(lib.egm_model_upsample, factor=factor)

    def build(self, dtype=np.float32, seed=1):
        self._long(lib.egm_model_build, code("build", dtype), integer("seed", seed, UINT64))
        return self

    # -- properties
    name = property(lambda self: self._ask(lib.egm_model_name).decode(), doc="The name in error texts and files.")
    inputs = property(lambda self: self._ask(lib.egm_model_inputs), doc="Number of columns of the input.")
    outputs = property(lambda self: self._ask(lib.egm_model_outputs), doc="Number of columns of the output, or 0.")
    parameter_count = property(lambda self: self._ask(lib.egm_model_parameter_count),
                               doc="Number of parameters and of numbers in buffers, 0 if not built.")

    @property
    def dtype(self):
        """The dtype of parameters, inputs and outputs. StateError if the model is not built."""
        code = self._ask(lib.egm_model_dtype)
        if code not in NAMES:
            raise StateError(STATE, "model '%s' is not built" % self.name)
        return NAMES[code]

    def tensor_shapes(self):
        """The shapes of the parameter tensors by name, in the order of parameters()."""
        shapes, name, shape, rank = {}, c_char_p(), (c_int64 * 4)(), c_int32()
        for index in range(self._ask(lib.egm_model_tensor_count)):
            self._call(lib.egm_model_tensor_shape, index, byref(name), shape, byref(rank))
            shapes[name.value.decode()] = tuple(shape[:rank.value])
        return shapes

    def summary(self):
        """A table of layers, shapes and counts."""
        needed = c_size_t()
        self._call(lib.egm_model_summary, None, 0, byref(needed))
        text = ctypes.create_string_buffer(needed.value)
        self._call(lib.egm_model_summary, text, needed.value, byref(needed))
        return text.value.decode()

    def _describe(self):
        """The layers by name, those with parameters also with their outputs, as summary() has them."""
        text, layers, count = self.summary(), [str(self.inputs)], 0
        for _, layer, _, outputs, parameters, *rest in (line.split(None, 5) for line in text.splitlines()[2:]):
            shape = re.search(r"-> ([0-9x]+)", *rest) if rest else None
            layers.append("%s %s" % (layer, shape[1] if shape else outputs) if int(parameters) or shape else layer)
            count += int(parameters)
        return " '%s': %s; %s, %d parameters" % (
            self.name, " -> ".join(layers), NAMES.get(self._ask(lib.egm_model_dtype), "not built"), count)

    # -- arrays
    _built = None  # (dtype, inputs, outputs, "model 'name'", products), which do not change once the model is built

    def _facts(self):
        if self._built is None:
            self._built = self.dtype, self.inputs, self.outputs, "model '%s'" % self.name, self._products()
        return self._built

    def _products(self):
        """How many products the outputs of one row need, at most: a convolution uses each weight for every pixel."""
        pixels = max(self.inputs, self.outputs) if any(len(s) == 4 for s in self.tensor_shapes().values()) else 1
        return self.parameter_count * pixels

    def _evaluate(self, function, x, *shapes):
        """Calls function(x, results...), with a result [rows, *shape] for each of `shapes`."""
        dtype, _, _, owner, products = self._facts()
        x = array("x", x, dtype, owner, (None, None))
        results = [np.empty((len(x), *shape), x.dtype) for shape in shapes]
        if len(x) <= PORTION and len(x) * products <= SHORT:
            self._call(function, rows_of(x), *map(rows_of, results))
        elif len(x) <= PORTION:
            self._long(function, rows_of(x), *map(rows_of, results), work=len(x))
        else:
            in_portions(self, function, x, *results)
        return results

    def run(self, x):
        """The outputs of the network at x [rows, inputs]: [rows, outputs]."""
        return self._evaluate(lib.egm_model_run, x, self._facts()[2:3])[0]

    def energy(self, x):
        """U(x) [rows] at x [rows, inputs]; low = likely."""
        return self._evaluate(lib.egm_model_energy, x, ())[0]

    def energy_gradient(self, x):
        """(U(x) [rows], dU/dx [rows, inputs])."""
        return tuple(self._evaluate(lib.egm_model_energy_gradient, x, (), self._facts()[1:2]))

    def generate(self, seed, rows):
        """The outputs of the network at z ~ N(0, I): [rows, outputs]. Row i does not depend on the number of rows."""
        samples = np.empty((integer("rows", rows, (0, INT64[1])), self.outputs), self.dtype)
        seed = integer("seed", seed, UINT64)
        call = self._call if len(samples) * self._facts()[4] <= SHORT else self._long
        call(lib.egm_model_generate, seed, rows_of(samples))
        return samples

    def parameters(self):
        """A copy of all parameters, one tensor after another."""
        values = np.empty(self.parameter_count, self.dtype)
        self._call(lib.egm_model_parameters, rows_of(values))
        return values

    def set_parameters(self, values):
        """Sets all parameters, one tensor after another."""
        dtype, _, _, owner, _ = self._facts()
        values = array("values", values, dtype, owner, (None,))
        self._call(lib.egm_model_set_parameters, rows_of(values))

    def _shape(self, name):
        shapes = self.tensor_shapes()
        if name not in shapes:
            raise ArgumentError(ARGUMENT, "model '%s' has no tensor '%s', only %s" % (
                self.name, name, ", ".join(shapes)))
        return shapes[name]

    def tensor(self, name):
        """A copy of one tensor, in its shape."""
        values = np.empty(self._shape(name), self.dtype)
        self._call(lib.egm_model_tensor, text("name", name.encode()), rows_of(values))
        return values

    def set_tensor(self, name, values):
        """Sets one tensor. Setting the weight of a spectral layer recomputes its u and v; set these afterwards."""
        shape = self._shape(name)
        dtype, _, _, owner, _ = self._facts()
        values = array("values", values, dtype, owner, shape)
        self._call(lib.egm_model_set_tensor, text("name", name.encode()), rows_of(values))


for _name, _function in vars(Model).items():
    if inspect.isfunction(_function) and not _function.__doc__ and "model_" + _name in DOCS:
        _function.__doc__ = DOCS["model_" + _name]


def _unpickle(kind, content):
    most = 2**63 - 1  # the bytes of a pickle are trusted
    return kind.load_memory(content, max_header_bytes=most, max_data_bytes=most, max_row_numbers=most)


def features():
    """The optional parts of this build: a set of "gzip" (gzip files can be read), "libmvec" (exp, log, tanh and erf
    are those of glibc's libmvec) and "blas" (a BLAS was found at build time; a context may use it)."""
    bits = lib.egm_features()
    return {name for name, bit in FEATURES.items() if bits & bit}
