"""What a policy forbids is not written, whatever becomes of a record; what it allows arrives."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.transport.errors import GivenUp, Refused
from target_contacts.declared.shapes import POLICIES
from target_contacts.ledger.written_hash import WrittenHash
from target_contacts.mapping.policies import Policies, without_effect
from target_contacts.planning.drift import MOST_DIFFERENT
from target_contacts.planning.planner import Planner
from target_contacts.sinks.field_table import table_of
from tests.support.fake_people import ALONE, person
from tests.support.fake_run import FakeRun, Place
from tests.support.fake_sink import LANDED, NAMES, FakeSink, ReplacingSink, ShortSink, WholeNameSink

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from target_contacts.planning.planned_write import PlannedWrite
    from tests.support.fake_run import Record

OURS, THEIRS, NEW = "ours@example.com", "theirs@example.com", "new@example.com"
NONE = ""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Return an empty destination and ledger."""
    with Place(tmp_path) as found:
        yield found


def anna(**more: Any) -> Record:
    """Return the record of one person."""
    return person(1, email=OURS, **more) if "email" not in more else person(1, **more)


def by(policy: str, **more: Any) -> dict[str, Any]:
    """Return settings that give the e-mail address a policy."""
    return {"policies": {"email": policy}, **more}


def mail(place: Place) -> str:
    """Return the e-mail address of the only contact, "" if it has none."""
    (contact,) = place.sink.contacts.values()
    return str(contact.get("email", ""))


def writes(place: Place) -> list[str]:
    """Return what was written since this was last asked."""
    asked, place.sink.asked = place.sink.asked, []
    return [each for each in asked if each.startswith(("create", "update", "delete"))]


# What each policy means.


@pytest.mark.parametrize(
    ("policy", "arrives"),
    [("overwrite", OURS), ("fill_empty", OURS), ("on_create", OURS), ("keep_null", OURS),
     ("never", NONE)],
)  # fmt: skip
def test_a_new_contact_gets_what_is_not_forbidden(place: Place, policy: str, arrives: str) -> None:
    """Only what is never sent is lacking."""
    assert place.run(anna(), **by(policy)).bins == {"created": 1}
    assert mail(place) == arrives


@pytest.mark.parametrize(
    ("policy", "held", "says", "left"),
    [
        ("overwrite", THEIRS, NEW, NEW),
        ("overwrite", THEIRS, None, NONE),
        ("fill_empty", THEIRS, NEW, THEIRS),
        ("fill_empty", NONE, NEW, NEW),
        ("fill_empty", THEIRS, None, THEIRS),
        ("on_create", THEIRS, NEW, THEIRS),
        ("on_create", NONE, NEW, NONE),
        ("on_create", THEIRS, None, THEIRS),
        ("keep_null", THEIRS, NEW, NEW),
        ("keep_null", THEIRS, None, THEIRS),
        ("keep_null", NONE, NEW, NEW),
        ("never", THEIRS, NEW, THEIRS),
        ("never", NONE, NEW, NONE),
        ("never", THEIRS, None, THEIRS),
    ],
)
@pytest.mark.parametrize("more", [{}, {"company": "Globex"}], ids=["alone", "with another field"])
def test_an_update_changes_what_the_policy_allows(  # noqa: PLR0913, PLR0917
    place: Place, policy: str, held: str, says: str | None, left: str, more: Record
) -> None:
    """What somebody wrote there meanwhile stays, unless the policy is to overwrite it."""
    place.run(anna(), **by(policy))
    place.sink.contacts["1"]["email"] = held
    run = place.run(anna(email=says, **more), **by(policy))
    assert mail(place) == left
    assert not run.rejections
    if more:
        assert place.sink.contacts["1"]["company"] == "Globex"


@pytest.mark.parametrize(
    ("policy", "held", "left"),
    [
        ("overwrite", THEIRS, OURS),
        ("fill_empty", THEIRS, THEIRS),
        ("fill_empty", NONE, OURS),
        ("on_create", THEIRS, THEIRS),
        ("on_create", NONE, NONE),
        ("keep_null", THEIRS, OURS),
        ("never", THEIRS, THEIRS),
        ("never", NONE, NONE),
    ],
)
@pytest.mark.parametrize("is_lost", [False, True], ids=["adopted", "lost ledger"])
def test_a_contact_that_was_there_is_updated_and_not_created(
    tmp_path: Path, policy: str, held: str, left: str, *, is_lost: bool
) -> None:
    """Adoption obeys policies, and so does a run whose ledger is lost."""
    settings = by(policy)
    with Place(tmp_path) as place:
        if is_lost:
            place.run(anna(email=None), **settings)
        else:
            place.sink.put(**{n: v for n, v in anna(email=None).items() if n in NAMES and v})
        place.sink.contacts["1"]["email"] = held
        there = place.sink.contacts
    (tmp_path / "ledger.db").unlink()
    with Place(tmp_path) as later:
        later.sink.contacts = there
        assert not later.run(anna(), **settings).rejections
        assert mail(later) == left
        assert later.run(anna(), **settings).bins == {"unchanged": 1}


def test_a_contact_of_which_nothing_may_be_written_is_adopted_all_the_same(place: Place) -> None:
    """It belongs to the record from then on, and no request is sent for it."""
    place.sink.put(**{n: v for n, v in anna().items() if n in NAMES})
    run = place.run(anna(), policies={"*": "on_create"})
    assert (run.bins, writes(place)) == ({"unchanged": 1}, [])
    entry = place.entry(1)
    assert entry is not None
    assert (entry.remote_id, entry.created) == ("1", False)


@pytest.mark.parametrize("policy", ["fill_empty", "on_create", "keep_null", "never"])
def test_what_was_filled_is_not_emptied_and_no_guard_counts_it(place: Place, policy: str) -> None:
    """A night on which a column is lost empties nothing of it."""
    people = [person(n, email=OURS) for n in range(1, 31)]
    guards = {"max_cleared": 0}
    place.run(*people, **by("overwrite"), **ALONE)
    run = place.run(*({**each, "email": None} for each in people), **by(policy), guards=guards)
    assert not run.guards.is_tripped
    assert all(each["email"] == OURS for each in place.sink.contacts.values())
    assert run.books.left_alone == {("contacts", "email", policy): 30}


def test_where_nothing_can_be_cleared_a_kept_field_is_not_noted(tmp_path: Path) -> None:
    """What somebody asked for is no loss."""
    with Place(tmp_path, WholeNameSink) as place:
        record = {"id": 1, "full_name": "Anna Ahrens", "email": OURS}
        place.run(record)
        assert place.run({**record, "email": None}, **by("keep_null")).books.noted == {}
        assert place.run(record, **by("keep_null")).books.noted == {}
        assert place.run({**record, "email": None}).books.noted != {}


def test_a_default_obeys_the_policy_of_its_attribute(place: Place) -> None:
    """It is a value as any other: into new contacts only, or never."""
    defaults = {"company": "ACME", "city": "Bonn"}
    policies = {"company": "never", "city": "on_create"}
    place.run(anna(), defaults=defaults, policies=policies)
    assert place.sink.contacts["1"].get("company") is None
    assert place.sink.contacts["1"].pop("city") == "Bonn"
    place.run(anna(email=NEW), defaults=defaults, policies=policies)
    assert place.sink.contacts["1"].keys().isdisjoint({"company", "city"})


@pytest.mark.parametrize(
    ("policy", "arrives"),
    [("overwrite", "Bonn"), ("fill_empty", "Bonn"), ("keep_null", "Bonn"), ("on_create", NONE),
     ("never", NONE)],
)  # fmt: skip
@pytest.mark.parametrize("says", [{}, {"city": ""}], ids=["lacking", "empty"])
def test_a_default_of_an_adopted_contact_obeys_the_policy_of_its_attribute(
    place: Place, policy: str, arrives: str, says: Record
) -> None:
    """Where it is empty there; what somebody writes there later stays."""
    place.sink.put(**{n: v for n, v in anna(email=None).items() if n in NAMES and v})
    settings: dict[str, Any] = {"defaults": {"city": "Bonn"}, "policies": {"city": policy}}
    place.run(anna(company="ACME", **says), **settings)
    assert place.sink.contacts["1"].get("city", NONE) == arrives
    place.sink.contacts["1"]["city"] = "Köln"
    place.run(anna(company="Globex", city=None), **settings)
    assert place.sink.contacts["1"]["city"] == "Köln"


@pytest.mark.parametrize(
    ("policy", "is_sure"),
    [("overwrite", True), ("keep_null", True), ("fill_empty", False), ("on_create", False),
     ("never", False)],
)  # fmt: skip
def test_the_ledger_tells_a_contact_by_what_it_surely_holds(
    place: Place, policy: str, *, is_sure: bool
) -> None:
    """What an update may leave alone is none of it, since somebody may have written it."""
    place.sink.put(**{n: v for n, v in anna(email=THEIRS).items() if n in NAMES})
    place.run(anna(company="ACME"), **by(policy))
    entry = place.entry(1)
    assert entry is not None
    sure = ["first_name", "mobile", "company"] + ["email"] * is_sure
    assert WrittenHash(place.ledger.digest).is_of(str(entry.payload), sure)


NO_EFFECT = "has no effect at Fake: the name is one field there. Use full_name."


@pytest.mark.parametrize(
    ("general", "of_streams", "told"),
    [
        ({"first_name": "never"}, {}, ["policies.first_name"]),
        ({"*": "never", "last_name": "overwrite"}, {}, ["policies.last_name"]),
        ({}, {"con*": {"middle_name": "on_create"}}, ["stream_policies.con*.middle_name"]),
        ({"first_name": "never"}, {"con*": {"*": "overwrite"}}, []),
        ({}, {"people": {"first_name": "never"}}, []),
        ({"*": "never"}, {}, []),
        ({"first_name": "never", "full_name": "never"}, {}, []),
        ({"first_name": "overwrite"}, {}, []),
        ({"first_name": None, "city": "never"}, {}, []),
    ],
)
def test_a_policy_of_a_part_of_a_name_that_is_one_field_is_told(
    place: Place, general: Any, of_streams: Any, told: list[str]
) -> None:
    """Unless the whole has the same, or the part only has that of all."""
    sink = WholeNameSink(place.clock, place.shutdown)
    policies = Policies(general, of_streams, "contacts")
    found = list(without_effect(policies, table_of(sink, sink.fields)))
    assert found == [f"{setting} {NO_EFFECT}" for setting in told]


def test_a_policy_of_a_whole_name_that_is_several_fields_is_told(place: Place) -> None:
    """The parts are named that the destination has."""
    policies = Policies({"full_name": "never"}, {}, "contacts")
    (told,) = without_effect(policies, table_of(place.sink, place.sink.fields))
    assert told.startswith("policies.full_name has no effect at Fake: the name is several fields")
    assert told.endswith("Use first_name and last_name.")


# Nights, and changes of the settings.


@pytest.mark.parametrize("policy", POLICIES)
def test_an_unchanged_record_is_neither_sent_nor_read(place: Place, policy: str) -> None:
    """No policy makes a write or a read of each night."""
    place.sink.put(**{n: v for n, v in anna(email=THEIRS).items() if n in NAMES})
    place.run(anna(), **by(policy))
    writes(place)
    for note in ("", "x"):
        run = place.run(anna(note=note), **by(policy))
        assert (run.bins, place.sink.asked) == ({"unchanged": 1}, [])


def test_what_only_a_new_contact_gets_is_no_reason_for_an_update(place: Place) -> None:
    """A change of it alone is not sent."""
    place.run(anna(), **by("on_create"))
    writes(place)
    assert place.run(anna(email=NEW), **by("on_create")).bins == {"unchanged": 1}
    assert place.run(anna(email=NEW), **by("never")).bins == {"unchanged": 1}
    assert writes(place) == []


@pytest.mark.parametrize("policy", ["fill_empty", "on_create", "never"])
def test_what_was_left_out_is_written_as_soon_as_it_may_be(place: Place, policy: str) -> None:
    """No hash hides a value that a new setting lets through, though the record is unchanged."""
    place.sink.put(**{n: v for n, v in anna(email=THEIRS).items() if n in NAMES})
    place.run(anna(), **by(policy))
    assert mail(place) == THEIRS
    assert place.run(anna(), **by("overwrite")).bins == {"updated": 1}
    assert mail(place) == OURS


@pytest.mark.parametrize("policy", ["fill_empty", "on_create", "keep_null", "never"])
def test_a_stricter_setting_writes_nothing(place: Place, policy: str) -> None:
    """What was written without policies counts as written."""
    place.run(anna())
    writes(place)
    assert place.run(anna(), **by(policy)).bins == {"unchanged": 1}
    assert place.sink.asked == []


@pytest.mark.parametrize("policy", ["fill_empty", "on_create"])
def test_what_somebody_else_filled_is_not_cleared_later(place: Place, policy: str) -> None:
    """The ledger does not take for ours what a policy has left alone."""
    place.sink.put(**{n: v for n, v in anna(email=THEIRS).items() if n in NAMES})
    place.run(anna(), **by(policy))
    place.run(anna(note="x"), **by(policy))
    place.run(anna(email=None), policies={})
    assert mail(place) == THEIRS


def test_what_this_target_filled_is_still_known_to_be_ours(place: Place) -> None:
    """A policy that forbids updates for a while does not make the ledger forget."""
    place.run(anna())
    place.run(anna(email=NEW, company="Globex"), **by("on_create"))
    assert mail(place) == OURS
    place.run(anna(email=None, company="Globex"))
    assert mail(place) == NONE


def test_who_was_removed_is_created_with_all_that_a_new_contact_gets(place: Place) -> None:
    """An update left something out; the contact that takes its place has it."""
    policies = {"email": "on_create", "company": "fill_empty", "city": "never"}
    says = {"company": "ACME", "city": "Bonn"}
    place.run(anna(**says), policies=policies)
    place.sink.contacts.clear()
    run = place.run(anna(**says, street="A 1"), policies=policies, on_gone="recreate")
    assert run.bins == {"created": 1}
    (contact,) = place.sink.contacts.values()
    assert (contact["email"], contact["company"], contact.get("city")) == (OURS, "ACME", None)


def test_a_create_whose_answer_was_lost_is_known_by_what_was_sent(place: Place) -> None:
    """What is never sent is not missed in the contact that is found."""
    place.sink.faults = [LANDED]
    run = place.run(anna(company="ACME"), policies={"email": "on_create", "company": "never"})
    assert run.bins == {"created": 1}
    assert len(place.sink.contacts) == 1


@pytest.mark.parametrize("policy", POLICIES)
def test_a_first_contact_that_is_read_back_is_as_its_policy_says(place: Place, policy: str) -> None:
    """What is not sent is not missed, and what stays is not taken for lost."""
    policies = {"email": policy, "company": policy}
    place.sink.put(**{n: v for n, v in anna(email=THEIRS).items() if n in NAMES})
    run = place.run(anna(company="ACME"), person(2), policies=policies, canary=True)
    writes(place)
    later = anna(email=NEW, company="Globex", city="Bonn")
    again = place.run(later, person(3, email=NEW), policies=policies, canary=True)
    assert {*run.bins, *again.bins} <= {"created", "updated", "unchanged"}
    assert run.warnings == again.warnings == []


# Reads before a write.


def test_contacts_are_read_only_where_a_policy_needs_it(place: Place) -> None:
    """A record without a value to fill costs no read, and the summary counts the others."""
    settings: dict[str, Any] = {**by("fill_empty"), **ALONE}
    place.run(anna(), person(2), **settings)
    writes(place)
    run = place.run(anna(city="Bonn"), person(2, city="Bonn"), **settings)
    assert place.sink.asked == ["read 1", "update 1", "update 2"]
    assert run.books.read_first == 1
    assert run.books.left_alone == {("contacts", "email", "fill_empty"): 1}


def test_nothing_is_read_for_updates_that_the_mode_forbids(place: Place) -> None:
    """With create_only a contact that is there is skipped, whatever its policies."""
    place.sink.put(**{n: v for n, v in anna().items() if n in NAMES})
    for policy in ("fill_empty", "on_create"):
        run = place.run(anna(), policies={"*": policy}, mode="create_only")
        assert (run.bins, run.books.read_first) == ({"skipped": 1}, 0)
    assert place.sink.asked == ["list", "list"]


@pytest.mark.parametrize("kind", [Refused, GivenUp])
def test_a_contact_that_cannot_be_read_is_not_written(place: Place, kind: type[Refused]) -> None:
    """The record is rejected, with what to do, and comes again; others are written."""
    settings: dict[str, Any] = {**by("fill_empty"), **ALONE}
    place.run(anna(), person(2, email=OURS), **settings)
    place.sink.broken["read 1"] = kind("Fake", "read", "it says nothing", http_status=403)
    run = place.run(anna(city="Bonn"), person(2, email=OURS, city="Bonn"), **settings)
    assert run.bins == {"rejected": 1, "updated": 1}
    assert "on_create nothing has to be read" in str(run.rejections[0])
    place.sink.broken.clear()
    again = place.run(anna(city="Bonn"), **settings)
    assert again.bins == {"updated": 1}


def test_what_is_never_sent_need_not_fit(tmp_path: Path) -> None:
    """A value that is too long for its field costs no contact that does not get it."""
    with Place(tmp_path, ShortSink) as place:
        long = anna(email=f"{'x' * 30}@example.com")
        assert place.run(long, **by("never")).bins == {"created": 1}
        (rejection,) = place.run(long, **by("on_create")).rejections
        assert "takes 20 characters" in rejection.reason


@pytest.mark.parametrize(
    ("path", "policies", "arrives"),
    [
        ("email", {"email": "never"}, NONE),
        ("Email Address", {"email": "never"}, NONE),
        ("mails[0].value", {"email": "never"}, NONE),
        ("person.email", {"email": "never"}, NONE),
        ("join('', ['<', email || '', '>'])", {"email": "never"}, NONE),
        ("email", {"email": "never", "*": "overwrite"}, NONE),
        ("email", {"email": "never", "company": None}, NONE),
        ("email", {"email": "never", "job_title": "overwrite"}, NONE),
        ("email", {"*": "never", "first_name": "overwrite"}, NONE),
        ("email", {"email": "never", "company": "overwrite"}, OURS),
        ("email", {"email": "on_create"}, OURS),
        ("email", {"mobile": "never"}, OURS),
        ("login", {"email": "never"}, OURS),
    ],
)
@pytest.mark.parametrize("scope", ["policies", "stream_policies"])
def test_what_is_never_sent_is_sent_in_no_other_field(
    place: Place, path: str, policies: dict[str, Any], arrives: str, scope: str
) -> None:
    """Unless that field has a policy of its own: then somebody chose to send it."""
    given: dict[str, Any] = {"policies": policies, "stream_policies": {"c*": policies}}
    settings: dict[str, Any] = {scope: given[scope]}
    said = {"email": OURS, "Email Address": OURS, "login": OURS}
    nested = {"mails": [{"value": OURS}], "person": {"email": OURS}}
    record = {"id": 1, "first_name": "P1", **said, **nested}
    place.run(record, field_map={"company": path}, **settings)
    assert place.sink.contacts["1"].get("company", "") == arrives


# Plans.


def planned(place: Place, *records: Record, **settings: Any) -> list[PlannedWrite]:
    """Return the writes of a plan."""
    found: list[PlannedWrite] = []
    run = FakeRun(place, planner=Planner(found.append), **settings)
    for stream in ("contacts", "b"):
        run.send(*records, stream=stream)
    run.finish()
    return found


def test_a_plan_holds_what_a_run_writes_and_names_the_policies(place: Place) -> None:
    """What is left alone is no change; of two streams the second one sees what the first plans."""
    place.sink.put(**{n: v for n, v in anna(email=THEIRS, mobile="+491511").items() if n in NAMES})
    policies = {"phone": "fill_empty", "email": "fill_empty", "mobile": "never"}
    first, second = planned(place, anna(mobile="+491511", phone="+4930123456"), policies=policies)
    assert (first.action, set(first.fields)) == ("update", {"phone"})
    assert first.policies == policies
    assert (second.stream, second.fields, place.sink.contacts["1"].get("phone")) == ("b", {}, None)
    (new, *_) = planned(place, person(2, email=NEW), policies={"email": "on_create"})
    assert (new.action, new.fields["email"].new, new.policies) == (
        "create",
        NEW,
        {"email": "on_create"},
    )


def test_a_field_that_a_policy_left_alone_is_none_that_others_changed(place: Place) -> None:
    """A plan tells what somebody changed since this target wrote it, and only that."""
    place.sink.put(**{n: v for n, v in anna(email=THEIRS).items() if n in NAMES})
    place.run(anna(company="ACME", city="Bonn"), **by("fill_empty"))
    place.sink.contacts["1"]["company"] = "Globex"
    write, *_ = planned(place, anna(company="ACME", city="Köln"), **by("fill_empty"))
    assert write.changed_there == ["company"]


@pytest.mark.parametrize("policy", ["fill_empty", "on_create"])
def test_many_fields_that_a_policy_left_alone_hide_no_change(place: Place, policy: str) -> None:
    """More of them differ than combinations of changes are tried for."""
    left = [name for name in NAMES if name not in {"first_name", "mobile", "company", "city"}]
    assert len(left) > MOST_DIFFERENT
    settings: dict[str, Any] = {"policies": dict.fromkeys(left, policy)}
    ours = {name: f"+49301234567{number}" for number, name in enumerate(left)}
    says = {**ours, **anna(company="ACME", city="Bonn")}
    place.run(says, **settings)
    place.sink.contacts["1"] |= {name: f"their {name}" for name in left} | {"company": "Globex"}
    write, *_ = planned(place, {**says, "city": "Köln"}, **settings)
    assert write.changed_there == ["company"]


# Whose contact it is.


def test_what_is_never_sent_still_tells_who_a_contact_is(place: Place) -> None:
    """Two people of one name are told apart by an e-mail address that is not written."""
    place.sink.put(first_name="P1", email=THEIRS)
    place.sink.put(first_name="P1", email=OURS)
    place.run(anna(mobile=None, company="ACME"), **by("never"))
    assert [each.get("company") for each in place.sink.contacts.values()] == [None, "ACME"]


WITHHELD: dict[str, Any] = {"policies": {"email": "never", "mobile": "never"}}
"""Settings by which no contact gets an e-mail address or a number."""


def night(place: Place, streams: tuple[str, ...], *batches: list[Record]) -> None:
    """Let each stream of one run have the same batches."""
    run = FakeRun(place, **WITHHELD)
    for batch, stream in itertools.product(batches, streams):
        run.send(*batch, stream=stream)
    run.finish()


@pytest.mark.parametrize("streams", [("contacts",), ("contacts", "b")], ids=["one", "two"])
def test_without_a_ledger_people_are_known_by_name_where_nothing_else_is_sent(
    tmp_path: Path, streams: tuple[str, ...]
) -> None:
    """Nobody is doubled, since the contacts have no e-mail address and no number, either."""
    people = [person(n, email=f"{n}@example.com") for n in (1, 2, 3)]
    with Place(tmp_path) as place:
        night(place, streams, people)
        there = [*place.sink.contacts.values()]
        assert [each["first_name"] for each in there] == ["P1", "P2", "P3"]
    (tmp_path / "ledger.db").unlink()
    with Place(tmp_path) as later:
        for each in there:
            later.sink.put(**each)
        night(later, streams, [person(9)], people)  # the first batch lists the contacts
        assert sorted(later.sink.contacts) == ["1", "2", "3", "4"]
        assert {e.remote_id for n in (1, 2, 3) if (e := later.entry(n))} == {"1", "2", "3"}
        assert not any({"email", "mobile"} & each.keys() for each in later.sink.contacts.values())


@pytest.mark.parametrize(
    ("there", "settings", "bins"),
    [
        ([{}], {}, {"updated": 1}),
        ([{"email": "", "city": "Bonn"}], {}, {"updated": 1}),
        ([{"email": THEIRS}], {}, {"created": 1}),
        ([{"mobile": "+4915199999999"}], {}, {"created": 1}),
        ([{"phone": "+4930123456"}], {}, {"created": 1}),
        ([{"first_name": "P2"}], {}, {"created": 1}),
        ([{}, {}], {}, {"rejected": 1}),
        ([{}, {"email": THEIRS}], {}, {"updated": 1}),
        ([{}, {"email": OURS}], {}, {"updated": 1}),
        ([{}], {"policies": {"email": "never"}}, {"created": 1}),
        ([{}], {"policies": {"email": "never", "mobile": "on_create"}}, {"created": 1}),
        ([{}], {"match_on": []}, {"created": 1}),
        ([{}], {"match_on": ["first_name", "email"]}, {"created": 1}),
    ],
)
def test_a_name_alone_tells_who_it_is_only_where_nothing_else_can(
    place: Place, there: list[dict[str, str]], settings: dict[str, Any], bins: dict[str, int]
) -> None:
    """Whoever has an e-mail address or a number is known by it; of two, nobody can tell."""
    for each in there:
        place.sink.put(**{"first_name": "P1", **each})
    before = {n: dict(each) for n, each in place.sink.contacts.items()}
    run = place.run(anna(company="ACME"), **{**WITHHELD, **settings})
    assert run.bins == bins
    assert run.codes == (["ambiguous"] if "rejected" in bins else [])
    changed = [n for n, each in before.items() if place.sink.contacts[n] != each]
    known = [n for n, each in before.items() if each.get("email") == OURS]
    assert changed == ((known or ["1"]) if "updated" in bins else [])


@pytest.mark.parametrize("stream", ["contacts", "b"])
def test_a_name_alone_makes_nobody_share_the_contact_of_another_record(
    place: Place, stream: str
) -> None:
    """Not in the same night, and not in a later one, when nothing tells them apart any more."""
    place.run(anna(company="ACME"), **WITHHELD)
    other = {**anna(email=THEIRS, company="Globex"), "id": 2, "mobile": "+4915199999999"}
    assert place.run(other, stream=stream, **WITHHELD).bins == {"created": 1}
    assert place.sink.contacts["1"]["company"] == "ACME"


A: dict[str, str] = {"email": "overwrite", "mobile": "never"}
B: dict[str, str] = {"email": "never", "mobile": "overwrite"}


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_two_streams_of_one_person_settle_field_by_field(
    place: Place, order: tuple[str, str]
) -> None:
    """Whichever comes first: each field has the value of the stream whose word counts."""
    records = {
        "a": person(1, email=OURS, mobile="+491511"),
        "b": person(1, email=OURS, mobile="+491522"),
    }
    streams: dict[str, Any] = {"stream_policies": {"a": A, "b": B}}
    run = FakeRun(place, **streams)
    for stream in order:
        run.send(records[stream], stream=stream)
    run.finish()
    assert len(place.sink.contacts) == 1
    assert (mail(place), place.sink.contacts["1"]["mobile"]) == (OURS, "+491522")
    later = {
        "a": person(1, email=NEW, mobile="+491533"),
        "b": person(1, email=THEIRS, mobile="+491544"),
    }
    for stream in order:
        place.run(later[stream], stream=stream, **streams)
    assert (mail(place), place.sink.contacts["1"]["mobile"]) == (NEW, "+491544")


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
@pytest.mark.parametrize("weak", ["fill_empty", "on_create"])
def test_the_word_of_one_stream_goes_before_that_of_another(
    place: Place, order: tuple[str, str], weak: str
) -> None:
    """What fills only what is empty yields, in one run and in later ones."""
    streams: dict[str, Any] = {"stream_policies": {"b": {"email": weak}}}
    run = FakeRun(place, **streams)
    mine = {"a": OURS, "b": THEIRS}
    for stream in order:
        run.send(person(1, email=mine[stream]), stream=stream)
    run.finish()
    assert (len(place.sink.contacts), mail(place)) == (1, OURS)
    for stream in order:
        place.run(person(1, email=f"x{mine[stream]}"), stream=stream, **streams)
    assert mail(place) == f"x{OURS}"


# Random policies.


def _model(held: Mapping[str, str], says: Mapping[str, Any], policies: Mapping[str, str]) -> Any:
    """Return what each field may hold after an update that fills or leaves."""
    for name, value in says.items():
        policy = policies.get(name, "overwrite")
        is_empty = not held.get(name)
        writes = value and (policy in ("overwrite", "keep_null") or
                            (policy == "fill_empty" and is_empty))  # fmt: skip
        yield name, (value if writes else held.get(name, ""))


@pytest.mark.parametrize("seed", range(30))
def test_no_update_touches_a_field_that_its_policy_forbids(tmp_path: Path, seed: int) -> None:
    """Whatever policies there are, and whatever anybody wrote there: only what may change does."""
    dice = random.Random(seed)  # noqa: S311
    optional = ("email", "phone", "company", "street", "city")
    policies = {name: dice.choice(POLICIES) for name in optional}
    with Place(tmp_path) as place:
        place.run(person(1, **{n: f"0-{n}" for n in optional}), policies=policies, **ALONE)
        for night in range(1, 6):
            held = place.sink.contacts["1"]
            for name in dice.sample(optional, 2):
                held[name] = dice.choice(["", f"their-{night}-{name}"])
            before = dict(held)
            says = {n: dice.choice([f"{night}-{n}", f"0-{n}"]) for n in optional}
            place.run(person(1, **says), policies=policies, **ALONE)
            after = place.sink.contacts["1"]
            changed = {n for n in optional if before.get(n, "") != after.get(n, "")}
            expected = dict(_model(before, says, policies))
            assert all(after.get(n, "") in (expected[n], before.get(n, "")) for n in optional)
            assert changed <= {n for n in optional if expected[n] != before.get(n, "")}
            is_sent = any(each.startswith("update") for each in writes(place))
            assert not is_sent or all(after.get(n, "") == expected[n] for n in optional)


# Settings.


@pytest.mark.parametrize(
    ("general", "of_streams", "policy"),
    [
        ({}, {}, "overwrite"),
        ({"*": "never"}, {}, "never"),
        ({"*": "never", "email": "keep_null"}, {}, "keep_null"),
        ({"email": "keep_null"}, {"con*": {"*": "on_create"}}, "on_create"),
        ({"email": "keep_null"}, {"con*": {"*": "on_create", "email": "never"}}, "never"),
        ({"email": "keep_null"}, {"con*": {"*": "on_create"}, "*": {"email": "never"}}, "never"),
        ({}, {"*": {"email": "never"}, "contacts": {"email": "on_create"}}, "on_create"),
        ({}, {"contact?": {"email": "never"}, "c*": {"email": "on_create"}}, "never"),
        ({"email": "keep_null"}, {"people": {"email": "never"}}, "keep_null"),
        ({"email": None, "*": "never"}, {"contacts": None}, "never"),
        ({"mobile": "never"}, {"contacts": {"phone": "never"}}, "overwrite"),
    ],
)
def test_what_says_more_goes_first(general: Any, of_streams: Any, policy: str) -> None:
    """Stream and attribute, stream and *, attribute, *; of globs, the one that says more."""
    assert Policies(general, of_streams, "contacts").of("email") == policy


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"policies": {"emial": "never"}}, "policies names emial, which is no attribute; did you"),
        ({"stream_policies": {"x*": {"emial": "never"}}}, r"stream_policies.x\* names emial"),
        ({"policies": {"zzzzzz": "never"}}, "known are: "),
    ],
)
def test_a_name_that_is_no_attribute_is_refused(place: Place, settings: Any, words: str) -> None:
    """Also in the policies of a stream that does not come, with what may be meant."""
    with pytest.raises(ConfigurationError, match=words):
        place.run(anna(), **settings)


@pytest.mark.parametrize("policy", ["fill_empty", "on_create", "keep_null", "never"])
def test_where_an_update_replaces_everything_no_policy_can_be_kept(
    tmp_path: Path, policy: str
) -> None:
    """It is refused before anything is sent; to overwrite is no policy that needs more."""
    with Place(tmp_path, ReplacingSink) as place:
        with pytest.raises(ConfigurationError, match="replaces all of it"):
            place.run(anna(), **by(policy))
        assert place.sink.asked == []
        assert place.run(anna(), **by("overwrite")).bins == {"created": 1}


class DemandingSink(FakeSink):
    """The same where a contact must have an e-mail address."""

    fields = tuple(
        type(each)(each.attribute, each.wire, "always" if each.wire == "email" else None)
        for each in FakeSink.fields
    )


def test_a_stream_that_never_sends_what_a_new_contact_needs_only_updates(tmp_path: Path) -> None:
    """Its new people are rejected with the reason, and contacts that are there are updated."""
    with Place(tmp_path, DemandingSink) as place:
        place.sink.put(first_name="P1", email=OURS)
        run = place.run(anna(city="Bonn"), person(2, email=NEW), **by("never"))
        assert run.bins == {"updated": 1, "rejected": 1}
        assert "the policy of email is never" in str(run.rejections[0])
        assert place.sink.contacts["1"]["city"] == "Bonn"
        skipped = place.run(person(2, email=NEW), **by("never"), mode="update_only")
        assert skipped.bins == {"skipped": 1}
