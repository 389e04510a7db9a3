# SPDX-License-Identifier: Apache-2.0
"""The test host itself: what the other tests rely on, and that it leaves the machine as it was."""

import os
import subprocess
from pathlib import Path

import testhost


def test_systemd_is_pid_1_and_nothing_failed(host):
    assert host.out('cat', '/proc/1/comm') == 'systemd'
    assert host.out('systemctl', 'list-units', '--failed', '--no-legend', '--plain') == ''


def test_nothing_of_the_machine_runs_inside(host):
    units = host.out('systemctl', 'list-units', '--type=service', '--state=running', '--plain', '--no-legend')
    names = {line.split()[0] for line in units.splitlines()}
    own = ('systemd-', 'dbus', 'user@', 'web-server')
    assert {n for n in names if not n.startswith(own)} == set()


def test_memory_limits_bind_in_the_limits_host(limits_host, payload):
    result = limits_host.run('systemd-run', '--wait', '--pipe', '--quiet', '-p', 'MemoryMax=32M',
                             '/mnt/share/probe', 'eat', check=None)
    assert 'ate 256 MB' not in result.stdout


def test_two_hosts_do_not_see_each_other(host, build_dir, share):
    other = testhost.TestHost(f'it-{os.getpid()}-other', build_dir, share)
    try:
        other.write('/etc/rkt/pods/only-here.pod', '')
        assert not host.exists('/etc/rkt/pods/only-here.pod')
        assert other.out('hostname') != host.out('hostname')
    finally:
        other.close()


def test_a_stopped_host_leaves_nothing(build_dir, share):
    name = f'it-{os.getpid()}-gone'
    mounts = Path('/proc/self/mountinfo').read_text()
    testhost.TestHost(name, build_dir, share).close()
    assert not Path('/run/rkt-host', name).exists()
    assert Path('/proc/self/mountinfo').read_text() == mounts
    groups = subprocess.run(['find', '/sys/fs/cgroup', '-name', f'*{name}*'], capture_output=True, text=True,
                            check=True)
    assert groups.stdout == ''
    assert subprocess.run(['pgrep', '-f', f'rkt-host.*{name}'], check=False).returncode == 1


def test_a_host_ends_with_a_starter_that_was_killed(build_dir, share):
    name = f'it-{os.getpid()}-orphan'
    host = testhost.TestHost(name, build_dir, share)
    host.process.stdin.close()
    host.process.wait(30)
    assert not Path('/run/rkt-host', name).exists()


def test_a_host_that_cannot_boot_says_why(tmp_path):
    result = subprocess.run([testhost.PROGRAM, 'boot', f'--build={tmp_path}', 'it-bad'], capture_output=True, text=True,
                            check=False)
    assert result.returncode == 1
    assert 'is not a meson build directory' in result.stderr


def test_unknown_host_says_how_to_boot_it():
    result = subprocess.run([testhost.PROGRAM, 'run', 'no-such-host', 'true'], capture_output=True, text=True,
                            check=False)
    assert result.returncode == 1
    assert "boot it with 'rkt-host boot no-such-host'" in result.stderr
