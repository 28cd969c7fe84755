"""Look into a rejects file: what was rejected, how it is mended, and the form of the records."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.plugin import printable
from tap_contacts.transport.errors import plain_code
from target_contacts.commands import masked, mending
from target_contacts.mapping.required import MISSING
from target_contacts.report.columns import aligned
from target_contacts.report.rejects import earlier
from target_contacts.singer.lines import DECODER, NOT_JSON

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from target_contacts.pipeline.runnable import Runnable

HEAD = ("stream", "code", "field", "HTTP", "records", "attempts")


class Kind(NamedTuple):
    """What rejections have in common."""

    stream: str
    code: str
    field: str
    http_status: str


def summary(path: Path, target: Runnable) -> Iterator[str]:
    """Yield what was rejected, in counts, and the settings or commands that mend it.

    Raises:
        ConfigurationError: If the file is none of rejects.
    """
    counts: Counter[Kind] = Counter()
    attempts: Counter[Kind] = Counter()
    for message in _records(path):
        rejection = earlier(message)
        kind = _kind(message["stream"], rejection)
        counts[kind] += 1
        attempts[kind] = max(attempts[kind], _whole(rejection.get("attempts")))
    rows = [(*kind, str(count), str(attempts[kind])) for kind, count in counts.most_common()]
    yield from aligned([HEAD, *rows]) if rows else ["The file holds no record."]
    if rows:
        yield from _mended(path, target, list(counts))
        sent = sum(each.sent for each in target.this_run.explainers)
        yield (
            f"{sent} of {counts.total()} records pass the local checks now. Look-ups at the "
            "destination are not repeated."
        )


def _mended(path: Path, target: Runnable, kinds: Sequence[Kind]) -> Iterator[str]:
    """Yield how the kinds are mended, and what becomes of the records as the settings are now."""
    with path.open("rb") as file:
        target.listen(file)
    explainers = {each.stream: each for each in target.this_run.explainers}
    told = set()
    for kind in kinds:
        explainer = explainers.get(kind.stream)
        if kind.code == MISSING and explainer:
            continue
        attribute = explainer.attribute_of(kind.field) if explainer else ""
        if (about := (kind.stream, kind.code, kind.field)) not in told:
            told.add(about)
            yield from mending.lines(*about, attribute)
    for stream, explainer in explainers.items():
        yield from (f"{stream}: {line}" for line in explainer.remedies())


def show(path: Path, most: int) -> Iterator[str]:
    """Yield the first records, their values masked.

    Raises:
        ConfigurationError: If the file is none of rejects.
    """
    number = 0
    for number, message in enumerate(_records(path), 1):
        if number > most:
            yield "There are more: set -n."
            return
        rejection = earlier(message)
        kind = _kind(message["stream"], rejection)
        told = (text for text in (*kind, str(rejection.get("rejected_at") or "")) if text)
        yield f"{number}: {', '.join(told)}"
        yield from aligned([("  " + name, form) for name, form in masked.rows(message["record"])])
    if not number:
        yield "The file holds no record."


def _kind(stream: str, rejection: Mapping[str, Any]) -> Kind:
    """Return the kind of a rejection; somebody may have edited the file."""
    code = plain_code(str(rejection.get("code"))) or printable.HIDDEN
    field, status = rejection.get("field"), _whole(rejection.get("http_status"))
    return Kind(stream, code, printable.name(str(field)) if field else "", str(status or ""))


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _records(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                message = _message(line)
                if message is None:
                    msg = f"--rejects: {path} is no rejects file: line {number} is no message."
                    raise ConfigurationError(msg)
                if message["type"] == "RECORD":
                    yield message
    except OSError as error:
        msg = f"--rejects: {path} cannot be read: {error.strerror}."
        raise ConfigurationError(msg) from None


def _message(line: bytes) -> dict[str, Any] | None:
    try:
        found = DECODER.decode(line)
    except NOT_JSON:
        return None
    forms = {"type": str, "stream": str}
    if not all(isinstance(found.get(name), kind) for name, kind in forms.items()):
        return None
    return found if found["type"] != "RECORD" or isinstance(found.get("record"), dict) else None
