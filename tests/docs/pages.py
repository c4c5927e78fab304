#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The pages as a code host shows them: links lead to files and headings, and the rows of a table have equal numbers of
cells. A code host counts a bar in code and formulas as well, so that `a || b` in a table would make three cells.

usage: pages.py SOURCE
"""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(sys.argv[1]) / "doc" / "site"))
sys.dont_write_bytecode = True
import examples  # noqa: E402


def pages(source):
    return sorted(source.glob("*.md")) + sorted((source / "doc").rglob("*.md"))


def prose(text):
    """The text without code blocks, with the same lines."""
    return re.sub(r"^```.*?^```$", lambda match: "\n" * match.group().count("\n"), text, flags=re.S | re.M)


def cells(line):
    return len(re.findall(r"(?<!\\)\|", line.strip().strip("|")))


def wrong_rows(text):
    """The lines of tables with another number of cells than their header."""
    header = None
    for number, line in enumerate(prose(text).split("\n"), 1):
        if not line.startswith("|"):
            header = None
        elif header is None:
            header = cells(line)
        elif cells(line) != header:
            yield number


def anchors(path):
    """What a code host makes of the headings."""
    headings = re.findall(r"^#+ (.*)$", prose(path.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", h).lower()).replace(" ", "-")
            for h in headings}


def broken(page):
    text = re.sub(r"`[^`\n]*`", "", prose(page.read_text(encoding="utf-8")))
    for where in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", where):
            continue
        file, _, anchor = where.partition("#")
        target = page.parent / file if file else page
        if not target.exists():
            yield where
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            yield where


def without_example(source):
    """Functions of the public headers that the program of their header does not call, and those whose example is too
    long to be read below the function."""
    for header in sorted((source / "include" / "egm").glob("*.h")) + [source / "include/egm/version.h.in"]:
        text = re.sub(r"/\*.*?\*/", "", header.read_text(encoding="utf-8"), flags=re.S)
        found = examples.read(source / "doc" / "reference" / "calls" / (header.name.split(".")[0] + ".c"))
        for name in re.findall(r"(?:EGM_API|static inline)[^;{]*?\b(egm_\w+)\(", text):
            if not 1 <= len(found.get(name, ())) <= 14:
                yield f"{name}: {len(found.get(name, ()))} lines"


count = 0


def result(name, problems):
    global count
    count += 1
    print(("not ok" if problems else "ok") + f" {count} - {name}")
    for problem in problems:
        print(f"# {problem}")


def main(source):
    found = pages(source)
    result("links lead to files and headings",
           [f"{page.relative_to(source)}: {link}" for page in found for link in broken(page)])
    result("the rows of a table have as many cells as its header",
           [f"{page.relative_to(source)}:{line}" for page in found
            for line in wrong_rows(page.read_text(encoding="utf-8"))])
    linked = {(page.parent / file).resolve() for page in found for file in
              re.findall(r"\]\(([^)\s#]+)[^)]*\)", page.read_text(encoding="utf-8")) if "://" not in file}
    result("every page of doc/ is linked from another", [
        str(page.relative_to(source)) for page in found if page.parent != source and page.resolve() not in linked])
    sample = "| a | b |\n|---|---|\n| `x || y` | z |\n"
    result("bars in code are found", [] if list(wrong_rows(sample)) == [3] else ["no"])
    result("README.md has at most 150 lines",
           [] if len((source / "README.md").read_text(encoding="utf-8").split("\n")) <= 151 else ["more"])
    result("every public function has an example of at most 14 lines", list(without_example(source)))
    print(f"1..{count}")


main(pathlib.Path(sys.argv[1]))
