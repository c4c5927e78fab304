# SPDX-License-Identifier: MIT
# Sphinx's settings for the site. build.py gives the version by the environment variable EGM_SITE_VERSION.
import os

project = "libegm"
version = release = os.environ["EGM_SITE_VERSION"]
extensions = ["myst_parser", "sphinx.ext.mathjax"]
exclude_patterns = ["_build"]
smartquotes = False  # text of headers and programs keeps its characters
primary_domain = "c"
highlight_language = "c"
nitpicky = True  # a link that leads nowhere is a warning, and the build makes errors of warnings
nitpick_ignore = [("c:identifier", name) for name in
                  ("size_t", "uint8_t", "int32_t", "int64_t", "uint32_t", "uint64_t", "EGM_API", "EGM_CHECKED")]
nitpick_ignore += [("py:class", "npt.ArrayLike"), ("py:class", "Energy")]  # NumPy's pages are elsewhere; a local name
toc_object_entries_show_parents = "hide"

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
myst_update_mathjax = False
suppress_warnings = ["myst.header"]  # pages may begin sections at the level that reads well

html_theme = "furo"
html_title = f"libegm {version}"
html_static_path = ["static"]
html_css_files = ["style.css"]
html_copy_source = False
html_show_copyright = False
html_show_search_summary = False  # it would be fetched page by page, which browsers do not do from disk
html_last_updated_fmt = None      # no date: two builds are equal
# From disk, fonts of another folder are refused by some browsers. Formulas drawn as SVG need none.
mathjax_path = "mathjax/MathJax.js?config=TeX-AMS_SVG"
mathjax_options = {"async": "async"}
mathjax2_config = {"messageStyle": "none", "showMathMenu": False,
                   "tex2jax": {"ignoreClass": ".*", "processClass": "math"},
                   "SVG": {"scale": 90, "linebreaks": {"automatic": True}}}  # for telephones
pygments_style = "tango"
pygments_dark_style = "monokai"
