#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tables of text as people write them, at random, and what pandas reads in them.

    csv_reference.py > csv_reference.h     (for test_csv_table.c; made with pandas 3.1.1, NumPy 2.4.6)
    csv_reference.py --compare 20000       the library against pandas, and against numpy.loadtxt where a table is one of
                                           numbers alone; needs the module egm and EGM_LIBRARY

pandas cuts the cells and finds the missing ones; their numbers are Python's float(), because pandas (3.1.1) is off by
an ulp now and then, behind a plus sign. Where pandas does less than the library, the generator keeps to what both read:
'#' within a line only behind a number, markers of missing values without quotes or blanks, words that are no numbers,
no comments and empty lines where carriage returns end lines (pandas loses an empty first cell behind them).
"""
import io
import os
import random
import sys
import tempfile
import warnings

import numpy as np
import pandas as pd

WORDS = ["tcp", "udp", "http", "Iris-setosa", "Iris-virginica", "New York", "b", "B", "ba", "\u00e4rger",
         "\u4f60\u597d", "x;y", "a,b", "say \"hi\"", "two\nlines", "#1", "e5", "-", "1a", "0x10", "tab\there"]
NAMES = ["x", "y", "petal length", "duration", "a,b", "q\"uote", "\u00fcber", "class", "Z", "z", "col#1", "n.a"]
MISSING = ["", "?", "NA", "nan", "NaN", "null", "NULL", "N/A", "n/a"]
NA_VALUES = sorted({f(word) for word in MISSING for f in (str, str.lower, str.upper)} | {"NaN"})


class Table:
    """One file: .text, how it has to be read, and what is in it according to pandas."""

    def __init__(self, rng):
        self.rng = rng
        self.delimiter = rng.choice([",", ",", ",", ";", "\t", " "])
        self.decimal = "," if self.delimiter != "," and rng.random() < 0.2 else "."
        self.columns, self.rows = rng.randint(1, 5), rng.randint(1, 8)
        self.kinds = ["n"] + [rng.choice("nnw") for _ in range(self.columns - 1)]
        rng.shuffle(self.kinds)
        self.missing = rng.random() < 0.4
        self.header = rng.random() < 0.6
        self.trailing = self.delimiter != " " and rng.random() < 0.15
        self.words = [rng.sample(WORDS, rng.randint(1, 6)) for _ in self.kinds]
        self.comments = rng.random() < 0.4
        self.line_end = rng.choice(["\n", "\n", "\r\n"] if self.comments else ["\n", "\r\n", "\r"])
        self.one_hot = rng.random() < 0.3
        self.text = self.write()

    def number(self):
        rng = self.rng
        value = rng.choice([rng.randint(-9, 99), rng.uniform(-1, 1), rng.uniform(-1, 1) * 10.0**rng.randint(-300, 300),
                            rng.randint(-10**14, 10**14), 5e-324, 1.1e308])
        text = repr(value) if rng.random() < 0.7 else "%.*g" % (rng.randint(1, 20), value)
        text = text.replace("inf", "0")
        if rng.random() < 0.1:
            text = text.replace("e", "E")
        if rng.random() < 0.1 and not text.startswith("-"):
            text = "+" + text
        if rng.random() < 0.1 and text.startswith("0.") and text[2:]:
            text = text[1:]
        return text.replace(".", self.decimal)

    def quoted(self, text):
        return '"' + text.replace('"', '""') + '"'

    def padded(self, text):
        if self.delimiter == " " or self.rng.random() < 0.7:
            return text
        return " " * self.rng.randint(0, 2) + text + " " * self.rng.randint(0, 2)

    def word(self, text):
        needs = any(c in text for c in '"\n#\t' + self.delimiter) or self.rng.random() < 0.15
        return self.padded(self.quoted(text)) if needs and '"' != text else self.padded(text)

    def cell(self, row, column):
        if self.missing and row and self.rng.random() < 0.2:
            return self.rng.choice(MISSING[1:] if self.delimiter == " " or self.columns == 1 else MISSING)
        if self.kinds[column] == "w":
            return self.word(self.rng.choice(self.words[column]))
        return self.padded(self.quoted(self.number()) if self.rng.random() < 0.05 else self.number())

    def join(self, cells, comment=False):
        between = (lambda: self.rng.choice([" ", "  ", " \t", "\t"])) if self.delimiter == " " else \
            (lambda: self.delimiter)
        line = cells[0]
        for cell in cells[1:]:
            line += between() + cell
        line += self.delimiter if self.trailing else ""
        return line + (" # note, \"odd" if comment else "")

    def write(self):
        rng, lines = self.rng, []
        self.names = rng.sample(NAMES, self.columns)
        if self.header:
            lines.append(self.join([self.word(name) for name in self.names]))
        for row in range(self.rows):
            number_last = self.kinds[-1] == "n" and not self.trailing
            cells = [self.cell(row, column) for column in range(self.columns)]
            plain_last = number_last and '"' not in cells[-1] and cells[-1].strip() not in MISSING
            lines.append(self.join(cells, self.comments and plain_last and rng.random() < 0.3))
            if self.comments and rng.random() < 0.2:
                lines.append("# 1,2;3 \"")
            if rng.random() < 0.05 and self.line_end != "\r":
                lines.append("")
        text = "".join(line + self.line_end for line in lines)
        if rng.random() < 0.3:
            text = text[:-len(self.line_end)]
        return (b"\xef\xbb\xbf" if rng.random() < 0.1 else b"") + text.encode()

    def frame(self):
        frame = pd.read_csv(io.BytesIO(self.text), sep={" ": r"\s+"}.get(self.delimiter, self.delimiter), dtype=str,
                            header=0 if self.header else None, encoding="utf-8-sig", index_col=False,
                            comment="#" if self.comments else None, skipinitialspace=True, na_values=NA_VALUES,
                            keep_default_na=False)
        if self.trailing and frame.shape[1] == self.columns + 1:
            frame = frame.iloc[:, :-1]
        assert frame.shape == (self.rows, self.columns), (frame.shape, self.rows, self.columns)
        return frame

    def expected(self):
        """Numbers [rows, columns], missing ones -9, and what test_csv_table.c's describe() says."""
        frame, blocks, texts = self.frame(), [], []
        for k, kind in enumerate(self.kinds):
            column, missing = frame.iloc[:, k], int(frame.iloc[:, k].isna().sum())
            name = "%s.%d" % (str(frame.columns[k]).strip() if self.header else "-", k + 1)
            suffix = "?%d" % missing if missing else ""
            if kind == "n":
                blocks.append(np.array([[-9.0 if pd.isna(x) else float(x.replace(self.decimal, "."))] for x in column]))
                texts.append(name + suffix)
                continue
            words = [None if pd.isna(word) else str(word).strip(" ") for word in column]
            dictionary = sorted({word for word in words if word is not None}, key=str.encode)
            listed = "(" + "|".join(dictionary) + ")"
            if self.one_hot:
                blocks.append(np.array([[float(word == entry) for entry in dictionary] for word in words]))
                texts += [name + "=" + entry + listed + suffix for entry in dictionary]
            else:
                blocks.append(np.array([[-9.0 if word is None else float(dictionary.index(word))] for word in words]))
                texts.append(name + listed + suffix)
        return np.hstack(blocks), " ".join(texts)


def tables(seed):
    rng = random.Random(seed)
    while True:
        table = Table(rng)
        try:
            yield table, *table.expected()
        except (pd.errors.ParserError, pd.errors.EmptyDataError, AssertionError, ValueError, OverflowError) as reason:
            skipped.append((table.text, repr(reason)))


skipped = []


def quoted(text):
    out = ""
    for byte in text if isinstance(text, bytes) else text.encode():
        out += chr(byte) if 32 <= byte < 127 and chr(byte) not in "\"\\?" else "\\%03o" % byte
    pieces = [out[i:i + 100] for i in range(0, len(out), 100)] or [""]
    for i in range(len(pieces) - 1):  # an escape is not cut
        while "\\" in pieces[i][-3:]:
            at = pieces[i].rindex("\\")
            pieces[i], pieces[i + 1] = pieces[i][:at], pieces[i][at:] + pieces[i + 1]
    return "\n     ".join('"%s"' % piece for piece in pieces)


def header(count):
    print("/* SPDX-License-Identifier: MIT */")
    print("/* Made by csv_reference.py with pandas %s: tables, and what is in them. */" % pd.__version__)
    print("#ifndef EGM_TESTS_CSV_REFERENCE_H\n#define EGM_TESTS_CSV_REFERENCE_H\n\n#include <stddef.h>\n")
    print("typedef struct csv_reference {\n\tint delimiter, decimal, one_hot;\n\tconst char *text;\n\tsize_t n;\n"
          "\tint rows, columns;\n\tdouble values[160];\n\tconst char *description;\n} csv_reference;\n")
    print("/* clang-format off */\nstatic const csv_reference csv_references[] = {")
    for _, (table, values, description) in zip(range(count), tables(1)):
        numbers = [repr(float(v)) for v in values.ravel()]
        print("    {%d, %d, %d,\n     %s,\n     %d, %d, %d," % (
            ord(table.delimiter), ord(table.decimal), table.one_hot, quoted(table.text), len(table.text),
            *values.shape))
        for i in range(0, len(numbers), 4):
            end = "}," if i + 4 >= len(numbers) else ","
            print("     " + ("{" if i == 0 else "") + ", ".join(numbers[i:i + 4]) + end)
        print("     %s}," % quoted(description))
    print("};\n/* clang-format on */\n\n#endif")


def description_of(data):
    texts = []
    for i in range(data.columns):
        c = data.column(i)
        text = "%s.%d" % (c["name"] if c["name"] is not None else "-", c["field"])
        text += "=" + c["word"] if c["word"] is not None else ""
        text += "(" + "|".join(c["words"]) + ")" if c["words"] else ""
        texts.append(text + ("?%d" % c["missing"] if c["missing"] else ""))
    return " ".join(texts)


def compare(count):
    import egm
    context, different, with_numpy = egm.Context(), 0, 0
    path = os.path.join(tempfile.mkdtemp(), "table.csv")
    for n, (table, values, description) in zip(range(count), tables(2)):
        with open(path, "wb") as file:
            file.write(table.text)
        try:
            data = egm.Data.load_csv(context, path, dtype=np.float64, delimiter=table.delimiter, decimal=table.decimal,
                                     missing=-9, text="one_hot" if table.one_hot else "codes")
            same = np.array_equal(data.values, values) and description_of(data) == description
            reason = "" if same else "%r %s, not %r %s" % (data.values, description_of(data), values, description)
        except egm.Error as error:
            same, reason = False, str(error)
        if same and "w" not in table.kinds and not table.missing and table.decimal == "." and not table.trailing \
                and b'"' not in table.text:
            with_numpy += 1
            delimiter = None if table.delimiter == " " else table.delimiter
            lines = table.text.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n").split("\n")
            first = next(i for i, line in enumerate(lines) if line.strip()) + 1 if table.header else 0
            other = np.loadtxt(lines[first:], delimiter=delimiter, comments="#", quotechar='"', ndmin=2)
            if not np.array_equal(other, values):
                same, reason = False, "NumPy: %r" % other
        if not same:
            different += 1
            if different <= 5:
                print(n, table.text, table.__dict__, reason, sep="\n", end="\n\n")
    print("%d tables, %d also by NumPy, %d different; pandas refuses %d more" % (
        count, with_numpy, different, len(skipped)))
    return different > 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # of header and rows of different lengths
    if sys.argv[1:2] == ["--compare"]:
        sys.exit(compare(int(sys.argv[2])))
    header(60)
