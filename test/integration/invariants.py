# SPDX-License-Identifier: Apache-2.0
"""What must hold in the data directory at every moment, also after a kill -9 at any system call."""

SCRIPT = r'''
import fcntl, json, os, re, sys

DATA = '/var/lib/rkt'
ID = re.compile(r'^sha512-[0-9a-f]{64}$')
UUID = re.compile(r'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
PHASES = {'embryo', 'prepare', 'prepared', 'run', 'exited-garbage', 'garbage'}

def names(*parts):
    try:
        return sorted(os.listdir(os.path.join(DATA, *parts)))
    except FileNotFoundError:
        return []

def path(*parts):
    return os.path.join(DATA, *parts)

def check_store():
    blobs = {name for shard in names('cas', 'blob') for name in names('cas', 'blob', shard)}
    trees = names('cas', 'tree')
    index = {n.removesuffix('.manifest') for n in names('cas', 'index')}
    for id in index:
        if id.startswith('.'):
            continue  # never renamed into place: garbage that nobody reads
        if not ID.match(id):
            yield f'cas/index/{id} is not an image id'
            continue
        if not os.path.exists(path('cas/index', id)):
            continue  # a manifest without its entry is garbage, not an image
        if not os.path.exists(path('cas/index', id + '.manifest')):
            yield f'image {id} has no manifest'
        else:
            json.load(open(path('cas/index', id + '.manifest'), 'rb'))
        if id not in blobs and not any(b.startswith(id) for b in blobs):
            yield f'image {id} has no blob'
    for tree in trees:
        rendered = os.path.exists(path('cas/tree', tree, 'rendered'))
        if rendered and not os.path.isdir(path('cas/tree', tree, 'rootfs')):
            yield f'tree {tree} is marked rendered and has no root'
        if rendered and not os.path.exists(path('cas/tree', tree, 'manifest')):
            yield f'tree {tree} is marked rendered and has no manifest'

def check_pods():
    seen = {}
    for phase in names('pods'):
        if not os.path.isdir(path('pods', phase)):
            continue
        if phase not in PHASES:
            yield f'pods/{phase} is not a phase'
            continue
        for uuid in names('pods', phase):
            if not UUID.match(uuid):
                yield f'pods/{phase}/{uuid} is not a pod'
            if uuid in seen:
                yield f'pod {uuid} is in {seen[uuid]} and in {phase}'
            seen[uuid] = phase
            if phase in ('prepared', 'run'):
                yield from check_complete(phase, uuid)

def check_complete(phase, uuid):
    try:
        pod = json.load(open(path('pods', phase, uuid, 'pod'), 'rb'))
    except (OSError, ValueError) as e:
        yield f'pod {uuid} in {phase} has no good manifest: {e}'
        return
    for app in pod['apps']:
        if not os.path.exists(path('pods', phase, uuid, 'appsinfo', app['name'], 'manifest')):
            yield f'pod {uuid} in {phase} has no image manifest of app {app["name"]}'

def mounts_of_no_pod():
    for line in open('/proc/self/mountinfo'):
        match = re.search(r' (/var/lib/rkt/pods/[^/ ]+/([^/ ]+))', line)
        if match and not os.path.isdir(match.group(1)):
            yield f'mount of a pod that is gone: {match.group(1)}'

def running():
    count = 0
    for uuid in names('pods', 'run'):
        fd = os.open(path('pods/run', uuid), os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            count += 1
        os.close(fd)
    return count

# Only pods make PID namespaces in the host: more of them than running pods is a pod that nobody knows.
def check_processes():
    own, strangers = os.readlink('/proc/self/ns/pid'), {}
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            namespace = os.readlink(f'/proc/{pid}/ns/pid')
            if namespace != own:
                strangers.setdefault(namespace, []).append(f'{pid} {open(f"/proc/{pid}/comm").read().strip()}')
        except (FileNotFoundError, ProcessLookupError):
            pass
    if len(strangers) > running():
        yield f'processes of pods that do not run: {sorted(strangers.values())}'
    machines = [n for n in os.listdir('/run/systemd/machines') if not n.startswith('unit:')]
    if len(machines) > running():
        yield f'machines of pods that do not run: {machines}'

checks = {'disk': [check_store, check_pods, mounts_of_no_pod], 'processes': [check_processes]}
print('\n'.join(problem for kind in sys.argv[1:] for check in checks[kind] for problem in check()))
'''


def check(host, *kinds):
    """What does not hold, as a list of sentences. Kinds: disk (the default), processes."""
    result = host.run('python3', '-c', SCRIPT, *(kinds or ['disk']))
    return [line for line in result.stdout.splitlines() if line]
