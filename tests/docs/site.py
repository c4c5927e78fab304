#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The site as a reader gets it: what earlier API pages got wrong, links, formulas, and two builds that are equal.

usage: site.py SOURCE WORK    WORK: an empty or absent folder
"""
import html
import html.parser
import pathlib
import re
import shutil
import subprocess
import sys

HEADERS = ("status", "array", "context", "options", "model", "data", "loss", "trainer", "target", "sampler",
           "diagnostics", "metric", "mixture", "version")
count = 0


def result(name, problems):
    global count
    count += 1
    print(("not ok" if problems else "ok") + f" {count} - {name}")
    for line in list(problems)[:20]:
        print("# " + str(line).replace("\n", "\n# "))


class Page(html.parser.HTMLParser):
    """Anchors, links and text of a page; text of <pre> keeps its lines."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.text, self.quotes, self.sign = set(), [], [], 0, False
        self.code, self.inside = [], False
        self.feed(path.read_text(encoding="utf-8"))
        self.text = "".join(self.text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids.update(found[key] for key in ("id", "name") if key in found)
        self.links += [found[key] for key in ("href", "src") if found.get(key)]
        self.quotes += tag == "blockquote"
        self.inside = self.inside or tag == "pre"
        self.sign = found.get("class") == "headerlink"  # what links to the place itself

    def handle_endtag(self, tag):
        self.sign = False
        if tag == "pre":
            self.inside = False
            self.code.append("\n")

    def handle_data(self, data):
        if self.inside:
            self.code.append(data)
        if not self.sign:
            self.text.append(data)

    def says(self, text):
        return re.sub(r"\s+", " ", text) in re.sub(r"\s+", " ", self.text)


def build(source, out, version):
    made = subprocess.run([sys.executable, "-B", str(source / "doc/site/build.py"), str(source), str(out), version],
                          capture_output=True, text=True)
    return [] if made.returncode == 0 else (made.stdout + made.stderr).split("\n")[-30:]


def broken_links(root, pages):
    for path, page in pages.items():
        for link in page.links:
            where, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", where):
                yield from [] if where.startswith("https:") else [f"{path}: {link}"]
                continue
            where = where.split("?")[0]
            target = (root / path).parent / where if where else root / path
            if not target.exists():
                yield f"{path}: {link}"
            elif anchor and target.suffix == ".html":
                name = str(target.resolve().relative_to(root.resolve()))
                if anchor not in pages[name].ids:
                    yield f"{path}: {link} has no such place"


def public_functions(source):
    for header in HEADERS:
        path = source / "include/egm" / (header + ".h")
        text = (path if path.exists() else path.with_name(header + ".h.in")).read_text(encoding="utf-8")
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        for name in re.findall(r"EGM_API[^;]*?\b(egm_\w+)\(", text):
            yield header, name


def without_example(root, source):
    """Functions between whose own declaration and the next no program calls them."""
    for header, name in public_functions(source):
        text = (root / f"reference/{header}.html").read_text(encoding="utf-8")
        own = re.split(r'<dt class="sig', text.split(f'id="c.{name}"')[1])[0]
        code = "".join(re.findall(r'<div class="example[^>]*>.*?</pre>', own, re.S))
        if name + "(" not in re.sub(r"<[^>]*>", "", code):
            yield f"{header}: {name}"


def difference(one, two):
    files = sorted(p.relative_to(one) for p in one.rglob("*") if p.is_file())
    if files != sorted(p.relative_to(two) for p in two.rglob("*") if p.is_file()):
        yield "the builds have different files"
    for name in files:
        if (one / name).read_bytes() != (two / name).read_bytes():
            yield f"{name} differs"


def main(source, work):
    source, work = pathlib.Path(source).resolve(), pathlib.Path(work).resolve()
    shutil.rmtree(work, ignore_errors=True)
    version = re.search(r"version: '(.*?)'", (source / "meson.build").read_text(encoding="utf-8")).group(1)
    one, two = work / "one", work / "a second place"
    result("the site is built without a warning", build(source, one, version))
    root = one / "html"
    pages = {str(p.relative_to(root)): Page(p) for p in root.rglob("*.html") if "_static" not in p.parts}
    reference = {name: pages[f"reference/{name}.html"] for name in HEADERS}
    everything = "\n".join(page.text for page in pages.values())

    # Each of these was wrong in the pages that Doxygen made of the same comments.
    result("a comment that begins with > is no quotation",
           ([] if reference["trainer"].says("double learning_rate > 0, default 1e-4") else ["learning_rate"]) +
           [f"{name}: {page.quotes} quotations" for name, page in reference.items() if page.quotes])
    formula = ("energy phase:     E[U(x)] - E[U(G(z))] + penalty * E||grad U(x)||^2, x data              trains U\n"
               "generator phase:  E[U(G(z))] - entropy_weight * H                       trains G")
    result("a formula of several lines keeps its lines",
           [] if formula in "".join(reference["loss"].code) else ["energy GAN"])
    result("the front page has a text and a program",
           [word for word in ("Energy-based generative models", "egm_trainer_fit(")
            if word not in pages["index.html"].text])
    result("version.h has a page, with this version",
           [word for word in (f"EGM_VERSION_MAJOR {version.split('.')[0]}", "egm_version_string")
            if not reference["version"].says(word)])
    plain = {"status": "The values never change", "context": "the rules that all handles share",
             "model": "Activations. Each is a function that is applied to every number",
             "sampler": "The Langevin kernels", "options": "Members that an older program does not have"}
    result("plain comments between the declarations are in the pages",
           [f"{name}: {text}" for name, text in plain.items() if not reference[name].says(text)])
    result("bars of a norm are in the pages", [] if "E||sigma grad U(x + sigma n) - n||^2" in everything else ["dsm"])
    result("every public function has its place in the reference",
           [f"{h}: {name}" for h, name in public_functions(source) if "c." + name not in reference[h].ids])
    result("every public function has an example below it", list(without_example(root, source)))
    python = pages["reference/python.html"]
    result("the Python package has a page", [name for name in ("egm.Model", "egm.Model.save", "egm.Loss.dsm",
           "egm.Sampler.nuts", "egm.Trainer.fit", "egm.metric.mmd", "egm.Error") if name not in python.ids])
    result("functions name their counterpart in Python",
           [f"{header}: {name}" for header, name in (("model", "egm.Model.run"), ("loss", "egm.Loss.dsm"),
            ("sampler", "egm.Sampler.nuts"), ("metric", "egm.metric.energy")) if name not in reference[header].text])
    result("every header has an example", [name for name in HEADERS if "int main(void)" not in reference[name].text])
    result("no markup is left over in the reference",
           [f"{name}: {line.strip()}" for name, page in reference.items() for line in page.text.split("\n")
            if re.search(r":c:|:ref:|``|^\s*\.\. \w|\\[\\*`_|<>]", line)])
    result("every link leads to a file and a place in it", list(broken_links(root, pages)))
    result("formulas need no network", [] if (root / "_static/mathjax/MathJax.js").exists() and
           "mathjax/MathJax.js" in (root / "systems/dsm.html").read_text(encoding="utf-8") else ["MathJax"])
    style = (root / "_static/style.css").read_text(encoding="utf-8")
    result("a dark system gets dark pages", [] if "prefers-color-scheme: dark" in style and
           "--color-background-primary" in style else ["style.css"])
    result("the index of the search has the functions",
           [] if "egm_loss_dsm" in (root / "searchindex.js").read_text(encoding="utf-8") else ["searchindex.js"])
    result("no page names a folder of this machine",
           [name for name in pages if str(work) in (root / name).read_text(encoding="utf-8") or
            str(source) in (root / name).read_text(encoding="utf-8")])
    build(source, two, version)
    result("a build in another folder is equal", list(difference(root, two / "html")))
    print(f"1..{count}")


try:
    import furo, myst_parser, sphinx  # noqa: F401, E401
    reason = "" if pathlib.Path("/usr/share/javascript/mathjax").is_dir() else "libjs-mathjax is not installed"
except ImportError as error:
    reason = f"{error.name} is not installed"
if reason:
    print(f"ok 1 - the site # SKIP {reason}\n1..1")
else:
    main(*sys.argv[1:])
