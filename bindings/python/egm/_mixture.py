# SPDX-License-Identifier: MIT
"""Mixtures of normal distributions, fitted by expectation-maximisation: egm/mixture.h."""
from ctypes import POINTER, c_double, c_int, c_int32, c_int64, c_uint64, c_void_p

import numpy as np

from ._arrays import array, code
from ._callbacks import PROGRESS, Progress
from ._handles import Handle, expect
from ._library import ARRAY, HANDLE, INT64, OUT, UINT64, declare, integer, lib
from ._model import Context
from ._structs import DOUBLES, enumeration, struct

_COVARIANCES = enumeration("COVARIANCE", "full diagonal spherical")
_Options = struct("mixture_options", components=c_int64, covariance=_COVARIANCES, fixed=c_int32,
                  covariance_floor=c_double, seed=c_uint64, starts=c_int64, max_iterations=c_int64, tolerance=c_double,
                  row_weights=DOUBLES, progress=PROGRESS, user=c_void_p)
_Result = struct("mixture_result", log_likelihood=c_double, covariance_floor=c_double, iterations=c_int64,
                 start=c_int64, dead=c_int64, converged=c_int32, reserved=c_int32)
declare({
    "mixture_fit": (c_int, OUT, HANDLE, c_int, ARRAY, c_int64, c_int64, POINTER(_Options), POINTER(_Result)),
    "mixture_create": (c_int, OUT, HANDLE, c_int64, ARRAY, ARRAY, ARRAY, POINTER(_Options)),
    "mixture_free": (None, HANDLE), "mixture_components": (c_int64, HANDLE), "mixture_dims": (c_int64, HANDLE),
    "mixture_covariance": (c_int32, HANDLE), "mixture_parameters": (c_int, HANDLE, ARRAY, ARRAY, ARRAY),
    "mixture_floors": (c_int, HANDLE, ARRAY),
    "mixture_step_weighted": (c_int, HANDLE, c_int, ARRAY, ARRAY, c_int64, c_int64, POINTER(c_double)),
    "mixture_log_density": (c_int, HANDLE, c_int, ARRAY, c_int64, c_int64, ARRAY),
    "mixture_responsibilities": (c_int, HANDLE, c_int, ARRAY, c_int64, c_int64, ARRAY),
    "mixture_sample": (c_int, HANDLE, c_uint64, c_int, c_int64, ARRAY),
})


class Mixture(Handle):
    """A mixture of normal distributions, from Mixture.fit or Mixture.create.

    Options: covariance "full", "diagonal" or "spherical"; covariance_floor; fixed, the sum of 1 (weights), 2 (means)
    and 4 (covariances), of what steps leave as it is. Fits also take seed, starts, max_iterations and tolerance."""
    _destroy = lib.egm_mixture_free

    def __init__(self):
        raise TypeError("a mixture comes from Mixture.fit or Mixture.create")

    @classmethod
    def _of(cls, context, function, *arguments, **how):
        mixture = cls.__new__(cls)._create(expect(Context, context)._ask, function, *arguments, **how)
        mixture._components = mixture._ask(lib.egm_mixture_components)
        mixture._dims = mixture._ask(lib.egm_mixture_dims)
        mixture._kind = mixture._ask(lib.egm_mixture_covariance)
        mixture.result = None
        return mixture

    components = property(lambda self: self._components)
    dims = property(lambda self: self._dims)

    @classmethod
    def fit(cls, context, x, components=1, progress=None, **options):
        """Fits a mixture to x [rows, dims], a NumPy array. row_weights [rows]: how often each row counts, by default
        once. `result` of the mixture is a dict with the members of egm_mixture_result, such as "log_likelihood" and
        "converged".

        progress(dict) is called after every step, with "done" and "total" steps. What it raises ends the fit and comes
        out, as KeyboardInterrupt does without any progress."""
        dtype = np.dtype(getattr(x, "dtype", object))
        number = code("x", dtype)
        array("x", x, dtype, "", (None, None))
        struct, result = _Options.defaults().set({"components": components, **options}, dims=len(x)), _Result.defaults()
        struct.progress = PROGRESS(Progress(progress))
        mixture = cls._of(context, lib.egm_mixture_fit, number, x.ctypes.data, *x.shape, struct, result,
                          calls_back=True)
        mixture.result = {name: value for name, value in result.as_dict().items() if name != "reserved"}
        return mixture

    @classmethod
    def create(cls, context, means, covariances, weights=None, **options):
        """A mixture from numbers: means [components, dims], weights [components], equal when None, and covariances
        [components, dims, dims], [components, dims] or [components], as the option covariance says."""
        means = np.ascontiguousarray(means, np.float64)
        array("means", means, means.dtype, "", (None, None))
        count, dims = means.shape
        struct = _Options.defaults().set({"components": count, **options},
                                         [name for name in _Options.options if name != "row_weights"])
        covariances = np.ascontiguousarray(covariances, np.float64)
        array("covariances", covariances, means.dtype, "", cls._shape(count, dims, struct.covariance))
        if weights is not None:
            weights = np.ascontiguousarray(weights, np.float64)
            array("weights", weights, means.dtype, "", (count,))
        return cls._of(context, lib.egm_mixture_create, dims, None if weights is None else weights.ctypes.data,
                       means.ctypes.data, covariances.ctypes.data, struct)

    @staticmethod
    def _shape(count, dims, kind):
        return {1: (count, dims, dims), 2: (count, dims), 3: (count,)}[kind]

    def parameters(self):
        """(weights [components], means [components, dims], covariances), in the shapes of Mixture.create."""
        found = (np.empty(self.components), np.empty((self.components, self.dims)),
                 np.empty(self._shape(self.components, self.dims, self._kind)))
        self._call(lib.egm_mixture_parameters, *(values.ctypes.data for values in found))
        return found

    def floors(self):
        """The least variance [dims] that a fit gives each column."""
        floors = np.empty(self.dims)
        self._call(lib.egm_mixture_floors, floors.ctypes.data)
        return floors

    def step(self, x, row_weights=None):
        """One step of expectation-maximisation on x [rows, dims]; the mean of log p before it."""
        number, before = self._rows(x), c_double()
        if row_weights is not None:
            row_weights = np.ascontiguousarray(row_weights, np.float64)
            array("row_weights", row_weights, row_weights.dtype, "", (len(x),))
        self._call(lib.egm_mixture_step_weighted, number, x.ctypes.data,
                   None if row_weights is None else row_weights.ctypes.data, *x.shape, before)
        return before.value

    def _rows(self, x):
        dtype = np.dtype(getattr(x, "dtype", object))
        number = code("x", dtype)
        array("x", x, dtype, "the mixture", (None, self.dims))
        return number

    def log_density(self, x):
        """log p [rows] of each row of x, in nats."""
        number, found = self._rows(x), np.empty(len(x))
        self._call(lib.egm_mixture_log_density, number, x.ctypes.data, *x.shape, found.ctypes.data)
        return found

    def responsibilities(self, x):
        """The share of each component in each row of x, [rows, components]."""
        number, found = self._rows(x), np.empty((len(x), self.components))
        self._call(lib.egm_mixture_responsibilities, number, x.ctypes.data, *x.shape, found.ctypes.data)
        return found

    def sample(self, rows, seed=0, dtype=np.float64):
        """Independent draws [rows, dims]."""
        number, draws = code("dtype", dtype), np.empty((integer("rows", rows, (1, INT64[1])), self.dims), dtype)
        self._call(lib.egm_mixture_sample, integer("seed", seed, UINT64), number, len(draws), draws.ctypes.data)
        return draws
