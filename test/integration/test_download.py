# SPDX-License-Identifier: Apache-2.0
"""The helper rkt-download by itself: what it accepts from a server, and what it can't do. Needs no test host."""

import errno
import os
import signal
import ssl
import subprocess
import time

import pytest

import download


@pytest.fixture(scope='module')
def helper(build_dir):
    return str(build_dir / 'src/image/rkt-download')


@pytest.fixture(scope='module')
def authority(tmp_path_factory):
    return download.Authority(tmp_path_factory.mktemp('ca'))


@pytest.fixture(scope='module')
def good_tls(authority):
    return authority.context('good')


@pytest.fixture
def serve(good_tls):
    """Starts servers that are closed after the test."""
    servers = []

    def make(handler, tls=good_tls):
        servers.append(download.RawServer(handler, tls))
        return servers[-1]
    yield make
    for server in servers:
        server.close()


@pytest.fixture
def get(helper, authority):
    def run(url, **how):
        how.setdefault('environment', {'SSL_CERT_FILE': str(authority.ca)})
        return download.fetch(helper, url, **how)
    return run


def reply(body=b'', status='200 OK', headers=(), length=True):
    """A handler that gives this answer."""
    lines = [f'HTTP/1.1 {status}', *headers] + ([f'Content-Length: {len(body)}'] if length else [])
    return lambda connection, request: connection.sendall('\r\n'.join(lines).encode() + b'\r\n\r\n' + body)


def redirect(to, status='302 Found'):
    return reply(b'moved', status, [f'Location: {to}'])


def test_body_and_head(serve, get):
    data = os.urandom(3_000_000)
    server = serve(reply(data, headers=['ETag: "abc"', 'Cache-Control: public, max-age=60']))
    result = get(server.url())
    assert result.code == 0 and result.body == data
    assert result.events[0] == ['response', '200', '60', '"abc"']
    assert result.events[-1][:2] == ['done', str(len(data))]


def test_request_says_no_more_than_needed(serve, get):
    server = serve(reply(b'x'))
    get(server.url('/x?y=z'), etag='"old"')
    head, *fields = server.requests[0].strip().split('\r\n')
    assert head == 'GET /x?y=z HTTP/1.1'
    assert sorted(field.split(':')[0] for field in fields) == ['Accept', 'Host', 'If-None-Match', 'User-Agent']


def test_not_modified(serve, get):
    server = serve(reply(status='304 Not Modified', headers=['ETag: "abc"'], length=False))
    result = get(server.url(), etag='"abc"')
    assert result.code == 0 and result.events[0][1] == '304' and result.body == b''


def test_accepted_is_told(serve, get):
    result = get(serve(reply(b'later', '202 Accepted')).url())
    assert result.code == 0 and result.events[0][1] == '202' and result.body == b''


@pytest.mark.parametrize('status,number', [
    ('404 Not Found', errno.ENOENT), ('410 Gone', errno.ENOENT), ('401 Unauthorized', errno.EACCES),
    ('403 Forbidden', errno.EACCES), ('500 Oops', errno.EIO), ('206 Partial Content', errno.EIO),
    ('204 No Content', errno.EIO), ('300 Multiple Choices', errno.EIO)])
def test_other_statuses_are_errors_and_their_bodies_dropped(serve, get, status, number):
    result = get(serve(reply(b'<html>secret</html>', status)).url())
    assert result.error == f'bad HTTP status code: {status[:3]}'
    assert result.errno == number and result.code == 254 and result.body == b''


def test_redirects_up_to_ten(serve, get):
    count = []

    def handler(connection, request):
        count.append(1)
        answer = reply(b'here') if len(count) > 10 else redirect('/again')
        answer(connection, request)
    assert get(serve(handler).url()).body == b'here'


def test_redirect_loop_ends(serve, get):
    server = serve(redirect('/x'))
    result = get(server.url())
    assert result.error == 'too many redirects' and len(server.requests) == 11


@pytest.mark.parametrize('target', ['file:///etc/passwd', 'scp://localhost/x', 'gopher://localhost/x',
                                    'ftp://localhost/', 'dict://localhost/x', 'unix:///run/x'])
def test_redirect_to_another_scheme_is_refused(serve, get, target):
    result = get(serve(redirect(target)).url(), insecure_http=1)
    assert result.code == 254 and result.errno == errno.EPROTONOSUPPORT and target.split(':')[0] in result.error


@pytest.mark.parametrize('target', ['', 'data:text/plain,x', 'https://', 'https://local host/', 'https://%2f/'])
def test_malformed_redirect_is_refused(serve, get, target):
    server = serve(redirect(target))
    assert get(server.url()).errno == errno.EPROTO and len(server.requests) == 1


def test_redirect_from_https_to_http_is_refused(serve, get):
    plain = serve(reply(b'plain'), tls=None)
    result = get(serve(redirect(plain.url())).url(), insecure_http=1)
    assert result.error == 'refusing to follow a redirect from https to http' and not plain.requests


def test_http_needs_permission(serve, get):
    server = serve(reply(b'plain'), tls=None)
    result = get(server.url())
    assert result.error == 'refusing to use plain http' and not server.requests
    assert get(server.url(), insecure_http=1).body == b'plain'


def test_redirect_from_http_to_http_with_permission(serve, get):
    second = serve(reply(b'second'), tls=None)
    first = serve(redirect(second.url()), tls=None)
    assert get(first.url(), insecure_http=1).body == b'second'


@pytest.mark.parametrize('other_host', [False, True])
def test_credentials_stay_where_they_belong(serve, get, other_host):
    second = serve(reply(b'got it'))
    first = serve(redirect(second.url(host='localhost') if other_host else '/second'))
    url = first.url().replace('https://', 'https://user:secret@')
    if other_host:
        assert get(url).body == b'got it'
        assert 'Authorization: Basic' in first.requests[0]
        assert 'Authorization' not in second.requests[0]
    else:
        get(url)
        assert 'Authorization' not in first.requests[1]


def test_credentials_in_a_redirect_are_dropped(serve, get):
    second = serve(reply(b'got it'))
    first = serve(redirect(second.url().replace('https://', 'https://eve:x@')))
    assert get(first.url()).body == b'got it'
    assert 'Authorization' not in second.requests[0]


def test_netrc_is_not_read(serve, get, authority, tmp_path):
    (tmp_path / '.netrc').write_text('machine localhost login joe password secret\n')
    server = serve(reply(b'x'))
    get(server.url(), environment={'SSL_CERT_FILE': str(authority.ca), 'HOME': str(tmp_path)})
    assert 'Authorization' not in server.requests[0]


@pytest.mark.parametrize('name,properties', [
    ('wrong-host', {'san': 'DNS:other.example'}),
    ('no-name', {'san': 'email:x@y.example'}),
    ('wildcard-tld', {'san': 'DNS:*'}),
    ('expired', {'days': -1}),
    ('self-signed', {'signer': None}),
    ('client-only', {'usage': 'clientAuth'}),
])
def test_bad_certificates(serve, get, authority, name, properties):
    server = serve(reply(b'x'), authority.context(name, **properties))
    result = get(server.url())
    assert result.errno == errno.EPROTO and 'certificate' in result.error.lower() + 'certificate' * (name == 'no-name')
    assert not server.requests
    assert get(server.url(), insecure_tls=1).body == b'x'


def test_unknown_authority(serve, get):
    server = serve(reply(b'x'))
    assert 'certificate' in get(server.url(), environment={}).error
    assert not server.requests


def test_old_tls_is_refused(serve, get, authority):
    context = authority.context('old')
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers('ALL:@SECLEVEL=0')
    server = serve(reply(b'x'), context)
    assert get(server.url()).errno == errno.EPROTO and not server.requests


def test_body_that_is_too_long_by_its_own_word(serve, get):
    result = get(serve(reply(b'x' * 2000)).url(), max_bytes=1000)
    assert result.errno == errno.EFBIG and result.error == 'the server sends more than the allowed 1000 bytes'
    assert result.body == b''


def test_endless_body(serve, get):
    def handler(connection, request):
        connection.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
        while True:
            connection.sendall(b'x' * 65536)
    result = get(serve(handler).url(), max_bytes=10_000_000)
    assert result.errno == errno.EFBIG and len(result.body) <= 10_000_000


def test_slow_body(serve, get):
    def handler(connection, request):
        connection.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
        while True:
            connection.sendall(b'x')
            time.sleep(0.2)
    began = time.monotonic()
    result = get(serve(handler).url(), stall_seconds=2)
    assert result.errno == errno.ETIMEDOUT and time.monotonic() - began < 10


def test_slow_head(serve, get):
    def handler(connection, request):
        connection.sendall(b'HTTP/1.1 200 OK\r\nX: ')
        while True:
            connection.sendall(b'x')
            time.sleep(0.2)
    assert get(serve(handler).url(), stall_seconds=2).errno == errno.ETIMEDOUT


def test_deadline(serve, get):
    def handler(connection, request):
        connection.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
        while True:
            connection.sendall(b'x' * 4096)
            time.sleep(0.1)
    assert get(serve(handler).url(), total_seconds=2).errno == errno.ETIMEDOUT


def test_body_that_is_shorter_than_promised(serve, get):
    def handler(connection, request):
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n' + b'x' * 10)
    result = get(serve(handler).url())
    assert result.errno == errno.ECONNRESET and result.first('done') is None


def test_body_that_is_longer_than_promised_is_cut(serve, get):
    def handler(connection, request):
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n' + b'x' * 1000)
    assert get(serve(handler).url()).body == b'x' * 10


@pytest.mark.parametrize('length', ['-1', '0x10', '99999999999999999999999', '10, 11'])
def test_malformed_content_length(serve, get, length):
    result = get(serve(reply(b'x' * 10, headers=[f'Content-Length: {length}'], length=False)).url())
    assert result.code == 254 and result.body == b''


def test_header_bomb(serve, get):
    def handler(connection, request):
        connection.sendall(b'HTTP/1.1 200 OK\r\n')
        while True:
            connection.sendall(b'X-Filler: ' + b'x' * 8000 + b'\r\n')
    result = get(serve(handler).url())
    assert result.errno == errno.EPROTO and 'headers' in result.error


def test_endless_interim_responses(serve, get):
    def handler(connection, request):
        while True:
            connection.sendall(b'HTTP/1.1 100 Continue\r\n\r\n' * 1000)
    assert get(serve(handler).url()).code == 254


def test_content_encoding_is_left_alone(serve, get):
    result = get(serve(reply(b'\x1f\x8b not really gzip', headers=['Content-Encoding: gzip'])).url())
    assert result.body == b'\x1f\x8b not really gzip'


def test_chunked_body(serve, get):
    body = b'5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n'
    result = get(serve(reply(body, headers=['Transfer-Encoding: chunked'], length=False)).url())
    assert result.body == b'hello world'


def test_not_http_at_all(serve, get):
    assert get(serve(lambda c, r: c.sendall(b'SSH-2.0-OpenSSH_9.2\r\n')).url()).code == 254


@pytest.mark.parametrize('etag', ['"a\x01b"', '"' + 'x' * 2000 + '"', 'a b'])
def test_odd_etags_are_dropped(serve, get, etag):
    result = get(serve(reply(b'x', headers=[f'ETag: {etag}'])).url())
    assert result.first('response')[3] == ''


@pytest.mark.parametrize('url', ['https://', 'https://localhost%2fevil/', 'https://local host/', 'nonsense',
                                 'https:///x'])
def test_malformed_urls(get, url):
    assert get(url).code == 254


def test_nobody_listens(get):
    assert get('https://127.0.0.1:1/x').errno == errno.ECONNREFUSED


def test_no_such_host(get):
    assert get('https://no-such-host.invalid/x').errno == errno.EHOSTUNREACH


def test_proxy_of_the_environment(serve, get, authority):
    proxy = serve(reply(b'by proxy'), tls=None)
    result = get('http://somewhere.invalid/x', insecure_http=1,
                 environment={'http_proxy': f'http://localhost:{proxy.port}'})
    assert result.body == b'by proxy' and proxy.requests[0].startswith('GET http://somewhere.invalid/x ')
    direct = serve(reply(b'direct'), tls=None)
    environment = {'http_proxy': f'http://localhost:{proxy.port}', 'no_proxy': 'localhost'}
    assert get(direct.url(), insecure_http=1, environment=environment).body == b'direct'


def test_reader_that_goes_away(serve, helper, authority):
    def handler(connection, request):
        connection.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
        while True:
            connection.sendall(b'x' * 65536)
    environment = {'SSL_CERT_FILE': str(authority.ca)}
    process, body, status = download.start(helper, serve(handler).url(), environment=environment)
    os.read(body, 1000)
    os.close(body)
    assert process.wait(10) == 254
    with os.fdopen(status) as lines:
        assert f'error {errno.EPIPE} ' in lines.read()


@pytest.mark.parametrize('request_', [b'', b'url=https://x', b'nonsense=1\0', b'url=https://x\0max-bytes=-1\0'])
def test_malformed_requests(helper, request_):
    status_read, status_write = os.pipe()
    result = subprocess.run([helper, str(status_write)], input=request_, pass_fds=[status_write], check=False)
    os.close(status_write)
    with os.fdopen(status_read) as lines:
        assert result.returncode == 254 and 'failed to read the request' in lines.read()


class Held:
    """A helper in the middle of a download."""

    def __init__(self, helper, serve, authority):
        def handler(connection, request):
            connection.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
            while True:
                connection.sendall(b'x' * 2048)
                time.sleep(0.1)
        self.process, self.body, self.status = download.start(
            helper, serve(handler).url(), environment={'SSL_CERT_FILE': str(authority.ca)})
        os.read(self.body, 10)

    def proc(self, file):
        with open(f'/proc/{self.process.pid}/{file}', encoding='ascii') as f:
            return f.read()

    def close(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self.body)
        os.close(self.status)


@pytest.fixture
def held(helper, serve, authority):
    it = Held(helper, serve, authority)
    yield it
    it.close()


def test_helper_has_no_privileges(held):
    status = dict(line.split(':\t', 1) for line in held.proc('status').splitlines() if ':\t' in line)
    for capabilities in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'):
        assert int(status[capabilities], 16) == 0 or (capabilities == 'CapBnd' and os.geteuid() != 0)
    assert status['NoNewPrivs'] == '1' and status['Seccomp'] == '2'
    if os.geteuid() == 0:
        assert '0' not in status['Uid'].split() and '0' not in status['Gid'].split()
        assert status['Groups'].strip() == ''


def test_helper_has_no_other_descriptors(held):
    names = os.listdir(f'/proc/{held.process.pid}/fd')
    targets = [os.readlink(f'/proc/{held.process.pid}/fd/{name}') for name in names]
    kinds = sorted(t.split(':')[0] for t in targets)
    assert set(kinds) <= {'/memfd', 'pipe', 'socket', 'anon_inode', '/dev/null'}, targets


def test_helper_dies_with_its_parent(helper, serve, authority, tmp_path):
    def handler(connection, request):
        connection.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
        time.sleep(60)
    script = tmp_path / 'parent.py'
    script.write_text(
        'import ctypes, os, sys\n'
        f'sys.path.insert(0, {os.path.dirname(__file__)!r})\n'
        'import download\n'
        'process, body, status = download.start(*sys.argv[1:3], environment={"SSL_CERT_FILE": sys.argv[3]})\n'
        'print(process.pid, flush=True)\n'
        'os.read(status, 1)\n')
    out = subprocess.run(['python3', script, helper, serve(handler).url(), str(authority.ca)], check=True,
                         capture_output=True).stdout
    deadline = time.monotonic() + 10
    while os.path.exists(f'/proc/{int(out)}') and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not os.path.exists(f'/proc/{int(out)}')


class BreakingServer:
    """Sends a part of the body at a time and then breaks the connection; knows ranges."""

    def __init__(self, body, part, *, etag='"v1"', ranges='bytes', change_at=None):
        self.body, self.part, self.etag, self.ranges, self.change_at = body, part, etag, ranges, change_at
        self.count = 0

    def __call__(self, connection, request):
        self.count += 1
        etag = self.etag if self.count != self.change_at else '"v2"'
        fields = {k.lower(): v for k, v in (line.split(': ', 1) for line in request.strip().split('\r\n')[1:])}
        start = 0
        if 'range' in fields and fields.get('if-range') == etag:
            start = int(fields['range'].removeprefix('bytes=').rstrip('-'))
        head = [f'ETag: {etag}', f'Content-Length: {len(self.body) - start}']
        head += [f'Accept-Ranges: {self.ranges}'] if self.ranges else []
        head += [f'Content-Range: bytes {start}-{len(self.body) - 1}/{len(self.body)}'] if start else []
        status = '206 Partial Content' if start else '200 OK'
        text = '\r\n'.join([f'HTTP/1.1 {status}', *head]).encode() + b'\r\n\r\n'
        connection.sendall(text + self.body[start:start + self.part])


def test_broken_body_is_continued(serve, get):
    body = os.urandom(1_000_000)
    server = BreakingServer(body, 300_000)
    result = get(serve(server).url(), total_seconds=0)
    assert result.code == 0 and result.body == body and server.count == 4
    assert [event[0] for event in result.events].count('response') == 1
    assert result.events[-1][:2] == ['done', '1000000']


@pytest.mark.parametrize('how', [{'etag': 'W/"v1"'}, {'ranges': None}, {'ranges': 'none'}])
def test_broken_body_that_can_not_be_continued(serve, get, how):
    server = BreakingServer(os.urandom(1_000_000), 300_000, **how)
    result = get(serve(server).url(), total_seconds=0)
    assert result.errno == errno.ECONNRESET and server.count == 1


def test_broken_body_that_changed(serve, get):
    server = BreakingServer(os.urandom(1_000_000), 300_000, change_at=2)
    result = get(serve(server).url(), total_seconds=0)
    assert result.errno == errno.ECONNRESET and "can't continue" in result.error and len(result.body) == 300_000


def test_broken_body_is_continued_a_few_times_only(serve, get):
    server = BreakingServer(os.urandom(1_000_000), 1000)
    result = get(serve(server).url(), total_seconds=0)
    assert result.errno == errno.ECONNRESET and server.count == 6


def test_continued_body_obeys_the_limit(serve, get):
    server = BreakingServer(os.urandom(1_000_000), 300_000)
    assert get(serve(server).url(), total_seconds=0, max_bytes=900_000).errno == errno.EFBIG


@pytest.mark.parametrize('range_', ['bytes 0-999999/1000000', 'bytes 299999-', 'bytes x-y/z', ''])
def test_wrong_range_is_refused(serve, get, range_):
    body = os.urandom(1_000_000)

    def handler(connection, request):
        if 'Range:' not in request:
            reply(body[:300_000], headers=['ETag: "v1"', 'Accept-Ranges: bytes', 'Content-Length: 1000000'],
                  length=False)(connection, request)
        else:
            headers = ['ETag: "v1"', f'Content-Range: {range_}']
            reply(body[300_000:], '206 Partial Content', headers)(connection, request)
    assert get(serve(handler).url(), total_seconds=0).errno == errno.ECONNRESET
