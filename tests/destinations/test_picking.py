"""The setting `only`: each destination reads the lines that it takes, and no other."""

from __future__ import annotations

import io
import json
import tempfile
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from target_contacts.destinations.kept import Kept
from target_contacts.destinations.picking import Picker
from target_contacts.destinations.settings import Destination, read
from target_contacts.target import SINKS, TargetContacts
from tests.support.commands import contacts, singer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.commands import Message


def destinations(*only: Any, **common: Any) -> list[Destination]:
    """Return a destination for each of these values of the setting."""
    listed = [{"name": f"d{n}", "api": "bas_ip", "only": each} for n, each in enumerate(only)]
    return read({"destinations": listed, **common}, TargetContacts.config_jsonschema)


class Sorted:
    """An input that was taken in."""

    def __init__(self, found: Sequence[Destination], text: str | bytes) -> None:
        self.picker, self._found = Picker(found, SINKS), found
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the object
        self._kept = Kept(self._file, self.picker)
        self._kept.take(io.BytesIO(text.encode() if isinstance(text, str) else text))

    def lines(self, number: int) -> list[bytes]:
        """Return the lines of a destination."""
        is_whole = not self._found[number].only
        with self._kept.lines(number, is_whole=is_whole) as read_lines:
            return read_lines.readlines()

    def ids(self, number: int) -> list[int]:
        """Return the ids of the records that a destination takes."""
        messages = [json.loads(line) for line in self.lines(number)]
        return [each["record"]["id"] for each in messages if each["type"] == "RECORD"]

    @property
    def all_ids(self) -> list[list[int]]:
        """Return the same of all destinations."""
        return [self.ids(number) for number in range(len(self._found))]


def flats(*values: Any) -> Sequence[Message]:
    """Return a stream of people who live in these flats."""
    people = [{"id": n, "last_name": "A", "mobile": "1", "flat": v} for n, v in enumerate(values)]
    return contacts(*people, state={"at": 1})


def test_a_record_goes_to_each_destination_that_takes_its_value() -> None:
    """To several, to one or to none; one without `only` takes all."""
    found = destinations({"flat": "1"}, {"flat": ["1", "2"]}, {}, {"flat": "9"})
    assert Sorted(found, singer(flats("1", "2", "3"))).all_ids == [[0], [0, 1], [0, 1, 2], []]


def test_values_are_compared_as_people_write_them() -> None:
    """Case, width and blanks do not matter, nor whether a number is written as one."""
    found = destinations({"flat": "Flat A"}, {"flat": 2})
    came = Sorted(found, singer(flats("flat a", " \uff26LAT A ", "2", 2, "Flat AA", None)))
    assert came.all_ids == [[0, 1], [2, 3]]


def test_a_record_with_several_values_goes_to_all_of_them() -> None:
    """Who has two flats is wanted at both doors."""
    came = Sorted(destinations({"flat": 1}, {"flat": 2}), singer(flats([1, 2], [2], [])))
    assert came.all_ids == [[0], [0, 1]]


def test_an_attribute_is_found_however_the_source_calls_it() -> None:
    """`only` speaks in the contact's terms, as value_map does."""
    people = [{"id": 0, "nachname": "A", "ort": "Bern"}, {"id": 1, "nachname": "B", "ort": "Genf"}]
    assert Sorted(destinations({"city": "bern"}), singer(contacts(*people))).all_ids == [[0]]


def test_several_attributes_must_all_be_as_asked() -> None:
    """Flat 1 of house A is not flat 1 of house B."""
    people = [{"id": n, "house": house, "flat": 1} for n, house in enumerate("AB")]
    found = destinations({"house": "A", "flat": "1"}, {"house": ["A", "B"], "flat": "1"})
    assert Sorted(found, singer(contacts(*people))).all_ids == [[0], [0, 1]]


def test_a_path_leads_into_a_record() -> None:
    """As in `field_map`: names with dots between them, or JMESPath."""
    people = [{"id": n, "home": {"doors": [n, 7]}} for n in range(2)]
    found = destinations({"home.doors": 1}, {"home.doors[0]": 0})
    assert Sorted(found, singer(contacts(*people))).all_ids == [[1], [0]]


def test_what_no_destination_takes_is_counted() -> None:
    """Somebody is missing at every door then; with a destination for all, nobody is."""
    came = Sorted(destinations({"flat": "1"}), singer(flats("1", "2", None)))
    assert came.picker.left == {"contacts": 2}
    came = Sorted(destinations({"flat": "1"}, {}), singer(flats("1", "2")))
    assert came.picker.left == {}


def test_a_record_that_cannot_be_read_goes_to_all() -> None:
    """Each run rejects it, and so does not believe that its contact has left the source."""
    text = singer(flats("1")) + '{"type": "RECORD", "stream": "contacts", "record": {"id": NaN}}\n'
    came = Sorted(destinations({"flat": "1"}, {"flat": "2"}), text)
    assert all(came.lines(n)[-1].endswith(b"NaN}}\n") for n in range(2))


def test_a_line_that_is_no_message_goes_to_all() -> None:
    """So each run settles what stood before it, and fails."""
    came = Sorted(destinations({"flat": "1"}, {"flat": "2"}), singer(flats("1")) + "oops\n")
    assert [came.lines(n)[-1] for n in range(2)] == [b"oops\n"] * 2


def test_all_other_messages_go_to_all_in_their_order() -> None:
    """SCHEMA, ACTIVATE_VERSION and the last STATE before what follows."""
    version = {"type": "ACTIVATE_VERSION", "stream": "contacts", "version": 1}
    states = [{"type": "STATE", "value": {"at": n}} for n in range(4)]
    head, one, two, state = flats("1", "2")
    text = singer([head, *states[:2], one, states[2], two, version, states[3], state])
    came = Sorted(destinations({"flat": "1"}, {"flat": "2"}), text)
    parts = [[json.loads(line) for line in came.lines(n)] for n in range(2)]
    assert parts[0] == [head, states[1], one, states[2], version, state]
    assert parts[1] == [head, states[2], two, version, state]


@pytest.mark.parametrize("text", ["﻿" + singer(flats("1")), singer(flats("1"))[:-1]])
def test_neither_a_byte_order_mark_nor_a_cut_end_matters(text: str) -> None:
    """The lines are those of the input, byte for byte."""
    came = Sorted(destinations({"flat": "1"}, {}), text)
    assert b"".join(came.lines(0)) == b"".join(came.lines(1)) == text.encode()


NAMES = [
    {"type": "SCHEMA", "stream": "companies", "schema": {"properties": {"id": {}, "name": {}}}},
    {"type": "RECORD", "stream": "companies", "record": {"id": 5, "name": "Firm"}},
    {"type": "SCHEMA", "stream": "x_contact_statuses", "schema": {"properties": {"id": {}}}},
    {"type": "RECORD", "stream": "x_contact_statuses", "record": {"id": 6}},
]


def test_a_stream_that_is_read_for_names_goes_to_all() -> None:
    """The names of statuses and companies belong to nobody's flat."""
    text = singer([*NAMES, *flats("1")])
    with_parents = destinations({"flat": "1"}, parents={"from": "company"})
    assert Sorted(with_parents, text).all_ids == [[5, 6, 0]]
    assert Sorted(destinations({"flat": "1"}), text).all_ids == [[6, 0]]


@pytest.mark.parametrize(
    "settings", [{"streams": ["*"]}, {"stream_maps": {"companies": {"__alias__": "people"}}}]
)
def test_such_a_stream_is_picked_from_if_it_is_written(settings: dict[str, Any]) -> None:
    """Nothing that is written reaches a destination that did not ask for it."""
    found = destinations({"flat": "1"}, parents={"from": "company"}, **settings)
    assert 5 not in Sorted(found, singer([*NAMES, *flats("1")])).ids(0)


def test_a_name_that_no_record_can_have_is_refused() -> None:
    """A typing error would otherwise empty a door."""
    came = Sorted(destinations({"flat": "1"}, {"falt": "2"}), singer(flats("1")))
    with pytest.raises(ConfigurationError, match="Destination d1: only names falt"):
        came.picker.assert_known()
    Sorted(destinations({"flat": "1"}, {"city": "x"}), singer(flats("1"))).picker.assert_known()


def test_two_destinations_read_at_the_same_time() -> None:
    """The file is one, the places are their own."""
    found = destinations({"flat": "1"}, {"flat": "2"}, {})
    came = Sorted(found, singer(flats(*"12" * 500)))
    readers = [came._kept.lines(n, is_whole=n == 2) for n in range(3)]  # noqa: SLF001
    rows = [json.loads(line) for lines in zip(*readers, strict=False) for line in lines]
    assert [r["record"]["flat"] for r in rows if r["type"] == "RECORD"][:6] == list("121122")
