# SPDX-License-Identifier: Apache-2.0
"""kill -9 at every rename, link, fsync and mount of fetch, prepare and run; the invariants hold after each, and the
same command then works. Failing disks (ENOSPC, EIO) at the same calls."""

import re

import pytest

import invariants
from conftest import unsigned

CALLS = 'renameat2,renameat,rename,linkat,fsync,fdatasync,syncfs,mount,move_mount,fsmount,umount2,unlinkat,mkdirat'


def count_calls(host, *argv):
    """How often each of the calls happens in a good run, over all its processes."""
    host.run('strace', '-f', '-qq', '-o', '/tmp/t/trace', f'-e trace={CALLS}', '--', *argv, timeout=90)
    counts = {}
    for call in re.findall(r'^\d+\s+(\w+)\(', host.read('/tmp/t/trace'), re.MULTILINE):
        counts[call] = counts.get(call, 0) + 1
    return counts


def points(counts, most=6):
    """Call and number; a call that happens often is taken at its first ones and its last."""
    for call, n in sorted(counts.items()):
        for when in sorted(set(range(1, min(n, most) + 1)) | {n}):
            yield call, when


def inject(host, call, what, when, *argv):
    return host.run('strace', '-f', '-qq', '-o', '/dev/null', '-e', f'trace={call}',
                    '-e', f'inject={call}:{what}:when={when}', '--', *argv, check=None, timeout=60)


def settle(host):
    host.wait_until('! pgrep -x "rkt|rkt-import|rkt-download|systemd-nspawn" >/dev/null', timeout=15,
                    why='processes outlived the killed command')


def prove(host, label, problems, argv, expect):
    problems += [f'{label}: {p}' for p in invariants.check(host)]
    again = host.run(*argv, check=None)
    if again.returncode != 0 or expect not in again.stdout:
        problems.append(f'{label}: the command does not work afterwards: {again.stderr[-400:]}')
    host.rkt('gc', '--grace-period=0s', '--expire-prepared=0s', check=None)
    left = host.pods()
    if left:
        problems.append(f'{label}: gc left {[(p["name"], p["state"]) for p in left]}')
    problems += [f'{label}, after gc: {p}' for p in invariants.check(host)]


@pytest.mark.parametrize('what', ['signal=KILL', 'error=ENOSPC', 'error=EIO'])
def test_fetch(host, images, what):
    image = images.shell('k', 'echo alive')
    argv = ('rkt', *unsigned('fetch', image))
    counts = count_calls(host, *argv)
    problems = []
    for call, when in points(counts, 6 if what.startswith('signal') else 3):
        host.sh('rm -rf /var/lib/rkt/cas /var/lib/rkt/pods')
        result = inject(host, call, what, when, *argv)
        settle(host)
        if what.startswith('error') and result.returncode not in (0, 254):
            problems.append(f'{call} {when}: exit code {result.returncode}: {result.stderr[-300:]}')
        prove(host, f'{what} at {call} {when}', problems, argv, 'sha512-')
    assert not problems, '\n'.join(problems)


@pytest.mark.parametrize('what', ['signal=KILL', 'error=ENOSPC', 'error=EIO'])
def test_prepare(host, images, what):
    host.rkt(*unsigned('fetch', images.shell('k', 'echo alive')))
    argv = ('rkt', 'prepare', 'test.example/k')
    counts = count_calls(host, *argv)
    problems = []
    for call, when in points(counts, 4 if what.startswith('signal') else 2):
        inject(host, call, what, when, *argv)
        settle(host)
        prove(host, f'{what} at {call} {when}', problems, argv, '-')
    assert not problems, '\n'.join(problems)


def test_run(host, images):
    host.rkt(*unsigned('fetch', images.shell('k', 'echo alive')))
    argv = ('rkt', 'run', '--net=none', 'test.example/k')
    counts = count_calls(host, *argv)
    problems = []
    for call, when in points(counts, 4):
        inject(host, call, 'signal=KILL', when, *argv)
        settle(host)
        prove(host, f'kill at {call} {when}', problems, argv, 'alive')
    assert not problems, '\n'.join(problems)


def test_gc(host, images):
    image = images.shell('k', 'echo alive')
    problems = []
    host.rkt(*unsigned('run', '--net=none', image))
    counts = count_calls(host, 'rkt', 'gc', '--grace-period=0s')
    for call, when in points(counts, 3):
        host.rkt('run', '--net=none', 'test.example/k')
        inject(host, call, 'signal=KILL', when, 'rkt', 'gc', '--grace-period=0s')
        settle(host)
        prove(host, f'kill of gc at {call} {when}', problems, ('rkt', 'run', '--net=none', 'test.example/k'), 'alive')
    assert not problems, '\n'.join(problems)
