# SPDX-License-Identifier: MIT
"""The Python package for the reference, read from its source without running it, because that would need the library:
which names call which C function (`read`), and a page of its classes and functions with their texts (`page`)."""
import ast
import inspect
import pathlib
import re


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


# ---- the page
CODE = re.compile(r"``?([^`]+)``?")


def paragraphs(docstring, indent):
    """A docstring as paragraphs and programs; nothing in it is markup but back quotes."""
    out = []
    for block in inspect.cleandoc(docstring or "").split("\n\n"):
        if block.startswith("    "):
            out += [indent + ".. code-block:: python", ""] + [indent + "   " + line[4:] for line in block.split("\n")]
        else:
            for item in re.split(r"\n(?=- )", block):
                text = re.sub(r"([\\*_|<>])", r"\\\1", " ".join(item.split()))
                text = CODE.sub(lambda match: "``" + match.group(1).replace("\\", "") + "``", text)
                out += [indent + text, ""]
        out.append("")
    return out


def signature(node, method):
    arguments = ast.unparse(node.args)
    return re.sub(r"\A(self|cls)(, |\Z)", "", arguments) if method else arguments


def decorators(node):
    return {part.id for part in node.decorator_list if isinstance(part, ast.Name)}


def member(node, owner):
    """A method or property of the class OWNER."""
    kinds = decorators(node)
    if "property" in kinds:
        return [f"   .. py:property:: {owner}.{node.name}", ""] + paragraphs(ast.get_docstring(node), "      ")
    option = [f"      :{kind}:" for kind in ("classmethod", "staticmethod") if kind in kinds]
    return [f"   .. py:method:: {owner}.{node.name}({signature(node, 'staticmethod' not in kinds)})", *option, ""] + \
        paragraphs(ast.get_docstring(node), "      ")


def public_members(node):
    """Methods and properties, without setters: a setter has the name of its property."""
    seen = set()
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and not part.name.startswith("_") and part.name not in seen:
            seen.add(part.name)
            yield part


def class_page(node, functions):
    init = next((part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"), None)
    arguments = signature(init, True) if init else ""
    out = [f".. py:class:: egm.{node.name}({arguments})", ""] + paragraphs(ast.get_docstring(node), "   ")
    made = sorted(f"egm_{node.name.lower()}_{rest}" for rest in (
        name[len("egm_"):-len("_options")] for name in functions if name.endswith("_options"))
        if f"egm_{node.name.lower()}_{rest}" in functions) if node.name in ("Loss", "Sampler") else []
    for name in made:
        rest = name.split("_", 2)[2]
        out += [f"   .. py:method:: egm.{node.name}.{rest}(..., **options)", "      :staticmethod:", "",
                f"      :c:func:`{name}`, with the members of :c:struct:`egm_{rest}_options` as keywords.", ""]
    for part in public_members(node):
        if part.name not in {name.split("_", 2)[2] for name in made}:
            out += member(part, "egm." + node.name)
    return out


def page(package, functions):
    """The page of the package, as reStructuredText. FUNCTIONS are the names of the C functions and structs."""
    package = pathlib.Path(package)
    start = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
    title = "Reference of the Python package"
    out = [title, "=" * len(title), ""] + paragraphs(ast.get_docstring(start), "")
    wanted = exported(package)
    for path in sorted(package.glob("*.py")):
        owner = "" if path.stem.startswith("_") else path.stem
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found = [node for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and
                 not node.name.startswith("_") and (owner or node.name in wanted)]
        if found:
            heading = f"egm.{owner}" if owner else path.stem.strip("_").capitalize()
            out += [heading, "-" * len(heading), ""]
        for node in found:
            if isinstance(node, ast.ClassDef):
                out += class_page(node, functions)
            else:
                name = ".".join(part for part in ("egm", owner, node.name) if part)
                out += [f".. py:function:: {name}({signature(node, False)})", ""] + \
                    paragraphs(ast.get_docstring(node), "   ")
    return "\n".join(out) + "\n"
