"""A certificate of the tests' own, and a configuration of Hypercorn that uses it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.services.needed import needed
from tests.serving.server import CONFIG


def with_certificate(folder: Path) -> Path:
    """Write hypercorn.toml with a certificate for ``localhost`` into this folder, and return its path."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    openssl = needed(shutil.which("openssl"), "openssl is missing. On Debian and Ubuntu: apt-get install openssl")
    request = (openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost")
    command = (*request, "-keyout", str(key), "-out", str(certificate))
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own command
    config = folder / "hypercorn.toml"
    config.write_text(f'{CONFIG.read_text()}\ncertfile = "{certificate}"\nkeyfile = "{key}"\n')
    return config
