"""Tell what reading shows of assumptions about an API that no document proves."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.transport.errors import ApiError, Barred, Stopped, ends_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


class Standing(enum.Enum):
    """What reading shows of an assumption, in the words of the report."""

    HOLDS = "holds"
    DIFFERS = "differs"
    """It is wrong. That is allowed for, or a setting has to follow."""
    HARMS = "differs and would harm"
    """It is wrong, and a run would fail or do harm before a setting has changed."""
    UNKNOWN = "cannot be told"


class Seen(NamedTuple):
    """What was seen, and for an assumption that is wrong what to set."""

    standing: Standing
    detail: str = ""


class Fact(NamedTuple):
    """An assumption about an API, and what was seen of it."""

    what: str
    """The assumption, as a sentence without its full stop."""
    seen: Seen

    @property
    def line(self) -> str:
        """Return it as a line of the report."""
        detail = f" ({self.seen.detail})" if self.seen.detail else ""
        return f"{self.seen.standing.value}: {self.what}{detail}"


def holds(detail: str = "") -> Seen:
    """Return that an assumption is right."""
    return Seen(Standing.HOLDS, detail)


def differs(detail: str) -> Seen:
    """Return that an assumption is wrong, and what becomes of that or what to set."""
    return Seen(Standing.DIFFERS, detail)


def harms(detail: str) -> Seen:
    """Return that an assumption is wrong and a run would fail or do harm, and what to set."""
    return Seen(Standing.HARMS, detail)


def unknown(detail: str) -> Seen:
    """Return that an assumption can neither be proven nor refuted by reading, and why."""
    return Seen(Standing.UNKNOWN, detail)


def fact(what: str, ask: Callable[[], Seen]) -> Fact:
    """Return an assumption with what asking shows; an answer that refuses to tell is no failure.

    Raises:
        Stopped: If nothing can be asked any more, since the API or its sign-in fails, or the run
            ends.
    """
    try:
        return Fact(what, ask())
    except ApiError as error:
        if ends_run(error) and not isinstance(error, Barred):
            raise
        return Fact(what, unknown(str(error).rstrip(".")))


def readable(what: str, prove: Callable[[], object]) -> Iterator[Fact]:
    """Yield that an assumption is wrong if proving it is refused; else nothing.

    Raises:
        Stopped: If nothing answers.
    """
    try:
        prove()
    except ConfigurationError as error:
        yield Fact(what, harms(str(error).rstrip(".")))
    except Stopped as error:
        if error.http_status is None:
            raise
        yield Fact(what, harms(str(error).rstrip(".")))


def told(
    asked: Iterable[tuple[str, Callable[[], Seen]]], untold: Mapping[str, str]
) -> Iterator[Fact]:
    """Yield what asking shows of each assumption, then those that no reading tells."""
    for what, ask in asked:
        yield fact(what, ask)
    yield from (Fact(what, unknown(why)) for what, why in untold.items())
