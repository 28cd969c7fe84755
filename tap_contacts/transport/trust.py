"""Say which certificates an account's servers may show."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.transport.account_settings import text

if TYPE_CHECKING:
    from collections.abc import Mapping

CERTIFICATES = (
    text(
        "ca_file",
        "File of certificates (PEM) to trust for this API, instead of those of the system. For a "
        "device that signs its own certificate, or for a proxy that breaks TLS open.",
    ),
    text(
        "cert_fingerprint",
        "SHA-256 fingerprint of the one certificate that this API may show, as "
        "`openssl x509 -noout -fingerprint -sha256` prints it. The name in it and who signed it "
        "do not count then.",
    ),
)

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Trust:
    """The certificates that are trusted; by default those that the environment names."""

    ca_file: str | None = None
    """File of certificates (PEM)."""
    fingerprint: str | None = None
    """SHA-256 of the only certificate that is accepted, in lower-case hex."""

    def over(self, ways: Mapping[str, Any]) -> dict[str, Any]:
        """Return how to send, as `requests` takes it, with these certificates."""
        if self.fingerprint:
            return {**ways, "verify": False}  # the connection compares the fingerprint
        return {**ways, "verify": self.ca_file} if self.ca_file else {**ways}


ENVIRONMENT = Trust()
"""Trust the certificates that the environment names."""


def trust(api: str, settings: Mapping[str, Any]) -> Trust:
    """Return what the settings of an account say.

    Raises:
        ConfigurationError: If the file holds no certificates, or the fingerprint cannot be one.
    """
    ca_file, given = settings.get("ca_file") or None, settings.get("cert_fingerprint") or ""
    if ca_file and not holds_certificates(ca_file):
        msg = f"{api}.ca_file must name a file of certificates (PEM) that can be read."
        raise ConfigurationError(msg)
    fingerprint = given.rpartition("=")[2].replace(":", "").strip().lower()
    if given and not _FINGERPRINT.fullmatch(fingerprint):
        msg = f"{api}.cert_fingerprint must be a SHA-256 fingerprint: 64 hexadecimal digits."
        raise ConfigurationError(msg)
    return Trust(ca_file, fingerprint or None)


def holds_certificates(path: str) -> bool:
    """Say whether a file holds certificates (PEM)."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (OSError, ValueError):
        return False
    return True
