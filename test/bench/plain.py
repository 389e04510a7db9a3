# SPDX-License-Identifier: Apache-2.0
"""The peer of a pod: the least that a machine with one app needs, written by hand. A unit that runs systemd-nspawn
over a root with a dozen unit files, with nothing of the project in it."""

import os
import shutil
from pathlib import Path

from measure import run

NAME = 'plain'
ROOT = Path('/var/lib/machines/plain-root')
APP_ROOT = ROOT / 'opt/stage2/app/rootfs'

HOST_UNIT = '''[Service]
Slice=machine.slice
Delegate=yes
Type=notify
KillMode=mixed
TimeoutStopSec=20
Environment=SYSTEMD_SECCOMP=0 SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=~bpf @module @clock @raw-io @swap @cpu-emulation @obsolete open_by_handle_at
ExecStart=/usr/bin/systemd-nspawn --quiet --settings=no --keep-unit --register=yes -D {root} -M {name} \\
        --bind-ro=/usr --link-journal=try-guest --private-users=no --setenv=SYSTEMD_UNIT_PATH=/etc/systemd/system \\
        --setenv=SYSTEMD_GENERATOR_PATH=/x --setenv=SYSTEMD_ENVIRONMENT_GENERATOR_PATH=/x {network} \\
        --boot --notify-ready=yes -- --show-status=no
'''

JOURNAL = '''[Unit]
DefaultDependencies=no
[Service]
ExecStart=/lib/systemd/systemd-journald
Type=notify
FileDescriptorStoreMax=100
Sockets=systemd-journald.socket systemd-journald-dev-log.socket
StandardOutput=null
'''

INNER = {
    'default.target': '[Unit]\nDefaultDependencies=no\nWants=app.service dbus.socket '
                      'systemd-journald.socket systemd-journald-dev-log.socket\n',
    'sysinit.target': '[Unit]\nDefaultDependencies=no\n',
    'basic.target': '[Unit]\nDefaultDependencies=no\n',
    'shutdown.target': '[Unit]\nDefaultDependencies=no\nRefuseManualStart=yes\n',
    'systemd-journald.socket': '[Unit]\nDefaultDependencies=no\n[Socket]\nListenStream=/run/systemd/journal/stdout\n'
                               'ListenDatagram=/run/systemd/journal/socket\nPassCredentials=yes\n',
    'systemd-journald-dev-log.socket': '[Unit]\nDefaultDependencies=no\n[Socket]\n'
                                       'Service=systemd-journald.service\nPassCredentials=yes\n'
                                       'ListenDatagram=/run/systemd/journal/dev-log\n'
                                       'Symlinks=/dev/log /run/systemd/journal/flushed\n',
    'systemd-journald.service': JOURNAL,
    'dbus.socket': '[Unit]\nDefaultDependencies=no\n[Socket]\nListenStream=/run/dbus/system_bus_socket\n',
    'dbus.service': '[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/usr/bin/dbus-daemon --system '
                    '--address=systemd: --nofork --nopidfile --systemd-activation\n',
    'app.service': '[Unit]\nDefaultDependencies=no\nConflicts=shutdown.target\nBefore=shutdown.target\n'
                   'After=systemd-journald.socket\nRequires=systemd-journald.socket\n'
                   '[Service]\nRootDirectory=/opt/stage2/app/rootfs\nMountAPIVFS=yes\nStandardOutput=journal\n'
                   'CapabilityBoundingSet=CAP_KILL CAP_CHOWN CAP_SETUID CAP_SETGID CAP_NET_BIND_SERVICE\n'
                   'BindPaths=/stamps:/stamps\nExecStart=/stamp /stamps/plain\n',
}
for _action in ('halt', 'poweroff', 'reboot', 'exit'):
    INNER[f'{_action}.target'] = (f'[Unit]\nDefaultDependencies=no\nRequires=systemd-{_action}.service\n'
                                  f'After=systemd-{_action}.service\n')
    INNER[f'systemd-{_action}.service'] = (
        '[Unit]\nDefaultDependencies=no\nRequires=shutdown.target\nAfter=shutdown.target\n'
        f'SuccessAction={"reboot" if _action == "reboot" else "exit"}-force\n'
        '[Service]\nType=oneshot\nExecStart=/bin/true\n')


def make(stamp, network):
    """Lays out the root and the unit plain.service; its app stamps /stamps/plain."""
    for directory in ('usr', 'etc/systemd/system', 'var/log/journal', 'run', 'tmp', 'proc', 'sys', 'dev', 'rkt',
                      'opt/stage2/app/lower', 'opt/stage2/app/rootfs', 'opt/stage2/app/upper', 'opt/stage2/app/work',
                      'stamps'):
        (ROOT / directory).mkdir(parents=True, exist_ok=True)
    for link in ('bin', 'sbin', 'lib', 'lib64'):
        (ROOT / link).symlink_to(f'usr/{link}')
    (ROOT / 'var/run').symlink_to('../run')
    shutil.copy('/etc/os-release', ROOT / 'etc/os-release')
    (ROOT / 'etc/machine-id').write_text(os.urandom(16).hex() + '\n')
    shutil.copy('/etc/passwd', ROOT / 'etc/passwd')
    shutil.copy('/etc/group', ROOT / 'etc/group')
    for name, text in INNER.items():
        (ROOT / 'etc/systemd/system' / name).write_text(text)
    lower = ROOT / 'opt/stage2/app/lower'
    for directory in ('proc', 'sys', 'dev', 'run', 'tmp', 'stamps'):
        (lower / directory).mkdir(exist_ok=True)
    shutil.copy(stamp, lower / 'stamp')
    run('mount', '-t', 'overlay', 'overlay', '-o', f'lowerdir={lower},upperdir={lower.parent}/upper,'
        f'workdir={lower.parent}/work', APP_ROOT)
    run('mount', '--bind', '/stamps', ROOT / 'stamps')
    flag = {'none': '--private-network', 'host': ''}[network]
    Path('/etc/systemd/system/plain.service').write_text(HOST_UNIT.format(root=ROOT, name=NAME, network=flag))
    run('systemctl', 'daemon-reload')
