"""What records and catalogs of Valomnia look like, and where contacts can go."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from singer_sdk.testing import get_tap_test_class

from tap_contacts.apis.valomnia.reading import normal
from tap_contacts.tap import TapContacts
from tests.sandbox.valomnia import Valomnia
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.reading import read, state, timeless
from tests.support.valomnia_lists import SECOND, catalog, fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.commands import Workplace

from tests.support.valomnia_reading import LIST, STREAM, at, bookmark, keys, queries, since

# Records.


def test_a_record_is_what_the_api_shows(valomnia: Valomnia, workplace: Workplace) -> None:
    """The vendor's sample: ids are text, "" is null, customer and photo are spread out as well."""
    valomnia.seed()
    (shown,) = valomnia.contacts
    (record,) = read(workplace, valomnia).records(STREAM)
    photo = "BASE_URL/entity1-1450169988465/photoContact/{}1471508040029_2938_marie_schrader.png"
    assert record == {
        **{name: value or None for name, value in shown.items()},
        "id": "5",
        "customer": {**shown["customer"], "id": "3229"},
        "user": {**shown["user"], "id": "4"},
        "customer_id": "3229",
        "customer_reference": "C0959",
        "photo": photo.format(""),
        "small_photo": photo.format("small_"),
        "medium_photo": photo.format("medium_"),
    }


@pytest.mark.parametrize(
    ("photo", "small"),
    [
        (None, None),
        ("", None),
        ("a.png", "small_a.png"),
        ("https://a.test/b/c.png?at=1/2", "https://a.test/b/small_c.png?at=1/2"),
        ("https://a.test/b/c.png#x/y", "https://a.test/b/small_c.png#x/y"),
    ],
)
def test_sizes_stand_before_the_name_of_a_photo(photo: str | None, small: str | None) -> None:
    """Whatever else is in its address; without a photo there are no others."""
    record = normal({"id": 1, "photo": photo})
    assert (record["small_photo"], record["photo"]) == (small, photo or None)


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:00:00+01:00", "2026-01-31T11:00:00Z"),
        ("2026-01-31T12:00:00.250Z", "2026-01-31T12:00:00.250000Z"),
        ("0001-01-01T00:00:00+09:00", "0001-01-01T00:00:00+09:00"),
        ("yesterday", "yesterday"),
        ("", None),
    ],
)
def test_times_are_utc(told: str, written: str | None) -> None:
    """A time of another zone is the same moment; what is no time is left as it is."""
    assert normal({"id": 1, "dateCreated": told})["dateCreated"] == written


def test_a_contact_may_lack_its_parents(valomnia: Valomnia, workplace: Workplace) -> None:
    """Without customer and user there is nothing to spread out, and the run goes on."""
    fill(valomnia, 3)
    valomnia.state.by_id[6] |= {"customer": None, "user": None, "customerReference": ""}
    del valomnia.state.by_id[7]["customer"]
    run = read(workplace, valomnia)
    parents = [(r["customer_id"], r["customer_reference"]) for r in run.records(STREAM)]
    assert (run.code, parents) == (0, [(None, None), (None, "C0959"), ("3229", "C0959")])


def test_an_unknown_field_is_named_once(valomnia: Valomnia, workplace: Workplace) -> None:
    """However many contacts have it; one in a customer is passed on with it."""
    fill(valomnia, 120)
    for contact in valomnia.state.by_id.values():
        contact["shoe"] = 42
        contact["customer"] = {**contact["customer"], "sector": "retail"}
    run = read(workplace, valomnia)
    assert (run.code, len(keys(run))) == (0, 120)
    assert (run.log.count("shoe"), "retail" in run.log) == (1, False)
    assert {record["customer"]["sector"] for record in run.records(STREAM)} == {"retail"}


def test_the_short_way_writes_what_the_sdk_would(valomnia: Valomnia, workplace: Workplace) -> None:
    """Record by record through the SDK or in chunks past it: the same records and bookmarks."""
    valomnia.seed()
    fill(valomnia, 150)
    short = read(workplace, valomnia)
    long = read(workplace, valomnia, stream_maps={STREAM: {}})
    assert (short.code, timeless(short)) == (0, timeless(long))


# Catalogs.


def test_what_is_discovered(valomnia: Valomnia, workplace: Workplace) -> None:
    """Key and replication key are told, and nothing is asked of the API for that."""
    (stream,) = json.loads(catalog(workplace, valomnia).read_text())["streams"]
    assert stream["tap_stream_id"] == STREAM
    assert (stream["key_properties"], stream["replication_key"]) == (["id"], "lastUpdated")
    assert stream["replication_method"] == "INCREMENTAL"
    assert stream["schema"]["properties"]["lastUpdated"]["format"] == "date-time"
    assert valomnia.log == []


def test_a_test_run_reads_one_contact(valomnia: Valomnia, workplace: Workplace) -> None:
    """`--test` ends well after the first record."""
    fill(valomnia, 250)
    run = workplace.tap({"valomnia": valomnia.tap_config()}, "--test")
    assert (run.code, len(keys(run)), len(queries(valomnia))) == (0, 1, 1)


def test_all_contacts_can_be_read_every_time(valomnia: Valomnia, workplace: Workplace) -> None:
    """With FULL_TABLE a bookmark neither counts nor comes; an increment after it reads all once."""
    expected = fill(valomnia, 250)
    path = catalog(workplace, valomnia, replication_method="FULL_TABLE")
    (workplace.folder / "state.json").write_text(json.dumps(since(at(200))))
    options = ("--catalog", str(path), "--state", str(workplace.folder / "state.json"))
    config = {"valomnia": valomnia.tap_config()}
    full = workplace.tap(config, *options)
    assert (full.code, keys(full), bookmark(full)) == (0, expected, bookmark(full))
    assert bookmark(full) == since(at(200))["bookmarks"][STREAM]
    fresh = workplace.tap(config, "--catalog", str(path))
    assert (keys(fresh), bookmark(fresh)) == (expected, {})
    first = read(workplace, valomnia, state(fresh))
    second = read(workplace, valomnia, state(first))
    assert (keys(first), keys(second)) == (expected, [])


def test_a_full_table_that_broke_off_is_resumed(valomnia: Valomnia, workplace: Workplace) -> None:
    """It goes on behind the contact written last, and an increment in between reads it all."""
    expected = fill(valomnia, 500)
    path = catalog(workplace, valomnia, replication_method="FULL_TABLE")
    config = {"valomnia": valomnia.tap_config(), "concurrency": 1, "max_tries": 1}
    valomnia.fault(on=LIST, after=3, times=-1, status=500)
    failed = workplace.tap(config, "--catalog", str(path))
    valomnia.faults.clear()
    (workplace.folder / "state.json").write_text(json.dumps(state(failed)))
    options = ("--catalog", str(path), "--state", str(workplace.folder / "state.json"))
    rest, increment = workplace.tap(config, *options), read(workplace, valomnia, state(failed))
    assert (failed.code, rest.code, keys(failed) + keys(rest)) == (1, 0, expected)
    assert (keys(increment), "progress" in bookmark(increment)) == (expected, False)


def test_another_replication_key_is_refused(valomnia: Valomnia, workplace: Workplace) -> None:
    """Only lastUpdated says what has changed; exit code 2."""
    path = catalog(workplace, valomnia, replication_key="dateCreated")
    run = workplace.tap({"valomnia": valomnia.tap_config()}, "--catalog", str(path))
    assert (run.code, run.records(STREAM)) == (2, [])
    assert "The replication key of valomnia_contacts must be lastUpdated." in run.log


# Onwards.

WALTER = {
    "firstName": "Walter",
    "lastName": "White",
    "fonction": "Teacher",
    "country": "US",
    "city": "Albuquerque",
    "postalCode": "87104",
    "address": "308 Negra Arroyo Lane",
    "email": "walter@example.com",
    "phone": "+12025550110",
    "mobile": "+12025550111",
    "fax": "+12025550112",
}


def test_contacts_travel_to_another_tenant(valomnia: Valomnia, workplace: Workplace) -> None:
    """Without configuration all that can be written arrives; a second time nothing is written."""
    valomnia.add(**WALTER, customerId="3229")
    with Valomnia() as other:
        run = read(workplace, valomnia)
        written = workplace.target(other.target_config(), run.out)
        again = workplace.target(other.target_config(), read(workplace, valomnia, state(run)).out)
        (held,) = other.contacts
        assert (written.code, {name: held[name] for name in WALTER}) == (0, WALTER)
        assert (held["customer"]["id"], len(other.writes)) == (3229, 1)
    assert again.summary["read"] == 0
    assert written.messages[-1] == state(run)


def test_contacts_travel_to_zoho_voice(valomnia: Valomnia, workplace: Workplace) -> None:
    """Names, numbers and address arrive without configuration but a mobile for who has none."""
    valomnia.add(**WALTER, customerId="3229")
    valomnia.now += SECOND
    valomnia.add(firstName="Jesse", lastName="Pinkman", customerId="3229")
    with ZohoVoice() as zoho:
        config = {**zoho.target_config(), "defaults": {"mobile": "+12025550199"}}
        run = workplace.target(config, read(workplace, valomnia).out)
        jesse, walter = sorted(zoho.contacts, key=lambda contact: str(contact["first_name"]))
    names = ("first_name", "last_name", "email", "mobile", "phone", "address")
    wires = ("firstName", "lastName", "email", "mobile", "phone")
    assert (run.code, run.summary["created"]) == (0, 2)
    assert [walter[name] for name in names[:5]] == [WALTER[wire] for wire in wires]
    assert WALTER["address"] in walter["address"]
    assert (jesse["first_name"], jesse["mobile"]) == ("Jesse", "+12025550199")


SUITE = Valomnia().start()
SUITE.seed()


@pytest.fixture(scope="module", autouse=True)
def _suite() -> Iterator[None]:
    yield
    SUITE.stop()


TestTapContacts = get_tap_test_class(TapContacts, config={"valomnia": SUITE.tap_config()})
