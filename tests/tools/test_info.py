#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""egm info on every file of earlier releases, compared with a reading in Python, and on files that are malformed.

usage: test_info.py EGM GOLDEN MANUAL
"""
import json
import os
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile

egm, golden, manual = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
count = 0


def run(*arguments):
    done = subprocess.run([egm, *map(str, arguments)], capture_output=True, timeout=600)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def result(name, problems):
    global count
    count += 1
    print(("not ok" if problems else "ok") + f" {count} - {name}")
    for problem in problems[:10]:
        print(f"# {problem!r}")


def file_of(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def expected(path):
    """What --json prints, from the bytes of the file."""
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + length])
    metadata = header.pop("__metadata__")
    tensors = [{"name": name, "dtype": t["dtype"], "shape": t["shape"], "offset": t["data_offsets"][0],
                "bytes": t["data_offsets"][1] - t["data_offsets"][0]} for name, t in header.items()]
    return {"bytes": len(content), "header_bytes": length, "metadata": metadata,
            "tensors": sorted(tensors, key=lambda t: (t["offset"], t["name"]))}


def differences(files):
    status, out, err = run("info", "--json", *files)
    lines = out.splitlines()
    if status or err or len(lines) != len(files):
        yield status, err, len(lines), len(files)
    for path, line in zip(files, lines):
        shown, known = json.loads(line), expected(path)
        numbers = [t.pop("numbers") for t in shown["tensors"]]
        if {key: shown[key] for key in known} != known or shown["numbers"] != sum(numbers):
            yield str(path)
        if ("architecture" in shown) != (shown["kind"] == "model"):
            yield str(path), shown["kind"]


files = sorted(golden.rglob("*.safetensors"))
result("there are files to look at", [] if len(files) > 50 else [len(files)])
result("--json agrees with a reading in Python", list(differences(files)))
status, out, err = run("info", *files)
result("the tables have every tensor, and the layers of every model",
       [(status, err)] * bool(status or err) + [(str(path), t["name"]) for path in files[:20]
                                                for t in expected(path)["tensors"] if f"  {t['name']}  " not in out] +
       ["layers"] * ("cannot be read" in out))

with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "made.safetensors"

    def rejected(content, word):
        path.write_bytes(content)
        status, out, err = run("info", path)
        return [] if status == 1 and word in err and not out else [(status, out, err)]
    one = {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}

    def other(**change):
        return {"a": dict(one["a"], **change)}
    path.write_bytes(file_of(one, b"\0" * 8))
    result("a file of another program is shown",
           [] if run("info", path)[0] == 0 and "another program" in run("info", path)[1] else [run("info", path)])
    sizes = {"C64": 1, "F64": 1, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "F4": 16}
    path.write_bytes(file_of({name: {"dtype": name, "shape": [size], "data_offsets": [0, 8]}
                              for name, size in sizes.items()} |
                             {name: {"dtype": name, "shape": [4], "data_offsets": [0, 3]}
                              for name in ("F6_E2M3", "F6_E3M2")}, b"\0" * 8))
    status, out, err = run("info", path)
    result("the rarer types of safetensors are shown", [] if status == 0 and "F4 [16], 8 bytes" in out else [err])
    for name, content, word in (
            ("numbers of six bits that fill no byte",
             file_of(other(dtype="F6_E2M3", shape=[3], data_offsets=[0, 2]), b"\0" * 2), "3 numbers of 6 bits"),
            ("an empty file", b"", "0 bytes"),
            ("a text", b"# a page\n" * 20, "no safetensors file"),
            ("a header beyond the file", struct.pack("<Q", 100) + b"{}", "100 bytes"),
            ("a header that is no JSON", file_of(b"{]"), "no JSON object"),
            ("a header that is an array", file_of([1]), "no JSON object"),
            ("metadata that are no object", file_of({"__metadata__": 3}), "__metadata__"),
            ("a tensor without a type", file_of({"a": {"shape": [1]}}), "dtype"),
            ("an unknown type", file_of(other(dtype="F99"), b"\0" * 8), "F99"),
            ("a negative size", file_of(other(shape=[-2]), b"\0" * 8), "size 0"),
            ("sizes whose product overflows", file_of(other(shape=[2 ** 40, 2 ** 40]), b"\0" * 8), "size 1"),
            ("nine sizes", file_of(other(shape=[1] * 9), b"\0" * 8), "9 sizes"),
            ("places outside of the file", file_of(other(data_offsets=[0, 800]), b"\0" * 8), "outside"),
            ("places in the wrong order", file_of(other(data_offsets=[8, 0]), b"\0" * 8), "outside"),
            ("too few bytes for the shape", file_of(other(data_offsets=[0, 4]), b"\0" * 8), "2 numbers")):
        result(f"{name}: rejected by name", rejected(content, word))

    sample, generator, odd = files[0].read_bytes(), random.Random(1), []
    for _ in range(100):
        changed = bytearray(sample)
        for _ in range(generator.randint(1, 3)):
            changed[generator.randrange(min(len(changed), 700))] = generator.randrange(256)
        path.write_bytes(changed)
        outcome = run("info", path)
        odd += [outcome] * (outcome[0] not in (0, 1))
    result("a file with changed bytes is shown or rejected", odd)

    path.write_bytes(file_of({"__metadata__": {"k\x1b[2J": "\x07\u009bbell"}, "\x1b]0;x": one["a"]}, b"\0" * 8))
    shown = run("info", path)[1]
    result("control characters of a file do not reach the terminal",
           [] if "k\\x1b[2J: \\x07\\x9bbell" in shown and not set(shown) & set("\x1b\x07\u009b") else [shown])
    for name, header, word in (
            ("the name of a tensor", {"\x1b]0;x\x07\u009b": {"dtype": "F99", "shape": [], "data_offsets": [0, 0]}},
             "'\\x1b]0;x\\x07\\x9b'"),
            ("a type", other(dtype="F\x1b[2J"), "'F\\x1b[2J'")):
        path.write_bytes(file_of(header, b"\0" * 8))
        status, out, err = run("info", path)
        result(f"control characters in {name} do not reach the terminal in a message",
               [] if status == 1 and word in err and not set(err) & set("\x1b\x07\u009b") else [err])

    path.write_bytes(file_of(one, b"\0" * 8))
    cut = os.fsencode(folder) + b"/cut\xc2"  # the first byte of a character of two
    try:
        os.rename(path, cut)
        done = subprocess.run([egm, "info", cut], capture_output=True, timeout=600)
        result("a path that ends within a character is shown, and nothing after it",
               [] if done.stdout.split(b"\n")[0] == cut and not done.returncode else [done])
        os.rename(cut, path)
    except OSError:
        count += 1
        print(f"ok {count} - a path that ends within a character # SKIP the system has no such paths")

    places = [folder]
    if hasattr(os, "mkfifo"):
        places.append(folder + "/fifo")
        os.mkfifo(places[-1])
    for place in places:
        try:
            done = subprocess.run([egm, "info", place], capture_output=True, timeout=60)
            problems = [] if done.returncode == 1 and b"regular file" in done.stderr else [done]
        except subprocess.TimeoutExpired as error:
            problems = [error]
        result(f"a {'folder' if place == folder else 'FIFO'} is rejected by name", problems)

    status, out, err = run("info", path, folder + "/absent", path)
    result("a file that is absent is named, and the others are shown",
           [] if status == 1 and "absent: cannot be opened" in err and out.count("kind  ") == 2 else [(status, err)])

result("wrong arguments print the usage, with status 2",
       [a for a in ([], ["inform"], ["info"], ["info", "--jsn", "x"]) if run(*a)[0] != 2 or "usage" not in run(*a)[2]])
result("--help and --version", [a for a in ("--help", "--version") if run(a)[0] or not run(a)[1]])
page = manual.read_text(encoding="utf-8").replace("\\-", "-")
result("the manual page has every command and option", [word for word in ("egm info", "--json", "--version", "--help")
                                                        if word not in page or word not in run("--help")[1]])
library = manual.with_name("egm.7").read_text(encoding="utf-8")
headers = pathlib.Path(manual.parents[2] / "include" / "egm.h").read_text(encoding="utf-8")
result("egm(7) has every header",
       [name for name in re.findall(r"#include <(egm/\w+\.h)>", headers) if name not in library])
words = manual.with_name("completion.bash")
try:
    done = subprocess.run(["bash", "-c", f"set -e; source '{words}'; COMP_WORDS=(egm in); COMP_CWORD=1; _egm; "
                           "echo ${COMPREPLY[*]}; COMP_WORDS=(egm info --j); COMP_CWORD=2; _egm; echo ${COMPREPLY[*]}"],
                          capture_output=True, text=True)
    result("bash completes commands and options", [] if done.stdout.split() == ["info", "--json"] else [done])
except FileNotFoundError:
    count += 1
    print(f"ok {count} - bash completes commands and options # SKIP bash is not installed")
print(f"1..{count}")
