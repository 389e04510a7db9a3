# SPDX-License-Identifier: Apache-2.0
"""The README's first command shows every step of the road, and leaves nothing on the machine."""

import os
import re
import subprocess
from pathlib import Path

import testhost

SOURCE = Path(__file__).resolve().parents[2]

# What stands in the demo's output, in this order.
STEPS = [
    r'# rkt trust --prefix=example\.com/shop',
    r'Added key for prefix "example\.com/shop"',
    r'no errors',
    r'# systemctl daemon-reload',
    r'# systemctl start pod@shop',
    r'# systemctl status .*pod@shop',
    r'Shop: a cache and a web server',
    r'Active: active \(running\)',
    r'# machinectl list',
    r'shop +container',
    r'# redis-cli ping',
    r'PONG',
    r'# curl ',
    r'The shop is open',
    r'# journalctl -M shop -t redis',
    r'Ready to accept connections',
    r'# rkt list',
    r'[0-9a-f]{8}\s+redis\s.*running',
    r'# systemctl stop pod@shop',
    r'# rkt status',
    r'state=exited',
    r'app-redis=0',
    r'# rkt gc',
    r'Moving pod',
]


def shows_the_whole_road(text):
    position = 0
    for step in STEPS:
        match = re.compile(step).search(text, position)
        assert match, f'not found after {text[max(0, position - 200):position]!r}: {step}\n{text}'
        position = match.end()
    return True


def test_demo_shows_the_whole_road(build_dir):
    before = Path('/proc/self/mountinfo').read_text()
    result = subprocess.run([SOURCE / 'demo', f'--build={build_dir}'], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=180, check=False)
    assert result.returncode == 0, result.stdout
    assert shows_the_whole_road(result.stdout)
    assert Path('/proc/self/mountinfo').read_text() == before
    assert not list(Path('/run').glob('rkt-host/demo-*'))


def test_demo_on_a_machine_that_runs_systemd(build_dir, share):
    """The same with --here; the machine is a test host into which nothing was installed before."""
    binds = [f'--bind={path}:{path}' for path in (build_dir, SOURCE)]
    host = testhost.TestHost(f'it-{os.getpid()}-here', None, share, options=binds)
    try:
        result = host.sh(f'{SOURCE}/demo --here --build={build_dir} 2>&1', check=None, timeout=180)
        assert result.returncode == 0, result.stdout
        assert shows_the_whole_road(result.stdout)
        assert host.pods() == []
        assert not host.exists('/etc/rkt/pods/shop.pod') and not host.exists('/srv/shop')
        assert 'shop' not in host.out('rkt', 'image', 'list')
    finally:
        host.close()
