"""The kept ledgers of each form, and how one of a new number is made from the one before.

    python -m tests.support.ledger_forms

writes `tests/data/ledgers/<number>.sql`: what today's code makes of the newest kept ledger.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from target_contacts.ledger.ledger import Ledger
from target_contacts.ledger.tables import METADATA
from target_contacts.ledger.upgrade import FORM, NUMBER
from tests.support.paths import DATA

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = DATA / "ledgers"

FORMS = {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.sql"))}
"""By number, and for those without one by 0 and their order."""

ACCOUNT = "kept"


def before(number: int) -> str:
    """Return the newest form before a number."""
    return max((each for each in FORMS if _order(each) < (number, 0)), key=_order)


def _order(form: str) -> tuple[int, int]:
    number, _, place = form.partition("-")
    return int(number), int(place or 0)


def main() -> None:
    """Write the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        with closing(sqlite3.connect(path)) as kept:
            kept.executescript(FORMS[before(NUMBER)])
        Ledger(f"sqlite:///{path}", ACCOUNT).close()
        with closing(sqlite3.connect(path)) as made:
            text = "".join(f"{statement};\n" for statement in _statements(made))
    (FOLDER / f"{NUMBER}.sql").write_text(text, encoding="utf-8")


def _statements(made: sqlite3.Connection) -> Iterator[str]:
    for (sql,) in made.execute("SELECT sql FROM sqlite_master WHERE sql > '' ORDER BY rowid"):
        yield " ".join(sql.split())
    for table in (*METADATA.sorted_tables, FORM):
        names = ", ".join(column.name for column in table.columns)
        for row in made.execute(f"SELECT {names} FROM {table.name}"):  # noqa: S608
            told = zip(table.columns, row, strict=True)
            values = ", ".join(_written(of, column.type.python_type is bool) for column, of in told)
            yield f"INSERT INTO {table.name} ({names}) VALUES ({values})"  # noqa: S608


def _written(value: object, is_flag: bool) -> str:  # noqa: FBT001
    """Return a value as both databases read it."""
    if value is None:
        return "NULL"
    if is_flag:
        return str(bool(value)).upper()
    return f"'{value}'" if isinstance(value, str) else str(value)


if __name__ == "__main__":
    main()
