#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Small mistakes in a C program, one at a time: what its tests are there to catch.

mutants.py PROGRAM.c                     lists them, each by its name
mutants.py PROGRAM.c TESTS DIR STEP [OUT]  writes every STEPth to DIR/NUMBER.c, with the file of tests
                                         that is to catch it, and what each is called to DIR/names;
                                         but none in lines that OUT names as "PROGRAM.c: LINE"
"""
import re
import sys

COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
RULES = [
    ('byte order', re.compile(r'\bbpf_(?:ntoh|hton)[sl](?=\()'), lambda m: ''),
    ('comparison', re.compile(r'(?<=[\w)\]] )(?:[<>]=?|[!=]=)(?= [\w(!~-])'),
     lambda m: {'>': '>=', '<': '<=', '>=': '>', '<=': '<', '==': '!=', '!=': '=='}[m[0]]),
    ('logic', re.compile(r'&&|\|\|'), lambda m: {'&&': '||', '||': '&&'}[m[0]]),
    ('arithmetic', re.compile(r'(?<=[\w)\]] )[+-](?= [\w(])'),
     lambda m: {'+': '-', '-': '+'}[m[0]]),
    ('offset', re.compile(r'(?<=, )\d+(?=, &?\w+(?:, |\)))|(?<=\w\[)\d+(?=\])|(?<=[\w)\]] \+ )\d+\b'),
     lambda m: str(int(m[0]) + 1)),
]
STATEMENT = re.compile(r'^\t+(?!return|break|continue|goto|case|default|asm|else|do\b)'
                       r'[\w*(+-][^{}\n]*;(?=\s*$)', re.M)
DECLARATION = re.compile(r'\s*(?:(?:struct|enum|union|const|static|volatile|unsigned)\s+)*\w+\s+\**\w+'
                         r'\s*[=;,[]')


def blank(text):
    """Comments and strings become blanks, so that places stay."""
    return COMMENT.sub(lambda m: re.sub(r'[^\n]', ' ', m[0]), text)


def bodies(code):
    """(begin, end) of what is inside of functions."""
    depth = begin = 0
    for at, c in enumerate(code):
        if c == '{':
            if depth == 0:
                begin = at
                head = code[:at].rstrip()
            depth += 1
        elif c == '}':
            depth -= 1
            if depth == 0 and head.endswith(')'):
                yield begin, at


def mutants(text):
    code = blank(text)
    code = re.sub(r'^#.*(?:\\\n.*)*$', lambda m: re.sub(r'[^\n]', ' ', m[0]), code, flags=re.M)
    found = []
    for begin, end in bodies(code):
        for kind, pattern, change in RULES:
            for m in pattern.finditer(code, begin, end):
                first, last = line_of(code, m.start())
                if not (kind == 'offset' and '=' not in code[first:m.start()] and
                        DECLARATION.match(code, first, last)):
                    found.append((m.start(), m.end(), kind, change(m)))
        for m in STATEMENT.finditer(code, begin, end):
            # The whole of a statement, and no declaration.
            if code[:m.start()].rstrip()[-1:] in ';{})e' and not DECLARATION.match(m[0]):
                found.append((m.end() - len(m[0].lstrip()), m.end(), 'statement', ';'))
    return sorted(set(found))


def line_of(text, at):
    start = text.rfind('\n', 0, at) + 1
    end = text.find('\n', at)
    return start, len(text) if end < 0 else end


def name(text, start, end, kind, new):
    first, last = line_of(text, start)
    if kind == 'statement':
        return 'without ' + ' '.join(text[start:end].split())
    return ' '.join((text[first:start] + new + text[end:last]).split())


def main():
    text = open(sys.argv[1]).read()
    found = mutants(text)
    if len(sys.argv) == 2:
        for mutant in found:
            print(name(text, *mutant))
        return
    if len(sys.argv) > 5:
        program = sys.argv[1].split('/')[-1]
        left_out = {line.rstrip('\n') for line in open(sys.argv[5])}
        found = [m for m in found if program + ': ' +
                 ' '.join(text[slice(*line_of(text, m[0]))].split()) not in left_out]
    tests, folder, step = open(sys.argv[2]).read(), sys.argv[3], int(sys.argv[4])
    # Not always the first: which it is goes by the program's length.
    with open(folder + '/names', 'w') as names:
        for number in range(len(text) % step % max(len(found), 1), len(found), step):
            start, end, _, new = found[number]
            with open(f'{folder}/{number}.c', 'w') as out:
                out.write(text[:start] + new + text[end:])
            with open(f'{folder}/{number}.test', 'w') as out:
                out.write(re.sub(r'^program .*', f'program ./{number}.c', tests, flags=re.M))
            print(number, name(text, *found[number]), sep='\t', file=names)


main()
