# SPDX-License-Identifier: MIT
"""Writes what the package takes from elsewhere. The types for type checkers, egm/__init__.pyi and egm/metric.pyi, are
not in the source, because losses and samplers are made when the package is imported, and the library describes their
options. egm/_docs.py has what help() says about these: the comments of their headers.

usage: stubs.py [--check]   writes the files; with --check compares them with what would be written. EGM_LIBRARY names
the library, PYTHONPATH the folder that contains egm/."""
import inspect
import os
import re
import sys

import egm
from egm import _structs

FOLDER = os.path.dirname(os.path.abspath(egm.__file__))
HEAD = '''# SPDX-License-Identifier: MIT
# Written by bindings/python/stubs.py.
import os
from typing import Any, Callable, Dict, Iterable, Literal, Optional, Sequence, Set, Tuple, Union, overload

import numpy as np
import numpy.typing as npt

_Numbers = npt.NDArray[Any]
_Progress = Union[Callable[[Dict[str, Any]], object], Literal[True], None]
_Path = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
_Bytes = Union[bytes, bytearray, memoryview]
'''
# The type of a parameter, by its name; "function.name" where functions differ.
PARAMETERS = {
    **dict.fromkeys("x y draws values means covariances masses p q lower upper centers positive scores indices".split(),
                    "npt.ArrayLike"),
    **dict.fromkeys("weights row_weights".split(), "Optional[npt.ArrayLike]"),
    **dict.fromkeys("threads inputs units height width channels kernel stride padding output_padding size factor seed "
                    "rows columns samples components dims n thin chains capacity dim lags index every "
                    "steps".split(), "int"),
    **dict.fromkeys("slope alpha epsilon momentum sigma share value".split(), "float"),
    **dict.fromkeys("energy generator discriminator encoder decoder decoder_net critic denoiser classifier information "
                    "data_energy sample_energy encoder_net generator_net".split(), "Model"),
    "net": "Optional[Model]", "context": "Context", "path": "_Path", "content": "_Bytes", "progress": "_Progress",
    "dtype": "npt.DTypeLike", "name": "str", "chain": "Optional[int]", "scale.chain": "int",
    "energies": "npt.ArrayLike", "run.energies": "bool", "log": "Optional[Callable[[str, str], object]]",
    "log_weights": "bool", "loss": "Loss",
    "average.net": "Model", "target": "Target", "sampler": "Optional[Sampler]", "mixture": "Mixture",
    "kind": 'Literal["energy", "posterior", "pullback"]', "like": "Optional[Data]", "missing": "Optional[float]",
    "estimator": 'Literal["unbiased", "biased"]', "bins": "Sequence[int]", "names": "Optional[Sequence[str]]",
    "to_arviz.energies": "Optional[npt.ArrayLike]", "groups": "Dict[str, npt.ArrayLike]",
    "median.y": "Optional[npt.ArrayLike]",
    "fit.x": "Union[npt.ArrayLike, Data, None]", "Mixture.fit.x": "npt.ArrayLike", "name.set_initializer": "str",
    "Target.callback.function": "Callable[[_Numbers], Tuple[npt.ArrayLike, npt.ArrayLike]]",
    "Data.callback.function": "Callable[[npt.NDArray[np.int64]], npt.ArrayLike]", "view.x": "_Numbers",
}
# What a function returns, by its name; layers return the model.
RESULTS = {
    **dict.fromkeys("__init__ close save save_pytorch set_parameters set_tensor add restore restore_state "
                    "set_learning_rate set_negatives".split(), "None"),
    **dict.fromkeys("summary backend name".split(), "str"),
    **dict.fromkeys("save_memory save_pytorch_memory state".split(), "bytes"),
    **dict.fromkeys("run energy generate tensor floors log_density responsibilities sample read scale autocorrelation "
                    "bfmi histogram vae_log_likelihood points values".split(), "_Numbers"),
    "parameters": "_Numbers", "Mixture.parameters": "Tuple[_Numbers, _Numbers, _Numbers]", "Model.restore": "Model",
    "energy_gradient": "Tuple[_Numbers, _Numbers]", "evaluate": "Tuple[_Numbers, _Numbers]",
    "tensor_shapes": "Dict[str, Tuple[int, ...]]", "step": "float", "count": "Tuple[int, int]", "features": "Set[str]",
    **dict.fromkeys("ais stats negatives_stats column mode_coverage ranking".split(), "Dict[str, Any]"),
    "compute": "Dict[str, float]", "diagnose": "Dict[str, npt.NDArray[np.float64]]", "to_arviz": "Any",
    "average": "Model",
    **dict.fromkeys("kl jeffreys js mmd median sliced frechet metric.energy".split(), "float"),
    "inputs": "int", "outputs": "int", "parameter_count": "int", "bytes": "int", "peak_bytes": "int", "dims": "int",
    "chains": "int", "components": "int", "rows": "int", "columns": "int", "steps": "int", "arena_bytes": "int",
    "dtype": "np.dtype[Any]", "covariance": "str", "shape": "Tuple[int, ...]", "Trainer.terms": "Dict[str, float]",
    "Loss.terms": "Tuple[str, ...]", "result": "Optional[Dict[str, Any]]",
}
LAYERS = ("set_initializer dense spectral_dense relu leaky_relu elu softplus silu tanh sigmoid gelu layer_norm "
          "batch_norm image flatten conv spectral_conv conv_transpose average_pool upsample build restore "
          "restore_memory").split()

OVERLOADS = {("Sampler", "run"): [line for kind, result in (
    ("Literal[False] = False", "_Numbers"), ("Literal[True]", "Tuple[_Numbers, _Numbers]")) for line in (
        "    @overload",
        "    def run(self, n: int, thin: int = 1, %senergies: %s, progress: _Progress = None) -> %s: ..." % (
            "" if "=" in kind else "*, ", kind, result))]}
ITSELF = ("Model.clone", "Sampler.warmup", "Trainer.fit")


def find(table, owner, name, what=None):
    """The entry of a table for Owner.name, or Owner.name.what."""
    last = [what] if what else [name]
    for key in (".".join(filter(None, [owner, name, what])), ".".join(filter(None, [name, what])), *last):
        if key in table:
            return table[key]
    raise SystemExit("stubs: no type for %s.%s %s" % (owner, name, what or ""))


def option_type(member):
    """The type of the keyword of an option."""
    simple = {_structs.FLAG: "bool", _structs.DOUBLE: "float", _structs.CHARACTER: "Optional[str]",
              _structs.NUMBERS: "Optional[npt.ArrayLike]", _structs.STRING: "Optional[str]",
              _structs.STRINGS: "Optional[Iterable[Union[str, int]]]"}
    names = "Literal[%s]" % ", ".join('"%s"' % name for name in member.choices)
    if member.kind == _structs.CHOICE:
        return names
    if member.kind == _structs.BITS:
        return "Union[%s, Iterable[%s]]" % (names, names)
    return simple.get(member.kind, "int")


def parameter(owner, name, function, p):
    member = getattr(function, "members", {}).get(p.name)
    if member is None or member.kind == _structs.HANDLE:
        kind = find(PARAMETERS, owner, name, p.name)
    else:
        kind = option_type(member)
    if p.default is p.empty:
        return "%s: %s" % (p.name, kind)
    if p.default is None and not kind.startswith(("Optional", "_Progress", "Union[npt.ArrayLike, Data, None]")):
        kind = "Optional[%s]" % kind
    shown = repr(p.default).replace("'", '"') if isinstance(p.default, (int, float, str, type(None))) else "..."
    return "%s: %s = %s" % (p.name, kind, "..." if shown in ("inf", "nan") else shown)


def arguments(owner, name, function, first):
    """The list of parameters: positional ones, then `*`, then keywords."""
    shown, marks = [], set()
    parameters = [p for p in inspect.signature(function).parameters.values() if p.name not in ("self", "cls")]
    if first:
        shown.append(first)
    for index, p in enumerate(parameters):
        if p.kind == p.KEYWORD_ONLY and "*" not in marks:
            marks.add("*")
            shown.append("*")
        shown.append("**" * (p.kind == p.VAR_KEYWORD) + parameter(owner, name, function, p))
        if p.kind == p.POSITIONAL_ONLY and (index + 1 == len(parameters) or parameters[index + 1].kind != p.kind):
            shown.append("/")
    return shown


def wrapped(indent, text):
    """The text in lines of at most 120 columns, each of which ends after a comma."""
    lines, line = [], indent
    for part in text.split(", "):
        part += ", "
        if len(line) + len(part.rstrip()) > 120:
            lines.append(line.rstrip())
            line = indent + "        "
        line += part
    return "\n".join([*lines, line[:-2]])


def function_stub(indent, owner, name, function, first="", decorator=None):
    made = decorator == "classmethod" or decorator == "staticmethod" and owner in ("Loss", "Sampler")
    itself = owner + "." + name in ITSELF or owner == "Model" and name in LAYERS
    result = owner if made or itself else find(RESULTS, owner, name)
    text = "def %s(%s) -> %s: ..." % (name, ", ".join(arguments(owner, name, function, first)), result)
    return [indent + "@" + decorator, wrapped(indent, text)] if decorator else [wrapped(indent, text)]


def members(kind):
    """The stubs of what a class has."""
    lines, indent, owner = [], "    ", kind.__name__
    for name, value in vars(kind).items():
        if isinstance(value, property):
            lines += [indent + "@property", "%sdef %s(self) -> %s: ..." % (indent, name, find(RESULTS, owner, name))]
            if value.fset:
                lines += ["    @%s.setter" % name, "    def %s(self, x: npt.ArrayLike) -> None: ..." % name]
        elif name == "__init__" and len(inspect.signature(value).parameters) > 1 or not name.startswith("_"):
            if isinstance(value, classmethod):
                lines += function_stub(indent, owner, name, value.__func__, "cls", "classmethod")
            elif isinstance(value, staticmethod):
                lines += function_stub(indent, owner, name, value.__func__, "", "staticmethod")
            elif (owner, name) in OVERLOADS:
                lines += [wrapped("", line) for line in OVERLOADS[owner, name]]
            elif callable(value):
                lines += function_stub(indent, owner, name, value, "self")
    if kind is egm.Mixture:
        lines.append("    result: Optional[Dict[str, Any]]")
    return lines


def classes():
    lines = ["", "__version__: str", "RELEASE: Tuple[int, int]"]
    for name in egm.__all__:
        value = getattr(egm, name)
        if inspect.isclass(value) and issubclass(value, BaseException):
            bases = ", ".join(base.__name__ for base in value.__bases__)
            lines += ["", "class %s(%s):" % (name, bases)]
            lines += ["    status: int", "    text: str"] if value is egm.Error else ["    ..."]
    lines += ["", "class _Handle:", "    def close(self) -> None: ...",
              "    def __exit__(self, *_: object) -> None: ..."]
    for name in egm.__all__:
        value = getattr(egm, name)
        if inspect.isclass(value) and not issubclass(value, BaseException):
            lines += ["", "class %s(_Handle):" % name, *members(value),
                      "    def __enter__(self) -> %s: ..." % name]
    lines.append("")
    for name in egm.__all__:
        if inspect.isfunction(getattr(egm, name)):
            lines += function_stub("", "", name, getattr(egm, name))
    modules = "from . import datasets as datasets, metric as metric, plot as plot"
    return "\n".join([HEAD.rstrip(), *lines, "", modules, ""])


def metric():
    lines = [HEAD.split("import os")[0] + "from typing import Any, Dict, Iterable, Literal, Optional, Sequence", "",
             "import numpy.typing as npt", "", "from . import Context, _Numbers, _Progress", ""]
    for name in egm.metric.__all__:
        lines += function_stub("", "" if name != "energy" else "metric", name, getattr(egm.metric, name))
    return "\n".join([*lines, ""])


def docs():
    """The comments of the constructors of losses and samplers, and of layers, by the names of their functions."""
    lines = ["# SPDX-License-Identifier: MIT",
             '"""The comments of the headers; bindings/python/stubs.py writes this file."""', "DOCS = {"]
    for header, pattern in (("loss", r"\(egm_loss \*\*out"), ("sampler", r"\(egm_sampler \*\*out"),
                            ("model", r"\(egm_model \*model[,)]")):
        with open(os.path.join(FOLDER, "..", "..", "..", "include", "egm", header + ".h")) as file:
            text = file.read()
        pattern = r"/\*\*((?:(?!\*/).)*)\*/\nEGM_API [^(;]*\begm_(%s_\w+)%s" % (header, pattern)
        for comment, name in re.findall(pattern, text, re.DOTALL):
            if header == "model" and name[len("model_"):] not in LAYERS:
                continue
            comment = re.sub(r"^ \* ? ?", "", comment.strip(), flags=re.MULTILINE)
            lines.append('    "%s": r"""\n%s""",' % (name, comment))
    return "\n".join([*lines, "}", ""])


def main():
    made, stale = {"__init__.pyi": classes(), "metric.pyi": metric(), "_docs.py": docs()}, []
    for name, text in made.items():
        path = os.path.join(FOLDER, name)
        if "--check" not in sys.argv:
            with open(path, "w") as file:
                file.write(text)
            continue
        with open(path) as file:
            stale += [name] if file.read() != text else []
    if stale:
        raise SystemExit("stubs: %s is not what bindings/python/stubs.py writes" % " and ".join(stale))


if __name__ == "__main__":
    main()
