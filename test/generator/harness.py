# SPDX-License-Identifier: Apache-2.0
"""What the generator's tests share: running it over a directory tree of the test's own, and reading what it wrote as
systemd would."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

MARK = '# Made by rkt-generator'
DROPIN = '50-pod.conf'
POD_DIRS = ('run/rkt/pods', 'etc/rkt/pods', 'usr/lib/rkt/pods')
# What a drop-in of a pod file without error never sets in [Service].
REFUSED = re.compile(r'(Type|NotifyAccess|ExecStart|PIDFile|User|Group|DynamicUser|RemainAfterExit|Root\w*|Private\w*|'
                     r'Protect\w*)')


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def case(self, name, problems):
        problems = list(problems)
        self.count += 1
        self.failed += bool(problems)
        print(f'{"not ok" if problems else "ok"} {self.count} - {name}')
        for problem in problems:
            for line in str(problem).splitlines():
                print(f'#   {line}')

    def done(self):
        print(f'1..{self.count}')
        raise SystemExit(1 if self.failed else 0)


class Tree:
    """A root directory for the generator, and an output directory."""

    def __init__(self, generator, where=None):
        self.generator = Path(generator).resolve()
        self.base = Path(tempfile.mkdtemp(prefix='rkt-generator-', dir=where))
        self.root = self.base / 'root'
        self.out = self.base / 'out'
        self.root.mkdir()
        self.out.mkdir()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.base)

    def write(self, path, content=''):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return target

    def link(self, path, target):
        link = self.root / path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)

    def pod(self, name, content):
        return self.write(f'etc/rkt/pods/{name}.pod', content)

    def environment(self, **more):
        return {'PATH': os.environ['PATH'], 'RKT_GENERATOR_ROOT': str(self.root), **more}

    def run(self, prefix=(), args=None, **more):
        args = [str(self.out)] * 3 if args is None else args
        return subprocess.run([*prefix, str(self.generator), *args], env=self.environment(**more), text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False, errors='replace')

    def dropin(self, unit):
        return self.out / f'{unit}.d' / DROPIN

    def text(self, unit):
        path = self.dropin(unit)
        return path.read_text() if path.exists() else None

    def snapshot(self):
        return {str(p.relative_to(self.out)): p.read_bytes() for p in sorted(self.out.rglob('*')) if p.is_file()}


def unit_name(short, pod):
    """"pod" and "fetch" are short for the two units of a pod."""
    return {'pod': f'pod@{pod}.service', 'fetch': f'pod-fetch@{pod}.service'}.get(short, short)


def parse(text):
    """(section, key, value) of each line, by the rules of systemd's reader; ValueError if it would read anything else
    than one assignment a line."""
    section = None
    result = []
    for number, line in enumerate(text.split('\n'), 1):
        if re.search(r'[\x00-\x08\x0b-\x1f]', line):
            raise ValueError(f'line {number}: control character: {line!r}')
        if re.search(r'(^|[^\\])(\\\\)*\\$', line):
            raise ValueError(f'line {number}: goes on in the next: {line!r}')
        if not line or line[0] in '#;':
            continue
        if header := re.fullmatch(r'\[(Unit|Service|Install)\]', line):
            section = header[1]
        elif assignment := re.fullmatch(r'([A-Za-z][A-Za-z0-9-]*)=(.*)', line):
            result.append((section, assignment[1], assignment[2]))
        else:
            raise ValueError(f'line {number}: {line!r}')
    return result


def unquote(word):
    """The argument that systemd makes of a quoted word of a command line."""
    if not re.fullmatch(r'"(?:[^"\\]|\\.)*"', word):
        raise ValueError(f'not one quoted word: {word}')
    text = re.sub(r'\\(x[0-9a-f]{2}|.)', lambda m: chr(int(m[1][1:], 16)) if m[1][0] == 'x' else m[1], word[1:-1])
    return text.replace('%%', '%').replace('$$', '$')


def error_message(text):
    """What the drop-in of a broken pod file says; None if it is none."""
    if text is None:
        return None
    starts = [value for section, key, value in parse(text) if (section, key) == ('Service', 'ExecStart')]
    if not starts:
        return None
    if len(starts) != 2 or starts[0] != '':
        raise ValueError(f'unexpected ExecStart= lines: {starts}')
    program, _, word = starts[1].partition(' ')
    if not program.endswith('/rkt-pod-error'):
        raise ValueError(f'unexpected program: {program}')
    return unquote(word)


def invariants(tree):
    """What holds for whatever the generator wrote, over whatever pod files."""
    for path in sorted(tree.out.rglob('*')):
        name = str(path.relative_to(tree.out))
        if path.is_dir() and re.fullmatch(r'pod(-fetch)?@[a-zA-Z0-9_.@-]{1,64}\.service\.d', name):
            continue
        if not re.fullmatch(r'pod(-fetch)?@[a-zA-Z0-9_.@-]{1,64}\.service\.d/' + DROPIN, name) or path.is_symlink():
            yield f'{name} should not be there'
            continue
        text = path.read_text()
        if not text.startswith(MARK):
            yield f'{name}: does not begin with "{MARK}"'
        try:
            message = error_message(text)
            for section, key, _ in parse(text):
                if section == 'Service' and REFUSED.fullmatch(key) and not message:
                    yield f'{name}: sets {key}='
        except ValueError as e:
            yield f'{name}: {e}'
