# SPDX-License-Identifier: Apache-2.0
"""Makes tar archives byte by byte, as no archiver would write them: the attacks of the threat table T01–T21.

An archive is a list of entries; entry() is one header (with what precedes and follows it), aci() puts a manifest and
a rootfs before them and the end marker behind them."""

import bz2
import gzip
import json
import lzma
import struct

BLOCK = 512
MANIFEST = json.dumps({'acKind': 'ImageManifest', 'acVersion': '0.8.11', 'name': 'test.example/hostile'}).encode()
END = bytes(2 * BLOCK)


def pad(data):
    return data + bytes(-len(data) % BLOCK)


def number(value, width):
    """Octal; base-256 (GNU) where that does not fit."""
    if isinstance(value, bytes):
        return value.ljust(width, b'\0')
    if 0 <= value < 8 ** (width - 1):
        return b'%0*o\0' % (width - 1, value)
    return (value + (1 << (8 * width - 1) if value >= 0 else 1 << (8 * width))).to_bytes(width, 'big')


def header(name, kind=b'0', *, size=0, mode=0o644, uid=0, gid=0, mtime=1500000000, link=b'', uname=b'', major=0,
           minor=0, magic=b'ustar\x0000', prefix=b'', checksum=None):
    name, link = (s.encode() if isinstance(s, str) else s for s in (name, link))
    head = (name[:100].ljust(100, b'\0') + number(mode, 8) + number(uid, 8) + number(gid, 8) + number(size, 12)
            + number(mtime, 12) + b' ' * 8 + kind + link[:100].ljust(100, b'\0') + magic + uname.ljust(32, b'\0')
            + bytes(32) + number(major, 8) + number(minor, 8) + prefix.ljust(155, b'\0'))
    head = head.ljust(BLOCK, b'\0')
    total = sum(head) if checksum is None else checksum
    return head[:148] + b'%06o\0 ' % total + head[156:]


def records(pairs):
    """The body of a pax header."""
    out = b''
    for key, value in pairs:
        key, value = (s.encode() if isinstance(s, str) else s for s in (key, value))
        n = len(key) + len(value) + 3
        while len(str(n)) + len(key) + len(value) + 3 != n:
            n = len(str(n)) + len(key) + len(value) + 3
        out += b'%d %s=%s\n' % (n, key, value)
    return out


def pax(*pairs, kind=b'x', body=None):
    body = records(pairs) if body is None else body
    return header('PaxHeaders/x', kind, size=len(body)) + pad(body)


def long_name(name, kind=b'L'):
    name = name.encode() if isinstance(name, str) else name
    return header('././@LongLink', kind, size=len(name) + 1, magic=b'ustar  \0') + pad(name + b'\0')


def entry(name, kind=b'0', data=b'', **fields):
    fields.setdefault('size', len(data))
    return header(name, kind, **fields) + pad(data)


def directory(name, **fields):
    return entry(name, b'5', mode=fields.pop('mode', 0o755), **fields)


def symlink(name, target, **fields):
    return entry(name, b'2', link=target, **fields)


def hardlink(name, target, **fields):
    return entry(name, b'1', link=target, **fields)


def manifest(data=MANIFEST):
    return entry('manifest', data=data)


def aci(*entries, head=None, end=END):
    return (manifest() + directory('rootfs') if head is None else head) + b''.join(entries) + end


COMPRESSIONS = {
    'none': lambda data: data,
    'gzip': lambda data: gzip.compress(data, 6, mtime=0),
    'bzip2': bz2.compress,
    'xz': lzma.compress,
}


def capability(revision, size):
    """A security.capability value of that revision and length: cap_net_raw+ep."""
    return struct.pack('<III', revision | 1, 1 << 13, 0).ljust(size, b'\0')[:size]


def xattr(name, value, path='rootfs/f', data=b'x'):
    return pax((b'SCHILY.xattr.' + name, value)) + entry(path, data=data)


def sparse(name, size, stored=BLOCK):
    """GNU's old sparse format: one piece at the beginning, the rest a hole."""
    head = bytearray(header(name, b'S', size=stored, magic=b'ustar  \0'))
    head[386:410] = number(0, 12) + number(stored, 12)
    head[482] = 0
    head[483:495] = number(size, 12)
    head[148:156] = b' ' * 8
    head[148:156] = b'%06o\0 ' % sum(head)
    return bytes(head) + pad(b'x' * stored)


def deep(depth, length):
    return 'rootfs/' + '/'.join(['d' * length] * depth) + '/f'


# What is refused: name → archive, and a part of the message.
REFUSED = {
    # T01
    'dotdot': (aci(entry('rootfs/../escaped')), '".."'),
    'dotdot-first': (aci(entry('../escaped')), '".."'),
    'dotdot-middle': (aci(directory('rootfs/a'), entry('rootfs/a/../../escaped')), '".."'),
    'dotdot-last': (aci(directory('rootfs/..')), '".."'),
    'absolute': (aci(entry('/escaped')), 'absolute'),
    'absolute-rootfs': (aci(entry('/rootfs/f')), 'absolute'),
    'empty-name': (aci(entry('')), 'no name'),
    'only-slashes': (aci(directory('///')), 'absolute'),
    'pax-path-dotdot': (aci(pax(('path', 'rootfs/../../escaped')) + entry('rootfs/f')), '".."'),
    'pax-path-absolute': (aci(pax(('path', '/escaped')) + entry('rootfs/f')), 'absolute'),
    'gnu-long-name-dotdot': (aci(long_name('rootfs/' + 'x' * 120 + '/../../../escaped') + entry('rootfs/f')), '".."'),
    'gnu-sparse-name': (aci(pax(('GNU.sparse.major', '1'), ('GNU.sparse.minor', '0'),
                                ('GNU.sparse.name', '../escaped'), ('GNU.sparse.realsize', '1'))
                            + entry('rootfs/GNUSparseFile.1/f', data=b'1\n0\n1\n'.ljust(BLOCK, b'\0') + b'x')), '".."'),
    'prefix-dotdot': (aci(entry('escaped', prefix=b'rootfs/..')), '".."'),
    # T05
    'hardlink-absolute': (aci(hardlink('rootfs/h', '/etc/passwd')), 'absolute'),
    'hardlink-dotdot': (aci(hardlink('rootfs/h', 'rootfs/../../../etc/passwd')), '".."'),
    'hardlink-outside-rootfs': (aci(hardlink('rootfs/h', 'manifest')), 'hard link'),
    'hardlink-pax-linkpath': (aci(pax(('linkpath', '../../etc/passwd')) + hardlink('rootfs/h', 'rootfs/f')), '".."'),
    'hardlink-to-symlink': (aci(symlink('rootfs/s', '/etc/passwd'), hardlink('rootfs/h', 'rootfs/s')), 'no regular'),
    'hardlink-to-directory': (aci(directory('rootfs/d'), hardlink('rootfs/h', 'rootfs/d')), 'no regular'),
    'hardlink-to-nothing': (aci(hardlink('rootfs/h', 'rootfs/gone')), 'no regular'),
    'hardlink-behind-symlink': (aci(symlink('rootfs/x', '/etc'), hardlink('rootfs/h', 'rootfs/x/passwd')),
                                'no regular'),
    # T09
    'capability-short': (aci(xattr(b'security.capability', capability(0x02000000, 12))), 'malformed'),
    'capability-v3-short': (aci(xattr(b'security.capability', capability(0x03000000, 20))), 'malformed'),
    'capability-v1': (aci(xattr(b'security.capability', capability(0x01000000, 12))), 'malformed'),
    'capability-empty': (aci(xattr(b'security.capability', b'\0')), 'malformed'),
    # T10
    'xattr-large': (aci(xattr(b'user.bomb', b'x' * 70000)), 'too large'),
    'xattr-name-long': (aci(xattr(b'user.' + b'n' * 300, b'x')), 'bad name'),
    # T12
    'file-as-directory': (aci(entry('rootfs/a'), entry('rootfs/a/b')), 'no directory'),
    'file-over-full-directory': (aci(directory('rootfs/a'), entry('rootfs/a/b'), entry('rootfs/a')), 'contents'),
    # T14
    'sparse-1t': (aci(sparse('rootfs/f', 1 << 40)), 'larger than'),
    'sparse-2-62': (aci(sparse('rootfs/f', 1 << 62)), 'larger than'),
    'size-huge': (aci(header('rootfs/f', size=1 << 62)), 'larger than'),
    'size-negative': (aci(header('rootfs/f', size=-1)), ''),
    'pax-size-overflow': (aci(pax(('size', str(1 << 70))) + entry('rootfs/f')), ''),
    'pax-size-negative': (aci(pax(('size', '-1')) + entry('rootfs/f')), ''),
    'sum-of-sizes': (aci(*[sparse(f'rootfs/f{i}', 3 << 30) for i in range(6)]), 'larger than'),
    # T16
    'pax-header-huge': (aci(pax(('comment', 'x' * (2 << 20))) + entry('rootfs/f')), ''),
    'long-name-huge': (aci(long_name('rootfs/' + 'x' * (2 << 20)) + entry('rootfs/f')), ''),
    'pax-malformed': (aci(pax(body=b'99999999999 path=x\n') + entry('rootfs/f')), ''),
    'pax-truncated-record': (aci(pax(body=b'30 path=rootfs/g\n') + entry('rootfs/f')), ''),
    'checksum': (aci(header('rootfs/f', checksum=1)), ''),
    # T17
    'uid-minus-one': (aci(entry('rootfs/f', uid=-1)), 'user id'),
    'gid-minus-one': (aci(entry('rootfs/f', gid=-1)), 'group id'),
    'uid-2-32-minus-1': (aci(entry('rootfs/f', uid=(1 << 32) - 1)), 'user id'),
    'uid-2-32': (aci(entry('rootfs/f', uid=1 << 32)), 'user id'),
    'uid-2-32-1000': (aci(entry('rootfs/f', uid=(1 << 32) + 1000)), 'user id'),
    'pax-uid-large': (aci(pax(('uid', str((1 << 32) + 1000))) + entry('rootfs/f')), 'user id'),
    'pax-gid-negative': (aci(pax(('gid', '-1')) + entry('rootfs/f')), 'group id'),
    'directory-uid': (aci(directory('rootfs/d', uid=1 << 32)), 'user id'),
    'symlink-uid': (aci(symlink('rootfs/s', 'x', uid=1 << 32)), 'user id'),
    # T18
    'name-max': (aci(pax(('path', 'rootfs/' + 'n' * 256)) + entry('x')), 'too long'),
    'path-max': (aci(pax(('path', deep(300, 20))) + entry('x')), 'too long'),
    'symlink-loop': (aci(symlink('rootfs/a', 'b'), symlink('rootfs/b', 'a'), entry('rootfs/a/x')), 'symlinks'),
    # T19
    'zip': (b'PK\x03\x04' + bytes(2000), 'tar'),
    'rar5': (b'Rar!\x1a\x07\x01\x00' + bytes(2000), 'tar'),
    'iso': (bytes(32768) + b'\x01CD001\x01' + bytes(4096), ''),
    'cpio': (b'070701' + b'0' * 104 + bytes(2000), 'tar'),
    'mtree': (b'#mtree\n./f type=file mode=644\n', 'tar'),
    'lrzip': (b'LRZI\x00\x06' + bytes(2000), 'tar'),
    'grzip': (b'GRZipII\x00\x02\x04:)' + bytes(2000), 'tar'),
    'compress': (b'\x1f\x9d\x90' + bytes(2000), 'tar'),
    'lz4': (b'\x04\x22\x4d\x18' + bytes(2000), 'tar'),
    'text': (b'not an archive\n' * 100, 'tar'),
    'empty': (b'', 'empty'),
    'nested-gzip': (gzip.compress(gzip.compress(aci())), 'tar'),
    'uuencoded': (b'begin 644 x\n' + b'M' + b'A' * 60 + b'\n', 'tar'),
    # T20
    'manifest-missing': (aci(entry('rootfs/f'), head=directory('rootfs')), 'no manifest'),
    'manifest-twice': (aci(manifest()), 'more than one'),
    'manifest-symlink': (aci(head=symlink('manifest', 'rootfs/m') + directory('rootfs')), 'no regular file'),
    'manifest-hardlink': (aci(head=directory('rootfs') + entry('rootfs/m') + hardlink('manifest', 'rootfs/m')),
                          'no regular file'),
    'manifest-directory': (aci(head=directory('manifest') + directory('rootfs')), 'no regular file'),
    'manifest-fifo': (aci(head=entry('manifest', b'6') + directory('rootfs')), 'no regular file'),
    'manifest-large': (aci(head=manifest(b'{"x":"' + b'a' * (4 << 20) + b'"}') + directory('rootfs')), 'larger'),
    'outside-rootfs': (aci(entry('etc/passwd')), 'neither'),
    'beside-rootfs': (aci(entry('rootfs2/f')), 'neither'),
    'rootfs-symlink': (aci(head=manifest() + symlink('rootfs', '/')), 'no directory'),
    'rootfs-file': (aci(head=manifest() + entry('rootfs')), 'no directory'),
    'rootfs-hardlink': (aci(head=manifest() + hardlink('rootfs', 'manifest')), 'no directory'),
    'rootfs-replaced': (aci(symlink('rootfs', '/')), 'no directory'),
    'rootfs-missing': (aci(head=manifest()), 'no rootfs'),
    # T21
    'cut-off-in-file': (aci(entry('rootfs/f', data=b'x' * 5000))[:-4096], 'cut off'),
    'cut-off-between-entries': (aci(entry('rootfs/f'), end=b''), 'cut off'),
    'cut-off-in-header': (aci(entry('rootfs/f'))[:-1200], ''),
    'data-after-end': (aci(entry('rootfs/f')) + b'hidden'.ljust(BLOCK, b'\0'), 'after its end'),
    'archive-after-end': (aci(entry('rootfs/f')) + aci(), 'after its end'),
    'data-far-after-end': (aci() + bytes(1 << 20) + b'x', 'after its end'),
    'gzip-garbage-after': (gzip.compress(aci()) + b'garbage', ''),
    'gzip-zero-after': (gzip.compress(aci()) + b'\0', ''),
    'gzip-cut-off': (gzip.compress(aci())[:-3], 'cut off'),
    'gzip-bad-crc': (gzip.compress(aci())[:-8] + b'\1\2\3\4' + gzip.compress(aci())[-4:], 'damaged'),
    'xz-garbage-after': (lzma.compress(aci()) + b'garbage', ''),
    'bzip2-garbage-after': (bz2.compress(aci()) + b'garbage', ''),
    'bzip2-cut-off': (bz2.compress(aci())[:-3], 'cut off'),
}

POSIX_ACL = 'user::rwx,user:joe:r-x:1000,group::r-x,mask::r-x,other::r--'

# What is accepted: name → archive.
ACCEPTED = {
    'smallest': aci(),
    'no-rootfs-entry': aci(entry('rootfs/f'), head=manifest()),
    'dot-names': aci(entry('./rootfs//d/./f'), head=directory('./') + entry('./manifest', data=MANIFEST)),
    'manifest-last': aci(entry('rootfs/f'), manifest(), head=directory('rootfs')),
    'one-zero-block': aci(entry('rootfs/f'), end=bytes(BLOCK)),
    'many-zero-blocks': aci(entry('rootfs/f'), end=bytes(1 << 20)),
    'old-tar': aci(entry('rootfs/f', data=b'x', magic=bytes(8))),
    'two-gzip-members': gzip.compress(aci(entry('rootfs/f'))[:700]) + gzip.compress(aci(entry('rootfs/f'))[700:]),
}
