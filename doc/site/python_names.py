# SPDX-License-Identifier: MIT
"""Which names of the Python package call which function of the library, read from the package's source without running
it: {"egm_model_run": ["egm.Model.run"]}."""
import ast
import pathlib


def called(node):
    return {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute) and part.attr.startswith("egm_")
            and isinstance(part.value, ast.Name) and part.value.id == "lib"}


def public(node, owner):
    """The name of a method or function as a user writes it; None for what is internal."""
    if node.name == "__init__":
        return owner
    return None if node.name.startswith("_") else f"{owner}.{node.name}"


def of_module(tree, owner):
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from of_module(node, f"{owner}.{node.name}")
        elif isinstance(node, ast.FunctionDef) and public(node, owner):
            for name in called(node):
                yield name, public(node, owner)


def exported(package):
    """The names that __init__.py imports or defines."""
    tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
    found = {alias.asname or alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
             for alias in node.names}
    return found | {path.stem for path in package.glob("*.py")}


def read(package, functions):
    """PACKAGE is the folder egm of the binding; FUNCTIONS are the names of the C functions and structs."""
    package, names = pathlib.Path(package), {}
    for path in sorted(package.glob("*.py")):
        owner = "egm" if path.stem.startswith("_") else "egm." + path.stem
        for function, name in of_module(ast.parse(path.read_text(encoding="utf-8")), owner):
            if name.split(".")[1] in exported(package):
                names.setdefault(function, set()).add(name)
    for function in functions:  # losses and kernels, which a loop adds to their classes
        kind, _, rest = function[len("egm_"):].partition("_")
        if kind in ("loss", "sampler") and f"egm_{rest}_options" in functions:
            names.setdefault(function, set()).add(f"egm.{kind.capitalize()}.{rest}")
    return {function: sorted(found) for function, found in names.items()}
