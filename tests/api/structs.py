#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads the option and result structs out of the public headers, with the constants of their choices, and writes them
as tables in C: what the compiler says of them is what tests/api/test_options.c compares the library with.

usage: structs.py OUTPUT HEADER...
"""
import re
import sys

STRUCT = re.compile(r"typedef struct (egm_\w+) \{\s*size_t struct_size;(.*?)\n\} \1;", re.S)
CONSTANT = re.compile(r"^\s*(EGM_\w+) = [^,\n}]+", re.M)


def members(body):
    """The names that a struct declares, in order."""
    names = []
    for declaration in re.sub(r"/\*.*?\*/", "", body, flags=re.S).split(";"):
        pointer = re.search(r"\(\*(\w+)\)\(", declaration)
        if pointer:
            names.append(pointer.group(1))
        elif declaration.strip():
            names += [re.search(r"(\w+)\s*(?:\[\w*\])?\s*$", part).group(1) for part in declaration.split(",")]
    return names


def write(out, texts):
    structs = [match for text in texts for match in STRUCT.finditer(text)]
    everything = "\n".join(texts)
    out.write("/* Generated from the public headers. */\n")
    rows = []
    for match in structs:
        name, fields = match.group(1), members(match.group(2))
        init = name.upper() + "_INIT"
        out.write(f"static const struct member members_of_{name}[] = {{\n")
        for field in fields:
            out.write(f'    {{"{field}", offsetof({name}, {field}), sizeof ((({name} *)0)->{field})}},\n')
        out.write("};\n")
        has_init = re.search(rf"^#define {init}\b", everything, re.M)
        if has_init:
            out.write(f"static const {name} start_of_{name} = {init};\n")
        start = f"&start_of_{name}" if has_init else "NULL"
        rows.append(f'    {{"{name}", sizeof({name}), {start}, {len(fields)}, members_of_{name}}},\n')
    out.write("static const struct known structs[] = {\n" + "".join(rows) + "};\n")
    out.write("static const struct constant constants[] = {\n")
    for enum in re.findall(r"\benum (?:\w+ )?\{(.*?)\}", everything, re.S):
        for constant in CONSTANT.findall(re.sub(r"/\*.*?\*/", "", enum, flags=re.S).replace(",", ",\n")):
            out.write(f'    {{"{constant}", {constant}}},\n')
    out.write("};\n")


with open(sys.argv[1], "w", encoding="utf-8") as output:
    write(output, [open(path, encoding="utf-8").read() for path in sys.argv[2:]])
