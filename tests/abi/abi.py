# SPDX-License-Identifier: MIT
"""Two views of the ABI for abi.sh and names.sh.

abi.py names COMPILER INCLUDE...   What programs use of the headers and debug information lacks: functions
                                   with the names of their parameters, two of which may have one type and change places;
                                   macros, inline functions, and enumerators with their values. An option is an int32_t
                                   and its values an enum without a name, which no type in the library refers to.
abi.py cut OLD NEW ADDED           NEW, a dump by abidw, without what may be added to OLD. What is left must be OLD. The
                                   file ADDED becomes the list of what was left out.

abidiff has a rule of its own for members that are appended, has_data_member_inserted_at = end. It is not used: version
2.2 also allows, under that rule, an insertion that moves the last member, if the new member begins beyond the old end.
"""
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree


def preprocess(compiler, includes, *flags):
    command = [compiler, '-E', *flags, *('-I' + i for i in includes), '-x', 'c', '-']
    return subprocess.run(command, input='#include <egm.h>\n', capture_output=True, text=True, check=True).stdout


def own_text(compiler, includes):
    """The text of the headers in `includes`, without the C library's."""
    own, lines = False, []
    for line in preprocess(compiler, includes).splitlines():
        marker = re.match(r'# \d+ "([^"]*)"', line)
        if marker:
            own = marker.group(1).startswith(tuple(includes))
        elif own:
            lines.append(line)
    return ' '.join(' '.join(lines).split())


def values(compiler, includes, constants):
    """What the compiler makes of them."""
    rows = ''.join(f'\tprintf("{c} = %lld\\n", (long long)({c}));\n' for c in constants)
    program = f'#include <egm.h>\n#include <stdio.h>\nint main(void)\n{{\n{rows}}}\n'
    with tempfile.TemporaryDirectory() as work:
        subprocess.run([compiler, *('-I' + i for i in includes), '-x', 'c', '-', '-o', work + '/values'], input=program,
                       text=True, check=True)
        return subprocess.run([work + '/values'], capture_output=True, text=True, check=True).stdout.splitlines()


def parameter_names(text):
    """The names in a list of parameters, of which one can be a pointer to a function."""
    given = re.sub(r'\(\* ?(\w+)\)\([^)]*\)|\[\w*\]', r' \1', text).split(',')
    return ', '.join(parameter.split()[-1].lstrip('*') for parameter in given)


def names(compiler, *includes):
    text = own_text(compiler, includes)
    constants = []
    for body in re.findall(r'\benum\b[^{};()]*\{([^}]*)\}', text):
        constants += re.findall(r'(?:^|,)\s*(\w+)', body)
    macros = re.findall(r'^#define (EGM_\w+)(\([^)]*\))?(.*)$', preprocess(compiler, includes, '-dM'), re.M)
    lines = []
    for name, parameters, body in macros:
        if name.endswith('_H'):
            continue
        if not parameters and re.match(r' \(?-?\d', body) and not name.startswith('EGM_VERSION'):
            constants.append(name)
        else:
            lines.append(name + parameters)
    lines += [f'{function}({parameter_names(given)})' for function, given in re.findall(
        r'\b(egm_\w+) ?\(((?:[^()]|\((?:[^()])*\))*)\) ?;', re.sub(r'\{[^{}]*\}', '', text))]
    lines += [f'{m.strip()};' for m in re.findall(r'\bstatic (?:__)?inline(?:__)? ([^{};]*)\{', text)]
    print('\n'.join(sorted(set(lines + values(compiler, includes, constants)))))


def members(struct):
    return [(m, m.find('var-decl').get('name')) for m in struct.findall('data-member')]


def cut_struct(old, new):
    """Drops the members beyond the end that a struct had, if struct_size says how long the caller's is. Their names."""
    known = [name for _, name in members(old)]
    added = []
    if not known or known[0] != 'struct_size':
        return added
    for member, name in members(new):
        if name not in known and int(member.get('layout-offset-in-bits')) >= int(old.get('size-in-bits')):
            new.remove(member)
            added.append(f"{old.get('name')}.{name}")
    if int(new.get('size-in-bits')) > int(old.get('size-in-bits')):
        new.set('size-in-bits', old.get('size-in-bits'))
    return added


def cut_enum(old, new):
    known = [e.get('name') for e in old.findall('enumerator')]
    added = [e for e in new.findall('enumerator') if e.get('name') not in known]
    for enumerator in added:
        new.remove(enumerator)
    return [e.get('name') for e in added]


def cut(old_path, new_path, added_path):
    old, new = ElementTree.parse(old_path), ElementTree.parse(new_path)
    symbols = {e.get('name') for e in old.iter('elf-symbol')}
    added = [e.get('name') + '()' for e in new.iter('elf-symbol') if e.get('name') not in symbols]
    for kind, shorten in (('class-decl', cut_struct), ('enum-decl', cut_enum)):
        released = {e.get('name'): e for e in old.iter(kind) if len(e)}
        for element in new.iter(kind):
            if element.get('name') in released:
                added += shorten(released[element.get('name')], element)
    new.write(sys.stdout, encoding='unicode')
    with open(added_path, 'w', encoding='utf-8') as file:
        file.writelines(line + '\n' for line in sorted(added))


if __name__ == '__main__':
    {'names': names, 'cut': cut}[sys.argv[1]](*sys.argv[2:])
