# SPDX-License-Identifier: MIT
"""How far samples are from data, how many known modes they cover, and how well a score ranks rows: egm/metric.h.

Samples x and y are arrays [rows, columns], float32 or float64; others are converted as those of egm.Data, and y to the
dtype of x. `context` gives threads to a
computation; None: one thread. progress(dict) is called from time to time, with "done" and "total" steps. It may
raise to end the call; the exception is raised by the call, as is KeyboardInterrupt, which needs no progress
function. What each measure sees, and what it is blind to, is in doc/systems/metrics.md."""
import math
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_int32, c_int64, c_void_p

import numpy as np

from ._arrays import Array, array, either, numbers, optional, plain, rows_of
from ._callbacks import PROGRESS, Progress
from ._errors import ARGUMENT, SHAPE, ArgumentError, ShapeError
from ._handles import expect
from ._library import HANDLE, check, choice, declare, integer, lib
from ._model import Context
from ._structs import float_of, struct, takes

__all__ = ["histogram", "kl", "jeffreys", "js", "mmd", "median", "energy", "sliced", "frechet", "mode_coverage",
           "ranking"]
_Mmd, _Sliced, _Mode = map(struct, ("mmd_options", "sliced_options", "mode_coverage_options"))
_Coverage, _Ranking = map(struct, ("mode_coverage", "ranking"))
_DOUBLE, _LONG = POINTER(c_double), (PROGRESS, c_void_p)
declare({
    "metric_histogram": (c_int, Array, _DOUBLE, _DOUBLE, POINTER(c_int64), Array),
    **{"metric_" + name: (c_int, Array, Array, _DOUBLE) for name in ("kl", "jeffreys", "js")},
    "metric_mmd": (c_int, HANDLE, Array, Array, POINTER(_Mmd), _DOUBLE, *_LONG),
    "metric_median": (c_int, HANDLE, Array, Array, _DOUBLE),
    "metric_energy": (c_int, HANDLE, Array, Array, c_int32, _DOUBLE, *_LONG),
    "metric_sliced": (c_int, HANDLE, Array, Array, POINTER(_Sliced), _DOUBLE, *_LONG),
    "metric_frechet": (c_int, HANDLE, Array, Array, _DOUBLE, *_LONG),
    "metric_mode_coverage": (c_int, HANDLE, Array, Array, c_double, POINTER(_Mode), POINTER(_Coverage)),
    "metric_ranking": (c_int, HANDLE, Array, c_char_p, c_double, POINTER(_Ranking)),
})


def _ask(context, function, *arguments):
    expect(Context, context or Context())._long(function, *arguments)


def _pair(context, function, x, y, *options, progress=()):
    """A number for two samples."""
    x = either("x", x, (None, None))
    if y is not None:
        y = array("y", y, x.dtype, "x", (None, x.shape[1]))
    result, callback = c_double(), (PROGRESS(Progress(*progress)), None) if progress else ()
    _ask(context, function, rows_of(x), optional(y), *options, byref(result), *callback)
    return result.value


# ---- between distributions on cells
def histogram(x, lower, upper, bins):
    """The shares of the rows of x [rows, columns], 1 to 3 columns, in the cells of a grid: [product of bins + 1].
    The last column varies fastest, and the last element is the share of the rows outside of the grid. lower, upper,
    bins [columns] are the interval of each column and its number of equal cells."""
    x = either("x", x, (None, None))
    columns = x.shape[1]
    lower, upper = (numbers(what, ends, (columns,)) for what, ends in (("lower", lower), ("upper", upper)))
    counts = [integer("bins", count, (1, 2**31 - 1)) for count in bins]
    if len(counts) != columns:
        raise ShapeError(SHAPE, "bins: %d number(s) expected, not %d" % (columns, len(counts)))
    masses = np.empty(math.prod(counts) + 1)
    check(lib.egm_metric_histogram(rows_of(x), (c_double * columns)(*lower), (c_double * columns)(*upper),
                                   (c_int64 * columns)(*counts), rows_of(masses)))
    return masses


def _divergence(function, p, q):
    p, result = numbers("p", p, (None,)), c_double()
    check(function(rows_of(p), rows_of(numbers("q", q, p.shape)), byref(result)))
    return result.value


def kl(p, q):
    """KL(p||q) of masses p, q [n] that sum to 1, in nats; inf if q is 0 where p is not."""
    return _divergence(lib.egm_metric_kl, p, q)


def jeffreys(p, q):
    """Jeffreys' divergence KL(p||q) + KL(q||p)."""
    return _divergence(lib.egm_metric_jeffreys, p, q)


def js(p, q):
    """The Jensen-Shannon divergence, at most log 2."""
    return _divergence(lib.egm_metric_js, p, q)


# ---- between samples
@takes(_Mmd)
def mmd(x, y, *, context=None, progress=None, **options):
    """The squared maximum mean discrepancy; the kernel is the mean of normal kernels with these bandwidths."""
    return _pair(context, lib.egm_metric_mmd, x, y, _Mmd.defaults().set(options), progress=(progress,))


def median(x, y=None, *, context=None):
    """The median distance between two points of both samples together: the default bandwidth of mmd()."""
    return _pair(context, lib.egm_metric_median, x, y)


def energy(x, y, estimator="unbiased", *, context=None, progress=None):
    """The energy distance 2 E|x - y| - E|x - x'| - E|y - y'|. `estimator` is "unbiased", without the pairs of a
    point with itself, or "biased"."""
    code = choice("estimator", estimator, _Mmd.members["estimator"].choices)
    return _pair(context, lib.egm_metric_energy, x, y, code, progress=(progress,))


@takes(_Sliced)
def sliced(x, y, *, context=None, progress=None, **options):
    """The sliced Wasserstein distance; with one column it is the Wasserstein distance."""
    return _pair(context, lib.egm_metric_sliced, x, y, _Sliced.defaults().set(options), progress=(progress,))


def frechet(x, y, *, context=None, progress=None):
    """The squared Frechet distance of two normal distributions fitted to the rows. On features of a fixed network it
    is the FID."""
    return _pair(context, lib.egm_metric_frechet, x, y, progress=(progress,))


# ---- modes that are known
@takes(_Mode)
def mode_coverage(x, centers, sigma, *, context=None, **options):
    """Which modes with these centers [modes, columns] and standard deviation sigma are covered by x: a dict with the
    members of egm_mode_coverage."""
    x = either("x", x, (None, None))
    centers, result = numbers("centers", centers, (None, x.shape[1])), _Coverage.defaults()
    _ask(context, lib.egm_metric_mode_coverage, rows_of(x), rows_of(centers), float_of("sigma", sigma),
         _Mode.defaults().set(options, len(centers)), result)
    return result.as_dict()


# ---- scores against labels
def ranking(scores, positive, share=0.0, *, context=None):
    """How well scores [rows], high = positive, separate the rows that are positive [rows] from the others: a dict
    with the members of egm_ranking. `share` of the rows is flagged; 0: as many as there are positives."""
    scores, labels, result = either("scores", scores, (None,)), plain("positive", positive), _Ranking.defaults()
    positive = np.ascontiguousarray(labels, bool)
    if (labels != positive).any():  # -1 would count as positive
        raise ArgumentError(ARGUMENT, "positive: has %s, must be 0 or 1" % labels[labels != positive].flat[0])
    if positive.shape != scores.shape:
        raise ShapeError(SHAPE, "positive: shape %s expected, not %s" % (scores.shape, positive.shape))
    _ask(context, lib.egm_metric_ranking, rows_of(scores), positive.tobytes(), float_of("share", share), result)
    return result.as_dict()
