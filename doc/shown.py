#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Keeps the programs that pages show, and their output, equal to the files in the tree.

    <!-- file: 1_data.c -->         the file beside the page, without its first line (the licence)
    <!-- output: 1_data -->         what OUTPUTS/1_data.txt contains
    <!-- part of: front.c -->       lines that are together in the file; never written, only compared
    <!-- end -->

usage: shown.py [--write] DOC [OUTPUTS]    without --write, pages that differ are an error

Numbers of an output may differ by 5 % and 8 units of their last digit: another processor rounds differently, and a
training amplifies that. Between the portable, AVX2 and AVX-512 code they differed by at most 1 unit.
"""
import pathlib
import re
import sys
import textwrap

BLOCK = re.compile(r"(<!-- (file|output|part of): (\S+) -->\n)(.*?)(<!-- end -->\n)", re.S)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def fence(language, text):
    return f"```{language}\n{text.strip(chr(10))}\n```\n"


def close(shown, true):
    if NUMBER.sub("#", re.sub(r" +", " ", shown)) != NUMBER.sub("#", re.sub(r" +", " ", true)):
        return False
    for a, b in zip(NUMBER.findall(shown), NUMBER.findall(true)):
        unit = 10.0 ** -len(a.partition(".")[2])
        if "." not in a:
            if a != b:
                return False
        elif not abs(float(a) - float(b)) <= 0.05 * abs(float(a)) + 8.5 * unit:
            return False
    return True


def body(block):
    return re.sub(r"\A```\w*\n|```\n\Z", "", block)


def renewed(page, match, outputs, problems):
    """What the block should be; PROBLEMS gets a line if the block is not that."""
    head, kind, name, block, end = match.groups()
    if kind == "output":
        if not outputs:
            return match.group()
        text = (pathlib.Path(outputs) / (pathlib.Path(name).name + ".txt")).read_text(encoding="utf-8")
        if close(body(block), text):
            return match.group()
        problems.append(f"{page}: the output of {name} is\n{text}")
        return head + fence("text", text) + end
    text = (page.parent / name).read_text(encoding="utf-8")
    if kind == "part of":
        if textwrap.dedent(body(block)).strip("\n") not in textwrap.dedent(text.replace("\n\t", "\n")):
            problems.append(f"{page}: these lines are not in {name}")
        return match.group()
    made = head + fence("python" if name.endswith(".py") else "c", text.split("\n", 1)[1]) + end
    if made != match.group():
        problems.append(f"{page}: {name} has changed")
    return made


def main(arguments):
    write = arguments[0] == "--write"
    folder, outputs = (arguments[write:] + [None])[:2]
    problems, count = [], 0
    for page in sorted(pathlib.Path(folder).rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        made = BLOCK.sub(lambda match: renewed(page, match, outputs, problems), text)
        count += len(BLOCK.findall(text))
        if write and made != text:
            page.write_text(made, encoding="utf-8")
    if not count:
        problems.append("no page shows a program")
    for problem in [] if write else problems:
        print(problem)
    return 1 if problems and not write else 0


sys.exit(main(sys.argv[1:]))
