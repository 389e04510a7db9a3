# SPDX-License-Identifier: Apache-2.0
"""The importer's reading of tar: the same as others have of it, or none."""

import errno
import os
import subprocess
import tarfile

import pytest

import archives as a
from importer import importer, listing  # noqa: F401


class TestDuplicates:
    """T12: the last one wins, as with GNU tar."""

    CASES = {
        'files': (a.entry('rootfs/x', data=b'1'), a.entry('rootfs/x', data=b'2', mode=0o600)),
        'dot-and-slashes': (a.entry('rootfs/x', data=b'1'), a.entry('./rootfs//x', data=b'2')),
        'directory-then-file': (a.directory('rootfs/x'), a.entry('rootfs/x', data=b'2')),
        'file-then-directory': (a.entry('rootfs/x', data=b'1'), a.directory('rootfs/x'), a.entry('rootfs/x/y')),
        'symlink-then-directory': (a.directory('rootfs/t'), a.symlink('rootfs/x', 't'), a.directory('rootfs/x'),
                                   a.entry('rootfs/x/y')),
        'directory-twice': (a.directory('rootfs/x', mode=0o700), a.entry('rootfs/x/y'),
                            a.directory('rootfs/x', mode=0o711)),
        'hardlink-then-file': (a.entry('rootfs/x', data=b'1'), a.hardlink('rootfs/y', 'rootfs/x'),
                               a.entry('rootfs/y', data=b'2')),
    }

    @pytest.mark.parametrize('case', sorted(CASES))
    def test_same_tree_as_gnu_tar(self, importer, case):
        importer.accept(*self.CASES[case])
        peer = importer.where / 'peer'
        peer.mkdir()
        subprocess.run(['tar', '-xpf', importer.where / 'archive', '-C', peer, '--numeric-owner'], check=True)
        assert listing(importer.out) == listing(peer)


class TestRealArchivers:
    """What archivers write in all their formats is understood, and gives the tree that they were given."""

    FORMATS = {
        'v7': ['--format=v7'], 'oldgnu': ['--format=oldgnu'], 'gnu': ['--format=gnu'], 'ustar': ['--format=ustar'],
        'pax': ['--format=pax'], 'pax-xattrs': ['--format=pax', '--xattrs', '--acls', '--xattrs-include=*'],
        'gnu-sparse': ['--format=gnu', '--sparse'], 'pax-sparse-0.0': ['--format=pax', '-S', '--sparse-version=0.0'],
        'pax-sparse-0.1': ['--format=pax', '-S', '--sparse-version=0.1'],
        'pax-sparse-1.0': ['--format=pax', '-S', '--sparse-version=1.0'],
        'pax-global': ['--format=pax', '--pax-option=globexthdr.name=g,comment=by a test'],
    }

    @staticmethod
    def make_tree(top, form):
        root = top / 'rootfs'
        (root / 'usr/lib').mkdir(parents=True)
        (root / 'lib').symlink_to('usr/lib')
        (root / 'usr/lib/f').write_bytes(b'x' * 70000)
        os.link(root / 'usr/lib/f', root / 'hard')
        (root / 'setuid').write_bytes(b'')
        os.chown(root / 'setuid', 12, 34)
        (root / 'setuid').chmod(0o6755)
        with open(root / 'sparse', 'wb') as f:
            for offset in range(0, 40 << 16, 1 << 16):
                f.seek(offset)
                f.write(b'data')
            f.truncate(50 << 16)
        if form != 'v7':
            os.mkfifo(root / 'fifo')
        if form not in ('v7', 'ustar', tarfile.USTAR_FORMAT):
            (root / ('n' * 200)).write_bytes(b'1')
            (root / 'to').symlink_to('t' * 300)
            os.link(root / ('n' * 200), root / ('m' * 200))
        (top / 'manifest').write_bytes(a.MANIFEST)

    @pytest.mark.parametrize('form', sorted(FORMATS))
    def test_gnu_tar(self, importer, form):
        tree = importer.where / 'tree'
        self.make_tree(tree, form)
        archive = importer.where / 'made.tar'
        subprocess.run(['tar', *self.FORMATS[form], '-cf', archive, '-C', tree, 'manifest', 'rootfs'], check=True)
        result = importer.unpack(archive)
        assert result.ok, result.text
        assert listing(importer.out) == listing(tree)

    @pytest.mark.parametrize('form', [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
    def test_python(self, importer, form):
        tree = importer.where / 'tree'
        self.make_tree(tree, form)
        archive = importer.where / 'made.tar'
        with tarfile.open(archive, 'w', format=form) as tar:
            tar.add(tree / 'manifest', 'manifest')
            tar.add(tree / 'rootfs', 'rootfs')
        result = importer.unpack(archive)
        assert result.ok, result.text
        assert listing(importer.out) == listing(tree)


class TestSecondOpinion:
    """T16: where headers contradict each other, what we take for the archive must be what GNU tar takes for it, or
    it is refused: a reviewer's listing is not to differ from what runs."""

    INNER = a.entry('rootfs/inner', data=b'hidden')
    CASES = {
        'pax-size-over-header': a.pax(('size', str(len(INNER)))) + a.header('rootfs/f', size=0) + INNER,
        'header-size-over-pax': a.pax(('size', '0')) + a.header('rootfs/f', size=len(INNER)) + INNER,
        'global-pax-size': a.pax(('size', str(len(INNER))), kind=b'g') + a.header('rootfs/f', size=0) + INNER,
        'pax-then-gnu-name': a.pax(('path', 'rootfs/pax')) + a.long_name('rootfs/gnu') + a.entry('rootfs/f', data=b'1'),
        'gnu-then-pax-name': a.long_name('rootfs/gnu') + a.pax(('path', 'rootfs/pax')) + a.entry('rootfs/f', data=b'1'),
        'two-pax-headers': a.pax(('path', 'rootfs/1')) + a.pax(('mtime', '5')) + a.entry('rootfs/f', data=b'1'),
        'pax-value-removed': a.pax(('path', '')) + a.entry('rootfs/h'),
        'pax-size-on-directory': a.pax(('size', str(len(INNER)))) + a.directory('rootfs/d') + INNER,
        'size-on-symlink': a.header('rootfs/s', b'2', link='x', size=len(INNER)) + INNER,
        'size-on-hardlink': a.entry('rootfs/f') + a.header('rootfs/h', b'1', link='rootfs/f', size=len(INNER)) + INNER,
        'size-on-directory': a.header('rootfs/d', b'5', size=len(INNER), mode=0o755) + INNER,
        'size-on-fifo': a.header('rootfs/p', b'6', size=len(INNER)) + INNER,
        'file-with-slash': a.entry('rootfs/d/', data=b''),
        'contiguous': a.entry('rootfs/f', b'7', data=b'1'),
        'unknown-type': a.entry('rootfs/f', b'Z', data=b'1'),
    }

    @pytest.mark.parametrize('case', sorted(CASES))
    def test_same_tree_or_refused(self, importer, case):
        result = importer.unpack(a.aci(self.CASES[case]))
        if not result.ok:
            assert result.error == errno.EBADMSG
            assert 'ambiguous' in result.text or 'damaged' in result.text
            return
        peer = importer.where / 'peer'
        peer.mkdir()
        subprocess.run(['tar', '-xpf', importer.where / 'archive', '-C', peer, '--numeric-owner'], check=False,
                       capture_output=True)
        assert listing(importer.out) == listing(peer)
