#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Puts the tables of options into the pages: what stands between the lines

    <!-- options: egm_gan_options -->
    <!-- end of options -->

is replaced by what option_table, the program, writes for that struct. With --check nothing is written: the script fails
where a page is not as it would write it, or where an option struct is in no page.

usage: option_tables.py [--check] OPTION_TABLE DOC_FOLDER
"""
import pathlib
import re
import subprocess
import sys

BLOCK = re.compile(r"(<!-- options: (\w+) -->\n).*?(<!-- end of options -->\n)", re.S)


def table(program, struct):
    return subprocess.run([program, struct], check=True, capture_output=True, text=True).stdout


def main(arguments):
    check = arguments[0] == "--check"
    program, folder = arguments[check:]
    wrong = []
    for page in sorted(pathlib.Path(folder).rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        made = BLOCK.sub(lambda m: m.group(1) + table(program, m.group(2)) + m.group(3), text)
        if made == text:
            continue
        wrong.append(str(page))
        if not check:
            page.write_text(made, encoding="utf-8")
    for page in wrong:
        print(("not current, run doc/option_tables.py: " if check else "written: ") + page)
    return 1 if check and wrong else 0


sys.exit(main(sys.argv[1:]))
