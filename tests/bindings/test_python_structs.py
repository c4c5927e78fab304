# SPDX-License-Identifier: MIT
"""What the Python module repeats of the headers, against the headers; EGM_LAYOUT is the path of the program of
layout.c. Options and results, which the module reads from the library, against what the module does with them. Runs
as test_python.py does."""
import ctypes
import functools
import glob
import inspect
import os
import re
import subprocess
import sys
import unittest

from test_python import main
import egm
import numpy as np
from egm import _arrays, _callbacks, _errors, _library, _model, _structs, _target

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
# Functions that the module does not call, each with the reason.
NOT_IN_PYTHON = {
    "status_name": "a status is a class of exceptions",
    "array_save_npy": "numpy.save does this",
    "options_find": "a struct is read by its name, as a whole",
    "options_type": "the module names the structs that it needs",
    "sampler_dims": "a sampler has the dims of its target",
    "sampler_dtype": "a sampler has the dtype of its target",
}
# Enumerators that the module does not have, each with the reason.
NOT_NUMBERS = {"EGM_OK": "a call that succeeds raises nothing"}


def text_of(*path):
    with open(os.path.join(ROOT, *path)) as file:
        return file.read()


HEADERS = sorted(glob.glob(os.path.join(ROOT, "include", "egm", "*.h*")))


class Layout(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.structs, cls.numbers = {}, {}
        for line in subprocess.run(os.environ["EGM_LAYOUT"], stdout=subprocess.PIPE, text=True,
                                   check=True).stdout.splitlines():
            name, *rest = line.split()
            if len(rest) == 1:
                cls.numbers[name] = int(rest[0])
            else:
                cls.structs.setdefault(name, []).append(rest)

    def test_structs_are_those_of_the_headers(self):
        structs = {"egm_array": _arrays.Array, "egm_out": _arrays.Array, "egm_choice": _structs.Choice,
                   "egm_option": _structs.Option}
        self.assertEqual(set(structs), set(self.structs))
        for name, struct in structs.items():
            members = [[member, *map(str, (getattr(struct, member).offset, getattr(struct, member).size))]
                       for member, _ in struct._fields_]
            self.assertEqual([["-", "-", str(ctypes.sizeof(struct))], *members], self.structs[name], name)

    def test_numbers_are_those_of_the_headers(self):
        names = {"OutOfMemory": "MEMORY", "File": "IO", "Truncated": "FILE"}
        numbers = {"EGM_F%d" % (8 * dtype.itemsize): code for dtype, code in _arrays.CODES.items()}
        for status, kind in _errors.ERRORS.items():
            name = kind.__name__[:-len("Error")]
            numbers["EGM_ERR_" + names.get(name, name.upper())] = status
        numbers["EGM_ERR_STOPPED"] = _errors.STOPPED
        for kind in "CHOICE FLAG BITS CHARACTER RESERVED DOUBLE NUMBERS HANDLE CALLBACK USER".split():
            numbers["EGM_OPTION_" + kind] = getattr(_structs, kind)
        for kind, name in (("INT32", "INT32_KIND"), ("INT64", "INT64_KIND"), ("UINT64", "UINT64_KIND"),
                           ("TEXT", "STRING"), ("TEXTS", "STRINGS")):
            numbers["EGM_OPTION_" + kind] = getattr(_structs, name)
        for prefix, codes in (("INIT", _model.INITIALIZERS), ("LATENT", _target.LATENT), ("FEATURE", _model.FEATURES),
                              ("LOG", {name: level for level, name in _callbacks.LEVELS.items()})):
            numbers.update(("EGM_%s_%s" % (prefix, name.upper()), number) for name, number in codes.items())
        self.assertEqual(numbers, self.numbers)


def described():
    """The names of all structs that the library describes."""
    function, index, found = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_int32)(
        ("egm_options_type", _library.lib)), 0, []
    while function(index):
        found.append(function(index).decode()[len("egm_"):])
        index += 1
    return found


class Reach(unittest.TestCase):
    def test_every_function_is_declared_or_not_needed(self):
        """The argument types of a function are None until the module declares them."""
        functions = re.findall(r"^EGM_API [^(]*\begm_(\w+)\(", "".join(map(text_of, HEADERS)), re.MULTILINE)
        self.assertGreater(len(functions), 150)
        missing = {name for name in functions if getattr(_library.lib, "egm_" + name).argtypes is None}
        self.assertEqual(missing, set(NOT_IN_PYTHON))

    def test_every_function_of_the_last_release_is_declared_or_not_needed(self):
        """tests/abi/egm.names is what the last release promised; inline functions make arrays, as rows_of does."""
        functions = re.findall(r"^egm_(\w+)\(", text_of("tests", "abi", "egm.names"), re.MULTILINE)
        self.assertGreater(len(functions), 150)
        for name in set(functions) - set(NOT_IN_PYTHON):
            self.assertIsNotNone(getattr(_library.lib, "egm_" + name).argtypes, name)

    def test_the_oldest_library_has_what_is_called(self):
        """A module that calls a function which the last release did not have needs the library of this release."""
        headers, last = "".join(map(text_of, HEADERS)), text_of("tests", "abi", "egm.names")
        new = (set(re.findall(r"^EGM_API [^(]*\begm_(\w+)\(", headers, re.MULTILINE)) -
               set(re.findall(r"^egm_(\w+)\(", last, re.MULTILINE)) - set(NOT_IN_PYTHON))
        this = divmod(_library.lib.egm_version() // 100, 100)
        self.assertLessEqual(_library.RELEASE, this)
        if new:
            self.assertEqual(_library.RELEASE, this, new)

    def test_every_enumerator_has_a_name(self):
        """Enumerators are codes that the module repeats (tests/bindings/layout.c compares their values), or choices
        that the library describes."""
        names = re.findall(r"\b(EGM_[A-Z0-9_]+) = -?\d", "".join(map(text_of, HEADERS)))
        self.assertGreater(len(names), 100)
        repeated = set(re.findall(r"\bN\((\w+)\)", text_of("tests", "bindings", "layout.c")))
        members = [member for name in described() for member in _structs.struct(name).members.values()]
        choices = {(m.family + choice).upper() for m in members for choice in m.choices}
        self.assertEqual(set(names) - repeated - choices, set(NOT_NUMBERS))

    def constructors(self, header, handle):
        """The functions egm_<handle>_<name>(out, ..., options): by name, the arguments that are pointers to <kind>."""
        text = text_of("include", "egm", header)
        return re.findall(r"egm_status egm_%s_(\w+)\(egm_%s \*\*out, ([^)]*)\)" % (handle, handle), text)

    def test_losses_are_those_of_the_header(self):
        """Every constructor with its networks in order; options are read from the library."""
        found = {name: re.findall(r"egm_model \*(\w+)", arguments)
                 for name, arguments in self.constructors("loss.h", "loss")}
        self.assertGreaterEqual(len(found), 15)
        self.assertEqual(set(found), set(egm.Loss._systems))
        for name, nets in found.items():
            parameters = inspect.signature(getattr(egm.Loss, name)).parameters.values()
            self.assertEqual([p.name.replace("_net", "") for p in parameters if p.kind == p.POSITIONAL_ONLY], nets)

    def test_kernels_are_those_of_the_header(self):
        self.assertEqual([name for name, _ in self.constructors("sampler.h", "sampler")], egm.Sampler._kernels)

    def test_metrics_are_those_of_the_header(self):
        found = re.findall(r"egm_status egm_metric_(\w+)\(", text_of("include", "egm", "metric.h"))
        self.assertEqual(found, egm.metric.__all__)
        for name in found:
            self.assertTrue(inspect.getdoc(getattr(egm.metric, name)), name)


class Metadata(unittest.TestCase):
    def test_that_of_meson_is_that_of_the_wheel(self):
        """METADATA.in against pyproject.toml: tomllib is not in every Python that runs this."""
        project = dict(re.findall(r'^([a-z-]+) = \[?"([^"]*)"\]?$', text_of("pyproject.toml"), re.MULTILINE))
        metadata = dict(re.findall(r"^([A-Za-z-]+): (.*)$", text_of("bindings", "python", "METADATA.in"), re.MULTILINE))
        for key, name in (("name", "Name"), ("description", "Summary"), ("requires-python", "Requires-Python"),
                          ("dependencies", "Requires-Dist")):
            self.assertEqual(project[key].replace(" ", ""), metadata[name].replace(" ", ""), name)


class Types(unittest.TestCase):
    def test_the_stubs_are_those_of_this_library(self):
        """Types for checkers, with the options, choices and defaults of the library."""
        script = os.path.join(ROOT, "bindings", "python", "stubs.py")
        run = subprocess.run([sys.executable, "-B", script, "--check"], stderr=subprocess.PIPE, text=True)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        types = text_of("bindings", "python", "egm", "__init__.pyi")
        for name, text in (("nuts", "max_depth: int = 10"), ("gan", '"hinge"')):
            self.assertIn(text, types, name)


class Options(unittest.TestCase):
    def test_every_struct_of_the_headers_is_described(self):
        found = set()
        for name in os.listdir(os.path.join(ROOT, "include", "egm")):
            found.update(re.findall(r"typedef struct egm_(\w+) \{\n\tsize_t struct_size;",
                                    text_of("include", "egm", name)))
        self.assertEqual(found, set(described()))

    def test_keywords_give_back_the_defaults(self):
        """Setting each option to the default that help() shows leaves the struct unchanged, bit for bit; except for
        pointers, because None means NULL."""
        for name in described():
            kind = _structs.struct(name)
            with_defaults, again = kind.defaults(), kind.defaults()
            if name.endswith("_options"):
                for option in kind.options:
                    member = kind.members[option]
                    value = member.keyword(getattr(with_defaults, option))
                    shown = member.keyword(member.default)
                    self.assertEqual((type(value), value), (type(shown), shown), (name, option))
                    if not (member.kind == _structs.CHOICE and value is None):
                        again.set({option: value})
            self.assertEqual(bytes(again), bytes(with_defaults), name)

    def test_every_option_is_documented(self):
        for kind in (_structs.struct(name) for name in described() if name.endswith("_options")):
            for option in kind.options:
                self.assertRegex(kind.members[option].document, r"(?s)^%s: .+\. [^ ].*\.$" % option, kind)

    def test_defaults_are_shown(self):
        options = inspect.signature(egm.Loss.wgan).parameters
        self.assertEqual({name: p.default for name, p in options.items() if p.kind == p.KEYWORD_ONLY},
                         {"penalty_kind": "two_sided", "penalty_at": "interpolates", "critic_steps": 5, "penalty": 10,
                          "clip": 0})
        self.assertEqual(list(inspect.signature(egm.Sampler.nuts).parameters),
                         "target chains seed step_size start_scale scale target_accept divergence max_depth "
                         "adapt_scale".split())
        self.assertIs(inspect.signature(egm.Sampler.nuts).parameters["adapt_scale"].default, True)
        text = inspect.getdoc(egm.Loss.gan)
        self.assertRegex(text, "^Creates the loss of a generative adversarial network")
        self.assertRegex(inspect.getdoc(egm.Sampler.nuts), r"^Creates a no-U-turn sampler (?s:.*)max_depth: an integer")
        self.assertIn('form: "non_saturating", "minimax", "least_squares", "hinge", ', text)
        self.assertRegex(text, r'(?s)default\s+"non_saturating"\. Which loss')
        self.assertIn("smoothing: a number >= 0 and < 1, default 0. ", text)

    def test_everything_is_documented(self):
        for name in egm.__all__:
            kind = getattr(egm, name)
            self.assertTrue(inspect.getdoc(kind), name)
            for member in vars(kind) if inspect.isclass(kind) else ():
                if not member.startswith("_") and member != "members":
                    self.assertTrue(inspect.getdoc(getattr(kind, member)), (name, member))
        self.assertIn("y = x W^T + b", egm.Model.dense.__doc__)

    def test_values_of_every_kind(self):
        fit = _structs.struct("mixture_options")
        for value, bits in ((("weights", "means"), 3), ("covariances", 4), ((), 0), (["means", "means"], 2)):
            self.assertEqual(fit.defaults().set({"fixed": value}).fixed, bits)
        csv = _structs.struct("csv_options")
        made = csv.defaults().set({"comment": None, "delimiter": ";", "columns": ["a", 2]})
        self.assertEqual((made.comment, made.delimiter, made.column_count, made.columns[:2]), (-1, 59, 2, [b"a", b"2"]))
        nuts = _structs.struct("nuts_options")
        made = nuts.defaults().set({"scale": np.float32([1, 2]), "adapt_scale": False}, dims=2)
        self.assertEqual((made.scale[:2], made.adapt_scale), ([1, 2], 0))
        self.assertFalse(nuts.defaults().set({"scale": None}).scale)
        for kind, options, wrong in (
                (fit, {"fixed": "weight"}, egm.ArgumentError), (fit, {"fixed": 1}, TypeError),
                (fit, {"covariance": 1}, egm.ArgumentError), (fit, {"covariance_floor": "1"}, TypeError),
                (fit, {"starts": 1.0}, TypeError), (fit, {"starts": 0}, egm.ArgumentError),
                (fit, {"seed": -1}, egm.ArgumentError), (fit, {"struct_size": 8}, TypeError),
                (fit, {"reserved": 0}, TypeError), (csv, {"column_count": 1}, TypeError),
                (csv, {"delimiter": None}, egm.ArgumentError), (nuts, {"scale": 1.0}, egm.ShapeError),
                (nuts, {"scale": [1, 2, 3]}, egm.ShapeError), (nuts, {"adapt_scale": 2}, egm.ArgumentError),
                (nuts, {"target_accept": 0}, egm.ArgumentError), (nuts, {"divergence": 0.0}, egm.ArgumentError),
                (_structs.struct("restore_options"), {"prefix": "a\0b"}, egm.ArgumentError)):
            name, = options
            with self.assertRaisesRegex(wrong, name):
                kind.defaults().set(options, dims=2)

    def takers(self):
        """Every function that has options, as a function of keywords; those of losses are in test_python_training,
        those of data files in test_python_data."""
        context, x = egm.Context(), np.eye(4)
        net = egm.Model(context, "energy", 2).dense(4).silu().dense(1).build(np.float64)
        law, content = egm.Target.model(net), net.save_memory()
        ml = egm.Trainer(egm.Loss.ml(net), batch=8)
        yield from ((kernel, functools.partial(getattr(egm.Sampler, kernel), law)) for kernel in egm.Sampler._kernels)
        yield from [
            ("trainer", functools.partial(egm.Trainer, egm.Loss.dsm(net))), ("negatives", ml.set_negatives),
            ("target", functools.partial(egm.Target.model, net)), ("ais", law.ais), ("context", egm.Context),
            ("mixture", functools.partial(egm.Mixture.fit, context, x)),
            ("mmd", functools.partial(egm.metric.mmd, x, x)),
            ("sliced", functools.partial(egm.metric.sliced, x, x)),
            ("mode_coverage", functools.partial(egm.metric.mode_coverage, x, x, 1)),
            ("load", functools.partial(egm.Model.load_memory, content)),
            ("restore", functools.partial(net.restore_memory, content))]

    def test_every_option_arrives_under_its_name(self):
        """The error names the option that is rejected: a wrong word, NaN, -7, a matrix. -7 is out of every range."""
        bad = {str: "no such", float: np.nan, int: -7, bool: 2, tuple: "no such"}
        for name, call in self.takers():
            kind, shown = _structs.struct(name + "_options"), inspect.signature(call).parameters
            for option in kind.options:
                if option not in shown:  # options that only C has
                    self.assertIn(option, ("concurrent", "rows"))
                elif kind.members[option].kind == _structs.STRING:
                    self.assertRaisesRegex(egm.ArgumentError, option, call, **{option: "a\0b"})
                else:
                    value = bad.get(type(shown[option].default), [[1.0]])
                    self.assertRaisesRegex(ValueError, option, call, **{option: value})
            self.assertRaisesRegex(TypeError, "nonsense", call, nonsense=1)

    def test_kinds_of_a_newer_library_keep_their_defaults(self):
        kinds = _structs._TYPES
        try:
            _structs._TYPES = {kind: type for kind, type in kinds.items() if kind != _structs.DOUBLE}
            older = _structs.struct("trainer_options")
            statistics = _structs.struct("sampler_statistics").defaults().as_dict()
        finally:
            _structs._TYPES = kinds
        self.assertEqual(bytes(older.defaults()), bytes(_structs.struct("trainer_options").defaults()))
        self.assertIn("batch", older.options)
        self.assertNotIn("learning_rate", older.options)
        self.assertNotIn("step_size", statistics)

    def test_a_library_that_lays_out_otherwise_is_refused(self):
        size = _library.lib.egm_options_size
        try:
            _library.lib.egm_options_size = lambda kind: size(kind) + 8
            self.assertRaisesRegex(ImportError, "lays out egm_ml_options", _structs.struct, "ml_options")
        finally:
            _library.lib.egm_options_size = size


if __name__ == "__main__":
    main()
