"""HTTP/1.1, HTTP/2 with and without TLS, and the settings of production, as curl sees them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.serving.server import CONFIG, Server, serve

pytestmark = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("openssl")) and "CI" not in os.environ,
    reason="curl or openssl is missing. On Debian and Ubuntu: apt-get install curl openssl",
)


def run(*command: str) -> str:
    """Run a program and return its standard output."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own commands


@pytest.fixture(scope="module")
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server in production, with hypercorn.toml and a certificate; the tests only look at a page."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    request = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost")
    run(*request, "-keyout", str(key), "-out", str(certificate))
    config = folder / "hypercorn.toml"
    config.write_text(f'{CONFIG.read_text()}\ncertfile = "{certificate}"\nkeyfile = "{key}"\n')
    environment = {
        "ENVIRONMENT": "production",
        "SECRET_KEY": "a key for this test alone",
        "MAIL_URL": "file:",
        "ALLOWED_HOSTS": "localhost",
        "UPGRADE_AT_START": "true",
    }
    with serve(folder, config=config, environment=environment) as server:
        yield server


@pytest.fixture(scope="module")
def plain_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as `make run` starts it."""
    with serve(tmp_path_factory.mktemp("plain")) as server:
        yield server


@pytest.mark.parametrize(("option", "status"), [("--http2", "HTTP/2 200"), ("--http1.1", "HTTP/1.1 200")])
def test_production_with_tls(tls_server: Server, option: str, status: str) -> None:
    """The server negotiates HTTP/2, sets ``Secure`` cookies with the ``__Host-`` prefix, and sends HSTS."""
    head = run(
        *("curl", "--silent", "--insecure", option, "--dump-header", "-", "--output", os.devnull),
        f"https://localhost:{tls_server.port}/login",
    )
    lines = {line.strip().lower() for line in head.splitlines()}
    assert head.splitlines()[0].strip() == status
    cookies = [line for line in lines if line.startswith("set-cookie:")]
    assert [cookie for cookie in cookies if not cookie.startswith("set-cookie: __host-session_data=")] == []
    assert all("; secure" in cookie and "; path=/" in cookie and "domain" not in cookie for cookie in cookies)
    assert len(cookies) == 1
    assert "strict-transport-security: max-age=31536000" in lines
    assert not any(line.startswith("server:") for line in lines)


def test_foreign_name_with_tls(tls_server: Server) -> None:
    """A foreign host name is refused in HTTP/2's ``:authority``, too."""
    status = run(
        *("curl", "--silent", "--insecure", "--http2", "--header", "Host: evil.test", "--output", os.devnull),
        *("--write-out", "%{http_version} %{http_code}", f"https://localhost:{tls_server.port}/login"),
    )
    assert status == "2 400"


@pytest.mark.parametrize(
    ("option", "seen"),
    [("--http2-prior-knowledge", "2 200"), ("--http2", "2 200"), ("--http1.1", "1.1 200"), ("--http1.0", "1.1 200")],
)
def test_without_tls(plain_server: Server, option: str, seen: str) -> None:
    """Without TLS, for a proxy, the server speaks HTTP/2 and HTTP/1.1."""
    address = f"http://127.0.0.1:{plain_server.port}/login"
    assert (
        run("curl", "--silent", option, "--output", os.devnull, "-w", "%{http_version} %{http_code}", address) == seen
    )
