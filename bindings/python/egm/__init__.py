# SPDX-License-Identifier: MIT
"""libegm from Python: nets built and trained, their energies, gradients and samples, and Markov chains on these or on
energies of your own, on NumPy arrays.

    import egm, numpy as np
    x = np.random.default_rng(1).standard_normal((1000, 2)).astype(np.float32)
    energy = egm.Model(egm.Context(), "energy", 2).dense(64).silu().dense(1).build(seed=1)
    egm.Trainer(egm.Loss.dsm(energy, sigma=0.5), learning_rate=1e-3).fit(x, 2000)
    draws = egm.Sampler.nuts(egm.Target.model(energy), chains=8, seed=1).run(1000)

Arrays go to the library as they are, so they must be C-contiguous and of the handle's dtype; nothing is converted
behind the caller's back. Methods have the names of C: egm_model_energy is Model.energy(), egm_sampler_nuts
Sampler.nuts(), egm_metric_mmd metric.mmd(), and the headers of egm describe what each computes. Options are keywords
with the names of their C members, enumerated values are strings, the names of C in small letters without their prefix,
and what is not given keeps the C default; help() lists them with their ranges, as the library itself describes them.

Calls release the interpreter lock. A handle runs one call at a time and others wait for it, so that close() in one
thread frees nothing that another uses; to evaluate in parallel, clone() the model or give the context threads. Several
samplers may share a target and run in as many threads; meanwhile leave the parameters of its nets alone. Training
holds the nets of its loss: what other threads ask of these waits until fit() is done.

The library is libegm.so.1 as the loader finds it, or the file that the environment variable EGM_LIBRARY names.
"""
from ._errors import (ArgumentError, DivergedError, DtypeError, Error, FileError, FormatError, NonfiniteError,
                      OutOfMemoryError, ShapeError, StateError, TruncatedError, UnsupportedError)
from ._library import RELEASE, lib as _lib
from ._model import Context, Model, features
from ._loss import Loss
from ._mixture import Mixture
from ._target import Target
from ._sampler import Sampler
from ._diagnostics import Diagnostics, diagnose
from ._data import Data
from ._trainer import Trainer
from . import metric

__all__ = ["Context", "Model", "Target", "Sampler", "Diagnostics", "diagnose", "Loss", "Mixture", "Data", "Trainer",
           "features", "Error", "ArgumentError", "StateError", "ShapeError", "DtypeError", "OutOfMemoryError",
           "NonfiniteError", "DivergedError", "FileError", "TruncatedError", "FormatError", "UnsupportedError"]
for _name in __all__:
    globals()[_name].__module__ = __name__  # where a program finds it, and what a traceback says
__all__.append("metric")
__version__ = _lib.egm_version_string().decode()
