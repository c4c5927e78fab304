# SPDX-License-Identifier: MIT
"""Samplers, diagnostics and log Z of the Python module, against closed forms and NumPy; runs as test_python.py does.
An estimate is the mean over independent chains of each chain's mean, and its standard error comes from their
scatter, so that nothing about autocorrelation needs to be known."""
import gc
import os
import signal
import tempfile
import threading
import time
import unittest
import warnings
import weakref

from test_python import U64, dense, gamma, main, points, tensors
import egm
import numpy as np

MU, SD = np.array([1.0, -2.0]), np.array([0.5, 2.0])


def normal(dtype=np.float64):
    mu, precision = MU.astype(dtype), (1 / SD**2).astype(dtype)
    return lambda x: (((x - mu)**2 * precision).sum(1) / 2, (x - mu) * precision)


def target(function=None, dims=2, dtype=np.float64, **options):
    return egm.Target.callback(egm.Context(), function or normal(dtype), dims, dtype, **options)


def make(law, kernel="nuts", **options):
    return getattr(egm.Sampler, kernel)(law, **options)


def tanh_net(name, inputs, outputs, seed, context=None):
    return egm.Model(context or egm.Context(), name, inputs).dense(8).tanh().dense(outputs).build(np.float64, seed)


def evaluate_tanh_net(model, x, error):
    """The network in NumPy, and a bound of the difference to another evaluation in float64; tanh is within 4 ulp =
    8u."""
    t = tensors(model)
    y, e = dense(x, error, t["0.weight"], t["0.bias"], U64)
    return dense(np.tanh(y), e + 8 * U64, t["2.weight"], t["2.bias"], U64)


class Case(unittest.TestCase):
    def assert_same(self, *arrays):
        for array in arrays[1:]:
            self.assertTrue(np.array_equal(arrays[0], array))

    def assert_mean(self, draws, expected, errors=5):
        """Within 5 standard errors with 63 degrees of freedom: exceeded once in 200000 estimates with new draws."""
        of_chains = draws.astype(np.float64).mean(0)
        error = of_chains.std(0, ddof=1) / np.sqrt(len(of_chains))
        self.assertTrue(np.all(np.abs(of_chains.mean(0) - expected) <= errors * error))
        self.assertTrue(np.all(error <= 0.03 * np.sqrt(draws.astype(np.float64).var((0, 1)))))


class Laws(Case):
    def check_normal(self, dtype):
        sampler = egm.Sampler.nuts(target(dtype=dtype), chains=64, seed=5)
        self.assertEqual((sampler.chains, sampler.dims, sampler.dtype), (64, 2, np.dtype(dtype)))
        sampler.warmup(200)
        draws, energies = sampler.run(200, energies=True)
        self.assertEqual((draws.shape, draws.dtype), ((200, 64, 2), np.dtype(dtype)))
        self.assertEqual((energies.shape, energies.dtype), ((200, 64), np.dtype(dtype)))
        self.assert_mean(draws, MU)
        self.assert_mean((draws - MU)**2, SD**2)
        expected = normal()(draws.reshape(-1, 2).astype(np.float64))[0].reshape(200, 64)
        # x - mu has the relative error u |mu|/|x - mu|, the rest a few u: |error of U| <= u (8 U + 4 |mu| |dU/dx|)
        bound = np.finfo(dtype).eps * (8 * expected + 4 * (np.abs(MU) * np.abs(draws - MU) / SD**2).sum(2))
        self.assertTrue(np.all(np.abs(energies - expected) <= bound))

    def test_nuts_draws_a_normal_law_in_f32(self):
        self.check_normal(np.float32)

    def test_nuts_draws_a_normal_law_in_f64(self):
        self.check_normal(np.float64)

    def test_bounds_truncate_the_distribution(self):
        """exp(-x) above 0, and a constant between 2 and 4: means 1 and 3, variances 1 and 1/3."""
        box = target(lambda x: (x[:, 0].copy(), np.tile([1.0, 0.0], (len(x), 1))), lower=[0, 2], upper=[np.inf, 4])
        sampler = egm.Sampler.nuts(box, chains=64, seed=2)
        sampler.warmup(200)
        draws = sampler.run(200)
        self.assertTrue(np.all(draws > [0, 2]) and np.all(draws[:, :, 1] < 4))
        self.assert_mean(draws, [1, 3])
        self.assert_mean((draws - [1, 3])**2, [1, 1 / 3])
        self.assertRaisesRegex(egm.ArgumentError, r"row 0, dimension 1, must be in \[2, 4\]", box.evaluate,
                               np.array([[1.0, 5.0]]))
        z = box.ais(seed=3, particles=400)
        self.assertLessEqual(abs(z["log_z"] - np.log(2)), 5 * z["standard_error"])

    def test_log_partition_of_a_normal_law(self):
        options = {"seed": 1, "particles": 300, "levels": 50, "leapfrog_steps": 4, "base_scale": 1.5, "power": 1.5}
        result = target(beta=2).ais(**options)
        self.assertEqual(list(result), ["log_z", "standard_error", "ess", "acceptance", "gradients", "lost"])
        self.assertLessEqual(abs(result["log_z"] - np.log(np.pi * SD.prod())), 5 * result["standard_error"])
        self.assertTrue(0 < result["standard_error"] < 0.1 and 30 <= result["ess"] <= 300 and result["lost"] == 0)
        self.assertEqual(target(beta=2).ais(**options), result)

    def test_kernels_and_their_options(self):
        ladder = np.array([1, 2, 4], np.float32)
        for kernel, options in (("ula", {}), ("mala", {"target_accept": 0.6, "adapt_scale": 1}),
                                ("hmc", {"leapfrog_steps": 7, "jitter": 0.1, "divergence": 500.0}),
                                ("nuts", {"max_depth": 2, "scale": (0.5, 2)}),
                                ("tempered", {"temperatures": ladder, "steps_per_level": 2}),
                                ("annealed_langevin", {"temperatures": ladder[::-1], "steps_per_level": 3,
                                                       "denoise": 0.1})):
            sampler = make(target(), kernel, chains=3, seed=1, step_size=0.25, start_scale=0.5, **options)
            self.assertTrue(np.isfinite(sampler.run(20)).all())
            stats = sampler.stats()
            self.assertAlmostEqual(stats["step_size"], 0.25, places=15)
            self.assertEqual(sum(sampler.stats(chain)["gradients"] for chain in range(3)), stats["gradients"])
            self.assertEqual(stats["leapfrogs"] == 7, kernel == "hmc")
            self.assertEqual(np.isnan(stats["exchange"]), kernel != "tempered")
            self.assert_same(sampler.scale(2), options.get("scale", (1, 1)))
            if kernel in ("ula", "annealed_langevin"):
                self.assertRaisesRegex(egm.StateError, "adapts nothing", sampler.warmup, 10)
            else:
                sampler.warmup(30)
                self.assertEqual(sampler.stats()["transitions"], 0)


class Chains(Case):
    def make(self, **options):
        return make(target(), **{"seed": 7, **options})

    def test_draws_follow_from_the_seed(self):
        draws = self.make().run(10)
        parts = self.make()
        self.assert_same(draws, self.make().run(np.int64(10)), np.concatenate([parts.run(4), parts.run(6)]))
        self.assert_same(draws[1::2], self.make().run(5, thin=2))
        self.assert_same(draws[:, :3], self.make(chains=3).run(10))
        self.assertFalse(np.array_equal(draws, self.make(seed=8).run(10)))

    def test_points_are_where_the_chains_stand(self):
        sampler = self.make()
        self.assert_same(sampler.run(3)[-1], sampler.points)
        sampler.points = points(4, 2, np.float64)
        self.assert_same(sampler.points, points(4, 2, np.float64))
        self.assertFalse(np.array_equal(sampler.run(1)[0], points(4, 2, np.float64)))

    def test_saved_chains_go_on(self):
        with tempfile.TemporaryDirectory() as folder:
            path, sampler, other = os.path.join(folder, "chäins"), self.make(), self.make(seed=1)
            sampler.warmup(50)
            sampler.run(5)
            sampler.save(path)
            other.restore(path)
            self.assertEqual(repr(other.stats()), repr(sampler.stats()))  # as texts, because NaN does not equal itself
            self.assert_same(sampler.scale(1), other.scale(1))
            self.assert_same(sampler.run(5), other.run(5))
            self.assertRaises(egm.FormatError, self.make(chains=3).restore, path)
            self.assertRaises(egm.FormatError, self.make(kernel="mala").restore, path)
            self.assertRaises(egm.FileError, sampler.restore, path + "-")

    def test_chains_in_memory_go_on(self):
        sampler, other = self.make(), self.make(seed=1)
        sampler.warmup(50)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "chains")
            sampler.save(path)
            with open(path, "rb") as file:
                self.assertEqual(sampler.state(), file.read())
        states = []

        def progress(p):
            sampler.scale(0)
            states.append((p["done"], sampler.state(), sampler.points, sampler.stats()["transitions"]))
        last = sampler.run(5, progress=progress)[-1]
        self.assertEqual((states[-1][0], states[-1][3]), (5, 5 * 4))  # of all chains
        self.assert_same(states[-1][2], last)
        self.assertRaisesRegex(egm.StateError, "Sampler is in a call", sampler.run, 1,
                               progress=lambda p: sampler.restore_state(b""))
        states = [made for _, made, *_ in states]
        sampler.restore_state(states[-1])
        other.restore_state(states[-1])
        self.assert_same(sampler.run(5), other.run(5))
        self.assertRaises(egm.FormatError, self.make(chains=3).restore_state, states[-1])
        self.assertRaises(TypeError, sampler.restore_state, "text")

    def test_a_chain_that_goes_nonfinite_is_frozen(self):
        def function(x):
            return np.where(x[:, 0] > 50, np.nan, 0.0), np.zeros_like(x)
        sampler = egm.Sampler.ula(target(function), chains=3)
        sampler.points = np.array([[0.0, 0], [99, 0], [1, 0]])
        for _ in range(2):
            with self.assertWarnsRegex(RuntimeWarning, "1 of 3 chains are frozen"):
                draws = sampler.run(4)
            self.assertEqual([sampler.stats(chain)["frozen"] for chain in range(3)], [0, 1, 0])
            self.assertTrue(np.all(draws[:, 1] == [99, 0]) and np.all(draws[:, (0, 2), 0] != 0))
        sampler.points = np.array([[99.0, 0]] * 3)
        self.assertRaisesRegex(egm.NonfiniteError, "all 3 chains", sampler.run, 4)
        sampler.points = np.zeros((3, 2))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            sampler.run(4)

    def test_two_samplers_run_in_two_threads(self):
        """The energy of each sampler waits for a call of the other: they can only end if they run at the same time."""
        barrier = threading.Barrier(2)

        def together(x):
            barrier.wait(60)
            return normal()(x)
        shared, net, results = target(together), egm.Target.model(tanh_net("energy", 2, 1, 1), prior_scale=1), {}

        def run(seed):
            results[seed] = (egm.Sampler.ula(shared, seed=seed).run(50), egm.Sampler.nuts(net, seed=seed).run(50))
        workers = [threading.Thread(target=run, args=(seed,)) for seed in (1, 2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        for seed in (1, 2):
            self.assert_same(results[seed][0], egm.Sampler.ula(target(), seed=seed).run(50))
            self.assert_same(results[seed][1], egm.Sampler.nuts(net, seed=seed).run(50))


    def test_calls_release_the_interpreter_lock(self):
        sampler, ticks = egm.Sampler.nuts(egm.Target.model(tanh_net("energy", 2, 1, 1), prior_scale=1)), 0
        worker = threading.Thread(target=sampler.run, args=(10000,))  # about a second
        worker.start()
        while worker.is_alive():
            time.sleep(0.001)
            ticks += 1
        self.assertGreater(ticks, 10)


class Nets(Case):
    def test_a_network_as_target(self):
        """dU/dx_j = sum_i w2_i (1 - t_i^2) w1_ij, with t_i known within e_i + 8u: each evaluation is off by at most
        sum_i |w2_i| (2 (e_i + 8u) + gamma(12)) |w1_ij|; two are compared. The rest is V's own sum of three terms."""
        net, x = tanh_net("energy", 3, 1, 4), points(20, 3, np.float64)
        t, zero = tensors(net), np.zeros(x.shape)
        u, of_u = evaluate_tanh_net(net, x, zero)
        e = dense(x, zero, t["0.weight"], t["0.bias"], U64)[1]
        of_slope = (np.abs(t["2.weight"]) * (2 * (e + 8 * U64) + gamma(12, U64))) @ np.abs(t["0.weight"])
        v, gradient = egm.Target.model(net, beta=0.5, prior_scale=2).evaluate(x)
        expected, slope = u[:, 0] / 2 + (x * x).sum(1) / 8, net.energy_gradient(x)[1]
        self.assertTrue(np.all(np.abs(v - expected) <= 2 * of_u[:, 0] + 8 * U64 * ((x * x).sum(1) + np.abs(expected))))
        self.assertTrue(np.all(np.abs(gradient - (slope / 2 + x / 4)) <= 2 * of_slope + 8 * U64 * np.abs(x)))
        self.assertLess(of_slope.max(), 1e-12)

    def test_a_mixture_as_target(self):
        """U = -log p, with log p computed in NumPy; Z = 1."""
        means, variances = np.array([[0.0, 0], [3, 1]]), np.array([[1, 0.25], [0.5, 2]])
        mixture = egm.Mixture.create(egm.Context(), means, variances, [1, 3], covariance="diagonal")
        x = points(20, 2, np.float64)
        squares = ((x[:, None] - means)**2 / variances).sum(2)
        parts = np.array([0.25, 0.75]) * np.exp(-squares / 2) / (2 * np.pi * np.sqrt(variances.prod(1)))
        shares = parts / parts.sum(1, keepdims=True)
        slope = (shares[:, :, None] * (x[:, None] - means) / variances).sum(1)
        for dtype in (np.float64, np.float32):
            law = egm.Target.mixture(mixture, dtype, beta=0.5)
            self.assertEqual((law.dims, law.dtype), (2, np.dtype(dtype)))
            v, gradient = law.evaluate(x.astype(dtype))
            bound = 100 * np.finfo(dtype).eps * (1 + squares.max(1))  # x rounded to f32 moves squares by eps |x|^2 / s
            self.assertTrue(np.all(np.abs(v + 0.5 * np.log(parts.sum(1))) <= bound))
            self.assertTrue(np.all(np.abs(gradient - slope / 2) <= bound[:, None] * 4))
        law = egm.Target.mixture(mixture)
        mixture.close()
        del mixture
        gc.collect()
        z = law.ais(seed=1, particles=400)
        self.assertLessEqual(abs(z["log_z"]), 5 * z["standard_error"])
        sampler = egm.Sampler.nuts(law, chains=64, seed=1)
        sampler.warmup(200)
        self.assert_mean(sampler.run(400), 0.75 * means[1])
        self.assertRaises(TypeError, egm.Target.mixture, law)

    def test_log_weights(self):
        result = target().ais(log_weights=True, particles=50, levels=20, seed=3)
        w = result["log_weights"]
        self.assertEqual(w.shape, (50,))
        self.assertLessEqual(abs(np.log(np.exp(w).mean()) - result["log_z"]), 1e-12)
        self.assertEqual(set(result) - set(target().ais(particles=2, levels=1)), {"log_weights"})

    def test_latent_densities(self):
        context, z = egm.Context(), points(20, 2, np.float64)
        energy, generator = tanh_net("energy", 3, 1, 1, context), tanh_net("generator", 2, 3, 2, context)
        x, e = evaluate_tanh_net(generator, z, np.zeros_like(z))
        u, e = evaluate_tanh_net(energy, x, e)
        square = (z * z).sum(1)
        for kind, options, v in (("energy", {}, u[:, 0]), ("posterior", {}, u[:, 0] + square / 2),
                                 ("posterior", {"beta": 2, "prior_scale": 0.5}, 2 * u[:, 0] + 2 * square)):
            latent = egm.Target.latent(energy, generator, kind, **options)
            self.assertEqual((latent.dims, latent.dtype), (2, np.dtype(np.float64)))
            bound = 4 * e[:, 0] + 8 * U64 * (square + np.abs(v))  # twice two evaluations; the last sum
            self.assertTrue(np.all(np.abs(latent.evaluate(z)[0] - v) <= bound))
        self.assertEqual(egm.Sampler.nuts(latent).run(5).shape, (5, 4, 2))
        # G(z) = A z + b multiplies every volume by sqrt(det A^T A), computed within some u cond(A)^2.
        linear = egm.Model(context, "generator", 2).dense(3).build(np.float64, 1)
        a = tensors(linear)["0.weight"]
        both = [egm.Target.latent(energy, linear, kind).evaluate(z)[0] for kind in ("energy", "pullback")]
        growth = np.log(np.linalg.det(a.T @ a)) / 2
        self.assertTrue(np.all(np.abs(both[0] - both[1] - growth) <= 1000 * U64 * np.linalg.cond(a)**2))

    def test_latent_chains_in_f32(self):
        context = egm.Context(threads=2)
        energy = egm.Model(context, "energy", 3).dense(8).silu().dense(1).build(np.float32, 1)
        generator = egm.Model(context, "generator", 2).dense(8).silu().dense(3).build(np.float32, 2)
        draws = [egm.Sampler.nuts(egm.Target.latent(energy, generator), chains=6, seed=s).run(20) for s in (1, 1, 2)]
        self.assertEqual((draws[0].shape, draws[0].dtype), ((20, 6, 2), np.dtype(np.float32)))
        self.assertEqual(generator.run(draws[0].reshape(-1, 2)).shape, (120, 3))
        self.assert_same(*draws[:2])
        self.assertFalse(np.array_equal(draws[0], draws[2]))


class Diagnostics(Case):
    def test_numbers_are_those_of_numpy(self):
        draws = points(1600, 3, np.float64).reshape(400, 4, 3)
        for given in (draws, draws.astype(np.float32)):
            x, result = given.reshape(-1, 3).astype(np.float64), egm.diagnose(given)
            expected = {"mean": x.mean(0), "sd": x.std(0, ddof=1), "mcse": x.std(0, ddof=1) / result["ess_mean"]**0.5}
            expected.update(zip(("q05", "median", "q95"), np.quantile(x, (0.05, 0.5, 0.95), axis=0)))
            for name, value in expected.items():  # sums of 1600 numbers of size 1
                self.assertTrue(np.all(np.abs(result[name] - value) <= 1600 * U64), name)
            self.assertTrue(np.all(np.abs(result["r_hat"] - 1) < 0.02))
            for name in ("ess_bulk", "ess_tail", "ess_mean"):
                self.assertTrue(np.all((result[name] > 800) & (result[name] < 3200)), name)
        self.assertEqual(list(result), "mean sd mcse r_hat ess_bulk ess_tail ess_mean q05 median q95".split())

    def test_chains_that_disagree_are_found(self):
        draws = points(1600, 3, np.float64).reshape(400, 4, 3)
        draws[:, 2, 1] += 1
        r_hat = egm.diagnose(draws)["r_hat"]
        self.assertTrue(r_hat[1] > 1.1 and r_hat[0] < 1.02 and r_hat[2] < 1.02)

    def test_chains_that_stand_still(self):
        draws = points(1600, 3, np.float64).reshape(400, 4, 3)
        draws[:, 3, 0] = 0.25  # one of four
        draws[:, :, 1] = 0.25  # all, at one place
        draws[:, :, 2] = np.arange(4)  # all, at different places
        result = egm.diagnose(draws)
        self.assertTrue(1.4 < result["r_hat"][0] < 1.7 and np.isfinite(result["ess_bulk"][0]))
        self.assertTrue(np.isnan(result["r_hat"][1]) and np.isnan(result["ess_bulk"][1]))
        self.assertEqual(result["r_hat"][2], np.inf)
        self.assertTrue(np.all(~(result["r_hat"] <= 1.01)))

    def test_all_draws_are_kept(self):
        draws = points(5000, 1, np.float64).reshape(5000, 1, 1)
        self.assertLessEqual(abs(egm.diagnose(draws)["median"][0] - np.median(draws)), U64)

    def test_draws_as_they_come(self):
        draws = points(1600, 2, np.float64).reshape(400, 2, 4)[:, :, :3].copy()
        draws[:, 1, 2] = np.cumsum(draws[:, 1, 2])
        diagnostics = egm.Diagnostics(egm.Context(), 2, 3)
        for part in np.split(draws, 4):
            diagnostics.add(part)
        self.assertEqual(diagnostics.count(), (400, 400))
        at_once = egm.diagnose(draws)
        for dim in range(3):
            found = diagnostics.compute(dim)
            self.assertEqual(found, {name: values[dim] for name, values in at_once.items()})
        for chain in range(2):
            x = draws[:, chain, 2] - draws[:, chain, 2].mean()
            self.assertLessEqual(abs(diagnostics.compute(2, chain)["mean"] - draws[:, chain, 2].mean()), 400 * U64 * 50)
            expected = np.array([(x[:400 - lag] * x[lag:]).sum() for lag in range(5)]) / (x * x).sum()
            self.assertTrue(np.all(np.abs(diagnostics.autocorrelation(2, 5, chain) - expected) <= 1e-12))
        both = [diagnostics.autocorrelation(2, 5, chain) for chain in range(2)]
        self.assertTrue(np.all(np.abs(diagnostics.autocorrelation(2, 5) - np.mean(both, 0)) <= 1e-15))
        small = egm.Diagnostics(egm.Context(), 2, 3, capacity=50)
        small.add(draws)
        given, kept = small.count()
        self.assertTrue(given == 400 and 25 <= kept <= 50)
        energies = draws[:, :, 0].copy()
        steps, about = np.diff(energies, axis=0)**2, (energies - energies.mean(0))**2
        found = egm.Diagnostics.bfmi(energies)
        self.assertTrue(np.all(np.abs(found - steps.sum(0) / about.sum(0)) <= 1e-12))
        for call, text in ((lambda: diagnostics.add(draws[:, :1].copy()), "draws: shape"),
                           (lambda: diagnostics.compute(3), "dim is 3"),
                           (lambda: diagnostics.compute(0, 2), "chain is 2"),
                           (lambda: diagnostics.compute(0, -1), "chain"),
                           (lambda: diagnostics.autocorrelation(0, 401), "401 lags"),
                           (lambda: egm.Diagnostics(egm.Context(), 2, 3, 7), "capacity"),
                           (lambda: egm.Diagnostics.bfmi(energies[0]), "energies: .* 2 dimension")):
            self.assertRaisesRegex(ValueError, text, call)

    def test_misuse(self):
        good = np.zeros((10, 2, 3))
        for bad, text in ((good.astype(str), "float32 or float64"), (good + 1j, "complex128"),
                          (good[0], "3 dimension"), (good[:, :, :0].copy(), "dim"),
                          (good[:, :0].copy(), "chains"), (good * np.nan, "chain 0")):
            with self.assertRaisesRegex(ValueError, text) as caught:
                egm.diagnose(bad)
            self.assertIsInstance(caught.exception, egm.Error)


class Callbacks(Case):
    def test_x_is_a_view_that_cannot_be_written(self):
        def function(x):
            self.assertFalse(x.flags.owndata or x.flags.writeable)
            self.assertEqual((x.shape, x.dtype), ((4, 2), np.dtype(np.float32)))
            x[0] = 0
        with self.assertRaisesRegex(ValueError, "read-only"):
            egm.Sampler.nuts(target(function, dtype=np.float32)).run(1)

    def test_exceptions_come_out_unchanged(self):
        class Reason(Exception):
            pass
        calls, reason = [], None

        def function(x):
            calls.append(len(x))
            if len(calls) == 30:
                raise reason
            return normal()(x)
        law = target(function)
        sampler = egm.Sampler.nuts(law)
        for call in (lambda: sampler.run(100), lambda: sampler.warmup(100), lambda: law.ais(),
                     lambda: [law.evaluate(np.zeros((1, 2))) for _ in range(30)]):
            for reason in (Reason("an", "own", 1), KeyboardInterrupt(), SystemExit(3)):
                calls.clear()
                with self.assertRaises(type(reason)) as caught:
                    call()
                self.assertIs(caught.exception, reason)
                self.assertIsNone(caught.exception.__context__)
                self.assertEqual(len(calls), 30)
        self.assertTrue(np.isfinite(sampler.run(100)).all())

    def test_chains_that_stopped_stand_at_whole_transitions(self):
        def function(x):
            if sampler_calls.pop() == 0:
                raise StopIteration
            return normal()(x)
        sampler, sampler_calls = egm.Sampler.mala(target(function)), list(range(8))  # 1 + 6 transitions, and stop
        self.assertRaises(StopIteration, sampler.run, 10)
        self.assertEqual([sampler.stats(chain)["transitions"] for chain in range(4)], [6] * 4)
        self.assert_same(sampler.points, egm.Sampler.mala(target()).run(6)[-1])

    def test_exceptions_stay_in_their_thread(self):
        barrier, caught = threading.Barrier(2), {}

        def function(x):
            barrier.wait(60)
            raise KeyError(threading.current_thread().name)
        law = target(function)

        def run():
            try:
                egm.Sampler.nuts(law).run(1)
            except KeyError as reason:
                caught[threading.current_thread().name] = reason.args
        workers = [threading.Thread(target=run, name=name) for name in "ab"]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual(caught, {"a": ("a",), "b": ("b",)})

    def interrupt(self, call):
        """Ctrl-C during a call that would take hours or days."""
        previous = signal.signal(signal.SIGINT, signal.default_int_handler)  # a runner may have ignored it
        try:
            with self.assertRaises(KeyboardInterrupt):
                threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
                call()
            self.assertIs(signal.getsignal(signal.SIGINT), signal.default_int_handler)
        finally:
            signal.signal(signal.SIGINT, previous)

    def test_an_interrupt_stops_a_run_which_then_goes_on(self):
        net = egm.Model(egm.Context(), "energy", 2).dense(16).silu().dense(1).build(np.float64, 3)
        for kernel in egm.Sampler._kernels:
            law = egm.Target.model(net, prior_scale=1.0)
            sampler, expected = make(law, kernel, seed=5), make(law, kernel, seed=5)
            self.interrupt(lambda: sampler.run(1, thin=10**10))
            made = sampler.stats(0)["transitions"]
            self.assertEqual({sampler.stats(chain)["transitions"] for chain in range(4)}, {made})
            expected.run(1, thin=made)
            np.testing.assert_array_equal(sampler.run(2), expected.run(2))

    def test_an_interrupt_stops_a_callback_a_warmup_log_partition_and_a_likelihood(self):
        context = egm.Context()
        law, sampler = target(), egm.Sampler.nuts(target())
        self.interrupt(lambda: sampler.run(1, thin=10**10))
        net = egm.Model(context, "energy", 2).dense(16).silu().dense(1).build(np.float64, 3)
        law = egm.Target.model(net, prior_scale=1.0)
        sampler = egm.Sampler.nuts(law)
        self.interrupt(lambda: sampler.warmup(10**10))
        self.assertTrue(np.isfinite(sampler.run(5)).all())
        self.interrupt(lambda: law.ais(levels=10**5, particles=10**6))
        self.interrupt(lambda: law.ais(levels=10**5, particles=10**6, step_size=0.1))
        nets = [egm.Model(context, name, width).dense(out).build(np.float64, 3)
                for name, width, out in (("encoder", 3, 4), ("decoder", 2, 3))]
        loss = egm.Loss.vae(*nets)
        self.interrupt(lambda: loss.vae_log_likelihood(np.zeros((5, 3)), 10**10))
        self.assertTrue(np.isfinite(loss.vae_log_likelihood(np.zeros((5, 3)), 3)).all())

    def test_progress_of_long_calls(self):
        """It is called up to the last step, and its exception is raised by the call."""
        context, told = egm.Context(), []
        nets = [egm.Model(context, name, width).dense(out).build(np.float64, 3)
                for name, width, out in (("encoder", 3, 4), ("decoder", 2, 3))]
        sampler, loss, law = egm.Sampler.hmc(target()), egm.Loss.vae(*nets), target()
        calls = [(lambda p: sampler.run(7, thin=3, progress=p), 21), (lambda p: sampler.warmup(9, p), 9),
                 (lambda p: law.ais(p, levels=3, particles=300, step_size=0.1), 6),
                 (lambda p: loss.vae_log_likelihood(np.zeros((130, 3)), 4, 0, p), 12)]
        for call, total in calls:
            told.clear()
            call(told.append)
            self.assertEqual(told[-1], {"done": total, "total": total})
            self.assertEqual(told, sorted(told, key=lambda p: p["done"]))

            def stop(p):
                raise LookupError(p["done"])
            self.assertRaisesRegex(LookupError, "^[1-9]", call, stop)
            call(None)
        self.assertRaisesRegex(egm.StateError, "in a call", sampler.run, 1, progress=lambda p: sampler.run(1))

    def test_signals_that_arrive_in_c_are_not_lost(self):
        """This sampler spends nearly all its time on random numbers, so nearly all alarms arrive there. The other
        target is called once, and its alarm arrives after the function."""
        def alarm(number, frame):
            raise TimeoutError("alarm")

        class Pair(tuple):
            def __len__(self):
                signal.raise_signal(signal.SIGALRM)
                return 2
        zeros = np.zeros((4, 20000))
        sampler = egm.Sampler.ula(target(lambda x: (zeros[:, 0], zeros), 20000))
        before = signal.signal(signal.SIGALRM, alarm)
        try:
            for _ in range(10):
                with self.assertRaisesRegex(TimeoutError, "alarm"):
                    signal.setitimer(signal.ITIMER_REAL, 0.01)
                    while True:
                        sampler.run(4, thin=1000)
                self.assertIs(signal.getsignal(signal.SIGALRM), alarm)
            late = target(lambda x: Pair(normal()(x)))
            self.assertRaisesRegex(TimeoutError, "alarm", late.evaluate, np.zeros((1, 2)))
        finally:
            signal.signal(signal.SIGALRM, before)

    def test_wrong_results_name_what_was_expected(self):
        u, g = np.zeros(4), np.zeros((4, 2))
        for result, text in ((None, "tuple.*NoneType"), (g, "tuple.*ndarray"), ((u,), "tuple"), ((u, g, g), "tuple"),
                             ((0.0, g), r"energies: shape is \(\)"), ((u, [g]), "gradients.* 2 dimension"),
                             ((g, g), "energies: .* 1 dimension"), ((u[:3], g), r"energies: .*\(3,\), must be \(4,\)"),
                             ((u, g.T), r"gradients: .*\(2, 4\), must be \(4, 2\)"), ((u, u), "gradients: .* 2 dim"),
                             ((u, "none"), "gradients: .*str"), ((u, g + 1j), "complex128.*float64")):
            with self.assertRaisesRegex(ValueError, "callback: .*" + text) as caught:
                egm.Sampler.nuts(target(lambda x: result)).run(1)
            self.assertIsInstance(caught.exception, egm.Error)
        for result in ((u[::-1], np.asfortranarray(g)), (u.tolist(), g.astype(int)), (np.float32(u), g.tolist())):
            self.assertEqual(egm.Sampler.nuts(target(lambda x: result)).run(1).shape, (1, 4, 2))

    def test_a_callback_may_sample_but_not_with_its_own_sampler(self):
        inner = egm.Sampler.nuts(target(), seed=3)

        def function(x):
            action()
            return normal()(x)
        sampler = egm.Sampler.nuts(target(function))
        for action, text in ((lambda: sampler.points, "points: the sampler is in egm_sampler_run, must not be called from its energy"),
                             (lambda: sampler.run(1), "Sampler is in a call"), (sampler.close, "Sampler is in a call"),
                             (lambda: setattr(sampler, "points", np.zeros((4, 2))), "Sampler is in a call")):
            self.assertRaisesRegex(egm.StateError, text, sampler.run, 1)
        action = lambda: inner.run(1)
        self.assert_same(sampler.run(5), egm.Sampler.nuts(target()).run(5))
        sampler.close()
        sampler.close()
        self.assertRaisesRegex(egm.StateError, "Sampler is closed", sampler.run, 1)


class Misuse(Case):
    def test_options_are_checked(self):
        context = egm.Context()
        law, nuts, net = target(), egm.Sampler.nuts, tanh_net("energy", 2, 1, 1, context)
        for call, text in ((lambda: target(beta=0), "beta"), (lambda: target(upper=[-np.inf, 0]), r"lower\[0\]"),
                           (lambda: target(lower=[0]), r"lower: 2 number.*\(1,\)"), (lambda: target(upper=0), "upper"),
                           (lambda: target(dims=0), "dims is 0"), (lambda: target(dims=2**64 + 2), "dims"),
                           (lambda: target(dtype=np.int32), "float32 or float64"),
                           (lambda: egm.Target.latent(net, net, "prior"), "kind.*energy, posterior, pullback"),
                           (lambda: egm.Target.latent(net, tanh_net("generator", 2, 3, 1, context)), "3 outputs.*2"),
                           (lambda: egm.Target.latent(net, tanh_net("generator", 2, 2, 1)), "different contexts"),
                           (lambda: nuts(law, chains=0), "chains"), (lambda: nuts(law, seed=-1), "seed"),
                           (lambda: nuts(law, chains=2**64 + 4), "chains"),
                           (lambda: nuts(law, scale=[1, 2, 3]), "scale: 2"),
                           (lambda: nuts(law, scale=[1, -1]), r"scale\[1\]"),
                           (lambda: egm.Sampler.tempered(law, temperatures=[2, 3]), "rise from 1"),
                           (lambda: egm.Sampler.tempered(law, temperatures=[[1, 2]]), "temperatures"),
                           (lambda: egm.Sampler.tempered(law, temperatures=[]), "temperatures: there are none"),
                           (lambda: nuts(law, step_size=0), "step_size is 0, must be a number > 0"),
                           (lambda: nuts(law).run(0), "n: 0"), (lambda: nuts(law).run(-2**70), "n: -"),
                           (lambda: nuts(law).run(1, thin=0), "thin"),
                           (lambda: nuts(law).warmup(0), "steps is 0"),
                           (lambda: nuts(law).stats(4), "chain is 4"),
                           (lambda: nuts(law).stats(-1), "chain"), (lambda: nuts(law).scale(-1), "chain"),
                           (lambda: law.ais(particles=1), "particles"),
                           (lambda: law.evaluate(np.zeros((1, 3))), r"x: .* must be \('any', 2\)"),
                           (lambda: law.evaluate(np.zeros((1, 2), complex)), "complex128.*float64")):
            with self.assertRaisesRegex(ValueError, text) as caught:
                call()
            self.assertIsInstance(caught.exception, egm.Error)
        for call in (lambda: target(concurrent=1), lambda: target(struct_size=8), lambda: nuts(law, levels=2),
                     lambda: nuts(law, steps=1), lambda: egm.Sampler.ula(law, max_depth=3), egm.Sampler,
                     lambda: nuts(law, temperatures=[1, 2]), lambda: egm.Sampler(law),
                     lambda: nuts(law, chains=2.0), egm.Target,
                     lambda: nuts(law, step_size="1"), lambda: law.ais(chains=1),
                     lambda: nuts(net), lambda: egm.Target.model(law),
                     lambda: egm.Target.latent(net, law), lambda: egm.Target.callback(net, normal(), 2),
                     lambda: egm.Model(net, "energy", 2)):
            self.assertRaises(TypeError, call)
        self.assertRaises(egm.StateError, egm.Target.model, egm.Model(context, "energy", 2).dense(1))

    def test_points_are_checked(self):
        sampler, good = egm.Sampler.nuts(target(lower=[0, -np.inf])), np.ones((4, 2))
        for bad, text in ((good[:3], r"points: .* must be \(4, 2\)"), (good + 1j, "complex"), (-good, "dimension 0"),
                          (good * np.nan, "chain 0, dimension 0")):
            with self.assertRaisesRegex(ValueError, text):
                sampler.points = bad
        for form in (good.tolist(), good.astype(np.float32), np.asfortranarray(good), good.astype(int)):
            sampler.points = form
            self.assertTrue(np.array_equal(sampler.points, good))


class Lifetime(Case):
    def test_a_sampler_needs_nothing_else(self):
        expected = egm.Sampler.nuts(target()).run(5)
        context = egm.Context()
        law, net = egm.Target.callback(context, normal(), 2), tanh_net("energy", 2, 1, 1)
        sampler, other = egm.Sampler.nuts(law), egm.Sampler.nuts(egm.Target.model(net, prior_scale=1))
        for handle in (context, law, net):
            handle.close()
        self.assertRaisesRegex(egm.StateError, "Target is closed", law.evaluate, np.zeros((1, 2)))
        self.assertRaisesRegex(egm.StateError, "Target is closed", egm.Sampler.nuts, law)
        del context, law, net, handle
        gc.collect()
        self.assert_same(sampler.run(5), expected)
        self.assertTrue(np.isfinite(other.run(5)).all())

    def test_what_is_unused_goes(self):
        function = normal()
        sampler, watched = egm.Sampler.nuts(target(function)), weakref.ref(function)
        sampler.run(1)
        alive = sampler._free
        del function
        gc.collect()
        self.assertTrue(alive.alive and watched() is not None)
        del sampler
        gc.collect()
        self.assertFalse(alive.alive or watched() is not None)


if __name__ == "__main__":
    main()
