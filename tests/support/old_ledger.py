"""A ledger that an earlier version made, and the contacts it speaks of: made once, then kept.

    python -m tests.support.old_ledger

Run with the code of the version that is to be kept for, it writes `tests/data/ledger_<api>.json`:
the ledger as SQL, which holds hashes and ids, and the contacts of the sandbox, all made up.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.sandbox.__main__ import DESTINATIONS
from tests.sandbox.cobai import CUSTOMER_UUID, PASSWORD, RICO
from tests.support.commands import Workplace, singer
from tests.support.paths import DATA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.sandbox.server import Sandbox

SETTINGS = {"ledger_account": "old", "match_on": [], "requests_per_minute": 1_000_000}
"""With these the ledger alone knows who was written before, wherever the sandbox is."""

STREAMS: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "ints_contacts": (("id",), ['{"id": 1', '{"id": 2', '{"id": 100']),
    "floats_contacts": (("id",), ['{"id": 1.0', '{"id": 2.5', '{"id": 1E2']),
    "texts_contacts": (("id",), ['{"id": "a"', '{"id": "B-2"', '{"id": "01"', '{"id": "7"']),
    "pairs_contacts": (("nr", "shop"), ['{"nr": 1, "shop": "b"', '{"nr": 2.0, "shop": "b"']),
    "turned_contacts": (("shop", "nr"), ['{"nr": 1, "shop": "b"', '{"nr": 2, "shop": "a"']),
}
"""By stream its key properties, and how each of its records begins."""

PEOPLE = sum(len(records) for _, records in STREAMS.values())


KEPT = sorted(each.stem.removeprefix("ledger_") for each in DATA.glob("ledger_*.json"))
"""APIs that the earlier version wrote."""


def lines(last: str = "Last", keys: Mapping[str, list[str]] | None = None) -> str:
    """Return the streams, with this for a last name and, by stream, keys written otherwise."""
    text, number = "", 0
    for stream, (key, begins) in STREAMS.items():
        names = (*key, "first_name", "last_name", "email", "mobile")
        schema = {"type": "object", "properties": {name: {} for name in names}}
        head = {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": key}
        text += singer([head])
        for begin in (keys or {}).get(stream, begins):
            number += 1
            rest = json.dumps(_person(number, last)).removeprefix("{")
            record = f"{begin}, {rest}"
            text += f'{{"type": "RECORD", "stream": "{stream}", "record": {record}}}\n'
    return text


def _person(number: int, last: str) -> dict[str, str]:
    ways = {"email": f"contact{number}@example.com", "mobile": f"+49151{10_000_000 + number}"}
    return {"first_name": f"First{number}", "last_name": f"{last}{number}", **ways}


def path(api: str) -> Path:
    """Return the file of an API."""
    return DATA / f"ledger_{api}.json"


def restore(sandbox: Sandbox, folder: Path) -> None:
    """Put the contacts in, under the ids they had, and the ledger beside them."""
    kept = json.loads(path(sandbox.api).read_text(encoding="utf-8"))
    for key, contact in zip(kept["ids"], kept["contacts"], strict=True):
        _put(sandbox, key, contact)
    if ids(sandbox) != kept["ids"]:
        raise AssertionError(ids(sandbox))
    with closing(sqlite3.connect(folder / "target-contacts.db")) as ledger:
        ledger.executescript("\n".join(kept["ledger"]))


FIELDS = {
    "zoho_voice": ("first_name", "last_name", "email", "mobile"),
    "porters": tuple(f"Contact.P_{name}" for name in ("Name", "Mail", "Mobile", "Client", "Owner")),
    "valomnia": ("firstName", "lastName", "email", "mobile"),
    "bas_ip": ("link_id", "name", "type", "number"),
    "cobai": tuple(RICO),
}
"""What is needed to put a contact in again."""

MORE = {"valomnia": {"customerId": "3229"}}

IDS = {
    "zoho_voice": "contact_id",
    "porters": "Contact.P_Id",
    "valomnia": "id",
    "bas_ip": "link_id",
    "cobai": "uuid",
}


def _put(sandbox: Sandbox, key: str, contact: Mapping[str, str]) -> None:
    server: Any = sandbox
    if sandbox.api == "cobai":  # the only one to make up ids that cannot be told beforehand
        server.put(CUSTOMER_UUID, key, {**contact, "webPassword": PASSWORD})
    else:
        server.add(**contact, **MORE.get(sandbox.api, {}))


def ids(sandbox: Sandbox) -> list[str]:
    """Return the ids of the contacts held, oldest first."""
    return [str(contact[IDS[sandbox.api]]) for contact in sandbox.contacts]


def main() -> None:
    """Write the files."""
    for kind in DESTINATIONS:
        with kind() as sandbox, tempfile.TemporaryDirectory() as folder:
            config = {**sandbox.target_config(), **SETTINGS, "concurrency": 1}
            ended = Workplace(Path(folder)).target(config, lines())
            if ended.summary["created"] != PEOPLE:
                raise AssertionError(ended.log)
            with closing(sqlite3.connect(Path(folder) / "target-contacts.db")) as ledger:
                dumped = list(ledger.iterdump())
            names = FIELDS[sandbox.api]
            held = [{name: contact[name] for name in names} for contact in sandbox.contacts]
            kept = {"ids": ids(sandbox), "contacts": held, "ledger": dumped}
            text = json.dumps(kept, indent=1, ensure_ascii=False)
            path(sandbox.api).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
