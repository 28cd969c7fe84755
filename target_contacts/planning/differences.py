"""Say what has changed since a plan was made."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from target_contacts.planning.file import Header
    from target_contacts.planning.planned_write import Brief

LEDGER = (
    "the ledger has changed: another run has written since, or an --apply of this plan was ended "
    "half-way; what is written already will not be planned again"
)
ANEW = "Nothing was written. Make a new plan."


def of_origin(planned: Header, now: Header) -> str:
    """Return what makes a plan one of something else; "" if nothing does."""
    changed = ", ".join(_changed(planned.settings, now.settings))
    found = {
        f"it was made by version {planned.version}, and this is {now.version}": (
            planned.version != now.version
        ),
        f"it is for the API {planned.api}, and the setting api is {now.api}": (
            planned.api != now.api
        ),
        "it is for another account, going by the settings": planned.account != now.account,
        f"these settings have changed: {changed}": bool(changed),
        LEDGER: planned.ledger != now.ledger,
    }
    return next((words for words, is_so in found.items() if is_so), "")


def of_writes(
    planned: Sequence[Brief],
    now: Sequence[Brief],
    counts: tuple[Mapping[str, int], Mapping[str, int]],
) -> str:
    """Return what makes a run write something else than a plan says; "" if nothing does."""
    then, found = _by_place(planned), _by_place(now)
    kinds = Counter(_kind(then.get(p, ()), found.get(p, ())) for p in {*then, *found})
    for group in _WORDS:
        words = [f"{text} ({kinds[kind]})" for kind, text in group.items() if kinds[kind]]
        if words:
            return "; ".join(words)
    return "; ".join(_recounted(*counts))


_WORDS = (
    {
        "more": "the input has changed: records are there that the plan does not hold",
        "fewer": "the input has changed: records of the plan are missing or need not be written",
        "record": "the input has changed: records say something else",
    },
    {
        "gone": "contacts of the plan are not there any more",
        "contact": "contacts of the plan have changed at the destination",
    },
)
"""What has changed, by kind. How contacts are read depends on the input, so that comes first."""


def _kind(planned: Sequence[Brief], now: Sequence[Brief]) -> str:
    if len(planned) != len(now):
        return _kind_of_number(planned, now)
    for then, found in zip(planned, now, strict=True):
        if then != found:
            return _kind_of_one(then, found)
    return ""


def _kind_of_number(planned: Sequence[Brief], now: Sequence[Brief]) -> str:
    if any(each.gone for each in (*planned, *now)):
        return "gone"
    return "more" if len(now) > len(planned) else "fewer"


def _kind_of_one(then: Brief, now: Brief) -> str:
    if then.record != now.record:
        return "record"
    return "gone" if now.gone and not then.gone else "contact"


def _by_place(writes: Iterable[Brief]) -> Mapping[tuple[str, str], Sequence[Brief]]:
    found: defaultdict[tuple[str, str], list[Brief]] = defaultdict(list)
    for write in writes:
        found[write.place].append(write)
    return found


def _changed(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return sorted(name for name in {*then, *now} if then.get(name) != now.get(name))


def _recounted(then: Mapping[str, int], now: Mapping[str, int]) -> Iterator[str]:
    for name in sorted({*then, *now}):
        if then.get(name, 0) != now.get(name, 0):
            number, before = now.get(name, 0), then.get(name, 0)
            yield f"the input has changed: {number} records are {name}, and {before} were"
