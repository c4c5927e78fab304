# SPDX-License-Identifier: MIT
"""Markov chains: egm/sampler.h. The table at the end lists the kernels."""
import inspect
import warnings
from ctypes import POINTER, c_char_p, c_int, c_int64, c_size_t, c_void_p

import numpy as np

from ._arrays import Array, array, optional, rows_of
from ._callbacks import PROGRESS, Progress
from ._docs import DOCS
from ._handles import Handle, bytes_of, expect, state
from ._library import HANDLE, INT64, OUT, TEXT, declare, integer, lib, path_text
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
    """Markov chains on a target, which they keep alive: Sampler.nuts(target, chains=4), Sampler.mala(target) and so on,
    one method for each kernel. help(egm.Sampler) shows options and defaults.

    A progress function may call points, stats(), scale(), save() and state() of the sampler; it sees all chains
    after the same number of transitions."""
    _destroy = lib.egm_sampler_free

    def __init__(self):
        raise TypeError("a sampler comes from one of Sampler.%s" % ", Sampler.".join(Sampler._kernels))

    @classmethod
    def _of(cls, target, function, options):
        sampler = cls.__new__(cls)
        sampler._name = function.__name__[len("egm_sampler_"):]
        sampler._dims, sampler._dtype, sampler._callback = target.dims, target.dtype, target._callback
        sampler._uses = target, *target._uses
        sampler._create(target._ask, function, options)
        sampler._chains = sampler._ask(lib.egm_sampler_chains)
        return sampler

    def _describe(self):
        return ".%s: %d chains, %d dims, %s" % (self._name, self.chains, self.dims, self.dtype)

    chains = property(lambda self: self._chains, doc="Number of chains.")
    dims = property(lambda self: self._dims, doc="Number of coordinates of a point.")
    dtype = property(lambda self: self._dtype, doc="The dtype of points.")

    def _draw(self, progress, work, function, *arguments):
        """Makes a call that reports to progress(dict) and that a signal can stop."""
        self._long(function, *arguments, PROGRESS(Progress(progress)), None, work=work)
        frozen = self.stats()["frozen"]
        if frozen:
            warnings.warn("%d of %d chains are frozen, because their energy or gradient is not finite: see stats()" % (
                frozen, self.chains), RuntimeWarning, stacklevel=3)

    def warmup(self, n, progress=None):
        """Makes n transitions that adapt step sizes and, with the option adapt_scale, scales. Counters are 0
        afterwards.

        progress(dict) is called from time to time, with "done" and "total" transitions; its result is ignored. It
        may raise to end the call; the exception is raised by the call, as is KeyboardInterrupt, which needs no
        progress function. The step sizes found so far are then in use, and warmup(n - "done") continues the warm-up.
        Returns the sampler."""
        n = integer("n", n, INT64)
        self._draw(progress, n, lib.egm_sampler_warmup, n)
        return self

    def run(self, n, thin=1, energies=False, progress=None):
        """Makes draws [n, chains, dims], one after every `thin` transitions. With energies=True it returns them with V
        at the draws, [n, chains].

        A chain that becomes non-finite does not move from then on, and a RuntimeWarning says so. `frozen` of stats()
        counts such chains; assigning to points moves them again. NonfiniteError is raised if all chains are frozen.

        progress(dict) is called from time to time, with "done" and "total" transitions; its result is ignored. It
        may raise to end the call; the exception is raised by the call, as is KeyboardInterrupt, which needs no
        progress function. The draws of the call are then lost. The chains stay at the transition that they had
        reached, and the next run() continues from there."""
        n = integer("n", n, (1, INT64[1]))
        draws = np.empty((n, self.chains, self.dims), self.dtype)
        values = np.empty(draws.shape[:2], self.dtype) if energies else None
        thin = integer("thin", thin, INT64)
        self._draw(progress, n * thin, lib.egm_sampler_run, n, thin, rows_of(draws), optional(values))
        return (draws, values) if energies else draws

    @property
    def points(self):
        """The current points of the chains, [chains, dims], as a copy. Assigning to it moves the chains."""
        points = np.empty((self.chains, self.dims), self.dtype)
        self._read(lib.egm_sampler_points, rows_of(points))
        return points

    @points.setter
    def points(self, x):
        x = array("points", x, self.dtype, "the sampler", (self.chains, self.dims))
        self._call(lib.egm_sampler_set_points, rows_of(x))

    def stats(self, chain=None):
        """The statistics of one chain, or of all together: a dict with the members of egm_sampler_statistics."""
        statistics = _Statistics.defaults()
        self._read(lib.egm_sampler_stats, -1 if chain is None else integer("chain", chain, (0, INT64[1])),
                   statistics)
        return statistics.as_dict()

    def scale(self, chain):
        """The scale of each coordinate that one chain uses: float64 [dims]."""
        scale = np.empty(self.dims)
        self._read(lib.egm_sampler_scale, integer("chain", chain, INT64), rows_of(scale))
        return scale

    def save(self, path):
        """Writes a safetensors file; an existing file is replaced as a whole."""
        self._read_long(lib.egm_sampler_save, path_text(path))

    @takes(LoadOptions, ("max_row_numbers",))
    def restore(self, path, **options):
        """Reads a file of save() into a sampler with the same kernel, chains, dims, dtype and levels. The chains
        continue as if they had not been interrupted."""
        self._long(lib.egm_sampler_restore, path_text(path), limits(options))

    def state(self):
        """The bytes of such a file."""
        return state(self, lib.egm_sampler_save_memory)

    @takes(LoadOptions, ("max_row_numbers",))
    def restore_state(self, content, **options):
        """Does the same as restore(), with the bytes of such a file."""
        self._long(lib.egm_sampler_restore_memory, *bytes_of(content), limits(options))

    _kernels = []


def _kernel(name):
    """Adds Sampler.<name>(target, options), which calls egm_sampler_<name>."""
    kind = struct(name + "_options")
    declare({"sampler_" + name: (c_int, OUT, HANDLE, POINTER(kind))})
    function = getattr(lib, "egm_sampler_" + name)

    @takes(kind)
    def create(target, **options):
        return Sampler._of(target, function, kind.defaults().set(options, expect(Target, target).dims))

    create.__name__, create.__qualname__ = name, "Sampler." + name
    create.__doc__ = inspect.cleandoc(DOCS["sampler_" + name]) + "\n\n" + create.__doc__
    setattr(Sampler, name, staticmethod(create))
    Sampler._kernels.append(name)


_kernel("ula")
_kernel("mala")
_kernel("hmc")
_kernel("nuts")
_kernel("annealed_langevin")
_kernel("tempered")
