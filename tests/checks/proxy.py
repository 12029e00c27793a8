"""A real nginx or Caddy that runs with a file of docs/deployment; only ports and certificates are those of the test."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.services.ports import free_port
from tests.services.needed import needed
from tests.serving.server import EXIT_TIMEOUT, RESPONSE_TIMEOUT, ROOT, wait_until

DEPLOYMENT = ROOT / "docs" / "deployment"
NAME = "example.com"
HERE = "127.0.0.1"
#: Another address of the loopback network (all of 127.0.0.0/8 is this machine): to a proxy it is as foreign as any.
ELSEWHERE = "127.0.0.2"

_NGINX = """
daemon off;
user {user};
pid {folder}/nginx.pid;
error_log {folder}/proxy.log;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/{file};
}}
"""
_CADDY = """
{{
	admin off
	auto_https disable_redirects
	storage file_system {folder}
}}
"""


@dataclass(frozen=True)
class Answer:
    """What a proxy has answered."""

    status: int
    headers: Message
    body: bytes


@dataclass(frozen=True)
class Proxy:
    """A proxy that runs."""

    port: int

    def is_listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HERE, self.port)) == 0

    def status(self, path: str, *, client: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> int:
        """The status of an answer to a client with this address, which sends the path as it is."""
        return self.exchange(path, client=client, method=method, headers=headers).status

    def exchange(
        self,
        path: str,
        *,
        client: str = HERE,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """The answer to a client with this address, which sends path and headers as they are."""
        trusting = ssl._create_unverified_context()  # noqa: S323 - the certificate was made for this test
        plain = socket.create_connection((HERE, self.port), RESPONSE_TIMEOUT, source_address=(client, 0))
        connection = HTTPConnection(NAME)
        connection.sock = trusting.wrap_socket(plain, server_hostname=NAME)
        length = {"Content-Length": str(len(body))} if body else {}
        try:
            connection.putrequest(method, path, skip_host=True)
            for name, value in {"Host": NAME, **length, **(headers or {})}.items():
                connection.putheader(name, value)
            connection.endheaders(body or None)
            response = connection.getresponse()
            # After 101 what follows is not a body.
            return Answer(response.status, response.headers, b"" if response.status == 101 else response.read())
        finally:
            connection.close()


@contextmanager
def proxy(file: str, folder: Path, server_port: int, *, changes: Mapping[str, str] | None = None) -> Iterator[Proxy]:
    """Start the program that a file is for, in front of a server.

    Arguments:
        file: its name.
        folder: where it runs.
        server_port: the port of the server behind it.
        changes: what a reader changes in the file: old and new text.
    """
    port = free_port()
    certificate, key = _certificate(folder)
    for each in DEPLOYMENT.glob("*"):
        shutil.copy(each, folder)
    text = _replace((folder / file).read_text(), changes or {})
    if file.endswith("Caddyfile"):
        program = needed(shutil.which("caddy"), "Caddy is missing: apt-get install caddy")
        replaced = {
            f"{NAME} {{": f"https://{NAME}:{port} {{\n\tbind {HERE}\n\ttls {certificate} {key}",
            "127.0.0.1:8000": f"127.0.0.1:{server_port}",
        }
        (folder / file).write_text(_CADDY.format(folder=folder) + _replace(text, replaced))
        command = [program, "run", "--adapter", "caddyfile", "--config", str(folder / file)]
    else:
        path = f"{os.environ['PATH']}:/usr/sbin"  # where Debian has it, and not everybody looks
        program = needed(shutil.which("nginx", path=path), "nginx is missing: apt-get install nginx")
        replaced = {
            "listen 443": f"listen {HERE}:{port}",
            "/etc/ssl/example.com.pem": str(certificate),
            "/etc/ssl/private/example.com.key": str(key),
        }
        others = {"listen 80;": f"listen {HERE}:{free_port()};"}
        others |= {f"127.0.0.1:{number}": f"127.0.0.1:{server_port}" for number in (8000, 8001, 8002)}
        (folder / file).write_text(_replace(text, replaced | {old: new for old, new in others.items() if old in text}))
        (folder / "main.conf").write_text(_NGINX.format(folder=folder, file=file, user=getpass.getuser()))
        command = [program, "-c", str(folder / "main.conf"), "-e", str(folder / "proxy.log")]
    with (folder / "proxy.out").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)  # noqa: S603 - nginx or Caddy
    running = Proxy(port)
    try:
        wait_until(lambda: process.poll() is not None or running.is_listening())
        assert process.poll() is None, (folder / "proxy.out").read_text()
        yield running
    finally:
        process.terminate()
        process.wait(EXIT_TIMEOUT)


def _replace(text: str, replaced: Mapping[str, str]) -> str:
    for old, new in replaced.items():
        assert old in text, f"{old} is not in the file"
        text = text.replace(old, new)
    return text


def _certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={NAME}"]
    subprocess.run([*request, "-keyout", key, "-out", certificate], check=True, capture_output=True)  # noqa: S603
    return certificate, key
