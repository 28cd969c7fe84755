"""A certificate for 127.0.0.1, made for one run of the tests."""

from __future__ import annotations

import functools
import ssl
import subprocess
import tempfile
from pathlib import Path

MADE = (
    *("openssl", "req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"),
    *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=127.0.0.1"),
    *("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:tunnel.example.com"),
)

TRUST = "REQUESTS_CA_BUNDLE"
"""Variable of the environment that names the file of the certificates that are trusted."""

_FOLDER = tempfile.TemporaryDirectory(prefix="tls-")


@functools.cache
def certificate() -> Path:
    """Return the file of the certificate; its key lies beside it as key.pem."""
    folder = Path(_FOLDER.name)
    made = folder / "certificate.pem"
    files = ("-keyout", str(folder / "key.pem"), "-out", str(made))
    subprocess.run([*MADE, *files], check=True, capture_output=True)
    return made


def serving() -> ssl.SSLContext:
    """Return what a server encrypts with."""
    made = certificate()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, made.with_name("key.pem"))
    return context


ALERT = b"\x15\x03\x03\x00\x02\x02\x50"
"""The record of an alert: an internal error."""

BROKEN = b"\x17\x03\x03\x00\x20" + b"\x00" * 32
"""A record that no key opens."""
