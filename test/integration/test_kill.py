# SPDX-License-Identifier: Apache-2.0
"""kill -9 at every rename, link, fsync and mount of fetch, prepare and run; the invariants hold after each, and the
same command then works. Failing disks (ENOSPC, EIO) at the same calls."""

import re

import pytest

import invariants
from conftest import unsigned

CALLS = 'renameat2,renameat,rename,linkat,fsync,fdatasync,syncfs,mount,move_mount,fsmount,umount2,unlinkat,mkdirat'


def count_calls(host, *argv):
    """How often a process makes each of the calls in a good run: {(call, follow): n}. strace counts for each process
    of its own, so the command itself is one series and the busiest of its children another."""
    host.run('strace', '-f', '-qq', '-o', '/tmp/t/trace', '-e', f'trace=execve,{CALLS}', '--', *argv, timeout=90)
    calls = re.findall(r'^(\d+)\s+(\w+)\(', host.read('/tmp/t/trace'), re.MULTILINE)
    main = calls[0][0]
    counts = {}
    for pid, call in calls:
        if call != 'execve':
            counts.setdefault((call, pid != main), {}).setdefault(pid, 0)
            counts[call, pid != main][pid] += 1
    return {key: max(by_pid.values()) for key, by_pid in counts.items()}


def points(counts, most):
    """(call, follow, number); a call that happens often is taken at its first ones and its last."""
    for (call, follow), n in sorted(counts.items()):
        for when in sorted(set(range(1, min(n, most) + 1)) | {n}):
            yield call, follow, when


def inject(host, point, what, *argv):
    call, follow, when = point
    return host.run('strace', *(['-f'] if follow else []), '-qq', '-o', '/dev/null', '-e', f'trace={call}',
                    '-e', f'inject={call}:{what}:when={when}', '--', *argv, check=None, timeout=60)


def label_of(what, point):
    call, follow, when = point
    return f'{what} at {call} {when} of {"a child" if follow else "the command"}'


def settle(host):
    host.wait_until('! pgrep -x "rkt|rkt-import|rkt-download|systemd-nspawn" >/dev/null', timeout=15,
                    why='processes outlived the killed command')


def prove(host, label, problems, argv, expect):
    problems += [f'{label}: {p}' for p in invariants.check(host)]
    again = host.run(*argv, check=None)
    if again.returncode != 0 or expect not in again.stdout:
        problems.append(f'{label}: the command does not work afterwards: {again.stderr[-400:]}')
    host.rkt('gc', '--grace-period=0s', '--expire-prepared=0s', check=None)
    # An embryo may be a pod that somebody makes just now: gc takes it after a minute, which is not waited for here.
    left = [p for p in host.pods() if p['state'] != 'embryo']
    host.sh('rm -rf /var/lib/rkt/pods/embryo/*')
    host.rkt('image', 'gc', check=None)
    problems += [f'{label}: image gc left {name}' for name in host.out(
        'find', '/var/lib/rkt/cas', '-name', '.*', '-o', '-path', '*/cas/tmp/*', check=None).splitlines()]
    if left:
        problems.append(f'{label}: gc left {[(p["name"], p["state"]) for p in left]}')
    problems += [f'{label}, after gc: {p}' for p in invariants.check(host)]


@pytest.mark.parametrize('what', ['signal=KILL', 'error=ENOSPC', 'error=EIO'])
def test_fetch(host, images, what):
    image = images.shell('k', 'echo alive')
    argv = ('rkt', *unsigned('fetch', image))
    counts = count_calls(host, *argv)
    problems = []
    for point in points(counts, 5 if what.startswith('signal') else 3):
        host.sh('rm -rf /var/lib/rkt/cas /var/lib/rkt/pods')
        result = inject(host, point, what, *argv)
        settle(host)
        if what.startswith('error') and result.returncode not in (0, 254):
            problems.append(f'{label_of(what, point)}: exit code {result.returncode}: {result.stderr[-300:]}')
        prove(host, label_of(what, point), problems, argv, 'sha512-')
    assert not problems, '\n'.join(problems)


@pytest.mark.parametrize('what', ['signal=KILL', 'error=ENOSPC', 'error=EIO'])
def test_prepare(host, images, what):
    host.rkt(*unsigned('fetch', images.shell('k', 'echo alive')))
    argv = ('rkt', 'prepare', 'test.example/k')
    counts = count_calls(host, *argv)
    problems = []
    for point in points(counts, 4 if what.startswith('signal') else 2):
        inject(host, point, what, *argv)
        settle(host)
        prove(host, label_of(what, point), problems, argv, '-')
    assert not problems, '\n'.join(problems)


def test_run(host, images):
    host.rkt(*unsigned('fetch', images.shell('k', 'echo alive')))
    argv = ('rkt', 'run', '--net=none', 'test.example/k')
    counts = count_calls(host, *argv)
    problems = []
    for point in points(counts, 3):
        inject(host, point, 'signal=KILL', *argv)
        settle(host)
        prove(host, label_of('kill', point), problems, argv, 'alive')
    assert not problems, '\n'.join(problems)


def test_gc(host, images):
    image = images.shell('k', 'echo alive')
    problems = []
    host.rkt(*unsigned('run', '--net=none', image))
    counts = count_calls(host, 'rkt', 'gc', '--grace-period=0s')
    again = ('rkt', 'run', '--net=none', 'test.example/k')
    for point in points(counts, 3):
        host.run(*again)
        inject(host, point, 'signal=KILL', 'rkt', 'gc', '--grace-period=0s')
        settle(host)
        prove(host, label_of('kill of gc', point), problems, again, 'alive')
    assert not problems, '\n'.join(problems)
