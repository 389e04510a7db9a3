# SPDX-License-Identifier: Apache-2.0
"""Drives rkt-import as rkt does, on a directory of the test's own, without a test host."""

import hashlib
import os
import stat
import struct
import subprocess
import threading
import time

import pytest

import archives as a

GIB = 1 << 30
STRACE = ['strace', '-f', '-qq', '-o', '/dev/null']


class Result:
    """How a run ended: what came over the status pipe."""

    def __init__(self, code, messages):
        self.code = code
        self.manifest = next((m for t, m in messages if t == 'M'), None)
        self.warnings = [m.decode() for t, m in messages if t == 'W']
        self.error = self.text = None
        for kind, data in messages:
            if kind == 'E':
                self.error, self.text = -struct.unpack('i', data[:4])[0], data[4:].decode()
        results = [m for t, m in messages if t == 'R']
        self.ok = code == 0 and len(results) == 1
        if results:
            self.digest = results[0][:129].rstrip(b'\0').decode()
            self.checksum = results[0][129:258].rstrip(b'\0').decode()
            self.blob_bytes, self.archive_bytes, self.tree_bytes, self.entries = struct.unpack('QQQQ', results[0][-32:])


def read_messages(fd):
    messages = []
    with os.fdopen(fd, 'rb') as stream:
        while len(head := stream.read(8)) == 8:
            kind, size = struct.unpack('II', head)
            messages.append((chr(kind), stream.read(size)))
    return messages


class Importer:
    """Runs rkt-import on a directory with a canary beside it."""

    def __init__(self, program, where):
        self.program = program
        self.where = where
        self.out = where / 'out'
        self.root = self.out / 'rootfs'
        self.blob = where / 'blob'
        self.canary = where / 'canary'
        self.canary.mkdir()
        (self.canary / 'file').write_text('canary')

    def command(self, mode, fds, max_bytes, max_entries):
        words = ['-' if fd is None else str(fd) for fd in fds]
        return [str(self.program), mode, *words, str(max_bytes), str(max_entries)]

    def run(self, mode, source=None, *, max_bytes=16 * GIB, max_entries=1000000, before=()):
        out = os.open(self.out, os.O_RDONLY | os.O_DIRECTORY)
        blob = os.open(self.blob, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600) if mode != 'verify' else None
        read_fd, write_fd = os.pipe()
        fds = [out, source, blob, write_fd]
        child = subprocess.Popen([*before, *self.command(mode, fds, max_bytes, max_entries)], stdin=subprocess.DEVNULL,
                                 pass_fds=[fd for fd in fds if fd is not None])
        os.close(write_fd)
        watch = threading.Thread(target=self.watch_memory, args=(child.pid,))
        watch.start()
        messages = read_messages(read_fd)
        _, status, self.usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        watch.join()
        for fd in (out, blob):
            if fd is not None:
                os.close(fd)
        return Result(child.returncode, messages)

    def watch_memory(self, pid):
        """The process's own peak, in bytes: ru_maxrss would count what the parent had before the exec."""
        self.peak_memory = 0
        while True:
            try:
                lines = open(f'/proc/{pid}/status').read().splitlines()
            except (FileNotFoundError, ProcessLookupError):
                return
            values = [line.split()[1] for line in lines if line.startswith('VmHWM')]
            if not values:
                return
            self.peak_memory = int(values[0]) * 1024
            time.sleep(0.002)

    def unpack(self, data, mode='extract', **options):
        self.out.mkdir(mode=0o700, exist_ok=True)
        archive = self.where / 'archive'
        if isinstance(data, bytes):
            archive.write_bytes(data)
        fd = os.open(archive if isinstance(data, bytes) else data, os.O_RDONLY)
        try:
            return self.run(mode, fd, **options)
        finally:
            os.close(fd)

    def accept(self, *entries, **options):
        result = self.unpack(a.aci(*entries), **options)
        assert result.ok, result.text
        return result


@pytest.fixture
def importer(build_dir, tmp_path):
    tmp_path.chmod(0o755)
    return Importer(build_dir / 'src/image/rkt-import', tmp_path)


def listing(top):
    found = {}
    for where, dirs, files in os.walk(top):
        for name in dirs + files:
            path = os.path.join(where, name)
            st = os.lstat(path)
            regular = stat.S_ISREG(st.st_mode)
            content = hashlib.sha256(open(path, 'rb').read()).hexdigest() if regular else ''
            link = os.readlink(path) if stat.S_ISLNK(st.st_mode) else ''
            links = st.st_nlink if regular else 0
            found[os.path.relpath(path, top)] = (st.st_mode, st.st_uid, st.st_gid, links, content, link)
    return found
