# SPDX-License-Identifier: Apache-2.0
"""Drives the helper rkt-download alone, as rkt does, against servers on loopback."""

import os
import socket
import ssl
import subprocess
import threading
from pathlib import Path

ERRNO = 1


class Result:
    """What the helper said and delivered."""

    def __init__(self, code, body, lines):
        self.code, self.body, self.lines = code, body, lines
        self.events = [line.split(' ', 3) for line in lines]

    def first(self, kind):
        return next((event for event in self.events if event[0] == kind), None)

    @property
    def error(self):
        event = self.first('error')
        return event[3] if event else None

    @property
    def errno(self):
        event = self.first('error')
        return int(event[ERRNO]) if event else 0


def start(helper, url, *, out=None, environment=None, **request):
    """Starts it; returns the process, the body's and the status' read ends."""
    fields = {'url': url, 'max-bytes': 1 << 30, 'stall-seconds': 5, 'total-seconds': 60}
    fields.update({name.replace('_', '-'): value for name, value in request.items()})
    words = b''.join(f'{name}={value}'.encode() + b'\0' for name, value in fields.items())
    memory = os.memfd_create('request')
    os.write(memory, words)
    os.lseek(memory, 0, os.SEEK_SET)
    body_read, body_write = os.pipe() if out is None else (None, out)
    status_read, status_write = os.pipe()
    process = subprocess.Popen([helper, str(status_write)], stdin=memory, stdout=body_write, pass_fds=[status_write],
                               env={'PATH': '/usr/bin:/bin', **(environment or {})}, stderr=subprocess.DEVNULL)
    os.close(status_write)
    os.close(memory)
    if out is None:
        os.close(body_write)
    return process, body_read, status_read


def fetch(helper, url, **how):
    process, body_read, status_read = start(helper, url, **how)
    parts = []
    with os.fdopen(body_read, 'rb') as body:
        reader = threading.Thread(target=lambda: parts.append(body.read()))
        reader.start()
        with os.fdopen(status_read) as status:
            lines = status.read().splitlines()
        reader.join()
    return Result(process.wait(60), parts[0], lines)


class RawServer:
    """Answers every connection by calling handler(connection, request), with or without TLS."""

    def __init__(self, handler, tls=None):
        self.handler, self.tls = handler, tls
        self.requests = []
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=[connection], daemon=True).start()

    def answer(self, connection):
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            request = b''
            while b'\r\n\r\n' not in request:
                chunk = connection.recv(65536)
                if not chunk:
                    return
                request += chunk
            self.requests.append(request.decode('latin-1'))
            self.handler(connection, request.decode('latin-1'))
            if self.tls:
                connection.unwrap()
        except OSError:
            pass
        finally:
            connection.close()

    def url(self, path='/x', host='localhost'):
        return f'{"https" if self.tls else "http"}://{host}:{self.port}{path}'

    def close(self):
        self.socket.close()


class Authority:
    """A certificate authority of the test and certificates by it."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.directory.mkdir(exist_ok=True)
        self.openssl('req', '-x509', *self.new_key('ca.key'), '-days', '30', '-out', 'ca.pem', '-subj', '/CN=Test CA',
                     '-addext', 'basicConstraints=critical,CA:TRUE')
        self.ca = self.directory / 'ca.pem'

    @staticmethod
    def new_key(path):
        return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', path]

    def openssl(self, *argv):
        subprocess.run(['openssl', *argv], cwd=self.directory, check=True, capture_output=True)

    def context(self, name, *, san='DNS:localhost', days=30, signer='ca', usage=None):
        """A server-side TLS context with a certificate of these properties."""
        extensions = [f'subjectAltName={san}'] + ([f'extendedKeyUsage={usage}'] if usage else [])
        (self.directory / f'{name}.ext').write_text('\n'.join(extensions) + '\n')
        self.openssl('req', *self.new_key(f'{name}.key'), '-out', f'{name}.csr', '-subj', f'/CN={name}')
        by = ['-CA', f'{signer}.pem', '-CAkey', f'{signer}.key', '-CAcreateserial'] if signer else \
             ['-signkey', f'{name}.key']
        self.openssl('x509', '-req', '-in', f'{name}.csr', *by, '-days', str(days), '-extfile', f'{name}.ext',
                     '-out', f'{name}.pem')
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.directory / f'{name}.pem', self.directory / f'{name}.key')
        return context
