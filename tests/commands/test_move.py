"""`--ledger export` and `import` move a ledger between databases, as a whole or not at all."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from target_contacts.commands.ledger_file import Header, LedgerFile, write
from target_contacts.ledger.entry import Entry, Guarded, Keys, Known
from target_contacts.ledger.ledger import Ledger
from target_contacts.ledger.replayed import Replay
from target_contacts.ledger.transfer import WrongLineError
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import Workplace, contacts
from tests.support.ledger_stores import postgres
from tests.support.zoho_people import ANNA, BERT, bins

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.commands import Finished

MANY = 10_000
STATUSES = ("written", "intent", "gone", "marked", "leaving")
STREAMS = ("contacts", "Kontakte äöü", "a", "B", "_x")
"""Names that databases order in different ways."""


def fill(url: str, count: int) -> None:
    """Enter rows of all tables, with all that their columns may hold."""
    with closing(Ledger(url, "fake")) as ledger:
        fills = [ledger.fill_id({"email": ["ab"], f"field{n}": ["x", ""]}) for n in range(10)]
        for number, stream in enumerate(STREAMS):
            ledger.stream_keys.put(stream, Keys(["id", "ü"], has_former=bool(number % 2)))
            ledger.stream_versions.begin(stream, 2**40 + number)
            ledger.put(stream, [_entry(ledger, n, fills) for n in range(number, count, 5)])
            ledger.replayed.put(stream, [Replay(ledger.digest(number), "s" * 32, "2026-01-01")])
        ledger.read_back.add("create")
        ledger.guarded.add([Guarded("max_cleared", "a", "email", "k", is_held=True)])
        ledger.known_ids.put("parents name", {ledger.digest("Acme"): Known("10001", "n" * 32)})


def _entry(ledger: Ledger, number: int, fills: list[str]) -> Entry:
    odd = number % 2 == 1
    return Entry(
        ledger.digest(number),
        STATUSES[number % 7 % 5],
        str(number) if odd else None,
        ledger.digest([number]) if number % 3 else None,
        None if odd else ledger.digest("identity"),
        ledger.digest("source"),
        fills[number % 10] if number % 11 else None,
        (True, False, None)[number % 3],
    )


def exported(url: str, path: Path) -> bytes:
    """Return the file of a ledger."""
    with closing(Ledger(url, "fake")) as ledger:
        head = Header(api="fake", account=ledger.account, columns=ledger.transfer.columns)
        with ledger.transfer.lines() as lines:
            write(path, head, lines)
    return path.read_bytes()


def imported(url: str, path: Path) -> int:
    """Enter a file into a ledger; return how many rows there were."""
    file = LedgerFile(path)
    with closing(Ledger(url, "fake")) as ledger:
        return ledger.transfer.enter(file.header.columns, file.lines())


def test_a_ledger_is_the_same_after_it_went_round(tmp_path: Path) -> None:
    """From SQLite to PostgreSQL and back, each file is equal to the last byte."""
    first, second = (f"sqlite:///{tmp_path / name}" for name in ("a.db", "b.db"))
    fill(first, MANY)
    files = [exported(first, tmp_path / "1")]
    with postgres() as server:
        rows = imported(server.url, tmp_path / "1")
        files.append(exported(server.url, tmp_path / "2"))
        assert imported(second, tmp_path / "2") == rows
    files.append(exported(second, tmp_path / "3"))
    assert files[0] == files[1] == files[2]
    assert rows == MANY + 10 + 3 * len(STREAMS) + 3
    assert (tmp_path / "1").stat().st_mode & 0o777 == 0o600


class Mover:
    """An account whose ledger is moved by command."""

    def __init__(self, zoho: ZohoVoice, workplace: Workplace) -> None:
        """Write Anna and Bert."""
        self.workplace, self.config = workplace, zoho.target_config()
        self.file = workplace.folder / "ledger.jsonl"
        self.run(ANNA, BERT)

    @property
    def elsewhere(self) -> dict[str, Any]:
        """Return the settings of the same account with a new ledger."""
        return {"ledger_url": f"sqlite:///{self.workplace.folder / 'new.db'}"}

    def run(self, *records: dict[str, Any], **settings: Any) -> Finished:
        """Run the target."""
        return self.workplace.target({**self.config, **settings}, contacts(*records))

    def ledger(self, verb: str, **settings: Any) -> Finished:
        """Export or import."""
        options = "--ledger", verb, "--file", str(self.file)
        return self.workplace.target({**self.config, **settings}, "", *options)


@pytest.fixture
def mover(workplace: Workplace) -> Any:
    """Return an account, of which the ledger knows two records."""
    with ZohoVoice() as zoho:
        yield Mover(zoho, workplace)


def test_the_next_run_finds_all_in_the_new_ledger(mover: Mover) -> None:
    """Nothing is sent again. `require_ledger` does not keep an import out."""
    assert mover.ledger("export").code == 0
    entered = mover.ledger("import", require_ledger=True, **mover.elsewhere)
    assert (entered.code, entered.out[:13]) == (0, "Imported: 4 r"), entered.log
    assert bins(mover.run(ANNA, BERT, **mover.elsewhere).summary) == {"unchanged": 2}
    text = mover.file.read_text()
    assert [value for value in (ANNA["email"], "Anna", "15112345678") if str(value) in text] == []


def test_the_same_rows_are_entered_once_and_others_never(mover: Mover) -> None:
    """A second import changes nothing; one into a ledger that went on is refused."""
    mover.ledger("export")
    mover.ledger("import", **mover.elsewhere)
    again = mover.ledger("import", **mover.elsewhere)
    assert (again.code, "Nothing was entered" in again.out) == (0, True)
    mover.run({**ANNA, "company": "Acme"}, **mover.elsewhere)
    refused = mover.ledger("import", **mover.elsewhere)
    assert refused.code == 1
    assert "it knows something else of this account already" in refused.log
    assert bins(mover.run({**ANNA, "company": "Acme"}, **mover.elsewhere).summary) == {
        "unchanged": 1
    }


def test_a_file_that_is_there_is_not_written_over(mover: Mover) -> None:
    """Nor one by a link; and where none can be made, that is said."""
    mover.file.write_text("mine")
    refused = mover.ledger("export")
    assert (refused.code, "is there already" in refused.log) == (2, True)
    assert mover.file.read_text() == "mine"
    mover.file.unlink()
    mover.file.symlink_to(mover.workplace.folder / "nowhere")
    assert mover.ledger("export").code == 2
    mover.file = mover.workplace.folder / "no" / "folder"
    assert (mover.ledger("export").code, mover.ledger("import").code) == (2, 2)


def test_nothing_is_exported_of_an_account_that_is_not_known(mover: Mover) -> None:
    """A wrong ledger_url is found out here, not after the move."""
    refused = mover.ledger("export", **mover.elsewhere)
    assert (refused.code, mover.file.exists()) == (1, False)
    assert "it knows nothing of this account" in refused.log


SPOILT: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "cut off": lambda lines: lines[:-2],
    "cut in a line": lambda lines: [*lines[:-1], lines[-1][:-5]],
    "a row less": lambda lines: [*lines[:2], *lines[3:]],
    "a row twice": lambda lines: [*lines[:2], *lines[1:]],
    "another id": lambda lines: [line.replace(b"written", b"gone") for line in lines],
    "a strange table": lambda lines: [lines[0], b'["people","x"]\n', *lines[1:]],
    "no row": lambda lines: [lines[0], b"{}\n", *lines[1:]],
    "a later form": lambda lines: [lines[0].replace(b'"ledger":1', b'"ledger":9'), *lines[1:]],
    "a later column": lambda lines: [lines[0].replace(b'"status"', b'"mood"'), *lines[1:]],
    "empty": lambda _: [],
    "something else": lambda _: [b"id,name\n", b"1,Anna\n"],
}


def test_a_spoilt_file_enters_nothing(mover: Mover) -> None:
    """One sentence says so, and the ledger stays empty, so that a whole file still goes in."""
    mover.ledger("export")
    whole = mover.file.read_bytes()
    for how, spoil in SPOILT.items():
        mover.file.write_bytes(b"".join(spoil(whole.splitlines(keepends=True))))
        refused = mover.ledger("import", **mover.elsewhere)
        assert (refused.code, refused.out) == (2, ""), how
        assert "is not as --ledger export wrote it" in refused.log, how
        assert "Nothing was entered" in refused.log, how
        row = "line 2 is no row that this version knows" in refused.log
        assert row or how != "no row"
    mover.file.write_bytes(whole)
    assert mover.ledger("import", **mover.elsewhere).out.startswith("Imported")


WRONG: dict[str, dict[str, tuple[Any, ...]]] = {
    "contacts": {
        "status": ("nonsense", None, 5, ["written"]),
        "remote_id": (5, 10**30, ["a"], {}, True),
        "created": (1, "true"),
        "changed_at": ("yesterday", 5, None, "", [], "2026-13-01T00:00:00+00:00"),
        "filled": (1.5, False),
    },
    "versions": {"begun": (10**30, -(2**64), 1.5, "1", True, None)},
    "guarded": {"is_held": (None, 0), "key": (None,)},
    "known_ids": {"remote_id": (None, 10**30), "found_at": ("", 7)},
}
"""What no column of this name takes, by table."""


@pytest.mark.parametrize("table", WRONG)
def test_a_value_that_its_column_does_not_take_is_named_by_its_line(
    tmp_path: Path, table: str
) -> None:
    """Also in a file whose seal fits; nothing is entered."""
    fill(f"sqlite:///{tmp_path / 'a.db'}", 10)
    head, *lines, _ = exported(f"sqlite:///{tmp_path / 'a.db'}", tmp_path / "1").splitlines()
    columns = json.loads(head)["columns"]
    rows = [json.loads(line) for line in lines]
    spoilt = next(place for place, row in enumerate(rows) if row[0] == table)
    with closing(Ledger(f"sqlite:///{tmp_path / 'b.db'}", "fake")) as ledger:
        for column, values in WRONG[table].items():
            place = columns[table].index(column) + 1
            for value in values:
                row = [*rows[spoilt][:place], value, *rows[spoilt][place + 1 :]]
                given = [*lines[:spoilt], json.dumps(row).encode(), *lines[spoilt + 1 :]]
                with pytest.raises(WrongLineError) as wrong:
                    ledger.transfer.enter(columns, given)
                assert (wrong.value.number, ledger.transfer.is_empty()) == (spoilt + 2, True)
        assert ledger.transfer.enter(columns, lines) == len(lines)


def test_a_column_that_has_to_have_a_value_is_not_left_out(tmp_path: Path) -> None:
    """The first row of its table is named."""
    fill(f"sqlite:///{tmp_path / 'a.db'}", 10)
    head, *lines, _ = exported(f"sqlite:///{tmp_path / 'a.db'}", tmp_path / "1").splitlines()
    columns = json.loads(head)["columns"]
    place = columns["versions"].index("begun") + 1
    del columns["versions"][place - 1]
    rows = [json.loads(line) for line in lines]
    first = next(number for number, row in enumerate(rows) if row[0] == "versions")
    given = [
        json.dumps(row[:place] + row[place + 1 :] if row[0] == "versions" else row).encode()
        for row in rows
    ]
    with closing(Ledger(f"sqlite:///{tmp_path / 'b.db'}", "fake")) as ledger:
        with pytest.raises(WrongLineError) as wrong:
            ledger.transfer.enter(columns, given)
        assert (wrong.value.number, ledger.transfer.is_empty()) == (first + 2, True)


def test_another_account_is_refused(mover: Mover) -> None:
    """Hashes of keys belong to the account; the way out is named."""
    mover.ledger("export")
    refused = mover.ledger("import", ledger_account="other", **mover.elsewhere)
    assert (refused.code, "set ledger_account to the former one" in refused.log) == (2, True)


def test_the_file_is_lines_of_json(mover: Mover) -> None:
    """A header with the columns, rows, and a seal with their number."""
    mover.ledger("export")
    head, *rows, seal = map(json.loads, mover.file.read_text().splitlines())
    assert (head["ledger"], head["api"], seal["rows"]) == (1, "zoho_voice", len(rows))
    assert [len(row) - 1 for row in rows] == [len(head["columns"][row[0]]) for row in rows]
