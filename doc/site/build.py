#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds the site: gathers the pages, makes the reference from the headers, and runs Sphinx.

usage: build.py SOURCE OUT VERSION [DEPFILE]

SOURCE is the root of the repository. OUT gets html/, the site, and src/, what Sphinx reads. A page keeps its place
below doc/; NEWS.md and its neighbours become pages of project/, and files that pages link to are copied to files/.
DEPFILE gets the names of the files that were read, for ninja.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import textwrap

import furo

import headers

LINK = re.compile(r"(\]\()([^)#\s]+)((?:#[^)\s]*)?\))")
PROJECT = ("README.md", "NEWS.md", "CONTRIBUTING.md", "SECURITY.md")
# The navigation. Below the README.md of a folder come the pages of the folder, in the order in which it links to them.
SECTIONS = (
    ("Learn", ("overview", "README <project/README>", "tutorial/README", "howto/README", "examples", "faq", "errors")),
    ("Choose", ("systems/README", "samplers/README", "data")),
    ("Look up", ("reference/index", "reference/python")),
    ("Understand", ("explain/README", "design", "results", "performance")),
    ("Take part", ("project/NEWS", "project/CONTRIBUTING", "where", "project/SECURITY")))
# What formulas drawn as SVG need of MathJax.
MATHJAX = ("MathJax.js", "config/TeX-AMS_SVG.js", "extensions", "jax/element", "jax/input/TeX", "jax/output/SVG/jax.js",
           "jax/output/SVG/config.js", "jax/output/SVG/autoload", "jax/output/SVG/fonts/TeX")


class Pages:
    def __init__(self, source, target):
        self.source, self.target = source, target

    def place(self, path):
        """Where a file of the repository is in the site."""
        if path.parts[0] == "doc":
            return pathlib.Path(*path.parts[1:])
        if str(path) in PROJECT:
            return pathlib.Path("project") / path
        return pathlib.Path("files") / path

    def link(self, page, match):
        """A link between files of the repository as a link between files of the site."""
        begin, where, end = match.groups()
        if re.match(r"[a-z]+:", where):
            return match.group()
        path = pathlib.Path(os.path.normpath(page.parent / where))
        if (self.source / path).is_dir() and (self.source / path / "README.md").exists():
            path = path / "README.md"
        place = self.place(path)
        if path.suffix != ".md" and (self.source / path).is_file():
            (self.target / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.source / path, self.target / place)
        return begin + os.path.relpath(place, self.place(page).parent) + end

    def copy(self, page):
        out = self.target / self.place(page)
        out.parent.mkdir(parents=True, exist_ok=True)
        if page.suffix != ".md":
            shutil.copyfile(self.source / page, out)
            return
        text = (self.source / page).read_text(encoding="utf-8")
        out.write_text(LINK.sub(lambda match: self.link(page, match), text), encoding="utf-8")


def link_names(text, known):
    """`egm_model_run` in prose becomes a link; fenced and indented code stays as it is."""
    def one(match):
        role = known["names"].get(match.group(1))
        return f"{{c:{role}}}`{match.group(1)}`" if role else match.group()
    parts = re.split(r"(^```.*?^```$)", text, flags=re.S | re.M)
    return "".join(part if part.startswith("```") else re.sub(r"(?<![\[\w`])`(egm_\w+|EGM_\w+)`(?![\w`\]])", one, part)
                   for part in parts)


def narrow(text):
    """Programs begin at the margin, with tabs of four columns: what a code host shows anyway, and a telephone can."""
    def block(match):
        return match.group(1) + textwrap.dedent(match.group(2).expandtabs(4)) + match.group(3)
    return re.sub(r"(^```\w+\n)(.*?)(^```$)", block, text, flags=re.S | re.M)


def toctree(pages, caption=""):
    head = f":caption: {caption}\n" if caption else ""
    return f"\n```{{toctree}}\n:hidden:\n{head}\n" + "\n".join(pages) + "\n```\n"


def add_navigation(src):
    """Sphinx's lists of pages, which the pages themselves do not contain: a code host would show them."""
    index = src / "index.md"
    index.write_text(index.read_text(encoding="utf-8") + "".join(
        toctree(pages, caption) for caption, pages in SECTIONS), encoding="utf-8")
    for page in src.rglob("README.md"):
        text = page.read_text(encoding="utf-8")
        inside = [match.group(2)[:-3] for match in LINK.finditer(text) if re.fullmatch(r"[\w-]+\.md", match.group(2))]
        if page.parent.name != "project" and inside:
            page.write_text(text + toctree(dict.fromkeys(inside)), encoding="utf-8")


def add_dark(style):
    """Debian's furo.css has the dark colours only behind its button. Here a dark system gets them, too."""
    colours = pathlib.Path(furo.__file__).parent / "theme" / "furo" / "static" / "styles" / "furo.css"
    dark = re.search(r'body\[data-theme="dark"\] \{(.*?)\}', colours.read_text(encoding="utf-8"), re.S)
    if dark:
        with open(style, "a", encoding="utf-8") as out:
            out.write('@media not print { @media (prefers-color-scheme: dark) { body:not([data-theme="light"]) {'
                      + dark.group(1) + "} } }\n")


def copy_mathjax(static):
    root = pathlib.Path("/usr/share/javascript/mathjax")
    if not root.is_dir():
        sys.exit("build.py: no MathJax; on Debian: apt-get install libjs-mathjax")
    for name in MATHJAX:
        (static / "mathjax" / name).parent.mkdir(parents=True, exist_ok=True)
        if (root / name).is_dir():
            shutil.copytree(root / name, static / "mathjax" / name)
        else:
            shutil.copyfile(root / name, static / "mathjax" / name)


def write_depfile(depfile, target, files):
    names = " ".join(str(name).replace(" ", "\\ ") for name in files)
    pathlib.Path(depfile).write_text(f"{target}: {names}\n", encoding="utf-8")


def main(source, out, version, depfile=None):
    source, out = pathlib.Path(source).resolve(), pathlib.Path(out).resolve()
    src, site = out / "src", source / "doc" / "site"
    for folder in (src, out / "html"):
        shutil.rmtree(folder, ignore_errors=True)
    pages = Pages(source, src)
    known = headers.make(source / "include", src / "reference", version, source / "doc" / "reference")
    read = sorted((source / "doc").rglob("*")) + [source / name for name in PROJECT]
    for path in read:
        if path.suffix in (".md", ".png", ".svg", ".c", ".h") and site not in path.parents:
            pages.copy(path.relative_to(source))
    add_navigation(src)
    for page in src.rglob("*.md"):
        page.write_text(link_names(narrow(page.read_text(encoding="utf-8")), known), encoding="utf-8")
    shutil.copyfile(site / "conf.py", src / "conf.py")
    shutil.copytree(site / "static", src / "static")
    add_dark(src / "static" / "style.css")
    copy_mathjax(src / "static")
    environment = dict(os.environ, EGM_SITE_VERSION=version, PYTHONHASHSEED="0", LC_ALL="C.UTF-8")
    # From its own folder, so that no page contains a path of the machine.
    status = subprocess.run([sys.executable, "-B", "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html",
                             "-d", str(out / "doctrees"), ".", str(out / "html")], cwd=src, env=environment)
    if status.returncode:
        sys.exit(status.returncode)
    (out / "html" / ".buildinfo").unlink(missing_ok=True)
    if depfile:
        write_depfile(depfile, "doc/html", [p for p in read + list((source / "include").rglob("*.h")) if p.is_file()])


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    main(*sys.argv[1:])
