# SPDX-License-Identifier: MIT
"""The three distributions in the plane on which the library compares systems, those of Gulrajani et al. 2017.

    x = egm.datasets.gaussians25(1000, seed=1)          # [1000, 2], float32
    egm.datasets.gaussians25.log_density(x)              # in nats
    egm.metric.mode_coverage(x, egm.datasets.gaussians25.centers, egm.datasets.gaussians25.sigma)

The modes are taken in turn, so that every mode has the same share of the points."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["gaussians25", "gaussians8", "swissroll"]


class Toy:
    """A distribution: toy(rows, seed) draws points, log_density(x) is log p. `centers` [modes, 2] are the means of the
    modes, of which swissroll has none, and `sigma` is the standard deviation of a mode, or of the noise."""

    def __init__(self, name: str, centers: npt.ArrayLike, sigma: float):
        self.name, self.sigma = name, sigma
        self.centers = np.array(centers, np.float64).reshape(-1, 2)

    def __repr__(self) -> str:
        return "<egm.datasets.%s: %d modes, sigma %.4g>" % (self.name, len(self.centers), self.sigma)

    def __call__(self, rows: int, seed: int = 0, dtype: npt.DTypeLike = np.float32) -> npt.NDArray[Any]:
        """Independent points [rows, 2]."""
        random = np.random.default_rng(seed)
        if len(self.centers):
            at = self.centers[np.arange(rows) % len(self.centers)]
        else:
            at = _roll(random.uniform(size=rows))
        return (at + self.sigma * random.standard_normal((rows, 2))).astype(dtype)

    def log_density(self, x: npt.ArrayLike, noise: float = 0.0) -> npt.NDArray[np.float64]:
        """log p of each row of x [rows, 2], of the distribution with noise N(0, noise^2 I) added to it. The roll is the
        mean over 2000 points along it, whose distance is much smaller than sigma."""
        x, variance = np.asarray(x, np.float64), self.sigma**2 + noise**2
        parts = self.centers if len(self.centers) else _roll((np.arange(2000) + 0.5) / 2000)
        found = np.empty(len(x))
        for first in range(0, len(x), 1000):  # not all distances at once
            squares = ((x[first:first + 1000, None] - parts) ** 2).sum(2)
            nearest = squares.min(1)
            shares = np.exp((nearest[:, None] - squares) / (2 * variance)).mean(1)
            found[first:first + 1000] = np.log(shares) - nearest / (2 * variance) - np.log(2 * np.pi * variance)
        return found


def _roll(u: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    t = 1.5 * np.pi * (1 + 2 * u)
    return np.stack([t * np.cos(t), t * np.sin(t)], 1) / 7.5


_ANGLES = np.arange(8) * np.pi / 4
gaussians25 = Toy("gaussians25", [(2 * i / 2.828, 2 * j / 2.828) for i in range(-2, 3) for j in range(-2, 3)],
                  0.05 / 2.828)
gaussians8 = Toy("gaussians8", np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], 1) * 2 / 1.414, 0.02 / 1.414)
swissroll = Toy("swissroll", [], 0.25 / 7.5)
