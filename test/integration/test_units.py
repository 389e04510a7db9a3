# SPDX-License-Identifier: Apache-2.0
"""Pod files run as pod@NAME.service and as machines: generator, template, fetch unit, systemd's own tools, gc timer."""

import re

import pytest

WAITING = 'trap "exit 0" TERM; echo up; while :; do sleep 0.1; done'


def pod(image, *more_apps, pod_lines=(), app_lines=(), tail=''):
    """Text of a pod file with one app for each image."""
    text = '[Pod]\nNet=none\nInsecureOptions=image\n' + ''.join(f'{line}\n' for line in pod_lines)
    text += f'\n[App]\nImage={image}\n' + ''.join(f'{line}\n' for line in app_lines)
    text += ''.join(f'\n[App]\n{app}\n' for app in more_apps)
    return text + tail


@pytest.fixture
def web_pod(host, images):
    """The pod "web" with one waiting app, started."""
    host.pod_file('web', pod(images.shell('wait', WAITING)))
    host.run('systemctl', 'start', 'pod@web')
    return host


def status_text(host, unit):
    return host.run('systemctl', 'status', '--no-pager', '-n', '30', '-l', unit, check=None).stdout


def test_start_without_any_reload(web_pod):
    show = web_pod.show('pod@web', 'ActiveState', 'SubState', 'Slice', 'Type', 'Delegate')
    assert show == {'ActiveState': 'active', 'SubState': 'running', 'Slice': 'machine.slice', 'Type': 'notify',
                    'Delegate': 'yes'}
    running, = web_pod.pods()
    assert running['state'] == 'running'


def test_machinectl_shows_the_pod(web_pod):
    assert re.search(r'^web\s+container\s+\S+', web_pod.out('machinectl', 'list', '--no-legend'))
    assert 'pod@web.service' in web_pod.out('machinectl', 'status', '--no-pager', 'web')
    assert 'Unit=pod@web.service' in web_pod.out('machinectl', 'show', 'web')


def test_systemctl_and_journalctl_reach_into_the_pod(web_pod):
    web_pod.wait_until("journalctl -M web -t wait -o cat --no-pager | grep -q '^up$'")
    assert 'Active: active (running)' in web_pod.out('systemctl', '-M', 'web', 'status', '--no-pager', 'wait')
    assert 'up' in web_pod.out('journalctl', '-M', 'web', '-u', 'wait', '-o', 'cat', '--no-pager')


def test_journal_has_the_first_line_and_survives_the_pod(host, images):
    host.pod_file('talk', pod(images.shell('talk', 'echo the very first line; sleep 0.5')))
    host.run('systemctl', 'start', 'pod@talk', check=None)
    host.wait_stopped('pod@talk')
    uuid = host.pods()[0]['name']
    out = host.out('journalctl', '--no-pager', '-o', 'cat', '-D',
                   f'/var/lib/rkt/pods/run/{uuid}/stage1/rootfs/var/log/journal')
    assert 'the very first line' in out


@pytest.mark.parametrize('command', ['systemctl stop pod@web', 'machinectl poweroff web', 'machinectl terminate web',
                                     'rkt stop "$(rkt list --no-legend --full --fields=uuid)"'])
def test_every_way_to_stop(host, images, command):
    host.pod_file('web', pod(images.shell('wait', WAITING)))
    host.run('systemctl', 'start', 'pod@web')
    uuid = host.pods()[0]['name']
    host.sh(command.replace('"$(rkt list --no-legend --full --fields=uuid)"', uuid))
    host.wait_stopped('pod@web', timeout=15)
    assert host.show('pod@web', 'ActiveState', 'Result') == {'ActiveState': 'inactive', 'Result': 'success'}
    status = host.status(uuid)
    assert (status['state'], status['app-wait']) == ('exited', '0')


def test_failing_app_fails_the_unit_with_its_code(host, images):
    host.pod_file('fails', pod(images.shell('fails', 'sleep 0.5; exit 7')))
    host.run('systemctl', 'start', 'pod@fails', check=None)
    host.wait_until('systemctl is-failed -q pod@fails')
    assert host.show('pod@fails', 'Result', 'ExecMainStatus') == {'Result': 'exit-code', 'ExecMainStatus': '7'}


def test_short_pods_succeed(host, images):
    host.pod_file('quick', pod(images.shell('quick', 'true')))
    for _ in range(5):
        host.run('systemctl', 'start', 'pod@quick')
        host.wait_stopped('pod@quick')
        assert host.show('pod@quick', 'Result')['Result'] == 'success'


def test_restart_makes_a_new_pod(web_pod):
    first = web_pod.pods()[0]['name']
    web_pod.run('systemctl', 'restart', 'pod@web')
    states = {p['name']: p['state'] for p in web_pod.pods()}
    assert states.pop(first).startswith('exited')
    assert list(states.values()) == ['running']


def test_rkt_names_the_unit_and_machine(web_pod):
    uuid = web_pod.pods()[0]['name']
    assert web_pod.read(f'/var/lib/rkt/pods/run/{uuid}/machine').strip() == 'web'
    assert web_pod.read(f'/var/lib/rkt/pods/run/{uuid}/unit').strip() == 'pod@web.service'


def test_several_apps_with_order_and_restart(host, images):
    first = images.shell('first', 'echo first is here; trap "exit 0" TERM; while :; do sleep 0.1; done')
    flaky = images.shell('flaky', 'if [ -e /tmp/x ]; then trap "exit 0" TERM; while :; do sleep 0.1; done; fi; '
                                  'touch /tmp/x; exit 1')
    host.pod_file('multi', pod(first, f'Image={flaky}\nName=second\nAfter=first\nRestart=on-failure\nRestartSec=100ms'))
    host.run('systemctl', 'start', 'pod@multi')
    host.wait_until('systemctl -M multi show -P NRestarts second | grep -qx 1')
    assert host.show('pod@multi', 'ActiveState')['ActiveState'] == 'active'
    assert 'first.service' in host.out('systemctl', '-M', 'multi', 'show', '-P', 'After', 'second')


def test_keys_reach_the_app(host, images):
    host.write('/tmp/t/vol/file', 'volume content\n')
    host.write('/tmp/t/env', 'FROM_FILE=file\n')
    image = images.shell('keys', 'echo "args=$*"; echo "env=$A,$FROM_FILE,$B"; pwd; cat /data/file; hostname; sleep 1')
    host.pod_file('keys', pod(image, pod_lines=[
        'MachineName=other-name', 'Hostname=shown', 'Volume=v,kind=host,source=/tmp/t/vol', 'Environment=A=pod',
        'EnvironmentFile=/tmp/t/env'], app_lines=[
            'Name=named', 'WorkingDirectory=/tmp', 'Mount=v:/data', 'Environment="B=b c"', 'Memory=64M', 'CPU=500m',
            'Args=zero one "two words"']))
    host.run('systemctl', 'start', 'pod@keys', check=None)
    host.wait_stopped('pod@keys')
    uuid = host.pods()[0]['name']
    out = host.out('journalctl', '--no-pager', '-o', 'cat', '-D',
                   f'/var/lib/rkt/pods/run/{uuid}/stage1/rootfs/var/log/journal', '-t', 'named')
    for line in ('args=one two words', 'env=pod,file,b c', '/tmp', 'volume content', 'shown'):
        assert line in out.splitlines(), out


def test_limits_of_an_app_are_those_of_its_unit(host, images):
    host.pod_file('lim', pod(images.shell('lim', WAITING), app_lines=['Memory=64M', 'CPU=500m']))
    host.run('systemctl', 'start', 'pod@lim')
    shown = host.out('systemctl', '-M', 'lim', 'show', '-p', 'MemoryMax', '-p', 'CPUQuotaPerSecUSec', 'lim')
    assert set(shown.split()) == {'MemoryMax=64000000', 'CPUQuotaPerSecUSec=500ms'}


def test_exec_replaces_the_whole_command(host, images):
    host.pod_file('exec', pod(images.shell('exec', 'exit 9'), app_lines=['Exec=/bin/sh -c "echo replaced; exit 0"']))
    host.run('systemctl', 'start', 'pod@exec')


@pytest.mark.parametrize('text,line,words', [
    ('[Pod]\nNet=none\n', 0, ['[App]']),
    ('[Pod]\nNet=none\nColour=red\n[App]\nImage=/x\n', 3, ['Colour']),
    ('[Pod]\nHostnam=x\n[App]\nImage=/x\n', 2, ['Hostnam', 'Hostname']),
    ('[Pod]\nNet=none\n[App]\nName=a\n', 0, ['Image']),
    ('[Pod]\n[App]\nImage=/x\nHealthCmd=/bin/x\n', 4, ['HealthCmd=', 'not supported by this version']),
    ('[Pod]\n[App]\nImage=/x\nPublishPort=80\n', 4, ['PublishPort', 'Port']),
    ('[Pod]\n[App]\nImage=/x\n[Service]\nUser=nobody\n', 5, ['User']),
    ('[Pod]\nOverlay=perhaps\n[App]\nImage=/x\n', 2, ['Overlay', 'perhaps']),
])
def test_error_in_a_pod_file_is_seen_in_the_status(host, text, line, words):
    host.pod_file('bad', text)
    result = host.run('systemctl', 'start', 'pod@bad', check=None)
    assert result.returncode != 0
    shown = status_text(host, 'pod@bad')
    assert f'/etc/rkt/pods/bad.pod:{line}' in shown if line else '/etc/rkt/pods/bad.pod' in shown
    assert all(word in shown for word in words), shown
    # After a reload the generator says the same without running anything.
    host.run('systemctl', 'daemon-reload')
    host.run('systemctl', 'start', 'pod@bad', check=None)
    shown = status_text(host, 'pod@bad')
    assert all(word in shown for word in words), shown


def test_bad_file_does_not_harm_another(host, images):
    host.pod_file('bad', '[Nonsense\n')
    host.pod_file('good', pod(images.shell('wait', WAITING)))
    host.run('systemctl', 'daemon-reload')
    host.run('systemctl', 'start', 'pod@good')


def test_missing_pod_file_is_said(host):
    assert host.run('systemctl', 'start', 'pod@nowhere', check=None).returncode != 0
    shown = status_text(host, 'pod@nowhere')
    assert 'nowhere.pod' in shown and '/etc/rkt/pods' in shown


def test_masked_pod_file(host, images):
    host.write('/run/rkt/pods/web.pod', '')
    host.pod_file('web', pod(images.shell('wait', WAITING)))
    assert host.run('systemctl', 'start', 'pod@web', check=None).returncode != 0
    assert 'mask' in status_text(host, 'pod@web')


def test_missing_image_is_said(host):
    host.pod_file('noimage', pod('/no/such/image.aci'))
    assert host.run('systemctl', 'start', 'pod@noimage', check=None).returncode != 0
    shown = status_text(host, 'pod@noimage') + status_text(host, 'pod-fetch@noimage')
    assert '/no/such/image.aci' in shown and 'No such file or directory' in shown


def test_start_works_once_the_cause_is_gone(host, images):
    image = images.shell('later', WAITING)
    here = images.here(image)
    here.rename(here.with_suffix('.away'))
    host.pod_file('later', pod(image))
    assert host.run('systemctl', 'start', 'pod@later', check=None).returncode != 0
    here.with_suffix('.away').rename(here)
    host.run('systemctl', 'start', 'pod@later')


def test_fetch_unit_fetches_and_costs_nothing_then(host, images):
    host.pod_file('web', pod(images.shell('wait', WAITING)))
    host.run('systemctl', 'start', 'pod-fetch@web')
    assert host.exists('/var/lib/rkt/ready/web')
    host.run('systemctl', 'start', 'pod@web')
    assert host.show('pod-fetch@web', 'ConditionResult')['ConditionResult'] == 'no'


def test_changed_image_is_noticed(host, images):
    host.pod_file('web', pod(images.shell('changing', 'exit 3')))
    host.run('systemctl', 'start', 'pod@web', check=None)
    host.wait_until('systemctl is-failed -q pod@web')
    host.pod_file('web', pod(images.shell('changing', 'exit 4', file='changed.aci')))
    host.run('systemctl', 'start', 'pod@web', check=None)
    host.wait_until('systemctl is-failed -q pod@web')
    assert host.show('pod@web', 'ExecMainStatus')['ExecMainStatus'] == '4'


def test_generator_passes_unit_sections_on(host, images):
    host.pod_file('gen', pod(images.shell('wait', WAITING), tail='''
[Unit]
Description=A pod of the tests
After=other.pod

[Service]
MemoryMax=100M

[Install]
WantedBy=multi-user.target
'''))
    host.run('systemctl', 'daemon-reload')
    show = host.show('pod@gen', 'Description', 'After', 'MemoryMax', 'SourcePath', 'DropInPaths')
    assert show['Description'] == 'A pod of the tests'
    assert 'pod@other.service' in show['After'].split()
    assert show['MemoryMax'] == str(100 << 20)
    assert show['SourcePath'] == '/etc/rkt/pods/gen.pod'
    assert '50-pod.conf' in show['DropInPaths']


def test_drop_ins_amend(host, images):
    host.pod_file('web', pod(images.shell('di', 'echo "A=$A"; sleep 0.5'), app_lines=['Name=di', 'Environment=A=one']))
    host.write('/etc/rkt/pods/web.pod.d/10-a.conf', '[App]\nName=di\nEnvironment=A=two\n')
    host.run('systemctl', 'start', 'pod@web', check=None)
    host.wait_stopped('pod@web')
    uuid = host.pods()[0]['name']
    assert 'A=two' in host.out('journalctl', '--no-pager', '-o', 'cat', '-D',
                               f'/var/lib/rkt/pods/run/{uuid}/stage1/rootfs/var/log/journal', '-t', 'di')


def test_enable_and_set_property_work_on_the_template(web_pod):
    web_pod.run('systemctl', 'enable', 'pod@web', check=None)
    web_pod.run('systemctl', 'set-property', '--runtime', 'pod@web', 'TasksMax=200')
    assert web_pod.show('pod@web', 'TasksMax')['TasksMax'] == '200'


def test_templates_have_instances(host, images):
    image = images.shell('inst', 'echo "instance=$I"; sleep 0.5')
    host.pod_file('many@', pod(image, app_lines=['Environment=I=%i']))
    host.run('systemctl', 'start', 'pod@many@1', 'pod@many@2', check=None)
    host.wait_stopped('pod@many@1', 'pod@many@2')
    journals = '/var/lib/rkt/pods/run/*/stage1/rootfs/var/log/journal/*'
    out = host.sh(f'for d in {journals}; do journalctl --no-pager -o cat -t inst -D $d; done').stdout
    assert sorted(out.split()) == ['instance=1', 'instance=2']


def test_unit_sections_without_effect_are_told(host, images):
    text = pod(images.shell('inst', 'sleep 0.5'), tail='\n[Service]\nMemoryMax=1G\n')
    host.pod_file('late@', text)
    host.run('systemctl', 'start', 'pod@late@1', check=None)
    assert '[Unit] and [Service] of "/etc/rkt/pods/late@.pod" have no effect' in host.journal('-u', 'pod@late@1')

    host.pod_file('known', text)
    host.run('systemctl', 'daemon-reload')
    host.run('systemctl', 'start', 'pod@known')
    assert 'no effect' not in host.journal('-u', 'pod@known')


def test_pod_verify(host, images):
    host.pod_file('good', pod(images.shell('wait', WAITING)))
    host.pod_file('warn', '[Pod]\nOnUnknownKey=warn\nNet=none\nColour=red\n[App]\nImage=/x\n')
    host.pod_file('bad', '[Pod]\nNet=none\nColour=red\n[App]\nImage=/x\n')
    assert host.rkt('pod', 'verify', '/etc/rkt/pods/good.pod', check=None).returncode in (0, 1)
    assert host.rkt('pod', 'verify', '/etc/rkt/pods/warn.pod', check=1).stdout
    result = host.rkt('pod', 'verify', '/etc/rkt/pods/bad.pod', check=2)
    assert re.match(r'/etc/rkt/pods/bad\.pod:3:\d+: error: .*Colour', result.stdout + result.stderr)
    host.rkt('pod', 'verify', '--all', check=2)


def test_gc_timer_and_service(host, images):
    assert host.out('systemctl', 'is-enabled', 'rkt-gc.timer', check=None) in ('enabled', 'disabled', 'static')
    host.run('systemctl', 'start', 'rkt-gc.timer')
    assert 'rkt-gc.service' in host.out('systemctl', 'list-timers', '--all', '--no-pager')
    host.pod_file('quick', pod(images.shell('quick', 'true')))
    host.run('systemctl', 'start', 'pod@quick')
    host.wait_stopped('pod@quick')
    host.run('systemctl', 'start', 'rkt-gc.service')
    assert host.pods()[0]['state'] == 'exited garbage'


def test_shipped_units_pass_systemds_own_checks(host):
    units = host.sh('ls /lib/systemd/system/pod@.service /lib/systemd/system/pod-fetch@.service '
                    '/lib/systemd/system/rkt-gc.service /lib/systemd/system/rkt-gc.timer').stdout.split()
    instances = [u.replace('@.', '@x.') for u in units]
    host.pod_file('x', '[Pod]\nNet=none\n[App]\nImage=/x\n')
    result = host.run('systemd-analyze', 'verify', '--man=no', *instances, check=None)
    own = [line for line in result.stderr.splitlines() if 'pod' in line or 'rkt' in line]
    assert own == []


@pytest.mark.parametrize('unit,threshold', [('pod-fetch@x.service', 50), ('rkt-gc.service', 70)])
def test_units_are_hardened(host, unit, threshold):
    result = host.run('systemd-analyze', 'security', '--no-pager', f'--threshold={threshold}', unit, check=None)
    assert result.returncode == 0, result.stdout.splitlines()[-1]


def test_groups_and_directories_are_made(host):
    assert host.out('getent', 'group', 'rkt').startswith('rkt:')
    assert host.out('getent', 'group', 'rkt-admin').startswith('rkt-admin:')


def test_memory_limit_binds(limits_host, images, payload):
    b = images.shell('eater', exec=['/probe', 'eat'], files={'data/x': ''})
    limits_host.write('/tmp/t/vol/x', '')
    limits_host.sh('cp /mnt/share/probe /tmp/t/vol/probe')
    limits_host.pod_file('eater', pod(b, pod_lines=['Volume=v,kind=host,source=/tmp/t/vol'],
                                      app_lines=['Mount=v:/mnt', 'Exec=/mnt/probe eat'],
                                      tail='\n[Service]\nMemoryMax=64M\nMemorySwapMax=0\n'))
    limits_host.run('systemctl', 'daemon-reload')
    limits_host.run('systemctl', 'start', 'pod@eater', check=None)
    limits_host.wait_stopped('pod@eater', timeout=30)
    assert limits_host.show('pod@eater', 'Result')['Result'] != 'success'


def test_image_gc_keeps_what_declared_pods_need(host, images):
    host.pod_file('kept', pod(images.shell('kept', 'sleep 0.2')))
    host.run('systemctl', 'start', 'pod@kept')
    host.wait_until('! systemctl is-active -q pod@kept')
    host.rkt('gc', '--grace-period=0s')
    host.rkt('image', 'gc', '--grace-period=0s')
    assert len(host.out('ls', '/var/lib/rkt/cas/tree').split()) == 2

    host.run('rm', '/etc/rkt/pods/kept.pod')
    host.rkt('image', 'gc', '--grace-period=0s')
    assert host.out('ls', '/var/lib/rkt/cas/tree') == ''
