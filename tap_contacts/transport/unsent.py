"""Say why a request did not leave, without the address, which may hold secrets in its query."""

from __future__ import annotations

import errno
import socket
import ssl
from typing import TYPE_CHECKING

from urllib3.exceptions import MaxRetryError, ProxyError, SSLError

from tap_contacts.transport import proxies
from tap_contacts.transport.errors import NoAnswer, Untrusted

if TYPE_CHECKING:
    from collections.abc import Sequence

UNTRUSTED = "its certificate is not trusted"
NOT_NOW = f"{UNTRUSTED}: it has expired or is not valid yet, by the clock of this machine"
OF_ANOTHER = f"{UNTRUSTED}: it is that of another host"

ITS_OWN = (
    "Check api_url. If the server signs its own certificate, set ca_file or cert_fingerprint of "
    "the account. If one is set, the server shows another one: find out why before you change "
    "the setting."
)
CLOCK = "Set the clock. If it is right, whoever runs the server has to renew the certificate."
NAME = (
    "Check api_url: it has to be a name that the certificate is for. If it cannot be, as with a "
    "device that signs its own, set cert_fingerprint of the account."
)

NOT_VALID = {
    **dict.fromkeys((9, 10), (NOT_NOW, CLOCK)),
    **dict.fromkeys((62, 64), (OF_ANOTHER, NAME)),
}
"""Why a certificate is refused and what to do, by OpenSSL's codes of its verification."""

NO_PROXY = "no connection through the proxy {proxy}{why}; check {variable} in the environment"
NO_ENCRYPTION = (
    "the encryption was not accepted; check the port, and whether the server speaks https at all"
)
NO_CONNECTION = "no connection; check the address and the network"

NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
"""Errors of a network that leads to no address of that kind, such as IPv6."""


def failure(error: BaseException, causes: Sequence[BaseException], url: str) -> NoAnswer:
    """Return what it means that a connection was not made.

    Args:
        error: What was raised.
        causes: The same, and the errors that led to it.
        url: Where to.
    """
    led_to_it = error.reason if isinstance(error, MaxRetryError) else error
    if not isinstance(led_to_it, ProxyError):
        if refused := _of_certificate(causes):
            return refused
        if isinstance(led_to_it, SSLError):
            return NoAnswer(NO_ENCRYPTION, sent=False)
    return NoAnswer(_no_connection(_why(causes), proxies.named(url)), sent=False)


def _no_connection(why: str, proxy: tuple[str, str] | None) -> str:
    """Say that there is none; whatever a proxy does instead of leading on, it is the proxy's."""
    why = why and f" ({why})"
    if proxy is None:
        return NO_CONNECTION + why
    name, variable = proxy
    return NO_PROXY.format(proxy=name, why=why, variable=variable)


def _of_certificate(causes: Sequence[BaseException]) -> Untrusted | None:
    """Return why a server's certificate was refused, if so; urllib3 compares fingerprints."""
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Untrusted(*NOT_VALID.get(cause.verify_code, (UNTRUSTED, ITS_OWN)))
        if "Fingerprints did not match" in str(cause):
            return Untrusted(UNTRUSTED, ITS_OWN)
    return None


def _why(causes: Sequence[BaseException]) -> str:
    """Return what the network says of an address, or ""."""
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return "its name is not known here"
        if isinstance(cause, ConnectionRefusedError):
            return "nothing listens there"
        if isinstance(cause, OSError) and cause.errno in NO_WAY:
            return "no way leads there; the host may have an IPv6 address only"
    return ""
