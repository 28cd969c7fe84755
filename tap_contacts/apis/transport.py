"""Move single requests and answers over HTTP, without knowing what they mean."""

from __future__ import annotations

import datetime
import ipaddress
import logging
import re
import threading
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cached_property
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.errors import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

logging.getLogger("urllib3").setLevel(logging.ERROR)
"""Below, it writes query strings into the log, sign-ins among them: at DEBUG every one, at WARNING
those of answers with malformed headers."""

LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes of an answer, decompressed; more is refused before it is parsed."""

MOST_VALUES = 500_000
"""Values in an answer, by its brackets and commas: each takes far more memory than its bytes."""


@dataclass(frozen=True)
class Answer:
    """One whole HTTP answer, and the request that got it."""

    request: requests.PreparedRequest
    status: int
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def json(self) -> Any:
        """Return the body read as JSON, numbers of any size kept whole; None if it is none."""
        if sum(map(self.body.count, (b"[", b"{", b","))) > MOST_VALUES:
            return None
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    @property
    def retry_after(self) -> float | None:
        """Return the seconds that `Retry-After` asks for, in either form, or None."""
        value = self.headers.get("Retry-After", "").strip()
        if re.fullmatch("[0-9]+", value):
            return float(value)
        try:
            moment = parsedate_to_datetime(value).astimezone(datetime.timezone.utc)
        except (ValueError, OverflowError):
            return None
        now = datetime.datetime.now(tz=datetime.timezone.utc)
        return max(0.0, (moment - now).total_seconds())


class SignIn(AuthBase):
    """Sign requests of one account; share one instance between all threads. This one signs none."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the sign-in to a request that is otherwise final."""
        return request

    def secrets(self) -> Collection[str]:
        """Return what signs requests now and stands in no setting."""
        return ()

    def renew(self, request: requests.PreparedRequest) -> bool:
        """Drop the sign-in this request was refused with; say whether trying again makes sense."""
        del request
        return False


class _Session(requests.Session):
    """A session that leaves redirects alone."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Find none: requests reads the whole body of a redirect even where it follows none."""
        del resp


class Transport:
    """Send requests over one connection pool and count them."""

    def __init__(self, config: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        """Take how to send from the plugin's config, and the rate from the API's settings first."""
        self.timeout = float(config.get("timeout_seconds", 60))
        self.max_tries = int(config.get("max_tries", 5))
        self.retry_wait = float(config.get("retry_wait_seconds", 1))
        self.requests_per_minute: int | None = settings.get(
            "requests_per_minute", config.get("requests_per_minute")
        )
        self.requests = 0
        """Requests sent so far, sign-in included."""
        self._count = threading.Lock()
        self._session = _Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = HTTPAdapter(pool_maxsize=64)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def send(self, method: str, url: str, **options: Any) -> Answer:
        """Send one request once, following no redirect.

        Raises:
            NoAnswer: No whole answer came.
        """
        options.setdefault("auth", SignIn())
        with self._count:
            self.requests += 1
        try:
            response = self._session.request(
                method, url, timeout=self.timeout, allow_redirects=False, stream=True, **options
            )
            body = _read(response)
        except requests.RequestException as error:
            raise NoAnswer(_reason(error), sent=not _never_sent(error)) from None
        return Answer(response.request, response.status_code, response.headers, body)


def _read(response: requests.Response) -> bytes:
    body = bytearray()
    with response:
        for chunk in response.iter_content(65536):
            body += chunk
            if len(body) > LARGEST_ANSWER:
                reason = f"the answer is larger than {LARGEST_ANSWER} bytes"
                raise NoAnswer(reason, sent=True)
    return bytes(body)


def _never_sent(error: requests.RequestException) -> bool:
    """Say whether the connection failed before the request could be sent."""
    inner = getattr(error.args[0], "reason", None) if error.args else None
    names = {type(error).__name__, type(inner).__name__}
    return bool(names & {"ConnectTimeout", "NewConnectionError", "NameResolutionError", "SSLError"})


def _reason(error: requests.RequestException) -> str:
    """Name the failure without the address, which may hold secrets in its query."""
    if isinstance(error, requests.exceptions.SSLError):
        return "the certificate or the encryption was not accepted"
    if _never_sent(error):
        return "no connection; check the address and the network"
    if isinstance(error, requests.Timeout):
        return "no answer within timeout_seconds"
    return "the connection broke before the answer was whole"


def origin(setting: str, url: str, *, lan: bool = False) -> str:
    """Return a bare origin from a setting, in lower case and without a trailing slash.

    Args:
        setting: Name of the setting, for the message.
        url: What the user gave.
        lan: Whether plain http may go beyond loopback: only where a device offers nothing else.

    Raises:
        ConfigurationError: If it is not `https://host[:port]`.
    """
    split = urlsplit(url.strip().rstrip("/"))
    bare = split.hostname and not (split.path or split.query or split.username or split.fragment)
    if split.scheme not in {"http", "https"} or not bare:
        msg = f"{setting} must be a bare origin such as https://host or https://host:8443."
        raise ConfigurationError(msg)
    if split.scheme == "http" and not (lan or _is_loopback(str(split.hostname))):
        msg = f"{setting} must start with https://: sign-ins do not travel unencrypted."
        raise ConfigurationError(msg)
    return f"{split.scheme}://{split.netloc.lower()}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
