# SPDX-License-Identifier: Apache-2.0
"""Images over http and https."""

import pytest

from conftest import unsigned


@pytest.fixture
def published(images, web):
    """Publishes a signed image and returns its URL."""
    def publish(app, script='true', *, sign=True, name=None):
        here = images.here(images.shell(app, script, sign=sign))
        if sign:
            web.publish(here.with_name(here.name + '.asc'), f'{name or here.name}.asc')
        web.forget_requests()
        return web.publish(here, name)
    return publish


def test_signed_image_over_https(trusted, published):
    result = trusted.rkt('fetch', published('https'))
    assert 'signature verified' in result.stderr
    assert result.stdout.startswith('sha512-')
    assert trusted.rkt('run', '--net=none', 'test.example/https').returncode == 0


def test_missing_signature_names_its_url(trusted, published):
    result = trusted.rkt('fetch', published('nosig', sign=False), check=254)
    assert 'nosig.aci.asc' in result.stderr and '404' in result.stderr


def test_http_needs_the_insecure_option(host, published):
    url = published('plain').replace('https:', 'http:')
    result = host.rkt('--insecure-options=image', 'fetch', url, check=254)
    assert 'http' in result.stderr
    host.rkt('--insecure-options=image,http', 'fetch', url)


def test_self_signed_certificate_is_refused(host, published):
    url = published('tls').replace('images.test', 'images.test:8443')
    result = host.rkt('--insecure-options=image', 'fetch', url, check=254)
    assert 'certificate' in result.stderr
    host.rkt('--insecure-options=image,tls', 'fetch', url)


def test_wrong_host_name_is_refused(host, published):
    url = published('name').replace('images.test', 'localhost')
    assert host.rkt(*unsigned('fetch', url), check=254).stderr


def test_redirects_are_followed(host, published):
    host.rkt(*unsigned('fetch', published('redirected').replace('.test/', '.test/redirect/')))


@pytest.mark.parametrize('way,word', [('downgrade', 'http'), ('loop', 'redirect'), ('file', 'file')])
def test_bad_redirects_are_refused(host, published, way, word):
    url = published('bad-way').replace('.test/', f'.test/{way}/')
    assert word in host.rkt(*unsigned('fetch', url), check=254).stderr


def test_missing_file_gives_status_and_url(host, web):
    result = host.rkt(*unsigned('fetch', 'https://images.test/none.aci'), check=254)
    assert '404' in result.stderr and 'https://images.test/none.aci' in result.stderr


def test_no_such_server(host):
    result = host.rkt(*unsigned('fetch', 'https://no-such-host.invalid/x.aci'), check=254)
    assert 'no-such-host.invalid' in result.stderr


def test_unexpired_image_is_not_fetched_again(host, published, web):
    url = published('cached').replace('.test/', '.test/cached/')
    first = host.rkt(*unsigned('fetch', url)).stdout
    web.forget_requests()
    assert host.rkt(*unsigned('fetch', url)).stdout == first
    assert 'GET' not in web.requests()


def test_unchanged_image_is_asked_for_by_etag(host, published, web):
    url = published('etag')
    first = host.rkt(*unsigned('fetch', url)).stdout
    web.forget_requests()
    assert host.rkt(*unsigned('fetch', url)).stdout == first
    assert ' 200 ' not in web.requests() or ' 304 ' in web.requests()


def test_progress_is_plain_lines_without_a_terminal(host, published):
    result = host.rkt(*unsigned('fetch', published('progress')))
    assert '\r' not in result.stderr and '\x1b' not in result.stderr


def test_download_has_no_privileges(host, images, web):
    """While it downloads, the helper has no capabilities and a seccomp filter."""
    here = images.here(images.shell('slow', 'true', files={'data/noise': __import__('os').urandom(1 << 20)}))
    url = web.publish(here).replace('.test/', '.test/slow/')
    process = host.popen('rkt', *unsigned('fetch', url))
    try:
        host.wait_until('pgrep -x rkt-download', timeout=10)
        status = host.sh('cat /proc/$(pgrep -x rkt-download | head -1)/status').stdout
        assert 'CapEff:\t0000000000000000' in status
        assert 'Seccomp:\t2' in status
        assert 'NoNewPrivs:\t1' in status
    finally:
        process.wait(60)
