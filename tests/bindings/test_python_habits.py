# SPDX-License-Identifier: MIT
"""What programs in Python expect of any package: repr, copies, bars, Ctrl-C. Runs as test_python.py does."""
import copy
import io
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import types
import unittest
from unittest import mock

from test_python import main, points, relu_net
import egm
import numpy as np
from egm import _arrays, _bar, _callbacks, _library


class Habits(unittest.TestCase):
    def test_repr_shows_the_network(self):
        model = egm.Model(egm.Context(), "energy", 60).image(6, 5, 2).conv(4, 3, 2, 1).relu().flatten().dense(1)
        shown = "<egm.Model 'energy': 60 -> image -> conv 3x3x4 -> relu -> flatten 36 -> dense 1; %s, 113 parameters>"
        self.assertEqual(repr(model), shown % "not built")
        self.assertEqual(repr(model.build(np.float64)), shown % "float64")
        self.assertEqual(repr(egm.Model(egm.Context(), "x", 2)), "<egm.Model 'x': 2; not built, 0 parameters>")
        with model._lock:
            model._busy = True  # as in a callback of a call of this model
            self.assertEqual(repr(model), "<egm.Model, in a call>")
            model._busy = False
        held, go = threading.Event(), threading.Event()

        def hold():
            with model._lock:
                held.set()
                go.wait()
        other = threading.Thread(target=hold)
        other.start()
        held.wait()
        self.assertEqual(repr(model), "<egm.Model, in a call>")  # and it does not wait
        go.set()
        other.join()
        model.close()
        self.assertEqual(repr(model), "<egm.Model, closed>")

    def test_repr_of_what_is_not_created(self):
        for kind in (egm.Context, egm.Model, egm.Loss, egm.Trainer, egm.Data):
            self.assertEqual(repr(kind.__new__(kind)), "<egm.%s, not created>" % kind.__name__)

    def test_repr_of_the_other_handles(self):
        context, x = egm.Context(), points(20, 2, np.float64)
        model = egm.Model(context, "energy", 2).dense(1).build(np.float64)
        loss, target = egm.Loss.dsm(model), egm.Target.model(model)
        for handle, text in ((context, ": libegm .*; [0-9]+ bytes in use"),
                             (loss, ".dsm of 'energy'; terms score_matching"),
                             (egm.Trainer(loss, batch=4).fit(x, 3), " of Loss.dsm, step 3"),
                             (target, ".model: 2 dims, float64"),
                             (egm.Sampler.nuts(target), ".nuts: 4 chains, 2 dims, float64"),
                             (egm.Mixture.fit(context, x), ": 1 components in 2 dims, covariance full"),
                             (egm.Diagnostics(context, 2, 3), ": 2 chains, 3 dims, 0 draws each"),
                             (egm.Data(context, x), ": 20 rows, 2 columns, float64")):
            self.assertRegex(repr(handle), "^<egm.%s%s>$" % (type(handle).__name__, text))
            handle.close()
            self.assertRegex(repr(handle), "^<egm.%s, closed" % type(handle).__name__)

    def test_handles_without_a_saved_form_are_not_copied(self):
        model = relu_net(np.float32)
        for handle in (egm.Context(), egm.Loss.dsm(model), egm.Target.model(model), egm.Trainer(egm.Loss.dsm(model)),
                       egm.Sampler.nuts(egm.Target.model(model))):
            for how in (copy.copy, copy.deepcopy, pickle.dumps):
                self.assertRaisesRegex(TypeError, "%s cannot be copied" % type(handle).__name__, how, handle)

    def test_other_processes_get_copies(self):
        """As joblib sends them: pickled, to an interpreter that has just started."""
        model, x = relu_net(np.float32), points(6, 5, np.float32)
        program = ("import pickle, sys; model, x = pickle.load(sys.stdin.buffer); "
                   "sys.stdout.buffer.write(model.energy(x).tobytes())")
        run = subprocess.run([sys.executable, "-B", "-c", program], input=pickle.dumps((model, x)), check=True,
                             stdout=subprocess.PIPE)
        self.assertEqual(run.stdout, model.energy(x).tobytes())


class Interrupts(unittest.TestCase):
    """Ctrl-C during calls that have no progress function."""

    def setUp(self):
        self.previous = signal.signal(signal.SIGINT, signal.default_int_handler)  # a runner may have ignored it
        self.addCleanup(signal.signal, signal.SIGINT, self.previous)

    def replace(self, name, function):
        original = getattr(_library.lib, name)
        self.addCleanup(setattr, _library.lib, name, original)
        setattr(_library.lib, name, function)
        return original

    def test_rows_in_portions_are_the_same_bits(self):
        model, x = relu_net(np.float32), points(5000, 5, np.float32)
        whole = np.empty(5000, np.float32)
        model._call(_library.lib.egm_model_energy, _arrays.rows_of(x), _arrays.rows_of(whole))
        calls, before = [], _library.lib.egm_model_energy
        self.replace("egm_model_energy", lambda model, x, u: calls.append(x.rows) or before(model, x, u))
        self.assertTrue(np.array_equal(model.energy(x), whole))
        self.assertGreater(len(calls), 1)
        self.assertEqual(sum(calls), 5000)
        x[4999, 2] = np.nan
        self.assertRaisesRegex(egm.NonfiniteError, "row 4999", model.energy, x)

    def test_evaluation(self):
        model, x, calls = relu_net(np.float32), points(5000, 5, np.float32), []

        def energy(*arguments):
            calls.append(arguments)
            signal.raise_signal(signal.SIGINT)
            return 0
        self.replace("egm_model_energy", energy)
        self.assertRaises(KeyboardInterrupt, model.energy, x)
        self.assertEqual(len(calls), 1)
        self.assertEqual(len(model.generate(1, 3)), 3)  # the model is in no call

    def goes_on_alone(self, name, read):
        """read(context), which calls egm_<name>, ends at Ctrl-C, and its thread frees what it reads."""
        go, done, context = threading.Event(), threading.Event(), egm.Context()

        def load(*arguments):
            os.kill(os.getpid(), signal.SIGINT)
            go.wait()
            status = before(*arguments)
            done.set()
            return status
        before, in_use = self.replace("egm_" + name, load), context.bytes
        self.assertRaises(KeyboardInterrupt, read, context)
        go.set()
        self.assertTrue(done.wait(60), "the function was not called in a thread of its own")
        while context.bytes != in_use:  # until the thread has freed what it read
            time.sleep(0.001)

    def test_a_reader_of_files_goes_on_alone(self):
        file, model = io.BytesIO(), relu_net(np.float32).save_memory()
        np.save(file, np.zeros((1000, 10), np.float32))
        self.goes_on_alone("data_load_npy_memory", lambda context: egm.Data.load_npy_memory(context, file.getvalue()))
        self.goes_on_alone("model_load_memory", lambda context: egm.Model.load_memory(model, context))

    def test_a_fit_is_stopped_after_its_step(self):
        steps, go, before = [], threading.Event(), _callbacks.Progress.work

        def work(progress, *arguments):
            steps.append(threading.current_thread())
            os.kill(os.getpid(), signal.SIGINT)
            go.wait()
            before(progress, *arguments)
        context, x = egm.Context(), points(100, 2, np.float64)
        in_use = context.bytes
        with mock.patch.object(_callbacks.Progress, "work", work):
            self.assertRaises(KeyboardInterrupt, egm.Mixture.fit, context, x, 3, tolerance=0)
            go.set()
            self.assertEqual(context.bytes, in_use)  # it waits for the step
        self.assertEqual(len(steps), 1)
        self.assertEqual(egm.Mixture.fit(context, x, 3).components, 3)

    def leaves(self, name, call, handle):
        """call(), which calls egm_<name>, ends 0.1 s after Ctrl-C although C does not return, and handles that it uses
        wait for it. Returns what the next use of the handle sees."""
        go, order, begun = threading.Event(), [], threading.Event()

        def late(*arguments):
            begun.set()
            os.kill(os.getpid(), signal.SIGINT)
            go.wait(60)
            time.sleep(0.01)
            order.append("C")
            return before(*arguments)
        before = self.replace("egm_" + name, late)
        self.assertRaises(KeyboardInterrupt, call)
        setattr(_library.lib, "egm_" + name, before)
        self.assertFalse(order, "the call has waited for C")
        self.assertTrue(begun.is_set())
        self.assertIn("in a call", repr(handle))
        go.set()
        handle.close()  # waits
        self.assertEqual(order, ["C"])

    def test_every_long_call_ends(self):
        x, path = points(20, 5, np.float32), os.path.join(tempfile.mkdtemp(), "x")
        self.addCleanup(shutil.rmtree, os.path.dirname(path))

        def trainer():
            return egm.Trainer(egm.Loss.dsm(relu_net(np.float32)), batch=4)

        def sampler():
            return egm.Sampler.mala(egm.Target.model(relu_net(np.float32), prior_scale=1.0))
        mixture = egm.Mixture.create(egm.Context(), [[0.0] * 5], [1.0], covariance="spherical")
        for name, handle, call in (
                ("trainer_fit", trainer(), lambda t: t.fit(x, 1)),
                ("trainer_fit", trainer(), lambda t: t.fit(x, 1, lambda p: None)),
                ("trainer_save", trainer(), lambda t: t.save(path)),
                ("trainer_save_memory", trainer(), lambda t: t.state()),
                ("sampler_run", sampler(), lambda s: s.run(3)),
                ("sampler_warmup", sampler(), lambda s: s.warmup(3, lambda p: None)),
                ("model_save", relu_net(np.float32), lambda m: m.save(path)),
                ("model_save_pytorch", relu_net(np.float32), lambda m: m.save_pytorch(path)),
                ("target_evaluate", egm.Target.model(relu_net(np.float32), prior_scale=1.0), lambda t: t.evaluate(x)),
                ("target_ais", egm.Target.model(relu_net(np.float32), prior_scale=1.0), lambda t: t.ais(particles=4)),
                ("mixture_step", mixture, lambda m: m.step(x.astype(np.float64)))):
            with self.subTest(name):
                self.leaves(name, lambda: call(handle), handle)

    def test_what_a_call_uses_waits_for_it(self):
        net = relu_net(np.float32)
        target = egm.Target.model(net, prior_scale=1.0)
        self.leaves("sampler_run", lambda: egm.Sampler.mala(target).run(3), target)
        self.assertRaisesRegex(egm.StateError, "closed", target.evaluate, points(2, 5, np.float32))
        self.leaves("target_ais", lambda: egm.Target.model(net, prior_scale=1.0).ais(particles=4), net)

    def test_a_thread_does_not_wait_for_itself(self):
        context = egm.Context()
        file = io.BytesIO()
        np.save(file, np.zeros((10, 2), np.float32))
        with context._lock:  # as in a progress function of a call of this context
            self.assertEqual(egm.Data.load_npy_memory(context, file.getvalue()).rows, 10)


class Bars(unittest.TestCase):
    def fit(self, tqdm, stop=None):
        """What a fit of three steps with progress=True prints; tqdm is the module, or None for none."""
        model, x, log = relu_net(np.float32), points(6, 5, np.float32), io.StringIO()
        trainer, modules = egm.Trainer(egm.Loss.dsm(model), batch=4), {"tqdm": tqdm, "tqdm.auto": tqdm}
        with mock.patch.dict(sys.modules, modules), mock.patch("sys.stderr", log):
            trainer.fit(x, 3, progress=True)
        return log.getvalue(), trainer

    def test_a_line_without_tqdm(self):
        text, trainer = self.fit(None)
        self.assertRegex(text, r"^\r1/3 score_matching=[-0-9.e+]+ *\r.*3/3 score_matching=.*\n$")
        self.assertIn("%.4g" % trainer.terms["score_matching"], text)

    def test_the_bar_of_tqdm(self):
        made = []

        class Tqdm:
            def __init__(self, total):
                self.total, self.n, self.closed = total, 0, False
                made.append(self)

            def set_postfix_str(self, text, refresh):
                self.text = text

            def update(self, more):
                self.n += more

            def close(self):
                self.closed = True
        module = types.ModuleType("tqdm.auto")
        module.tqdm = Tqdm
        self.assertEqual(self.fit(module)[0], "")
        bar, = made
        self.assertEqual((bar.total, bar.n, bar.closed), (3, 3, True))
        self.assertRegex(bar.text, "^score_matching=")

    def test_everything_with_a_progress_function_has_a_bar(self):
        x, log = points(30, 2, np.float64), io.StringIO()
        model = egm.Model(egm.Context(), "energy", 2).dense(1).build(np.float64)
        sampler = egm.Sampler.mala(egm.Target.model(model, prior_scale=1))
        with mock.patch.dict(sys.modules, {"tqdm": None, "tqdm.auto": None}), mock.patch("sys.stderr", log):
            self.assertIs(sampler.warmup(10, progress=True), sampler)
            sampler.run(10, progress=True)
            egm.Target.model(model, prior_scale=1).ais(particles=4, progress=True)
            egm.Mixture.fit(egm.Context(), x, progress=True)
            egm.metric.mmd(x, x + 1, progress=True)
        self.assertGreaterEqual(log.getvalue().count("\n"), 5)
        self.assertRaisesRegex(TypeError, "progress is 5", sampler.run, 10, progress=5)
        line = _bar.Line(7)
        with mock.patch("sys.stderr", log):
            line.show(3, "", False)
            del line  # a call that was stopped
        self.assertTrue(log.getvalue().endswith("3/7 \n"))


if __name__ == "__main__":
    main()
