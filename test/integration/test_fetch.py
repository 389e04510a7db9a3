# SPDX-License-Identifier: Apache-2.0
"""rkt fetch and rkt trust by the programs as built, in directories of the test's own: needs no test host."""

import os
import pty
import re
import shutil
import signal
import subprocess
import time

import pytest

import download
from fetching import NAME, answer
from fetching import authority, gpg, images, rkt, serve, trusting, web  # noqa: F401

# Files

def test_signed_file(trusting, images):
    result = trusting.fetch(images.make(sign='signer'))
    assert result.stdout.startswith('sha512-') and len(result.stdout.strip()) == 71
    assert f'image: using image from file {images.directory}/app.aci' in result.stderr
    assert 'signature verified:\n  Test <signer@test.example>' in result.stderr
    assert trusting.staging() == []


def test_file_is_read_again_each_time(trusting, images):
    path = images.make(sign='signer')
    first = trusting.fetch(path).stdout
    assert trusting.fetch(path).stdout == first
    images.make(sign='signer', exec=['/bin/other'])
    assert trusting.fetch(path).stdout != first
    images.make(sign='stranger')
    trusting.refuse(path, words=['openpgp: signature made by unknown entity'])


def test_file_url(trusting, images):
    assert trusting.fetch(f'file://{images.make(sign="signer")}').stdout


def test_signature_elsewhere(trusting, images):
    path = images.make(sign='signer')
    moved = path.with_name('moved.sig')
    path.with_name('app.aci.asc').rename(moved)
    text = trusting.refuse(path, words=['error opening signature file', 'app.aci.asc', 'No such file'])
    assert '--signature' in text and '--insecure-options=image' in text
    trusting.fetch(path, f'--signature={moved}')


def test_unknown_key_is_told_before_all_is_read(rkt, images):
    text = rkt.refuse(images.make(sign='signer'), words=[
        f'image "{NAME}" verification failed', 'openpgp: signature made by unknown entity', 'no key is trusted',
        f'rkt trust --prefix={NAME}'])
    assert 'app.aci' in text


def test_changed_file(trusting, images):
    path = images.make(sign='signer', size=100_000)
    signature = path.with_name('app.aci.asc').read_bytes()
    images.make(size=100_000)
    path.with_name('app.aci.asc').write_bytes(signature)
    trusting.refuse(path, words=['verification failed', 'openpgp: invalid signature'])


def test_no_verification_by_option(rkt, images):
    result = rkt.fetch('--insecure-options=image', images.make())
    assert 'warning: image signature verification has been disabled' in result.stderr


@pytest.mark.parametrize('path,words', [
    ('/nonexistent.aci', ['error opening ACI file', '"/nonexistent.aci"', 'No such file']),
    ('/tmp/', ['not a regular file']),
    ('/dev/zero', ['not a regular file']),
    ('/etc/passwd', ['/etc/passwd']),
])
def test_things_that_are_no_images(rkt, path, words):
    rkt.refuse('--insecure-options=image', path, words=['unable to fetch image from file', *words])


def test_truncated_file(rkt, images):
    path = images.make(size=100_000)
    path.write_bytes(path.read_bytes()[:50_000])
    rkt.refuse('--insecure-options=image', path, words=['app.aci'])


# The store

def test_by_name_and_id(trusting, images):
    id = trusting.fetch(images.make(sign='signer')).stdout.strip()
    for reference in (NAME, id, id[:20]):
        assert trusting.fetch(reference).stdout.strip() == id
    result = trusting.fetch('--pull-policy=never', NAME)
    assert f'image: using image from local store for image name {NAME}' in result.stderr


def test_names_that_are_not_in_the_store(rkt):
    rkt.refuse('test.example/none', words=[
        'unable to fetch image from image name "test.example/none"', 'discovery is not supported by this version',
        'rkt fetch FILE|URL'])
    rkt.refuse('--pull-policy=never', 'test.example/none', words=['unable to fetch image', 'pull policy'])
    rkt.refuse('sha512-0123456789ab', words=['no image IDs found'])


@pytest.mark.parametrize('reference', ['docker://busybox', 'oci:/tmp/layout'])
def test_kinds_of_later_versions(rkt, reference):
    rkt.refuse(reference, words=['not supported by this version', reference])


@pytest.mark.parametrize('labels,word', [({'os': 'freebsd', 'arch': 'amd64'}, 'bad os "freebsd"')])
def test_other_platforms(rkt, images, labels, word):
    path = images.make('foreign.aci', **{'labels': labels})
    rkt.refuse('--insecure-options=image', path, words=[word])


# URLs

def test_signed_url(trusting, images, web):
    images.make(sign='signer', size=300_000)
    web.requests()
    result = trusting.fetch(web.url('app.aci'))
    assert f'remote fetching from URL "{web.url("app.aci")}"' in result.stderr
    assert 'Downloading signature: [' in result.stderr and 'Downloading ACI: [' in result.stderr
    assert 'signature verified' in result.stderr
    assert web.requests() == ['GET /app.aci.asc HTTP/1.1 200', 'GET /app.aci HTTP/1.1 200']


def test_redirected_url(trusting, images, web):
    images.make(sign='signer')
    trusting.fetch(web.url('moved/app.aci'))


def test_url_without_signature_costs_no_image(trusting, images, web):
    images.make('bare.aci')
    web.requests()
    trusting.refuse(web.url('bare.aci'), words=[
        'error downloading the signature file', web.url('bare.aci.asc'), 'bad HTTP status code: 404'])
    assert web.requests() == ['GET /bare.aci.asc HTTP/1.1 404']


def test_missing_url(rkt, web):
    rkt.refuse('--insecure-options=image', web.url('none.aci'), words=[
        'error downloading ACI', 'bad HTTP status code: 404', web.url('none.aci')])


def test_local_signature_for_a_url(trusting, images, web):
    path = images.make('far.aci', sign='signer')
    near = path.with_name('near.asc')
    path.with_name('far.aci.asc').rename(near)
    trusting.fetch(web.url('far.aci'), f'--signature={near}')


def test_url_signed_by_a_stranger(trusting, images, web):
    images.make(sign='stranger')
    trusting.refuse(web.url('app.aci'), words=['openpgp: signature made by unknown entity'])
    assert not list((trusting.root / 'var/cas/remote').glob('*'))


def test_untrusted_url_is_not_downloaded_to_its_end(rkt, images, web):
    images.make('large.aci', sign='signer', size=60_000_000)
    web.requests()
    rkt.refuse(web.url('large.aci'), words=['no key is trusted'])
    bytes_sent = int(web.here.joinpath('access.log').read_text().splitlines()[-1].split()[9])
    assert bytes_sent < 60_000_000


def test_unverified_tls(rkt, images, web, authority):
    images.make()
    rkt.environment.pop('SSL_CERT_FILE')
    rkt.refuse('--insecure-options=image', web.url('app.aci'), words=['certificate'])
    result = rkt.fetch('--insecure-options=image,tls', web.url('app.aci'))
    assert 'warning: TLS verification has been disabled' in result.stderr


def test_plain_http_needs_its_option(rkt):
    rkt.refuse('--insecure-options=image', 'http://localhost:1/x.aci', words=['plain http', '--insecure-options=http'])


def test_pull_policies_of_a_url(trusting, images, web):
    images.make(sign='signer')
    url = web.url('app.aci')
    trusting.refuse('--pull-policy=never', url, words=[f'unable to fetch image from URL "{url}"', 'pull policy'])
    id = trusting.fetch(url).stdout
    web.requests()
    for policy in ('new', 'never'):
        result = trusting.fetch(f'--pull-policy={policy}', url)
        assert result.stdout == id and f'using image from local store for url {url}' in result.stderr
    assert web.requests() == []
    # The default of fetch, "update", asks whether it is still the same.
    assert trusting.fetch(url).stdout == id
    assert web.requests() == ['GET /app.aci.asc HTTP/1.1 200', 'GET /app.aci HTTP/1.1 304']
    time.sleep(1.1)
    images.make(sign='signer', exec=['/bin/newer'])
    assert trusting.fetch(url).stdout != id


def test_unexpired_url(trusting, images, web):
    images.make(sign='signer')
    url = web.url('cached/app.aci')
    id = trusting.fetch(url).stdout
    web.requests()
    result = trusting.fetch(url)
    assert result.stdout == id and f"image for {url} isn't expired, not fetching." in result.stderr
    assert web.requests() == []


def test_removed_image_is_downloaded_again(trusting, images, web):
    images.make(sign='signer')
    url = web.url('cached/app.aci')
    id = trusting.fetch(url).stdout.strip()
    trusting.run('image', 'rm', id)
    web.requests()
    assert trusting.fetch('--pull-policy=new', url).stdout.strip() == id
    assert 'GET /cached/app.aci HTTP/1.1 200' in web.requests()


def test_record_of_another_time_is_not_believed(trusting, images, web):
    """The clock was set back: what was fetched in the future is asked for again."""
    images.make(sign='signer')
    url = web.url('cached/app.aci')
    trusting.fetch(url)
    [record] = (trusting.root / 'var/cas/remote').iterdir()
    lines = [line if not line.startswith('fetched=') else 'fetched=9999999999000000'
             for line in record.read_text().splitlines()]
    record.write_text('\n'.join(lines) + '\n')
    web.requests()
    trusting.fetch(url)
    assert 'GET /cached/app.aci HTTP/1.1 304' in web.requests()


# Servers that behave oddly

def test_deferred_signature(trusting, images, serve):
    path = images.make('later.aci', sign='signer')
    seen = []

    def handler(connection, request):
        path_asked = request.split()[1]
        seen.append(path_asked)
        if path_asked.endswith('.asc') and seen.count(path_asked) == 1:
            connection.sendall(answer(status='202 Accepted'))
        else:
            connection.sendall(answer((path.parent / path_asked[1:]).read_bytes()))
    result = trusting.fetch(serve(handler).url('/later.aci'))
    assert 'server requested deferring the signature download' in result.stderr
    assert seen == ['/later.aci.asc', '/later.aci', '/later.aci.asc']


def test_signature_deferred_for_ever(trusting, images, serve):
    path = images.make('never.aci', sign='signer')

    def handler(connection, request):
        signature = request.split()[1].endswith('.asc')
        connection.sendall(answer(status='202 Accepted') if signature else answer(path.read_bytes()))
    trusting.refuse(serve(handler).url('/never.aci'), words=['server asked to defer the download again'])


def test_connection_that_breaks_off(rkt, images, serve):
    path = images.make('broken.aci', size=500_000)
    data = path.read_bytes()

    def handler(connection, request):
        connection.sendall(answer(data)[:300_000])
    text = rkt.refuse('--insecure-options=image', serve(handler).url('/broken.aci'), words=['error downloading ACI'])
    assert 'transfer closed' in text or 'onnection' in text


def on_terminal(rkt, *argv):
    """Everything that comes out when stderr is a terminal."""
    master, slave = pty.openpty()
    process = subprocess.Popen(rkt.argv(*argv), env=rkt.environment, stdout=subprocess.DEVNULL, stderr=slave)
    os.close(slave)
    text = b''
    try:
        while chunk := os.read(master, 65536):
            text += chunk
    except OSError:
        pass
    os.close(master)
    return process.wait(), text.decode()


@pytest.mark.parametrize('whole', [True, False])
def test_progress_on_a_terminal(rkt, images, serve, whole):
    data = answer(images.make('progress.aci', size=500_000).read_bytes())

    def handler(connection, request):
        for start in range(0, len(data) if whole else 300_000, 50_000):
            connection.sendall(data[start:start + 50_000])
            time.sleep(0.06)
    code, text = on_terminal(rkt, '--insecure-options=image', 'fetch', serve(handler).url('/progress.aci'))
    bars = re.findall(r'\rDownloading ACI: \[(=*) *\] [0-9.]+ [KM]B/[0-9.]+ MB\x1b\[K', text)
    assert len(bars) > 2 and bars == sorted(bars), repr(text)
    if whole:
        assert code == 0 and ' ' not in re.findall(r'\[(=[= ]*)\]', text)[-1]
    else:
        assert code == 254 and re.search(r'\x1b\[K\r\nfetch: unable to fetch image', text), text


def test_huge_signature(trusting, images, serve):
    path = images.make('app.aci', sign='signer')

    def handler(connection, request):
        signature = request.split()[1].endswith('.asc')
        connection.sendall(answer(b'x' * 1_000_000 if signature else path.read_bytes()))
    trusting.refuse(serve(handler).url('/app.aci'), words=['error downloading the signature file', 'more than'])


def test_something_else_than_an_image(rkt, serve):
    server = serve(lambda connection, request: connection.sendall(answer(b'<html>login</html>' * 10_000)))
    rkt.refuse('--insecure-options=image', server.url('/x.aci'), words=[server.url('/x.aci')])


def test_password_is_not_shown(rkt, serve):
    server = serve(lambda connection, request: connection.sendall(answer(status='403 Forbidden')))
    url = server.url('/x.aci').replace('https://', 'https://user:secret@')
    text = rkt.refuse('--insecure-options=image', url, words=['user:xxxxx@', '403'])
    assert 'secret' not in text
    assert 'Authorization: Basic dXNlcjpzZWNyZXQ=' in server.requests[0]


def test_killed_fetch_leaves_garbage_only(rkt, images, serve):
    path = images.make('slow.aci', size=2_000_000)
    data = answer(path.read_bytes())

    def handler(connection, request):
        for start in range(0, len(data), 50_000):
            connection.sendall(data[start:start + 50_000])
            time.sleep(0.05)
    url = serve(handler).url('/slow.aci')
    process = rkt.start('--insecure-options=image', 'fetch', url)
    deadline = time.monotonic() + 10
    while not rkt.staging() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert rkt.stored() == []
    assert rkt.run('image', 'list', '--no-legend').stdout == ''
    rkt.fetch('--insecure-options=image', url)


# Trust

def test_trust_review(rkt, images):
    result = rkt.run('trust', '--prefix=test.example', images.directory / 'signer.pub', input='maybe\nyes\n')
    groups = [images.signer.upper()[i:i + 4] for i in range(0, 40, 4)]
    key = rkt.root / 'etc/trustedkeys/prefix.d/test.example' / images.signer
    assert result.stdout.splitlines()[:4] == [
        'prefix: "test.example"', f'key: "{images.directory}/signer.pub"',
        f'gpg key fingerprint is: {" ".join(groups[:5])}  {" ".join(groups[5:])}', '\tTest <signer@test.example>']
    for words in ('Are you sure you want to trust this key (yes/no)?', "Please enter 'yes' or 'no'",
                  'for prefix "test.example" after fingerprint review.',
                  f'Added key for prefix "test.example" at "{key}"'):
        assert words in result.stdout
    assert key.stat().st_mode & 0o7777 == 0o644 and key.stat().st_uid == os.geteuid()
    rkt.fetch(images.make(sign='signer'))


def test_trust_refused(rkt, images):
    result = rkt.run('trust', '--prefix=test.example', images.directory / 'signer.pub', input='no\n', check=None)
    assert f'not trusting "{images.directory}/signer.pub"' in result.stdout
    assert not (rkt.root / 'etc/trustedkeys').exists()


def test_trust_root_over_https(rkt, images, web):
    result = rkt.run('trust', '--root', '--skip-fingerprint-review', web.url('signer.pub'))
    assert f'Added root key at "{rkt.root}/etc/trustedkeys/root.d/{images.signer}"' in result.stdout
    rkt.fetch(images.make(sign='signer'))


def test_trust_from_https_by_option(rkt, images, web):
    rkt.run('--trust-keys-from-https', 'trust', '--prefix=test.example', web.url('signer.pub'))
    rkt.fetch(images.make(sign='signer'))


@pytest.mark.parametrize('argv,words', [
    (['--prefix=test.example'], ['error determining key location', 'not supported by this version']),
    (['--prefix=test.example', 'http://localhost:1/k'], ['--insecure-allow-http required for http URLs']),
    (['--prefix=test.example', 'ftp://localhost/k'], ['only local files and http or https URLs supported']),
    (['--prefix=test.example', '/nonexistent'], ['/nonexistent', 'No such file']),
    (['--prefix=../x', '/etc/passwd'], ['"../x"']),
    (['--root', '/etc/passwd'], ['/etc/passwd']),
    (['--root', '/dev/zero'], ['/dev/zero']),
])
def test_trust_refuses(rkt, argv, words):
    result = rkt.run('trust', '--skip-fingerprint-review', *argv, check=254)
    for word in words:
        assert word in result.stderr, result.stderr
    assert not (rkt.root / 'etc/trustedkeys').exists()


def test_trust_of_a_url_that_gives_no_key(rkt, images, web):
    result = rkt.run('trust', '--root', '--skip-fingerprint-review', web.url('none.pub'), check=254)
    assert 'bad HTTP status code: 404' in result.stderr


def test_prefix_is_matched_by_component(rkt, images):
    rkt.run('trust', '--prefix=test.example/ap', '--skip-fingerprint-review', images.directory / 'signer.pub')
    rkt.refuse(images.make(sign='signer'), words=['no key is trusted'])
    rkt.run('trust', '--prefix=test.example/app', '--skip-fingerprint-review', images.directory / 'signer.pub')
    rkt.fetch(images.make(sign='signer'))


def test_untrusted_again(trusting, images):
    """Removing the key's file is enough."""
    path = images.make(sign='signer')
    trusting.fetch(path)
    shutil.rmtree(trusting.root / 'etc/trustedkeys')
    trusting.refuse(path, words=['no key is trusted'])


# The environment

@pytest.mark.parametrize('variable', ['https_proxy', 'HTTPS_PROXY'])
def test_proxy_of_the_environment(rkt, variable):
    """https goes through a tunnel, so that the proxy learns nothing but the host."""
    seen = []

    def handler(connection, request):
        seen.append(request)
        connection.sendall(b'HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n')
    proxy = download.RawServer(handler)
    rkt.environment[variable] = f'http://localhost:{proxy.port}'
    rkt.refuse('--insecure-options=image', 'https://images.invalid/secret.aci', words=['error downloading ACI'])
    proxy.close()
    assert seen[0].startswith('CONNECT images.invalid:443 ') and 'secret' not in seen[0]


def test_no_proxy(rkt, images, web):
    images.make()
    rkt.environment.update(https_proxy='http://localhost:1', no_proxy='localhost')
    rkt.fetch('--insecure-options=image', web.url('app.aci'))


def test_directory_of_authorities(rkt, images, web, authority):
    images.make()
    subprocess.run(['openssl', 'rehash', authority.directory], check=True, capture_output=True)
    del rkt.environment['SSL_CERT_FILE']
    os.chmod(authority.directory, 0o755)
    for parent in authority.directory.parents[:2]:
        os.chmod(parent, 0o755)
    rkt.environment['SSL_CERT_DIR'] = str(authority.directory)
    rkt.fetch('--insecure-options=image', web.url('app.aci'))


def test_missing_authorities_are_told(rkt, web):
    rkt.environment['SSL_CERT_FILE'] = '/nonexistent/ca.pem'
    rkt.refuse('--insecure-options=image', web.url('app.aci'), words=['$SSL_CERT_FILE "/nonexistent/ca.pem"'])
