"""How the names of fields are shown: as they are declared, and nothing that may be personal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_contacts.contact.field_names import FieldNames
from tests.sandbox.zoho_voice import ZohoVoice

if TYPE_CHECKING:
    from tests.support.commands import Workplace

ITEM = {"type": "object", "properties": {"id": {}, "value": {}}}
LIST = {"type": "array", "items": ITEM}
NULL = {"type": "null"}


@pytest.mark.parametrize(
    "schema",
    [
        LIST,
        {"anyOf": [LIST, NULL]},
        {"anyOf": [NULL, LIST]},
        {"oneOf": [NULL, {"type": "string"}, LIST]},
        {"allOf": [{"description": "x"}, LIST]},
        {"anyOf": [NULL, {"oneOf": [NULL, {"allOf": [LIST]}]}]},
        {"type": ["array", "null"], "items": {"anyOf": [NULL, ITEM]}},
        {"type": ["array", "null"], "items": {"$ref": "#/definitions/item"}},
        {"$ref": "#/definitions/list"},
        {"type": "array", "items": [ITEM, ITEM]},
        {"type": "array", "prefixItems": [ITEM]},
        {"anyOf": [{"type": "array", "items": {"properties": {"id": {}}}}, LIST]},
    ],
)
def test_what_is_declared_below_alternatives_is_named_as_it_is(schema: dict[str, Any]) -> None:
    """Wherever JSON schema lets the properties of items be declared."""
    definitions = {"item": ITEM, "list": LIST}
    names = FieldNames({"properties": {"websites": schema}, "definitions": definitions})
    assert names.shown("websites.value") == "websites.value"
    assert names.shown("websites.2.id") == "websites.n.id"
    assert names.shown("websites.anna@example.com") == "websites.*"
    assert names.shown("websites.value.anna") == "websites.value.*"


@pytest.mark.parametrize("schema", [ITEM, {"oneOf": [ITEM, NULL]}, {"allOf": [ITEM]}])
def test_what_an_object_declares_is_named_as_it_is(schema: dict[str, Any]) -> None:
    """It has no items: a number is a name that nobody declared."""
    names = FieldNames({"properties": {"website": schema}})
    assert (names.shown("website.value"), names.shown("website.x")) == (
        "website.value",
        "website.*",
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plan", "plan"), ("a.b", "a.b"), ("a.b.c.d", "a.b.c.d"), ("a.b.x.d", "a.b.*"),
        ("open.anna@example.com", "open.*"), ("open.anna.email", "open.*"),
        ("open.email", "open.email"), ("open.3", "open.n"),
        ("phones.mobile.value", "phones.mobile.value"),
        ("phones.pager of anna.value", "phones.*.value"), ("open.tel4915112345678", "open.*"),
        ("undeclared", "undeclared"), ("deep.x.y", "deep.x.y"), ("deep.x.z", "deep.x.*"),
    ],
)  # fmt: skip
def test_what_is_not_declared_is_hidden(name: str, shown: str) -> None:
    """Words of the vocabulary and numbers of items apart; names may themselves hold dots."""
    declared = {
        "plan": {}, "a.b": {"properties": {"c.d": {}}}, "open": {"type": "object"},
        "phones": LIST, "deep": {"properties": {"x": {"properties": {"y": {}}}}},
    }  # fmt: skip
    assert FieldNames({"properties": declared}).shown(name) == shown


def test_a_schema_that_refers_to_itself_ends() -> None:
    """So does one that refers to nothing."""
    tree = {"properties": {"name": {}, "child": {"$ref": "#/definitions/tree"}}}
    loop = {"$ref": "#/definitions/loop"}
    schema: dict[str, Any] = {
        "properties": {
            "tree": {"$ref": "#/definitions/tree"}, "loop": loop, "none": {"$ref": "#/x"},
        },
        "definitions": {"tree": tree, "loop": loop},
    }  # fmt: skip
    either = {"anyOf": [{"$ref": "#/definitions/json"}] * 9}
    schema["definitions"]["json"] = {"anyOf": [either, {"type": "array", "items": either}]}
    schema["properties"]["json"] = either
    names = FieldNames(schema)
    assert names.shown("json.x.2.y") == "json.*.n.*"
    assert names.shown("tree.child.child.name") == "tree.child.child.name"
    assert (names.shown("loop.x"), names.shown("none.x")) == ("loop.*", "none.*")
    assert names.containers() == {"json"}


def test_not_carried_names_what_stands_below_any_of(
    workplace: Workplace,
) -> None:
    """The summary names the fields of lists that may be null as the schema does."""
    properties = {
        "id": {}, "first_name": {}, "mobile": {}, "chats": LIST,
        "websites": {"anyOf": [LIST, NULL]},
    }  # fmt: skip
    record = {
        "id": 1, "first_name": "Anna", "mobile": "+4915112345678",
        "websites": [{"id": 31, "value": "https://x.example.com"}], "chats": [{"id": 32}],
    }  # fmt: skip
    schema = {"type": "object", "properties": properties}
    head = {"type": "SCHEMA", "stream": "contacts", "schema": schema, "key_properties": ["id"]}
    with ZohoVoice() as zoho:
        run = workplace.target(
            zoho.target_config(), [head, {"type": "RECORD", "stream": "contacts", "record": record}]
        )
    assert run.summary["not_carried"] == {"contacts": ["chats.id", "websites.id", "websites.value"]}
