# SPDX-License-Identifier: Apache-2.0
"""A test host (test/host/rkt-host) as a Python object."""

import json
import shlex
import subprocess
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[1] / 'host/rkt-host'

# Ends everything that a test may have left, by means that do not need rkt to work.
CLEAN = r'''
for unit in $(systemctl list-units --all --plain --no-legend 'pod@*' 'pod-fetch@*' 'rkt-gc.*' 'test-*' |
              awk '{print $1}'); do
        systemctl kill --kill-whom=all -s KILL "$unit" 2>/dev/null
        systemctl stop "$unit" 2>/dev/null
done
if ls /run/systemd/machines/* >/dev/null 2>&1; then
        machinectl list --no-legend | while read -r name _; do machinectl terminate "$name"; done
fi
systemctl reset-failed
awk '$5 ~ "^/var/lib/rkt/" { print $5 }' /proc/self/mountinfo | sort -r |
        while read -r target; do umount -l "$target"; done
chattr -R -i /var/lib/rkt 2>/dev/null
find /var/lib/rkt -mindepth 1 -delete
rm -rf /etc/rkt /run/rkt/pods /etc/systemd/system/*.wants/pod@* /etc/systemd/system/pod@* /tmp/t
mkdir -p /etc/rkt/pods /tmp/t
# Reloading is slow; only what the generator has written makes it necessary.
if ls -d /run/systemd/generator*/pod@* >/dev/null 2>&1; then
        systemctl daemon-reload
fi
'''


class CommandFailed(AssertionError):
    def __init__(self, argv, result):
        text = f'{shlex.join(argv)}: exit code {result.returncode}\n{result.stdout}{result.stderr}'
        super().__init__(text)
        self.result = result


class TestHost:
    __test__ = False

    def __init__(self, name, build, share, mode='unified', options=()):
        self.name = name
        self.share = Path(share)
        self.cursor = ''
        # Its standard input is our pipe: however this process ends, the host ends with it.
        self.process = subprocess.Popen(
            [PROGRAM, 'boot', '--foreground', *([f'--build={build}'] if build else []), f'--cgroup={mode}',
             f'--bind={share}:/mnt/share', *options, name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if line != 'ready\n':
            raise RuntimeError(f'test host {name} did not boot:\n{line}{self.process.stderr.read()}')

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)

    def popen(self, *argv, env=None, **kwargs):
        settings = [f'--setenv={k}={v}' for k, v in (env or {}).items()]
        return subprocess.Popen([PROGRAM, 'run', *settings, self.name, '--', *map(str, argv)], text=True, **kwargs)

    def run(self, *argv, check=0, input=None, timeout=60, env=None):
        """Runs a command; check is the exit code that it must have, or None."""
        argv = [str(a) for a in argv]
        stdin = {'stdin': subprocess.PIPE} if input is not None else {'stdin': subprocess.DEVNULL}
        process = self.popen(*argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **stdin)
        try:
            out, err = process.communicate(input, timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f'{shlex.join(argv)}: still running after {timeout} s\n{out}{err}') from None
        result = subprocess.CompletedProcess(argv, process.returncode, out, err)
        if check is not None and result.returncode != check:
            raise CommandFailed(argv, result)
        return result

    def sh(self, script, **kwargs):
        return self.run('bash', '-c', script, **kwargs)

    def rkt(self, *argv, **kwargs):
        return self.run('rkt', *argv, **kwargs)

    def out(self, *argv, **kwargs):
        return self.run(*argv, **kwargs).stdout.strip()

    def write(self, path, text, mode='0644'):
        self.run('bash', '-c', 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"', 'sh', path, mode,
                 input=text)

    def read(self, path, link=False):
        return self.run('readlink' if link else 'cat', path).stdout

    def exists(self, path):
        return self.run('test', '-e', path, check=None).returncode == 0

    def wait_until(self, script, timeout=15, why=''):
        """Waits until a shell condition holds inside; one process inside does the polling."""
        loop = (f'end=$((SECONDS + {timeout})); until said=$({{ {script}; }} 2>&1); do '
                '((SECONDS < end)) || { echo "$said"; exit 1; }; sleep 0.05; done')
        result = self.run('bash', '-c', loop, check=None, timeout=timeout + 10)
        assert result.returncode == 0, f'not within {timeout} s: {why or script}\n{result.stdout}{result.stderr}'

    def wait_stopped(self, *units, timeout=15):
        """Until the units are neither active nor on their way from or to it; "is-active" is not enough for that."""
        states = ' '.join(f'"$(systemctl show -P ActiveState {unit})"' for unit in units)
        self.wait_until(f"! printf '%s\\n' {states} | grep -vqxE 'inactive|failed'", timeout,
                        f'{", ".join(units)} did not stop')

    # What tests ask most often.

    def pods(self):
        return json.loads(self.rkt('list', '--format=json').stdout or '[]') or []

    def status(self, uuid, *flags, check=0):
        """rkt status as a dictionary."""
        return parse_status(self.rkt('status', *flags, uuid, check=check).stdout)

    def show(self, unit, *properties):
        text = self.out('systemctl', 'show', unit, *(f'--property={p}' for p in properties))
        return dict(line.split('=', 1) for line in text.splitlines() if '=' in line)

    def pod_file(self, name, text):
        self.write(f'/etc/rkt/pods/{name}.pod', text)

    def journal(self, *argv):
        return self.out('journalctl', '--no-pager', '-o', 'cat', *argv, check=None)

    def journal_since(self, cursor):
        return self.out('journalctl', '--no-pager', '-n', '60', '-o', 'short-precise', f'--after-cursor={cursor}',
                        check=None)

    def clean(self):
        """Also notes where the journal of what follows begins."""
        out = self.run('bash', '-c', CLEAN + 'journalctl -n 0 --show-cursor', check=None, timeout=90).stdout
        self.cursor = out.rsplit('-- cursor: ', 1)[-1].strip()


def parse_status(text):
    return dict(line.split('=', 1) for line in text.splitlines() if '=' in line)
