# SPDX-License-Identifier: Apache-2.0
"""The life of a pod: prepare, run-prepared, list, status, stop, rm, gc, enter, cat-manifest."""

import json
import re
import time

import pytest

from conftest import unsigned

UUID = re.compile(r'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
PODS = '/var/lib/rkt/pods'
WAITING = 'trap "exit 0" TERM; echo up; while :; do sleep 0.1; done'


@pytest.fixture
def start(host, images):
    """Starts a waiting pod in the background and returns its UUID once it runs."""
    count = 0

    def start(*images_and_flags, script=WAITING, net='none'):
        nonlocal count
        count += 1
        argv = images_and_flags or (images.shell('wait', script),)
        unit = f'test-pod-{count}'
        host.run('systemd-run', '--quiet', f'--unit={unit}', '-p', 'SuccessExitStatus=0 1 143', '--',
                 'rkt', *unsigned('run', f'--net={net}', f'--uuid-file-save=/tmp/t/{unit}', *argv))
        host.wait_until(f'test -s /tmp/t/{unit}', why='no UUID was saved')
        uuid = host.read(f'/tmp/t/{unit}').strip()
        host.rkt('status', '--wait-ready=20s', uuid)
        return uuid
    return start


def phase_of(host, uuid):
    return host.out('find', PODS, '-mindepth', '2', '-maxdepth', '2', '-name', uuid).split('/')[-2]


def test_prepare_prints_the_uuid_only(host, images):
    out = host.rkt(*unsigned('prepare', images.shell('p', 'true'))).stdout
    assert out.endswith('\n') and UUID.match(out.strip())
    assert phase_of(host, out.strip()) == 'prepared'
    assert host.status(out.strip())['state'] == 'prepared'


def test_states_and_directories_of_a_life(host, images):
    uuid = host.rkt(*unsigned('prepare', images.shell('life', 'true'))).stdout.strip()
    host.rkt('run-prepared', '--net=none', uuid)
    assert phase_of(host, uuid) == 'run'
    assert host.status(uuid)['state'] == 'exited'
    host.rkt('gc', '--mark-only')
    assert phase_of(host, uuid) == 'exited-garbage'
    assert host.status(uuid)['state'] == 'exited garbage'
    host.rkt('gc', '--grace-period=0s')
    assert host.out('find', PODS, '-name', uuid) == ''


def test_prepared_pod_can_run_once(host, images):
    uuid = host.rkt(*unsigned('prepare', images.shell('once', 'true'))).stdout.strip()
    host.rkt('run-prepared', '--net=none', uuid)
    result = host.rkt('run-prepared', '--net=none', uuid, check=254)
    assert uuid in result.stderr


def test_two_starts_at_once_run_it_once(host, images):
    uuid = host.rkt(*unsigned('prepare', images.shell('race', 'sleep 1; echo ran'))).stdout.strip()
    script = f'''for i in 1 2 3 4; do
            (rkt run-prepared --net=none {uuid} >/tmp/t/out$i 2>&1; echo $? >/tmp/t/rc$i) &
        done
        wait; cat /tmp/t/rc? | sort'''
    assert host.sh(script, timeout=40).stdout.split() == ['0', '254', '254', '254']


def test_uuid_prefixes(host, images):
    uuid = host.rkt(*unsigned('prepare', images.shell('prefix', 'true'))).stdout.strip()
    assert host.status(uuid[:8])['state'] == 'prepared'
    result = host.rkt('status', 'ffffffff-0000', check=254)
    assert 'no matches found for "ffffffff-0000"' in result.stderr
    assert 'UUID cannot be empty' in host.rkt('status', '', check=254).stderr


def test_list_formats(host, start):
    uuid = start()
    lines = host.rkt('list').stdout.splitlines()
    assert lines[0].split() == ['UUID', 'APP', 'IMAGE', 'NAME', 'STATE', 'CREATED', 'STARTED', 'NETWORKS']
    fields = re.split(r'\t+| {2,}', lines[1].rstrip())
    assert fields[:4] == [uuid[:8], 'wait', 'test.example/wait:1.0', 'running']
    assert all(re.fullmatch(r'now|\d+ \w+ ago', text) for text in fields[4:6])

    assert len(host.rkt('list', '--no-legend').stdout.splitlines()) == 1
    full = host.rkt('list', '--full').stdout
    assert uuid in full and re.search(r'sha512-[0-9a-f]{12}\b', full)
    assert re.search(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} \S+', full)

    pod, = host.pods()
    assert (pod['name'], pod['state'], pod['app_names']) == (uuid, 'running', ['wait'])
    pretty = host.rkt('list', '--format=json-pretty').stdout
    assert '\n' in pretty.strip() and json.loads(pretty)


def test_list_of_nothing_is_a_header(host):
    assert len(host.rkt('list').stdout.splitlines()) == 1
    assert host.rkt('list', '--no-legend').stdout.strip() == ''


def test_list_of_two_apps_repeats_no_uuid(host, images, start):
    start(images.shell('la', WAITING), images.shell('lb', WAITING))
    lines = host.rkt('list', '--no-legend').stdout.splitlines()
    assert len(lines) == 2
    assert re.match(r'[0-9a-f]{8}\b', lines[0]) and lines[1].startswith(('\t', ' '))


def test_status_lines_of_a_running_pod(host, start):
    uuid = start()
    status = host.status(uuid)
    assert list(status)[:3] == ['state', 'created', 'started']
    assert status['state'] == 'running'
    assert status['exited'] == 'false'
    assert host.read(f'/proc/{status["pid"]}/comm').strip() == 'systemd'
    assert 'app-wait' not in status


def test_status_wait_has_a_time_limit(host, start):
    uuid = start()
    begin = time.monotonic()
    result = host.rkt('status', '--wait=1s', uuid, check=None)
    assert 0.8 < time.monotonic() - begin < 5
    assert result.returncode == 254
    assert 'timed out' in result.stderr and uuid in result.stderr


def test_status_wait_returns_when_the_pod_has_ended(host, start, images):
    uuid = start(images.shell('brief', 'sleep 1.5; exit 0'))
    assert host.status(uuid, '--wait=20s')['state'] == 'exited'


def test_stop_ends_apps_in_order(host, start):
    uuid = start(script='trap "echo stopping >/data/x; exit 0" TERM; while :; do sleep 0.1; done')
    assert host.rkt('stop', uuid[:8]).stdout.strip() == f'"{uuid}"'
    status = host.status(uuid, '--wait=20s')
    assert (status['state'], status['app-wait']) == ('exited', '0')
    assert host.show('test-pod-1', 'Result')['Result'] == 'success'


def test_stop_force_kills(host, start):
    uuid = start(script='trap "" TERM; while :; do sleep 0.1; done')
    begin = time.monotonic()
    host.rkt('stop', '--force', uuid)
    host.rkt('status', '--wait=10s', uuid)
    assert time.monotonic() - begin < 8
    assert host.status(uuid)['state'] == 'exited'


def test_stop_of_an_exited_pod_is_fine(host, images):
    host.rkt(*unsigned('run', '--net=none', '--uuid-file-save=/tmp/t/uuid', images.shell('gone', 'true')))
    host.rkt('stop', '--uuid-file=/tmp/t/uuid')


def test_stop_of_several_goes_on_after_an_error(host, start):
    uuid = start()
    result = host.rkt('stop', 'ffffffff', uuid, check=254)
    assert 'no matches found for "ffffffff"' in result.stderr
    assert host.status(uuid, '--wait=20s')['state'] == 'exited'


def test_rm(host, images, start):
    prepared = host.rkt(*unsigned('prepare', images.shell('p', 'true'))).stdout.strip()
    running = start()
    result = host.rkt('rm', running, check=254)
    assert running in result.stderr
    host.rkt('stop', running)
    host.rkt('status', '--wait=20s', running)
    host.rkt('rm', prepared, running)
    assert host.pods() == []
    for directory in ('run', 'prepared', 'exited-garbage'):
        assert host.out('ls', f'{PODS}/{directory}') == ''


def test_gc_keeps_what_runs_and_what_is_young(host, images, start):
    running = start()
    host.rkt(*unsigned('run', '--net=none', images.shell('old', 'true')))
    prepared = host.rkt(*unsigned('prepare', images.shell('p', 'true'))).stdout.strip()
    assert 'Moving pod' in (lambda r: r.stdout + r.stderr)(host.rkt('gc'))
    assert {p['state'] for p in host.pods()} == {'running', 'prepared', 'exited garbage'}
    out = host.rkt('gc', '--grace-period=0s', '--expire-prepared=0s')
    assert 'Garbage collecting pod' in out.stdout + out.stderr
    assert [p['name'] for p in host.pods()] == [running]
    assert host.out('find', PODS, '-name', prepared) == ''


def test_gc_leaves_no_mount_and_no_cgroup(host, images):
    host.rkt(*unsigned('run', '--net=none', '--uuid-file-save=/tmp/t/uuid', images.shell('traces', 'true')))
    uuid = host.read('/tmp/t/uuid').strip()
    assert uuid in host.read('/proc/self/mountinfo')
    host.rkt('gc', '--grace-period=0s')
    host.rkt('gc', '--grace-period=0s')
    assert uuid not in host.read('/proc/self/mountinfo')
    assert host.out('find', '/sys/fs/cgroup', '-name', f'*{uuid[:8]}*', check=None) == ''
    assert host.pods() == []


def test_gc_copes_with_mounts_that_are_gone(host, images):
    host.rkt(*unsigned('run', '--net=none', '--uuid-file-save=/tmp/t/uuid', images.shell('umounted', 'true')))
    uuid = host.read('/tmp/t/uuid').strip()
    root = f'{PODS}/run/{uuid}/stage1/rootfs'
    host.sh(f'umount {root}/opt/stage2/umounted/rootfs; umount {root}')
    host.rkt('gc', '--grace-period=0s')
    host.rkt('gc', '--grace-period=0s')
    assert host.pods() == []


def test_cat_manifest(host, images):
    uuid = host.rkt(*unsigned('prepare', images.shell('cm', 'true'), '--name=shown')).stdout.strip()
    text = host.rkt('cat-manifest', uuid).stdout
    manifest = json.loads(text)
    assert manifest['acKind'] == 'PodManifest'
    assert manifest['apps'][0]['name'] == 'shown'
    assert '\n' in text.strip()
    assert '\n' not in host.rkt('cat-manifest', '--pretty-print=false', uuid).stdout.strip()
    assert 'no matches found for' in host.rkt('cat-manifest', 'ffffffff', check=254).stderr


def test_enter_runs_a_command_in_the_app(host, start):
    uuid = start()
    assert host.rkt('enter', uuid, '/bin/sh', '-c', 'cat /etc/passwd; exit 7', check=7).stdout.startswith('root:x:0:0')


def test_enter_needs_the_app_if_there_are_two(host, images, start):
    uuid = start(images.shell('ea', WAITING), images.shell('eb', WAITING))
    result = host.rkt('enter', uuid, '/bin/true', check=254)
    assert 'ea' in result.stderr and 'eb' in result.stderr and '--app' in result.stderr
    out = host.rkt('enter', '--app=eb', uuid, '/bin/sh', '-c', 'echo $AC_APP_NAME').stdout
    assert out.strip() == 'eb'


def test_enter_of_a_pod_that_does_not_run(host, images):
    uuid = host.rkt(*unsigned('prepare', images.shell('p', 'true'))).stdout.strip()
    result = host.rkt('enter', uuid, '/bin/true', check=254)
    assert "isn't currently running" in result.stderr


def test_second_start_copies_nothing(host, images):
    """The store and the pod's own directory do not grow with the image."""
    image = images.shell('big', 'true', files={'data/blob': 'x' * (8 << 20)})
    host.rkt(*unsigned('run', '--net=none', image))
    before = int(host.out('du', '-sm', '/var/lib/rkt').split()[0])
    host.rkt(*unsigned('run', '--net=none', 'test.example/big'))
    assert int(host.out('du', '-smx', '/var/lib/rkt').split()[0]) - before <= 2
