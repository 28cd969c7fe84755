"""Records and schemas that are wide, long or deep take no more time than their size says."""

from __future__ import annotations

import io
import itertools
import json
import time
from typing import IO, TYPE_CHECKING, Any, cast

import pytest

from target_contacts.contact.field_names import FieldNames
from target_contacts.singer import too_deep
from target_contacts.singer.schema_steps import is_short
from target_contacts.target import TargetContacts
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import FAST, SOON, contacts, singer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.commands import Workplace

ANNA = {"id": 1, "first_name": "Anna", "mobile": "+4915112345678", "email": "anna@example.com"}
BERT = {"id": 2, "first_name": "Bert", "mobile": "+4915187654321", "email": "bert@example.com"}
MANY = 5_000
LONGEST = 3
"""Seconds of the processor that none of these may take; it was ten times as long for some."""


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


def with_schema(fields: dict[str, Any], more: dict[str, Any]) -> str:
    """Return the lines of one contact with more fields, and of a schema that declares some."""
    head, record = contacts(ANNA)
    head["schema"]["properties"] |= fields
    return singer([head, {**record, "record": {**ANNA, **more}}])


NAMES = [f"k{number}x" for number in range(MANY)]
TEXTS = dict.fromkeys(NAMES, "v")
SHAPES: dict[str, Any] = {
    "undeclared": lambda: with_schema({}, TEXTS),
    "declared": lambda: with_schema({key: {} for key in NAMES}, TEXTS),
    "declared elsewhere": lambda: with_schema(
        {key: {} for key in NAMES}, {f"{name}.a": "v" for name in NAMES}
    ),
    "below one": lambda: with_schema({"more": {"type": "object"}}, {"more": TEXTS}),
    "declared below one": lambda: with_schema(
        {"more": {"type": "object", "properties": {key: {} for key in NAMES}}}, {"more": TEXTS}
    ),
    "alternatives": lambda: with_schema(
        {"more": {"anyOf": [{"properties": {name: {}}} for name in NAMES]}}, {"more": TEXTS}
    ),
    "numbers": lambda: with_schema({}, {f"phone_{n}": f"+49151{n:08}" for n in range(MANY)}),
    "a list": lambda: with_schema(
        {}, {"emails": [{"value": f"a{n}@example.com"} for n in range(MANY)]}
    ),
    "a long text": lambda: with_schema({}, {"note": "x " * 500_000}),
    "a long name": lambda: with_schema({}, {"a." * 25_000: "x", "b_" * 25_000: "x"}),
    "references": lambda: with_schema(
        {key: {"$ref": "#/properties/note"} for key in NAMES}, {"note": "x"}
    ),
}


def must_land_in_time(zoho: ZohoVoice, workplace: Workplace, lines: str) -> None:
    """Run the target on lines that hold one contact, in this process."""
    rejects = {"rejects_dir": str(workplace.folder)}
    config = {**FAST, **SOON, **workplace.ledger, **rejects, **zoho.target_config()}
    start = time.process_time()
    code = TargetContacts(config=config).run(cast("IO[str]", io.BytesIO(lines.encode())))
    assert time.process_time() - start < LONGEST
    assert (code, len(zoho.contacts)) == (0, 1)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_wide_record_lands_in_time(shape: str, zoho: ZohoVoice, workplace: Workplace) -> None:
    """Thousands of fields, items or characters cost seconds at most."""
    must_land_in_time(zoho, workplace, SHAPES[shape]())


def test_hundreds_of_streams_are_read_in_time(zoho: ZohoVoice, workplace: Workplace) -> None:
    """What one stream costs does not depend on how many there are."""
    streams = (contacts({**ANNA, "id": n}, stream=f"contacts_{n}") for n in range(250))
    heads = [head for head, _ in streams]
    must_land_in_time(zoho, workplace, singer([*heads, *contacts(ANNA)]))


# Deep ones.


def deep(number: int, levels: int, opens: str, closes: str) -> str:
    """Return a line with a record that nests too deep."""
    deepest = opens * levels + '"} ]["' + closes * levels
    start = f'{{"type": "RECORD", "stream": "contacts", "record": {{"id": {number}, "x": '
    return start + deepest + "}}\n"


def test_a_record_that_nests_too_deep_is_rejected_alone(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Those around it land; it is kept with null for what is too deep."""
    signs = itertools.product([101, 1_000, 100_000], [("[", "]"), ('{"a":', "}")])
    lines = [deep(n, levels, *each) for n, (levels, each) in enumerate(signs, start=7)]
    head, anna, bert = singer(contacts(ANNA, BERT)).splitlines(keepends=True)
    run = workplace.target(zoho.target_config(), head + anna + "".join(lines) + bert)
    assert (run.code, len(zoho.contacts), run.summary["rejected"]) == (3, 2, len(lines))
    assert [each["code"] for each in workplace.rejections] == ["too_deep"] * len(lines)
    kept = [m["record"] for m in workplace.rejects if m["type"] == "RECORD"]
    assert [each["id"] for each in kept] == [*range(7, 7 + len(lines))]
    for each in kept:
        depth, inner = 2, each["x"]
        while inner is not None:
            (inner,) = inner if isinstance(inner, list) else inner.values()
            depth += 1
        assert depth == too_deep.DEEPEST, each["id"]


@pytest.mark.parametrize(
    "line",
    [
        '{"type": "RECORD", "stream": "contacts", "record": {"x": ' + "[" * 5000 + "\n",
        '{"type": "RECORD", "stream": "contacts", "record": {"x": "' + "[" * 5000 + "\n",
        '{"type": "STATE", "value": ' + "[" * 5000 + "]" * 5000 + "}\n",
        "[" * 5000 + "]" * 5000 + "\n",
    ],
)
def test_what_is_no_record_still_ends_the_run(
    line: str, zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A line that is cut off, or another message that nests too deep; what is before it lands."""
    run = workplace.target(zoho.target_config(), singer(contacts(ANNA)) + line)
    assert (run.code, len(zoho.contacts)) == (1, 1)
    assert "Input line 3" in run.log


def test_many_brackets_are_not_deep() -> None:
    """A list of many objects, and texts that are full of brackets, stay as they are."""
    for value in ([{"a": [n]} for n in range(500)], "[{" * 500, ['"[\\"[' * 300]):
        line = json.dumps({"type": "RECORD", "record": {"x": value}}).encode()
        assert too_deep.may_be(line)
        assert too_deep.cut(line) is line


@pytest.mark.parametrize("levels", range(98, 104))
def test_just_what_is_too_deep_is_cut(levels: int) -> None:
    """A hundred levels stay; of more, the first hundred do."""
    line = b"[" * levels + b"1, 2" + b"]" * levels
    left = json.loads(too_deep.cut(line))
    depth = 0
    while isinstance(left, list):
        left, depth = left[0], depth + 1
    assert (depth, left) == (min(levels, 100), 1 if levels <= 100 else None)


# Names, and the steps of schemas.


def test_the_longest_declared_start_of_a_name_counts() -> None:
    """Names may hold dots; what is below one that is not declared is not shown."""
    names = FieldNames({"properties": {"a": {}, "a.b": {"properties": {"c.d": {}}}, "x@y.z": {}}})
    given = ["a.b.c.d", "a.b.q", "a.q", "a", "q", "x@y.z", "x@y.z.email", "9" * 2000]
    shown = ["a.b.c.d", "a.b.*", "a.*", "a", "q", "*", "*.email", "*"]
    assert [names.shown(each) for each in given] == shown


TREE = {"properties": {"l": {"$ref": "#/d/n"}, "r": {"$ref": "#/d/n"}}}
LIST = {"properties": {"next": {"anyOf": [{"type": "null"}, {"$ref": "#/d/n"}]}}}


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"properties": {key: {"type": "string"} for key in NAMES}},
        {"d": {"n": TREE}, "$ref": "#/d/n"},
        {"d": {"n": LIST}, "$ref": "#/d/n"},
        {"d": {"a/b~": {}}, "properties": {"x": {"$ref": "#/d/a~1b~0"}}},
        {"d": [{}, {"type": "string"}], "properties": {"x": {"$ref": "#/d/1"}}},
        {"unevaluatedProperties": False, "allOf": [{"properties": {"a": {}}}]},
        {"items": {"$ref": "#"}},
    ],
)
def test_usual_schemas_are_short(schema: dict[str, Any]) -> None:
    """Trees and lists that refer to themselves, and any number of fields."""
    assert is_short(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"properties": {"a": {"$ref": "#"}}, "additionalProperties": {"$ref": "#"}, "$ref": "#"},
        {"patternProperties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}}},
        {"unevaluatedProperties": {"$ref": "#"}},
        {"$ref": "#/nowhere"},
        {"$ref": "other.json"},
        {"$ref": 7},
        {"$dynamicRef": "#anchor"},
    ],
)
def test_schemas_that_double_or_lead_elsewhere_are_not(schema: dict[str, Any]) -> None:
    """What comes back by two ways, and what cannot be told."""
    assert not is_short(schema)
