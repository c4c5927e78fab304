# SPDX-License-Identifier: MIT
"""Data of the Python module out of files, run as test_python.py. What the readers do is tested in C; here, that options
reach them and that numbers, names and dictionaries come back.
"""
import os
import tempfile
import unittest

from test_python import main
import egm
import numpy as np

PEOPLE = "name,age,city,weight\nAnn,30,Rome,60.5\nBob,40,Oslo,\nCid,50,Rome,80\n"


class FromFiles(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.context = egm.Context()

    def write(self, text, name="table.csv"):
        path = os.path.join(self.folder.name, name)
        with open(path, "wb") as file:
            file.write(text.encode() if isinstance(text, str) else text)
        return path

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
        self.assertRaisesRegex(egm.FormatError, "not an NPY file", egm.Data.load_npy, self.context, path)
        self.assertRaises(egm.DtypeError, egm.Data.load_idx, self.context, path, dtype=np.int32)


if __name__ == "__main__":
    main()
