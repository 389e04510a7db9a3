#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The part of the benchmarks that runs in the test host, so that getting there is not measured.

Every measurement starts what it needs, runs the project and its peers in turns, and cleans up.
"""

import io
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import time
import uuid
from pathlib import Path

import plain
from measure import Report, clock, interleave, low, run, timed

WORK = Path('/mnt/work')
STAMPS = Path('/stamps')
NETWORK = 'none'
report = Report()


def make_image(path, name, exec, files):
    """A minimal ACI, gzip-compressed by gzip(1) as images usually are."""
    manifest = {'acKind': 'ImageManifest', 'acVersion': '0.8.11', 'name': name,
                'labels': [{'name': 'os', 'value': 'linux'}, {'name': 'arch', 'value': 'amd64'}],
                'app': {'exec': exec, 'user': '0', 'group': '0'}}
    plain_path = path.with_suffix('.tar')
    with tarfile.open(plain_path, 'w') as tar:
        for target, data in [('manifest', json.dumps(manifest).encode()), *files]:
            info = tarfile.TarInfo(target)
            info.mode, info.size = 0o755, len(data or b'')
            info.type = tarfile.DIRTYPE if data is None else tarfile.REGTYPE
            tar.addfile(info, io.BytesIO(data or b''))
    with path.open('wb') as out:
        run_to(out, 'gzip', '-6', '-c', plain_path)
    plain_path.unlink()
    return path


def run_to(out, *argv):
    subprocess.run(argv, stdout=out, check=True)


def stamp_files():
    return [('rootfs', None), *((f'rootfs/{d}', None) for d in ('proc', 'sys', 'dev', 'run', 'tmp', 'etc', 'stamps')),
            ('rootfs/etc/passwd', b'root:x:0:0::/:/\n'), ('rootfs/etc/group', b'root:x:0:\n'),
            ('rootfs/stamp', (WORK / 'stamp').read_bytes())]


def pod_file(name, apps):
    image = WORK / 'stamp.aci'
    text = f'[Pod]\nNet={NETWORK}\nInsecureOptions=image\nVolume=s,kind=host,source=/stamps\n'
    for n in range(apps):
        text += f'[App]\nName=app{n}\nImage={image}\nExec=/stamp /stamps/{name}-{n}\nMount=s:/stamps\n'
    Path('/etc/rkt/pods').mkdir(parents=True, exist_ok=True)
    Path(f'/etc/rkt/pods/{name}.pod').write_text(text)


def wait_stamp(names, begin, limit=20):
    """Milliseconds from begin to the last of the stamps."""
    end = clock() + limit
    while clock() < end:
        texts = [(STAMPS / n).read_text() if (STAMPS / n).exists() else '' for n in names]
        if all(t.endswith('\n') for t in texts):
            return (max(int(t) for t in texts) / 1e6 - begin) * 1000
        time.sleep(0.001)
    raise RuntimeError(f'no stamp of {names} within {limit} s')


def clear_stamps():
    for stamp in STAMPS.iterdir():
        stamp.unlink()


def start_to_stamp(names, *argv):
    clear_stamps()
    begin = clock()
    run(*argv)
    return wait_stamp(names, begin)


def setup_start():
    STAMPS.mkdir(exist_ok=True)
    make_image(WORK / 'stamp.aci', 'bench.example/stamp', ['/stamp', '/stamps/default'], stamp_files())
    for apps in (1, 2, 4, 8):
        pod_file(f'pod{apps}', apps)
    run('systemctl', 'daemon-reload')
    for apps in (1, 2, 4, 8):
        run('systemctl', 'start', f'pod-fetch@pod{apps}')
    plain.make(WORK / 'stamp', NETWORK)
    setup_podman()


def setup_podman():
    """The same files as a container image; --cgroups as far as the host has the controllers for it."""
    tar = WORK / 'podman.tar'
    with tarfile.open(tar, 'w') as t:
        for name, data in stamp_files():
            info = tarfile.TarInfo(name.removeprefix('rootfs').lstrip('/') or '.')
            info.mode, info.size = 0o755, len(data or b'')
            info.type = tarfile.DIRTYPE if data is None else tarfile.REGTYPE
            t.addfile(info, io.BytesIO(data or b''))
    run('podman', 'import', '--quiet', tar, 'localhost/stamp')


PODMAN = ('podman', 'run', '-d', '--rm', f'--network={NETWORK}', '--cgroups=disabled', '-v', '/stamps:/stamps',
          '--name=bench', 'localhost/stamp', '/stamp', '/stamps/podman')


def rkt_start(apps=1):
    value = start_to_stamp([f'pod{apps}-{n}' for n in range(apps)], 'systemctl', 'start', f'pod@pod{apps}')
    run('systemctl', 'stop', f'pod@pod{apps}')
    return value


def plain_start():
    value = start_to_stamp(['plain'], 'systemctl', 'start', 'plain')
    run('systemctl', 'stop', 'plain')
    return value


def podman_start():
    value = start_to_stamp(['podman'], *PODMAN)
    run('podman', 'stop', 'bench')
    return value


def forget_pods():
    run('rkt', 'gc', '--grace-period=0s', '--expire-prepared=0s', check=False)


def bench_start(rounds):
    results = interleave({'systemctl start pod@x': rkt_start, 'hand-written nspawn unit': plain_start,
                          'podman run': podman_start}, rounds)
    report.series('start to the first instruction of the app', results)
    ours = results['systemctl start pod@x']
    report.ratio('pod@x beside podman run', ours, results['podman run'], 0.6)
    report.ratio('pod@x beside the hand-written unit', ours, results['hand-written nspawn unit'], 1.25)
    forget_pods()


def bench_apps(rounds):
    results = interleave({f'{n} apps': lambda n=n: rkt_start(n) for n in (1, 2, 4, 8)}, rounds)
    report.series('start of pods with more apps, to the last first instruction', results)
    report.absolute('each further app', (low(results['8 apps']) - low(results['1 apps'])) / 7, 5, 'ms')
    forget_pods()


def bench_stop(rounds):
    def rkt_stop():
        start_to_stamp(['pod1-0'], 'systemctl', 'start', 'pod@pod1')
        return timed('systemctl', 'stop', 'pod@pod1')

    def plain_stop():
        start_to_stamp(['plain'], 'systemctl', 'start', 'plain')
        return timed('systemctl', 'stop', 'plain')

    def podman_stop():
        start_to_stamp(['podman'], *PODMAN)
        return timed('podman', 'stop', 'bench')

    results = interleave({'systemctl stop pod@x': rkt_stop, 'hand-written nspawn unit': plain_stop,
                          'podman stop': podman_stop}, rounds)
    report.series('stop of an app that obeys SIGTERM', results)
    report.ratio('pod@x beside podman stop', results['systemctl stop pod@x'], results['podman stop'], 0.7)
    forget_pods()


def medium_files(count=10000, total=200 << 20):
    """Compressible to about half, in sizes as programs and documents have them."""
    rng = random.Random(1)
    words = [rng.randbytes(12) for _ in range(3000)]
    yield 'rootfs', None
    mean = total // count
    for n in range(count):
        if n % 100 == 0:
            yield f'rootfs/d{n // 100}', None
        size = int(min(rng.expovariate(1 / mean), mean * 20))
        data = b''.join(rng.choices(words, k=size // 12 + 1))[:size]
        yield f'rootfs/d{n // 100}/f{n}', data


def bench_fetch(rounds):
    image = make_image(WORK / 'medium.aci', 'bench.example/medium', ['/x'], medium_files())
    sign_and_trust(image)
    target, count = Path('/var/lib/rkt/untar'), 0

    def rkt_fetch():
        run('rkt', 'image', 'rm', 'bench.example/medium', check=False)
        os.sync()
        return timed('rkt', 'fetch', image)

    def untar(decompressor):
        # Into a new directory each time, and nothing is removed in between: ext4 takes several times as long to
        # place files where others were just removed, which is not what is measured here.
        nonlocal count
        count += 1
        directory = target / str(count)
        directory.mkdir(parents=True)
        os.sync()
        return timed('sh', '-c', f'{decompressor} -dc {image} | tar -x -C {directory}')

    variants = {'rkt fetch, verified and rendered': rkt_fetch, 'gzip -dc | tar -x': lambda: untar('gzip')}
    if shutil.which('igzip'):
        variants['igzip -dc | tar -x'] = lambda: untar('igzip')
    results = interleave(variants, max(3, rounds // 3))
    shutil.rmtree(target, ignore_errors=True)
    report.series(f'import of {image.stat().st_size >> 20} MiB, 200 MB and 10 000 files unpacked', results)
    ours = results['rkt fetch, verified and rendered']
    for name, values in results.items():
        if values is not ours:
            report.ratio(f'fetch beside {name}', ours, values, 1.3)
    run('rkt', 'image', 'rm', 'bench.example/medium')


def sign_and_trust(image):
    home = '/tmp/gpg'
    Path(home).mkdir(mode=0o700, exist_ok=True)
    gpg = ('gpg', '--homedir', home, '--batch', '--yes', '--quiet')
    run(*gpg, '--passphrase', '', '--quick-generate-key', 'bench@bench.example', 'ed25519', 'sign', 'never')
    run(*gpg, '--armor', '--output', '/tmp/bench.pub', '--export')
    run(*gpg, '--armor', '--detach-sign', image)
    run('gpgconf', '--homedir', home, '--kill', 'all', check=False)
    run('rkt', 'trust', '--prefix=bench.example', '--skip-fingerprint-review', '/tmp/bench.pub')


def bench_list(rounds):
    """1000 exited pods: one real one, and copies of its directory under other UUIDs."""
    forget_pods()
    rkt_start()
    directory, = Path('/var/lib/rkt/pods/run').iterdir()
    for _ in range(999):
        run('cp', '-ax', directory, directory.with_name(str(uuid.uuid4())))
    for n in range(10):
        run('podman', 'create', '--cgroups=disabled', f'--name=listed{n}', 'localhost/stamp', '/stamp')
    results = interleave({'rkt list, 1000 exited pods': lambda: timed('rkt', 'list'),
                          'podman ps -a, 10 containers': lambda: timed('podman', 'ps', '-a')}, rounds)
    report.series('list', results)
    report.absolute('rkt list, 1000 pods', min(results['rkt list, 1000 exited pods']), 60, 'ms')
    run('podman', 'rm', '-a')
    begin = clock()
    forget_pods()
    print(f'  gc of these 1000 pods: {clock() - begin:.2f} s')


def bench_version(rounds):
    results = interleave({'rkt version': lambda: timed('rkt', 'version'),
                          'podman --version': lambda: timed('podman', '--version'),
                          'true': lambda: timed('true')}, rounds)
    report.series('version', results)
    report.absolute('rkt version', min(results['rkt version']), 5, 'ms')


def bench_generator(rounds):
    pods = Path('/etc/rkt/pods')
    for n in range(1000):
        (pods / f'gen{n}.pod').write_text(
            f'[Unit]\nDescription=Pod {n}\n[Pod]\nNet=host\n[App]\nName=a\nImage=/srv/a.aci\nArgs=--number {n}\n'
            '[Service]\nMemoryMax=1G\n[Install]\nWantedBy=multi-user.target\n')
    generator = '/lib/systemd/system-generators/rkt-generator'

    def generate():
        shutil.rmtree('/tmp/gen', ignore_errors=True)
        for name in ('normal', 'early', 'late'):
            Path('/tmp/gen', name).mkdir(parents=True)
        return timed(generator, '/tmp/gen/normal', '/tmp/gen/early', '/tmp/gen/late')

    def copy():
        shutil.rmtree('/tmp/copied', ignore_errors=True)
        return timed('cp', '-r', pods, '/tmp/copied')

    results = interleave({'generator': generate, 'cp -r of the pod files': copy}, rounds)
    report.series('generator, 1000 pod files', results)
    report.absolute('generator, 1000 pod files', min(results['generator']), 50, 'ms')
    for path in pods.glob('gen*.pod'):
        path.unlink()


def pss(pid):
    text = Path(f'/proc/{pid}/smaps_rollup').read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith('Pss:')) / 1024


def unit_pss(unit):
    """Sum over the unit's processes, without the app."""
    group = run('systemctl', 'show', '-P', 'ControlGroup', unit).stdout.strip()
    total, parts = 0, []
    for path in Path(f'/sys/fs/cgroup{group}').rglob('cgroup.procs'):
        for pid in path.read_text().split():
            name = Path(f'/proc/{pid}/comm').read_text().strip()
            if name != 'stamp':
                total += pss(pid)
                parts.append(f'{name} {pss(pid):.1f}')
    return total, ', '.join(sorted(parts))


def bench_memory(rounds):
    start_to_stamp(['pod1-0'], 'systemctl', 'start', 'pod@pod1')
    start_to_stamp(['plain'], 'systemctl', 'start', 'plain')
    start_to_stamp(['podman'], *PODMAN)
    time.sleep(1)
    ours, ours_parts = unit_pss('pod@pod1')
    peer, peer_parts = unit_pss('plain')
    conmon = sum(pss(pid) for pid in run('pgrep', '-x', 'conmon').stdout.split())
    print('\nmemory beyond the app (MiB, PSS)')
    print(f'  {"pod@x":<44} {ours:8.1f}  {ours_parts}')
    print(f'  {"hand-written nspawn unit":<44} {peer:8.1f}  {peer_parts}')
    print(f'  {"podman (conmon)":<44} {conmon:8.1f}')
    report.absolute('pod@x', ours, 12, 'MiB')
    run('systemctl', 'stop', 'pod@pod1', 'plain')
    run('podman', 'stop', 'bench')


def main():
    rounds, names = int(sys.argv[1]), sys.argv[2:]
    print(f'load {os.getloadavg()[0]:.1f}, {os.cpu_count()} CPUs, kernel {os.uname().release}, '
          f'{run("systemctl", "--version").stdout.split(")")[0]})')
    if set(names) - {'fetch', 'version', 'generator'}:
        setup_start()
    else:
        Path('/etc/rkt/pods').mkdir(parents=True, exist_ok=True)
    for name in names:
        globals()[f'bench_{name}'](rounds)
    print(f'\n{report.missed} targets missed')
    return 1 if report.missed else 0


sys.exit(main())
