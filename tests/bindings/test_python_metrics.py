# SPDX-License-Identifier: MIT
"""Metrics of the Python module against their formulas in NumPy; runs as test_python.py does. All arithmetic is in
double; a sum of n numbers has an error of at most gamma(n) times the sum of absolute values."""
import os
import signal
import threading
import unittest

from test_python import U64, gamma, main
import egm
import numpy as np
from egm import metric

RANDOM = np.random.default_rng(11)
X, Y = RANDOM.standard_normal((60, 3)), RANDOM.standard_normal((45, 3)) * 1.5 + 0.5


def distances(a, b):
    return np.sqrt(((a[:, None] - b[None])**2).sum(2))


def of_pairs(kernel, x, y, biased):
    """E k(x, x') + E k(y, y') - 2 E k(x, y)."""
    def within(a):
        k, n = kernel(distances(a, a)), len(a)
        return k.mean() if biased else (k.sum() - np.trace(k)) / (n * (n - 1))
    return within(x) + within(y) - 2 * kernel(distances(x, y)).mean()


class Samples(unittest.TestCase):
    def check(self, found, expected, size):
        """Within gamma(4000) of the sum of absolute values, about `size`: sums of 60^2 terms, each of about a dozen
        roundings of three columns. The tests in C have the derivation."""
        self.assertIsInstance(found, float)
        self.assertLessEqual(abs(found - expected), gamma(4000, U64) * size)
        self.assertGreater(abs(expected), 1e3 * gamma(4000, U64) * size)

    def test_mmd(self):
        for biased, estimator in ((True, "biased"), (False, "unbiased")):
            def kernel(d):
                return (np.exp(-d**2 / 2) + np.exp(-d**2 / 18)) / 2
            self.check(metric.mmd(X, Y, bandwidths=[1, 3], estimator=estimator), of_pairs(kernel, X, Y, biased), 4)
        both = np.concatenate([X, Y])
        median = np.median(distances(both, both)[np.triu_indices(len(both), 1)])
        self.assertLessEqual(abs(metric.median(X, Y) - median), 8 * U64 * median)
        self.check(metric.mmd(X, Y), of_pairs(lambda d: np.exp(-(d / median)**2 / 2), X, Y, False), 4)
        self.assertLessEqual(abs(metric.median(X) - np.median(distances(X, X)[np.triu_indices(60, 1)])), 1e-14)

    def test_energy_distance(self):
        for biased, estimator in ((True, "biased"), (False, "unbiased")):
            self.check(metric.energy(X, Y, estimator), -of_pairs(lambda d: d, X, Y, biased), 12)
        self.assertEqual(metric.energy(X, Y), metric.energy(X, Y, "unbiased"))

    def test_wasserstein_on_a_line(self):
        """With equal numbers of rows the distance pairs them in order. With other numbers each row is repeated until
        the numbers are equal. Both are exact up to sums of about 2700 terms."""
        a, b = X[:, :1].copy(), Y[:, :1].copy()
        p, q = np.sort(np.repeat(a[:, 0], 45)), np.sort(np.repeat(b[:, 0], 60))
        self.check(metric.sliced(a, b, power=1), np.abs(p - q).mean(), 2)
        self.check(metric.sliced(a, b), np.sqrt(((p - q)**2).mean()), 2)
        self.assertNotEqual(metric.sliced(X, Y, seed=1), metric.sliced(X, Y, seed=2))

    def test_frechet(self):
        """tr (C1 C2)^(1/2) is the sum of the roots of the eigenvalues of C1 C2."""
        c1, c2 = np.cov(X.T), np.cov(Y.T)
        root = np.sqrt(np.linalg.eigvals(c1 @ c2).real).sum()
        expected = ((X.mean(0) - Y.mean(0))**2).sum() + np.trace(c1) + np.trace(c2) - 2 * root
        self.check(metric.frechet(X, Y), expected, 20)

    def test_f32(self):
        """The results are those of the rounded rows."""
        x, y = X.astype(np.float32), Y.astype(np.float32)
        self.assertEqual(metric.energy(x, y), metric.energy(x.astype(float), y.astype(float)))

    def test_modes(self):
        centers = np.array([[0.0, 0], [10, 0], [0, 10]])
        x = np.array([[0.5, 0], [0, 1], [10, 2.5], [9, 0], [5.5, 0], [0, 0.25]])
        found = metric.mode_coverage(x, centers, 1.0, radius=2.0, least_points=1, weights=[0.5, 0.25, 0.25])
        self.assertEqual((found["covered"], found["high_quality"]), (2, 4 / 6))
        expected = 0.5 * np.log(0.5 / 0.5) + 0.5 * np.log(0.5 / 0.25)  # shares 3/6, 3/6, 0
        self.assertLessEqual(abs(found["reverse_kl"] - expected), 8 * U64)
        self.assertLessEqual(abs(found["kl_floor"] - 2 / 12), U64)

    def test_ranking(self):
        """AUROC by counting pairs; F1 of the three rows on top by hand."""
        scores = np.array([3.0, 1, 2, 2, 0, -1])
        positive = [True, False, True, False, False, True]
        p, n = scores[positive], scores[np.logical_not(positive)]
        auroc = ((p[:, None] > n).sum() + 0.5 * (p[:, None] == n).sum()) / 9
        found = metric.ranking(scores, positive)
        self.assertEqual((found["positives"], found["prevalence"]), (3, 0.5))
        self.assertLessEqual(abs(found["auroc"] - auroc), 4 * U64)
        self.assertEqual([found[name] for name in ("flagged", "precision", "recall")], [0.5, 2 / 3, 2 / 3])
        # thresholds 3, 2, 1, 0, -1: recall 1/3, 2/3, 2/3, 2/3, 1 at precision 1, 2/3, 1/2, 2/5, 1/2
        self.assertLessEqual(abs(found["average_precision"] - (1 + 2 / 3 + 1 / 2) / 3), 4 * U64)
        self.assertEqual(metric.ranking(scores.astype(np.float32), np.array(positive, int), share=1.0)["recall"], 1)


class Masses(unittest.TestCase):
    def test_histogram(self):
        found = metric.histogram(X[:, :2].copy(), [-1, 0], [1, 2], [4, 5])
        inside, _, _ = np.histogram2d(X[:, 0], X[:, 1], (4, 5), ((-1, 1), (0, 2)))
        self.assertTrue(np.all(np.abs(found[:-1] - inside.ravel() / 60) <= U64))
        self.assertLessEqual(abs(found[-1] - (1 - inside.sum() / 60)), 4 * U64)

    def test_divergences(self):
        p, q = np.array([0.5, 0.25, 0.25, 0]), np.array([0.125, 0.125, 0.5, 0.25])

        def kl(a, b):
            return sum(s * np.log(s / t) for s, t in zip(a, b) if s > 0)
        m = (p + q) / 2
        for found, expected in ((metric.kl(p, q), kl(p, q)), (metric.js(p, q), (kl(p, m) + kl(q, m)) / 2),
                                (metric.jeffreys(p[:3], [0.25, 0.25, 0.5]),
                                 kl(p[:3], [0.25, 0.25, 0.5]) + kl([0.25, 0.25, 0.5], p[:3]))):
            self.assertLessEqual(abs(found - expected), 16 * U64)
        self.assertEqual((metric.kl(q, p), metric.kl(p, p)), (np.inf, 0))


class Calls(unittest.TestCase):
    def test_threads_change_nothing(self):
        with egm.Context(threads=2) as context:
            for call in (metric.mmd, metric.energy, metric.sliced, metric.frechet, metric.median):
                self.assertEqual(call(X, Y, context=context), call(X, Y))

    def test_progress_and_what_it_raises(self):
        for call in (metric.mmd, metric.energy, metric.sliced, metric.frechet):
            told = []
            call(X, Y, progress=told.append)
            done = [p["done"] for p in told]
            self.assertEqual((done[0], done), (1, sorted(set(done))))
            self.assertTrue(done[-1] == told[-1]["total"] or call is metric.frechet)  # whose total is a bound

            def stop(p):
                raise LookupError(p["done"])
            self.assertRaisesRegex(LookupError, "^[1-9]", call, X, Y, progress=stop)

    def test_an_interrupt_stops_a_call(self):
        """Ctrl-C in some 10^10 pairs, which take a minute and more."""
        large = RANDOM.standard_normal((100000, 4))
        previous = signal.signal(signal.SIGINT, signal.default_int_handler)  # a runner may have ignored it
        try:
            with self.assertRaises(KeyboardInterrupt):
                threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
                metric.energy(large, large)
        finally:
            signal.signal(signal.SIGINT, previous)

    def test_samples_are_converted(self):
        """Integers of 32 bits and lists become float64, a second sample the dtype of the first."""
        whole = np.round(8 * X)
        expected = metric.energy(whole, Y)
        for x in (whole.astype(np.int32), whole.tolist(), whole.astype(np.float32).astype(object).tolist()):
            self.assertEqual(metric.energy(x, Y), expected)
        self.assertEqual(metric.energy(np.repeat(whole, 2, 0)[::2], Y), expected)
        self.assertEqual(metric.energy(Y, whole.astype(np.float32)), metric.energy(Y, whole))
        self.assertEqual(metric.ranking([3, 2, 1], [1, 0, 0]), metric.ranking(np.array([3., 2, 1]), np.arange(3) == 0))

    def test_what_does_not_fit_is_named(self):
        closed = egm.Context()
        closed.close()
        for call, kind, text in (
                (lambda: metric.mmd(X.astype(str), Y), egm.DtypeError, "x: dtype is .*float32 or float64"),
                (lambda: metric.mmd(X.astype(np.float32), Y), egm.DtypeError, "y: dtype is float64.* that of x"),
                (lambda: metric.mmd(X, Y[:, :2].copy()), egm.ShapeError, r"y: .* must be \('any', 3\)"),
                (lambda: metric.energy(np.ma.array(X), Y), egm.DtypeError, "masked"),
                (lambda: metric.energy(X, Y, "none"), egm.ArgumentError, "estimator: 'none' is none of"),
                (lambda: metric.mmd(X, Y, bandwidths=[0]), egm.ArgumentError, r"egm_metric_mmd: bandwidths\[0\]"),
                (lambda: metric.mmd(X, Y, bandwidths=2.0), egm.ShapeError, "bandwidths: a list of numbers"),
                (lambda: metric.mmd(X, Y, bandwidths=[]), egm.ArgumentError, "bandwidths: there are none in the list"),
                (lambda: metric.sliced(X, Y, power=3), egm.ArgumentError, "power"),
                (lambda: metric.sliced(X, Y, projections=0), egm.ArgumentError, "projections is 0, must be an integer"),
                (lambda: metric.frechet(X[:1], Y), egm.ArgumentError, "egm_metric_frechet: .*row"),
                (lambda: metric.median(X * np.nan), egm.NonfiniteError, "row 0"),
                (lambda: metric.energy(X, Y, context=closed), egm.StateError, "Context is closed"),
                (lambda: metric.kl([1.0], [0.5, 0.5]), egm.ShapeError, "q: shape"),
                (lambda: metric.js([0.5, 0.25], [0.5, 0.5]), egm.ArgumentError, "sum"),
                (lambda: metric.histogram(X, [0, 0], [1, 1], [2, 2]), egm.ShapeError, "lower"),
                (lambda: metric.histogram(X, [0] * 3, [1] * 3, [2, 2]), egm.ShapeError, "bins"),
                (lambda: metric.histogram(X, [0] * 3, [1] * 3, [2, 2, 0]), egm.ArgumentError, "bins"),
                (lambda: metric.mode_coverage(X, Y, 0), egm.ArgumentError, "sigma"),
                (lambda: metric.mode_coverage(X, Y, 1, weights=[1]), egm.ShapeError, "weights: 45"),
                (lambda: metric.ranking(X[:, 0].copy(), [True]), egm.ShapeError, "positive"),
                (lambda: metric.ranking(X[:2, 0], [1, -1]), egm.ArgumentError, "positive: has -1, must be 0 or 1"),
                (lambda: metric.ranking(X[:, 0] * np.nan, np.ones(60)), egm.NonfiniteError, "0")):
            with self.assertRaisesRegex(kind, text):
                call()
        for call in (lambda: metric.mmd(X, Y, seed=1), lambda: metric.mmd(X, Y, bandwidth_count=1),
                     lambda: metric.energy(X, Y, context=3), lambda: metric.mode_coverage(X, Y, "1"),
                     lambda: metric.kl([{}], [1])):
            self.assertRaises(TypeError, call)


if __name__ == "__main__":
    main()
