#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a test of bad input for every public function. The functions and their parameters come from the headers, a good
argument for each parameter from good.table; then one parameter after another is made wrong in every way that its type
allows. allowed.table lists what a parameter may be all the same. A function that is missing in the tables is an error, and so
is a line of a table that no function needs.

usage: generate.py OUTPUT GOOD ALLOWED HEADER...
"""
import fnmatch
import re
import sys

FUNCTION = re.compile(r"EGM_API\s+(?:EGM_CHECKED\s+)?([^;{}]*?)\b(egm_\w+)\(([^;]*?)\);", re.S)
STRUCT = re.compile(r"typedef struct (egm_\w+) \{\s*size_t struct_size;")
HANDLE = re.compile(r"(?:const )?egm_(context|data|diagnostics|loss|mixture|model|sampler|target|trainer) \*")
INTEGERS = {"int64_t": ("INT64_MAX", "INT64_MIN"), "int32_t": ("INT32_MAX", "INT32_MIN")}
SIZES = "ARGUMENT+SHAPE"


def fail(text):
    sys.exit(f"tests/misuse: {text}")


def fits(word, patterns):
    """A pattern, or several with | between them."""
    return any(fnmatch.fnmatchcase(word, pattern) for pattern in patterns.split("|"))


class Table:
    """Lines of words, of which the first two are patterns for a function and a parameter; the rest is one text."""

    def __init__(self, path, words):
        self.path, self.lines = path, []
        for line in open(path, encoding="utf-8"):
            if line.strip() and not line.startswith("#"):
                self.lines.append(line.split(None, words - 1))
                if len(self.lines[-1]) < words:
                    fail(f"{path}: '{line.strip()}' has less than {words} words")
        self.used = [False] * len(self.lines)

    def find(self, *keys):
        """The rest of the first line whose patterns fit."""
        for index, line in enumerate(self.lines):
            if all(fits(key, pattern) for key, pattern in zip(keys, line)):
                self.used[index] = True
                return [word.strip() for word in line[len(keys) :]]
        return None

    def members(self, function, parameter):
        """What good.table sets in a struct: "options.batch 4"."""
        found = []
        for index, (of, name, value) in enumerate(self.lines):
            if fits(function, of) and name.startswith(parameter + "."):
                self.used[index] = True
                found.append((name.split(".")[1], value.strip()))
        return found

    def check_used(self):
        for line, used in zip(self.lines, self.used):
            if not used:
                fail(f"{self.path}: no function needs '{' '.join(line).strip()}'")


def split(parameters):
    """At the commas that are not in parentheses."""
    return re.findall(r"(?:[^,()]|\([^()]*\))+", parameters)


class Parameter:
    def __init__(self, text, structs):
        text = " ".join(text.split())
        callback = re.search(r"\(\*(\w+)\)", text)
        match = re.fullmatch(r"(.*?)(\w+)((?:\[\d+\])?)", "callback " + callback.group(1) if callback else text)
        self.type, self.name = match.group(1).strip(), match.group(2)
        if match.group(3):
            self.type += " *"
        pointed = re.fullmatch(r"(const )?(egm_\w+) \*", self.type)
        self.struct = pointed.group(2) if pointed and pointed.group(2) in structs else None
        self.input = bool(pointed and pointed.group(1))
        made = re.fullmatch(r"egm_(\w+) \*\*", self.type)
        self.made = made.group(1) if made else None
        handle = HANDLE.fullmatch(self.type)
        self.handle = handle.group(1) if handle else None
        self.declaration = text if callback else self.type + ("" if self.type.endswith("*") else " ") + self.name


class Function:
    def __init__(self, result, name, parameters, structs):
        self.result, self.name = result, name
        self.parameters = [Parameter(p, structs) for p in split(parameters) if p.strip() != "void"]
        self.answers = result != "egm_status"
        self.made = next((p.made for p in self.parameters if p.made), None)

    def is_free(self):
        return self.name.endswith("_free")


# ---- good arguments


def default_good(function, p):
    """Where the type or the name says enough."""
    if p.made:
        return "&a->made"
    if p.handle:
        return f"f->{p.handle}"
    if p.type == "egm_progress_fn":
        return "NULL"
    if p.type == "void *" and p.name in ("user", "buffer"):
        return "NULL" if p.name == "user" else "ROOM"
    if p.type == "uint64_t" and p.name == "seed":
        return "7"
    if p.type in ("double *", "int64_t *", "int32_t *", "size_t *", "char *"):
        return "ROOM"
    return None


def good(function, p, index, table):
    """Statements that set a parameter."""
    if p.struct:
        place = f"a->{p.name}_room.start" if p.input else f"({p.struct} *)(void *)f->room[{index}].bytes"
        text = f"\tconst {p.struct} {p.name}_init = {p.struct.upper()}_INIT;\n\t*({place}) = {p.name}_init;\n"
        for member, value in table.members(function.name, p.name):
            text += f"\t({place})->{member} = {value};\n"
        return text + f"\ta->{p.name} = {place};\n"
    found = table.find(function.name, p.name)
    value = found[0] if found else default_good(function, p)
    if value is None:
        fail(f"{function.name} has no good argument '{p.name}' ({p.type}): add a line to good.table")
    value = re.sub(r"\bOUT64\(", f"egm_f64_out((double *)f->room[{index}].bytes, ", value)
    value = re.sub(r"\bF64\(", "egm_f64(f->numbers, ", value)
    value = re.sub(r"\bROOM\b", f"(void *)f->room[{index}].bytes", value)
    return f"\ta->{p.name} = {value};\n"


# ---- what is wrong: its name, the statements that do it, and what comes of it as allowed.table writes it


def array_faults(p, is_out):
    a = f"a->{p.name}"
    yield "null", f"{a}.data = NULL;", "ARGUMENT"
    yield "other-dtype", f"{a}.dtype = EGM_F32;", "DTYPE"
    for dtype in 0, 7:
        yield f"dtype={dtype}", f"{a}.dtype = (egm_dtype){dtype}; say(f, {dtype});", "ARGUMENT"
    for side in "rows", "columns":
        to = f"{a}.{side}"
        for value in "0", "-1":
            yield f"{side}={value}", f"{to} = {value}; say(f, {to});", SIZES
        yield f"{side}=max", f"{to} = INT64_MAX; say(f, {to});", SIZES
        yield f"{side}=wrap", f"{to} = (int64_t)1 << 62; say(f, {to});", SIZES
    yield "columns+1", f"{a}.columns += 1; say(f, {a}.columns);", "SHAPE"
    if not is_out:
        yield "nan", f"spoil_last(f, &{a}, NAN);", "NONFINITE"
        yield "inf", f"spoil_last(f, &{a}, INFINITY);", "NONFINITE"
    if is_out:
        yield "rows+1", f"{a}.rows += 1; say(f, {a}.rows);", "SHAPE"


def struct_faults(p, index):
    a = f"a->{p.name}"
    bytes_ = f"{a}_room.bytes" if p.input else f"f->room[{index}].bytes"
    set_size = f"put_size({bytes_}, %s);"
    yield "null", f"{a} = NULL;", "OK" if p.input else "ARGUMENT"
    for size in "0", "3", "1048576":
        yield f"struct_size={size}", set_size % size + f" say(f, {size});", "ARGUMENT:struct_size"
    yield "shorter", set_size % "sizeof(size_t)", "OK"
    longer = set_size % f"sizeof({p.struct}) + sizeof(size_t)" + f" put_tail({bytes_}, sizeof({p.struct}), %d);"
    yield "longer", longer % 0, "OK"
    tail = longer % 1 + f" say(f, (int64_t)sizeof({p.struct}));"
    yield "tail", tail, f"UNSUPPORTED:{p.struct}" if p.input else "OK"


def text_faults(p):
    a = f"a->{p.name}"
    yield "null", f"{a} = NULL;", "ARGUMENT"
    if p.name == "path":
        yield "empty", f'{a} = "";', "ARGUMENT"
        yield "missing", f'{a} = "/nowhere/at/all";', "IO:/nowhere/at/all"
    else:
        yield "empty", f'{a} = "";', "ARGUMENT"
        yield "unknown", f'{a} = "no such thing";', "ARGUMENT:no such thing"


def size_faults(function, p):
    a = f"a->{p.name}"
    if any(q.name == "bytes" for q in function.parameters):
        yield "0", f"{a} = 0;", "ARGUMENT+FORMAT:-"
        yield "short", f"{a} = 5;", "FORMAT:-"
    else:
        yield "short", f"{a} = 5; say(f, 5);", "ARGUMENT:-"


def faults(function, p, count, table):
    a = f"a->{p.name}"
    if p.type in ("egm_array", "egm_out"):
        yield from array_faults(p, p.type == "egm_out")
    elif p.struct:
        yield from struct_faults(p, function.parameters.index(p))
    elif p.handle:
        use = f"{function.name}({a}); " if function.is_free() else ""
        yield "null", f"{use}{a} = NULL;", "ARGUMENT"
        if p.handle == "model" and not function.is_free():
            growing = "growing" in (table.find(function.name, p.name) or [""])[0]
            if growing:
                yield "unready", f"{a} = f->model;", "STATE:is built"
            else:
                yield "unready", f"{a} = growing_row(f);", "STATE:egm_model_build"
        if count > 1:
            yield "foreign", "FOREIGN", "ARGUMENT:context"
    elif p.type in INTEGERS:
        most, least = INTEGERS[p.type]
        for value in "0", "-1":
            yield value, f"{a} = {value}; say(f, {a});", SIZES
        yield "max", f"{a} = {most}; say(f, {a});", SIZES + "+MEMORY+UNSUPPORTED"
        yield "min", f"{a} = {least}; say(f, {a});", SIZES
    elif p.type == "double":
        for name, value in ("nan", "NAN"), ("inf", "INFINITY"), ("-inf", "-INFINITY"), ("-1", "-1"), ("0", "0"):
            yield name, f'{a} = {value}; strcpy(f->number, "{name}");', "ARGUMENT"
    elif p.type == "egm_dtype":
        for value in 0, 7:
            yield str(value), f"{a} = (egm_dtype){value}; say(f, {value});", "ARGUMENT+DTYPE"
    elif p.type == "egm_status":
        for value in 1, -3:
            yield str(value), f"{a} = (egm_status){value};", "ARGUMENT"
    elif p.type == "const char *":
        yield from text_faults(p)
    elif p.type == "size_t":
        yield from size_faults(function, p)
    elif p.type == "uint64_t" or p.name == "user" or p.type == "callback":
        return
    elif p.type.endswith("*") or p.type.endswith("_fn"):
        yield "null", f"{a} = NULL;", "ARGUMENT"
    else:
        fail(f"{function.name}: how is '{p.name}' ({p.type}) spoiled? generate.py does not know")


# ---- C


def statuses(names):
    return " | ".join(f"BIT(EGM_{'OK' if n == 'OK' else 'ERR_' + n})" for n in names.split("+"))


def emit_struct(out, function):
    out.write("typedef struct {\n")
    for p in function.parameters:
        out.write(f"\t{p.declaration};\n")
        if p.struct and p.input:
            out.write(f"\tunion {{\n\t\t{p.struct} start[1];\n\t\tunsigned char bytes[sizeof({p.struct}) + 64];\n"
                      f"\t}} {p.name}_room;\n")
    out.write(f"\tegm_{function.made} *made;\n" if function.made else "\tvoid *made;\n")
    out.write(f"}} args_of_{function.name};\n")


def emit_good(out, function, table):
    name = function.name
    out.write(f"static void good_{name}(fixture *f, void *args)\n{{\n\targs_of_{name} *a = args;\n\t(void)f, (void)a;\n")
    for index, p in enumerate(function.parameters):
        if not p.handle:
            out.write(good(function, p, index, table))
    for p in function.parameters:
        if p.handle:
            out.write(f"\tgood_{name}_{p.name}(f, a);\n")
    out.write("}\n")


def emit_handles(out, function, table):
    for index, p in enumerate(function.parameters):
        if p.handle:
            out.write(f"static void good_{function.name}_{p.name}(fixture *f, args_of_{function.name} *a)\n{{\n"
                      f"\t(void)f;\n{good(function, p, index, table)}}}\n")


def emit_call(out, function, table):
    name = function.name
    arguments = ", ".join(f"a->{p.name}" for p in function.parameters)
    out.write(f"static egm_status call_{name}(void *args)\n{{\n\targs_of_{name} *a = args;\n\t(void)a;\n")
    if not function.answers:
        out.write(f"\treturn {name}({arguments});\n}}\n")
    elif function.result == "void":
        out.write(f"\t{name}({arguments});\n\treturn EGM_OK;\n}}\n")
    else:
        nothing = (table.find(name, "return") or ["== 0"])[0]
        nothing = nothing if nothing.startswith(("=", "!", "&")) else "== 0"
        out.write(f"\tconst __typeof__({name}({arguments})) answer = {name}({arguments});\n")
        out.write(f"\treturn answer {nothing} ? EGM_ERR_ARGUMENT : EGM_OK;\n}}\n")


def expectation(function, p, verdict, allowed):
    """The statuses and the text that the message contains, from what generate.py and what allowed.table say."""
    names, _, text = (allowed or verdict).replace("+WRITES", "").partition(":")
    if function.answers:
        return ("OK" if function.result == "void" or names == "OK" else "ARGUMENT"), ""
    return names, "" if text == "-" or names in ("OK", "STOPPED") else text or p.name


def emit_faults(out, function, table, allowed):
    """The rows of what is wrong, and the function that does wrong number k."""
    name, rows, cases = function.name, [], []
    handles = sum(1 for p in function.parameters if p.handle)
    for p in function.parameters:
        for fault, change, verdict in faults(function, p, handles, table):
            found = allowed.find(name, p.name, fault)
            names, expected = expectation(function, p, verdict, found[0] if found else None)
            change = change.replace("FOREIGN", f"good_{name}_{p.name}(f->other, a);")
            if names == "STOPPED":
                change += " a->progress = stop_at_once;"
            if found and ":" in found[0]:
                change += " f->number[0] = '\\0';"
            written = int(bool(found) and "+WRITES" in found[0])
            cases.append(f"\tcase {len(rows)}:\n\t\t{change}\n\t\tbreak;\n")
            rows.append(f'\t{{"{p.name}", "{fault}", {statuses(names)}, "{expected}", {written}}},\n')
    if rows:
        out.write(f"static const flaw faults_of_{name}[] = {{\n{''.join(rows)}}};\n")
        out.write(f"static void spoil_{name}(fixture *f, void *args, int which)\n{{\n\targs_of_{name} *a = args;\n"
                  f"\t(void)f;\n\tswitch (which) {{\n{''.join(cases)}\t}}\n}}\n")
    return len(rows)


def emit(out, function, table, allowed):
    name = function.name
    out.write(f"\n/* ---- {name} */\n\n")
    emit_struct(out, function)
    emit_handles(out, function, table)
    emit_good(out, function, table)
    emit_call(out, function, table)
    count = emit_faults(out, function, table, allowed)
    if function.made:
        out.write(f"static void release_{name}(void *args)\n{{\n\targs_of_{name} *a = args;\n"
                  f"\tegm_{function.made}_free(a->made);\n\ta->made = NULL;\n}}\n"
                  f"static void **made_{name}(void *args)\n{{\n\treturn (void **)&((args_of_{name} *)args)->made;\n}}\n")
    rows, spoil = (f"faults_of_{name}", f"spoil_{name}") if count else ("NULL", "NULL")
    release, made = (f"release_{name}", f"made_{name}") if function.made else ("NULL", "NULL")
    out.write(f'static const subject subject_{name} = {{"{name}", {int(function.answers)}, sizeof(args_of_{name}),\n'
              f"\tgood_{name}, call_{name}, {count}, {rows}, {spoil}, {release}, {made}}};\n")
    out.write(f"START_TEST(test_misuse__{name})\n{{\n\ttry_function(&subject_{name});\n}}\nEND_TEST\n")


def main():
    output, good_path, allowed_path, *headers = sys.argv[1:]
    text = "\n".join(re.sub(r"/\*.*?\*/", "", open(h, encoding="utf-8").read(), flags=re.S) for h in headers)
    structs = set(STRUCT.findall(text))
    functions = {m.group(2): Function(" ".join(m.group(1).split()), m.group(2), m.group(3), structs)
                 for m in FUNCTION.finditer(text)}
    if len(functions) < 170 or len(functions) < text.count("EGM_API ") - text.count("define EGM_API") - 8:
        fail(f"only {len(functions)} functions found in {len(headers)} headers")
    table, allowed = Table(good_path, 3), Table(allowed_path, 5)
    with open(output, "w", encoding="utf-8") as out:
        out.write("/* Generated by generate.py. */\n")
        for function in functions.values():
            emit(out, function, table, allowed)
        out.write("\nstatic void add_all(TCase *tcase)\n{\n")
        for name in functions:
            out.write(f"\ttcase_add_test(tcase, test_misuse__{name});\n")
        out.write("}\n")
    table.check_used()
    allowed.check_used()


main()
