# SPDX-License-Identifier: Apache-2.0
"""What the checks share: the files of the project, C text without comments and strings, and TAP."""

import os
import re
import subprocess
import sys
from pathlib import Path

C_DIRS = ('src', 'generators', 'test')


def roots():
    """Source and build directory, as meson hands them to each check."""
    source = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    build = Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else source / 'build'
    return source, build


def project_files(source, *suffixes, under=('.',)):
    """Files below the given folders, by suffix; build directories and what starts with a dot are not ours."""
    found = []
    for top in under:
        for directory, subdirs, names in os.walk(source / top):
            subdirs[:] = sorted(d for d in subdirs if not d.startswith('.') and not is_build_dir(Path(directory, d))
                                and d not in ('__pycache__', 'corpus'))
            found += [Path(directory, n) for n in sorted(names) if not suffixes or n.endswith(suffixes)]
    return found


def is_build_dir(path):
    return (path / 'build.ninja').exists() or (path / 'meson-private').exists()


def c_files(source, *suffixes):
    return project_files(source, *(suffixes or ('.c', '.h')), under=[d for d in C_DIRS if (source / d).exists()])


TOKENS = re.compile(r'''
    (?P<comment> /\*.*?\*/ | //[^\n]* )
  | (?P<string>  "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
''', re.VERBOSE | re.DOTALL)


def strip_c(text, keep_strings=False):
    """C text with comments (and strings) blanked; line numbers stay."""
    def blank(match):
        if match.lastgroup == 'string':
            return match.group() if keep_strings else match.group()[0] * 2
        return re.sub(r'[^\n]', ' ', match.group())
    return TOKENS.sub(blank, text)


INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def own_includes(path):
    return INCLUDE.findall(strip_c(path.read_text(), keep_strings=True))


class Tap:
    """One line a case. A case is a file or a rule; its problems are printed as comments below it."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def case(self, name, problems):
        self.count += 1
        problems = list(problems)
        print(f'{"not ok" if problems else "ok"} {self.count} - {name}')
        for problem in problems:
            print(f'#   {problem}')
        self.failed += bool(problems)

    def skip(self, name, why):
        self.count += 1
        print(f'ok {self.count} - {name} # SKIP {why}')

    def done(self):
        print(f'1..{self.count}')
        sys.exit(1 if self.failed else 0)


def by_file(tap, source, files, check):
    """One case per file; check(path, text) yields problems, as 'LINE: text' or 'text'."""
    for path in files:
        name = path.relative_to(source)
        tap.case(name, (f'{name}:{p}' for p in check(path, path.read_text())))


def run(*argv, **kwargs):
    return subprocess.run([str(a) for a in argv], text=True, capture_output=True, check=False, **kwargs)
