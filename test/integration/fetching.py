# SPDX-License-Identifier: Apache-2.0
"""What the tests of rkt fetch and rkt trust share: rkt as built, images and keys, servers."""

import os
import subprocess
import time

import pytest

import aci
import download
import keys

NAME = 'test.example/app'

NGINX = '''
worker_processes 1;
daemon off;
user root;
pid {here}/pid;
error_log {here}/error.log;
events {{ worker_connections 64; }}
http {{
        default_type application/octet-stream;
        access_log {here}/access.log;
        client_body_temp_path {here}/body;
        proxy_temp_path {here}/proxy;
        fastcgi_temp_path {here}/fastcgi;
        uwsgi_temp_path {here}/uwsgi;
        scgi_temp_path {here}/scgi;
        server {{
                listen 127.0.0.1:{port} ssl;
                ssl_certificate {tls}/nginx.pem;
                ssl_certificate_key {tls}/nginx.key;
                root {www};
                location /cached/ {{ alias {www}/; add_header Cache-Control max-age=600; }}
                location /moved/ {{ rewrite ^/moved/(.*)$ /$1 redirect; }}
        }}
}}
'''


class Rkt:
    """The rkt command over a data directory and a configuration that only this test has."""

    def __init__(self, build_dir, root, ca):
        self.program = build_dir / 'src/cli/rkt'
        self.root = root
        self.environment = {'PATH': os.environ['PATH'], 'RKT_HELPER_DIR': str(build_dir / 'src/image'),
                            'SSL_CERT_FILE': str(ca)}
        (root / 'etc').mkdir(mode=0o755)

    def argv(self, *argv):
        return [self.program, f'--dir={self.root}/var', f'--local-config={self.root}/etc',
                f'--system-config={self.root}/usr', *map(str, argv)]

    def run(self, *argv, check=0, **how):
        result = subprocess.run(self.argv(*argv), env=self.environment, capture_output=True, text=True, check=False,
                                stdin=None if 'input' in how else subprocess.DEVNULL, **how)
        assert check is None or result.returncode == check, result.stderr
        return result

    def fetch(self, *argv, **how):
        return self.run('--debug', 'fetch', '--full', *argv, **how)

    def refuse(self, *argv, words=(), **how):
        """Fails with exit code 254 and these words, and leaves nothing."""
        before = self.stored()
        text = self.fetch(*argv, check=254, **how).stderr
        for word in words:
            assert word in text, text
        assert self.stored() == before
        assert self.staging() == []
        return text

    def start(self, *argv):
        return subprocess.Popen(self.argv(*argv), env=self.environment, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def stored(self):
        """All blobs, trees and index entries."""
        cas = self.root / 'var/cas'
        return sorted(str(path) for part in ('blob', 'tree', 'index') for path in (cas / part).glob('*/*')
                      if part != 'blob' or path.is_file())

    def staging(self):
        tmp = self.root / 'var/cas/tmp'
        return sorted(os.listdir(tmp)) if tmp.exists() else []


@pytest.fixture(scope='module')
def authority(tmp_path_factory):
    return download.Authority(tmp_path_factory.mktemp('ca'))


@pytest.fixture(scope='module')
def gpg():
    it = keys.Gpg()
    yield it
    it.close()


class Images:
    def __init__(self, directory, gpg):
        self.directory, self.gpg = directory, gpg
        self.signer = gpg.make_key('signer@test.example')
        self.stranger = gpg.make_key('stranger@test.example')
        for name in ('signer', 'stranger'):
            gpg.export(getattr(self, name), directory / f'{name}.pub').chmod(0o644)

    def make(self, file='app.aci', *, name=NAME, sign=None, size=0, **more):
        """A small image, signed by whom sign names."""
        path = self.directory / file
        aci.shell_image(path, name, files={'data/noise': os.urandom(size)} if size else {}, **more)
        path.chmod(0o644)
        path.with_name(path.name + '.asc').unlink(missing_ok=True)
        if sign:
            self.gpg.sign(path, getattr(self, sign)).chmod(0o644)
        return path


@pytest.fixture(scope='module')
def images(tmp_path_factory, gpg):
    directory = tmp_path_factory.mktemp('images')
    directory.chmod(0o755)
    return Images(directory, gpg)


@pytest.fixture
def rkt(build_dir, tmp_path, authority):
    return Rkt(build_dir, tmp_path, authority.ca)


@pytest.fixture
def trusting(rkt, images):
    rkt.run('trust', '--prefix=test.example', '--skip-fingerprint-review', images.directory / 'signer.pub')
    return rkt


class Web:
    """nginx over the images' directory."""

    def __init__(self, here, authority, www):
        self.here = here
        authority.context('nginx')
        with download.socket.create_server(('127.0.0.1', 0)) as probe:
            self.port = probe.getsockname()[1]
        configuration = here / 'nginx.conf'
        configuration.write_text(NGINX.format(here=here, port=self.port, tls=authority.directory, www=www))
        self.process = subprocess.Popen(['nginx', '-c', configuration], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                download.socket.create_connection(('127.0.0.1', self.port)).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError('nginx does not answer')

    def url(self, path):
        return f'https://localhost:{self.port}/{path}'

    def requests(self):
        """Since the last call."""
        log = self.here / 'access.log'
        lines = log.read_text().splitlines()
        log.write_text('')
        os.truncate(log, 0)
        return [line.split('"')[1] + line.split('"')[2][:4] for line in lines]

    def close(self):
        self.process.terminate()
        self.process.wait()


@pytest.fixture(scope='module')
def web(tmp_path_factory, authority, images):
    it = Web(tmp_path_factory.mktemp('nginx'), authority, images.directory)
    yield it
    it.close()


@pytest.fixture
def serve(authority):
    servers = []

    def make(handler):
        servers.append(download.RawServer(handler, authority.context('raw')))
        return servers[-1]
    yield make
    for server in servers:
        server.close()


def answer(body=b'', status='200 OK', headers=()):
    head = [f'HTTP/1.1 {status}', f'Content-Length: {len(body)}', *headers]
    return '\r\n'.join(head).encode() + b'\r\n\r\n' + body
