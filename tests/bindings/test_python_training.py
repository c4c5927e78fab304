# SPDX-License-Identifier: MIT
"""Losses and trainers of the Python module; runs as test_python.py does. What each loss computes is tested in C.
These tests check that the module passes on its arguments, and that interrupted, saved and shared trainings continue."""
import gc
import inspect
import os
import re
import signal
import tempfile
import threading
import time
import unittest
import weakref

from test_python import U32, main, points
import egm
import numpy as np

D, K = 3, 2  # columns of the data, dimensions of the latent variable
MASSES = [1, 2, 3]


def systems():
    """Of each loss of tests/any_loss.h: inputs and outputs of its networks, and the options that it requires."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "any_loss.h")) as file:
        rows = re.findall(r"^\tLOSS\((\w+), \w+, \d+, \((.*?)\), (.*)\)", file.read(), re.MULTILINE)
    for name, arguments, widths in rows:
        sizes = eval(widths.translate(str.maketrans("{}", "()")) + ",", {"DATA_WIDTH": D, "LATENT_WIDTH": K})
        yield name, (list(sizes), {"masses": MASSES} if "masses" in arguments else {})


NETS = dict(systems())
WITHOUT_DATA = ("histogram", "dde")
COLUMNS = {"cross_entropy": D + K}  # losses whose rows of data are more than a point


def net(inputs, outputs, dtype=np.float32, seed=1, context=None):
    return egm.Model(context or egm.Context(), "net", inputs).dense(8).silu().dense(outputs).build(dtype, seed)


def nets(name, dtype=np.float32):
    context = egm.Context()
    return [net(*sizes, dtype, seed, context) for seed, sizes in enumerate(NETS[name][0], 1)]


def loss(name, dtype=np.float32, **options):
    models = nets(name, dtype)
    return getattr(egm.Loss, name)(*models, **{**NETS[name][1], **options}), models


def trainer(seed=0, **options):
    """A trainer of dsm, with its network."""
    of, (energy,) = loss("dsm")
    return egm.Trainer(of, **{"batch": 8, "seed": seed, "learning_rate": 1e-2, **options}), energy


X = points(100, D, np.float32)


class Case(unittest.TestCase):
    def assert_same(self, *arrays):
        for array in arrays[1:]:
            self.assertTrue(np.array_equal(arrays[0], array))


class Losses(Case):
    def test_every_loss_is_made_and_steps(self):
        self.assertEqual(set(NETS), set(egm.Loss._systems))
        for name in NETS:
            for dtype in (np.float32, np.float64):
                of, models = loss(name, dtype)
                before = [model.parameters() for model in models]
                t = egm.Trainer(of, batch=8, learning_rate=1e-2)
                self.assertEqual((of.dtype, t.dtype, t.steps), (np.dtype(dtype), np.dtype(dtype), 0))
                self.assertTrue(all(np.isnan(list(t.terms.values()))))
                rows = points(100, COLUMNS.get(name, D), dtype)
                t.fit(None if name in WITHOUT_DATA else rows, 1)
                self.assertEqual((t.steps, tuple(t.terms)), (1, of.terms))
                self.assertTrue(np.isfinite(list(t.terms.values())).any(), name)
                moved = [not np.array_equal(model.parameters(), old) for model, old in zip(models, before)]
                self.assertEqual(moved, [name != "dde"] + [True] * (len(models) - 1), name)  # dde's first is constant

    def test_every_option_arrives_under_its_name(self):
        """C names the option that it rejects. -7 is out of every range except those of the histogram's bounds."""
        for name in NETS:
            signature, models = inspect.signature(getattr(egm.Loss, name)), nets(name)
            for option, p in signature.parameters.items():
                if p.kind != p.KEYWORD_ONLY or option == "masses":
                    continue
                bad = {str: "no such", float: np.nan, int: -7, bool: 2}[type(p.default)]
                with self.assertRaisesRegex(egm.ArgumentError, option, msg="%s: %s" % (name, option)):
                    getattr(egm.Loss, name)(*models, **{**NETS[name][1], option: bad})

    def test_every_enumerated_value_is_taken(self):
        """With networks of the widths that it needs."""
        needs = {"entropy": {"infogan": [(D, 1), (K, D), (D, K)]},
                 "decoder": {"gaussian_learned": [(D, 2 * K), (K, 2 * D)]},
                 "encoder": {"gaussian": [(D + K, 1), (K, D), (D, 2 * K)]},
                 "generator": {"gaussian": [(D + K, 1), (K, 2 * D), (D, K)]}}
        for name in NETS:
            for member in egm._structs.struct(name + "_options").members.values():
                for option, value in ((member.name, value) for value in member.choices):
                    sizes = needs.get(option, {}).get(value, NETS[name][0])
                    context = egm.Context()
                    models = [net(*size, context=context) for size in sizes]
                    of = getattr(egm.Loss, name)(*models, **{**NETS[name][1], option: value})
                    self.assertTrue(of.terms)

    def test_terms(self):
        self.assertEqual(loss("dsm")[0].terms, ("score_matching",))
        self.assertEqual(loss("wgan")[0].terms, ("critic_real", "critic_fake", "penalty", "generator"))

    def test_what_does_not_fit_is_named(self):
        good, context = net(D, 1), egm.Context()
        for call, kind, text in (
                (lambda: egm.Loss.dsm(net(D, 2)), egm.ShapeError, "energy"),
                (lambda: egm.Loss.gan(net(D, 1, context=context), net(K, D, np.float64, context=context)),
                 egm.DtypeError, "generator"),
                (lambda: egm.Loss.dsm(egm.Model(context, "bare", 2).dense(1)), egm.StateError, "'bare' is not built"),
                (lambda: egm.Loss.ls_gan(good, good), egm.ArgumentError, "must be different ones"),
                (lambda: egm.Loss.dsm(good, sigma=0), egm.ArgumentError, "sigma"),
                (lambda: egm.Loss.wgan(good, good, critic_steps=2**32 + 1), egm.ArgumentError, "critic_steps"),
                (lambda: egm.Loss.gan(good, good, form="least squares"), egm.ArgumentError, "form.*none of.*hinge"),
                (lambda: egm.Loss.histogram(net(K, 1), masses=[[1, 2]]), egm.ShapeError, "masses"),
                (lambda: egm.Loss.histogram(net(K, 1), masses=[1, -2]), egm.ArgumentError, "masses"),
                (lambda: egm.Trainer(loss("dsm")[0], batch=0), egm.ArgumentError, "batch"),
                (lambda: egm.Trainer(loss("dsm")[0], optimizer="adamw"), egm.ArgumentError, "optimizer.*rmsprop"),
                (lambda: egm.Trainer(loss("dsm")[0], learning_rate=np.inf), egm.ArgumentError, "learning_rate")):
            with self.assertRaisesRegex(kind, text):
                call()
        for call in (egm.Loss, lambda: egm.Loss.dsm(), lambda: egm.Loss.dsm(good, good), lambda: egm.Loss.dsm(None),
                     lambda: egm.Loss.dsm(good, sigmas=1), lambda: egm.Loss.dsm(good, struct_size=8),
                     lambda: egm.Loss.vae(good, good, reserved=1), lambda: egm.Loss.dsm(good, sigma="1"),
                     lambda: egm.Loss.histogram(good, masses=[1, 2], bins=2), lambda: egm.Trainer(good),
                     lambda: egm.Loss.histogram(good),
                     lambda: egm.Trainer(loss("dsm")[0], rate=1), lambda: egm.Loss.wgan(good, good, critic_steps=1.0)):
            self.assertRaises(TypeError, call)

    def test_log_likelihood_of_a_decoder_that_ignores_z(self):
        """All parameters 0 but the decoder's last bias m: z ~ N(0, I) under p(z|x) as well, all weights are the same,
        and log q(x) = log N(x; m, sigma^2 I). In f32: a dozen sums and products of numbers up to the size of |log q|
        and |z|^2 / 2, which cancels: 16 u of these with |z|^2 / 2 <= 20, which a pair exceeds once in 5 10^8."""
        of, (encoder, decoder) = loss("vae", sigma=0.7)
        encoder.set_parameters(np.zeros_like(encoder.parameters()))
        values = np.zeros_like(decoder.parameters())
        values[-D:] = m = np.array([0.5, -1, 2], np.float32)
        decoder.set_parameters(values)
        x = X[:70]
        squares = ((x.astype(np.float64) - m)**2).sum(1) / (2 * 0.7**2)
        constant = D * np.log(0.7 * np.sqrt(2 * np.pi))
        found = of.vae_log_likelihood(x, samples=5, seed=3)
        self.assertEqual((found.shape, found.dtype), ((70,), np.dtype(np.float64)))
        self.assertTrue(np.all(np.abs(found + squares + constant) <= 16 * U32 * (squares + abs(constant) + 20)))
        for call, kind, text in ((lambda: loss("dsm")[0].vae_log_likelihood(x, 1), egm.ArgumentError, "must be vae"),
                                 (lambda: of.vae_log_likelihood(x, 0), egm.ArgumentError, "samples"),
                                 (lambda: of.vae_log_likelihood(x[:, :2].copy(), 1), egm.ShapeError, "2 columns"),
                                 (lambda: of.vae_log_likelihood(x.astype(float), 1), egm.DtypeError, "of the loss"),
                                 (lambda: of.vae_log_likelihood(x * np.nan, 1), egm.NonfiniteError, "row 0")):
            self.assertRaisesRegex(kind, text, call)


class Training(Case):
    def test_dsm_finds_the_score_of_a_normal_distribution(self):
        """The minimum is dU/dy = y / (1 + sigma^2) for data of N(0, 1), here its quantiles. The average of
        4000 updates has the weights k^8, which is worth 17/81 of them: 840 steps of 256 pairs, whose targets n / sigma
        have the variance 1 / (sigma^2 (1 + sigma^2)) about it. The standard error of the slope is
        sqrt(1 / (sigma^2 (1 + sigma^2)^2 215000)) = 0.0035. The tolerance is 4.5 of them, and as much again for a
        network of 16 units, whose gradient cannot grow without bound as the line does."""
        from statistics import NormalDist
        sigma, count = 0.5, 4096
        x = np.array([[NormalDist().inv_cdf((i + 0.5) / count)] for i in range(count)])
        energy = egm.Model(egm.Context(), "energy", 1).dense(16).silu().dense(1).build(np.float64, 3)
        t = egm.Trainer(egm.Loss.dsm(energy, sigma=sigma), batch=256, seed=1, learning_rate=1e-2, beta1=0.9, beta2=0.99,
                        schedule="cosine", schedule_steps=4000, average_decay=0.999)
        t.fit(x, 4000)
        y = x * np.sqrt(1 + sigma**2)
        slope = (t.average(energy).energy_gradient(y)[1] * y).sum() / (y * y).sum()
        self.assertLessEqual(abs(slope - 1 / (1 + sigma**2)), 0.032)

    def test_ml_with_negatives_finds_a_mean(self):
        """U(x) = w x + b and a prior N(0, 1) are N(-w, 1), whatever the step of ula. The likelihood is highest at w =
        -mean of the data, or where the short run, which covers 1 - 0.95^80 of the way from 0, ends there. The batches
        cover whole epochs, so only the negatives scatter: the average of 1200 updates is worth 17/81 of them, more
        than 200 steps of 100 chains. After 20 transitions of step 0.1 the correlation with the start is 0.95^20 = 0.36,
        which doubles the variance of sums: 5 sqrt(2 / 20000) = 0.05. The initial network has no part in the average."""
        for start, kernel, options, own in (("pcd", egm.Sampler.ula, {"buffer": 500, "restart": 0.0}, {}),
                                            ("cd", egm.Sampler.mala, {}, {}),
                                            ("short_run", egm.Sampler.ula, {"steps": 80}, {"start_scale": 1.0})):
            energy = egm.Model(egm.Context(), "energy", 1).dense(1).build(np.float64, 1)
            energy.set_parameters(np.zeros(2))
            x = points(1000, 1, np.float64)
            x += 1.7 - x.mean()
            t = egm.Trainer(egm.Loss.ml(energy), batch=100, seed=2, learning_rate=0.02, average_decay=0.995)
            model = kernel(egm.Target.model(energy, prior_scale=1), step_size=0.1, **own)
            points_of_model = model.points
            t.set_negatives(model, start=start, **{"steps": 20, **options})
            t.fit(x, 1200)
            self.assertEqual(list(t.terms), ["energy_data", "energy_negative", "regularizer"])
            w = t.average(energy).parameters()[0]
            expected = -1.7 / (1 - 0.95**80 if start == "short_run" else 1)
            self.assertLessEqual(abs(w - expected), 0.05, start)
            self.assert_same(model.points, points_of_model)  # the trainer's chains are its own

    def test_negatives_are_checked(self):
        of, (energy,) = loss("ml")
        t, ula = egm.Trainer(of, batch=8), egm.Sampler.ula(egm.Target.model(energy), scale=[1, 2, 3])
        for options, kind, text in (({"start": "noise"}, egm.ArgumentError, "start.*cd, pcd, short_run"),
                                    ({"steps": 0}, egm.ArgumentError, "steps"),
                                    ({"buffer": 3}, egm.ArgumentError, "buffer"),
                                    ({"restart": 2}, egm.ArgumentError, "restart"),
                                    ({"sampler": ula, "adapt_step": True}, egm.ArgumentError, "adapt_step"),
                                    ({"sampler": egm.Sampler.ula(egm.Target.model(net(D, 1)))}, egm.ArgumentError,
                                     "target")):
            self.assertRaisesRegex(kind, text, t.set_negatives, **options)
        for options in ({"sampler": energy}, {"sampler": egm.Target.model(energy)}, {"chains": 3}, {"nonsense": 1}):
            self.assertRaises(TypeError, t.set_negatives, **options)
        self.assertRaisesRegex(egm.StateError, "reads no negative", trainer()[0].set_negatives)
        t.set_negatives(ula, start="cd", steps=2)
        ula.close()
        t.fit(X, 1)
        self.assertTrue(np.isnan(t.negatives_stats()["acceptance"]))  # ula has no Metropolis test
        self.assertRaisesRegex(egm.StateError, "Sampler is closed", t.set_negatives, ula)
        t.set_negatives()
        t.fit(X, 1)
        stats = t.negatives_stats()
        self.assertTrue(0 < stats["acceptance"] <= 1 and 0 < stats["step_size"] <= 0.1, stats)
        self.assertEqual(stats["gap_limit"], 100 + 20 * D)
        self.assertRaisesRegex(egm.StateError, "reads no negative", trainer()[0].negatives_stats)

    def test_bits_follow_from_the_seed(self):
        results = []
        for seed, data in ((1, X), (1, egm.Data(egm.Context(), X)), (2, X)):
            t, energy = trainer(seed)
            t.fit(data, 3)
            t.fit(data, 4)
            results.append(energy.parameters())
        self.assert_same(*results[:2])
        self.assertFalse(np.array_equal(results[0], results[2]))

    def test_a_checkpoint_goes_on(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "tränined")
            (t, energy), (other, copy) = trainer(1, average_decay=0.9), trainer(7, average_decay=0.9)
            t.fit(X, 5)
            t.save(path)
            other.restore(path)
            self.assertEqual(other.steps, 5)
            for each in (t, other):
                each.fit(X, 6)
            self.assert_same(energy.parameters(), copy.parameters())
            self.assert_same(t.average(energy).parameters(), other.average(copy).parameters())
            self.assertEqual(t.terms, other.terms)
            self.assertRaises(egm.FormatError, egm.Trainer(loss("ml")[0], batch=8).restore, path)
            self.assertRaises(egm.FileError, t.restore, path + "-")
            self.assertRaisesRegex(ValueError, "zero byte", t.save, path + "\0")

    def test_a_checkpoint_in_memory_goes_on(self):
        (t, energy), (other, again) = trainer(1, average_decay=0.9), trainer(7, average_decay=0.9)
        t.fit(X, 5)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "trained")
            t.save(path)
            with open(path, "rb") as file:
                self.assertEqual(t.state(), file.read())
        states = []
        t.fit(X, 1, lambda p: states.append(t.state()))
        other.restore_state(states[0])
        self.assertEqual((other.steps, other.state()), (6, states[0]))
        for each in (t, other):
            each.fit(X, 5)
        self.assert_same(energy.parameters(), again.parameters())
        self.assertRaises(egm.FormatError, egm.Trainer(loss("ml")[0], batch=8).restore_state, states[0])
        self.assertRaises(TypeError, t.restore_state, 5)
        self.assertRaisesRegex(egm.UnsupportedError, "max_data_bytes", t.restore_state, states[0], max_data_bytes=8)
        self.assertGreater(t.arena_bytes, 0)

    def test_learning_rates_and_averages(self):
        of, (discriminator, generator) = loss("gan")
        t, seen = egm.Trainer(of, batch=8, optimizer="sgd", learning_rate=0.5, average_decay=0.5), []
        before = generator.parameters()
        t.set_learning_rate(1e-30, generator)
        t.set_learning_rate(0.25, discriminator)
        t.fit(X, 2, lambda p: seen.append(p["learning_rate"]))
        self.assertEqual(seen, [0.25, 0.25])
        self.assertTrue(np.allclose(generator.parameters(), before, rtol=0, atol=1e-20))
        average = t.average(discriminator)
        self.assertEqual((average.name, average.inputs), (discriminator.name, discriminator.inputs))
        self.assertFalse(np.array_equal(average.parameters(), discriminator.parameters()))
        t.set_learning_rate(1e-3)
        t.fit(X, 1, lambda p: seen.append(p["learning_rate"]))
        self.assertEqual(seen[2], 1e-3)
        for call, kind, text in ((lambda: t.set_learning_rate(0), egm.ArgumentError, "learning_rate"),
                                 (lambda: t.set_learning_rate(1, net(D, 1)), egm.ArgumentError, "not one of"),
                                 (lambda: t.average(net(D, 1)), egm.ArgumentError, "not one of"),
                                 (lambda: trainer()[0].average(net(D, 1)), egm.ArgumentError, "not one of")):
            self.assertRaisesRegex(kind, text, call)
        t, energy = trainer()
        self.assertRaisesRegex(egm.StateError, "average_decay", t.average, energy)
        self.assertRaises(TypeError, t.average, None)
        self.assertRaises(TypeError, t.set_learning_rate, 1, t)

    def test_data_are_checked(self):
        t, _ = trainer()
        for bad, kind, text in ((X.astype(np.float64), egm.DtypeError, "x: .* must be float32, .* the trainer"),
                                (X.astype(str), egm.DtypeError, "numbers"), (X[0], egm.ShapeError, "2 dimension"),
                                (X[:, :2].copy(), egm.ShapeError, "2 columns"),
                                (X[:7], egm.ShapeError, "7 rows"), (X[:0], egm.ArgumentError, "0 rows"),
                                (np.where(np.arange(3) == 1, np.nan, X).astype(np.float32), egm.NonfiniteError,
                                 "row 0, column 1"), (None, egm.ArgumentError, "data is NULL"),
                                (egm.Data(egm.Context(), X.astype(np.float64)), egm.DtypeError, "f64.*f32")):
            with self.assertRaisesRegex(kind, text):
                t.fit(bad, 1)
        for steps, every in ((-1, 1), (2**63, 1), (1, 0)):
            self.assertRaises(egm.ArgumentError, t.fit, X, steps, None, every)
        self.assertRaises(TypeError, t.fit, X, 1.0)
        self.assertRaises(TypeError, egm.Data, None, X)
        self.assertRaisesRegex(egm.DtypeError, "float32 or float64", egm.Data, egm.Context(), X.astype(str))
        self.assertEqual(t.steps, 0)
        self.assertIs(t.fit(X, 0), t)
        data = egm.Data(egm.Context(), X)
        self.assertEqual((data.rows, data.columns, data.dtype), (100, D, np.dtype(np.float32)))
        with data:
            t.fit(data, 1)
        self.assertRaisesRegex(egm.StateError, "Data is closed", t.fit, data, 1)

    def test_what_diverges_is_named(self):
        t, _ = trainer(optimizer="sgd", learning_rate=1e30)
        with self.assertRaisesRegex(egm.NonfiniteError, "'dsm' is .* at step [0-9]"):
            t.fit(X, 100)
        self.assertLess(t.steps, 100)


class Progress(Case):
    def test_what_is_reported(self):
        t, _ = trainer(schedule="linear", schedule_steps=10)
        seen = []
        t.fit(X, 2)
        t.fit(X, 7, seen.append, every=3)
        self.assertEqual([(p["step"], p["done"], p["total"]) for p in seen], [(5, 3, 7), (8, 6, 7), (9, 7, 7)])
        self.assertTrue(np.allclose([p["learning_rate"] for p in seen], [6e-3, 3e-3, 2e-3], rtol=1e-12))
        self.assertEqual(seen[2]["terms"], t.terms)
        self.assertNotEqual(seen[0]["terms"], seen[1]["terms"])
        self.assertEqual(set(seen[0]), {"step", "done", "total", "learning_rate", "terms"})

    def test_exceptions_come_out_unchanged_and_training_goes_on(self):
        expected, expected_net = trainer(1)
        expected.fit(X, 10)
        for reason in (KeyError("an", "own"), KeyboardInterrupt(), SystemExit(3), StopIteration()):
            t, energy = trainer(1)

            def progress(p):
                if p["done"] == 4:
                    raise reason
            with self.assertRaises(type(reason)) as caught:
                t.fit(X, 10, progress)
            self.assertIs(caught.exception, reason)
            self.assertIsNone(caught.exception.__context__)
            self.assertEqual(t.steps, 4)
            t.fit(X, 6)
            self.assert_same(energy.parameters(), expected_net.parameters())

    def test_what_progress_returns_does_not_matter(self):
        t, _ = trainer()
        t.fit(X, 3, lambda p: True)
        self.assertEqual(t.steps, 3)

    def test_progress_may_use_nets_and_trainer_but_not_fit_or_close_it(self):
        t, energy = trainer(average_decay=0.5)
        seen = []
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "checkpoint")

            def progress(p):
                seen.append(energy.energy(X).sum())
                self.assertEqual((t.steps, t.terms), (p["step"], p["terms"]))
                t.average(energy)
                t.set_learning_rate(0.1 / p["step"])
                t.save(path)
                inner, _ = trainer()
                inner.fit(X, 1, lambda p: None)
                self.assertRaisesRegex(egm.StateError, "its own callback", t.fit, X, 1)
                self.assertRaisesRegex(egm.StateError, "Trainer is in a call", t.close)
            t.fit(X, 3, progress)
            again, copy = trainer(average_decay=0.5)
            again.restore(path)
            self.assert_same(copy.parameters(), energy.parameters())
        self.assertEqual(len(set(seen)), 3)
        t.close()
        t.close()
        for call in (lambda: t.fit(X, 1), lambda: t.terms, lambda: t.steps, lambda: t.save("x")):
            self.assertRaisesRegex(egm.StateError, "Trainer is closed", call)

    def test_an_interrupt_stops_training_without_progress(self):
        """Ctrl-C in a billion steps of some 10 microseconds, which would take hours without it."""
        (expected, net_), (t, energy) = trainer(1), trainer(1)
        previous = signal.signal(signal.SIGINT, signal.default_int_handler)  # a runner may have ignored it
        try:
            for progress in (None, lambda p: None):
                threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
                with self.assertRaises(KeyboardInterrupt):
                    t.fit(X, 10**9, progress)
                self.assertLess(t.steps, 10**9)
                self.assertIs(signal.getsignal(signal.SIGINT), signal.default_int_handler)
        finally:
            signal.signal(signal.SIGINT, previous)
        self.assertGreater(t.steps, 0)
        expected.fit(X, t.steps)
        self.assert_same(energy.parameters(), net_.parameters())

    def test_signals_that_arrive_anywhere_are_not_lost(self):
        def alarm(number, frame):
            raise TimeoutError("alarm")
        t, _ = trainer()
        for timer, number in ((signal.ITIMER_REAL, signal.SIGALRM), (signal.ITIMER_VIRTUAL, signal.SIGVTALRM)):
            before = signal.signal(number, alarm)
            try:
                for i in range(20):
                    with self.assertRaisesRegex(TimeoutError, "alarm"):
                        signal.setitimer(timer, 0.005)
                        t.fit(X, 10**9, None if i % 2 else lambda p: None, 1 + i % 3)
                    self.assertIs(signal.getsignal(number), alarm)
            finally:
                signal.signal(number, before)

    def test_what_a_handler_raises_leaves_no_lock_and_no_handler_behind(self):
        """Calls of some 100 microseconds with alarms at any time: most arrive in the Python part of fit()."""
        class Alarm(Exception):
            pass

        def alarm(number, frame):
            raise Alarm
        gc.collect()  # exceptions in destructors of other tests are lost
        (t, energy), data, caught = trainer(), egm.Data(egm.Context(), X), 0
        before = signal.signal(signal.SIGALRM, alarm)
        try:
            for i in range(500):
                try:
                    signal.setitimer(signal.ITIMER_REAL, 1e-5 * (1 + i % 50))
                    for _ in range(1000):
                        t.fit(data, 1, lambda p: None)
                except Alarm:
                    caught += 1
                self.assertIs(signal.getsignal(signal.SIGALRM), alarm)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        self.assertGreater(caught, 400)
        worker = threading.Thread(target=lambda: (t.steps, energy.energy(X)), daemon=True)
        worker.start()
        worker.join(3600)
        self.assertFalse(worker.is_alive())
        t.close()


class Lifetime(Case):
    def test_threads_share_data(self):
        """The progress of each trainer waits for the other: they can only end if they run at the same time."""
        barrier, data, results = threading.Barrier(2), egm.Data(egm.Context(), X), {}

        def run(seed):
            t, energy = trainer(seed)
            t.fit(data, 5, lambda p: barrier.wait(3600))
            results[seed] = energy.parameters()
        workers = [threading.Thread(target=run, args=(seed,)) for seed in (1, 2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        for seed in (1, 2):
            t, energy = trainer(seed)
            t.fit(X, 5)
            self.assert_same(results[seed], energy.parameters())

    def test_other_threads_wait_for_nets_in_training(self):
        t, energy = trainer()
        order, worker = [], threading.Thread(target=lambda: (energy.energy(X), order.append("net")))

        def progress(p):
            order.append(p["done"])
            if p["done"] == 1:
                worker.start()
            time.sleep(0.05)  # many times what the worker needs
        t.fit(X, 4, progress)
        worker.join()
        self.assertEqual(order, [1, 2, 3, 4, "net"])

    def test_handles_go_in_any_order(self):
        expected, expected_net = trainer(1)
        expected.fit(X, 4)
        of, (energy,) = loss("dsm")
        copy, data = [], egm.Data(egm.Context(), X)
        t = egm.Trainer(of, batch=8, seed=1, learning_rate=1e-2)

        def progress(p):
            data.close()
            energy.close()
            copy.append(p["step"])
        of.close()
        self.assertRaisesRegex(egm.StateError, "Loss is closed", egm.Trainer, of)
        block = data._block._free
        t.fit(data, 4, progress)
        gc.collect()
        self.assertFalse(block.alive)
        self.assertEqual((copy, t.terms), ([1, 2, 3, 4], expected.terms))
        self.assertRaisesRegex(egm.StateError, "Model is closed", t.average, energy)

    def test_a_loss_and_a_trainer_need_nothing_else(self):
        of, models = loss("gan")
        generator = weakref.ref(models[1])
        del models
        gc.collect()
        t = egm.Trainer(of, batch=8)
        del of
        gc.collect()
        self.assertIsNotNone(generator())
        t.fit(X, 2)
        alive = t._free
        del t
        gc.collect()
        self.assertFalse(alive.alive or generator() is not None)

    def test_an_array_is_kept_while_it_is_read_and_no_longer(self):
        """Only the call refers to the array, and reads it where it is."""
        (t, energy), (expected, expected_net) = trainer(1), trainer(1)
        expected.fit(X, 6)
        arrays, alive = [X.copy()], []
        watched = weakref.ref(arrays[0])

        def progress(p):
            gc.collect()
            [X.copy() * np.nan for _ in range(3)]  # allocations that would reuse its memory
            alive.append(watched() is not None)
        t.fit(arrays.pop(), 6, progress)
        gc.collect()
        self.assertEqual((alive, watched()), ([True] * 6, None))
        self.assert_same(energy.parameters(), expected_net.parameters())

    def test_progress_is_let_go(self):
        class Watched:
            def __call__(self, p):
                raise KeyError("traceback")
        t, progress = trainer()[0], Watched()
        watched = weakref.ref(progress)
        try:
            t.fit(X, 1, progress)
        except KeyError:
            pass
        del progress
        gc.collect()
        self.assertIsNone(watched())


if __name__ == "__main__":
    main()
