"""Find the proxy and the certificates for an origin.

The environment names them, as `requests` reads it. Loopback never goes through a proxy. Neither
does plain http, since the proxy would see the sign-in.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit

import requests
from requests.utils import select_proxy
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.transport.trust import holds_certificates

if TYPE_CHECKING:
    from collections.abc import Mapping

PROXY_SCHEMES = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"}

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Variables that name certificates, the first one first."""


@lru_cache(maxsize=32)
def ways(origin: str) -> Mapping[str, Any]:
    """Return the proxies and certificates for an origin, as `requests` takes them."""
    session = requests.Session()
    found = session.merge_environment_settings(origin, {}, stream=True, verify=None, cert=None)
    split = urlsplit(origin)
    if split.scheme == "http" or is_loopback(str(split.hostname)):
        found["proxies"] = {}
    return found


def named(url: str) -> tuple[str, str] | None:
    """Return host and port of the proxy for an address, and the variable that names it, if any.

    Its user and password are left out.
    """
    proxy = select_proxy(url, ways(origin_in(url))["proxies"])
    split = _split_proxy(proxy) if proxy else None
    return (split.netloc.rpartition("@")[2], _variable(str(proxy))) if split else None


def origin_in(url: str) -> str:
    """Return the origin that an address begins with."""
    return "/".join(url.split("/", 3)[:3])


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def assert_passable(origin: str) -> None:
    """Raise ConfigurationError if the environment names an unusable proxy or certificates."""
    if not origin.startswith("https:"):
        return
    found = ways(origin)
    proxy = select_proxy(origin, found["proxies"])
    if proxy and (why := _why_no_proxy(proxy)):
        msg = f"{_variable(proxy)} in the environment {why}."
        raise ConfigurationError(msg)
    if isinstance(found["verify"], str) and not _holds_certificates(found["verify"]):
        name = next((name for name in _BUNDLES if os.environ.get(name)), _BUNDLES[0])
        msg = f"{name} in the environment must name a file or folder of certificates (PEM)."
        raise ConfigurationError(msg)


def _why_no_proxy(proxy: str) -> str:
    """Say what is wrong with a proxy's address, without showing any part of it; "" if nothing."""
    split = _split_proxy(proxy)
    if split is None or split.scheme not in PROXY_SCHEMES or not split.hostname:
        return "must be the address of a proxy such as http://host:8080"
    try:
        unquote(split.netloc).encode("latin-1")
    except UnicodeEncodeError:
        return "holds a user or password that no header can hold: write it in Latin-1"
    if split.scheme.startswith("socks") and importlib.util.find_spec("socks") is None:
        return "names a SOCKS proxy, which needs a package: pip install 'requests[socks]'"
    return ""


def _split_proxy(proxy: str) -> SplitResult | None:
    plain = proxy.isascii() and proxy.isprintable() and " " not in proxy
    if "@" in proxy and "://" not in proxy:  # `requests` takes the user for a scheme
        return None
    try:
        split = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        is_right = plain and split.port != 0
    except ValueError:
        return None
    return split if is_right else None


def _variable(proxy: str) -> str:
    """Return the variable that names a proxy. One in lower case goes first, as in `requests`."""
    names = [f"{kind}_proxy" for kind in ("https", "all")]
    for name in (*names, *map(str.upper, names)):
        if os.environ.get(name) == proxy:
            return name
    return "HTTPS_PROXY"


@lru_cache(maxsize=4)
def _holds_certificates(path: str) -> bool:
    return Path(path).is_dir() or holds_certificates(path)
