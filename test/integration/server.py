# SPDX-License-Identifier: Apache-2.0
"""Web servers inside a test host: nginx with TLS by a certificate authority of the test, and a misbehaving one."""

import subprocess

NAME = 'images.test'

NGINX = '''
worker_processes 1;
pid /tmp/nginx/pid;
error_log /tmp/nginx/error.log;
events {{ worker_connections 64; }}
http {{
        types {{ text/html html; }}
        default_type application/octet-stream;
        access_log /tmp/nginx/access.log;
        client_body_temp_path /tmp/nginx/body;
        proxy_temp_path /tmp/nginx/proxy;
        fastcgi_temp_path /tmp/nginx/fastcgi;
        uwsgi_temp_path /tmp/nginx/uwsgi;
        scgi_temp_path /tmp/nginx/scgi;
        server {{
                listen 80;
                listen 443 ssl;
                server_name {name};
                ssl_certificate {tls}/server.pem;
                ssl_certificate_key {tls}/server.key;
                root {root};
                location /slow/ {{ alias {root}/; limit_rate 400k; }}
                location /redirect/ {{ rewrite ^/redirect/(.*)$ https://{name}/$1 redirect; }}
                location /downgrade/ {{ rewrite ^/downgrade/(.*)$ http://{name}/$1 redirect; }}
                location /loop/ {{ rewrite ^ https://{name}/loop/x redirect; }}
                location /file/ {{ return 302 file:///etc/passwd; }}
                location /cached/ {{ alias {root}/; add_header Cache-Control max-age=600; }}
        }}
        server {{
                listen 8443 ssl;
                ssl_certificate {tls}/other.pem;
                ssl_certificate_key {tls}/other.key;
                root {root};
        }}
}}
'''


def make_certificates(directory):
    """A CA, a certificate by it for images.test, and a self-signed one."""
    directory.mkdir()

    def openssl(*argv):
        subprocess.run(['openssl', *argv], cwd=directory, check=True, capture_output=True)

    new = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30']
    openssl(*new, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test CA',
            '-addext', 'basicConstraints=critical,CA:TRUE')
    openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'server.key',
            '-out', 'server.csr', '-subj', f'/CN={NAME}')
    (directory / 'ext').write_text(f'subjectAltName=DNS:{NAME}\n')
    openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial',
            '-days', '30', '-extfile', 'ext', '-out', 'server.pem')
    openssl(*new, '-keyout', 'other.key', '-out', 'other.pem', '-subj', f'/CN={NAME}',
            '-addext', f'subjectAltName=DNS:{NAME}')


class Server:
    def __init__(self, host, share):
        self.host = host
        self.root = share / 'www'
        self.root.mkdir()
        make_certificates(share / 'tls')
        # The host's /etc is an overlay of its own: the machine's trust store stays as it was.
        host.sh('cat /mnt/share/tls/ca.pem >>/etc/ssl/certs/ca-certificates.crt')
        host.sh(f'echo 127.0.0.1 {NAME} >>/etc/hosts')
        host.write('/etc/rkt-test/nginx.conf', NGINX.format(name=NAME, tls='/mnt/share/tls', root='/mnt/share/www'))
        host.run('mkdir', '-p', '/tmp/nginx')
        host.run('systemd-run', '--unit=web-server', '--collect', '-p', 'Type=exec',
                 'nginx', '-c', '/etc/rkt-test/nginx.conf', '-g', 'daemon off; user root;')
        host.wait_until(f'curl -fs -o /dev/null https://{NAME}/ -w "" || curl -s -o /dev/null https://{NAME}/')

    def publish(self, path, name=None):
        """Copies a file to the server and returns its https URL."""
        target = self.root / (name or path.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
        target.chmod(0o644)
        return f'https://{NAME}/{target.relative_to(self.root)}'

    def requests(self):
        return self.host.read('/tmp/nginx/access.log')

    def forget_requests(self):
        self.host.sh(': >/tmp/nginx/access.log')

    def close(self):
        self.host.run('systemctl', 'stop', 'web-server', check=None)
