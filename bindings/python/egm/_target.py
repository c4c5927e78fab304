# SPDX-License-Identifier: MIT
"""Densities to draw from, and their log Z: egm/target.h."""
import ctypes
import math
from ctypes import POINTER, c_char, c_int, c_int32, c_int64, c_void_p

import numpy as np

from ._arrays import NAMES, Array, array, code, fit, optional, rows_of
from ._callbacks import PROGRESS, Callback, Progress
from ._errors import ARGUMENT, ArgumentError
from ._handles import Handle, expect, together
from ._library import HANDLE, INT64, OUT, choice, declare, integer, lib
from ._mixture import Mixture
from ._model import Context, Model
from ._structs import struct, takes

LATENT = {"energy": 1, "posterior": 2, "pullback": 3}
_Options, _AisOptions, _AisResult = map(struct, ("target_options", "ais_options", "ais_result"))
_OF_C = ("concurrent", "rows")  # Python runs one function at a time
_ENERGY = ctypes.CFUNCTYPE(c_int, c_int64, c_void_p, c_void_p, c_void_p, c_void_p)  # rows, x, energies, gradients
declare({
    "target_model": (c_int, OUT, HANDLE, POINTER(_Options)),
    "target_latent": (c_int, OUT, HANDLE, HANDLE, c_int32, POINTER(_Options)),
    "target_callback": (c_int, OUT, HANDLE, c_int, c_int64, POINTER(_Options), _ENERGY, c_void_p, c_void_p),
    "target_mixture": (c_int, OUT, HANDLE, c_int, POINTER(_Options)),
    "target_free": (None, HANDLE), "target_dims": (c_int64, HANDLE), "target_dtype": (c_int, HANDLE),
    "target_evaluate": (c_int, HANDLE, Array, Array, Array),
    "target_ais": (c_int, HANDLE, POINTER(_AisOptions), POINTER(_AisResult), Array, PROGRESS, c_void_p),
})


class _Energies(Callback):
    """The callback for function(x) -> (energies, gradients)."""

    def __init__(self, function, dims, dtype):
        super().__init__(function)
        self.dims, self.dtype = dims, dtype

    def view(self, address, *shape):
        return np.ndarray(shape, self.dtype, (c_char * (math.prod(shape) * self.dtype.itemsize)).from_address(address))

    def work(self, rows, x, energies, gradients, _):
        x = self.view(x, rows, self.dims)
        x.flags.writeable = False
        results = self.ask(x)
        if not (isinstance(results, tuple) and len(results) == 2):
            raise ArgumentError(ARGUMENT, "callback: a tuple (energies, gradients) expected, not %s" % (
                type(results).__name__))
        for what, result, address, shape in (("energies", results[0], energies, (rows,)),
                                             ("gradients", results[1], gradients, (rows, self.dims))):
            self.view(address, *shape)[...] = fit("callback: " + what, result, self.dtype, "the target", shape)


class Target(Handle):
    """A density exp(-V) / Z with V(x) = beta U(x) + |x|^2 / (2 prior_scale^2). Create it with Target.model(),
    latent(), mixture() or callback(). It keeps alive the handles that it uses."""
    _destroy = lib.egm_target_free

    def __init__(self):
        raise TypeError("a target comes from Target.model, Target.latent, Target.mixture or Target.callback")

    @classmethod
    def _of(cls, uses, dims, options, function, *arguments):
        made = _Options.defaults().set(options, dims, _OF_C)
        ask = uses[0]._ask if len(uses) == 1 else together(*uses)
        target = cls.__new__(cls)._create(ask, function, *(made if each is _Options else each for each in arguments))
        target._uses = tuple(uses)
        target._name = function.__name__[len("egm_target_"):]
        target._dims, target._dtype = target._ask(lib.egm_target_dims), NAMES[target._ask(lib.egm_target_dtype)]
        return target

    def _describe(self):
        return ".%s: %d dims, %s" % (self._name, self.dims, self.dtype)

    dims = property(lambda self: self._dims, doc="Number of coordinates of a point.")
    dtype = property(lambda self: self._dtype, doc="The dtype of points and energies.")

    @classmethod
    @takes(_Options, _OF_C)
    def model(cls, energy, **options):
        """U is an energy network."""
        return cls._of([expect(Model, energy)], energy.inputs, options, lib.egm_target_model, _Options)

    @classmethod
    @takes(_Options, _OF_C)
    def mixture(cls, mixture, dtype=np.float64, **options):
        """U = -log p of a mixture, so that exp(-U) integrates to 1. The step() of the mixture changes the target
        too; it must not be called while another thread uses the target."""
        return cls._of([expect(Mixture, mixture)], mixture.dims, options, lib.egm_target_mixture,
                       code("mixture", dtype), _Options)

    @classmethod
    @takes(_Options, _OF_C)
    def latent(cls, energy, generator, kind="posterior", **options):
        """U(G(z)) in the latent space of a generator. Both networks have one context. Draws are z; generator.run(z)
        computes x. `kind` is "posterior": with the normal prior of z; "energy": without it; "pullback": the density
        of the energy on the generator's manifold. "energy" is not a density if the generator ends in tanh or
        sigmoid."""
        return cls._of([expect(Model, energy), expect(Model, generator)], generator.inputs, options,
                       lib.egm_target_latent, choice("kind", kind, LATENT), _Options)

    @classmethod
    @takes(_Options, _OF_C)
    def callback(cls, context, function, dims, dtype=np.float64, **options):
        """U = function(x) -> (U(x) [rows], dU/dx [rows, dims]), arrays of the target's dtype. One call evaluates all
        chains.

        x [rows, dims] is read-only and belongs to the library, which frees it when the function returns: copy what
        you keep. If the function raises, the sampler stops and its call raises the same exception; the chains stay
        at their last complete transition. Samplers that run in several threads call the function in these threads."""
        dims = integer("dims", dims, INT64)
        callback = _ENERGY(_Energies(function, dims, np.dtype(dtype)))
        target = cls._of([expect(Context, context)], dims, options, lib.egm_target_callback,
                         code("callback", dtype), dims, _Options, callback, None, None)
        target._callback = callback
        return target

    def evaluate(self, x):
        """(V(x) [rows], dV/dx [rows, dims]) at x [rows, dims] inside of the bounds; results may be non-finite. For
        checks: every call compiles the networks."""
        x = array("x", x, self.dtype, "the target", (None, self.dims))
        values, gradients = np.empty(len(x), x.dtype), np.empty_like(x)
        self._long(lib.egm_target_evaluate, rows_of(x), rows_of(values), rows_of(gradients))
        return values, gradients

    @takes(_AisOptions)
    def ais(self, progress=None, log_weights=False, **options):
        """Estimates log Z by annealed importance sampling. Returns a dict with the members of egm_ais_result, such as
        "log_z", "standard_error" and "ess", and with log_weights=True also "log_weights" [particles], which is -inf for
        lost particles.

        progress(dict) is called from time to time, with "done" and "total" steps. It may raise to end the call; the
        exception is raised by the call, as is KeyboardInterrupt, which needs no progress function."""
        made, result = _AisOptions.defaults().set(options), _AisResult.defaults()
        weights = np.empty(max(made.particles, 1)) if log_weights else None
        self._long(lib.egm_target_ais, made, result, optional(weights), PROGRESS(Progress(progress)), None)
        return {**result.as_dict(), **({"log_weights": weights} if log_weights else {})}
