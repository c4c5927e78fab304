# SPDX-License-Identifier: MIT
"""libegm from Python: energies, gradients and samples of nets, and Markov chains on these or on energies of your own,
on NumPy arrays. No training yet: that is done in C.

    import egm, numpy as np
    with egm.Model.load("energy.safetensors") as model:
        print(model.energy(np.zeros((1, model.inputs), model.dtype)))
        draws = egm.Sampler(egm.Target.model(model, prior_scale=3), chains=8, seed=1).run(1000)

Arrays go to the library as they are, so they must be C-contiguous and of the handle's dtype; nothing is converted
behind the caller's back. What a call computes stands in egm/model.h, egm/sampler.h and egm/diagnostics.h, under the
same name; options are keywords with the names of their C members, and what is not given keeps the C default.

Calls release the interpreter lock. A handle runs one call at a time and others wait for it, so that close() in one
thread frees nothing that another uses; to evaluate in parallel, clone() the model or give the context threads. Several
samplers may share a target and run in as many threads; meanwhile leave the parameters of its nets alone.

The library is libegm.so.0 as the loader finds it, or the file that the environment variable EGM_LIBRARY names.
"""
from ._errors import (ArgumentError, DtypeError, Error, FileError, FormatError, NonfiniteError, OutOfMemoryError,
                      ShapeError, StateError, UnsupportedError)
from ._library import RELEASE, lib as _lib
from ._model import Context, Model
from ._sampler import Sampler, Target, diagnose, log_partition

__all__ = ["Context", "Model", "Target", "Sampler", "diagnose", "log_partition", "Error", "ArgumentError",
           "StateError", "ShapeError", "DtypeError", "OutOfMemoryError", "NonfiniteError", "FileError",
           "FormatError", "UnsupportedError"]
for _name in __all__:
    globals()[_name].__module__ = __name__  # where a program finds it, and what a traceback says
__version__ = _lib.egm_version_string().decode()
