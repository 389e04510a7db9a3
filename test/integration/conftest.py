# SPDX-License-Identifier: Apache-2.0
"""What all integration tests share: a test host for the session, clean before each test; images; keys."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

import aci
import keys
import server
import testhost

PREFIX = 'test.example'


def pytest_addoption(parser):
    parser.addoption('--build-dir', default=os.environ.get('RKT_BUILD_DIR', 'build'), help='meson build directory')


def pytest_configure(config):
    config.addinivalue_line('markers', 'limits: needs a host in which memory limits bind')


@pytest.fixture(scope='session')
def build_dir(request):
    return Path(request.config.getoption('--build-dir')).resolve()


@pytest.fixture(scope='session')
def share():
    """A directory of the machine that is /mnt/share in every host."""
    path = Path(tempfile.mkdtemp(prefix='rkt-it-'))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def boot(build_dir, share, mode, suffix, *options):
    return testhost.TestHost(f'it-{os.getpid()}-{suffix}', build_dir, share, mode, options)


@pytest.fixture(scope='session')
def session_host(build_dir, share):
    host = boot(build_dir, share, 'unified', 'u')
    yield host
    host.close()


@pytest.fixture(scope='session')
def session_limits_host(build_dir, share):
    host = boot(build_dir, share, 'limits', 'l')
    yield host
    host.close()


@pytest.fixture
def host(session_host):
    """The test host, without pods, images, keys and pod files."""
    session_host.clean()
    yield session_host


@pytest.fixture
def limits_host(session_limits_host):
    session_limits_host.clean()
    yield session_limits_host


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows the end of the host's journal, where most reasons are."""
    outcome = yield
    report = outcome.get_result()
    if report.when == 'call' and report.failed:
        for name in ('host', 'limits_host'):
            host = item.funcargs.get(name)
            if host:
                report.sections.append(('journal of the host', host.journal_since(host.cursor)))


@pytest.fixture(scope='session')
def gpg():
    it = keys.Gpg()
    yield it
    it.close()


class Images:
    """Makes images in the shared directory on demand. A path that it returns is as the host sees it."""

    def __init__(self, share, gpg):
        self.directory = share / 'images'
        self.directory.mkdir()
        self.gpg = gpg
        self.signer = gpg.make_key('signer@test.example')
        self.stranger = gpg.make_key('stranger@test.example')
        gpg.export(self.signer, share / 'signer.pub')
        gpg.export(self.stranger, share / 'stranger.pub')
        for path in (share / 'signer.pub', share / 'stranger.pub'):
            path.chmod(0o644)

    def here(self, path):
        """The machine's path of a path in the host."""
        return Path(str(path).replace('/mnt/share', str(self.directory.parent), 1))

    def there(self, path):
        return str(path).replace(str(self.directory.parent), '/mnt/share', 1)

    def shell(self, image_name, script=None, *, file=None, sign=False, **more):
        """A busybox image named test.example/IMAGE_NAME; its app runs the script, or what exec= says."""
        path = self.directory / (file or f'{image_name}.aci')
        exec = more.pop('exec', ['/bin/sh', '-c', script or 'true'])
        aci.shell_image(path, f'{PREFIX}/{image_name}', exec=exec, **more)
        path.chmod(0o644)
        path.with_name(path.name + '.asc').unlink(missing_ok=True)
        if sign:
            self.gpg.sign(path, self.signer)
        return self.there(path)

    def raw(self, file, data):
        path = self.directory / file
        path.write_bytes(data)
        path.with_name(path.name + '.asc').unlink(missing_ok=True)
        return self.there(path)

    def sign(self, there, fingerprint=None, **options):
        return self.there(self.gpg.sign(self.here(there), fingerprint or self.signer, **options))


@pytest.fixture(scope='session')
def images(share, gpg):
    return Images(share, gpg)


TRUSTED_DIR = f'/etc/rkt/trustedkeys/prefix.d/{PREFIX}'


@pytest.fixture
def trusted(host, images):
    """A host that trusts the signer for test.example."""
    host.write(f'{TRUSTED_DIR}/{images.signer}', (images.directory.parent / 'signer.pub').read_text())
    return host


@pytest.fixture(scope='session')
def web(session_host, share):
    """nginx in the host: https://images.test/ and http://images.test/ show the shared directory www/."""
    it = server.Server(session_host, share)
    yield it
    it.close()


@pytest.fixture(scope='session')
def payload(share):
    """The static test program test/integration/payload/probe.c, as the host sees it."""
    source = Path(__file__).with_name('payload') / 'probe.c'
    target = share / 'probe'
    subprocess.run(['cc', '-static', '-O1', '-Wall', '-o', target, source], check=True)
    return target


def unsigned(*argv):
    return ('--insecure-options=image', *argv)
