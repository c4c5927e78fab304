# SPDX-License-Identifier: MIT
"""Examples of single functions: paragraphs of the programs in doc/reference/calls/, one program for each header.

Empty lines separate the paragraphs of a program. The example of a function is the first paragraph that begins with a
comment and calls the function; if there is none, the first that calls it.
"""
import re


def paragraphs(text):
    """The paragraphs of a program as lists of lines, without the beginning and the end of a function around them."""
    for block in re.split(r"\n\s*\n", text):
        lines = block.strip("\n").split("\n")
        if "{" in lines and "}" not in lines:
            lines = lines[lines.index("{") + 1:]
        elif "}" in lines and "{" not in lines:
            lines.remove("}")
        width = min((len(line) - len(line.lstrip("\t")) for line in lines if line), default=0)
        yield [line[width:].expandtabs(4) for line in lines]


def read(path):
    """{function: lines of its example} of a program."""
    found = {}
    blocks = list(paragraphs(path.read_text(encoding="utf-8")))
    for block in [b for b in blocks if b and b[0].startswith("/*")] + blocks:
        code = re.sub(r"/\*.*?\*/", "", "\n".join(block), flags=re.S)
        for name in re.findall(r"\b(egm_\w+)\(", code):
            found.setdefault(name, block)
    return found
