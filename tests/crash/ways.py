"""Ways in which a run is disturbed without being killed: one table, to be added to.

A way acts while one run of a trial is under way; that run, too, must end well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.crash.rules import RESET_AFTER, Rule, page, reply
from tests.support import tls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from tests.crash.lab import Lab


@dataclass(frozen=True)
class Way:
    """One way: what it does to a lab, and what the lab must be like for it."""

    disturb: Callable[[Lab, Random, int], None]
    """Orders the faults of one run, given the lab, what draws, and the number of the first write
    that is to be disturbed."""
    secure: bool = False
    """Whether the target speaks with the proxy by TLS."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the target beside those of the trial."""


# Encryption.

_BREAKS = [
    Rule(part=part, below=below, commits=commits)
    for below in (tls.BROKEN, tls.ALERT, b"HTTP/1.1 200 OK\r\n\r\n")
    for part, commits in ((0, True), (0.5, True), (0, False))
]


def _encryption(lab: Lab, draw: Random, first: int) -> None:
    """Break records before or in answers, and handshakes after that."""
    lab.proxy.handshakes.to_refuse = draw.choice((0, 0, 1, 2))
    lab.disturb(draw.sample(_BREAKS, draw.choice((1, 2, 3))), first=first)


def _handshake(lab: Lab, draw: Random, first: int) -> None:
    """Break handshakes: of the first connections, or of those that follow a reset."""
    if draw.random() < 0.5:
        lab.proxy.handshakes.to_refuse = draw.choice((1, 2, 3))
    else:
        lab.disturb([RESET_AFTER], first=first)
        lab.proxy.handshakes.to_refuse_then = draw.choice((1, 2, 3))


# Gateways.

_STATUSES = (
    *(200, 201, 302, 400, 401, 403, 404, 405, 408, 409, 413, 422, 451, 500, 502, 503, 504),
    *(*range(520, 527), 530),
)
_WORDS = (
    '{"error": "upstream request timeout"}',
    '{"error": "not_found"}',
    '{"error": {"code": 404, "message": "no route"}}',
    '{"code": "upstream_error", "message": "no healthy upstream", "status": "error"}',
    '{"message": "Endpoint request timed out"}',
    *("{}", "[]", "null", "", "upstream connect error"),
    "<Error><Code>AccessDenied</Code></Error",
    "<html><body>No</body></html>",
)


def _gateway(lab: Lab, draw: Random, first: int) -> None:
    """Answer in the API's place, in JSON, HTML or plain words, whether it acted or not.

    No status comes twice: a sign-in refused anew after its renewal is the end of a request. The
    first request passes: barred there, an address counts as wrong.
    """
    said = [_said(draw, status) for status in draw.sample(_STATUSES, draw.choice((1, 2, 3)))]
    lab.disturb(said, among=lab.is_about_contacts, first=1 + first, every=draw.choice((1, 2, 3)))


def _said(draw: Random, status: int) -> Rule:
    answer = draw.choice((page(status), *(reply(status, words) for words in _WORDS)))
    return Rule(commits=draw.random() < 0.5, answer=answer)


# Answers without end.

_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_TRICKLES = (
    (b"HTTP/1.1 200 ", b"x"),
    (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    (b"HTTP/1.1 200 OK\r\n", b"X: x\r\n"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
    (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    (_CHUNKED, b"0"),
    (_CHUNKED, b"1\r\n \r\n"),
)


def _trickle(lab: Lab, draw: Random, first: int) -> None:
    """Begin an answer and never end it."""
    start, drip = draw.choice(_TRICKLES)
    rule = Rule(commits=draw.random() < 0.7, answer=start, drip=drip)
    lab.disturb([rule], among=lab.is_about_contacts, first=first)


# Servers that go on.

LATE = 0.3
"""Seconds after which a server carries out what nobody waits for any more."""

_LATE = (
    Rule(commits=False, answer=page(504), late=LATE),
    Rule(commits=False, answer=reply(502, "{}"), late=LATE),
    Rule(commits=False, part=0, late=LATE),
    Rule(commits=False, part=0, late=LATE, kill="on arrival"),
)


def _late(lab: Lab, draw: Random, first: int) -> None:
    """Carry requests out after they went unanswered, or after the target was killed."""
    lab.disturb(draw.choices(_LATE, k=draw.choice((1, 2, 3))), first=first)


WAYS: Mapping[str, Way] = {
    "tls": Way(_encryption, secure=True),
    "handshake": Way(_handshake, secure=True),
    "gateway": Way(_gateway),
    "late": Way(_late, settings={"unanswered_wait_seconds": 3 * LATE}),
    "trickle": Way(_trickle, settings={"timeout_seconds": 1}),
    "trickle-tls": Way(_trickle, secure=True, settings={"timeout_seconds": 1}),
}
"""All ways, by name."""
