#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Finds calls that make nodes of a graph in more than one of their arguments. C leaves the order of arguments, and of
the elements of a list in braces, to the compiler. The order of nodes decides which kernels a program gets and in which
order it adds, so such a call computes other bits with another compiler.

usage: argument_order.py LIB   in TAP
"""
import pathlib
import re
import sys

# A call makes nodes if its first argument is a graph, or in a loss the phase p that carries one. These only look.
GRAPHS = {"g", "graph", "p->graph"}
LOOKS = {"egm__graph_shape", "egm__node_at", "egm__is_const", "egm__graph_status", "egm__split_scale"}
TOKEN = re.compile(r"[A-Za-z_]\w*|->|\d[\w.]*|[^\s\w]")


def tokens(text):
    passive = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|' + r"'(?:\\.|[^'\\\n])*'"
    text = re.sub(passive, lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S)
    line = 1
    for match in re.finditer(r"\n|" + TOKEN.pattern, text):
        if match[0] == "\n":
            line += 1
        else:
            yield match[0], line


def faults(text, graphs):
    """Lines of calls, or of lists in braces, with two arguments or elements that make nodes."""
    found, stack, previous = [], [], ""
    for token, line in tokens(text):
        if token in "([{":
            name = previous if token == "(" and re.match(r"[a-z_]\w*$", previous) else ""
            name = "" if name in ("if", "for", "while", "switch", "return", "sizeof") else name
            stack.append({"open": token, "name": name, "line": line, "first": "", "argument": 0, "makers": set(),
                          "list": token == "{" and previous in ("=", ")", ",", "{")})
        elif token in ")]}" and stack:
            frame = stack.pop()
            if len(frame["makers"]) > 1 and (frame["name"] or frame["list"]):
                found.append(frame["line"])
            made = frame["makers"] or (frame["name"] and frame["name"] not in LOOKS and frame["first"] in graphs)
            if made and stack:
                stack[-1]["makers"].add(stack[-1]["argument"])
        elif token == "," and stack:
            stack[-1]["argument"] += 1
        elif token == ";" and stack:  # statements, not arguments
            stack[-1]["makers"].clear()
            stack[-1]["list"] = False
        elif stack and stack[-1]["argument"] == 0:
            stack[-1]["first"] += token
        previous = token
    return found


def main():
    bad = []
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*/*.[ch]")):
        graphs = GRAPHS | {"p"} if path.parent.name == "loss" else GRAPHS
        bad += [f"{path.parent.name}/{path.name}:{line}" for line in faults(path.read_text(encoding="utf-8"), graphs)]
    tests = [("no call makes nodes in two of its arguments", bad)]
    seen = [("two arguments", "x = egm__add(g, egm__exp(g, a), egm__exp(g, b));", 1),
            ("nested deeper", "x = f(g, 1, h(egm__exp(g, a)),\n egm__exp(g, b));", 1),
            ("a list", "egm__id v[2] = {egm__exp(g, a), egm__exp(p->graph, b)};", 1),
            ("one argument", "x = egm__add(g, a, egm__exp(g, b));", 0),
            ("a chain", "x = egm__add(g, egm__exp(g, egm__ln(g, a)), b);", 0),
            ("only looks", "x = egm__const(g, 1, shape(egm__graph_shape(g, a), egm__exp(g, b)));", 0),
            ("statements", "if (a) { x = egm__exp(g, a); y = egm__exp(g, b), z = egm__exp(g, x); }", 0)]
    for name, code, count in seen:
        tests.append((f"the check on {name}", [] if len(faults(code, GRAPHS)) == count else [code]))
    for number, (name, lines) in enumerate(tests, 1):
        print(f"{'not ok' if lines else 'ok'} {number} - {name}")
        for line in lines:
            print(f"# {line}")
    print(f"1..{len(tests)}")


main()
