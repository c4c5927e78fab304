# SPDX-License-Identifier: MIT
"""Estimators for scikit-learn: a density by score matching, and a mixture of normal distributions. Both can be cloned,
pickled and searched over as other estimators. scikit-learn must be installed."""
from __future__ import annotations

from typing import Any, Optional, Sequence, Tuple

import numpy as np
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from ._loss import Loss
from ._mixture import Mixture
from ._model import Context, Model
from ._sampler import Sampler
from ._target import Target
from ._trainer import Trainer

try:
    from sklearn.utils.validation import validate_data
except ImportError:  # before scikit-learn 1.6
    def validate_data(estimator: Any, X: Any, **how: Any) -> Any:
        return estimator._validate_data(X, **how)

__all__ = ["GaussianMixture", "ScoreMatchingDensity"]


class _Density(DensityMixin, BaseEstimator):
    def _rows(self, X: Any) -> Any:
        check_is_fitted(self)
        return validate_data(self, X, dtype=np.float64, reset=False)

    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def score(self, X: Any, y: Any = None) -> float:
        """The mean of score_samples(X)."""
        return float(np.mean(self.score_samples(X)))


class ScoreMatchingDensity(_Density):
    """A density whose energy is a network, trained by denoising score matching (egm.Loss.dsm).

    hidden: units of the hidden layers. sigma: standard deviation of the noise, in units of the standard deviation of a
    column; the density is that of the data with this noise. steps, batch, learning_rate, average_decay: as in
    egm.Trainer. threads: those of a context.

    Fitted: model_, a network on standardised rows; mean_ and scale_ of the columns; n_features_in_."""

    def __init__(self, hidden: Sequence[int] = (64, 64), *, sigma: float = 0.2, steps: int = 2000, batch: int = 128,
                 learning_rate: float = 2e-3, average_decay: float = 0.99, threads: int = 1, random_state: Any = None):
        self.hidden = hidden
        self.sigma = sigma
        self.steps = steps
        self.batch = batch
        self.learning_rate = learning_rate
        self.average_decay = average_decay
        self.threads = threads
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> ScoreMatchingDensity:
        X = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        seed, deviation = self._seed(), X.std(0)
        self.mean_, self.scale_ = X.mean(0), np.where(deviation > 0, deviation, 1.0)
        energy = Model(Context(self.threads), "energy", X.shape[1])
        for units in self.hidden:
            energy.dense(units).silu()
        energy.dense(1).build(np.float32, seed)
        trainer = Trainer(Loss.dsm(energy, sigma=self.sigma), batch=min(self.batch, len(X)), seed=seed,
                          learning_rate=self.learning_rate, average_decay=self.average_decay)
        self.model_ = trainer.fit(self._standard(X), self.steps).average(energy)
        return self

    def _standard(self, X: Any) -> Any:
        return ((X - self.mean_) / self.scale_).astype(np.float32)

    def energy(self, X: Any) -> Any:
        """U(x) [rows]: low = likely."""
        X = self._rows(X)
        return self.model_.energy(self._standard(X)).astype(np.float64)

    def score_samples(self, X: Any) -> Any:
        """log p(x) [rows] up to a constant that is the same for all rows: -U(x)."""
        return -self.energy(X)

    def sample(self, n_samples: int = 1, *, random_state: Any = None) -> Any:
        """Draws [n_samples, columns]: the ends of up to 64 Markov chains, and later points of them."""
        check_is_fitted(self)
        chains = min(n_samples, 64)
        seed = int(check_random_state(random_state).randint(2**31 - 1))
        sampler = Sampler.nuts(Target.model(self.model_, prior_scale=10), chains=chains, seed=seed, start_scale=1)
        draws = sampler.warmup(300).run(-(-n_samples // chains), thin=10)
        return draws.reshape(-1, draws.shape[2])[:n_samples].astype(np.float64) * self.scale_ + self.mean_


class GaussianMixture(_Density):
    """A mixture of normal distributions by expectation-maximisation (egm.Mixture), with the parameters and attributes
    of sklearn.mixture.GaussianMixture.

    n_components; covariance_type: "full", "diag" or "spherical"; tol and max_iter: when a start ends; n_init: number of
    starts; reg_covar: smallest variance, 0 for one that follows from the data.

    Fitted: weights_, means_, covariances_, converged_, n_iter_, lower_bound_ (the mean of log p), n_features_in_."""

    def __init__(self, n_components: int = 1, *, covariance_type: str = "full", tol: float = 1e-6, max_iter: int = 200,
                 n_init: int = 4, reg_covar: float = 0.0, random_state: Any = None):
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.max_iter = max_iter
        self.n_init = n_init
        self.reg_covar = reg_covar
        self.random_state = random_state

    def _covariance(self) -> str:
        return {"diag": "diagonal"}.get(self.covariance_type, self.covariance_type)

    def fit(self, X: Any, y: Any = None, sample_weight: Optional[Any] = None) -> GaussianMixture:
        X = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
            if not (sample_weight != 0).any():
                raise ValueError("sample_weight: all are zero, one must be positive")
        with Context() as context, Mixture.fit(
                context, X, self.n_components, row_weights=sample_weight, covariance=self._covariance(),
                tolerance=self.tol, max_iterations=self.max_iter, starts=self.n_init, seed=self._seed(),
                covariance_floor=self.reg_covar) as mixture:
            self.weights_, self.means_, self.covariances_ = mixture.parameters()
            result = mixture.result
        self.converged_, self.n_iter_ = bool(result["converged"]), int(result["iterations"])
        self.lower_bound_ = float(result["log_likelihood"])
        return self

    def _mixture(self) -> Mixture:
        return Mixture.create(Context(), self.means_, self.covariances_, self.weights_, covariance=self._covariance())

    def score_samples(self, X: Any) -> Any:
        """log p(x) [rows], in nats."""
        X = self._rows(X)
        return self._mixture().log_density(X)

    def predict_proba(self, X: Any) -> Any:
        """The share of each component in each row: [rows, n_components]."""
        X = self._rows(X)
        return self._mixture().responsibilities(X)

    def predict(self, X: Any) -> Any:
        """The component with the largest share in each row."""
        return self.predict_proba(X).argmax(1)

    def sample(self, n_samples: int = 1) -> Tuple[Any, Any]:
        """Independent samples [n_samples, columns], and the component to which each belongs most."""
        check_is_fitted(self)
        x = self._mixture().sample(n_samples, self._seed())
        return x, self._mixture().responsibilities(x).argmax(1)
