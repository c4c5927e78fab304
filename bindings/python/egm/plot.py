# SPDX-License-Identifier: MIT
"""Pictures by matplotlib, which is imported when a picture is drawn: an energy in the plane, draws, traces of chains,
and the history of a training.

    history = egm.plot.History()
    trainer.fit(x, 2000, history, every=10)
    egm.plot.history(history)

Each function draws into `ax`, the axes of matplotlib, or into those of a new figure, and returns them."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np

from ._errors import SHAPE, ShapeError

if TYPE_CHECKING:
    import numpy.typing as npt

    from . import Model
    Energy = Union[Model, Callable[[npt.NDArray[Any]], npt.ArrayLike]]
else:
    from ._model import Model

__all__ = ["History", "energy", "draws", "traces", "history"]


class History:
    """A progress function that keeps what it is told: `steps`, and in `terms` the values of each term."""

    def __init__(self) -> None:
        self.steps: List[int] = []
        self.terms: Dict[str, List[float]] = {}

    def __call__(self, p: Dict[str, Any]) -> None:
        self.steps.append(p.get("step", p["done"]))
        for name, value in p.get("terms", {}).items():
            self.terms.setdefault(name, []).append(value)


def _axes(ax: Any) -> Any:
    if ax is not None:
        return ax
    import matplotlib.pyplot
    return matplotlib.pyplot.subplots()[1]


def _plane(what: str, x: npt.ArrayLike) -> npt.NDArray[Any]:
    """The points of x [..., 2] as rows."""
    x = np.asarray(x)
    if x.ndim < 2 or x.shape[-1] != 2:
        raise ShapeError(SHAPE, "%s: shape is %s, must be [..., 2]" % (what, x.shape))
    return x.reshape(-1, 2)


def energy(u: Energy, extent: Tuple[float, float, float, float], points: int = 200, density: bool = False,
           ax: Any = None, **options: Any) -> Any:
    """The energy of a model, or of a function of rows, on the rectangle extent = (left, right, bottom, top). With
    density=True it is exp(-U), scaled to a largest value of 1. Options are those of imshow."""
    left, right, bottom, top = extent
    columns, rows = np.linspace(left, right, points), np.linspace(bottom, top, points)
    at = np.stack(np.meshgrid(columns, rows), 2).reshape(-1, 2)
    values = np.asarray(u.energy(at.astype(u.dtype)) if isinstance(u, Model) else u(at)).reshape(points, points)
    if density:
        values = np.exp(values.min() - values)
    ax = _axes(ax)
    image = ax.imshow(values, **{"origin": "lower", "extent": extent, "cmap": "viridis" if density else "viridis_r",
                                 "interpolation": "bilinear", **options})
    ax.figure.colorbar(image, ax=ax, label="exp(-U), scaled" if density else "U")
    return ax


def draws(x: npt.ArrayLike, ax: Any = None, **options: Any) -> Any:
    """Points in the plane: x [..., 2], such as the draws of Sampler.run(). Options are those of scatter."""
    x, ax = _plane("x", x), _axes(ax)
    ax.scatter(x[:, 0], x[:, 1], **{"s": 4, "alpha": max(0.05, min(1.0, 1000 / len(x))), "linewidths": 0, **options})
    ax.set_aspect("equal")
    return ax


def traces(x: npt.ArrayLike, dim: int = 0, ax: Any = None, **options: Any) -> Any:
    """One coordinate of draws [n, chains, dims] over the draws, a line for each chain. Options are those of plot."""
    x = np.asarray(x)
    if x.ndim != 3:
        raise ShapeError(SHAPE, "x: shape is %s, must be [n, chains, dims]" % (x.shape,))
    ax = _axes(ax)
    for chain in range(x.shape[1]):
        ax.plot(x[:, chain, dim], **{"linewidth": 0.7, "label": "chain %d" % chain, **options})
    ax.set_xlabel("draw")
    ax.set_ylabel("dimension %d" % dim)
    return ax


def history(h: History, terms: Optional[Sequence[str]] = None, ax: Any = None, **options: Any) -> Any:
    """The terms of a training over its steps; `terms` chooses among them. Options are those of plot."""
    ax = _axes(ax)
    for name in h.terms if terms is None else terms:
        ax.plot(h.steps, h.terms[name], **{"linewidth": 0.9, "label": name, **options})
    ax.set_xlabel("step")
    ax.legend()
    return ax
