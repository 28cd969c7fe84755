"""Read the origin of an API from a setting: scheme, host and port."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

import requests
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.transport import proxies

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")

LONGEST_HOST = 253


def origin(setting: str, url: str, *, allow_http: bool) -> str:
    """Return the bare origin in a setting, in lower case and without a trailing slash.

    Raises:
        ConfigurationError: If it is not `https://host[:port]`, or the proxy for it is wrong.
    """
    split = _split_origin(url.strip().rstrip("/"))
    if split is None or not _is_bare(split):
        msg = f"{setting} must be scheme, host and port alone, such as https://host or https://host:8443."
        raise ConfigurationError(msg)
    if not _is_host(str(split.hostname)):
        msg = f"{setting} must name a host that there can be, such as api.example.com or 192.0.2.1."
        raise ConfigurationError(msg)
    if split.scheme == "http" and not (allow_http or proxies.is_loopback(str(split.hostname))):
        msg = (
            f"{setting} must start with https://: sign-ins would travel unencrypted. If the API "
            "has plain http only, and you trust the network, set allow_http to true."
        )
        raise ConfigurationError(msg)
    found = f"{split.scheme}://{split.netloc.lower()}"
    proxies.assert_passable(found)
    return found


def _split_origin(url: str) -> SplitResult | None:
    """Return the parts of an address; None if it is not one."""
    try:
        split = urlsplit(url)
        _ = split.port
    except ValueError:
        return None
    return split


def _is_bare(split: SplitResult) -> bool:
    more = split.path or split.query or split.fragment or "@" in split.netloc
    return (
        split.scheme in {"http", "https"} and bool(split.hostname) and not more and split.port != 0
    )


def _is_host(host: str) -> bool:
    if ":" in host:
        return _is_address(host)
    try:
        name = host if host.isascii() else _in_ascii(host)
    except requests.RequestException:
        return False
    labels = name.removesuffix(".").split(".")
    return len(name) <= LONGEST_HOST and all(map(_LABEL.fullmatch, labels))


def _in_ascii(host: str) -> str:
    """Return a host name of another script as DNS is asked for it."""
    request = requests.PreparedRequest()
    request.prepare_url(f"https://{host}", {})
    return str(urlsplit(request.url).hostname)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
