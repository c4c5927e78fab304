# SPDX-License-Identifier: MIT
"""Mixtures of the Python module against moments in NumPy and rows that are repeated three times; runs as
test_python.py does."""
import os
import signal
import threading
import unittest

from test_python import main
import egm
import numpy as np

KINDS = {"full": (2, 2, 2), "diagonal": (2, 2), "spherical": (2,)}


def two_groups(rows=400):
    random = np.random.default_rng(7)
    return random.standard_normal((rows, 2)) + 12 * (np.arange(rows) % 2)[:, None]


def moments(x, weights):
    """Weight, mean and covariance of rows, each counted as often as its weight says."""
    mean = weights @ x / weights.sum()
    return weights.sum(), mean, (weights * (x - mean).T) @ (x - mean) / weights.sum()


class Mixtures(unittest.TestCase):
    def test_an_interrupt_stops_a_fit(self):
        """Ctrl-C in a fit of a million starts that never converge, which would take hours."""
        previous = signal.signal(signal.SIGINT, signal.default_int_handler)  # a runner may have ignored it
        try:
            with self.assertRaises(KeyboardInterrupt):
                threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
                egm.Mixture.fit(egm.Context(), two_groups(), 2, tolerance=0.0, max_iterations=10**6, starts=10**6)
            self.assertIs(signal.getsignal(signal.SIGINT), signal.default_int_handler)
        finally:
            signal.signal(signal.SIGINT, previous)

    def test_progress_of_a_fit(self):
        told = []
        mixture = egm.Mixture.fit(egm.Context(), two_groups(), 2, told.append, starts=1, max_iterations=50)
        self.assertEqual([(p["done"], p["total"]) for p in told],
                         [(i + 1, 50) for i in range(mixture.result["iterations"])])
        self.assertEqual(told[-1]["terms"], {"log_likelihood": mixture.result["log_likelihood"]})

        def stop(p):
            raise LookupError(p["done"])
        self.assertRaisesRegex(LookupError, "^1$", egm.Mixture.fit, egm.Context(), two_groups(), 2, stop)

    def test_a_fit_has_the_moments_of_its_groups(self):
        x, weights = two_groups(), np.arange(400) % 5
        mixture = egm.Mixture.fit(egm.Context(), x, 2, row_weights=weights, seed=1)
        self.assertEqual((mixture.components, mixture.dims, mixture.result["converged"]), (2, 2, 1))
        shares, means, covariances = mixture.parameters()
        for group in range(2):  # 17 standard deviations apart: shares of another group are below 1e-12
            count, mean, covariance = moments(x[group::2], weights[group::2])
            k = int(np.argmin(np.abs(means - mean).sum(1)))
            self.assertAlmostEqual(shares[k], count / weights.sum(), delta=1e-10)
            self.assertTrue(np.all(np.abs(means[k] - mean) <= 1e-9))
            self.assertTrue(np.all(np.abs(covariances[k] - covariance) <= 1e-9))
            self.assertTrue(np.all(mixture.responsibilities(x)[group::2, k] > 1 - 1e-10))
        log_p = mixture.log_density(x)
        self.assertAlmostEqual(weights @ log_p / weights.sum(), mixture.result["log_likelihood"], delta=1e-12)
        self.assertAlmostEqual(mixture.step(x, weights), mixture.result["log_likelihood"], delta=1e-12)
        self.assertAlmostEqual(mixture.step(x), log_p.mean(), delta=1e-9)  # after a step that gained nothing

    def test_weight_three_is_the_row_three_times(self):
        x = two_groups(100).astype(np.float32)
        for kind, shape in KINDS.items():
            tripled = egm.Mixture.fit(egm.Context(), np.repeat(x, 3, axis=0), 2, covariance=kind)
            weighted = egm.Mixture.fit(egm.Context(), x, 2, covariance=kind, row_weights=np.full(100, 3.0))
            self.assertEqual(weighted.parameters()[2].shape, shape)
            for one, other in zip(tripled.parameters(), weighted.parameters()):
                self.assertTrue(np.all(np.abs(one - other) <= 1e-10))

    def test_numbers_go_in_and_come_out(self):
        means, covariances, weights = [[0, 1], [2, 3]], [[1, 2], [3, 4]], [1, 3]
        mixture = egm.Mixture.create(egm.Context(), means, covariances, weights, covariance="diagonal")
        shares, found, variances = mixture.parameters()
        self.assertEqual((shares.tolist(), found.tolist(), variances.tolist()), ([0.25, 0.75], means, covariances))
        self.assertEqual(mixture.floors().tolist(), [0, 0])
        draws = mixture.sample(20000, seed=3)
        mean, variance = shares @ found, shares @ (variances + found**2) - (shares @ found)**2
        self.assertTrue(np.all(np.abs(draws.mean(0) - mean) <= 5 * np.sqrt(variance / 20000)))
        mixture.step(draws)
        self.assertTrue(np.all(mixture.floors() > 0))

    def test_what_does_not_fit_is_refused(self):
        x, context = two_groups(10), egm.Context()
        with self.assertRaisesRegex(egm.ArgumentError, r"row_weights\[3\] is -1"):
            egm.Mixture.fit(context, x, row_weights=[1, 1, 1, -1, 1, 1, 1, 1, 1, 1])
        with self.assertRaisesRegex(egm.ShapeError, "row_weights"):
            egm.Mixture.fit(context, x, row_weights=[1, 1])
        with self.assertRaises(egm.DtypeError):
            egm.Mixture.fit(context, [["1", "2"]])
        same = egm.Mixture.fit(context, x).parameters()
        for mine, other in zip(same, egm.Mixture.fit(context, x.tolist()).parameters()):
            self.assertTrue(np.array_equal(mine, other))
        with self.assertRaisesRegex(egm.ArgumentError, "covariance"):
            egm.Mixture.fit(context, x, covariance="round")
        with self.assertRaises(egm.ShapeError):
            egm.Mixture.create(context, [[0, 1]], [1, 1])
        with self.assertRaises(TypeError):
            egm.Mixture.create(context, [[0, 1]], [1], covariance="spherical", row_weights=[1])
        mixture = egm.Mixture.fit(context, x)
        with self.assertRaises(egm.ShapeError):
            mixture.step(x, [1, 2])
        with self.assertRaises(egm.ShapeError):
            mixture.log_density(np.zeros((3, 1)))
        mixture.close()
        with self.assertRaises(egm.StateError):
            mixture.floors()


if __name__ == "__main__":
    main()
