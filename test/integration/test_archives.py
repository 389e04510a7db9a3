# SPDX-License-Identifier: Apache-2.0
"""The importer against hostile archives: rkt-import itself, driven as rkt drives it, without a test host."""

import errno
import gzip
import hashlib
import json
import os
import stat
import struct
import subprocess
import time

import pytest

import archives as a
from importer import GIB, STRACE, importer  # noqa: F401


def outside(importer):
    """All that is around the directory of the extraction."""
    return sorted((p.name, p.lstat().st_nlink if not p.is_dir() else 0, p.lstat().st_mode)
                  for p in [*importer.where.iterdir(), *importer.canary.iterdir()] if p.name != 'out')


@pytest.mark.parametrize('case', sorted(a.REFUSED))
def test_refused(importer, case):
    data, words = a.REFUSED[case]
    importer.unpack(a.aci())
    before = outside(importer)
    subprocess.run(['rm', '-rf', importer.out], check=True)
    began = time.monotonic()
    result = importer.unpack(data)
    assert time.monotonic() - began < 5
    assert not result.ok and result.code == 254
    assert result.error in (errno.EBADMSG, errno.EFBIG), (result.error, result.text)
    assert words in result.text, result.text
    assert '\n' not in result.text and '\x1b' not in result.text
    assert outside(importer) == before
    assert (importer.canary / 'file').read_text() == 'canary'


@pytest.mark.parametrize('case', sorted(a.ACCEPTED))
def test_accepted(importer, case):
    result = importer.unpack(a.ACCEPTED[case])
    assert result.ok, result.text
    assert result.manifest == a.MANIFEST
    assert importer.root.is_dir()
    assert importer.blob.read_bytes() == a.ACCEPTED[case]


@pytest.mark.parametrize('compression', sorted(a.COMPRESSIONS))
def test_digest_is_over_the_uncompressed_archive(importer, compression):
    plain = a.aci(a.entry('rootfs/f', data=os.urandom(300000)))
    result = importer.unpack(a.COMPRESSIONS[compression](plain))
    assert result.ok, result.text
    assert result.digest == hashlib.sha512(plain).hexdigest()
    assert result.archive_bytes == len(plain)
    assert result.blob_bytes == importer.blob.stat().st_size
    assert result.tree_bytes == 300000


def test_gzip_members_of_any_length(importer):
    plain = a.aci(a.entry('rootfs/f', data=os.urandom(700000)))
    pieces = [0, 1, 2, 513, 100000, 262144, 262145, 524288, len(plain)]
    packed = b''.join(gzip.compress(plain[i:k]) for i, k in zip(pieces, pieces[1:]))
    result = importer.unpack(packed)
    assert result.ok, result.text
    assert result.digest == hashlib.sha512(plain).hexdigest()


class TestSymlinks:
    """T02, T03, T04."""

    def test_writing_through_an_absolute_symlink_stays_inside(self, importer):
        importer.accept(a.symlink('rootfs/out', str(importer.canary)), a.entry('rootfs/out/file', data=b'owned'))
        assert (importer.canary / 'file').read_text() == 'canary'
        assert os.readlink(importer.root / 'out') == str(importer.canary)
        inside = importer.root / str(importer.canary)[1:] / 'file'
        assert inside.read_bytes() == b'owned'

    def test_climbing_symlinks_end_at_the_root(self, importer):
        importer.accept(a.symlink('rootfs/up', '../' * 20 + 'canary'), a.entry('rootfs/up/file', data=b'owned'))
        assert (importer.root / 'canary/file').read_bytes() == b'owned'
        assert os.readlink(importer.root / 'up') == '../' * 20 + 'canary'

    def test_chain(self, importer):
        importer.accept(a.directory('rootfs/a'), a.symlink('rootfs/a/b', '.'), a.symlink('rootfs/c', 'a/b/b/../../..'),
                        a.entry('rootfs/c/x', data=b'1'))
        assert (importer.root / 'x').read_bytes() == b'1'

    def test_pax_link_name(self, importer):
        importer.accept(a.pax(('linkpath', str(importer.canary))) + a.symlink('rootfs/s', 'harmless'),
                        a.entry('rootfs/s/file', data=b'owned'))
        assert (importer.canary / 'file').read_text() == 'canary'

    def test_usrmerge_link_stays(self, importer):
        importer.accept(a.directory('rootfs/usr'), a.directory('rootfs/usr/lib'), a.symlink('rootfs/lib', 'usr/lib'),
                        a.entry('rootfs/lib/x', data=b'1'))
        assert (importer.root / 'lib').is_symlink()
        assert (importer.root / 'usr/lib/x').read_bytes() == b'1'

    @pytest.mark.parametrize('last', ['file', 'directory', 'symlink', 'fifo', 'hardlink'])
    def test_last_component_is_replaced_not_followed(self, importer, last):
        target = importer.canary / 'file'
        new = {'file': a.entry('rootfs/s', data=b'new', mode=0o4777, uid=7),
               'directory': a.directory('rootfs/s', mode=0o700, uid=7),
               'symlink': a.symlink('rootfs/s', 'elsewhere', uid=7),
               'fifo': a.entry('rootfs/s', b'6', uid=7),
               'hardlink': a.entry('rootfs/f') + a.hardlink('rootfs/s', 'rootfs/f')}[last]
        before = target.stat()
        importer.accept(a.symlink('rootfs/s', str(target)), new)
        after = target.stat()
        assert (before.st_mode, before.st_uid, before.st_nlink, before.st_mtime) == (
            after.st_mode, after.st_uid, after.st_nlink, after.st_mtime)
        assert target.read_text() == 'canary'
        assert not (importer.root / str(target)[1:]).exists()

    def test_directory_attributes_are_not_set_through_a_later_symlink(self, importer):
        importer.accept(a.directory('rootfs/d', mode=0o777, uid=7), a.symlink('rootfs/d', str(importer.canary)))
        assert importer.canary.stat().st_uid == 0
        assert stat.S_IMODE(importer.canary.stat().st_mode) == 0o755


class TestMetadata:
    def test_modes_owners_times(self, importer):
        importer.accept(a.directory('rootfs/d', mode=0o2555, uid=1000, gid=1001, mtime=1),
                        a.entry('rootfs/d/f', data=b'x', mode=0o4755, uid=5, gid=6, mtime=2),
                        a.symlink('rootfs/d/s', 'f', uid=7, gid=8, mtime=3),
                        a.entry('rootfs/d/p', b'6', mode=0o622, uid=9, gid=10, mtime=4),
                        a.directory('rootfs/e', mode=0o1777, mtime=-86400))
        found = {}
        for name in ('d', 'd/f', 'd/s', 'd/p', 'e'):
            st = (importer.root / name).lstat()
            found[name] = (oct(st.st_mode), st.st_uid, st.st_gid, int(st.st_mtime))
        assert found == {'d': ('0o42555', 1000, 1001, 1), 'd/f': ('0o104755', 5, 6, 2), 'd/s': ('0o120777', 7, 8, 3),
                         'd/p': ('0o10622', 9, 10, 4), 'e': ('0o41777', 0, 0, -86400)}

    def test_children_do_not_inherit_from_their_directory(self, importer):
        acl = a.pax(('SCHILY.acl.default', a.POSIX_ACL))
        importer.accept(acl + a.directory('rootfs/d', mode=0o2775, gid=50), a.entry('rootfs/d/f', mode=0o644),
                        a.directory('rootfs/d/e', mode=0o755))
        assert (importer.root / 'd/f').stat().st_gid == 0
        assert stat.S_IMODE((importer.root / 'd/e').stat().st_mode) == 0o755
        assert os.listxattr(importer.root / 'd/f') == []
        assert 'system.posix_acl_default' in os.listxattr(importer.root / 'd')

    def test_hard_links(self, importer):
        result = importer.accept(a.entry('rootfs/a', data=b'abc'), a.hardlink('rootfs/b', 'rootfs/a', size=0),
                                 a.hardlink('rootfs/a', 'rootfs/a'), a.hardlink('rootfs/b', 'rootfs/a'))
        assert (importer.root / 'a').stat().st_nlink == 2
        assert (importer.root / 'b').read_bytes() == b'abc'
        assert result.tree_bytes == 3

    def test_devices_are_left_out(self, importer):
        result = importer.accept(a.entry('rootfs/sda', b'4', major=8, minor=0, mode=0o666),
                                 a.entry('rootfs/whiteout', b'3', major=0, minor=0),
                                 a.entry('rootfs/null', b'3', major=1, minor=3, mode=0o666))
        assert os.listdir(importer.root) == []
        assert result.warnings == ['device nodes left out of the tree: 3']

    def test_fifo_is_made_and_not_opened(self, importer):
        importer.accept(a.entry('rootfs/p', b'6', mode=0o600))
        assert stat.S_ISFIFO((importer.root / 'p').lstat().st_mode)

    def test_whiteouts_are_ordinary_files(self, importer):
        importer.accept(a.entry('rootfs/f', data=b'x'), a.entry('rootfs/.wh.f'), a.entry('rootfs/.wh..wh..opq'),
                        a.entry('rootfs/.wh...'))
        assert sorted(os.listdir(importer.root)) == ['.wh...', '.wh..wh..opq', '.wh.f', 'f']

    @pytest.mark.parametrize('name', [b'rootfs/new\nline', b'rootfs/\x1b[31mred', b'rootfs/\xff\xfe',
                                      b'rootfs/\xc3\xa9', b'rootfs/e\xcc\x81', b'rootfs/back\\slash'])
    @pytest.mark.parametrize('form', ['ustar', 'pax'])
    def test_names_are_bytes(self, importer, name, form):
        importer.accept(a.entry(name) if form == 'ustar' else a.pax(('path', name)) + a.entry('x'))
        assert os.listdir(os.fsencode(importer.root)) == [name.removeprefix(b'rootfs/')]

    def test_names_that_differ_in_case_or_composition_are_two(self, importer):
        importer.accept(a.entry('rootfs/A', data=b'1'), a.entry('rootfs/a', data=b'2'),
                        a.pax(('path', 'rootfs/\u00e9')) + a.entry('x', data=b'3'),
                        a.pax(('path', 'rootfs/e\u0301')) + a.entry('x', data=b'4'))
        assert len(os.listdir(importer.root)) == 4

    def test_owner_names_are_not_looked_up(self, importer, tmp_path):
        trace = tmp_path / 'trace'
        result = importer.unpack(a.aci(a.entry('rootfs/f', uid=4321, uname=b'daemon')),
                                 before=['strace', '-f', '-o', str(trace), '-e', 'trace=%file'])
        assert result.ok, result.text
        assert (importer.root / 'f').stat().st_uid == 4321
        assert '/etc/passwd' not in trace.read_text() and 'nsswitch' not in trace.read_text()


class TestXattrs:
    def test_allowed_ones_are_kept(self, importer):
        value = a.capability(0x02000000, 20)
        importer.accept(a.xattr(b'security.capability', value), a.xattr(b'user.x', b'\0\xff', 'rootfs/g'),
                        a.pax(('SCHILY.acl.access', a.POSIX_ACL)) + a.entry('rootfs/h', mode=0o754))
        assert os.getxattr(importer.root / 'f', 'security.capability') == value
        assert os.getxattr(importer.root / 'g', 'user.x') == b'\0\xff'
        assert stat.S_IMODE((importer.root / 'h').stat().st_mode) == 0o754
        entries = os.getxattr(importer.root / 'h', 'system.posix_acl_access')
        assert struct.unpack('<HHI', entries[12:20]) == (2, 5, 1000)

    @pytest.mark.parametrize('name', [b'trusted.overlay.opaque', b'trusted.overlay.redirect', b'trusted.x',
                                      b'user.overlay.opaque', b'security.selinux', b'security.ima',
                                      b'security.evm', b'system.x'])
    def test_others_are_dropped(self, importer, name):
        of_directory = a.pax((b'SCHILY.xattr.' + name, b'y')) + a.directory('rootfs/d')
        result = importer.accept(a.xattr(name, b'y'), of_directory)
        assert os.listxattr(importer.root / 'f') == []
        assert os.listxattr(importer.root / 'd') == []
        assert result.warnings == ['extended attributes left out of the tree: 2']

    def test_acl_with_unknown_user(self, importer):
        acl = 'user::rwx,user:joe:r-x,group::r-x,mask::r-x,other::-'
        result = importer.unpack(a.aci(a.pax(('SCHILY.acl.access', acl)) + a.entry('rootfs/f')))
        assert not result.ok and result.error == errno.EBADMSG


class TestLimits:
    def test_sparse_file_takes_no_space(self, importer):
        result = importer.accept(a.sparse('rootfs/f', 64 << 20))
        st = (importer.root / 'f').stat()
        assert st.st_size == 64 << 20 and st.st_blocks * 512 < 1 << 20
        assert result.tree_bytes == 64 << 20

    def test_sparse_bomb_is_refused_at_once(self, importer):
        began = time.monotonic()
        result = importer.unpack(a.aci(a.sparse('rootfs/f', 1 << 40)))
        assert time.monotonic() - began < 1
        assert result.error == errno.EFBIG
        assert int(subprocess.run(['du', '-sk', importer.out], capture_output=True, text=True).stdout.split()[0]) < 1024

    def test_decompression_bomb_stops_at_the_quota(self, importer):
        bomb = importer.where / 'bomb.gz'
        with gzip.open(bomb, 'wb', compresslevel=1) as f:
            f.write(a.manifest() + a.header('rootfs/zeros', size=2 * GIB))
            for _ in range(2048):
                f.write(bytes(1 << 20))
        result = importer.unpack(bomb, max_bytes=GIB)
        assert result.error == errno.EFBIG
        # Zeros beyond the end of the archive count as well.
        with gzip.open(bomb, 'wb', compresslevel=1) as f:
            f.write(a.aci())
            for _ in range(300):
                f.write(bytes(1 << 20))
        subprocess.run(['rm', '-rf', importer.out], check=True)
        result = importer.unpack(bomb, max_bytes=100 << 20)
        assert result.error == errno.EFBIG
        assert importer.peak_memory < 64 << 20

    def test_entry_quota(self, importer):
        many = b''.join(a.entry(f'rootfs/f{i}') for i in range(50))
        assert importer.unpack(a.aci(many), max_entries=52).ok
        subprocess.run(['rm', '-rf', importer.out], check=True)
        result = importer.unpack(a.aci(many), max_entries=51)
        assert result.error == errno.EFBIG and 'entries' in result.text

    def test_many_entries_take_linear_time(self, importer):
        def seconds(n):
            subprocess.run(['rm', '-rf', importer.out], check=True)
            data = a.aci(b''.join(a.entry(f'rootfs/d{i // 500}/f{i}') for i in range(n)))
            importer.accept()
            subprocess.run(['rm', '-rf', importer.out], check=True)
            assert importer.unpack(data).ok
            return importer.usage.ru_utime + importer.usage.ru_stime
        small, large = seconds(4000), seconds(16000)
        assert large < small * 12

    def test_long_names_and_deep_paths(self, importer):
        name = 'rootfs/' + '/'.join(['n' * 200] * 18) + '/f'
        importer.accept(a.pax(('path', name)) + a.entry('x', data=b'1'))

    def test_deepest_path(self, importer):
        result = importer.unpack(a.aci(a.pax(('path', 'rootfs/' + 'd/' * 1900 + 'f')) + a.entry('x', data=b'1')))
        # Deeper than what pytest could remove.
        subprocess.run(['rm', '-rf', importer.out], check=True)
        assert result.ok, result.text
        assert result.tree_bytes == 1

    def test_few_file_descriptors(self, importer):
        entries = [a.entry(f'rootfs/d{i}/e/f', data=b'1') for i in range(60)]
        result = importer.unpack(a.aci(*entries), before=['prlimit', '--nofile=16:16'])
        assert result.ok, result.text

    @pytest.mark.parametrize('umask', ['000', '777'])
    def test_umask_of_the_caller_does_not_matter(self, importer, umask):
        result = importer.unpack(a.aci(a.entry('rootfs/d/f', mode=0o644), a.directory('rootfs/e', mode=0o755)),
                                 before=['sh', '-c', f'umask {umask}; exec "$@"', 'sh'])
        assert result.ok, result.text
        modes = [stat.S_IMODE((importer.root / name).stat().st_mode) for name in ('d', 'd/f', 'e', '.')]
        assert modes == [0o755, 0o644, 0o755, 0o755]

    def test_memory_of_the_helper_is_small(self, importer):
        importer.unpack(a.COMPRESSIONS['gzip'](a.aci(a.entry('rootfs/f', data=os.urandom(30 << 20)))))
        assert importer.peak_memory < 24 << 20

    def test_xz_that_wants_gigabytes(self, importer):
        packed = bytearray(a.COMPRESSIONS['xz'](a.aci()))
        packed[0x0e + 2] = 40  # not reached: the header's CRC no longer fits
        assert not importer.unpack(bytes(packed)).ok


class TestChecksum:
    def make(self, importer):
        result = importer.accept(a.directory('rootfs/d'), a.entry('rootfs/d/f', data=b'abc'),
                                 a.symlink('rootfs/s', 'd'), a.hardlink('rootfs/h', 'rootfs/d/f'),
                                 a.sparse('rootfs/sparse', 1 << 20), a.xattr(b'user.x', b'1', 'rootfs/x'),
                                 a.entry('rootfs/p', b'6'))
        return result.checksum

    def test_walk_gives_what_the_pass_gave(self, importer):
        checksum = self.make(importer)
        assert len(checksum) == 64
        assert importer.run('verify').checksum == checksum

    @pytest.mark.parametrize('change', ['content', 'mode', 'owner', 'remove', 'add', 'link', 'xattr', 'new-xattr',
                                        'type'])
    def test_every_change_is_seen(self, importer, change):
        checksum = self.make(importer)
        root = importer.root
        {
            'content': lambda: (root / 'd/f').write_bytes(b'abd'),
            'mode': lambda: (root / 'd').chmod(0o700),
            'owner': lambda: os.chown(root / 'd/f', 1, 0),
            'remove': lambda: (root / 'x').unlink(),
            'add': lambda: (root / 'd/new').touch(),
            'link': lambda: ((root / 's').unlink(), (root / 's').symlink_to('e')),
            'xattr': lambda: os.setxattr(root / 'x', 'user.x', b'2'),
            'new-xattr': lambda: os.setxattr(root / 'd', 'user.x', b'2'),
            'type': lambda: ((root / 'p').unlink(), (root / 'p').touch(0o644)),
        }[change]()
        assert importer.run('verify').checksum != checksum

    def test_times_do_not_count(self, importer):
        checksum = self.make(importer)
        os.utime(importer.root / 'd/f', (1, 1))
        assert importer.run('verify').checksum == checksum


class TestConfinement:
    def test_of_the_running_helper(self, importer, build_dir):
        """While it waits for input: no file system but its own, few capabilities, a filter, no network."""
        options = json.loads((build_dir / 'meson-info/intro-buildoptions.json').read_text())
        if any(o['name'] == 'b_sanitize' and o['value'] != 'none' for o in options):
            pytest.skip('sanitizers do not work under the filter')
        importer.out.mkdir()
        out = os.open(importer.out, os.O_RDONLY | os.O_DIRECTORY)
        source_read, source_write = os.pipe()
        status_read, status_write = os.pipe()
        fds = [out, source_read, None, status_write]
        child = subprocess.Popen(importer.command('extract', fds, GIB, 100), stdin=subprocess.DEVNULL,
                                 pass_fds=[fd for fd in fds if fd is not None])
        try:
            status = self.wait_for_filter(child.pid)
            assert status['CapEff'] == status['CapPrm'] == status['CapBnd'] == '000000008000001b'
            assert status['NoNewPrivs'] == '1'
            assert os.readlink(f'/proc/{child.pid}/root') == str(importer.out)
            assert os.readlink(f'/proc/{child.pid}/ns/net') != os.readlink('/proc/self/ns/net')
        finally:
            child.kill()
            child.wait()
            for fd in (out, source_read, source_write, status_read, status_write):
                os.close(fd)

    @staticmethod
    def wait_for_filter(pid):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            lines = open(f'/proc/{pid}/status').read().splitlines()
            status = {k: v.strip() for k, v in (line.split(':', 1) for line in lines)}
            if status['Seccomp'] == '2' and int(status['Threads']) >= 3:
                return status
            time.sleep(0.01)
        raise AssertionError('the helper never confined itself')

    def test_archive_by_single_bytes(self, importer):
        data = gzip.compress(a.aci(a.entry('rootfs/f', data=b'x' * 3000)))
        importer.out.mkdir()
        read_fd, write_fd = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read_fd)
            for i in range(len(data)):
                os.write(write_fd, data[i:i + 1])
            os._exit(0)
        os.close(write_fd)
        result = importer.run('extract', read_fd)
        os.close(read_fd)
        os.waitpid(pid, 0)
        assert result.ok, result.text

    @pytest.mark.parametrize('call', ['openat2', 'clone3', 'copy_file_range'])
    def test_without_newer_system_calls(self, importer, call):
        result = importer.unpack(a.aci(a.symlink('rootfs/lib', 'usr/lib'), a.entry('rootfs/lib/x/y', data=b'1')),
                                 before=[*STRACE, '-e', f'inject={call}:error=ENOSYS'])
        assert result.ok, result.text
        assert (importer.root / 'usr/lib/x/y').read_bytes() == b'1'


class TestFaults:
    ARCHIVE = (a.directory('rootfs/d', uid=3), a.entry('rootfs/d/f', data=b'x' * 100000, uid=5),
               a.symlink('rootfs/s', 'd'), a.hardlink('rootfs/h', 'rootfs/d/f'))

    @pytest.mark.parametrize('call, error', [('pwrite64', 'ENOSPC'), ('pwrite64', 'EIO'), ('pwrite64', 'EDQUOT'),
                                             ('mkdirat', 'ENOSPC'), ('symlinkat', 'ENOSPC'), ('linkat', 'ENOSPC'),
                                             ('fchown', 'EIO'), ('utimensat', 'EIO'), ('write', 'ENOSPC')])
    def test_failing_call_is_told_with_its_error(self, importer, call, error):
        result = importer.unpack(a.COMPRESSIONS['gzip'](a.aci(*self.ARCHIVE)),
                                 before=[*STRACE, '-e', f'inject={call}:error={error}:when=1'])
        assert not result.ok
        # The first write may be the status pipe's own: then there is nobody to tell.
        if result.text is not None:
            assert result.error == getattr(errno, error), result.text
            assert os.strerror(result.error) in result.text

    def test_interrupted_calls_are_repeated(self, importer):
        result = importer.unpack(a.aci(*self.ARCHIVE), before=[*STRACE, '-e', 'inject=pwrite64:error=EINTR:when=1'])
        assert result.ok, result.text
