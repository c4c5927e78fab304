# SPDX-License-Identifier: MIT
"""Mixtures of normal distributions, fitted by expectation-maximisation: egm/mixture.h."""
from ctypes import POINTER, c_double, c_int, c_int32, c_int64, c_uint64, c_void_p

import numpy as np

from ._arrays import Array, code, either, numbers, optional, rows_of
from ._callbacks import PROGRESS, Progress
from ._handles import Handle, expect, in_portions
from ._library import HANDLE, INT64, OUT, UINT64, declare, integer, lib
from ._model import Context
from ._structs import struct, takes

_Options, _Result = struct("mixture_options"), struct("mixture_result")
_OF_FITS = ("seed", "starts", "max_iterations", "tolerance")  # which Mixture.create does not have
declare({
    "mixture_fit": (c_int, OUT, HANDLE, Array, Array, POINTER(_Options), POINTER(_Result), PROGRESS, c_void_p),
    "mixture_create": (c_int, OUT, HANDLE, Array, Array, Array, POINTER(_Options)),
    "mixture_free": (None, HANDLE), "mixture_components": (c_int64, HANDLE), "mixture_dims": (c_int64, HANDLE),
    "mixture_covariance": (c_int32, HANDLE), "mixture_parameters": (c_int, HANDLE, Array, Array, Array),
    "mixture_floors": (c_int, HANDLE, Array), "mixture_step": (c_int, HANDLE, Array, Array, POINTER(c_double)),
    "mixture_log_density": (c_int, HANDLE, Array, Array), "mixture_responsibilities": (c_int, HANDLE, Array, Array),
    "mixture_sample": (c_int, HANDLE, c_uint64, Array),
})


def _weights(row_weights, x):
    return optional(None if row_weights is None else numbers("row_weights", row_weights, (len(x),)))


class Mixture(Handle):
    """A mixture of normal distributions. Create it with Mixture.fit or Mixture.create."""
    _destroy = lib.egm_mixture_free

    def __init__(self):
        raise TypeError("a mixture comes from Mixture.fit or Mixture.create")

    @classmethod
    def _of(cls, context, function, *arguments):
        mixture = cls.__new__(cls)._create_long(expect(Context, context), function, *arguments)
        mixture._components = mixture._ask(lib.egm_mixture_components)
        mixture._dims = mixture._ask(lib.egm_mixture_dims)
        mixture._kind = mixture._ask(lib.egm_mixture_covariance)
        mixture.result = None
        return mixture

    def _describe(self):
        return ": %d components in %d dims, covariance %s" % (self.components, self.dims, self.covariance)

    components = property(lambda self: self._components, doc="Number of components.")
    dims = property(lambda self: self._dims, doc="Number of columns of the data.")
    covariance = property(lambda self: _Options.members["covariance"].keyword(self._kind),
                          doc="The form of the covariances.")

    @classmethod
    @takes(_Options)
    def fit(cls, context, x, components=1, progress=None, *, row_weights=None, **options):
        """Fits a mixture to x [rows, dims], a NumPy array. row_weights [rows] says how often each row counts; None:
        once each. `result` of the mixture is a dict with the members of egm_mixture_result, such as "log_likelihood"
        and "converged".

        progress(dict) is called after every step, with "done" and "total" steps and "terms", which contains
        "log_likelihood". It may raise to end the call; the exception is raised by the call, as is KeyboardInterrupt,
        which needs no progress function."""
        x = either("x", x, (None, None))
        made, result = _Options.defaults().set({"components": components, **options}), _Result.defaults()
        mixture = cls._of(context, lib.egm_mixture_fit, rows_of(x), _weights(row_weights, x), made, result,
                          PROGRESS(Progress(progress)), None)
        mixture.result = result.as_dict()
        return mixture

    @classmethod
    @takes(_Options, ("components", *_OF_FITS))
    def create(cls, context, means, covariances, weights=None, **options):
        """Creates a mixture from numbers: means [components, dims], weights [components] (None: equal), and
        covariances [components, dims, dims], [components, dims] or [components], according to the option
        `covariance`."""
        means = numbers("means", means, (None, None))
        made = _Options.defaults().set(options, without=("components", *_OF_FITS))
        covariances = numbers("covariances", covariances, cls._shape(*means.shape, made.covariance))
        if weights is not None:
            weights = numbers("weights", weights, (len(means),))
        return cls._of(context, lib.egm_mixture_create, optional(weights), rows_of(means), rows_of(covariances), made)

    @staticmethod
    def _shape(count, dims, kind):
        return {1: (count, dims, dims), 2: (count, dims), 3: (count,)}[kind]

    def parameters(self):
        """(weights [components], means [components, dims], covariances), in the shapes of Mixture.create."""
        found = (np.empty(self.components), np.empty((self.components, self.dims)),
                 np.empty(self._shape(self.components, self.dims, self._kind)))
        self._call(lib.egm_mixture_parameters, *map(rows_of, found))
        return found

    def floors(self):
        """The smallest variance [dims] that a fit gives each column."""
        floors = np.empty(self.dims)
        self._call(lib.egm_mixture_floors, rows_of(floors))
        return floors

    def step(self, x, row_weights=None):
        """Makes one step of expectation-maximisation on x [rows, dims]. Returns the mean of log p before the step."""
        x, before = self._rows(x), c_double()
        weights = _weights(row_weights, x)
        self._long(lib.egm_mixture_step, rows_of(x), weights, before)
        return before.value

    def _rows(self, x):
        return either("x", x, (None, self.dims))

    def log_density(self, x):
        """log p of each row of x, in nats: [rows]."""
        x = self._rows(x)
        found = np.empty(len(x))
        in_portions(self, lib.egm_mixture_log_density, x, found)
        return found

    def responsibilities(self, x):
        """The share of each component in each row of x: [rows, components]."""
        x = self._rows(x)
        found = np.empty((len(x), self.components))
        in_portions(self, lib.egm_mixture_responsibilities, x, found)
        return found

    def sample(self, rows, seed=0, dtype=np.float64):
        """Independent samples [rows, dims]."""
        code("dtype", dtype)
        draws = np.empty((integer("rows", rows, (1, INT64[1])), self.dims), dtype)
        self._long(lib.egm_mixture_sample, integer("seed", seed, UINT64), rows_of(draws))
        return draws
