#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the reference pages from the public headers: one page for each header, with its declarations and comments in
the order of the header, as input for Sphinx (reStructuredText, C domain).

The comments are plain text, and are taken as such: everything that would be markup is escaped. Structure comes from
indentation alone: indented lines are formulas or tables, which stay as they are, and lines with "- " are a list.
"""
import pathlib
import re

import examples
import python_names

PAGES = (  # header, title; in the order in which a reader needs them
    ("status", "Errors"), ("array", "Arrays"), ("context", "Contexts"), ("options", "Option structs"),
    ("model", "Networks"), ("data", "Data"), ("loss", "Losses"), ("trainer", "Training"),
    ("target", "Energies to sample"), ("sampler", "Markov chains"), ("diagnostics", "Diagnostics of chains"),
    ("metric", "Metrics"), ("mixture", "Gaussian mixtures"), ("version", "Version"))

COMMENT = re.compile(r"/\*.*?\*/", re.S)
NAME = re.compile(r"\b(?:egm|EGM)_\w*(?:\.\.\.|\*)?(?:_\w+)?|`[^`]+`")
CONSTANTS = re.compile(r"\A(EGM(?:_[A-Z0-9]+)*_)\*\Z")


def label(family):
    """The anchor of a group of constants: "EGM_SIMD_" -> "constants-egm-simd"."""
    return "constants-" + family.strip("_").lower().replace("_", "-")


def escape(text):
    return re.sub(r"([\\*`_|<>])", r"\\\1", text)


def inline(text, known):
    """Prose: names of the library become links, names in back quotes code; all else is literally itself."""
    out, last = [], 0
    for match in NAME.finditer(text):
        out.append(escape(text[last:match.start()]))
        word, last = match.group(), match.end()
        family = CONSTANTS.match(word)
        before = "" if not text[:match.start()][-1:].strip() else "\\ "
        if family and family.group(1) in known["families"]:
            word = f":ref:`{word} <{label(family.group(1))}>`"
        elif word in known["names"]:
            word = f":c:{known['names'][word]}:`{word}`"
        else:
            word = "``" + word.strip("`") + "``"
        out.append(before + word + ("\\ " if text[last:last + 1].strip() else ""))
    out.append(escape(text[last:]))
    # What could begin a list, a title or a directive does not at the beginning of a paragraph.
    return ("\\" if re.match(r"[-+:.=\"'#~^\[(]|\w+[.)] ", text) else "") + "".join(out)


def lines_of(comment):
    """The text of a comment: lines without the asterisks, indented as in the header relative to its prose."""
    member, public = comment.startswith("/**<"), comment.startswith("/**")
    body = comment[4 if member else 3 if public else 2:-2].rstrip().split("\n")
    rest = [re.sub(r"^\s*\*(?=\s|$)", "", line) if not member else line for line in body[1:]]
    rest = [line.expandtabs(4) for line in rest]
    width = min((len(line) - len(line.lstrip()) for line in rest if line.strip()), default=0)
    base = width if member else min(width, 2 if public else 1)
    return [body[0].strip()] + [line[base:].rstrip() for line in rest]


def prose(comment, known, indent=""):
    """A comment as paragraphs, lists and literal blocks."""
    out, paragraph, literal = [], [], []
    place = {"items": []}  # indentation of the open list items

    def flush():
        if paragraph:
            depth = len(place["items"])
            lead = "   " * (depth - 1) + "-  " if depth else ""
            out.append(indent + lead + inline(" ".join(paragraph), known))
            out.append("")
            paragraph.clear()
        if literal:
            while literal and not literal[-1].strip():
                literal.pop()
            width = min(len(line) - len(line.lstrip()) for line in literal if line.strip())
            out.extend([indent + ".. code-block:: text", ""])
            out.extend([(indent + "   " + line[width:]).rstrip() for line in literal])
            out.append("")
            literal.clear()

    for line in lines_of(comment):
        text, depth = line.strip(), len(line) - len(line.lstrip())
        if literal and (not text or depth):
            literal.append(line)
        elif not text:
            flush()
            place["items"] = []
        elif text.startswith("- "):
            flush()
            place["items"] = [i for i in place["items"] if i < depth] + [depth]
            paragraph.append(text[2:])
        elif depth and not place["items"]:
            flush()
            literal.append(line)
        else:
            if place["items"] and depth <= place["items"][-1]:  # back from a list without an empty line
                flush()
                place["items"] = [i for i in place["items"] if i < depth]
            elif literal:
                flush()
            paragraph.append(text)
    flush()
    return out


def squeeze(text):
    return re.sub(r"\s+", " ", COMMENT.sub(" ", text)).strip()


def items(text):
    """(comment or None, declaration) in the order of the header; the declaration of a comment alone is empty."""
    text = re.sub(r"\A/\* SPDX.*?\*/\n", "", text)
    text = re.sub(r"#ifdef __cplusplus\n.*?#endif\n", "", text, flags=re.S)
    text = re.sub(r"^#el(?:se|if)\b.*?(?=^#endif)", "", text, flags=re.S | re.M)  # the first case is shown
    text = re.sub(r"^/\* clang-format o(n|ff) \*/\n", "", text, flags=re.M)
    comment, at = None, 0
    while True:
        at += len(text[at:]) - len(text[at:].lstrip())
        if at >= len(text):
            break
        if text.startswith("/*", at):
            end = text.index("*/", at) + 2
            if comment:
                yield comment, ""
            comment = text[at:end]
            if text[end:end + 2] == "\n\n":
                yield comment, ""
                comment = None
        elif text.startswith("#", at):
            end = re.compile(r"(?<!\\)\n").search(text, at).end()
            line = text[at:end]
            defines = re.match(r"#define EGM_\w", line) and not re.match(r"#define EGM_\w+_H\n", line)
            if defines or comment:
                yield comment, line if defines else ""
            comment = None
        else:
            depth, end = 0, at
            while True:
                skip = COMMENT.match(text, end)
                if skip:
                    end = skip.end()
                    continue
                depth += {"{": 1, "}": -1}.get(text[end], 0)
                end += 1
                if depth == 0 and (text[end - 1] == ";" or (text[end - 1] == "}" and text[at:].startswith("static"))):
                    break
            yield comment, text[at:end]
            comment = None
        at = end


def members(body):
    """(comment or None, text) of the members of a struct: the comment before one, or the one behind it."""
    body = body[body.index("{") + 1:body.rindex("}")]
    for match in re.finditer(r"\s*(/\*\*(?!<).*?\*/)?\s*([^;/]+);\s*(/\*\*<.*?\*/)?", body, re.S):
        before, text, after = match.groups()
        yield after or before, squeeze(text)


def enumerators(body):
    body = body[body.index("{") + 1:body.rindex("}")]
    for match in re.finditer(r"(/\*\*(?!<).*?\*/\s*)?\b(EGM_\w+) = (-?\d+)\s*,?\s*(/\*\*<.*?\*/)?", body, re.S):
        yield match.group(4) or (match.group(1) or "").strip() or None, match.group(2), match.group(3)


def family(body):
    """What the names of an enumeration's constants have in common, up to an underscore."""
    names = [name for _, name, _ in enumerators(body)]
    common = names[0]
    while not all(name.startswith(common) for name in names) or not common.endswith("_"):
        common = common[:-1]
    return common


def declared(declaration):
    """(kind of the C domain, name) of a declaration."""
    if declaration.startswith("#define"):
        return "macro", re.match(r"#define (\w+)", declaration).group(1)
    match = re.match(r"typedef (struct|enum) \w+.*?(\w+);\Z", declaration, re.S)
    if match:
        return match.group(1), match.group(2)
    match = re.match(r"typedef .*?\(\*(\w+)\)", declaration, re.S)
    if match:
        return "type", match.group(1)
    if declaration.startswith("enum"):
        return "constants", family(declaration)
    return "func", re.search(r"(\w+)\(", re.sub(r"__attribute__\(\(.*?\)\)", "", declaration)).group(1)


def fields(text):
    """The declarations of one line of a struct: "double a, b" is two members."""
    if "(" in text or "," not in text:
        return [text]
    kind, names = re.match(r"((?:const )?\w+ (?=[\w*]))(.*)", text).groups()
    return [kind + name.strip() for name in names.split(",")]


def write(comment, declaration, known):
    kind, name = declared(declaration)
    text = prose(comment, known, "   ") if comment else []
    if kind == "constants":
        out = [f".. _{label(name)}:", "", ".. rubric:: " + escape(name + "*"), ""]
        out += prose(comment, known) if comment else []
        for note, constant, value in enumerators(declaration):
            out += [f".. c:enumerator:: {constant} = {value}", ""] + (prose(note, known, "   ") if note else [])
        return out
    if kind == "macro":
        signature = squeeze(re.sub(r"\\\n", " ", declaration))
        head = re.match(r"#define (\w+(?:\([^)]*\))?)", signature).group(1)
        value = squeeze(declaration[declaration.index(head) + len(head):].replace("\\\n", " "))
        shown = ["   .. code-block:: c", "", f"      {value}", ""] if value and "attribute" not in value else []
        return [f".. c:macro:: {head}", ""] + text + shown
    if kind == "func":
        signature = re.sub(r"\b(EGM_API|EGM_CHECKED|static inline)\b", "", declaration)
        signature = squeeze(signature.split("{")[0].rstrip(" ;"))
        python = ", ".join(f":py:obj:`{other}`" for other in known["python"].get(name, ()))
        out = [f".. c:function:: {signature}", ""] + text + ([f"   *Python:* {python}", ""] if python else [])
        block = known["examples"].get(name)
        return out + (["   .. code-block:: c", "      :class: example", ""] + ["      " + line for line in block] + [""]
                      if block else [])
    if kind == "type":
        return [f".. c:type:: {squeeze(declaration)[len('typedef '):].rstrip(';')}", ""] + text
    out = [f".. c:{kind}:: {name}", ""] + text
    if "{" in declaration and kind == "enum":  # beside the type, not in it, because C has no such scope
        for note, constant, value in enumerators(declaration):
            out += [f".. c:enumerator:: {constant} = {value}", ""] + (prose(note, known, "   ") if note else [])
    elif "{" in declaration:
        for note, member in members(declaration):
            first, *more = fields(member)
            out += [f"   .. c:member:: {first}"] + [f"                 {other}" for other in more] + [""]
            out += prose(note, known, "      ") if note else []
    return out


def title(text, line="="):
    return [text, line * len(text), ""]


def program(path):
    return [".. literalinclude:: " + path, "   :language: c", "   :tab-width: 4", "   :start-after: */", ""]


def page(name, heading, text, known):
    out = title(f"{heading}: egm/{name}.h")
    out += [".. rubric:: Example", ""] + program(f"/reference/{name}.c") + [".. rubric:: Reference", ""]
    for comment, declaration in items(text):
        section = comment and re.match(r"/\* ---- (.*?) \*/\Z", comment, re.S)
        if declaration:
            out += write(comment, declaration, known)
        elif section:
            words = section.group(1)
            out += title(words[0].upper() + words[1:], "-")
        else:
            out += prose(comment, known)
    out += title("The program of the examples", "-")
    out += ["The examples below the functions are paragraphs of this program. ``check`` and ``expect`` end it if a",
            "call failed or a condition is false: :download:`support.h <calls/support.h>`.", ""]
    return "\n".join(out + program(f"/reference/calls/{name}.c")) + "\n"


def read(include, version):
    """The texts of the headers by name; version.h is made by the build, so its numbers are filled in here."""
    texts = {}
    for name, _ in PAGES:
        path = include / "egm" / (name + ".h")
        if path.exists():
            texts[name] = path.read_text(encoding="utf-8")
        else:
            text = path.with_name(name + ".h.in").read_text(encoding="utf-8")
            for part, value in zip(("MAJOR", "MINOR", "PATCH"), version.split(".")):
                text = text.replace(f"@{part}@", value)
            texts[name] = text
    return texts


def names(texts):
    """What prose can link to: name -> role of the C domain."""
    known, families = {}, set()
    for text in texts.values():
        for _, declaration in items(text):
            if not declaration:
                continue
            kind, name = declared(declaration)
            if kind == "constants":
                families.add(name)
            else:
                known[name] = kind
            if kind == "constants" or (kind == "enum" and "{" in declaration):
                known.update((constant, "enumerator") for _, constant, _ in enumerators(declaration))
    return {"names": known, "families": families}


def make(include, out, version, programs):
    """Writes the pages to the folder `out`. In the folder PROGRAMS is a program for each header, and in its folder
    calls/ one that calls every function of the header."""
    texts = read(pathlib.Path(include), version)
    known = names(texts)
    package = pathlib.Path(include).parent / "bindings" / "python" / "egm"
    known["python"] = python_names.read(package, set(known["names"]))
    out.mkdir(parents=True, exist_ok=True)
    (out / "python.rst").write_text(python_names.page(package, set(known["names"])), encoding="utf-8")
    overview = (pathlib.Path(include) / "egm.h").read_text(encoding="utf-8")
    comment = next(c for c, _ in items(overview) if c)
    index = title("Reference of the C functions") + prose(comment, known) + [".. toctree::", "   :maxdepth: 1", ""]
    for name, heading in PAGES:
        known["examples"] = examples.read(pathlib.Path(programs) / "calls" / (name + ".c"))
        (out / (name + ".rst")).write_text(page(name, heading, texts[name], known), encoding="utf-8")
        index.append("   " + name)
    (out / "index.rst").write_text("\n".join(index) + "\n", encoding="utf-8")
    return known
