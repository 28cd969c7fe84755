"""What a report gathers of the records while a run goes on."""

from __future__ import annotations

import itertools

from target_contacts.report.journal import EXAMPLES, MOST_KINDS, Journal


def write(journal: Journal, sent: tuple[str, ...], cleared: tuple[str, ...] = ()) -> None:
    """Note a contact that was written."""
    journal.write("contacts", "updated", "k", remote_id="7", sent=sent, cleared=cleared, attempt=1)


def test_contacts_are_counted_by_what_they_got_and_lost() -> None:
    """By stream and field."""
    journal = Journal()
    write(journal, ("email", "mobile"), ("note",))
    write(journal, ("email",))
    write(journal, (), ("email", "note"))
    counts = {"email": {"filled": 2, "cleared": 1}, "mobile": {"filled": 1}, "note": {"cleared": 2}}
    assert journal.fields() == {"contacts": counts} == journal.fields()


def test_any_number_of_kinds_is_counted() -> None:
    """Where all contacts have other fields, too."""
    names = [f"field{number}" for number in range(15)]
    journal = Journal()
    kinds = [kind for size in range(8) for kind in itertools.combinations(names, size)]
    for kind in kinds:
        write(journal, kind)
    assert len(kinds) > MOST_KINDS
    counts = journal.fields()["contacts"]
    assert [counts[name]["filled"] for name in names] == [sum("field0" in k for k in kinds)] * 15


def test_some_keys_of_each_kind_of_rejection_are_kept() -> None:
    """Those that were read."""
    journal = Journal()
    kind, other = ("contacts", "E7", "email"), ("contacts", "E7", "-")
    for key in ("a", None, "b", "c", "d", "e"):
        journal.reject(kind, key, 1)
    journal.reject(other, "f", 1)
    assert journal.examples == {kind: ["a", "b", "c"], other: ["f"]}
    assert EXAMPLES == 3
