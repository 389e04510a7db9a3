# SPDX-License-Identifier: Apache-2.0
"""What goes wrong gives one clear message, leaves nothing half-done, and works once the cause is gone."""

import os
import re

import pytest

import invariants
from conftest import unsigned
from testhost import TestHost


def one_clear_message(result, *words):
    """What, where and why in one message with its causes, at most one line of advice below it; 254."""
    assert result.returncode == 254
    lines = [line for line in result.stderr.splitlines() if line.strip() and not line.lstrip().startswith('└─')
             and 'signature verification has been disabled' not in line]
    assert 1 <= len(lines) <= 2, result.stderr
    assert re.match(r'[a-z -]+: ', lines[0])
    for word in words:
        assert word in result.stderr, result.stderr


def test_missing_image(host, images):
    result = host.rkt(*unsigned('run', '--net=none', '/no/such.aci'), check=None)
    one_clear_message(result, 'run: ', '/no/such.aci', 'No such file or directory')
    assert host.pods() == [] or all(p['state'] != 'running' for p in host.pods())


def test_name_that_is_not_in_the_store(host):
    one_clear_message(host.rkt('run', '--net=none', 'test.example/none', check=None), 'test.example/none')


def test_pod_name_that_does_not_exist(host):
    one_clear_message(host.rkt('pod', 'run', 'nowhere', check=None), 'nowhere')


def test_file_that_is_no_image(host):
    one_clear_message(host.rkt(*unsigned('fetch', '/etc/passwd'), check=None), '/etc/passwd')


def test_truncated_image(host, images):
    data = images.here(images.shell('whole', 'true')).read_bytes()
    path = images.raw('half.aci', data[:len(data) // 2])
    one_clear_message(host.rkt(*unsigned('fetch', path), check=None), 'half.aci')
    assert invariants.check(host) == []


def test_networks_of_later_versions_are_refused_by_name(host, images):
    for net in ('default', 'default-restricted', 'mynet'):
        result = host.rkt(*unsigned('run', f'--net={net}', images.shell('n', 'true')), check=254)
        assert 'not supported by this version' in result.stderr


@pytest.mark.parametrize('flag', ['--private-users', '--dns=1.1.1.1', '--port=http:80', '--mds-register',
                                  '--cpu-shares=100', '--oom-score-adj=5', '--hosts-entry=host', '--stdin=tty',
                                  '--caps-retain=CAP_KILL', '--seccomp=mode=retain,@rkt/default-whitelist'])
def test_flags_of_later_versions_are_refused_by_name(host, images, flag):
    image = images.shell('later', 'true')
    result = host.rkt(*unsigned('run', '--net=none', image, flag), check=254)
    assert 'not supported by this version' in result.stderr and flag.split('=')[0] in result.stderr


def test_docker_images_are_refused_by_name(host):
    result = host.rkt(*unsigned('fetch', 'docker://busybox'), check=254)
    assert 'not supported by this version' in result.stderr


def test_full_disk(build_dir, share, images):
    """Fetch, then run, with too little room; the same commands work once there is room."""
    host = TestHost(f'it-{os.getpid()}-full', build_dir, share, options=['--data-size=24M'])
    try:
        host.clean()
        image = images.shell('large', 'echo fits', files={'data/blob': os.urandom(9 << 20)})
        host.run('dd', 'if=/dev/zero', 'of=/var/lib/rkt/filler', 'bs=1M', 'count=18')
        result = host.rkt(*unsigned('fetch', image), check=None)
        one_clear_message(result, 'No space left on device')
        assert host.rkt('image', 'list', '--no-legend').stdout == ''
        assert invariants.check(host) == []

        host.run('rm', '/var/lib/rkt/filler')
        assert 'fits' in host.rkt(*unsigned('run', '--net=none', image)).stdout

        host.sh('dd if=/dev/zero of=/var/lib/rkt/filler bs=4k 2>/dev/null; true')
        result = host.rkt('run', '--net=none', 'test.example/large', check=254)
        assert 'No space left on device' in result.stderr
        host.run('rm', '/var/lib/rkt/filler')
        assert 'fits' in host.rkt('run', '--net=none', 'test.example/large').stdout
        host.rkt('gc', '--grace-period=0s')
        host.rkt('gc', '--grace-period=0s')
        assert host.pods() == []
        assert invariants.check(host) == []
    finally:
        host.close()


def test_killed_fetch(host, images, web):
    here = images.here(images.shell('killed', 'true', files={'data/noise': os.urandom(1 << 20)}))
    url = web.publish(here).replace('.test/', '.test/slow/')
    process = host.popen('rkt', *unsigned('fetch', url))
    host.wait_until('pgrep -x rkt-download', timeout=10)
    host.run('pkill', '-KILL', '-x', 'rkt')
    process.wait(20)
    host.wait_until('! pgrep -x "rkt-download|rkt-import"', timeout=5, why='helpers outlived their rkt')
    assert host.rkt('image', 'list', '--no-legend').stdout == ''
    assert invariants.check(host) == []
    host.rkt(*unsigned('fetch', url))
    assert invariants.check(host) == []


def test_fetches_of_one_image_at_once(host, images):
    image = images.shell('crowd', 'true', files={'data/x': os.urandom(1 << 20)})
    script = f'''for i in 1 2 3 4 5 6 7 8; do rkt --insecure-options=image fetch {image} >/tmp/t/o$i 2>&1 & done
        rkt image gc --grace-period=0s >/dev/null 2>&1 &
        rkt gc >/dev/null 2>&1 & wait; sort -u /tmp/t/o? | grep -c ^sha512-'''
    assert host.sh(script, timeout=60).stdout.strip() == '1'
    assert invariants.check(host) == []


def test_two_starts_of_one_pod_file_at_once(host, images):
    image = images.shell('wait', 'trap "exit 0" TERM; while :; do sleep 0.1; done')
    host.pod_file('one', f'[Pod]\nNet=none\nInsecureOptions=image\n[App]\nImage={image}\n')
    host.rkt('pod', 'fetch', 'one')
    script = '''for i in 1 2 3 4; do
            systemd-run --quiet --unit=test-start-$i -p RemainAfterExit=yes -p StandardError=file:/tmp/t/err$i \\
                    rkt pod run one &
        done; wait'''
    host.sh(script)
    host.wait_until('[ "$(grep -lE "already|running" /tmp/t/err? | wc -l)" = 3 ]', why='three of four are refused')
    assert [p['state'] for p in host.pods()].count('running') == 1
    codes = sorted(host.show(f'test-start-{i}', 'ExecMainStatus')['ExecMainStatus'] for i in range(1, 5))
    assert codes == ['0', '254', '254', '254']


def test_start_beside_a_running_pod_is_refused(host, images):
    image = images.shell('wait', 'trap "exit 0" TERM; while :; do sleep 0.1; done')
    host.pod_file('one', f'[Pod]\nNet=none\nInsecureOptions=image\n[App]\nImage={image}\n')
    host.run('systemctl', 'start', 'pod@one')
    one_clear_message(host.rkt('pod', 'run', 'one', check=None), 'one')
    assert host.show('pod@one', 'ActiveState')['ActiveState'] == 'active'
    assert [p['state'] for p in host.pods()] == ['running']


def test_unknown_verb_and_flag_suggest(host):
    assert 'list' in host.rkt('lst', check=254).stderr
    assert '--grace-period' in host.rkt('gc', '--grace-perid=1s', check=254).stderr


@pytest.mark.parametrize('value', ['abc', '-1s', '1x'])
def test_bad_durations(host, value):
    assert value in host.rkt('gc', f'--grace-period={value}', check=254).stderr
