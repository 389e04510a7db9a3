# SPDX-License-Identifier: Apache-2.0
"""Keys and signatures: rkt trust, the keystore, and what it accepts."""

import re

import pytest

from conftest import TRUSTED_DIR

ROOT_DIR = '/etc/rkt/trustedkeys/root.d'
KEY = '/mnt/share/signer.pub'


def refused(host, path, *words):
    result = host.rkt('fetch', path, check=254)
    assert all(word in result.stderr for word in words), result.stderr
    assert host.rkt('image', 'list', '--no-legend').stdout == ''
    assert host.out('find', '/var/lib/rkt/cas/blob', '/var/lib/rkt/cas/tree', '-type', 'f', check=None) == ''
    return result.stderr


def test_trust_asks_and_adds_a_prefix_key(host, images):
    result = host.rkt('trust', '--prefix=test.example', KEY, input='yes\n')
    text = result.stdout + result.stderr
    groups = ' *'.join(re.findall('....', images.signer.upper()))
    assert re.search(groups, text) and 'signer@test.example' in text
    assert 'Are you sure you want to trust this key' in text
    assert f'Added key for prefix "test.example" at "{TRUSTED_DIR}/{images.signer}"' in text
    assert host.out('stat', '-c', '%U:%a', f'{TRUSTED_DIR}/{images.signer}') == 'root:644'


@pytest.mark.parametrize('answer', ['no\n', '', 'nonsense\n'])
def test_trust_takes_only_a_yes(host, images, answer):
    host.rkt('trust', '--prefix=test.example', KEY, input=answer, check=None)
    assert not host.exists(f'{TRUSTED_DIR}/{images.signer}')


def test_trust_root(host, images):
    result = host.rkt('trust', '--root', '--skip-fingerprint-review', KEY)
    assert f'Added root key at "{ROOT_DIR}/{images.signer}"' in result.stdout + result.stderr
    host.rkt('fetch', images.shell('r', 'true', sign=True))


def test_trust_over_https(host, images, web):
    url = web.publish(images.directory.parent / 'signer.pub', 'keys/signer.pub')
    host.rkt('trust', '--prefix=test.example', '--skip-fingerprint-review', url)
    assert host.exists(f'{TRUSTED_DIR}/{images.signer}')


def test_trust_over_http_needs_a_flag(host, images, web):
    url = web.publish(images.directory.parent / 'signer.pub', 'keys/signer.pub').replace('https:', 'http:')
    result = host.rkt('trust', '--prefix=test.example', '--skip-fingerprint-review', url, check=254)
    assert 'insecure-allow-http' in result.stderr
    host.rkt('trust', '--prefix=test.example', '--skip-fingerprint-review', '--insecure-allow-http', url)


def test_trust_needs_prefix_or_root(host):
    result = host.rkt('trust', KEY, check=254)
    assert '--prefix' in result.stderr and '--root' in result.stderr


def test_trust_of_something_that_is_no_key(host):
    result = host.rkt('trust', '--root', '--skip-fingerprint-review', '/etc/passwd', check=254)
    assert '/etc/passwd' in result.stderr
    assert not host.exists(ROOT_DIR) or host.out('ls', ROOT_DIR) == ''


def test_signed_image_of_a_trusted_key(trusted, images):
    result = trusted.rkt('fetch', images.shell('good', 'true', sign=True))
    assert 'signature verified' in result.stderr and 'signer@test.example' in result.stderr
    trusted.rkt('run', '--net=none', 'test.example/good')


def test_signature_from_the_command_line(trusted, images):
    path = images.shell('apart', 'true', sign=True)
    moved = images.here(path).with_name('apart.sig')
    images.here(path).with_name('apart.aci.asc').rename(moved)
    refused(trusted, path, 'apart.aci.asc')
    trusted.rkt('fetch', path, f'--signature={images.there(moved)}')


def test_no_signature_says_what_to_do(trusted, images):
    text = refused(trusted, images.shell('bare', 'true'), 'bare.aci.asc')
    assert 'insecure-options=image' in text or '--signature' in text


def test_unknown_key(trusted, images):
    path = images.shell('stranger', 'true')
    images.sign(path, images.stranger)
    refused(trusted, path, 'signature made by unknown entity')


def test_no_key_at_all(host, images):
    text = refused(host, images.shell('nokeys', 'true', sign=True), 'test.example/nokeys')
    assert 'rkt trust' in text


def test_changed_image(trusted, images):
    path = images.shell('changed', 'true', sign=True)
    data = bytearray(images.here(path).read_bytes())
    data[-5] ^= 1
    images.here(path).write_bytes(data)
    refused(trusted, path)


def test_signature_of_other_bytes(trusted, images):
    path = images.shell('swap', 'true', sign=True)
    other = images.shell('swap', 'false', file='swap2.aci', sign=True)
    images.here(path + '.asc').write_bytes(images.here(other + '.asc').read_bytes())
    refused(trusted, path, 'signature')


@pytest.mark.parametrize('prefix', ['test.exampl', 'test.example/go', 'test.example/good/more', 'example', 'test'])
def test_prefix_is_compared_by_path_component(host, images, prefix):
    host.rkt('trust', f'--prefix={prefix}', '--skip-fingerprint-review', KEY)
    refused(host, images.shell('good', 'true', sign=True))


def test_longer_prefix_is_enough(host, images):
    host.rkt('trust', '--prefix=test.example/good', '--skip-fingerprint-review', KEY)
    host.rkt('fetch', images.shell('good', 'true', sign=True))
    refused_path = images.shell('bad', 'true', sign=True)
    host.rkt('fetch', refused_path, check=254)


def trust_file(host, images, gpg, fingerprint):
    path = gpg.export(fingerprint, images.directory.parent / f'{fingerprint}.pub')
    host.write(f'{TRUSTED_DIR}/{fingerprint}', path.read_text())


def test_expired_key(host, images, gpg):
    key = gpg.make_key('expired@test.example', expire='2021-01-01', time='20200101T000000')
    trust_file(host, images, gpg, key)
    path = images.shell('expired', 'true')
    images.sign(path, key, time='20200201T000000')
    refused(host, path, 'expired')


def test_revoked_key(host, images, gpg):
    key = gpg.make_key('revoked@test.example')
    path = images.shell('revoked', 'true')
    images.sign(path, key)
    gpg.revoke(key)
    trust_file(host, images, gpg, key)
    refused(host, path, 'revoked')


def test_weak_digest(trusted, images, gpg):
    key = gpg.make_key('weak@test.example', algorithm='rsa2048')
    trust_file(trusted, images, gpg, key)
    path = images.shell('weak', 'true')
    images.sign(path, key, digest='SHA1')
    refused(trusted, path, 'SHA1')


def test_inline_signature_is_not_detached(trusted, images, gpg):
    path = images.shell('inline', 'true')
    gpg.run('--armor', '--local-user', images.signer, '--output', images.here(path + '.asc'), '--sign',
            images.here(path))
    refused(trusted, path)


@pytest.mark.parametrize('damage', [
    'chmod 666 FILE', 'chown nobody FILE', 'chmod 777 DIR', 'mv FILE /tmp/t/k; ln -s /tmp/t/k FILE',
    'mv FILE DIR/0123456789abcdef0123456789abcdef01234567'])
def test_keystore_that_others_could_write_is_not_used(trusted, images, damage):
    file = f'{TRUSTED_DIR}/{images.signer}'
    trusted.sh(damage.replace('FILE', file).replace('DIR', TRUSTED_DIR))
    refused(trusted, images.shell('good', 'true', sign=True))


def test_empty_key_file_masks_a_system_key(host, images):
    text = (images.directory.parent / 'signer.pub').read_text()
    system = f'/usr/lib/rkt/trustedkeys/prefix.d/test.example/{images.signer}'
    host.write(system, text)
    try:
        host.rkt('fetch', images.shell('masked', 'true', sign=True))
        host.rkt('image', 'rm', 'test.example/masked')
        host.write(f'{TRUSTED_DIR}/{images.signer}', '')
        refused(host, images.shell('masked', 'true', sign=True))
    finally:
        host.run('rm', '-r', '/usr/lib/rkt/trustedkeys')


def test_insecure_image_option_warns(host, images):
    result = host.rkt('--insecure-options=image', 'fetch', images.shell('bare', 'true'))
    assert 'signature verification has been disabled' in result.stderr


def test_unknown_insecure_option(host):
    result = host.rkt('--insecure-options=everything', 'list', check=254)
    assert 'everything' in result.stderr and 'image' in result.stderr
