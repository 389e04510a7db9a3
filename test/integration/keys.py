# SPDX-License-Identifier: Apache-2.0
"""Real OpenPGP keys and signatures, by gpg in a home directory of the test's own."""

import shutil
import subprocess
import tempfile


class Gpg:
    def __init__(self):
        # Short: the agent's socket lies in it, and its path may have 108 bytes.
        self.home = tempfile.mkdtemp(prefix='gpg-', dir='/tmp')

    def run(self, *argv, time=None, input=None):
        faked = [f'--faked-system-time={time}'] if time else []
        return subprocess.run(['gpg', '--homedir', self.home, '--batch', '--yes', '--quiet', *faked, *map(str, argv)],
                              check=True, capture_output=True, input=input)

    def make_key(self, address, *, algorithm='ed25519', expire='never', time=None):
        """Makes a key pair without passphrase and returns its fingerprint."""
        self.run('--passphrase', '', '--quick-generate-key', f'Test <{address}>', algorithm, 'sign', expire, time=time)
        for line in self.run('--list-keys', '--with-colons', address).stdout.decode().splitlines():
            if line.startswith('fpr:'):
                return line.split(':')[9].lower()
        raise AssertionError('gpg made no key')

    def export(self, fingerprint, path):
        path.write_bytes(self.run('--armor', '--export', fingerprint).stdout)
        return path

    def sign(self, file, fingerprint, path=None, *, digest='SHA512', time=None, options=()):
        """Makes FILE.asc, an armored detached signature."""
        path = path or file.with_name(file.name + '.asc')
        self.run('--armor', '--digest-algo', digest, *options, '--local-user', fingerprint, '--output', path,
                 '--detach-sign', file, time=time)
        return path

    def revoke(self, fingerprint):
        certificate = f'{self.home}/openpgp-revocs.d/{fingerprint.upper()}.rev'
        with open(certificate, encoding='utf-8') as f:
            # gpg guards the certificate against use by mistake with a colon before the armor
            text = f.read().replace(':-----BEGIN', '-----BEGIN')
        self.run('--import', input=text.encode())

    def close(self):
        subprocess.run(['gpgconf', '--homedir', self.home, '--kill', 'all'], check=False)
        shutil.rmtree(self.home, ignore_errors=True)
