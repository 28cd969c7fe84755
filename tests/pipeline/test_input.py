"""What comes in: other encodings, and schemas that are hardly any."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from target_contacts.errors import Rejected
from target_contacts.singer.record_schema import RecordValidator
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import contacts, singer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.commands import Workplace

ANNA = {"id": 1, "first_name": "Anna", "mobile": "+4915112345678"}
BERT = {"id": 2, "first_name": "Bert", "mobile": "+4915187654321"}
LINES = singer(contacts(ANNA, BERT))


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


def target(workplace: Workplace, zoho: ZohoVoice, body: bytes) -> tuple[int, str]:
    """Run the target on bytes; return its code and its log."""
    run = workplace.run("target-contacts", {**zoho.target_config(), **workplace.ledger}, stdin=body)
    return run.code, run.log


# Encodings.


@pytest.mark.parametrize(
    "body",
    [
        codecs.BOM_UTF8 + LINES.encode(),
        b"".join(codecs.BOM_UTF8 + line.encode() for line in LINES.splitlines(keepends=True)),
        b"\n" + codecs.BOM_UTF8 + LINES.encode(),
        LINES.replace("\n", "\r\n").encode(),
        b"  " + LINES.encode(),
    ],
)
def test_a_byte_order_mark_is_passed_over(
    zoho: ZohoVoice, workplace: Workplace, body: bytes
) -> None:
    """At the beginning, and where files that have one were put together."""
    code, log = target(workplace, zoho, body)
    assert (code, len(zoho.contacts), "WARNING" in log) == (0, 2, False)


@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_other_encodings_are_named(zoho: ZohoVoice, workplace: Workplace, encoding: str) -> None:
    """With and without a mark; the sentence says what writes such files, and what to do."""
    code, log = target(workplace, zoho, LINES.encode(encoding))
    assert (code, zoho.writes, "Anna" in log) == (1, [], False)
    assert "Input line 1 is UTF-16 or UTF-32, not UTF-8" in log
    assert "Traceback" not in log


def test_a_file_given_by_an_option_may_have_a_mark(zoho: ZohoVoice, workplace: Workplace) -> None:
    """`--input` opens text, which holds the mark as a character."""
    (workplace.folder / "lines").write_bytes(codecs.BOM_UTF8 + LINES.encode())
    run = workplace.target(zoho.target_config(), "", "--input", str(workplace.folder / "lines"))
    assert (run.code, len(zoho.contacts)) == (0, 2)


# Schemas.


def outcome(schema: dict[str, Any], record: dict[str, Any]) -> str | None:
    """Return the field at which a record breaks a schema, or None."""
    try:
        RecordValidator(schema).check(record)
    except Rejected as why:
        return why.field
    return None


DRAFT_4 = {
    "type": "object",
    "properties": {
        "first_name": {"type": "string"},
        "credit": {"type": ["null", "number"], "maximum": 100, "exclusiveMaximum": True},
    },
}


def test_a_schema_of_an_older_draft_is_taken_at_its_word() -> None:
    """`exclusiveMaximum: true` belongs to the limit beside it, as it did until draft 5."""
    assert RecordValidator(DRAFT_4).is_whole
    assert [outcome(DRAFT_4, {"credit": n}) for n in (99.5, 100, None)] == [None, "credit", None]
    assert outcome({**DRAFT_4, "$schema": "http://json-schema.org/draft-04/schema#"}, {}) is None


@pytest.mark.parametrize(
    "odd",
    [
        {"pattern": "("},
        {"$ref": "http://example.com/schema.json"},
        {"$ref": "#/$defs/nowhere"},
        {"minimum": "7"},
        {"exclusiveMinimum": True, "multipleOf": 0},
        {"type": "text"},
        {"type": ["string", 7]},
        {"enum": "a"},
        {"required": True},
        {"items": 7},
        {"anyOf": 7},
        {"format": 7},
        {"oneOf": [{"type": "text"}, {"pattern": "("}]},
        {"properties": {"a": {"type": None}}},
        {"properties": []},
        {"$schema": "nonsense"},
        {"$schema": 7, "type": "text"},
        None,
        7,
        [],
        "string",
    ],
)
def test_what_is_no_schema_ends_no_run(odd: Any) -> None:
    """What can be understood of it still holds, for the fields beside it."""
    schema = {"type": "object", "properties": {"odd": odd, "first_name": {"type": "string"}}}
    assert outcome(schema, {"odd": "x", "first_name": "Anna"}) is None
    assert outcome(schema, {"odd": "x", "first_name": 7}) in {"first_name", None}


def test_the_rules_that_are_understood_still_hold() -> None:
    """One rule that is none does not open the door to everything."""
    schema = {
        "properties": {
            "odd": {"pattern": "("},
            "first_name": {"type": ["null", "string"]},
            "tags": {"type": "array", "items": {"type": "string"}},
            "more": {"anyOf": [{"type": "object", "properties": {"n": {"type": "integer"}}}]},
        }
    }
    assert not RecordValidator(schema).is_whole
    broken: list[dict[str, Any]] = [{"first_name": 7}, {"tags": [7]}, {"more": {"n": "x"}}]
    assert [outcome(schema, record) for record in broken] == ["first_name", "tags", "more"]
    assert outcome(schema, {"first_name": None, "tags": ["a"], "more": {"n": 1}}) is None


def test_the_form_of_texts_costs_no_contact() -> None:
    """Whether a draft means `format` to be checked or not, a date may be written otherwise."""
    field = {"type": "string", "format": "date-time"}
    for draft in ("draft-04", "draft-06", "draft-07"):
        schema = {
            "$schema": f"http://json-schema.org/{draft}/schema#",
            "properties": {"seen": field},
        }
        assert outcome(schema, {"seen": "yesterday"}) is None


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda below: (
        st.lists(below, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "properties",
                    "items",
                    "anyOf",
                    "$ref",
                    "enum",
                    "pattern",
                    "required",
                    "$id",
                ]
            ),
            below,
            max_size=3,
        )
    ),
    max_leaves=10,
)


@settings(derandomize=True, deadline=None, database=None)
@given(st.dictionaries(st.sampled_from(["properties", "type", "allOf", "$schema"]), ANYTHING))
def test_no_schema_is_too_odd(schema: dict[str, Any]) -> None:
    """A record is taken, or rejected for one of its fields, and nothing else happens."""
    record = {"type": "x", "items": [1]}
    assert (outcome(schema, record) or "type").partition(".")[0] in record


def test_an_odd_schema_is_said_once(zoho: ZohoVoice, workplace: Workplace) -> None:
    """The records land, and a warning names the stream."""
    head, *records = contacts(ANNA, BERT)
    head["schema"]["properties"] |= {"credit": {"pattern": "(", "maximum": "x"}}
    run = workplace.target(zoho.target_config(), [head, *records])
    assert (run.code, len(zoho.contacts)) == (0, 2)
    assert run.log.count("The schema of stream contacts is no JSON schema in full") == 1
