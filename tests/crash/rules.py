"""What a request is, and what becomes of it on its way to the sandbox."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from tests.crash.people import numbers


@dataclass(frozen=True)
class Seen:
    """A request that passed by."""

    number: int
    """Counted from 1 over all requests."""
    whole: bytes

    @property
    def line(self) -> str:
        """Return method and path, without query."""
        return re.split(rb"[ ?]HTTP/|\?", self.whole, maxsplit=1)[0].decode("latin-1").strip()

    @cached_property
    def numbers(self) -> set[int]:
        """Return the numbers of the contacts that it speaks of."""
        return numbers(self.whole.decode("latin-1"))


@dataclass(frozen=True)
class Rule:
    """What becomes of a request; without arguments it passes undisturbed."""

    commits: bool = True
    """Whether the API gets it."""
    part: float = 1.0
    """Share of the answer that comes through; after less than all of it the connection is closed,
    and for none at all reset."""
    answer: bytes = b""
    """Sent in place of the API's answer."""
    below: bytes = b""
    """Sent below the encryption after the part of the answer."""
    drip: bytes = b""
    """Sent again and again after the answer, until the target hangs up."""
    delay: float = 0.0
    """Seconds before the answer."""
    kill: Literal["", "on arrival", "after commit"] = ""
    """When the target is killed."""
    first: bytes = b""
    """An earlier request, which the API gets just before this one."""
    waits: bool = False
    """Whether the answer waits until the proxy is told to release it."""
    late: float = 0.0
    """Seconds after its answer at which the API gets the request; `commits` must be false."""


def page(status: int) -> bytes:
    """Return an answer as gateways and captive portals give it: HTML."""
    body = "<!DOCTYPE html><html><body><h1>Please wait</h1></body></html>"
    return reply(status, body, "text/html")


def reply(status: int, body: str, kind: str = "application/json") -> bytes:
    """Return a whole answer."""
    head = f"HTTP/1.1 {status} Any\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


PASS = Rule()
RESET_BEFORE = Rule(commits=False, part=0)
RESET_AFTER = Rule(part=0)
HALF = Rule(part=0.5)
KILLS = (
    Rule(commits=False, part=0, kill="on arrival"),
    Rule(part=0, kill="on arrival"),
    Rule(part=0, kill="after commit"),
)
"""Killed as the request arrives, which is carried out never or nevertheless; or just after."""


def mixed(hang: float) -> tuple[Rule, ...]:
    """Return one of each disturbance; `hang` is more than the target's time-out, in seconds."""
    refused = [Rule(commits=False, answer=page(status)) for status in (500, 502, 503, 504, 200)]
    lost = [Rule(answer=page(status)) for status in (502, 504)]
    return (*refused, *lost, RESET_BEFORE, RESET_AFTER, HALF, Rule(delay=hang))
