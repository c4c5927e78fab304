# SPDX-License-Identifier: MIT
"""What the module has for other packages, each test where its package is installed, and the data to try things on. Runs
as test_python.py does."""
import importlib
import os
import pickle
import tempfile
import unittest

from test_python import main, points, relu_net
import egm
import numpy as np
from egm import datasets, plot


def needs(name):
    """Skips a test without this package."""
    try:
        importlib.import_module(name)
    except ImportError:
        return unittest.skip("%s is not installed" % name)
    return lambda test: test


class Datasets(unittest.TestCase):
    def test_points_are_those_of_the_seed(self):
        for toy in (datasets.gaussians25, datasets.gaussians8, datasets.swissroll):
            x = toy(1000, seed=3)
            self.assertEqual((x.shape, x.dtype), ((1000, 2), np.dtype(np.float32)))
            self.assertTrue(np.array_equal(x, toy(1000, seed=3)))
            self.assertFalse(np.array_equal(x, toy(1000, seed=4)))
            self.assertEqual(toy(3, dtype=np.float64).dtype, np.dtype(np.float64))
            self.assertIn(toy.name, repr(toy))

    def test_every_mode_has_its_share(self):
        """Rows of mode i are centers[i] + sigma n, 40 for each mode. None of 2000 normal numbers is above 6, and
        the mean of 80 squares, whose standard deviation is 0.16, is in 0.3 to 2."""
        for toy, modes in ((datasets.gaussians25, 25), (datasets.gaussians8, 8)):
            self.assertEqual(len(toy.centers), modes)
            away = (toy(40 * modes, 1, np.float64).reshape(40, modes, 2) - toy.centers) / toy.sigma
            self.assertTrue(np.all(np.abs(away) < 6))
            square = (away**2).mean((0, 2))
            self.assertTrue(np.all((square > 0.3) & (square < 2)), square)

    def test_log_density_is_normalised(self):
        """Its exponential sums to 1 over a grid of steps of sigma / 2 around the data. The sum over a grid of a mean of
        normal densities is its integral up to exp(-2 pi^2 (sigma / step)^2) = exp(-79)."""
        for toy in (datasets.gaussians8, datasets.swissroll):
            noise = 0.1
            step = np.hypot(toy.sigma, noise) / 2
            line = np.arange(-3, 3, step)
            grid = np.stack(np.meshgrid(line, line), 2).reshape(-1, 2)
            self.assertTrue(abs(np.exp(toy.log_density(grid, noise)).sum() * step**2 - 1) <= 1e-9)

    def test_log_density_of_a_mixture(self):
        toy = datasets.gaussians25
        mixture = egm.Mixture.create(egm.Context(), toy.centers, np.full(25, toy.sigma**2), covariance="spherical")
        x = toy(500, 2, np.float64)
        self.assertTrue(np.all(np.abs(mixture.log_density(x) - toy.log_density(x)) <= 1e-9))

    def test_an_attribute_that_is_imported_when_asked_for(self):
        self.assertIs(egm.datasets, datasets)
        self.assertIs(egm.plot, plot)


class History(unittest.TestCase):
    def test_the_terms_of_a_training(self):
        history, model = plot.History(), relu_net(np.float32)
        trainer = egm.Trainer(egm.Loss.dsm(model), batch=4).fit(points(20, 5, np.float32), 7, history, every=3)
        self.assertEqual(history.steps, [3, 6, 7])
        self.assertEqual(list(history.terms), ["score_matching"])
        self.assertEqual(history.terms["score_matching"][-1], trainer.terms["score_matching"])


class Pictures(unittest.TestCase):
    """Each picture is drawn to a file; the numbers in it are those that were given."""

    def setUp(self):
        import matplotlib
        matplotlib.use("agg")

    def save(self, ax):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "picture.png")
            ax.figure.savefig(path)
            self.assertGreater(os.path.getsize(path), 1000)

    @needs("matplotlib")
    def test_energy(self):
        model = egm.Model(egm.Context(), "energy", 2).dense(1).build(np.float64)
        model.set_parameters([1, 10, 5])
        for u in (model, lambda x: x @ [1, 10] + 5):
            ax = plot.energy(u, (0, 2, -1, 1), points=3)
            shown = np.asarray(ax.images[0].get_array())
            self.assertTrue(np.allclose(shown, [[-5, -4, -3], [5, 6, 7], [15, 16, 17]], rtol=0, atol=1e-12))
            self.assertEqual(tuple(ax.images[0].get_extent()), (0, 2, -1, 1))
            self.save(ax)
        shown = np.asarray(plot.energy(model, (0, 2, -1, 1), points=3, density=True).images[0].get_array())
        self.assertTrue(np.allclose(shown[0], np.exp([0, -1, -2]), rtol=1e-12, atol=0))

    @needs("matplotlib")
    def test_draws_and_traces(self):
        x = points(60, 2, np.float64).reshape(10, 6, 2)
        ax = plot.draws(x)
        self.assertTrue(np.array_equal(ax.collections[0].get_offsets(), x.reshape(-1, 2)))
        self.save(ax)
        self.assertIs(plot.draws(x, ax=ax, color="red"), ax)
        ax = plot.traces(x, dim=1)
        self.assertEqual(len(ax.lines), 6)
        self.assertTrue(np.array_equal(ax.lines[2].get_ydata(), x[:, 2, 1]))
        self.save(ax)
        for bad in (x[0, 0], x[:, :, :1]):
            self.assertRaises(egm.ShapeError, plot.draws, bad)
        self.assertRaises(egm.ShapeError, plot.traces, x[0])

    @needs("matplotlib")
    def test_history(self):
        history = plot.History()
        for step in (1, 2):
            history({"step": step, "done": step, "total": 2, "terms": {"a": 10.0 * step, "b": 1.0}})
        ax = plot.history(history)
        self.assertEqual([list(line.get_ydata()) for line in ax.lines], [[10, 20], [1, 1]])
        self.assertEqual([line.get_label() for line in plot.history(history, ["b"]).lines], ["b"])
        self.save(ax)


class ArviZ(unittest.TestCase):
    @needs("arviz")
    def test_draws_with_names_and_energies(self):
        import arviz
        x, energies = points(60, 3, np.float64).reshape(20, 3, 3), points(20, 3, np.float64)
        data = egm.to_arviz(x, energies)
        self.assertTrue(np.array_equal(data.posterior["x"].values, x.swapaxes(0, 1)))
        self.assertTrue(np.array_equal(data.sample_stats["energy"].values, energies.T))
        named = egm.to_arviz(x, names=["a", "b", "c"])
        self.assertTrue(np.array_equal(named.posterior["b"].values, x[:, :, 1].T))
        found, ours = arviz.rhat(data), egm.diagnose(x)["r_hat"]
        found = getattr(found, "posterior", found)["x"].values
        self.assertTrue(np.all(np.abs(found - ours) <= 1e-9))
        self.assertRaises(egm.ShapeError, egm.to_arviz, x, names=["a"])
        self.assertRaises(egm.ShapeError, egm.to_arviz, x, energies[1:])


class PyTorch(unittest.TestCase):
    """The same network in both packages, with the weights of either. Both sum up to 90 products in f32 through up to 9
    layers; none stretches by more than some 4, and each loses a few units of 2^-24: 1e-5 of the largest output."""

    def compare(self, network, module, shape, x):
        import torch
        rows = torch.tensor(x).reshape(len(x), *shape) if shape else torch.tensor(x)
        with torch.no_grad():
            expected = module(rows.reshape(len(x), -1))
        if shape:
            x = np.ascontiguousarray(rows.permute(0, 2, 3, 1)).reshape(len(x), -1)
        if expected.dim() == 4:
            expected = expected.permute(0, 2, 3, 1).reshape(len(x), -1)
        expected = expected.numpy()
        self.assertTrue(np.abs(network.run(x) - expected).max() <= 1e-5 * np.abs(expected).max())

    @needs("safetensors")
    @needs("torch")
    def test_weights_both_ways(self):
        import torch
        from safetensors.torch import load, save
        from torch import nn
        spectral, image = nn.utils.parametrizations.spectral_norm, nn.Unflatten
        torch.manual_seed(7)
        for inputs, shape, module, add in (
                (5, None, nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.LeakyReLU(0.2), nn.Linear(6, 4),
                                        nn.LayerNorm(4), nn.SiLU(), nn.Linear(4, 1)),
                 lambda m: m.dense(6).batch_norm().leaky_relu(0.2).dense(4).layer_norm().silu().dense(1)),
                (60, (2, 6, 5), nn.Sequential(
                    image(1, (2, 6, 5)), nn.Conv2d(2, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.ReLU(),
                    nn.LayerNorm([4, 3, 3]), nn.Conv2d(4, 3, 2), nn.Flatten(), nn.LayerNorm(12), nn.Linear(12, 3)),
                 lambda m: m.image(6, 5, 2).conv(4, 3, 2, 1).batch_norm().relu().layer_norm().conv(3, 2).flatten()
                 .layer_norm().dense(3)),
                (3, None, nn.Sequential(
                    nn.Linear(3, 16), nn.BatchNorm1d(16), nn.ReLU(), image(1, (4, 2, 2)),
                    nn.ConvTranspose2d(4, 3, 4, 2, 1), nn.ELU(0.7),
                    nn.Upsample(scale_factor=2), nn.ConvTranspose2d(3, 2, 3, 2, 1, 1), nn.Sigmoid()),
                 lambda m: m.dense(16).batch_norm().relu().image(2, 2, 4).conv_transpose(3, 4, 2, 1).elu(0.7)
                 .upsample(2).conv_transpose(2, 3, 2, 1, 1).sigmoid()),
                (40, (2, 4, 5), nn.Sequential(
                    image(1, (2, 4, 5)), spectral(nn.Conv2d(2, 3, 2, 1, 1)), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
                    spectral(nn.Linear(18, 4)), nn.Softplus(), spectral(nn.Linear(4, 1))),
                 lambda m: m.image(4, 5, 2).spectral_conv(3, 2, 1, 1).tanh().average_pool(2).flatten().spectral_dense(4)
                 .softplus().spectral_dense(1))):
            for name, buffer in module.named_buffers():
                if name.endswith("running_mean") or name.endswith("running_var"):
                    buffer.copy_(torch.rand_like(buffer) + 0.3)
            module.eval()
            network, x = add(egm.Model(egm.Context(), "net", inputs)).build(seed=5), points(7, inputs, np.float32)
            own = network.save_pytorch_memory()
            network.restore_memory(save({k: v.contiguous() for k, v in module.state_dict().items()}))
            self.compare(network, module, shape, x)
            module.load_state_dict(load(own))
            self.compare(network.restore_memory(own), module.eval(), shape, x)


class Estimators(unittest.TestCase):
    @needs("sklearn")
    def test_they_are_estimators(self):
        from sklearn.utils.estimator_checks import check_estimator
        check_estimator(egm.sklearn.GaussianMixture())
        check_estimator(egm.sklearn.ScoreMatchingDensity(steps=50))

    @needs("sklearn")
    def test_a_mixture_is_that_of_the_library(self):
        x = points(200, 3, np.float64)
        made = egm.sklearn.GaussianMixture(3, covariance_type="diag", random_state=7)
        labels = made.fit(x).predict(x)
        self.assertEqual((made.weights_.shape, made.means_.shape, made.covariances_.shape), ((3,), (3, 3), (3, 3)))
        self.assertTrue(abs(made.score(x) - made.lower_bound_) <= 1e-5)  # EM has converged to tol = 1e-6
        self.assertTrue(np.array_equal(labels, made.predict_proba(x).argmax(1)))
        draws, components = made.sample(50)
        self.assertEqual((draws.shape, components.shape), ((50, 3), (50,)))
        again = pickle.loads(pickle.dumps(made))
        self.assertTrue(np.array_equal(again.score_samples(x), made.score_samples(x)))
        twice = egm.sklearn.GaussianMixture(3, covariance_type="diag", random_state=7).fit(
            np.repeat(x, 2, 0)[::2], sample_weight=np.full(200, 2.0))
        self.assertTrue(np.allclose(twice.means_, made.means_, rtol=1e-6))

    @needs("sklearn")
    def test_a_density_finds_the_data(self):
        """A normal distribution with mean (5, -3): U at the mean is lower than at 4 standard deviations, and the mean
        of 64 draws is within 6 standard errors of 1 / 8, and 0.2 for the training."""
        x = points(2000, 2, np.float64) * [1, 10] + [5, -3]
        made = egm.sklearn.ScoreMatchingDensity(steps=1000, random_state=1).fit(x)
        centre, far = made.score_samples([[5, -3], [9, -3]])
        self.assertGreater(centre, far)
        draws = made.sample(64, random_state=2)
        self.assertTrue(np.all(np.abs(draws.mean(0) - [5, -3]) <= np.array([1, 10]) * (6 / 8 + 0.2)), draws.mean(0))
        again = pickle.loads(pickle.dumps(made))
        self.assertTrue(np.array_equal(again.score_samples(x), made.score_samples(x)))

    @needs("joblib")
    @needs("sklearn")
    def test_other_processes_search(self):
        from sklearn.model_selection import GridSearchCV
        x = np.repeat([[0.0], [100.0]], 60, 0) + points(120, 1, np.float64)
        search = GridSearchCV(egm.sklearn.GaussianMixture(random_state=1), {"n_components": [1, 2]}, n_jobs=2, cv=3)
        shuffled = np.random.default_rng(1).permutation(x)
        self.assertEqual(search.fit(shuffled).best_params_, {"n_components": 2})


if __name__ == "__main__":
    main()
