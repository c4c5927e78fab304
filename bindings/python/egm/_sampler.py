# SPDX-License-Identifier: MIT
"""Markov chains: egm/sampler.h. One table at the end says which kernels there are."""
import warnings
from ctypes import POINTER, c_char_p, c_int, c_int64, c_size_t, c_void_p

import numpy as np

from ._arrays import Array, array, optional, rows_of
from ._callbacks import PROGRESS, Progress
from ._handles import Handle, bytes_of, expect, state
from ._library import HANDLE, INT64, OUT, TEXT, check, declare, integer, lib, path_text
from ._model import LoadOptions, limits
from ._structs import struct, takes
from ._target import Target

_Statistics = struct("sampler_statistics")
declare({
    "sampler_free": (None, HANDLE), "sampler_chains": (c_int64, HANDLE),
    "sampler_set_points": (c_int, HANDLE, Array), "sampler_points": (c_int, HANDLE, Array),
    "sampler_warmup": (c_int, HANDLE, c_int64, PROGRESS, c_void_p),
    "sampler_run": (c_int, HANDLE, c_int64, c_int64, Array, Array, PROGRESS, c_void_p),
    "sampler_stats": (c_int, HANDLE, c_int64, POINTER(_Statistics)), "sampler_scale": (c_int, HANDLE, c_int64, Array),
    "sampler_save": (c_int, HANDLE, TEXT), "sampler_restore": (c_int, HANDLE, TEXT, POINTER(LoadOptions)),
    "sampler_save_memory": (c_int, HANDLE, c_void_p, c_size_t, POINTER(c_size_t)),
    "sampler_restore_memory": (c_int, HANDLE, c_char_p, c_size_t, POINTER(LoadOptions)),
})


class Sampler(Handle):
    """Markov chains on a target, which they keep alive: Sampler.nuts(target, chains=4), Sampler.mala(target) and their
    like, one for each kernel. help(egm.Sampler) shows options and defaults.

    A function that is told of the progress of a call may look at points, stats() and scale(), and save() the chains:
    all of them stand after the same number of transitions."""
    _destroy = lib.egm_sampler_free

    def __init__(self):
        raise TypeError("a sampler comes from one of Sampler.%s" % ", Sampler.".join(Sampler._kernels))

    @classmethod
    def _of(cls, target, function, options):
        sampler = cls.__new__(cls)
        sampler._dims, sampler._dtype, sampler._callback = target.dims, target.dtype, target._callback
        sampler._create(target._ask, function, options)
        sampler._chains = sampler._ask(lib.egm_sampler_chains)
        return sampler

    chains = property(lambda self: self._chains)
    dims = property(lambda self: self._dims)
    dtype = property(lambda self: self._dtype)

    def _long(self, progress, function, *arguments):
        """A call that reports to progress(dict) and that a signal stops."""
        check(self._ask(function, *arguments, PROGRESS(Progress(progress)), None, calls_back=True))
        frozen = self.stats()["frozen"]
        if frozen:
            warnings.warn("%d of %d chains stand still, because their energy or gradient is not finite: see stats()" % (
                frozen, self.chains), RuntimeWarning, stacklevel=3)

    def warmup(self, n, progress=None):
        """n transitions that adapt step sizes, and scales with adapt_scale; the counters then start at 0.

        progress(dict) is called from time to time, with "done" and "total" transitions. What it returns does not
        matter; what it raises stops the warm-up and comes out, as KeyboardInterrupt does without any progress. The
        steps found so far are then in use; warmup() of the transitions that are left, n - "done", continues it."""
        self._long(progress, lib.egm_sampler_warmup, integer("n", n, INT64))

    def run(self, n, thin=1, energies=False, progress=None):
        """Draws [n, chains, dims], each after `thin` transitions; with `energies` also V at them, [n, chains].
        A chain that goes non-finite stands still from then on, which a RuntimeWarning says: `frozen` of stats() counts
        such chains, and assigning to points moves them on. If no chain is left, NonfiniteError is raised.

        progress(dict) is called from time to time, with "done" and "total" transitions. What it returns does not
        matter; what it raises stops the run and comes out, as KeyboardInterrupt does without any progress. The draws
        of the call are then lost, the chains stay at the transition that they had reached, and run() goes on there."""
        n = integer("n", n, (1, INT64[1]))
        draws = np.empty((n, self.chains, self.dims), self.dtype)
        values = np.empty(draws.shape[:2], self.dtype) if energies else None
        self._long(progress, lib.egm_sampler_run, n, integer("thin", thin, INT64), rows_of(draws), optional(values))
        return (draws, values) if energies else draws

    @property
    def points(self):
        """Where the chains stand, [chains, dims]: a copy, and assigning puts them elsewhere."""
        points = np.empty((self.chains, self.dims), self.dtype)
        self._read(lib.egm_sampler_points, rows_of(points))
        return points

    @points.setter
    def points(self, x):
        array("points", x, self.dtype, "the sampler", (self.chains, self.dims))
        self._call(lib.egm_sampler_set_points, rows_of(x))

    def stats(self, chain=None):
        """What one chain has done, or all: a dict with the members of egm_sampler_statistics."""
        statistics = _Statistics.defaults()
        self._read(lib.egm_sampler_stats, -1 if chain is None else integer("chain", chain, (0, INT64[1])),
                   statistics)
        return statistics.as_dict()

    def scale(self, chain):
        """The scale [dims] of one chain's coordinates, float64."""
        scale = np.empty(self.dims)
        self._read(lib.egm_sampler_scale, integer("chain", chain, INT64), rows_of(scale))
        return scale

    def save(self, path):
        """Writes a safetensors file, replaced as a whole."""
        self._read(lib.egm_sampler_save, path_text(path))

    @takes(LoadOptions, ("max_row_numbers",))
    def restore(self, path, **options):
        """The chains of a file into a sampler of the same kernel, chains, dims, dtype and levels: they go on as if
        they had never stopped."""
        self._call(lib.egm_sampler_restore, path_text(path), limits(options))

    def state(self):
        """The bytes of such a file."""
        return state(self, lib.egm_sampler_save_memory)

    @takes(LoadOptions, ("max_row_numbers",))
    def restore_state(self, content, **options):
        """restore() from such bytes."""
        self._call(lib.egm_sampler_restore_memory, *bytes_of(content), limits(options))

    _kernels = []


def _kernel(name, what):
    """Adds Sampler.<name>(target, options) for egm_sampler_<name>."""
    kind = struct(name + "_options")
    declare({"sampler_" + name: (c_int, OUT, HANDLE, POINTER(kind))})
    function = getattr(lib, "egm_sampler_" + name)

    @takes(kind)
    def create(target, **options):
        return Sampler._of(target, function, kind.defaults().set(options, expect(Target, target).dims))

    create.__name__, create.__qualname__, create.__doc__ = name, "Sampler." + name, what + "\n\n" + create.__doc__
    setattr(Sampler, name, staticmethod(create))
    Sampler._kernels.append(name)


_kernel("ula", "Unadjusted Langevin: biased by the step, never rejects, has no warm-up.")
_kernel("mala", "Langevin with the Metropolis-Hastings ratio: exact.")
_kernel("hmc", "Hamiltonian Monte Carlo.")
_kernel("nuts", "No-U-turn: Hamiltonian trajectories that end by themselves.")
_kernel("annealed_langevin", "Unadjusted Langevin down a schedule of temperatures, then a denoising step; no warm-up.")
_kernel("tempered", "Mala on a ladder of temperatures with exchanges between neighbours; draws are of the coldest.")
