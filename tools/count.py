#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints one line for each test, "RESULT<TAB>STAGE<TAB>NAME", where RESULT is passed, failed or skipped.

    usage: count.py STAGE FILE    FILE is the JSON log of a test run of meson, or TAP

The single tests of a program that reports TAP are counted. A program that fails although none of its tests failed (a
crash, a leak found at exit, a wrong plan) counts as one more failure. Check cannot skip tests: a test that finds no
data prints "# SKIP its_name: reason" and returns, and is counted here as skipped, not as passed."""
import json
import re
import sys

LINE = re.compile(r"^(not )?ok\b\s*\d*\s*-?\s*([^#]*)(?:#\s*SKIP\b\s*(.*))?", re.I)
SKIPPED = re.compile(r"^# SKIP (\w+): (.*)")


def tap(text):
    """(result, name) of each line of TAP."""
    skipped = {m[1]: m[2] for m in map(SKIPPED.match, text.splitlines()) if m}
    rows = []
    for line in text.splitlines():
        m = LINE.match(line)
        if not m:
            continue
        name, reason = m[2].strip(), m[3]
        for test, why in skipped.items():
            if re.search(r":%s:" % test, name):
                reason = why
        if m[1]:
            rows.append(("failed", name))
        elif reason is not None:
            rows.append(("skipped", "%s: %s" % (re.sub(r": Passed$", "", name), reason or "no reason given")))
        else:
            rows.append(("passed", re.sub(r": Passed$", "", name)))
    return rows


def program(test):
    """The rows of one test program in the log of meson."""
    good = test["result"] in ("OK", "EXPECTEDFAIL")
    rows = tap(test.get("stdout") or "")
    if test["result"] == "SKIP" and not rows:
        return [("skipped", "the whole program")]
    if not rows:
        return [("passed" if good else "failed", test["result"])]
    if not good and test["result"] != "SKIP" and not any(r == "failed" for r, _ in rows):
        rows.append(("failed", "%s, exit status %s" % (test["result"], test["returncode"])))
    return rows


def main():
    stage, path = sys.argv[1:]
    with open(path, encoding="utf-8", errors="replace") as file:
        if path.endswith(".json"):
            tests = [json.loads(line) for line in file]
            rows = [(r, t["name"] + " / " + n) for t in tests for r, n in program(t)]
        else:
            rows = tap(file.read())
    for result, name in rows:
        print(result, stage, name, sep="\t")


main()
