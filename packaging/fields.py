#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares what packages repeat with where it comes from: the version of meson.build, the people and addresses of
packaging/owner.txt, and the functions of the public headers. With --write it copies them.

usage: packaging/fields.py [--write]

NEWS.md must begin with the version, and a tag v* at the current commit must name it. A function that is new gets the
current version in debian/libegm1.symbols; a line that is there is never changed, because it says since when."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# file, the line as a pattern whose group is replaced, what the group must be
FIELDS = (
    ("README.md", r"^Maintainer: (.*)$", "{maintainer}. Web page: {homepage}. Report faults to: {bugs}."),
    ("debian/changelog", r"\Aegm \((.*?)-[0-9a-z~]+\)", "{version}"),
    ("debian/changelog", r"\A(?:.*\n)*? -- (.*?>)", "{maintainer} <{email}>"),
    ("debian/control", r"^Maintainer: (.*)$", "{maintainer} <{email}>"),
    ("debian/copyright", r"^Source: (.*)$", "{homepage}"),
    ("packaging/alpine/APKBUILD", r"^# Maintainer: (.*)$", "{maintainer} <{email}>"),
    ("packaging/alpine/APKBUILD", r"^pkgver=(.*)$", "{version}"),
    ("packaging/alpine/APKBUILD", r'^url="(.*)"$', "{homepage}"),
    ("packaging/arch/PKGBUILD", r"^# Maintainer: (.*)$", "{maintainer} <{email}>"),
    ("packaging/arch/PKGBUILD", r"^pkgver=(.*)$", "{version}"),
    ("packaging/arch/PKGBUILD", r"^url=(.*)$", "{homepage}"),
    ("packaging/conda-forge/meta.yaml", r'^  version: "(.*)"$', "{version}"),
    ("packaging/conda-forge/meta.yaml", r"^  home: (.*)$", "{homepage}"),
    ("packaging/homebrew/egm.rb", r'^  homepage "(.*)"$', "{homepage}"),
    ("packaging/homebrew/egm.rb", r'^  version "(.*)"$', "{version}"),
    ("packaging/nix/default.nix", r'^  version = "(.*)";$', "{version}"),
    ("packaging/nix/default.nix", r'^    homepage = "(.*)";$', "{homepage}"),
    ("packaging/vcpkg/vcpkg.json", r'^  "version": "(.*)",$', "{version}"),
    ("packaging/vcpkg/vcpkg.json", r'^  "homepage": "(.*)",$', "{homepage}"),
)


def sources():
    """Version and owner."""
    values = dict(re.findall(r"^(\w+) = (.*)$", (ROOT / "packaging/owner.txt").read_text(), re.M))
    values["version"] = re.search(r"^  version: '(.*)',$", (ROOT / "meson.build").read_text(), re.M)[1]
    return values


def fields(values):
    """(file, its text as it must be, what is wrong) of each field; a text has the fields before it."""
    texts = {}
    for name, pattern, form in FIELDS:
        text = texts.get(name) or (ROOT / name).read_text()
        wanted, found = form.format(**values), re.search(pattern, text, re.M)
        texts[name] = text[: found.start(1)] + wanted + text[found.end(1) :] if found else text
        wrong = f"no line {pattern}" if not found else found[1] != wanted and f"'{found[1]}', must be '{wanted}'"
        yield name, texts[name], wrong


def symbols(version):
    """The text of debian/libegm1.symbols, and the functions that it does not list or that no longer exist."""
    path = ROOT / "debian/libegm1.symbols"
    lines = path.read_text().splitlines()
    listed = {line.split("@")[0].strip() for line in lines if "@EGM_" in line and line.startswith(" egm")}
    declared = set()
    for header in (ROOT / "include/egm").glob("*.h*"):
        declared |= set(re.findall(r"^EGM_API [^(]*?\b(egm_\w+)\(", header.read_text(), re.M))
    rows = lines[2:] + [f" {name}@EGM_1 {version}" for name in declared - listed]
    return path, "\n".join(lines[:2] + sorted(rows)) + "\n", declared ^ listed


def tag():
    """The version that the tag of the current commit names; None without one."""
    try:
        run = subprocess.run(["git", "-C", ROOT, "tag", "--points-at", "HEAD", "v[0-9]*"], capture_output=True,
                             text=True)
        return run.stdout.strip().lstrip("v") or None
    except OSError:
        return None


def main():
    write, values, count = sys.argv[1:] == ["--write"], sources(), 0
    if sys.argv[1:] not in ([], ["--write"]):
        sys.exit("usage: packaging/fields.py [--write]")

    def result(name, wrong):
        nonlocal count
        count += 1
        print(f"{'not ok' if wrong else 'ok'} {count} - {name}" + (f"\n# {wrong}" if wrong else ""))

    for name, text, wrong in fields(values):
        if write and wrong:
            (ROOT / name).write_text(text)
        result(f"{name} has the version and owner", wrong)
    path, text, wrong = symbols(values["version"])
    if write and wrong:
        path.write_text(text)
    result("debian/libegm1.symbols lists the functions of the headers", " ".join(sorted(wrong)))
    news = re.search(r"^## (\S+)", (ROOT / "NEWS.md").read_text(), re.M)[1]
    result("NEWS.md begins with the version", news != values["version"] and f"{news}, must be {values['version']}")
    tagged = tag()
    result("the tag names the version", tagged not in (None, values["version"]) and tagged)
    print(f"1..{count}")


main()
