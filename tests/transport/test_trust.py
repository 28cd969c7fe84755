"""Certificates and plain http: what an account trusts is a setting of the account."""

from __future__ import annotations

import hashlib
import ssl
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.bas_ip.client import BasIp as Client
from tap_contacts.transport.errors import Stopped
from tests.sandbox.bas_ip import BasIp
from tests.support import tls
from tests.support.proxies import certificate, encrypted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CERTIFICATE = ssl.PEM_cert_to_DER_cert(certificate().read_text("ascii"))
FINGERPRINT = hashlib.sha256(CERTIFICATE).hexdigest()
PRINTED = ":".join(FINGERPRINT[at : at + 2] for at in range(0, 64, 2)).upper()
"""As openssl prints it."""


@pytest.fixture
def monitor() -> Iterator[BasIp]:
    """Return a running monitor that signs its own certificate."""
    sandbox = BasIp()
    encrypted(sandbox)
    with sandbox:
        yield sandbox


def client(monitor: BasIp, *, host: str = "127.0.0.1", **settings: Any) -> Client:
    """Return a client of a monitor; each request is tried three times without a wait."""
    port = monitor.url.rpartition(":")[2]
    account = {**monitor.target_config()["bas_ip"], "api_url": f"https://{host}:{port}"}
    return Client({**account, **settings}, {"max_tries": 3, "retry_wait_seconds": 0})


@pytest.mark.parametrize(
    "settings",
    [
        {"ca_file": str(certificate())},
        {"cert_fingerprint": FINGERPRINT},
        {"cert_fingerprint": PRINTED},
        {"cert_fingerprint": f"sha256 Fingerprint={PRINTED}"},
        {"cert_fingerprint": PRINTED, "ca_file": str(tls.certificate())},
    ],
)
def test_a_certificate_that_a_setting_names_is_trusted(
    monitor: BasIp, settings: dict[str, str]
) -> None:
    """The device signed it itself; a fingerprint says more than who signed it."""
    assert "signed in as" in client(monitor, **settings).check()


def test_a_fingerprint_makes_up_for_another_name(monitor: BasIp) -> None:
    """A device knows nothing of the name by which it is reached; without, the name counts."""
    assert client(monitor, host="localhost", cert_fingerprint=FINGERPRINT).check()
    with pytest.raises(Stopped, match="its certificate is not trusted"):
        client(monitor, host="localhost", ca_file=str(certificate())).check()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"ca_file": str(tls.certificate())},
        {"cert_fingerprint": FINGERPRINT[:-1] + ("0" if FINGERPRINT[-1] != "0" else "1")},
        {"cert_fingerprint": "0" * 64, "ca_file": str(certificate())},
    ],
)
def test_any_other_certificate_ends_the_run_at_once(
    monitor: BasIp, settings: dict[str, str]
) -> None:
    """It will be no other in the next try. The sentence names both settings; nothing is sent."""
    with pytest.raises(Stopped, match="set ca_file or cert_fingerprint of the account") as raised:
        client(monitor, **settings).check()
    assert "its certificate is not trusted" in str(raised.value)
    assert list(monitor.log) == []


@pytest.mark.parametrize("given", ["", "0" * 63, "0" * 65, "g" * 64, "SHA1=00:11", "a" * 40])
def test_a_fingerprint_that_cannot_be_one_is_named(monitor: BasIp, given: str) -> None:
    """SHA-1 would be no proof. An empty one is none."""
    if not given:
        assert client(monitor, cert_fingerprint=given, ca_file=str(certificate())).check()
        return
    with pytest.raises(ConfigurationError, match=r"bas_ip\.cert_fingerprint must be a SHA-256"):
        client(monitor, cert_fingerprint=given)


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_file_without_certificates_is_named(
    monitor: BasIp, tmp_path: Path, content: str | None
) -> None:
    """One that is not there, an empty one, another one."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(
        ConfigurationError, match=r"bas_ip\.ca_file must name a file of certificates"
    ):
        client(monitor, ca_file=str(path))


@pytest.mark.parametrize("url", ["http://192.0.2.10", "http://monitor.example:8080"])
def test_plain_http_beyond_this_machine_has_to_be_allowed(url: str) -> None:
    """Sign-ins would travel unencrypted. The sentence names the setting."""
    account = {"username": "u", "password": "p", "api_url": url}
    with pytest.raises(ConfigurationError, match="set allow_http to true"):
        Client(account, {})
    assert Client(account, {"allow_http": True}).origin == url


@pytest.mark.parametrize("url", ["http://127.0.0.1:80", "http://localhost", "http://[::1]:8080"])
def test_plain_http_on_this_machine_is_always_allowed(url: str) -> None:
    """Nobody else hears it."""
    assert Client({"username": "u", "password": "p", "api_url": url}, {}).origin == url
