# SPDX-License-Identifier: Apache-2.0
"""The command itself: help, version, completion, global flags, exit codes."""

import pytest

VERBS = ['cat-manifest', 'enter', 'fetch', 'gc', 'help', 'image', 'list', 'pod', 'prepare', 'rm', 'run',
         'run-prepared', 'status', 'stop', 'trust', 'version']
IMAGE_VERBS = ['cat-manifest', 'export', 'extract', 'gc', 'list', 'render', 'rm', 'verify']


def test_no_verb_prints_usage_and_exits_2(host):
    result = host.rkt(check=2)
    assert 'run' in result.stdout and 'fetch' in result.stdout


def test_help_lists_all_verbs(host):
    text = host.rkt('help').stdout
    assert all(verb in text for verb in VERBS)
    assert host.rkt('--help').stdout == text


@pytest.mark.parametrize('verb', VERBS + [f'image {v}' for v in IMAGE_VERBS] + ['pod verify'])
def test_help_of_each_verb(host, verb):
    text = host.rkt(*verb.split(), '--help').stdout
    assert verb in text
    assert host.rkt('help', *verb.split()).stdout == text


def test_version(host):
    names = [line.split(':')[0] for line in host.rkt('version').stdout.splitlines()]
    assert names == ['rkt Version', 'appc Version', 'systemd Version', 'OS/Arch']


def test_bash_completion(host):
    script = '''source /usr/share/bash-completion/bash_completion
        source /usr/share/bash-completion/completions/rkt
        COMP_WORDS=(rkt %s); COMP_CWORD=%d; COMP_LINE="rkt %s"; COMP_POINT=${#COMP_LINE}
        $(complete -p rkt | sed 's/.*-F \\([^ ]*\\).*/\\1/') rkt; printf '%%s\\n' "${COMPREPLY[@]}"'''
    assert 'run-prepared' in host.sh(script % ('run-', 1, 'run-')).stdout
    assert '--grace-period' in host.sh(script % ('gc --gr', 2, 'gc --gr')).stdout


def test_flags_of_a_verb_may_stand_before_it(host, images):
    image = images.shell('early', 'echo early bird')
    assert 'early bird' in host.rkt('--net=none', '--insecure-options=image', 'run', image).stdout


def test_global_flags_may_stand_behind_the_verb(host, images):
    host.rkt('run', '--net=none', '--insecure-options=image', images.shell('late', 'true'))


def test_other_data_directory(host, images):
    image = images.shell('elsewhere', 'true')
    host.sh('mkdir /var/lib/machines/other && mount -t tmpfs tmpfs /var/lib/machines/other')
    try:
        host.rkt('--dir=/var/lib/machines/other', '--insecure-options=image', 'fetch', image)
        assert 'elsewhere' in host.rkt('--dir=/var/lib/machines/other', 'image', 'list').stdout
        assert 'elsewhere' not in host.rkt('image', 'list').stdout
    finally:
        host.sh('umount /var/lib/machines/other; rmdir /var/lib/machines/other')


def test_deprecated_flags_warn(host, images):
    result = host.rkt('--insecure-options=image', 'fetch', '--no-store', images.shell('dep', 'true'), check=None)
    assert 'Flag --no-store has been deprecated' in result.stderr


def test_members_of_group_rkt_may_look(host, images):
    host.rkt('--insecure-options=image', 'fetch', images.shell('seen', 'true'))
    group = host.out('getent', 'group', 'rkt').split(':')[2]
    as_user = ('setpriv', '--reuid=65534', f'--regid={group}', '--clear-groups')
    assert 'seen' in host.run(*as_user, 'rkt', 'image', 'list').stdout
    host.run(*as_user, 'rkt', 'list')


@pytest.mark.parametrize('verb', ['enter', 'gc', 'prepare', 'rm', 'run', 'run-prepared'])
def test_verbs_that_need_root(host, verb):
    result = host.run('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'rkt', verb, check=254)
    assert 'cannot run as unprivileged user' in result.stderr
