# SPDX-License-Identifier: Apache-2.0
"""What stage1 makes of a pod: exact words, handlers, restarts, exit statuses, and traps in images."""

import re

import pytest

from conftest import unsigned

WAITING = 'trap "exit 0" TERM; while :; do sleep 0.1; done'
NASTY = ['x\nExecStartPre=/bin/touch /PWN %h $(id)', '$HOME ${HOME} $$', '%h%n%%', 'a b\tc', '\'"\\', '',
         '; | &', '\u00e4\u20ac\U0001f600', '\x01\x1f\x7f\r\n', 'trail\\', ' lead', '[Service]', '#c', '-x',
         '@y', '\\x41']


def statuses(host):
    """Exit statuses of the only pod's apps."""
    return host.status(host.pods()[0]['name'])


def pod(*apps, head=()):
    return '\n'.join(['[Pod]', 'Net=none', 'InsecureOptions=image', *head,
                      *(line for app in apps for line in ('[App]', *app))]) + '\n'


@pytest.fixture
def run(host):
    def run(image, *flags, check=0):
        return host.rkt(*unsigned('run', '--net=none', *flags, image), check=check).stdout
    return run


def strings(host, path):
    """What a file holds, each string with a zero byte at its end; no newline of any kind is translated."""
    return bytes.fromhex(host.sh(f'od -An -v -tx1 {path}').stdout).decode().split('\0')[:-1]


def test_words_reach_the_app_byte_for_byte(host, run, images):
    host.sh('mkdir -p /tmp/t/vol')
    run(images.shell('words', exec=['/bin/sh', '-c', 'cat /proc/$$/cmdline >/data/words; :', 'sh', *NASTY]),
        '--volume=v,kind=host,source=/tmp/t/vol', '--mount=volume=v,target=/data')
    assert strings(host, '/tmp/t/vol/words')[4:] == NASTY


def test_variables_reach_the_app_byte_for_byte(host, run, images):
    environment = [{'name': f'N{i}', 'value': value} for i, value in enumerate(NASTY)]
    host.sh('mkdir -p /tmp/t/vol')
    run(images.shell('vars', 'cat /proc/self/environ >/data/env', environment=environment),
        '--volume=v,kind=host,source=/tmp/t/vol', '--mount=volume=v,target=/data')
    got = dict(word.split('=', 1) for word in strings(host, '/tmp/t/vol/env'))
    assert {name: value for name, value in got.items() if re.fullmatch(r'N\d+', name)} == {
        variable['name']: variable['value'] for variable in environment}


def test_handlers_run_around_the_app(run, images):
    handlers = [{'name': 'pre-start', 'exec': ['/bin/sh', '-c', 'echo "pre $(id -u)"; touch /data/pre']},
                {'name': 'post-stop', 'exec': ['/bin/sh', '-c', 'echo "post $(id -u)"; ls /data']}]
    out = run(images.shell('handlers', 'echo "main $(id -u)"; ls /data', user='1000', eventHandlers=handlers))
    words = [line.split(': ', 1)[-1] for line in out.splitlines()]
    assert words == ['pre 0', 'main 1000', 'pre', 'post 0', 'pre']


def test_failing_handler_fails_the_pod(host, run, images):
    handlers = [{'name': 'pre-start', 'exec': ['/bin/sh', '-c', 'exit 7']}]
    assert 'main' not in run(images.shell('handler', 'echo main', eventHandlers=handlers), check=7)
    assert statuses(host)['app-handler'] == '7'


def test_short_pods_are_no_failures(host, images):
    host.pod_file('short', pod([f'Image={images.shell("short", "exit 0")}']))
    host.sh('for i in 1 2 3 4 5 6 7 8 9 10; do systemctl start pod@short || exit 1; done')
    host.wait_stopped('pod@short')
    assert host.show('pod@short', 'Result')['Result'] == 'success'


def test_output_of_a_failing_pod_is_complete(run, images):
    out = run(images.shell('last', 'echo "last words"; seq 1 2000 2>/dev/null || true; exit 3'), check=3)
    assert 'last words' in out


def test_restarted_app_has_its_last_exit_status(host, images):
    image = images.shell('again', 'n=$(cat /tmp/n 2>/dev/null || echo 0); echo $((n + 1)) >/tmp/n; '
                                  'exit $((n < 2 ? 4 : 0))')
    host.pod_file('again', pod([f'Image={image}', 'Restart=on-failure', 'RestartSec=50ms']))
    host.run('systemctl', 'start', 'pod@again')
    host.wait_stopped('pod@again')
    assert host.show('pod@again', 'Result')['Result'] == 'success'
    assert statuses(host)['app-again'] == '0'


def test_app_that_keeps_failing_ends_the_pod(host, images):
    image = images.shell('never', 'exit 4')
    host.pod_file('never', pod([f'Image={image}', 'Restart=on-failure', 'RestartSec=50ms'],
                               [f'Image={images.shell("wait", WAITING)}']))
    host.run('systemctl', 'start', 'pod@never', check=None)
    host.wait_stopped('pod@never')
    assert host.show('pod@never', 'ExecMainStatus')['ExecMainStatus'] == '4'
    assert statuses(host)['app-never'] == '4'
    assert statuses(host)['app-wait'] == '0'


@pytest.mark.parametrize('exec,code', [
    (['/bin/sleep', '1000'], '0'),
    (['/bin/sh', '-c', WAITING.replace('exit 0', 'exit 143')], '143'),
])
def test_stopping_one_app_is_no_failure(host, images, exec, code):
    host.pod_file('one', pod([f'Image={images.shell("one", exec=exec)}'],
                             [f'Image={images.shell("wait", WAITING)}']))
    host.run('systemctl', 'start', 'pod@one')
    host.run('systemctl', '-M', 'one', 'stop', 'one')
    file = f'/var/lib/rkt/pods/run/{host.pods()[0]["name"]}/stage1/rootfs/rkt/status/one'
    host.wait_until(f'test -e {file}')
    assert host.read(file).strip() == code
    assert host.out('systemctl', '-M', 'one', 'is-active', 'wait') == 'active'


def test_app_that_a_signal_kills_is_a_failure(host, images):
    host.pod_file('killed', pod([f'Image={images.shell("killed", exec=["/bin/sleep", "1000"])}']))
    host.run('systemctl', 'start', 'pod@killed')
    host.run('systemctl', '-M', 'killed', 'kill', '-s', 'TERM', 'killed')
    host.wait_stopped('pod@killed')
    assert host.show('pod@killed', 'ExecMainStatus')['ExecMainStatus'] == '143'
    assert statuses(host)['app-killed'] == '143'


def test_reboot_starts_the_pod_anew(host, images):
    host.pod_file('anew', pod([f'Image={images.shell("wait", WAITING)}']))
    host.run('systemctl', 'start', 'pod@anew')
    host.run('machinectl', 'reboot', 'anew')
    host.wait_until('systemctl show -P NRestarts pod@anew | grep -qx 1')
    host.wait_until('machinectl show anew >/dev/null 2>&1')


@pytest.mark.parametrize('node,allowed', [('c 1 3', True), ('c 5 2', False), ('c 10 237', False),
                                          ('b 254 0', False), ('p', True)])
def test_device_nodes(run, images, node, allowed):
    out = run(images.shell('nodes', f'/bin/busybox mknod /dev/x {node} && echo made || echo refused'))
    assert ('made' in out) == allowed


@pytest.mark.parametrize('target', ['/proc/x', '/sys/kernel', '/bin/../proc/x', '/'])
def test_volumes_cannot_cover_what_protects_the_host(host, images, target):
    image = images.shell('trap', 'true', files={})
    host.sh('mkdir -p /tmp/t/vol')
    result = host.rkt(*unsigned('run', '--net=none', '--volume=v,kind=host,source=/tmp/t/vol', image,
                                f'--mount=volume=v,target={target}'), check=254)
    assert 'cannot be mounted on' in result.stderr or 'target' in result.stderr


def test_account_files_are_read_inside_the_image(host, images):
    host.sh('echo "intruder:x:0:0::/:/bin/sh" >/tmp/t/passwd')
    image = images.shell('accounts', 'id', user='intruder', files={'etc/passwd': 'root:x:0:0::/:/bin/sh\n'})
    result = host.rkt(*unsigned('run', '--net=none', image), check=254)
    assert '"intruder" user not found' in result.stderr


def test_program_that_enters_cannot_be_written_from_inside(host, images):
    """Attack E02: a file of the app makes whoever executes it execute the entering program again, inside."""
    image = images.shell('wait', WAITING, files={'bin/again': '#!/proc/self/exe\n'})
    host.pod_file('self', pod([f'Image={image}']))
    host.run('systemctl', 'start', 'pod@self')
    digests = 'cat /var/lib/rkt/cas/tree/*/rootfs/enter | sha256sum'
    before = host.sh(digests).stdout
    uuid = host.pods()[0]['name']
    host.rkt('enter', uuid, '/bin/again', check=254)
    # What runs while a command is on its way in is a sealed copy, which nobody can write to.
    assert host.sh(digests).stdout == before
    assert 'enter' in host.rkt('--debug', 'enter', uuid, '/bin/again', check=254).stderr


@pytest.mark.parametrize('in_service', [True, False])
def test_gc_ends_what_a_killed_nspawn_left_and_nothing_else(host, images, in_service):
    run = ['rkt', *unsigned('run', '--net=none', '--uuid-file-save=/tmp/t/uuid', images.shell('left', WAITING))]
    script = ['sh', '-c', f'{" ".join(run)}; exec sleep 1000']
    around = host.popen(*(['systemd-run', '--quiet', '--unit=around'] if in_service else []), *script)
    host.wait_until('machinectl show "rkt-$(cat /tmp/t/uuid)"')
    uuid = host.read('/tmp/t/uuid').strip()
    host.rkt('status', '--wait-ready=15s', uuid)
    host.sh(f'kill -9 $(cat /var/lib/rkt/pods/run/{uuid}/ppid)')
    host.wait_until(f'rkt status {uuid} | grep -qx state=exited')
    host.rkt('gc', '--grace-period=0s')
    assert host.run('machinectl', 'show', f'rkt-{uuid}', check=None).returncode != 0
    assert not host.pods()
    if in_service:
        assert host.out('systemctl', 'is-active', 'around') == 'active'
        host.run('systemctl', 'stop', 'around')
    around.kill()
    around.wait()
