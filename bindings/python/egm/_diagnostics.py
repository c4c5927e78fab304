# SPDX-License-Identifier: MIT
"""Diagnosis of Markov chains: egm/diagnostics.h."""
import inspect
from ctypes import POINTER, byref, c_double, c_int, c_int64

import numpy as np

from ._arrays import Array, either, rows_of
from ._errors import SHAPE, ShapeError
from ._handles import Handle, expect
from ._library import HANDLE, INT64, OUT, check, declare, integer, lib
from ._model import Context
from ._structs import struct

_Diagnosis = struct("diagnosis")
declare({
    "diagnostics_create": (c_int, OUT, HANDLE, c_int64, c_int64, c_int64), "diagnostics_free": (None, HANDLE),
    "diagnostics_add": (c_int, HANDLE, Array),
    "diagnostics_count": (c_int, HANDLE, POINTER(c_int64), POINTER(c_int64)),
    "diagnostics_compute": (c_int, HANDLE, c_int64, c_int64, POINTER(_Diagnosis)),
    "diagnostics_autocorrelation": (c_int, HANDLE, c_int64, c_int64, Array),
    "diagnostics_bfmi": (c_int, Array, c_int64, POINTER(c_double)),
})


def _chain(chain):
    return -1 if chain is None else integer("chain", chain, (0, INT64[1]))


class Diagnostics(Handle):
    """Draws of several chains, collected as they come. At most `capacity` draws of each chain are kept; when that
    many are kept, every second one is dropped. If all draws are already in one array, use diagnose()."""
    _destroy = lib.egm_diagnostics_free

    def __init__(self, context, chains, dims, capacity=4096):
        self._create(expect(Context, context)._ask, lib.egm_diagnostics_create, integer("chains", chains, INT64),
                     integer("dims", dims, INT64), integer("capacity", capacity, (1, INT64[1])))
        self._chains, self._dims = chains, dims

    def _describe(self):
        return ": %d chains, %d dims, %d draws each" % (self._chains, self._dims, self.count()[0])

    def add(self, draws):
        """Adds draws [n, chains, dims], float32 or float64, as Sampler.run() returns them."""
        draws = either("draws", draws, (None, self._chains, self._dims))
        self._call(lib.egm_diagnostics_add, rows_of(draws))

    def count(self):
        """(given, kept): the number of draws of each chain that were added, and that are kept."""
        given, kept = c_int64(), c_int64()
        self._call(lib.egm_diagnostics_count, byref(given), byref(kept))
        return given.value, kept.value

    def compute(self, dim, chain=None):
        """The diagnosis of one dimension, for one chain or all together: a dict with the members of egm_diagnosis."""
        diagnosis = _Diagnosis.defaults()
        self._call(lib.egm_diagnostics_compute, integer("dim", dim, INT64), _chain(chain), diagnosis)
        return diagnosis.as_dict()

    def autocorrelation(self, dim, lags, chain=None):
        """The autocorrelation [lags] of the kept draws at lags 0 .. lags - 1, of one chain or as the mean over all
        chains."""
        values = np.empty(integer("lags", lags, (1, INT64[1])))
        self._call(lib.egm_diagnostics_autocorrelation, integer("dim", dim, INT64), _chain(chain), rows_of(values))
        return values

    @staticmethod
    def bfmi(energies):
        """For each chain of energies [n, chains], how far its energy moves in one draw compared with its variance:
        near 2 if draws are independent, below 0.3 if the chain moves slowly between energies."""
        energies, result = either("energies", energies, (None, None)), c_double()
        values = np.empty(energies.shape[1])
        for chain in range(len(values)):
            check(lib.egm_diagnostics_bfmi(rows_of(energies), chain, byref(result)))
            values[chain] = result.value
        return values


def diagnose(draws):
    """The diagnosis of draws [n, chains, dims]: a dict of arrays [dims] with the members of egm_diagnosis, such as
    "mean", "mcse", "r_hat" and "ess_bulk".

    What cannot be computed is NaN; r_hat is NaN if all draws are the same number. Test `not (r_hat <= 1.01)`, which
    is also true for NaN. r_hat is large if one chain does not move among others, and infinite if no chain moves and
    they are at different places."""
    draws = either("draws", draws, (None, None, None))
    n, chains, dims = draws.shape
    with Diagnostics(Context(), chains, dims, max(n, 8)) as diagnostics:
        diagnostics.add(draws)
        rows = [diagnostics.compute(dim) for dim in range(dims)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def to_arviz(draws, energies=None, names=None, **groups):
    """Draws [n, chains, dims] for ArviZ, which must be installed: what arviz.from_dict returns, with the variable "x"
    in the group `posterior`, and the energies [n, chains] of Sampler.run() as "energy" in `sample_stats`. `names`
    [dims] makes a variable of each dimension instead. `groups` are further groups of ArviZ: dicts of arrays
    [chains, n, ...]."""
    import arviz
    draws = either("draws", draws, (None, None, None)).swapaxes(0, 1)
    if names is None:
        groups["posterior"] = {"x": draws}
    elif len(names) != draws.shape[2]:
        raise ShapeError(SHAPE, "names: has %d, must have %d" % (len(names), draws.shape[2]))
    else:
        groups["posterior"] = {name: draws[:, :, dim] for dim, name in enumerate(names)}
    if energies is not None:
        shape = draws.shape[1], draws.shape[0]
        groups["sample_stats"] = {"energy": either("energies", energies, shape).T, **groups.get("sample_stats", {})}
    old = "posterior" in inspect.signature(arviz.from_dict).parameters  # before ArviZ 1.0
    return arviz.from_dict(**groups) if old else arviz.from_dict(groups)
