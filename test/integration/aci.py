# SPDX-License-Identifier: Apache-2.0
"""Makes small App Container Images, good and bad ones, around a static busybox."""

import bz2
import gzip
import io
import json
import lzma
import subprocess
import tarfile
from pathlib import Path

MTIME = 1700000000


def manifest(name, *, version='1.0', labels=None, app=True, exec=('/bin/true',), user='0', group='0', **more):
    """An image manifest; more are members of the app. app=False leaves the app out."""
    text = {
        'acKind': 'ImageManifest',
        'acVersion': '0.8.11',
        'name': name,
        'labels': [{'name': 'version', 'value': version}, {'name': 'os', 'value': 'linux'},
                   {'name': 'arch', 'value': 'amd64'}],
    }
    if labels is not None:
        text['labels'] = [{'name': k, 'value': v} for k, v in labels.items()]
    if app:
        text['app'] = {'exec': list(exec), 'user': user, 'group': group} | more
    return text


class Builder:
    """A tar in memory; entries are written in the order of the calls."""

    def __init__(self):
        self.buffer = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.buffer, mode='w', format=tarfile.PAX_FORMAT)

    def entry(self, name, kind=tarfile.REGTYPE, data=b'', **fields):
        info = tarfile.TarInfo(name)
        info.type = kind
        info.size = len(data)
        info.mode = fields.pop('mode', 0o755)
        info.mtime = MTIME
        for key, value in fields.items():
            setattr(info, key, value)
        self.tar.addfile(info, io.BytesIO(data))
        return self

    def manifest(self, text):
        data = text if isinstance(text, bytes) else json.dumps(text).encode()
        return self.entry('manifest', data=data, mode=0o644)

    def directory(self, name, **fields):
        return self.entry(name, tarfile.DIRTYPE, **fields)

    def symlink(self, name, target):
        return self.entry(name, tarfile.SYMTYPE, linkname=target)

    def bytes(self):
        self.tar.close()
        return self.buffer.getvalue()


def zstd(data):
    return subprocess.run(['zstd', '-q', '-c'], input=data, stdout=subprocess.PIPE, check=True).stdout


COMPRESS = {'none': bytes, 'gzip': lambda d: gzip.compress(d, 1, mtime=0), 'bzip2': bz2.compress,
            'xz': lambda d: lzma.compress(d, preset=1), 'zstd': zstd}


def busybox():
    return Path('/bin/busybox').read_bytes()


APPLETS = ('sh cat ls echo true false sleep env id stat mkdir touch grep sed awk wc ps head tail mount kill test pwd '
           'hostname dd rm ln chmod chown df date nc httpd sync od printf readlink').split()


def shell_image(path, name, *, compression='gzip', files=None, directories=(), **more):
    """An image whose root holds a static busybox, /etc/passwd and the given files."""
    b = Builder().manifest(manifest(name, **more)).directory('rootfs')
    for directory in ('bin', 'etc', 'tmp', 'data', 'proc', 'sys', 'dev', *directories):
        b.directory(f'rootfs/{directory}', mode=0o1777 if directory == 'tmp' else 0o755)
    b.entry('rootfs/bin/busybox', data=busybox())
    for applet in APPLETS:
        b.symlink(f'rootfs/bin/{applet}', 'busybox')
    texts = {'etc/passwd': 'root:x:0:0:root:/:/bin/sh\napp:x:1000:1000::/data:/bin/sh\n',
             'etc/group': 'root:x:0:\napp:x:1000:\n'} | (files or {})
    for target, text in texts.items():
        mode = 0o755 if 'bin/' in target else 0o644
        b.entry(f'rootfs/{target}', data=text.encode() if isinstance(text, str) else text, mode=mode)
    path.write_bytes(COMPRESS[compression](b.bytes()))
    return path
