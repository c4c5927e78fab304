# SPDX-License-Identifier: MIT
"""Densities, Markov chains on them, diagnostics of their draws, and log Z: egm/sampler.h and egm/diagnostics.h."""
import ctypes
import math
from ctypes import POINTER, byref, c_char, c_double, c_int, c_int32, c_int64, c_uint64, c_void_p

import numpy as np

from ._arrays import CODES, NAMES, array, code, fit
from ._callbacks import PROGRESS, Callback, Progress
from ._errors import ARGUMENT, ArgumentError
from ._handles import Handle, expect, together
from ._library import ARRAY, HANDLE, INT64, OUT, TEXT, check, choice, declare, integer, lib, path_text
from ._model import Context, Model
from ._structs import DOUBLES, enumeration, struct

_KINDS = enumeration("LATENT", "energy posterior pullback")
KERNELS = enumeration("SAMPLER", "ula mala hmc nuts annealed_langevin tempered")
_TargetOptions = struct("target_options", beta=c_double, prior_scale=c_double, lower=DOUBLES, upper=DOUBLES,
                        concurrent=c_int32, reserved=c_int32, rows=c_int64)
SamplerOptions = struct("sampler_options", c_int32, kernel=c_int32, reserved=c_int32, chains=c_int64, seed=c_uint64,
                        step_size=c_double, jitter=c_double, start_scale=c_double, target_accept=c_double,
                        scale=DOUBLES, leapfrog_steps=c_int64, max_depth=c_int64, divergence=c_double,
                        temperatures=DOUBLES, levels=c_int64, steps_per_level=c_int64, denoise=c_double,
                        adapt_scale=c_int32, reserved2=c_int32)
_Statistics = struct("sampler_statistics", transitions=c_int64, gradients=c_int64, acceptance=c_double,
                     divergences=c_int64, step_size=c_double, leapfrogs=c_double, saturated=c_int64, energy=c_double,
                     exchange=c_double, frozen=c_int64)
_AisOptions = struct("ais_options", seed=c_uint64, particles=c_int64, levels=c_int64, leapfrog_steps=c_int64,
                     step_size=c_double, base_scale=c_double, power=c_double, progress=PROGRESS, user=c_void_p)
_AisResult = struct("ais_result", log_z=c_double, standard_error=c_double, ess=c_double, acceptance=c_double,
                    gradients=c_int64, lost=c_int64)
_Diagnosis = struct("diagnosis", **dict.fromkeys(
    "mean sd mcse r_hat ess_bulk ess_tail ess_mean q05 median q95".split(), c_double))
_ENERGY = ctypes.CFUNCTYPE(c_int, c_int64, c_void_p, c_void_p, c_void_p, c_void_p)  # rows, x, energies, gradients
declare({
    "target_model": (c_int, OUT, HANDLE, POINTER(_TargetOptions)),
    "target_latent": (c_int, OUT, HANDLE, HANDLE, c_int32, POINTER(_TargetOptions)),
    "target_callback": (c_int, OUT, HANDLE, c_int, c_int64, _ENERGY, c_void_p, POINTER(_TargetOptions)),
    "target_free": (None, HANDLE), "target_dims": (c_int64, HANDLE), "target_dtype": (c_int, HANDLE),
    "target_evaluate": (c_int, HANDLE, c_int, ARRAY, c_int64, ARRAY, ARRAY),
    "sampler_create": (c_int, OUT, HANDLE, POINTER(SamplerOptions)), "sampler_free": (None, HANDLE),
    "sampler_set_points": (c_int, HANDLE, c_int, ARRAY), "sampler_points": (c_int, HANDLE, c_int, ARRAY),
    "sampler_set_progress": (c_int, HANDLE, PROGRESS, c_void_p), "sampler_warmup": (c_int, HANDLE, c_int64),
    "sampler_run": (c_int, HANDLE, c_int64, c_int64, ARRAY, ARRAY),
    "sampler_stats": (c_int, HANDLE, c_int64, POINTER(_Statistics)), "sampler_scale": (c_int, HANDLE, c_int64, ARRAY),
    "sampler_save": (c_int, HANDLE, TEXT), "sampler_load": (c_int, HANDLE, TEXT),
    "ais_run": (c_int, HANDLE, POINTER(_AisOptions), POINTER(_AisResult), ARRAY),
    "diagnostics_create": (c_int, OUT, HANDLE, c_int64, c_int64, c_int64), "diagnostics_free": (None, HANDLE),
    "diagnostics_add": (c_int, HANDLE, c_int, ARRAY, c_int64),
    "diagnostics_compute": (c_int, HANDLE, c_int64, c_int64, POINTER(_Diagnosis)),
})


# ---- densities
class _Energies(Callback):
    """function(x) -> (energies, gradients)."""

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
    """A density exp(-V) / Z, V(x) = beta U(x) + |x|^2 / (2 prior_scale^2): Target.model(), .latent() or .callback().

    Options: beta; prior_scale, by default 1 for a latent posterior and none elsewhere; lower and upper, bounds [dims]
    that may be infinite."""
    _destroy = lib.egm_target_free

    def __init__(self):
        raise TypeError("a target comes from Target.model, Target.latent or Target.callback")

    @classmethod
    def _of(cls, ask, dims, options, function, *arguments):
        struct = _TargetOptions.defaults().set(options, ("beta", "prior_scale", "lower", "upper"), dims)
        target = cls.__new__(cls)._create(ask, function, *arguments, struct)
        target._dims, target._dtype = target._ask(lib.egm_target_dims), NAMES[target._ask(lib.egm_target_dtype)]
        return target

    dims = property(lambda self: self._dims)
    dtype = property(lambda self: self._dtype)

    @classmethod
    def model(cls, energy, **options):
        """U = an energy net, in x."""
        return cls._of(expect(Model, energy)._ask, energy.inputs, options, lib.egm_target_model)

    @classmethod
    def latent(cls, energy, generator, kind="posterior", **options):
        """U(G(z)) in the latent space of a generator, both nets of one context; draws are z, generator.run(z) makes x
        of them. kind: "posterior", with the normal prior of z; "energy", without; "pullback", the energy's density on
        the generator's manifold. "energy" is no density when the generator ends in tanh or sigmoid."""
        return cls._of(together(expect(Model, energy), expect(Model, generator)), generator.inputs, options,
                       lib.egm_target_latent, choice("kind", kind, _KINDS))

    @classmethod
    def callback(cls, context, function, dims, dtype=np.float64, **options):
        """U = function(x) -> (U(x) [rows], dU/dx [rows, dims]), arrays of the target's dtype; one call evaluates all
        chains. x [rows, dims] is the library's own array and read-only: it is gone when function returns, so copy what
        you keep. An exception stops the sampler and comes out of the call that ran it; the chains then stand at their
        last whole transition. Samplers in several threads call function in these threads."""
        dims = integer("dims", dims, INT64)
        callback = _ENERGY(_Energies(function, dims, np.dtype(dtype)))
        target = cls._of(expect(Context, context)._ask, dims, options, lib.egm_target_callback,
                         code("callback", dtype), dims, callback, None)
        target._callback = callback
        return target

    def evaluate(self, x):
        """(V(x) [rows], dV/dx [rows, dims]) at x [rows, dims] inside of the bounds, also where they are not finite: for
        checks, since it compiles the nets each time."""
        x = array("x", x, self.dtype, "the target", (None, self.dims))
        values, gradients = np.empty(len(x), x.dtype), np.empty_like(x)
        self._call(lib.egm_target_evaluate, CODES[x.dtype], x.ctypes.data, len(x), values.ctypes.data,
                   gradients.ctypes.data)
        return values, gradients


# ---- chains
def sampler_options(kernel, options, dims, without=()):
    struct = SamplerOptions.defaults(choice("kernel", kernel, KERNELS))
    return struct.set(options, [name for name in struct.options if name != "kernel" and name not in without], dims)


class Sampler(Handle):
    """Markov chains on a target, which they keep alive. kernel: "ula", "mala", "hmc", "nuts", "annealed_langevin" or
    "tempered".

    Options: step_size, start_scale, scale [dims]; target_accept and adapt_scale of warm-ups; jitter and leapfrog_steps
    of hmc, max_depth of nuts, divergence of both; temperatures [levels] and steps_per_level of annealed_langevin and
    tempered, denoise of the former."""
    _destroy = lib.egm_sampler_free

    def __init__(self, target, kernel="nuts", chains=4, seed=0, **options):
        self._dims, self._dtype, self._callback = expect(Target, target).dims, target.dtype, target._callback
        struct = sampler_options(kernel, {"chains": chains, "seed": seed, **options}, self.dims)
        self._create(target._ask, lib.egm_sampler_create, struct)
        self._chains = struct.chains

    chains = property(lambda self: self._chains)
    dims = property(lambda self: self._dims)
    dtype = property(lambda self: self._dtype)

    def _long(self, progress, function, *arguments):
        """A call that reports to progress(dict) and that a signal stops."""
        callback = PROGRESS(Progress(progress))

        def run(pointer):
            status = lib.egm_sampler_set_progress(pointer, callback, None)
            if status != 0:
                return status
            try:
                return function(pointer, *arguments)
            finally:
                lib.egm_sampler_set_progress(pointer, PROGRESS(), None)
        check(self._ask(run, calls_back=True))

    def warmup(self, n, progress=None):
        """n transitions that adapt step sizes, and scales with adapt_scale; the counters then start at 0.

        progress(dict) is called from time to time, with "done" and "total" transitions. What it returns does not
        matter; what it raises stops the warm-up and comes out, as KeyboardInterrupt does without any progress. The
        steps found so far are then in use; warmup() of the transitions that are left, n - "done", continues it."""
        self._long(progress, lib.egm_sampler_warmup, integer("n", n, INT64))

    def run(self, n, thin=1, energies=False, progress=None):
        """Draws [n, chains, dims], each after `thin` transitions; with `energies` also V at them, [n, chains].
        A chain that goes non-finite is frozen and raises NonfiniteError, and the draws of the call are lost; the next
        run() goes on with the others.

        progress(dict) is called from time to time, with "done" and "total" transitions. What it returns does not
        matter; what it raises stops the run and comes out, as KeyboardInterrupt does without any progress. The draws
        of the call are then lost, the chains stay at the transition that they had reached, and run() goes on there."""
        n = integer("n", n, (1, INT64[1]))
        draws = np.empty((n, self.chains, self.dims), self.dtype)
        values = np.empty(draws.shape[:2], self.dtype) if energies else None
        self._long(progress, lib.egm_sampler_run, n, integer("thin", thin, INT64), draws.ctypes.data,
                   values.ctypes.data if energies else None)
        return (draws, values) if energies else draws

    @property
    def points(self):
        """Where the chains stand, [chains, dims]: a copy, and assigning puts them elsewhere."""
        points = np.empty((self.chains, self.dims), self.dtype)
        self._call(lib.egm_sampler_points, CODES[self.dtype], points.ctypes.data)
        return points

    @points.setter
    def points(self, x):
        array("points", x, self.dtype, "the sampler", (self.chains, self.dims))
        self._call(lib.egm_sampler_set_points, CODES[self.dtype], x.ctypes.data)

    def stats(self, chain=None):
        """What one chain has done, or all: a dict with the members of egm_sampler_statistics."""
        statistics = _Statistics.defaults()
        self._call(lib.egm_sampler_stats, -1 if chain is None else integer("chain", chain, (0, INT64[1])),
                   statistics)
        return statistics.as_dict()

    def scale(self, chain):
        """The scale [dims] of one chain's coordinates, float64."""
        scale = np.empty(self.dims)
        self._call(lib.egm_sampler_scale, integer("chain", chain, INT64), scale.ctypes.data)
        return scale

    def save(self, path):
        self._call(lib.egm_sampler_save, path_text(path))

    def load(self, path):
        """The chains of a file into a sampler of the same kernel, chains, dims, dtype and levels: they go on as if
        they had never stopped."""
        self._call(lib.egm_sampler_load, path_text(path))


def diagnose(draws):
    """Whether draws [n, chains, dims] are enough: a dict of arrays [dims] with the members of egm_diagnosis, such as
    "mean", "mcse", "r_hat" and "ess_bulk". NaN is what cannot be computed: r_hat when all draws are the same number.
    Test with `not (r_hat <= 1.01)`, which finds NaN too. One chain that stands still among others gives a large r_hat;
    chains that all stand still, at different places, an infinite one."""
    array("draws", draws, NAMES[code("draws", getattr(draws, "dtype", object))], "", (None, None, None))
    n, chains, dims = draws.shape
    pointer = c_void_p()
    check(Context()._ask(lambda context: lib.egm_diagnostics_create(byref(pointer), context, chains, dims,
                                                                      max(n, 8))))
    try:
        check(lib.egm_diagnostics_add(pointer, CODES[draws.dtype], draws.ctypes.data, n))
        diagnosis, rows = _Diagnosis.defaults(), []
        for dim in range(dims):
            check(lib.egm_diagnostics_compute(pointer, dim, -1, diagnosis))
            rows.append(diagnosis.as_dict())
    finally:
        lib.egm_diagnostics_free(pointer)
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def log_partition(target, progress=None, **options):
    """log Z of a target by annealed importance sampling: a dict with the members of egm_ais_result, such as "log_z",
    "standard_error" and "ess". Options: seed, particles, levels, leapfrog_steps, step_size, base_scale, power.

    progress(dict) is called from time to time, with "done" and "total" steps. What it raises ends the call and comes
    out, as KeyboardInterrupt does without any progress."""
    struct, result = _AisOptions.defaults().set(options), _AisResult.defaults()
    struct.progress = PROGRESS(Progress(progress))
    check(expect(Target, target)._ask(lib.egm_ais_run, struct, result, None, calls_back=True))
    return result.as_dict()
