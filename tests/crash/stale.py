"""Plans that do not hold: their file, the input, a setting, the ledger or a contact is another."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from tests.crash.people import person

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from tests.crash.site import Record, Site


def sealed(lines: Sequence[dict[str, Any]]) -> bytes:
    """Return a plan with a seal that fits it, as somebody may make it who reads our code."""
    seal = hashlib.blake2b(digest_size=16, key=str(lines[0].get("account")).encode()[:64])
    body = [json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines[:-1]]
    for line in body:
        seal.update(line)
    return b"".join(
        [*body, json.dumps({"seal": seal.hexdigest()}).replace(" ", "").encode(), b"\n"]
    )


def _flipped(plan: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(plan))
    return plan[:at] + bytes([plan[at] ^ draw.randrange(1, 256)]) + plan[at + 1 :]


def _cut(plan: bytes, draw: random.Random) -> bytes:
    return plan[: draw.randrange(len(plan))]


def _shorter(plan: bytes, draw: random.Random) -> bytes:
    lines = plan.splitlines(keepends=True)
    lines.pop(draw.randrange(len(lines)))
    return b"".join(lines)


def _longer(plan: bytes, draw: random.Random) -> bytes:
    lines = plan.splitlines(keepends=True)
    lines.insert(draw.randrange(len(lines)), draw.choice(lines))
    return b"".join(lines)


def _forged(plan: bytes, draw: random.Random) -> bytes:
    """Name another record, action or contact in a write, or another number, and seal it again."""
    lines = [json.loads(line) for line in plan.splitlines()]
    if writes := lines[1:-1]:
        write, name = draw.choice(writes), draw.choice(("key", "action", "remote_id"))
        write[name] = [*write[name], "1"] if name == "key" else f"{write[name]}1"
    else:
        lines[0]["counts"]["read"] += 1
    return sealed(lines)


DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flipped,
    _cut,
    _shorter,
    _longer,
    _forged,
)


NUMBER = len(DAMAGES) + 3
"""Plans that are to be refused in one trial."""


def tampered(site: Site, records: Sequence[Record], draw: random.Random) -> list[str]:
    """Damage a plan in each way; return the ways in which it was carried out all the same."""
    whole = site.path.read_bytes()
    taken = []
    for damage in DAMAGES:
        site.path.write_bytes(damage(whole, draw))
        if not is_refused(site, records):
            taken.append(f"{damage.__name__} was carried out")
    site.path.write_bytes(whole)
    return taken


def outdated(site: Site, records: Sequence[Record], draw: random.Random) -> list[str]:
    """Carry a plan out with another input, then with another setting."""
    changed = draw.choice((_more, _fewer, _other))(site, records, draw)
    setting = draw.choice(SETTINGS)
    taken = ["another input was carried out"] * (not is_refused(site, changed))
    return taken + [f"with {setting} it was carried out"] * (
        not is_refused(site, records, **setting)
    )


SETTINGS: tuple[dict[str, Any], ...] = (
    {"defaults": {"company": "Elsewhere"}},
    {"match_on": [["email", "last_name"]]},
    {"field_map": {"note": "id"}},
    {"value_map": {"role": {"x": "y"}}},
)


def _more(_: Site, records: Sequence[Record], __: random.Random) -> list[Record]:
    return [*records, person(30)]


def _fewer(_: Site, records: Sequence[Record], draw: random.Random) -> list[Record]:
    left = list(records)
    left.pop(draw.randrange(len(left)))
    return left


def _other(site: Site, records: Sequence[Record], draw: random.Random) -> list[Record]:
    keys = [w["key"][0] for w in site.writes() if w["action"] in {"create", "update"}]
    if not keys:
        return _more(site, records, draw)
    key = draw.choice(keys)
    return [{**r, "last_name": "Elsewise"} if str(r.get("id")) == key else r for r in records]


def overtaken(site: Site, records: Sequence[Record], draw: random.Random) -> list[str]:
    """Let another run write, or somebody remove a contact of the plan, and carry it out."""
    ids = [w["remote_id"] for w in site.writes() if _is_there(w)]
    if ids and draw.random() < 1 / 2:
        site.remove(draw.choice(ids))
        what = "a plan of a contact that is gone"
    else:
        site.run([person(40)], mode="upsert", match_on=[])
        what = "a plan of an older ledger"
    taken = [f"{what} was carried out"] * (not is_refused(site, records))
    site.path.unlink()
    return taken


def _is_there(write: dict[str, Any]) -> bool:
    return write["action"] == "update" and write["is_told"] and not write["gone"]


def is_refused(site: Site, records: Sequence[Record], **config: Any) -> bool:
    """Say whether a plan is refused before anything is written."""
    writes = len(site.sandbox.writes)
    try:
        site.apply(records, **config)
    except ConfigurationError:
        return len(site.sandbox.writes) == writes
    return False
