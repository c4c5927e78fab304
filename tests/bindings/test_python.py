# SPDX-License-Identifier: MIT
"""The Python module against formulas in NumPy. EGM_LIBRARY is the path of the library under test, PYTHONPATH the
folder of the module. Prints TAP, so that meson and tools/count.py see the single tests."""
import copy
import errno
import gc
import os
import pathlib
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

try:
    import numpy as np
except ImportError:
    print("1..1\nok 1 - the Python binding # SKIP NumPy is not installed for", sys.executable)
    sys.exit(0)
import egm
from egm import _callbacks, _library

U32, U64 = 2.0**-24, 2.0**-53  # unit roundoffs


def gamma(n, u):
    """The sum of n products in any order has an error of at most gamma(n) times the sum of absolute values. Higham
    2002, 3.1."""
    return n * u / (1 - n * u)


def tensors(model):
    """The parameters by name: parameters() divided by the shapes."""
    values, result, first = model.parameters().astype(np.float64), {}, 0
    for name, shape in model.tensor_shapes().items():
        count = int(np.prod(shape))
        result[name] = values[first:first + count].reshape(shape)
        first += count
    assert first == values.size == model.parameter_count
    return result


def dense(x, error, w, b, u):
    """W x + b in float64, and a bound of its error if x has an error of at most `error` and numbers are rounded to
    u."""
    size = (np.abs(x) + error) @ np.abs(w).T + np.abs(b)
    return x @ w.T + b, error @ np.abs(w).T + gamma(w.shape[1] + 1, u) * size


class Foreign:
    """An array of another package, which NumPy can read."""

    def __init__(self, x):
        self.x = x

    def __array__(self, dtype=None, copy=None):
        return self.x if dtype is None else self.x.astype(dtype)


class Lent:
    """An array of another package that has DLPack alone."""

    def __init__(self, x):
        self.x = x

    def __dlpack__(self, **how):
        return self.x.__dlpack__(**how)

    def __dlpack_device__(self):
        return self.x.__dlpack_device__()


def relu_net(dtype, seed=7):
    return egm.Model(egm.Context(), "energy", 5).dense(33).relu().dense(17).leaky_relu(0.25).dense(1).build(dtype, seed)


def evaluate_relu_net(model, x, u):
    """The slopes of both activations are at most 1, so they do not enlarge an error; the slope 1/4 is exact."""
    t = tensors(model)
    y, e = dense(x.astype(np.float64), np.zeros(x.shape), t["0.weight"], t["0.bias"], u)
    y, e = dense(np.maximum(y, 0), e, t["2.weight"], t["2.bias"], u)
    y, e = dense(np.where(y > 0, y, y / 4), e, t["4.weight"], t["4.bias"], u)
    return y[:, 0], e[:, 0]


def points(rows, columns, dtype):
    return np.random.default_rng(3).standard_normal((rows, columns)).astype(dtype)


class Numbers(unittest.TestCase):
    def check_energy(self, dtype, u):
        model, x = relu_net(dtype), points(300, 5, dtype)
        expected, bound = evaluate_relu_net(model, x, u)
        bound += evaluate_relu_net(model, x, U64)[1]  # the rounding of the reference itself
        for energy in (model.energy(x), model.run(x)[:, 0], model.energy_gradient(x)[0]):
            self.assertEqual((energy.dtype, energy.shape), (np.dtype(dtype), (300,)))
            self.assertTrue(np.all(np.abs(energy - expected) <= bound))
        self.assertGreater(np.ptp(expected), 100 * bound.max())  # the bound is small enough to tell energies apart

    def test_energy_is_that_of_numpy_in_f32(self):
        self.check_energy(np.float32, U32)

    def test_energy_is_that_of_numpy_in_f64(self):
        self.check_energy(np.float64, U64)

    def test_gradient_is_that_of_differences(self):
        """U = w2 tanh(W1 x + b1) + b2. As |tanh'''| <= 2, a central difference along j has an error of at most
        h^2/6 * 2 sum_i |w2_i| |W1_ij|^3, and of e/h if U has an error of e; tanh has at most 4 ulp = 8u. The same e/h
        again covers the rounding of the gradient, of x + h and of x - h, which are of the order of e, not of e/h."""
        model = egm.Model(egm.Context(), "energy", 3).dense(16).tanh().dense(1).build(np.float64, 5)
        t, x, h = tensors(model), points(20, 3, np.float64), 2.0**-17
        w1, w2 = np.abs(t["0.weight"]), np.abs(t["2.weight"][0])
        y, e = dense(np.abs(x) + h, np.zeros(x.shape), w1, t["0.bias"], U64)
        y, e = dense(np.ones_like(y), e + 8 * U64, t["2.weight"], t["2.bias"], U64)
        gradient = model.energy_gradient(x)[1]
        self.assertEqual(gradient.shape, x.shape)
        for j in range(3):
            step = np.eye(3)[j] * h
            above, below = x + step, x - step
            difference = (model.energy(above) - model.energy(below)) / (above - below)[:, j]
            bound = h * h / 3 * (w2 @ w1[:, j]**3) + 2 * e[:, 0] / h
            self.assertTrue(np.all(np.abs(gradient[:, j] - difference) <= bound))
            self.assertGreater(np.abs(gradient[:, j]).max(), 1000 * bound.max())

    def test_spectral_dense_divides_by_the_largest_singular_value(self):
        """One layer at the unit vectors gives W / sigma: within 1e-6 of that by NumPy's SVD in f32, as the sums have
        four products, u and v are of length 1 within 2^-24 each, and 100 rounds leave less of the other vectors."""
        model = egm.Model(egm.Context(), "net", 4).spectral_dense(3).build(np.float32, 3)
        t = tensors(model)
        self.assertEqual({name: w.shape for name, w in t.items()},
                         {"0.weight": (3, 4), "0.bias": (3,), "0.u": (3,), "0.v": (4,)})
        singular = np.linalg.svd(t["0.weight"], compute_uv=False)
        self.assertLess((singular[1] / singular[0])**400, 1e-9)
        y = model.run(np.eye(4, dtype=np.float32)).astype(np.float64) - t["0.bias"]
        self.assertTrue(np.all(np.abs(y.T - t["0.weight"] / singular[0]) <= 1e-6))
        with self.assertRaises(egm.ArgumentError):
            egm.Model(egm.Context(), "net", 4).spectral_dense(0)

    def test_convolution_is_that_of_numpy(self):
        """Small integers times small integers: exact in f32 in any order."""
        model = egm.Model(egm.Context(), "net", 24).image(3, 4, 2).conv(5, kernel=2, stride=1, padding=1)
        model.average_pool(2).upsample(2).flatten().build(np.float32, 3)
        self.assertEqual(model.tensor_shapes(), {"1.weight": (5, 2, 2, 2), "1.bias": (5,)})
        random = np.random.default_rng(4)
        w, b = random.integers(-3, 4, (5, 2, 2, 2)), random.integers(-3, 4, 5)
        model.set_parameters(np.concatenate([w.ravel(), b]).astype(np.float32))
        x = random.integers(-3, 4, (7, 3, 4, 2))
        wide = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        y = sum(wide[:, i:i + 4, j:j + 5] @ w[:, i, j].T for i in range(2) for j in range(2)) + b
        y = y[:, :, :4].reshape(7, 2, 2, 2, 2, 5).mean((2, 4)).repeat(2, 1).repeat(2, 2)
        self.assertTrue(np.array_equal(model.run(x.reshape(7, 24).astype(np.float32)), y.reshape(7, 80)))

    def test_transposed_convolution_is_the_adjoint(self):
        """sum y C(x) = sum x T(y) for one weight and no bias, exact as above."""
        c = egm.Model(egm.Context(), "net", 50).image(5, 5, 2).conv(3, 3, 2, 1).build(np.float64)
        t = egm.Model(egm.Context(), "net", 27).image(3, 3, 3).conv_transpose(2, 3, 2, 1).build(np.float64)
        random = np.random.default_rng(5)
        w, x, y = (random.integers(-3, 4, shape).astype(np.float64) for shape in (54, (1, 50), (1, 27)))
        c.set_parameters(np.concatenate([w, np.zeros(3)]))
        t.set_parameters(np.concatenate([w, np.zeros(2)]))
        self.assertEqual(np.sum(y * c.run(x)), np.sum(x * t.run(y)))

    def test_batch_norm_uses_running_statistics(self):
        model = egm.Model(egm.Context(), "net", 3).batch_norm(0.25).build(np.float64)
        self.assertEqual(list(model.tensor_shapes()), ["0.weight", "0.bias", "0.running_mean", "0.running_var"])
        model.set_parameters(np.array([1., 2, 3, 4, 5, 6, 7, 8, 9, 0.75, 3.75, 0]))
        x = points(4, 3, np.float64)
        expected = (x - [7, 8, 9]) / [1, 2, 0.5] * [1, 2, 3] + [4, 5, 6]
        self.assertTrue(np.all(np.abs(model.run(x) - expected) <= 1e-13))
        with self.assertRaises(egm.ArgumentError):
            egm.Model(egm.Context(), "net", 3).batch_norm(1e-5, 0)
        with self.assertRaisesRegex(egm.ArgumentError, "must be an image"):
            egm.Model(egm.Context(), "net", 4).spectral_conv(3, 2)

    def test_samples_do_not_depend_on_how_many_follow(self):
        model = egm.Model(egm.Context(), "generator", 4).dense(3).build(np.float32, 1)
        few, many = model.generate(9, 10), model.generate(9, 100)
        self.assertEqual((many.shape, many.dtype), ((100, 3), np.dtype(np.float32)))
        self.assertTrue(np.array_equal(few, many[:10]))
        self.assertFalse(np.array_equal(few, model.generate(10, 10)))

    def test_parameters_go_in_and_out(self):
        model = relu_net(np.float32)
        values = np.arange(model.parameter_count, dtype=np.float32) / 1024
        clone = model.clone()
        model.set_parameters(values)
        self.assertTrue(np.array_equal(model.parameters(), values))
        self.assertFalse(np.array_equal(clone.parameters(), values))
        with self.assertRaises(egm.ShapeError):
            model.set_parameters(values[1:])
        values[3] = np.nan
        with self.assertRaises(egm.NonfiniteError):
            model.set_parameters(values)

    def test_tensors_go_in_and_out(self):
        model = relu_net(np.float32)
        for name, w in tensors(model).items():
            self.assertTrue(np.array_equal(model.tensor(name), w))
        w = np.arange(33, dtype=np.float32)
        model.set_tensor("0.bias", w)
        self.assertTrue(np.array_equal(tensors(model)["0.bias"], w))
        for call, kind, text in ((lambda: model.tensor("9.bias"), egm.ArgumentError, "no tensor '9.bias', only 0.w"),
                                 (lambda: model.set_tensor("0.bias", w[1:]), egm.ShapeError, r"\(33,\)"),
                                 (lambda: model.set_tensor("0.bias", w.astype(float)), egm.DtypeError, "float64"),
                                 (lambda: model.set_tensor("0.bias", w * np.nan), egm.NonfiniteError, "0.bias")):
            self.assertRaisesRegex(kind, text, call)
        self.assertTrue(np.array_equal(model.tensor("0.bias"), w))

    def test_initializers(self):
        """Bounds of the uniform distributions and standard deviations of the normal ones, from 400 numbers: within a
        fifth, because the standard error of a standard deviation of 400 normal numbers is 1/28 of it."""
        deviations = {"fan_in_uniform": (1 / (3 * 20))**0.5, "glorot_uniform": (2 / 40)**0.5,
                      "glorot_normal": (2 / 40)**0.5, "he_uniform": (2 / 20)**0.5, "he_normal": (2 / 20)**0.5,
                      "lecun_normal": (1 / 20)**0.5, "dcgan_normal": 0.02, "zeros": 0}
        for name, deviation in deviations.items():
            w = egm.Model(egm.Context(), "net", 20).set_initializer(name).dense(20).build(np.float64).tensor("0.weight")
            self.assertTrue(abs(w.std() - deviation) <= deviation / 5, name)
        with self.assertRaisesRegex(egm.ArgumentError, "initializer: 'ones' is none of fan_in_uniform"):
            egm.Model(egm.Context(), "net", 20).set_initializer("ones")

    def test_threads_share_a_model(self):
        model, x = relu_net(np.float64), points(100, 5, np.float64)
        results = []
        workers = [threading.Thread(target=lambda: results.append(model.energy(x))) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual(len(results), 4)
        self.assertTrue(all(np.array_equal(result, model.energy(x)) for result in results))


class Files(unittest.TestCase):
    def test_a_saved_model_comes_back(self):
        with tempfile.TemporaryDirectory() as folder:
            for dtype in (np.float32, np.float64):
                model, path = relu_net(dtype), os.path.join(folder, "ünet.safetensors")
                model.save(path)
                loaded, x = egm.Model.load(path), points(7, 5, dtype)
                for what in ("name", "inputs", "outputs", "parameter_count", "dtype"):
                    self.assertEqual(getattr(loaded, what), getattr(model, what))
                self.assertEqual((loaded.summary(), loaded.tensor_shapes()), (model.summary(), model.tensor_shapes()))
                self.assertTrue(np.array_equal(loaded.parameters(), model.parameters()))
                self.assertTrue(np.array_equal(loaded.energy(x), model.energy(x)))

    def test_models_are_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            path, model, x = os.path.join(folder, "net"), relu_net(np.float64), points(7, 5, np.float64)
            model.save(path)
            with open(path, "rb") as file:
                content = file.read()
            self.assertEqual(model.save_memory(), content)
        other = relu_net(np.float64, seed=8)
        copies = [pickle.loads(pickle.dumps(model)), copy.copy(model), copy.deepcopy(model),
                  egm.Model.load_memory(content), egm.Model.load_memory(memoryview(content), egm.Context(threads=2)),
                  other.restore_memory(bytearray(content))]
        self.assertIs(copies[-1], other)
        for each in copies:
            self.assertTrue(np.array_equal(each.energy(x), model.energy(x)))
            self.assertEqual((each.name, each.summary()), (model.name, model.summary()))
        for wrong, kind in ((content[:-1], egm.FormatError), (b"", egm.Error), ("text", TypeError), (5, TypeError)):
            self.assertRaises(kind, egm.Model.load_memory, wrong)
            self.assertRaises(kind, other.restore_memory, wrong)
        self.assertRaisesRegex(egm.UnsupportedError, "max_data_bytes", egm.Model.load_memory, content, max_data_bytes=8)
        self.assertRaises(egm.StateError, pickle.dumps, egm.Model(egm.Context(), "bare", 2).dense(1))

    def test_weights_of_pytorch_are_restored(self):
        folder = os.path.join(os.path.dirname(__file__), "..", "io", "torch")
        with open(os.path.join(folder, "both_critic.txt")) as file:
            x, y = (np.array(line.split()[2:], np.float32).reshape([int(n) for n in line.split()[:2]]) for line in file)
        critic = egm.Model(egm.Context(), "critic", 60).image(6, 5, 2).conv(4, 3, 2, 1).leaky_relu(0.2).batch_norm()
        critic.conv(3, 4, 1, 1).tanh().flatten().layer_norm().dense(1).build()
        both = os.path.join(folder, "both.safetensors")
        self.assertIs(critic.restore(both, prefix="critic."), critic)
        np.testing.assert_allclose(critic.run(x), y, rtol=1e-5)
        before = critic.parameters()
        for keywords, kind in (({}, egm.FormatError), ({"layout": "pytorc", "prefix": "critic."}, egm.ArgumentError),
                               ({"layout": "egm", "prefix": "critic."}, egm.ShapeError),
                               ({"prefix": "generator.", "zero_bias": True}, egm.FormatError)):
            with self.assertRaises(kind):
                critic.restore(both, **keywords)
        np.testing.assert_array_equal(critic.parameters(), before)

    def test_bad_files_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "bad")
            missing = os.path.join(folder, 400 * "/." + "/bad")
            for name in (path, os.fsencode(path), Path(path), missing):
                with self.assertRaisesRegex(FileNotFoundError, "bad: cannot open: ") as caught:
                    egm.Model.load(name)
                error = caught.exception
                for each in (error, pickle.loads(pickle.dumps(error)), copy.copy(error)):
                    self.assertIsInstance(each, egm.FileError)
                    self.assertEqual((each.errno, each.strerror, each.filename, each.status, str(each)),
                                     (errno.ENOENT, os.strerror(errno.ENOENT), os.fspath(name), -50, error.text))
            with self.assertRaises(IsADirectoryError) as caught:
                egm.Model.load(folder)
            self.assertEqual((caught.exception.errno, caught.exception.filename), (errno.EISDIR, folder))
            with self.assertRaises(OSError) as caught:
                relu_net(np.float32).save(os.path.join(path, "in", "none"))
            self.assertEqual(caught.exception.errno, errno.ENOENT)
            with open(path, "wb") as file:
                file.write(b"not a model at all")
            with self.assertRaises(egm.FormatError):
                egm.Model.load(path)
            with self.assertRaisesRegex(ValueError, "zero byte"):
                egm.Model.load(path + "\0")


class Misuse(unittest.TestCase):
    def test_errors_carry_status_and_text(self):
        with self.assertRaisesRegex(ValueError, "threads.*257") as caught:
            egm.Context(threads=257)
        error = caught.exception
        self.assertEqual((type(error), error.status, error.text), (egm.ArgumentError, -1, str(error)))
        again = pickle.loads(pickle.dumps(error))
        self.assertEqual((type(again), again.status, again.text), (egm.ArgumentError, -1, error.text))

    def test_statuses_have_their_python_kind(self):
        for kind, base in ((egm.OutOfMemoryError, MemoryError), (egm.FileError, OSError), (egm.ShapeError, ValueError)):
            self.assertTrue(issubclass(kind, base) and issubclass(kind, egm.Error))
            self.assertEqual(str(kind(-1, "text")), "text")
        with self.assertRaises(MemoryError):  # 2^59 bytes: fits into 64 bits, but no machine has as many addresses
            egm.Model(egm.Context(), "large", 2**20).dense(2**37).build(np.float32, 1)

    def test_wrong_arrays_name_what_was_expected(self):
        model, x = relu_net(np.float32), points(6, 5, np.float32)
        for wrong, text in ((x.astype(np.float64), "x: dtype is float64, must be float32, .* model 'energy'"),
                            (np.ma.masked_array(x, x > 1), "masked"), (x + 1j, "dtype is complex"),
                            (x.astype(object), r"dtype is object \(ndarray\)"), (x.astype(str), "numbers"),
                            (x.astype(np.longdouble), "must be float32"), ([[None] * 5], "dtype is object"),
                            ([[1, 2], [1]], "different lengths|object"), (None, "NoneType"), ("12345", "str"),
                            (np.full((1, 5), 2**24 + 1), "integer 16777217, must be at most 16777216"),
                            ([[0, 0, 0, 0, -2**24 - 1]], "integer -16777217"), (x[0], "2 dimension"),
                            (x[:, :4].copy(), "4 columns, must have 5"), (x[:0], "0 rows"), (x * np.nan, "row 0")):
            for call in (model.energy, model.energy_gradient, model.run):
                with self.assertRaisesRegex(ValueError, text) as caught:
                    call(wrong)
                self.assertIsInstance(caught.exception, egm.Error)

    def test_arrays_that_convert_without_loss_are_converted(self):
        """Every form of the same numbers gives the same bits: sixteenths of at most 16 are exact in float16."""
        model, wide = relu_net(np.float32), relu_net(np.float64)
        x = np.float32(np.random.default_rng(3).integers(-256, 257, (6, 5)) / 16)
        unaligned = np.zeros(1 + x.nbytes, np.uint8)[1:].view(np.float32).reshape(x.shape)
        unaligned[...] = x
        forms = [x.astype(">f4"), x.astype(np.float16), x.tolist(), [tuple(row) for row in x], list(x), unaligned,
                 np.asfortranarray(x), np.repeat(x, 2, 0)[::2], memoryview(x), Foreign(x)]
        if hasattr(np, "from_dlpack"):
            forms.append(Lent(x))
        for form in forms:
            self.assertTrue(np.array_equal(model.energy(form), model.energy(x)), form)
            self.assertTrue(np.array_equal(wide.energy(form), wide.energy(x.astype(np.float64))), form)
        whole = np.floor(x)
        for dtype in (np.int8, np.int64, np.int32):
            self.assertTrue(np.array_equal(model.energy(whole.astype(dtype)), model.energy(whole)))
        for form in (whole > 0, (whole > 0).tolist(), np.uint64(whole > 0), np.uint8(whole > 0)):
            self.assertTrue(np.array_equal(model.energy(form), model.energy(np.float32(whole > 0))))
        edge = np.array([[2**24, -2**24, 0, 0, 1]])
        self.assertTrue(np.array_equal(model.energy(edge), model.energy(np.float32(edge))))
        # Floats of Python are rounded, because they have no dtype of their own; an array of float64 has one.
        self.assertTrue(np.array_equal(model.energy([[0.1] * 5]), model.energy(np.full((1, 5), np.float32(0.1)))))
        with self.assertRaisesRegex(TypeError, "use astype"):
            model.energy(np.full((1, 5), 0.1))
        with self.assertRaisesRegex(egm.DtypeError, "9007199254740993"):
            wide.energy(np.full((1, 5), 2**53 + 1))
        values = list(range(model.parameter_count))
        model.set_parameters(values)
        self.assertTrue(np.array_equal(model.parameters(), values))
        model.set_tensor("4.bias", [7])
        self.assertEqual(model.tensor("4.bias"), 7)

    def test_tables_and_tensors_of_other_packages(self):
        model, x = relu_net(np.float32), points(6, 5, np.float32)
        tried = []
        try:
            import pandas
            tried.append("pandas")
            table = pandas.DataFrame(x)
            self.assertTrue(np.array_equal(model.energy(table), model.energy(x)))
            self.assertRaisesRegex(egm.DtypeError, "float64.*astype", model.energy, table.astype(float))
            self.assertRaisesRegex(egm.DtypeError, "object.*DataFrame", model.energy, table.astype(object))
        except ImportError:
            pass
        try:
            import torch
            tried.append("torch")
            self.assertTrue(np.array_equal(model.energy(torch.tensor(x)), model.energy(x)))
            self.assertRaises(RuntimeError, model.energy, torch.tensor(x, requires_grad=True))
        except ImportError:
            pass
        if not tried:
            self.skipTest("neither pandas nor PyTorch is installed")

    def test_integers_are_not_cut_to_their_width(self):
        model = egm.Model(egm.Context(), "energy", 2)
        for call in (lambda: model.dense(2**64 + 1), lambda: model.dense(0), lambda: model.build(seed=-1),
                     lambda: egm.Context(threads=2**32 + 1), lambda: egm.Model(egm.Context(), "a\0b", 2),
                     lambda: egm.Model(egm.Context(), "no spaces", 2), lambda: model.build(np.int32)):
            with self.assertRaises(ValueError):
                call()
        with self.assertRaises(TypeError):
            model.dense(2.0)

    def test_an_unbuilt_model_says_so(self):
        model = egm.Model(egm.Context(), "energy", 2).dense(1)
        for call in (lambda: model.dtype, lambda: model.energy(np.zeros((1, 2))), lambda: model.generate(1, 1)):
            with self.assertRaisesRegex(egm.StateError, "'energy' is not built"):
                call()
        with self.assertRaises(egm.StateError):
            model.build().build()

    def test_an_energy_has_one_output(self):
        model = egm.Model(egm.Context(), "generator", 2).dense(2).build()
        with self.assertRaisesRegex(egm.ShapeError, "2 outputs, must have 1"):
            model.energy(np.zeros((1, 2), np.float32))


class Contexts(unittest.TestCase):
    def test_bytes_are_counted(self):
        with egm.Context() as context:
            before = context.bytes
            model = egm.Model(context, "net", 100).dense(1000).build(np.float64)
            grown = context.bytes - before
            self.assertTrue(8 * model.parameter_count <= grown <= 1.1 * 8 * model.parameter_count + 2**16, grown)
            model.close()
            self.assertEqual(context.bytes, before)
            self.assertGreaterEqual(context.peak_bytes, before + grown)

    def test_code_paths(self):
        self.assertIn(", portable, ", egm.Context(simd="portable").backend)
        self.assertRaisesRegex(egm.ArgumentError, "simd: 'mmx' is none of auto", egm.Context, simd="mmx")
        self.assertLessEqual(egm.features(), {"gzip", "libmvec", "blas"})

    def test_products(self):
        self.assertTrue(egm.Context(products="own").backend.endswith(", own products"))
        self.assertRaisesRegex(egm.ArgumentError, "products", egm.Context, products="mkl")
        self.assertRaisesRegex(egm.ArgumentError, "blas is 'libx.so', must be NULL", egm.Context, products="own",
                               blas="libx.so")
        for name in "libno.so", b"libno.so", pathlib.PurePath("libno.so"):
            self.assertRaisesRegex(OSError, "'libno.so'", egm.Context, products="blas", blas=name)
        self.assertRaisesRegex(TypeError, "blas: a str or a path expected, not 7", egm.Context, products="blas", blas=7)
        self.assertRaisesRegex(egm.ArgumentError, "blas: .* contains a zero byte", egm.Context, blas="a\0b")
        if "blas" in egm.features():
            self.assertIn(", products by lib", egm.Context(products="blas").backend)

    def unbounded(self, context):
        """A target of which the library warns in the log that it may not be a density."""
        energy = egm.Model(context, "energy", 2).dense(1).build(np.float64)
        generator = egm.Model(context, "generator", 2).dense(2).tanh().build(np.float64)
        return egm.Target.latent(energy, generator, "energy")

    def test_lines_of_the_log(self):
        lines, calls = [], []
        self.unbounded(egm.Context(log=lambda level, line: lines.append((level, line))))
        gc.collect()
        self.assertEqual([level for level, _ in lines], ["warning"])
        self.assertIs(_callbacks.log(print), _callbacks.log(print))  # the callback of an earlier context is kept
        self.assertIn("tanh", lines[0][1])

        def log(level, line):
            calls.append(line)
            signal.raise_signal(signal.SIGINT)
        previous = signal.signal(signal.SIGINT, signal.default_int_handler)  # a runner may have ignored it
        try:  # Ctrl-C while C waits for the function is not lost
            self.assertRaises(KeyboardInterrupt, self.unbounded, egm.Context(log=log))
        finally:
            signal.signal(signal.SIGINT, previous)
        self.assertEqual(calls, [lines[0][1]])
        self.unbounded(egm.Context())
        self.assertEqual((len(lines), len(calls)), (1, 1))
        self.assertRaises(TypeError, egm.Context, log="stderr")


class Lifetime(unittest.TestCase):
    def test_use_after_close_raises(self):
        with relu_net(np.float32) as model, egm.Context() as context:
            self.assertTrue(context.backend)
        for call in (lambda: model.name, lambda: model.energy(points(1, 5, np.float32)), model.clone, model.relu,
                     lambda: context.backend, lambda: egm.Model(context, "energy", 2)):
            with self.assertRaisesRegex(egm.StateError, "(Model|Context) is closed"):
                call()
        model.close()
        context.close()

    def test_handles_go_in_any_order(self):
        x = points(3, 5, np.float32)
        expected = relu_net(np.float32).energy(x)
        context = egm.Context(threads=2)
        model = egm.Model(context, "energy", 5).dense(33).relu().dense(17).leaky_relu(0.25).dense(1).build(seed=7)
        context.close()
        clone = model.clone()
        model.close()
        del context, model
        gc.collect()
        self.assertTrue(np.array_equal(clone.energy(x), expected))

    def test_the_collector_frees(self):
        for _ in range(20):
            model = relu_net(np.float32)
            alive = model._free
            model.myself = model  # a cycle
            del model
            gc.collect()
            self.assertFalse(alive.alive)


class Import(unittest.TestCase):
    def load(self, library):
        run = subprocess.run([sys.executable, "-B", "-c", "import egm"], env={**os.environ, "EGM_LIBRARY": library},
                             stderr=subprocess.PIPE, text=True)
        return run.returncode, run.stderr.splitlines()[-1:]

    def test_what_is_not_the_library_is_an_import_error(self):
        for library in ("no/such/libegm.so", "libc.so.6"):
            status, lines = self.load(library)
            self.assertEqual(status, 1)
            self.assertRegex(lines[0], "^ImportError: egm: %s.*EGM_LIBRARY" % library)

    def test_an_older_library_is_an_import_error(self):
        major, minor = release = egm.RELEASE
        try:
            _library.RELEASE = (major, minor + 1)
            with self.assertRaisesRegex(ImportError, r"is release %d\.%d\.[0-9]+, must be %d\.%d or newer" % (
                    major, minor, major, minor + 1)):
                _library.load(_library.PATH)
            _library.RELEASE = (major - 1, minor + 9)
            _library.load(_library.PATH)
        finally:
            _library.RELEASE = release

    def test_the_library_beside_the_package_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            package = os.path.join(folder, "lib", "site", "egm")
            found = None
            for lib in ("lib64", "lib"):  # that beside the package comes first
                path = os.path.join(folder, lib, "site", ".egm.mesonpy.libs", "libegm.so.1.2.3")
                os.makedirs(os.path.join(os.path.dirname(path), "pkgconfig"))
                self.assertEqual(_library.bundled(package), found)
                with open(path, "w"):
                    self.assertEqual(_library.bundled(package), path)
                found = path

    def test_the_version_is_that_of_the_library(self):
        version = _library.lib.egm_version()
        self.assertEqual(egm.__version__, "%d.%d.%d" % (version // 10000, version // 100 % 100, version % 100))
        self.assertRaises(AttributeError, getattr, egm, "version")


class Tap(unittest.TextTestResult):
    count = 0

    def line(self, test, good, text=""):
        Tap.count += 1
        print("%s %d - %s" % ("ok" if good else "not ok", Tap.count, test.id().replace("__main__.", "")), flush=True)
        for line in text.splitlines():
            print("#", line)

    def addSuccess(self, test):
        self.line(test, True)

    def addSkip(self, test, reason):
        Tap.count += 1
        print("ok %d - %s # SKIP %s" % (Tap.count, test.id().replace("__main__.", ""), reason), flush=True)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.line(test, False, self.failures[-1][1])

    def addError(self, test, error):
        super().addError(test, error)
        self.line(test, False, self.errors[-1][1])


def main():
    """Runs the tests of the calling program."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    with open(os.devnull, "w") as nothing:
        outcome = unittest.TextTestRunner(stream=nothing, resultclass=Tap).run(suite)
    print("1..%d" % Tap.count)
    sys.exit(0 if outcome.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
