# SPDX-License-Identifier: Apache-2.0
"""What an app may do, what enter adds to it (nothing), and what an insecure option takes away (only its own check)."""

import re

import pytest

from conftest import unsigned

# appc's default set: what docker and rkt give, without the rest.
DEFAULT_CAPS = 'audit_write chown dac_override fowner fsetid kill mknod net_bind_service net_raw setfcap setgid ' \
               'setpcap setuid sys_chroot'.split()
NUMBERS = {'chown': 0, 'dac_override': 1, 'fowner': 3, 'fsetid': 4, 'kill': 5, 'setgid': 6, 'setuid': 7, 'setpcap': 8,
           'net_bind_service': 10, 'net_raw': 13, 'sys_chroot': 18, 'mknod': 27, 'audit_write': 29, 'setfcap': 31}
DEFAULT_MASK = sum(1 << NUMBERS[name] for name in DEFAULT_CAPS)
STATUS = 'grep -E "^(CapBnd|CapEff|Seccomp|NoNewPrivs):" /proc/self/status'
WAITING = 'trap "exit 0" TERM; while :; do sleep 0.1; done'


@pytest.fixture
def run(host, images):
    def run(script, *flags, net='none', options='image', **more):
        image = images.shell('sec', script, **more)
        return host.rkt(f'--insecure-options={options}', 'run', f'--net={net}', *flags, image, check=None).stdout
    return run


def field(text, name):
    return re.search(rf'{name}:\s*(\w+)', text).group(1)


def test_default_capabilities(run):
    out = run(STATUS)
    assert int(field(out, 'CapBnd'), 16) == DEFAULT_MASK
    assert int(field(out, 'CapEff'), 16) == DEFAULT_MASK


def test_default_seccomp_filter(run):
    assert field(run(STATUS), 'Seccomp') == '2'


def test_insecure_capabilities_gives_them_and_nothing_else(run):
    out = run(STATUS, options='image,capabilities')
    assert int(field(out, 'CapBnd'), 16) & ~DEFAULT_MASK
    assert field(out, 'Seccomp') == '2'


def test_image_capabilities_are_kept(run):
    out = run(STATUS, isolators=[{'name': 'os/linux/capabilities-retain-set', 'value': {'set': ['CAP_KILL']}}])
    assert int(field(out, 'CapBnd'), 16) == 1 << NUMBERS['kill']


PROBES = {'mount': 'mount', 'reboot': 'reboot', 'keyctl': 'keyctl', 'unshare': 'unshare', 'bpf': 'bpf',
          'settime': 'settime'}


@pytest.mark.parametrize('probe', PROBES)
def test_dangerous_calls_are_refused(host, images, payload, probe):
    host.sh('mkdir -p /tmp/t/vol; cp /mnt/share/probe /tmp/t/vol')
    image = images.shell('probe', 'true')
    out = host.rkt(*unsigned('run', '--net=none', '--volume=v,kind=host,source=/tmp/t/vol', image,
                             '--mount=volume=v,target=/data', '--exec=/data/probe', '--', probe)).stdout
    assert f'{PROBES[probe]}: Operation not permitted' in out


@pytest.mark.parametrize('path', ['/proc/sysrq-trigger', '/proc/sys/kernel/core_pattern', '/sys/kernel/uevent_helper'])
def test_protected_paths_are_read_only(run, host, path):
    assert 'wrote' not in run(f'(echo x >{path}) 2>/dev/null && echo wrote || echo refused')


@pytest.mark.parametrize('path', ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/sys/firmware'])
def test_hidden_paths_are_empty(run, host, path):
    if not host.exists(path):
        return  # nothing to hide on this kernel
    out = run(f'if [ -d {path} ]; then ls {path} | wc -l; else head -c 16 {path} 2>/dev/null | wc -c; fi')
    assert re.search(r'\b0$', out.strip())


def test_devices_are_a_short_list(run):
    out = run('ls /dev | tr "\\n" " "')
    names = set(re.sub(r'^.*?\]:', '', out.strip().splitlines()[-1]).split())
    assert not names & {'mem', 'kmem', 'kmsg', 'sda', 'vda', 'loop-control', 'fuse'}
    assert {'null', 'zero', 'urandom', 'tty'} <= names


def test_a_device_node_of_the_image_cannot_be_used(host, images):
    import tarfile

    import aci
    b = aci.Builder().manifest(aci.manifest('test.example/dev', exec=['/bin/sh', '-c', 'head -c 1 /disk && echo read']))
    b.directory('rootfs').directory('rootfs/bin').entry('rootfs/bin/sh', data=aci.busybox())
    b.entry('rootfs/disk', tarfile.CHRTYPE, devmajor=1, devminor=3, mode=0o666)
    path = images.raw('dev.aci', b.bytes())
    result = host.rkt(*unsigned('run', '--net=none', path), check=None)
    assert 'read' not in result.stdout


def test_no_descriptor_leaks_into_the_app(run):
    out = run('ls /proc/self/fd | tr "\\n" " "')
    assert re.search(r'0 1 2 3 ?$', out.strip())


def test_image_strings_are_no_directives(host, images):
    evil = 'x\nExecStartPre=/bin/touch /PWN\n[Service]\nExecStartPre=/bin/touch /PWN %h $(touch /PWN)'
    image = images.shell('evil', exec=['/bin/echo', evil],
                         environment=[{'name': 'E', 'value': evil}], workingDirectory='/tmp')
    out = host.rkt(*unsigned('run', '--net=none', image), check=None)
    assert 'ExecStartPre=/bin/touch' in out.stdout
    assert not host.exists('/PWN')
    assert host.out('find', '/var/lib/rkt/pods', '-name', 'PWN') == ''


def test_pod_file_values_are_no_directives(host, images):
    image = images.shell('wait', WAITING)
    host.pod_file('evil', f'[Pod]\nNet=none\nInsecureOptions=image\nHostname=a\n[App]\nImage={image}\n'
                          'Environment="A=x\\nExecStartPre=/bin/touch /PWN"\n')
    host.run('systemctl', 'daemon-reload')
    host.run('systemctl', 'start', 'pod@evil', check=None)
    assert not host.exists('/PWN')
    assert host.out('find', '/var/lib/rkt/pods', '-name', 'PWN') == ''


class TestEnter:
    """Attack E01: entering gives no more than the app has."""

    @pytest.fixture
    def uuid(self, host, images):
        image = images.shell('wait', WAITING, isolators=[
            {'name': 'os/linux/capabilities-retain-set', 'value': {'set': ['CAP_KILL', 'CAP_CHOWN']}},
            {'name': 'os/linux/no-new-privileges', 'value': True}])
        host.pod_file('in', f'[Pod]\nNet=none\nInsecureOptions=image\n[App]\nImage={image}\n')
        host.run('systemctl', 'start', 'pod@in')
        return host.pods()[0]['name']

    def app_status(self, host):
        """/proc/PID/status and /proc/PID/cgroup of the app, found by its PID in the pod."""
        inner = host.out('systemctl', '-M', 'in', 'show', '-P', 'MainPID', 'wait')
        pids = host.sh(f'grep -lE "^NSpid:.*[[:space:]]{inner}$" /proc/[0-9]*/status; true').stdout.split()
        leader = host.out('machinectl', 'show', '--property=Leader', '--value', 'in')
        namespace = host.read(f'/proc/{leader}/ns/pid', link=True)
        for path in pids:
            process = path.rsplit('/', 1)[0]
            if host.read(f'{process}/ns/pid', link=True) == namespace:
                return host.read(f'{process}/status'), host.read(f'{process}/cgroup')
        raise AssertionError(f'no process has PID {inner} in the pod')

    def test_same_limits_as_the_app(self, host, uuid):
        status, _ = self.app_status(host)
        entered = host.rkt('enter', uuid, '/bin/cat', '/proc/self/status').stdout
        for name in ('CapBnd', 'CapEff', 'CapPrm', 'CapInh', 'CapAmb', 'Seccomp', 'NoNewPrivs', 'Uid', 'Gid', 'Groups'):
            pattern = rf'^{name}:.*$'
            assert re.search(pattern, entered, re.M).group() == re.search(pattern, status, re.M).group()

    def test_same_control_group(self, host, uuid):
        _, group = self.app_status(host)
        process = host.popen('rkt', 'enter', uuid, '/bin/sleep', '5')
        try:
            host.wait_until('pgrep -f "^/bin/sleep 5$" >/dev/null')
            entered = host.sh('cat /proc/$(pgrep -f "^/bin/sleep 5$" | tail -1)/cgroup').stdout
            assert entered.splitlines()[-1].startswith(group.splitlines()[-1])
        finally:
            process.kill()
            process.wait()

    def test_same_namespaces(self, host, uuid):
        names = 'pid mnt net uts ipc'.split()
        script = '; '.join(f'readlink /proc/self/ns/{n}' for n in names)
        leader = host.status(uuid)['pid']
        entered = host.rkt('enter', uuid, '/bin/sh', '-c', script).stdout.split()
        outside = host.sh('; '.join(f'readlink /proc/self/ns/{n}' for n in names)).stdout.split()
        assert not set(entered) & set(outside)
        assert host.out('readlink', f'/proc/{leader}/ns/pid') in entered

    def test_no_descriptor_and_no_variable_of_the_host(self, host, uuid):
        out = host.rkt('enter', uuid, '/bin/sh', '-c', 'ls /proc/self/fd | wc -l; env',
                       env={'SECRET_OF_HOST': 'x'}).stdout
        assert int(out.split()[0]) <= 4
        assert 'SECRET_OF_HOST' not in out
