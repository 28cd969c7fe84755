"""What goes over the wire between a client and a sandbox."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_plus

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Request:
    """One HTTP request as it came off the wire; header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    raw_path: str
    """Path and query exactly as sent, for signatures."""

    @property
    def content_type(self) -> str:
        """Return the media type without parameters, lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def holds(self, text: str) -> bool:
        """Say whether a text stands in the address or the body, percent-encoded or not."""
        sent = self.raw_path + "\n" + self.body.decode(errors="replace")
        return text in sent or text in unquote_plus(sent)

    def form(self) -> dict[str, str]:
        """Return the fields of an `application/x-www-form-urlencoded` body."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=False))


@dataclass(frozen=True)
class Response:
    """One HTTP answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(payload: object, status: int = 200, **headers: str) -> Response:
    """Build an answer with a JSON body."""
    body = json.dumps(payload, ensure_ascii=False).encode()
    return Response(status, body, {"Content-Type": "application/json;charset=UTF-8", **headers})


def text_response(text: str) -> Response:
    """Build an answer that a person reads in a browser."""
    return Response(200, text.encode(), {"Content-Type": "text/plain;charset=UTF-8"})


def xml_response(body: bytes, status: int = 200, **headers: str) -> Response:
    """Build an answer with an XML body."""
    return Response(status, body, {"Content-Type": "application/xml;charset=UTF-8", **headers})


@dataclass(frozen=True)
class Logged:
    """One line of the request log."""

    request: Request
    status: int | None
    """Status that was answered; None if the connection was cut without an answer."""
    executed: bool
    """Whether the API's rules saw the request."""
    at: float
    """Seconds of the monotonic clock when it arrived."""
