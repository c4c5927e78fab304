# SPDX-License-Identifier: MIT
"""libegm from Python: nets built and trained, their energies, gradients and samples, and Markov chains on these or on
energies of your own, on NumPy arrays.

    import egm, numpy as np
    x = np.random.default_rng(1).standard_normal((1000, 2)).astype(np.float32)
    energy = egm.Model(egm.Context(), "energy", 2).dense(64).silu().dense(1).build(seed=1)
    egm.Trainer(egm.Loss.dsm(energy, sigma=0.5), learning_rate=1e-3).fit(x, 2000)
    draws = egm.Sampler(egm.Target.model(energy), chains=8, seed=1).run(1000)

Arrays go to the library as they are, so they must be C-contiguous and of the handle's dtype; nothing is converted
behind the caller's back. What a call computes is described in egm/model.h, egm/io.h, egm/loss.h, egm/mixture.h,
egm/train.h, egm/sampler.h and egm/diagnostics.h, under the same name; options are keywords with the names of their C
members, enumerated values are strings, the names of C in small letters without their prefix, and what is not given
keeps the C default.

Calls release the interpreter lock. A handle runs one call at a time and others wait for it, so that close() in one
thread frees nothing that another uses; to evaluate in parallel, clone() the model or give the context threads. Several
samplers may share a target and run in as many threads; meanwhile leave the parameters of its nets alone. Training
holds the nets of its loss: what other threads ask of these waits until fit() is done.

The library is libegm.so.0 as the loader finds it, or the file that the environment variable EGM_LIBRARY names.
"""
from ._errors import (ArgumentError, DivergedError, DtypeError, Error, FileError, FormatError, NonfiniteError,
                      OutOfMemoryError, ShapeError, StateError, UnsupportedError)
from ._library import RELEASE, lib as _lib
from ._model import Context, Model
from ._loss import Loss
from ._mixture import Mixture
from ._sampler import Sampler, Target, diagnose, log_partition
from ._data import Data
from ._trainer import Trainer

__all__ = ["Context", "Model", "Target", "Sampler", "diagnose", "log_partition", "Loss", "Mixture", "Data", "Trainer",
           "Error", "ArgumentError", "StateError", "ShapeError", "DtypeError", "OutOfMemoryError", "NonfiniteError",
           "DivergedError", "FileError", "FormatError", "UnsupportedError"]
for _name in __all__:
    globals()[_name].__module__ = __name__  # where a program finds it, and what a traceback says
__version__ = _lib.egm_version_string().decode()
