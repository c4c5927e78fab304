#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""egm convert on the files that PyTorch wrote (tests/io/torch/write_torch.py): the tensors are those of PyTorch in the
order of the library, computed here one number at a time, and the way back yields the bytes of PyTorch. That these
weights give the outputs of PyTorch is tested in tests/io/test_restore.c.

usage: test_convert.py EGM TORCH MANUAL
"""
import itertools
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

egm, torch, manual = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
count = 0
NUMBERS = {"F32": "f", "F64": "d"}


def run(*arguments):
    done = subprocess.run([egm, *map(str, arguments)], capture_output=True, timeout=600)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def result(name, problems):
    global count
    count += 1
    print(("not ok" if problems else "ok") + f" {count} - {name}")
    for problem in problems[:10]:
        print(f"# {problem!r}")


def read(path):
    """(metadata, {name: (dtype, shape, numbers)}) of a safetensors file."""
    content = pathlib.Path(path).read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header, data = json.loads(content[8:8 + length]), content[8 + length:]
    metadata = header.pop("__metadata__", {})
    return metadata, {name: (t["dtype"], t["shape"], struct.unpack(
        "<%d%s" % ((t["data_offsets"][1] - t["data_offsets"][0]) // struct.calcsize(NUMBERS[t["dtype"]]),
                   NUMBERS[t["dtype"]]), data[slice(*t["data_offsets"])]))
        for name, t in header.items() if t["dtype"] in NUMBERS}


def write(path, metadata, tensors):
    header, data = {"__metadata__": metadata}, b""
    for name, (dtype, shape, numbers) in tensors.items():
        packed = struct.pack("<%d%s" % (len(numbers), NUMBERS[dtype]), *numbers)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def channels_last(shape, numbers):
    """The numbers of [..., channels, height, width] in the order [..., height, width, channels]."""
    *outer, channels, height, width = shape
    first = range(len(numbers) // (channels * height * width))
    return tuple(numbers[((i * channels + c) * height + y) * width + x] for i, y, x, c in itertools.product(
        first, range(height), range(width), range(channels)))


def ours(name, tensor, images):
    """A tensor of PyTorch as a model has it. images: [channels, height, width] that a vector or a column is."""
    dtype, shape, numbers = tensor
    if len(shape) == 4:
        return dtype, [shape[0], *shape[2:], shape[1]], channels_last(shape, numbers)
    if name in images:
        flat = shape if len(shape) != 3 else [len(numbers)]
        return dtype, flat, channels_last([*shape[:-1], *images[name]] if len(shape) < 3 else shape, numbers)
    return tensor


def layers(*kinds):
    """Each "kind name=value ..." as in the metadata of a model."""
    found = []
    for kind in kinds:
        word, *parameters = kind.split()
        layer = {"kind": word, **{p.split("=")[0]: json.loads(p.split("=")[1]) for p in parameters}}
        found.append({**layer, "init": "fan_in_uniform"} if "dense" in word or "conv" in word else layer)
    return found


norm, batch = "layer_norm epsilon=1e-5", "batch_norm epsilon=1e-5 momentum=0.1"
conv = "{}conv channels={} kernel={} stride={} padding={}".format
transpose = "conv_transpose channels={} kernel={} stride={} padding={} output_padding={}".format
image = "image height={} width={} channels={}".format
critic = layers(image(6, 5, 2), conv("", 4, 3, 2, 1), "leaky_relu slope=0.2", batch, conv("", 3, 4, 1, 1), "tanh",
                "flatten", norm, "dense units=1")
generator = layers("dense units=8", batch, "relu", image(2, 1, 4), transpose(4, 4, 2, 1, 0), batch, "gelu",
                   "upsample factor=2", transpose(2, 3, 2, 1, 1), "sigmoid")
rows = layers("dense units=6", batch, "leaky_relu slope=0.2", "dense units=4", norm, "silu", "dense units=5",
              "elu alpha=0.7", "dense units=1")
spectral = layers(image(4, 5, 2), conv("spectral_", 3, 2, 1, 1), "relu", "flatten", "spectral_dense units=4", "tanh",
                  "spectral_dense units=1")
# What holds the numbers of an image as a row: a norm after flatten, the columns of a dense layer after it, v of
# spectral layers; and what becomes an image: rows and bias of a dense layer, the norm between. The sizes are [C, H, W].
of_critic = {name: [3, 2, 2] for name in ("7.weight", "7.bias", "8.weight")}
of_generator = {name: [4, 2, 1] for name in ("0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var")}
of_spectral = {"1.v": [2, 2, 2], "4.weight": [3, 5, 6], "4.v": [3, 5, 6]}
NETS = {"rows": (5, rows, {}), "critic": (60, critic, of_critic), "double": (60, critic, of_critic),
        "generator": (3, generator, of_generator),
        "image_norm": (24, layers(image(4, 2, 3), norm, "average_pool size=2", "softplus", "flatten", "dense units=4"),
                       {"1.weight": [3, 4, 2], "1.bias": [3, 4, 2], "5.weight": [3, 2, 1]}),
        "spectral_parametrized": (40, spectral, of_spectral)}


def expected(name):
    """The tensors of NAME.safetensors as a model has them."""
    found = {}
    for key, tensor in read(torch / f"{name}.safetensors")[1].items():
        key = key.replace("parametrizations.weight.original", "weight").replace("parametrizations.weight.0._", "")
        found[key] = ours(key, tensor, NETS[name][2])
    if name == "generator":  # the rows of its first layer become an image
        dtype, shape, numbers = found["0.weight"]
        columns = [channels_last([4, 2, 1], numbers[c::3]) for c in range(3)]
        found["0.weight"] = dtype, shape, tuple(itertools.chain(*zip(*columns)))
    return found


def like(path, name):
    """A model file with the layers of a network, whose weights are 0."""
    inputs, architecture, _ = NETS[name]
    write(path, {"format": "egm-model", "format_version": "1", "egm_version": "0.5.0", "name": name,
                 "dtype": "f64" if name == "double" else "f32",
                 "architecture": json.dumps({"inputs": inputs, "layers": architecture})},
          {key: (dtype, shape, (0,) * len(numbers)) for key, (dtype, shape, numbers) in expected(name).items()})


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    model, out, back = (folder / f"{name}.safetensors" for name in ("model", "out", "back"))
    for name in NETS:
        source = torch / f"{name}.safetensors"
        like(model, name)
        outcome = run("convert", "--like", model, source, out)
        wrong = [outcome] if outcome[0] or outcome[2] else []
        found = read(out)[1] if not wrong else {}
        result(f"{name}: the tensors of PyTorch in the order of the library",
               wrong + [key for key, tensor in expected(name).items() if found.get(key) != tensor])
        outcome = run("convert", "--to-pytorch", out, back)
        wrong = [outcome] if outcome[0] or outcome[2] else []
        result(f"{name}: back, each bit as in the file of PyTorch",
               wrong or [key for key, tensor in read(source)[1].items() if read(back)[1].get(key) != tensor])
        first = out.read_bytes()
        outcome = run("convert", f"--like={model}", back, out)
        result(f"{name}: and to a model again, the same file",
               [outcome] if outcome[0] or out.read_bytes() != first else [])

    like(model, "rows")
    source = torch / "rows.safetensors"
    status, text, error = run("convert", "--like", model, source, out)
    result("the report names files, tensors and shapes",
           [(status, text)] * (f"from {source} to {out}" not in text or "0.weight  F32 [6, 5], 120 bytes" not in text))
    status, text, error = run("convert", "--json", "--like", model, source, out)
    shown = json.loads(text)
    result("--json says the same as info, and what was read",
           [shown] if (shown.pop("from"), shown.pop("like")) != (str(source), str(model)) or
           shown != json.loads(run("info", "--json", out)[1]) else [])
    status, text, error = run("convert", "--to-pytorch", "--json", out, back)
    shown = json.loads(text)
    result("--json on the way back", [shown] if "like" in shown or shown["from"] != str(out) else [])
    like(model, "critic")
    outcome = run("convert", "--like", model, "--prefix", "critic.", torch / "both.safetensors", out)
    result("a network inside of another", [outcome] * (outcome[0] != 0))
    like(model, "rows")
    outcome = run("convert", "--like", model, "--zero-bias", torch / "rows_no_bias.safetensors", out)
    result("missing biases are 0", [outcome] if outcome[0] or any(read(out)[1]["0.bias"][2]) else [])

    out.write_bytes(b"kept")
    for name, arguments, words in (
            ("biases that are missing", ["--like", model, torch / "rows_no_bias.safetensors"], ["missing", "0.bias"]),
            ("tensors of other layers", ["--like", model, torch / "critic.safetensors"],
             ["3.running_mean", "belong to no layer"]),
            ("a network inside of another", ["--like", model, torch / "both.safetensors"], ["prefix"]),
            ("a model of PyTorch as --like", ["--like", source, source], ["rows.safetensors", "architecture"]),
            ("weights as the model", ["--to-pytorch", source], ["architecture"]),
            ("an absent file", ["--to-pytorch", folder / "absent"], ["absent", "No such file"]),
            ("a file that is no safetensors", ["--like", model, manual], ["egm.1"])):
        status, text, error = run("convert", *arguments, out)
        result(f"{name}: named, and the old file is kept",
               [] if status == 1 and not text and all(word in error for word in words) and
               out.read_bytes() == b"kept" else [(status, text, error)])
    status, text, error = run("convert", "--to-pytorch", model, folder / "absent" / "x")
    result("a file that cannot be written is named", [] if status == 1 and "absent/x" in error else [(status, error)])
    (folder / "--json").write_bytes(model.read_bytes())
    done = subprocess.run([egm, "convert", "--to-pytorch", "--", "--json", "x"], cwd=folder, capture_output=True)
    result("after -- all are files", [] if done.returncode == 0 and (folder / "x").exists() else [done])
    odd = os.fsencode(folder / "n") + b"\xff"
    done = subprocess.run([egm, "convert", "--json", "--to-pytorch", model, odd], capture_output=True)
    result("a path that JSON cannot have", [] if done.returncode == 1 and b"UTF-8" in done.stderr else [done])
    os.rename(model, odd)
    done = subprocess.run([egm, "convert", "--json", "--to-pytorch", odd, out], capture_output=True)
    result("a source that JSON cannot have", [] if done.returncode == 1 and b"UTF-8" in done.stderr else [done])

for words in ([], ["a"], ["a", "b"], ["--like"], ["--like", "a"], ["--like", "a", "b"], ["--like", "a", "b", "c", "d"],
              ["--to-pytorch", "a"], ["--to-pytorch", "--like", "a", "b", "c"],
              ["--to-pytorch", "--zero-bias", "a", "b"],
              ["--to-pytorch", "--prefix", "x.", "a", "b"], ["--to-torch", "a", "b"], ["--prefixes", "a", "b"]):
    status, text, error = run("convert", *words)
    result("convert " + " ".join(words) + ": the usage, status 2",
           [] if status == 2 and "usage" in error and not text else [(status, text, error)])
page = manual.read_text(encoding="utf-8").replace("\\-", "-")
result("the manual page has every option", [
    word for word in ("egm convert", "--like", "--to-pytorch", "--prefix", "--zero-bias")
    if word not in page or word not in run("--help")[1]])
words = manual.with_name("completion.bash")
try:
    done = subprocess.run(["bash", "-c", f"set -e; source '{words}'; COMP_WORDS=(egm con); COMP_CWORD=1; _egm; "
                           "echo ${COMPREPLY[*]}; COMP_WORDS=(egm convert --); COMP_CWORD=2; _egm; "
                           "echo ${COMPREPLY[*]}"],
                          capture_output=True, text=True)
    result("bash completes it", [] if done.stdout.split() == [
        "convert", "--like", "--to-pytorch", "--prefix", "--zero-bias", "--json"] else [done])
except FileNotFoundError:
    count += 1
    print(f"ok {count} - bash completes it # SKIP bash is not installed")
print(f"1..{count}")
