# SPDX-License-Identifier: Apache-2.0
"""rkt run and its options; for most of them the same through prepare and run-prepared."""

import json

import pytest

from conftest import unsigned


@pytest.fixture(params=['run', 'prepare'])
def run_pod(request, host):
    """Runs a pod in one step or in two and returns the finished command. Both ways must do the same."""
    def run(*argv, net='none', check=0, env=None, timeout=60):
        if request.param == 'run':
            return host.rkt(*unsigned('run', f'--net={net}', *argv), check=check, env=env, timeout=timeout)
        prepared = host.rkt(*unsigned('prepare', *argv), check=None, env=env)
        if prepared.returncode != 0:
            assert prepared.returncode == check, prepared.stderr
            return prepared
        return host.rkt('run-prepared', f'--net={net}', prepared.stdout.strip(), check=check, timeout=timeout)
    return run


def test_output_of_the_app_is_printed(host, run_pod, images):
    result = run_pod(images.shell('hello', 'echo hello from the app'))
    assert 'hello from the app' in result.stdout


@pytest.mark.parametrize('code', [0, 3, 42, 254])
def test_exit_code_of_the_app_is_the_exit_code(host, run_pod, images, code):
    run_pod(images.shell('exit', f'exit {code}'), check=code)


def test_app_killed_by_a_signal_gives_128_and_the_signal(host, run_pod, images):
    run_pod(images.shell('suicide', 'kill -9 $$'), check=137)


def test_status_has_the_exit_code_of_each_app(host, images):
    host.rkt(*unsigned('run', '--net=none', '--uuid-file-save=/tmp/t/uuid',
                       images.shell('first', 'exit 0'), images.shell('second', 'sleep 1; exit 5')), check=5)
    status = host.status(host.read('/tmp/t/uuid').strip())
    assert (status['app-first'], status['app-second']) == ('0', '5')
    assert (status['state'], status['exited']) == ('exited', 'true')


def test_first_failing_app_ends_the_pod_and_the_other_reports_0(host, run_pod, images):
    run_pod(images.shell('fails', 'sleep 0.3; exit 5'),
            images.shell('stays', exec=['/bin/sleep', '60']), check=5, timeout=40)
    pod, = host.pods()
    assert host.status(pod['name'])['app-stays'] == '0'


def test_pod_ends_with_its_last_app(host, run_pod, images):
    result = run_pod(images.shell('short', 'true'), images.shell('long', 'sleep 1; echo last word'))
    assert 'last word' in result.stdout


def test_arguments_behind_dashes_replace_those_of_the_image(host, run_pod, images):
    image = images.shell('args', exec=['/bin/echo', 'of the image'])
    result = run_pod(image, '--exec=/bin/echo', '--', 'first', '-second', '--third=x')
    assert 'first -second --third=x' in result.stdout


def test_each_image_has_arguments_of_its_own(host, run_pod, images):
    one = images.shell('one', exec=['/bin/echo'])
    two = images.shell('two', exec=['/bin/echo'])
    result = run_pod(one, '--', 'for-one', '---', two, '--', 'for-two', '---')
    lines = result.stdout.splitlines()
    assert any('one' in line and 'for-one' in line for line in lines)
    assert any('two' in line and 'for-two' in line for line in lines)


def test_name_overrides_the_app_name(host, run_pod, images):
    run_pod(images.shell('plain', 'true'), '--name=renamed')
    pod, = host.pods()
    assert pod['app_names'] == ['renamed']


def test_two_apps_from_one_image_need_names(host, images):
    image = images.shell('twin', 'true')
    result = host.rkt(*unsigned('run', '--net=none', image, image), check=254)
    assert 'twin' in result.stderr
    host.rkt(*unsigned('run', '--net=none', image, '--name=a', image, '--name=b'))


def test_image_without_app_needs_exec(host, run_pod, images):
    image = images.shell('noapp', app=False)
    run_pod(image, check=254)
    result = run_pod(image, '--exec=/bin/echo', '--', 'ran', 'anyway')
    assert 'ran anyway' in result.stdout


def test_relative_exec_is_looked_up_in_the_path_of_the_app(host, run_pod, images):
    assert 'found' in run_pod(images.shell('rel'), '--exec=echo', '--', 'found').stdout


def test_relative_exec_is_looked_up_in_the_default_path(host, run_pod, images):
    image = images.shell('tool', exec=['mytool'], directories=['usr', 'usr/local', 'usr/local/bin'],
                         files={'usr/local/bin/mytool': '#!/bin/sh\necho my tool ran\n'})
    assert 'my tool ran' in run_pod(image).stdout


def test_missing_working_directory_leaves_an_exit_status(host, images):
    host.rkt(*unsigned('run', '--net=none', '--uuid-file-save=/tmp/t/uuid', images.shell('nodir', 'true'),
                       '--working-dir=/no/such'), check=200)
    assert host.status(host.read('/tmp/t/uuid').strip())['app-nodir'] == '200'


def test_debug_runs_and_tells_more(host, images):
    image = images.shell('dbg', 'echo still runs')
    quiet = host.rkt(*unsigned('run', '--net=none', image))
    loud = host.rkt('--debug', *unsigned('run', '--net=none', image))
    assert 'still runs' in loud.stdout
    assert len(loud.stderr) > len(quiet.stderr)


def test_few_descriptors_are_enough(host, images):
    image = images.shell('fds', 'echo enough')
    out = host.sh(f'ulimit -Sn 16; exec rkt --insecure-options=image run --net=none {image}').stdout
    assert 'enough' in out


def test_missing_program_says_its_name(host, run_pod, images):
    result = run_pod(images.shell('nobin', exec=['/foo-not-there']), check=203)
    assert 'Error: Unable to open "/foo-not-there": No such file or directory' in result.stdout + result.stderr


def test_environment_precedence(host, run_pod, images):
    image = images.shell('env', 'echo $A,$B,$C,$D,$E',
                         environment=[{'name': n, 'value': 'image'} for n in 'ABCD'])
    host.write('/tmp/t/env', 'B=file\nC=file\n# a comment\n\nD=file\n')
    result = run_pod('--inherit-env', '--set-env-file=/tmp/t/env', '--set-env=C=flag', '--set-env=D=flag',
                     image, '--environment=D=app', env={'A': 'inherited', 'E': 'inherited'})
    assert 'image,file,flag,app,inherited' in result.stdout


def test_standard_environment(host, run_pod, images):
    script = 'echo "path=$PATH name=$AC_APP_NAME home=$HOME user=$USER container=$container"'
    out = run_pod(images.shell('std', script)).stdout
    assert 'path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' in out
    assert 'name=std' in out


def test_environment_values_are_not_interpreted(host, run_pod, images):
    value = '''%h $PATH ${HOME} "quoted" 'single' \\back;semi#hash'''
    result = run_pod(images.shell('raw', 'printf "<%s>\\n" "$V"'), f'--environment=V={value}')
    assert f'<{value}>' in result.stdout


def test_arguments_are_not_interpreted(host, run_pod, images):
    words = ['%n', '$HOME', '${PATH}', 'a b', '', '"', "'", '\\', ';', '-', '@x', '#', 'ä']
    image = images.shell('argv', exec=['/bin/sh', '-c', 'for w; do printf "<%s>" "$w"; done; echo', 'sh', *words])
    assert ''.join(f'<{w}>' for w in words) in run_pod(image).stdout


def test_working_directory(host, run_pod, images):
    image = images.shell('cwd', 'pwd', workingDirectory='/tmp')
    assert '/tmp' in run_pod(image).stdout
    assert '/data' in run_pod(image, '--working-dir=/data').stdout


@pytest.mark.parametrize('flags,expected', [
    ((), 'uid=0 gid=0'),
    (('--user=1000', '--group=1000'), 'uid=1000 gid=1000'),
    (('--user=app', '--group=app'), 'uid=1000 gid=1000'),
    (('--user=/data/owned', '--group=/data/owned'), 'uid=0 gid=0'),
    (('--user=777',), 'uid=777 gid=0'),
])
def test_user_and_group(host, run_pod, images, flags, expected):
    image = images.shell('who', 'echo uid=$(id -u) gid=$(id -g)', files={'data/owned': ''})
    assert expected in run_pod(image, *flags).stdout


@pytest.mark.parametrize('flag,value', [('user', 'nobody2'), ('group', 'nogroup2')])
def test_unknown_user_is_an_error(host, run_pod, images, flag, value):
    result = run_pod(images.shell('who2', 'true'), f'--{flag}={value}', check=254)
    assert f'"{value}" {flag} not found' in result.stderr + result.stdout


def test_host_volume_is_shared_and_can_be_read_only(host, run_pod, images):
    host.write('/tmp/t/vol/file', 'from the host\n')
    image = images.shell('vol', 'cat /data/file; echo back >/data/answer || echo refused')
    volume = '--volume=v,kind=host,source=/tmp/t/vol'
    assert 'from the host' in run_pod(volume, image, '--mount=volume=v,target=/data').stdout
    assert host.read('/tmp/t/vol/answer') == 'back\n'
    out = run_pod(f'{volume},readOnly=true', image, '--mount=volume=v,target=/data').stdout
    assert 'refused' in out


def test_volume_by_the_mount_point_of_the_image(host, run_pod, images):
    host.write('/tmp/t/vol/file', 'by mount point\n')
    image = images.shell('mp', 'cat /data/file', mountPoints=[{'name': 'work', 'path': '/data'}])
    assert 'by mount point' in run_pod('--volume=work,kind=host,source=/tmp/t/vol', image).stdout


def test_empty_volume_is_shared_by_apps(host, run_pod, images):
    writer = images.shell('writer', 'echo shared >/data/x')
    reader = images.shell('reader', 'while ! [ -e /data/x ]; do sleep 0.1; done; cat /data/x')
    out = run_pod('--volume=v,kind=empty', '--mount=volume=v,target=/data', writer, reader, timeout=30).stdout
    assert 'shared' in out


def test_mount_target_symlinks_stay_in_the_root(host, run_pod, images):
    host.write('/tmp/t/vol/file', 'inside\n')
    image = images.shell('evil', 'cat /data/file || cat /etc/file', files={})
    run_pod('--volume=v,kind=host,source=/tmp/t/vol', image, '--mount=volume=v,target=/data/../../data')
    assert host.exists('/etc/hostname')


def test_missing_volume_source_is_named(host, run_pod, images):
    result = run_pod('--volume=v,kind=host,source=/this/does/not/exist', images.shell('novol', 'true'),
                     '--mount=volume=v,target=/data', check=None)
    assert result.returncode in (1, 254)
    assert '/this/does/not/exist' in result.stdout + result.stderr


def test_hostname(host, run_pod, images):
    image = images.shell('hn', 'hostname')
    pod = host.rkt(*unsigned('prepare', image)).stdout.strip()
    out = host.rkt('run-prepared', '--net=none', pod).stdout
    assert f'rkt-{pod}' in out
    out = host.rkt(*unsigned('run', '--net=none', '--hostname=my.host', image)).stdout
    assert 'my.host' in out


def test_read_only_root(host, run_pod, images):
    image = images.shell('ro', 'touch /data/x && echo wrote || echo refused')
    assert 'wrote' in run_pod(image).stdout
    assert 'refused' in run_pod(image, '--readonly-rootfs=true').stdout


@pytest.mark.parametrize('net,interfaces', [('none', '1'), ('host', None)])
def test_network(host, run_pod, images, net, interfaces):
    image = images.shell('net', 'ls /sys/class/net | wc -l; readlink /proc/self/ns/net')
    out = run_pod(image, net=net).stdout
    same = host.out('readlink', '/proc/self/ns/net') in out
    assert same == (net == 'host')


def test_no_overlay_copies_the_tree(host, run_pod, images):
    image = images.shell('copy', 'echo changed >/etc/passwd; grep -c overlay /proc/self/mounts || true; echo done')
    assert 'done' in run_pod('--no-overlay', image).stdout
    # The tree in the store is untouched: a second pod sees the image's file.
    out = run_pod('--no-overlay', images.shell('copy', 'echo changed >/etc/passwd; echo done')).stdout
    assert 'done' in out


def test_pod_manifest(host, images):
    image = images.shell('pm', 'echo from image')
    id = host.rkt(*unsigned('fetch', '--full', image)).stdout.strip()
    pod = {'acVersion': '0.8.11', 'acKind': 'PodManifest', 'apps': [{
        'name': 'inpod', 'image': {'id': id},
        'app': {'exec': ['/bin/echo', 'from the pod manifest'], 'user': '0', 'group': '0'}}]}
    host.write('/tmp/t/pod.json', json.dumps(pod))
    out = host.rkt('run', '--net=none', '--pod-manifest=/tmp/t/pod.json').stdout
    assert 'from the pod manifest' in out


def test_pod_manifest_excludes_what_it_says_itself(host, images):
    host.write('/tmp/t/pod.json', '{}')
    result = host.rkt('run', '--pod-manifest=/tmp/t/pod.json', '--set-env=A=b', check=254)
    assert 'conflicting flags set with --pod-manifest (see --help)' in result.stderr


def test_no_app_is_an_error(host, run_pod):
    result = run_pod(check=254)
    assert 'must provide at least one image' in result.stderr or 'at least one app' in result.stderr


def test_uuid_file_save(host, images):
    host.rkt(*unsigned('run', '--net=none', '--uuid-file-save=/tmp/t/uuid', images.shell('uf', 'true')))
    uuid = host.read('/tmp/t/uuid').strip()
    assert host.status(uuid)['state'] == 'exited'


def test_uuid_file_that_cannot_be_written_leaves_no_pod(host, images):
    result = host.rkt(*unsigned('run', '--net=none', '--uuid-file-save=/no/such/uuid', images.shell('uf', 'true')),
                      check=254)
    assert 'error saving pod UUID to file "/no/such/uuid"' in result.stderr
    assert host.pods() == []


def drive(host, image, typed):
    """Runs an interactive pod on a terminal, types when the app has said "up", and returns what was seen."""
    host.write('/tmp/t/drive.py', f'''
import os, pty, select, time
pid, fd = pty.fork()
if pid == 0:
    os.execvp('rkt', ['rkt', '--insecure-options=image', 'run', '--net=none', '--interactive', '{image}'])
seen, end, typed = b'', time.time() + 20, {typed!r}
while time.time() < end:
    if not select.select([fd], [], [], 1)[0]:
        continue
    try:
        data = os.read(fd, 1024)
    except OSError:
        break
    if not data:
        break
    seen += data
    if typed and b'up' in seen:
        os.write(fd, typed)
        typed = None
print(seen.decode())
print('code', os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
''')
    return host.run('python3', '/tmp/t/drive.py', timeout=40).stdout


def test_interactive_gives_the_app_the_standard_input(host, images):
    image = images.shell('ask', 'test -t 0 && echo up; read line; echo "got: $line"')
    out = drive(host, image, b'typed text\n')
    assert 'got: typed text' in out and 'code 0' in out


def test_interactive_allows_one_image_only(host, images):
    image = images.shell('single', 'true')
    result = host.rkt(*unsigned('run', '--net=none', '--interactive', image, image, '--name=b'), check=254)
    assert 'interactive' in result.stderr


def test_without_interactive_standard_input_is_not_a_terminal(host, images):
    image = images.shell('notty', 'test -t 0 && echo terminal || echo "no terminal"')
    script = f"script -qec 'rkt --insecure-options=image run --net=none {image}' /dev/null </dev/null"
    assert 'no terminal' in host.sh(script).stdout


def test_sigterm_ends_a_pod_in_order(host, images):
    image = images.shell('term', 'trap "echo got term; exit 0" TERM; echo up; while :; do sleep 0.1; done')
    script = f'''rkt --insecure-options=image run --net=none --uuid-file-save=/tmp/t/uuid {image} >/tmp/t/out 2>&1 &
        pid=$!
        until grep -q up /tmp/t/out; do sleep 0.05; done
        kill -TERM $pid; wait $pid; echo "code $?"'''
    assert 'code 0' in host.sh(script, timeout=30).stdout
    assert host.status(host.read('/tmp/t/uuid').strip())['app-term'] == '0'
    assert 'got term' in host.read('/tmp/t/out')


def test_three_escapes_kill_a_pod(host, images):
    image = images.shell('stubborn', 'trap "" TERM; echo up; while :; do sleep 0.1; done')
    assert 'code 1' in drive(host, image, b'\x1d\x1d\x1d')


def test_run_without_root_is_refused_before_the_arguments(host):
    result = host.sh('setpriv --reuid=65534 --regid=65534 --clear-groups rkt run --no-such-flag', check=None)
    assert result.returncode == 254
