"""nginx in front of a server, which it shows below a path of its own."""

import contextlib
import shutil
import socket
import subprocess
import time

import requests
from servers import not_here, spawn

PREFIX = "/eo/api"

CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port}{secure};
        {certificate}
        location {prefix}/ {{
            proxy_pass {server}/;
            proxy_set_header Host inside.example;
            {headers}
        }}
    }}
}}
"""

# All that nginx knows of how it was asked, and nothing of what it was told.
FORWARDED = f"""
            proxy_set_header Forwarded "";
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-Prefix {PREFIX};"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def certificate(folder):
    """A certificate for this machine; its file."""
    path = folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", path]
    subprocess.run(command, check=True, capture_output=True)
    return path


@contextlib.contextmanager
def nginx(folder, server, port, *, secure):
    """`secure`: over TLS, and tells the server how it was asked. Gives a session that knows its certificate."""
    if not (program := shutil.which("nginx", path="/usr/sbin:/usr/bin")):
        not_here("nginx is not installed")
    session = requests.Session()
    # Or a variable would say which certificates to trust.
    session.trust_env = False
    key = ""
    if secure:
        session.verify = str(certificate(folder))
        key = f"ssl_certificate {session.verify}; ssl_certificate_key {folder}/key.pem;"
    configuration = folder / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(
            folder=folder, port=port, secure=" ssl" if secure else "", certificate=key, prefix=PREFIX, server=server,
            headers=FORWARDED if secure else "",
        )
    )
    process = spawn([program, "-p", folder, "-c", configuration, "-e", folder / "nginx.log"])
    try:
        wait_until_it_listens(port, process)
        yield session
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until_it_listens(port, process):
    for _ in range(100):
        assert process.poll() is None, "nginx ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError("nginx does not listen")
