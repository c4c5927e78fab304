# SPDX-License-Identifier: MIT
"""Data of the Python module, from files, bytes, arrays and functions; runs as test_python.py does. The readers are
tested in C. These tests check that options reach them, and that numbers, names and dictionaries are returned."""
import gc
import os
import pickle
import tempfile
import threading
import unittest

from test_python import main
import egm
import numpy as np

PEOPLE = "name,age,city,weight\nAnn,30,Rome,60.5\nBob,40,Oslo,\nCid,50,Rome,80\n"


class WithFiles(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.context = egm.Context()

    def write(self, text, name="table.csv"):
        path = os.path.join(self.folder.name, name)
        with open(path, "wb") as file:
            file.write(text.encode() if isinstance(text, str) else text)
        return path

    def npy(self, x):
        path = os.path.join(self.folder.name, "x.npy")
        np.save(path, x)
        return path


class FromFiles(WithFiles):
    def load(self, table, **options):
        return egm.Data.load_csv(self.context, self.write(table), **options)

    def test_columns_words_and_missing_values(self):
        data = self.load(PEOPLE, columns=["weight", "2-3"], text="codes", missing=-1.5, dtype=np.float64)
        np.testing.assert_array_equal(data.values, [[60.5, 30, 1], [-1.5, 40, 0], [80, 50, 1]])
        self.assertEqual((data.rows, data.columns, data.dtype), (3, 3, np.float64))
        self.assertEqual([data.column(i)["name"] for i in range(3)], ["weight", "age", "city"])
        self.assertEqual(data.column(0), {"kind": "number", "field": 4, "name": "weight", "word": None, "words": [],
                                          "missing": 1})
        self.assertEqual(data.column(2)["words"], ["Oslo", "Rome"])

    def test_one_hot_and_a_second_file(self):
        train = self.load("proto,n\nudp,1\ntcp,2\n", text="one_hot")
        self.assertEqual([train.column(i)["word"] for i in range(3)], ["tcp", "udp", None])
        test = self.load("n,proto\n5,udp\n6,sctp\n", like=train, unknown="code")
        train.close()
        np.testing.assert_array_equal(test.values, np.float32([[0, 1, 5], [0, 0, 6]]))
        self.assertEqual(test.column(1)["kind"], "one_hot")
        with self.assertRaisesRegex(egm.StateError, "closed"):
            self.load("n,proto\n5,udp\n", like=train)
        with self.assertRaisesRegex(egm.FormatError, "line 2, field 2: 'sctp' is not in"):
            self.load("n,proto\n5,sctp\n", like=test)

    def test_characters(self):
        data = self.load("1,5;a\n# x\n-2,25;b\n", delimiter=";", decimal=",", text_columns=[2], text="codes")
        np.testing.assert_array_equal(data.values, [[1.5, 0], [-2.25, 1]])
        data = self.load("#1 2\t3\n", delimiter=" ", comment=None, text="codes", header="no")
        self.assertEqual(data.column(0)["words"], ["#1"])
        for wrong in ({"delimiter": ",,"}, {"delimiter": 44}, {"decimal": ""}, {"comment": "\u00e4"}, {"columns": []},
                      {"columns": "1"}, {"columns": 1}, {"text_columns": "1", "text": "codes"}, {"columns": ["a\0b"]},
                      {"header": "maybe"}):
            with self.assertRaises(egm.ArgumentError):
                self.load("1\n", **wrong)
        self.assertRaises(TypeError, self.load, "1\n", separator=";")
        self.assertRaises(TypeError, self.load, "1\n", like=3)

    def test_words_that_are_not_utf8(self):
        data = self.load(b"1,caf\xe9\n", text="codes")
        self.assertEqual(data.column(1)["words"][0].encode(errors="surrogateescape"), b"caf\xe9")
        with self.assertRaisesRegex(egm.FormatError, r"line 1, field 2: 'caf\\xe9' is not a number"):
            self.load(b"1,caf\xe9\n")

    def test_trains(self):
        data = self.load("x,y\n" + "\n".join("%d,%d" % (i % 3, i % 5) for i in range(100)))
        net = egm.Model(self.context, "energy", 2).dense(4).silu().dense(1).build(np.float32, seed=1)
        egm.Trainer(egm.Loss.dsm(net, sigma=0.5), batch=10).fit(data, 3)

    def test_arrays(self):
        x = np.asfortranarray(np.arange(6, dtype=np.float16).reshape(2, 3))
        path = os.path.join(self.folder.name, "x.npy")
        np.save(path, x)
        np.testing.assert_array_equal(egm.Data.load_npy(self.context, path).values, x)
        scaled = egm.Data.load_npy(self.context, path, dtype=np.float64, scale=2, offset=-1, max_rows=1)
        np.testing.assert_array_equal(scaled.values, [[-1, 1, 3]])
        path = self.write(b"\0\0\x08\x02\0\0\0\1\0\0\0\2\x07\x09")
        np.testing.assert_array_equal(egm.Data.load_idx(self.context, path).values, [[7, 9]])
        self.assertRaisesRegex(egm.FormatError, "is not an NPY file", egm.Data.load_npy, self.context, path)
        self.assertRaises(egm.DtypeError, egm.Data.load_idx, self.context, path, dtype=np.int32)

    def test_bytes(self):
        x = np.arange(6, dtype=np.float64).reshape(2, 3)
        with open(self.npy(x), "rb") as file:
            content = file.read()
        for kind in (bytes, bytearray, memoryview):
            data = egm.Data.load_npy_memory(self.context, kind(content), dtype=np.float64, scale=2)
            np.testing.assert_array_equal(data.values, 2 * x)
        idx = b"\0\0\x08\x03\0\0\0\1\0\0\0\2\0\0\0\1\x07\x09"
        data = egm.Data.load_idx_memory(self.context, idx)
        self.assertEqual((data.shape, data.columns), ((1, 2, 1), 2))
        data = egm.Data.load_csv_memory(self.context, PEOPLE.encode(), text="codes", missing=0, columns=["city"])
        self.assertEqual(data.column(0)["words"], ["Oslo", "Rome"])
        with self.assertRaisesRegex(egm.FormatError, "egm_data_load_npy_memory: bytes: is truncated"):
            egm.Data.load_npy_memory(self.context, content[:-1])
        self.assertRaises(TypeError, egm.Data.load_npy_memory, self.context, 5)


class Rows(WithFiles):
    """The same rows from every source."""

    def setUp(self):
        super().setUp()
        self.x, self.asked = np.random.default_rng(1).normal(size=(50, 3)).astype(np.float32), []

    def fill(self, indices):
        self.asked.append(indices)
        return self.x[indices]

    def sources(self):
        return [egm.Data(self.context, self.x), egm.Data.view(self.context, self.x),
                egm.Data.callback(self.context, self.fill, *self.x.shape),
                egm.Data.open_npy(self.context, self.npy(self.x))]

    def train(self, data, steps=7):
        net = egm.Model(self.context, "energy", 3).dense(4).silu().dense(1).build(np.float32, seed=1)
        egm.Trainer(egm.Loss.dsm(net, sigma=0.5), batch=8, seed=3).fit(data, steps)
        return net.parameters()

    def test_the_same_training(self):
        expected, *others = [self.train(data) for data in self.sources()]
        for other in others:
            np.testing.assert_array_equal(other, expected)
        self.assertEqual([len(indices) for indices in self.asked], [8] * 7)

    def test_read(self):
        for data in self.sources():
            self.assertEqual((data.rows, data.columns, data.dtype, data.shape), (50, 3, np.float32, (50, 3)))
            for indices in ([3, 3, 49, 0], range(50), np.array([7], np.uint8)):
                np.testing.assert_array_equal(data.read(indices), self.x[list(indices)])
            with self.assertRaisesRegex(egm.ArgumentError, "index 1 is 50, must be a row from 0 to 49"):
                data.read([0, 50])
            self.assertRaises(egm.ArgumentError, data.read, np.zeros(0, np.int64))
            self.assertRaises(TypeError, data.read, [0.5])
            self.assertRaises(egm.ShapeError, data.read, [[0]])
            data.close()
            self.assertRaises(egm.StateError, data.read, [0])

    def test_values_that_are_not_in_memory(self):
        copy, view, *demand = self.sources()
        np.testing.assert_array_equal(view.values, self.x)
        for data in demand:
            with self.assertRaisesRegex(egm.StateError, "not in memory"):
                data.values
            self.assertRaises(egm.UnsupportedError, data.save_memory)
            self.assertRaises(egm.UnsupportedError, pickle.dumps, data)

    def test_a_view_keeps_the_array(self):
        x = self.x.copy()
        data = egm.Data.view(self.context, x)
        x[0, 0] = 7
        self.assertEqual(data.read([0])[0, 0], 7)
        del x
        gc.collect()
        self.assertEqual(data.read([0])[0, 0], 7)
        self.assertRaises(egm.ArgumentError, egm.Data.view, self.context, self.x[:, ::-1])
        for other in (self.x.tolist(), self.x.astype(np.int32), np.ma.masked_array(self.x)):
            self.assertRaisesRegex(egm.DtypeError, "where it is", egm.Data.view, self.context, other)
        x = self.x.copy()
        x[4, 1] = np.nan
        with self.assertRaisesRegex(egm.NonfiniteError, "row 4, column 1"):
            egm.Data.view(self.context, x)

    def test_functions_that_fail(self):
        for wrong, error in ((lambda i: 1 / 0, ZeroDivisionError), (lambda i: self.x[i][1:], egm.ShapeError),
                             (lambda i: self.x[i].astype(np.float64), egm.DtypeError), (lambda i: None, egm.DtypeError),
                             (lambda i: self.x[i] + np.float32(np.inf), egm.NonfiniteError)):
            data = egm.Data.callback(self.context, wrong, 50, 3)
            self.assertRaises(error, data.read, [1, 2])
            self.assertRaises(error, self.train, data)
        for sizes in ((0, 3), (50, 0), (-1, 3)):
            self.assertRaises(egm.ArgumentError, egm.Data.callback, self.context, self.fill, *sizes)
        self.assertRaises(egm.DtypeError, egm.Data.callback, self.context, self.fill, 50, 3, np.int32)

    def test_the_data_in_their_own_function(self):
        def fill(indices):
            with self.assertRaisesRegex(egm.StateError, "callback"):
                data.read([0])
            return self.x[indices]
        data = egm.Data.callback(self.context, fill, 50, 3)
        np.testing.assert_array_equal(data.read([5]), self.x[[5]])
        np.testing.assert_array_equal(self.train(data), self.train(self.x))

    def test_threads(self):
        failed, data = [], egm.Data.callback(self.context, self.fill, 50, 3)

        def work():
            for _ in range(50):
                if not np.array_equal(data.read([1, 2]), self.x[1:3]):
                    failed.append(1)
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((len(self.asked), failed), (150, []))

    def test_a_file_that_is_truncated(self):
        path = self.npy(self.x)
        data = egm.Data.open_npy(self.context, path)
        os.truncate(path, 200)
        with self.assertRaisesRegex(egm.TruncatedError, "was truncated while it was open"):
            self.train(data)
        path = self.write(b"\0\0\x08\x02\0\0\0\1\0\0\0\2\x07\x09")
        np.testing.assert_array_equal(egm.Data.open_idx(self.context, path, scale=2).read([0]), [[14, 18]])
        self.assertRaises(TypeError, egm.Data.open_idx, self.context, path, max_bytes=5)


class Saved(WithFiles):
    def test_a_table_is_pickled(self):
        data = egm.Data.load_csv_memory(self.context, PEOPLE.encode() + b"caf\xe9,1,Rome,2\n", text="codes", missing=-1)
        path = os.path.join(self.folder.name, "data.safetensors")
        data.save(path)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), data.save_memory())
        again = [egm.Data.load(self.context, path), egm.Data.load_memory(self.context, data.save_memory()),
                 pickle.loads(pickle.dumps(data))]
        for other in again:
            np.testing.assert_array_equal(other.values, data.values)
            self.assertEqual(other.dtype, data.dtype)
            self.assertEqual([other.column(i) for i in range(4)], [data.column(i) for i in range(4)])
        test = egm.Data.load_csv_memory(self.context, b"city,weight,age,name\nRome,1,2,Bob\n", like=again[2])
        np.testing.assert_array_equal(test.values, [[1, 2, 1, 1]])
        with self.assertRaisesRegex(egm.UnsupportedError, "must be at most max_data_bytes, 5"):
            egm.Data.load(self.context, path, max_data_bytes=5)

    def test_dtypes_that_numbers_become(self):
        """The smaller of the two that has all values of the dtype: np.result_type(dtype, np.float32)."""
        x, narrow = np.arange(6).reshape(3, 2), (np.float32, np.float16, np.uint8, np.int16, bool)
        for dtype in (*narrow, np.float64, np.int32, np.int64):
            name = "float32" if dtype in narrow else "float64"
            data = egm.Data(self.context, x.astype(dtype))
            self.assertEqual((data.dtype.name, data.values.tolist()), (name, x.astype(dtype).tolist()))
        self.assertEqual(egm.Data(self.context, x.tolist()).dtype.name, "float64")
        self.assertEqual(egm.Data(self.context, [[0.1]]).values, 0.1)
        for wrong in (np.longdouble(x), x.astype("M8[s]"), np.ma.array(x), [["1"]], [[1j]]):
            self.assertRaises(egm.DtypeError, egm.Data, self.context, wrong)

    def test_shapes_and_dtypes(self):
        data = egm.Data(self.context, np.array([[0.1, -0.0]]))
        again = pickle.loads(pickle.dumps(data))
        self.assertEqual((again.dtype, again.values.tobytes()), (np.float64, data.values.tobytes()))
        data = egm.Data.load_idx_memory(self.context, b"\0\0\x08\x03\0\0\0\1\0\0\0\2\0\0\0\1\x07\x09")
        self.assertEqual(pickle.loads(pickle.dumps(data)).shape, (1, 2, 1))


if __name__ == "__main__":
    main()
