# SPDX-License-Identifier: MIT
"""libegm from Python, on NumPy arrays: networks are built, trained and evaluated, and Markov chains draw from them or
from energies of your own.

    import egm, numpy as np
    x = np.random.default_rng(1).standard_normal((1000, 2)).astype(np.float32)
    energy = egm.Model(egm.Context(), "energy", 2).dense(64).silu().dense(1).build(seed=1)
    egm.Trainer(egm.Loss.dsm(energy, sigma=0.5), learning_rate=1e-3).fit(x, 2000)
    draws = egm.Sampler.nuts(egm.Target.model(energy), chains=8, seed=1).run(1000)

Names: methods have the names of C: egm_model_energy is Model.energy(), egm_sampler_nuts is Sampler.nuts(), and
egm_metric_mmd is metric.mmd(). The headers of egm describe what each computes.

Arrays may be whatever NumPy reads: lists, tables of pandas, tensors of PyTorch on the CPU. They are converted to the
dtype of the handle if this loses nothing: integers, float16, float32 to float64. Floats of Python are rounded to it. An
array of float64 for a handle of float32 is refused, and so are masked arrays. C-contiguous arrays of the dtype of the
handle are passed as they are, all others are copied.

Options are keywords with the names of the C members. Enumerated values are strings: the names of C in lower case
without their prefix. An option that is not given has the default of C. help() lists the options with their ranges, as
the library itself describes them.

Long calls have an argument `progress`: a function that is called from time to time, or True for a bar of tqdm, or a
line where tqdm is not installed. Ctrl-C ends a training after the step that it is in, chains after their
transition, and other calls within about 0.1 s. A reader of files cannot be stopped: its call returns at once, and what
was read is dropped when it is complete; until then the context is in use.

egm.metric compares samples, egm.datasets has points to try things on, egm.plot draws pictures by matplotlib, and
egm.sklearn has estimators for scikit-learn. to_arviz() hands draws to ArviZ.

Errors are exceptions, see egm.Error. An exception that a function of yours raises while the library calls it ends the
call and is raised by it.

Threads: calls release the interpreter lock. A handle runs one call at a time, and other calls wait for it; close() in
one thread therefore frees nothing that another thread uses. To evaluate in parallel, clone() the model or give the
context threads. Several samplers may share a target and run in as many threads, as long as nobody changes the
parameters of its networks. fit() locks the networks of its loss: calls that other threads make on them wait until it
returns.

The library is the file that the environment variable EGM_LIBRARY names, or else the one that came with the package in
a wheel, or else libegm.so.1 as the loader finds it. It may be newer than the package. egm.__version__ is the version of
the package, Context().backend begins with that of the library."""
import os as _os

from ._errors import (ArgumentError, DivergedError, DtypeError, Error, FileError, FormatError, NonfiniteError,
                      OutOfMemoryError, ShapeError, StateError, TruncatedError, UnsupportedError)
from ._library import RELEASE, lib as _lib
from ._model import Context, Model, features
from ._loss import Loss
from ._mixture import Mixture
from ._target import Target
from ._sampler import Sampler
from ._diagnostics import Diagnostics, diagnose, to_arviz
from ._data import Data
from ._trainer import Trainer
from . import metric

__all__ = ["Context", "Model", "Target", "Sampler", "Diagnostics", "diagnose", "to_arviz", "Loss", "Mixture", "Data",
           "Trainer", "features", "Error", "ArgumentError", "StateError", "ShapeError", "DtypeError",
           "OutOfMemoryError",
           "NonfiniteError", "DivergedError", "FileError", "TruncatedError", "FormatError", "UnsupportedError"]
for _name in __all__:
    globals()[_name].__module__ = __name__  # where a program finds it, and what a traceback says
__all__.append("metric")


def __getattr__(name):
    """What takes long to import, when it is asked for."""
    if name in ("datasets", "plot", "sklearn"):
        from importlib import import_module
        return import_module("." + name, __name__)
    if name != "__version__":
        raise AttributeError("module '%s' has no attribute '%s'" % (__name__, name))
    globals()[name] = _version()
    return globals()[name]


def _version():
    """The version of the wheel, if the package came in one; otherwise both were built together."""
    from importlib import metadata
    try:
        package = metadata.distribution(__name__)
        if _os.path.samefile(package.locate_file("egm/__init__.py"), __file__):
            return package.version
    except (metadata.PackageNotFoundError, OSError):
        pass
    return _lib.egm_version_string().decode()
