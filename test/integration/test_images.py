# SPDX-License-Identifier: Apache-2.0
"""rkt fetch from files and the store, and the image verbs."""

import hashlib
import json
import re
import tarfile

import pytest

import aci
from conftest import unsigned

CAS = '/var/lib/rkt/cas'


def fetch(host, *argv):
    return host.rkt(*unsigned('fetch', '--full', *argv)).stdout.strip()


def image_table(host, *argv):
    return [re.split(r'\t+| {2,}', line.rstrip()) for line in host.rkt('image', 'list', *argv).stdout.splitlines()]


@pytest.mark.parametrize('compression', ['none', 'gzip', 'bzip2', 'xz', 'zstd'])
def test_fetch_understands_compression(host, images, compression):
    path = images.shell('packed', 'true', compression=compression, file=f'packed.{compression}.aci')
    plain = images.here(images.shell('packed', 'true', compression='none', file='plain.aci')).read_bytes()
    assert fetch(host, path) == 'sha512-' + hashlib.sha512(plain).hexdigest()[:64]


def test_fetch_prints_the_short_id_only(host, images):
    out = host.rkt(*unsigned('fetch', images.shell('short', 'true'))).stdout
    assert re.fullmatch(r'sha512-[0-9a-f]{32}\n', out)


@pytest.mark.parametrize('form', ['{path}', 'file://{path}', './{name}', '../images/{name}'])
def test_fetch_of_a_file(host, images, form):
    path = images.shell('form', 'true')
    reference = form.format(path=path, name=path.rsplit('/', 1)[1])
    out = host.sh(f'cd /mnt/share/images && rkt --insecure-options=image fetch {reference}').stdout
    assert out.startswith('sha512-')


def test_images_are_found_by_name_id_and_prefix(host, images):
    id = fetch(host, images.shell('found', 'echo found it'))
    images.here('/mnt/share/images/found.aci').unlink()
    for reference in ('test.example/found', 'test.example/found:1.0', 'test.example/found,version=1.0', id, id[:20]):
        assert 'found it' in host.rkt('run', '--net=none', reference).stdout, reference


def test_the_latest_import_of_a_name_wins(host, images):
    fetch(host, images.shell('multi', 'echo one', version='1.0'))
    fetch(host, images.shell('multi', 'echo two', version='2.0'))
    assert 'two' in host.rkt('run', '--net=none', 'test.example/multi').stdout
    assert 'one' in host.rkt('run', '--net=none', 'test.example/multi:1.0').stdout


def test_fetching_the_same_again_changes_nothing(host, images):
    path = images.shell('same', 'true')
    assert fetch(host, path) == fetch(host, path)
    assert len(image_table(host, '--no-legend')) == 1


def test_fetch_renders_the_tree(host, images):
    id = fetch(host, images.shell('tree', 'true', files={'etc/marker': 'here'}))
    assert host.read(f'{CAS}/tree/{id}/rootfs/etc/marker') == 'here'


def test_store_is_closed_to_users(host, images):
    id = fetch(host, images.shell('closed', 'true'))
    result = host.run('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups',
                      'stat', f'{CAS}/tree/{id}/rootfs/bin/busybox', check=None)
    assert 'Permission denied' in result.stderr


def test_image_list_formats(host, images):
    id = fetch(host, images.shell('listed', 'true'))
    header, row = image_table(host)
    assert header == ['ID', 'NAME', 'IMPORT TIME', 'LAST USED', 'SIZE', 'LATEST']
    assert row[:2] == [id[:19], 'test.example/listed:1.0']
    assert all(re.fullmatch(r'now|\d+ \w+ ago', text) for text in row[2:4])
    assert re.fullmatch(r'\d+(\.\d+)?[KM]iB', row[4]) and row[5] == 'false'
    full, = image_table(host, '--full', '--no-legend')
    assert full[0] == id and full[4].isdigit()
    assert re.match(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} \S+$', full[2])
    assert image_table(host, '--no-legend', '--fields=name,id') == [['test.example/listed:1.0', id[:19]]]
    text = host.rkt('image', 'list', '--format=json').stdout
    assert text.startswith('[{') and json.loads(text)[0]['id'] == id
    assert json.loads(host.rkt('image', 'list', '--format=json-pretty').stdout)
    assert '--fields' in host.rkt('image', 'list', '--fields=colour', check=254).stderr


def test_image_list_sorts(host, images):
    for app in ('b', 'c', 'a'):
        fetch(host, images.shell(app, 'true'))

    def names(*argv):
        return [row[0][-5] for row in image_table(host, '--no-legend', '--fields=name', *argv)]

    assert names() == ['b', 'c', 'a']
    assert names('--sort=name') == ['a', 'b', 'c']
    assert names('--sort=name', '--order=desc') == ['c', 'b', 'a']


def test_image_rm(host, images):
    ids = [fetch(host, images.shell(app, 'true')) for app in ('ra', 'rb', 'rc')]
    out = host.rkt('image', 'rm', ids[0][:19], 'test.example/rb')
    text = out.stdout + out.stderr
    assert f'successfully removed aci for image: "{ids[0]}" ("test.example/ra")' in text
    assert '2 image(s) successfully removed' in text
    assert [row[0] for row in image_table(host, '--no-legend', '--full', '--fields=id')] == [ids[2]]
    for kind in ('blob', 'tree', 'index'):
        assert ids[0] not in host.out('find', f'{CAS}/{kind}')


def test_image_rm_counts_an_image_once(host, images):
    id = fetch(host, images.shell('twice', 'true'))
    out = host.rkt('image', 'rm', id, 'test.example/twice')
    assert '1 image(s) successfully removed' in out.stdout + out.stderr


def test_image_rm_of_nothing(host):
    result = host.rkt('image', 'rm', 'sha512-0123456789ab', check=254)
    assert 'no image IDs found' in result.stderr


def test_prepared_pod_runs_after_its_image_was_removed(host, images):
    uuid = host.rkt(*unsigned('prepare', images.shell('outlives', 'echo still here'))).stdout.strip()
    host.rkt('image', 'rm', 'test.example/outlives')
    assert 'still here' in host.rkt('run-prepared', '--net=none', uuid).stdout


def test_list_names_images_that_were_removed(host, images):
    host.rkt(*unsigned('run', '--net=none', images.shell('forgotten', 'true')))
    host.rkt('image', 'rm', 'test.example/forgotten')
    assert 'test.example/forgotten' in host.rkt('list').stdout


def test_image_cat_manifest(host, images):
    id = fetch(host, images.shell('cat', 'true'))
    manifest = json.loads(host.rkt('image', 'cat-manifest', id[:19]).stdout)
    assert manifest['name'] == 'test.example/cat'
    assert '\n' not in host.rkt('image', 'cat-manifest', '--pretty-print=false', id).stdout.strip()


@pytest.mark.parametrize('compression', ['none', 'gzip', 'xz'])
def test_image_export_gives_the_uncompressed_image(host, images, compression):
    plain = images.here(images.shell('export', 'true', compression='none', file='e.plain')).read_bytes()
    fetch(host, images.shell('export', 'true', compression=compression, file='e.aci'))
    host.rkt('image', 'export', 'test.example/export', '/mnt/share/out.aci')
    out = images.directory.parent / 'out.aci'
    assert out.read_bytes() == plain
    result = host.rkt('image', 'export', 'test.example/export', '/mnt/share/out.aci', check=254)
    assert 'exists' in result.stderr
    host.rkt('image', 'export', '--overwrite', 'test.example/export', '/mnt/share/out.aci')
    out.unlink()


def test_image_extract_and_render(host, images):
    fetch(host, images.shell('ext', 'true', files={'etc/marker': 'm'}))
    host.rkt('image', 'extract', 'test.example/ext', '/tmp/t/all')
    assert host.exists('/tmp/t/all/manifest') and host.read('/tmp/t/all/rootfs/etc/marker') == 'm'
    host.rkt('image', 'extract', '--rootfs-only', 'test.example/ext', '/tmp/t/root')
    assert host.read('/tmp/t/root/etc/marker') == 'm'
    host.rkt('image', 'render', '--rootfs-only', 'test.example/ext', '/tmp/t/rendered')
    assert host.read('/tmp/t/rendered/etc/marker') == 'm'
    assert 'exists' in host.rkt('image', 'extract', 'test.example/ext', '/tmp/t/all', check=254).stderr
    host.rkt('image', 'extract', '--overwrite', 'test.example/ext', '/tmp/t/all')


def test_image_verify_finds_damage_and_run_repairs_it(host, images):
    id = fetch(host, images.shell('verify', 'echo whole'))
    good = host.rkt('image', 'verify', 'test.example/verify')
    assert f'successfully verified checksum for image: "test.example/verify" ("{id}")' in good.stdout + good.stderr
    host.sh(f'rm {CAS}/tree/{id}/rootfs/etc/passwd')
    first = host.rkt('image', 'verify', id, check=None)
    assert 'tree cache verification failed for image' in first.stdout + first.stderr
    again = host.rkt('image', 'verify', id)
    assert 'successfully verified checksum for image' in again.stdout + again.stderr
    assert host.exists(f'{CAS}/tree/{id}/rootfs/etc/passwd')


def test_image_gc_keeps_what_is_used(host, images):
    used = fetch(host, images.shell('used', 'true'))
    unused = fetch(host, images.shell('unused', 'true'))
    uuid = host.rkt('prepare', used).stdout.strip()
    host.rkt('image', 'gc')
    assert len([r for r in image_table(host, '--no-legend') if 'used' in r[1]]) == 2
    out = host.rkt('image', 'gc', '--grace-period=0s')
    assert f'successfully removed aci for image: "{unused}"' in out.stdout + out.stderr
    assert host.exists(f'{CAS}/tree/{used}') and not host.exists(f'{CAS}/tree/{unused}')
    host.rkt('rm', uuid)
    host.rkt('image', 'gc', '--grace-period=0s')
    assert host.out('find', f'{CAS}/tree', '-mindepth', '1', '-maxdepth', '1', '-name', used) == ''


@pytest.mark.parametrize('prefix,message', [('sha512-0', 'image ID too short'), ('sha512-zz', 'image ID'),
                                            ('sha512-../../etc', 'image ID')])
def test_bad_ids(host, images, prefix, message):
    fetch(host, images.shell('other', 'true'))
    assert message in host.rkt('image', 'cat-manifest', prefix, check=254).stderr


@pytest.mark.parametrize('labels,message', [
    ({'os': 'linux'}, 'missing arch label'),
    ({'arch': 'amd64'}, 'missing os label'),
    ({'os': 'freebsd', 'arch': 'amd64'}, 'bad os "freebsd"'),
    ({'os': 'linux', 'arch': 's390x'}, 's390x'),
])
def test_images_of_other_platforms_are_refused(host, images, labels, message):
    path = images.shell('foreign', 'true', labels=labels, file='foreign.aci')
    assert message in host.rkt(*unsigned('fetch', path), check=254).stderr


HOSTILE = {
    'dotdot': (lambda b: b.entry('rootfs/../../../pwned', data=b'x'), '..'),
    'absolute': (lambda b: b.entry('/pwned', data=b'x'), 'pwned'),
    'outside rootfs': (lambda b: b.entry('elsewhere/x', data=b'x'), 'elsewhere'),
    'rootfs as a link': (lambda b: b.symlink('rootfs', '/'), 'rootfs'),
    'second manifest': (lambda b: b.entry('manifest', data=b'{}'), 'manifest'),
    'hard link outside': (lambda b: b.entry('rootfs/x', tarfile.LNKTYPE, linkname='../../etc/shadow'), 'x'),
    'owner too large': (lambda b: b.entry('rootfs/u', data=b'x', pax_headers={'uid': str(2**32 + 1000)}), 'u'),
    'owner -1': (lambda b: b.entry('rootfs/u', data=b'x', pax_headers={'uid': str(2**32 - 1)}), 'u'),
    'terabyte hole': (lambda b: b.entry('rootfs/s', data=b'x' * 512, pax_headers={
        'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'rootfs/s',
        'GNU.sparse.realsize': str(1 << 40)}), 's'),
}


@pytest.mark.parametrize('case', HOSTILE)
def test_hostile_archives_are_refused_and_leave_nothing(host, images, case):
    change, word = HOSTILE[case]
    b = aci.Builder().manifest(aci.manifest('test.example/hostile'))
    if case != 'rootfs as a link':
        b.directory('rootfs')
    change(b)
    path = images.raw('hostile.aci', b.bytes())
    result = host.rkt(*unsigned('fetch', path), check=254)
    assert word in result.stderr
    assert image_table(host, '--no-legend') == []
    assert host.out('find', CAS, '-type', 'f', '-path', '*/tree/*') == ''
    assert not host.exists('/pwned') and not host.exists('/var/lib/rkt/pwned')


def test_write_through_a_symlink_stays_inside(host, images):
    b = aci.Builder().manifest(aci.manifest('test.example/through')).directory('rootfs')
    b.directory('rootfs/tmp').symlink('rootfs/etc', '/tmp').entry('rootfs/etc/through-link', data=b'x')
    id = fetch(host, images.raw('through.aci', b.bytes()))
    assert not host.exists('/tmp/through-link')
    assert host.exists(f'{CAS}/tree/{id}/rootfs/tmp/through-link')


def test_decompression_bomb_stops_early(host, images):
    bomb = aci.Builder().manifest(aci.manifest('test.example/bomb')).directory('rootfs')
    bomb.entry('rootfs/zero', data=bytes(64 << 20))
    path = images.raw('bomb.aci', aci.COMPRESS['xz'](aci.COMPRESS['xz'](bomb.bytes())))
    result = host.rkt(*unsigned('fetch', path), check=254)
    assert result.stderr.strip()


MANIFESTS = {
    'not json': (b'{', 'manifest'),
    'duplicate key': (
        b'{"acKind":"ImageManifest","acKind":"ImageManifest","acVersion":"0.8.11","name":"a/b"}', 'acKind'),
    'wrong kind': (b'{"acKind":"PodManifest","acVersion":"0.8.11","name":"a/b"}', 'acKind'),
    'bad name': (b'{"acKind":"ImageManifest","acVersion":"0.8.11","name":"A/../b"}', 'name'),
    'wrong type': (b'{"acKind":"ImageManifest","acVersion":"0.8.11","name":"a/b","app":{"exec":"x"}}', 'exec'),
    'single quotes': (b"{'acKind':'ImageManifest'}", 'manifest'),
}


@pytest.mark.parametrize('case', MANIFESTS)
def test_bad_manifests_name_the_field(host, images, case):
    data, word = MANIFESTS[case]
    path = images.raw('badm.aci', aci.Builder().manifest(data).directory('rootfs').bytes())
    assert word in host.rkt(*unsigned('fetch', path), check=254).stderr
