# SPDX-License-Identifier: Apache-2.0
"""kill -9 and failing disks at every call by which the store changes, for each command that changes it. rkt works on
a directory of its own here, without a test host, so that every point can be tried."""

import gzip
import hashlib
import json
import os
import re
import subprocess
import time

import pytest

import archives as a

CALLS = ('renameat2', 'renameat', 'rename', 'linkat', 'unlinkat', 'unlink', 'mkdirat', 'fsync', 'syncfs', 'symlinkat')
ID = re.compile(r'sha512-[0-9a-f]{64}')


def image(name, content=b'x'):
    manifest = {'acKind': 'ImageManifest', 'acVersion': '0.8.11', 'name': name,
                'labels': [{'name': 'os', 'value': 'linux'}, {'name': 'arch', 'value': 'amd64'}],
                'app': {'exec': ['/x'], 'user': '0', 'group': '0'}}
    return gzip.compress(a.aci(a.directory('rootfs/d'), a.entry('rootfs/d/f', data=content * 3000, uid=5),
                               a.hardlink('rootfs/h', 'rootfs/d/f'), a.symlink('rootfs/s', 'd'),
                               head=a.manifest(json.dumps(manifest).encode()) + a.directory('rootfs')))


class Store:
    def __init__(self, build_dir, where):
        self.where = where
        self.data = where / 'data'
        self.rkt_path = build_dir / 'src/cli/rkt'
        self.env = os.environ | {'RKT_HELPER_DIR': str(build_dir / 'src/image')}
        for name in ('one', 'two'):
            (where / f'{name}.aci').write_bytes(image(f'test.example/{name}', name.encode()))

    def argv(self, *args):
        return [str(self.rkt_path), f'--dir={self.data}', '--insecure-options=image', *map(str, args)]

    def rkt(self, *args, before=(), check=True):
        result = subprocess.run([*before, *self.argv(*args)], env=self.env, capture_output=True, text=True, timeout=60)
        if check:
            assert result.returncode == 0, result.stderr
        return result

    def reset(self):
        subprocess.run(['rm', '-rf', self.data], check=True)

    def entries(self, *parts):
        path = self.data.joinpath('cas', *parts)
        return sorted(os.listdir(path)) if path.is_dir() else []

    def settle(self):
        """The helper of a killed rkt dies with it, but not in the same instant."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            found = subprocess.run(['pgrep', '-f', f'--dir={self.data}'], capture_output=True).stdout
            if not found:
                return
            time.sleep(0.02)

    def problems(self):
        """What contradicts itself in the store."""
        for name in self.entries('index'):
            text = (self.data / 'cas/index' / name).read_text()
            if ID.fullmatch(name) and text.endswith('end\n'):
                yield from self.problems_of(name, dict(line.split('=', 1) for line in text.splitlines()[:-1]))

    def problems_of(self, id, entry):
        cas = self.data / 'cas'
        manifest = cas / f'index/{id}.manifest'
        if not manifest.exists() or manifest.stat().st_size != int(entry['manifest-size']):
            yield f'{id}: manifest'
        blob = cas / 'blob' / id[7:9] / id
        if not blob.exists() or 'sha512-' + hashlib.sha512(gzip.decompress(blob.read_bytes())).hexdigest()[:64] != id:
            yield f'{id}: blob'
        if self.entries('tree', id) and (cas / 'tree' / id / 'rendered').exists():
            result = self.rkt('image', 'verify', id, check=False)
            if 'successfully verified' not in result.stdout and 'not rendered' not in result.stdout:
                yield f'{id}: tree: {result.stdout}{result.stderr}'

    def garbage(self):
        """What gc should have found."""
        known = {n for n in self.entries('index') if ID.fullmatch(n)}
        left = [f'tmp/{n}' for n in self.entries('tmp')]
        left += [f'index/{n}' for n in self.entries('index') if n.removesuffix('.manifest') not in known]
        left += [f'tree/{n}' for n in self.entries('tree') if n not in known]
        left += [f'blob/{n}' for d in self.entries('blob') for n in self.entries('blob', d) if n not in known]
        return left


@pytest.fixture
def store(build_dir, tmp_path):
    return Store(build_dir, tmp_path)


def nothing(store):
    pass


def one_image(store):
    store.rkt('fetch', store.where / 'one.aci')


def two_images(store):
    one_image(store)
    store.rkt('fetch', store.where / 'two.aci')


def damaged_tree(store):
    one_image(store)
    tree = store.data / 'cas/tree' / store.entries('tree')[0]
    (tree / 'rootfs/d/f').write_bytes(b'damage')


def other_boot(store):
    """Two images whose trees another boot left unflushed."""
    two_images(store)
    for name in store.entries('tree'):
        (store.data / 'cas/tree' / name / 'rendered').write_text('boot=00000000-0000-0000-0000-000000000000\n')


# Name: state before, the command, and how it is repeated afterwards.
COMMANDS = {
    'fetch into nothing': (nothing, ['fetch', '{where}/one.aci']),
    'fetch a second': (one_image, ['fetch', '{where}/two.aci']),
    'fetch the same': (one_image, ['fetch', '{where}/one.aci']),
    'fetch over another boot': (other_boot, ['fetch', '{where}/one.aci']),
    'remove': (two_images, ['image', 'rm', 'test.example/one']),
    'gc all': (two_images, ['image', 'gc', '--grace-period=0s']),
    'gc trees': (other_boot, ['image', 'gc']),
    'verify and repair': (damaged_tree, ['image', 'verify', 'test.example/one']),
}


def command(store, name):
    before, args = COMMANDS[name]
    return before, [word.format(where=store.where) for word in args]


def count_calls(store, before, args):
    """The most that any one process makes of each call: strace counts for each process by itself."""
    store.reset()
    before(store)
    trace = store.where / 'trace'
    store.rkt(*args, before=['strace', '-f', '-qq', '-o', str(trace), '-e', f'trace={",".join(CALLS)}'])
    counts = {}
    for pid, call in re.findall(r'^(\d+)\s+(\w+)\(', trace.read_text(), re.MULTILINE):
        counts[call, pid] = counts.get((call, pid), 0) + 1
    return {call: max(n for (c, _), n in counts.items() if c == call) for call in {c for c, _ in counts}}


def points(counts, most):
    for call, n in sorted(counts.items()):
        for when in sorted(set(range(1, min(n, most) + 1)) | {n}):
            yield call, when


def run_with(store, fault, call, when, args):
    return store.rkt(*args, check=False, before=['strace', '-f', '-qq', '-o', '/dev/null', '-e', f'trace={call}', '-e',
                                                 f'inject={call}:{fault}:when={when}'])


@pytest.mark.parametrize('name', sorted(COMMANDS))
@pytest.mark.parametrize('fault', ['signal=KILL', 'error=ENOSPC', 'error=EIO'])
def test_old_state_or_new(store, name, fault):
    before, args = command(store, name)
    problems = []
    for call, when in points(count_calls(store, before, args), 1000 if fault == 'signal=KILL' else 3):
        label = f'{fault} at {call} {when}'
        store.reset()
        before(store)
        result = run_with(store, fault, call, when, args)
        store.settle()
        if fault.startswith('error') and result.returncode not in (0, 254):
            problems.append(f'{label}: exit code {result.returncode}')
        # The tree that is damaged on purpose may be found so.
        problems += [f'{label}: {p}' for p in store.problems() if before is not damaged_tree or 'tree' not in p]
        again = store.rkt(*args, check=False)
        if again.returncode != 0 and not ('rm' in args and 'no image' in again.stderr):
            problems.append(f'{label}: again: {again.stderr}')
        problems += [f'{label}, again: {p}' for p in store.problems()]
        store.rkt('image', 'gc')
        problems += [f'{label}, gc left {p}' for p in store.garbage()]
    assert not problems, '\n'.join(problems)


def test_full_disk_names_the_image_and_the_reason(store, tmp_path):
    small = tmp_path / 'small'
    small.mkdir()
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=2M', 'tmpfs', small], check=True)
    try:
        store.data = small / 'data'
        (store.where / 'large.aci').write_bytes(image('test.example/large', os.urandom(1500)))
        result = store.rkt('fetch', store.where / 'large.aci', check=False)
        assert result.returncode == 254
        assert 'No space left on device' in result.stderr
        assert not store.garbage() and store.entries('index') == []
        store.rkt('fetch', store.where / 'one.aci')
    finally:
        subprocess.run(['umount', small], check=True)


def test_many_at_once(store):
    """T22: fetches, removals, repairs and collections of the same images, all together; then all is well."""
    commands = [['fetch', f'{store.where}/one.aci'], ['fetch', f'{store.where}/two.aci'], ['image', 'gc'],
                ['image', 'verify', 'test.example/one'], ['image', 'rm', 'test.example/two'],
                ['image', 'gc', '--grace-period=0s'], ['image', 'export', 'test.example/one', '--overwrite', '{out}']]
    running = []
    for i in range(42):
        args = [word.format(out=store.where / f'out{i}') for word in commands[i % len(commands)]]
        running.append(subprocess.Popen(store.argv(*args), env=store.env, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True))
        if len(running) >= 8:
            running.pop(0).communicate(timeout=60)
    for child in running:
        child.communicate(timeout=60)
    assert list(store.problems()) == []
    two_images(store)
    store.rkt('image', 'gc')
    assert store.garbage() == []
    assert list(store.problems()) == []
    assert len(json.loads(store.rkt('image', 'list', '--format=json').stdout)) == 2
