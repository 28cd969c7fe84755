"""A value is looked up once, and what is looked up is remembered only if it is one's alone."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from tap_contacts.transport.errors import GivenUp, Refused, Stopped
from target_contacts.ledger.ledger import Ledger
from target_contacts.ledger.tables import KNOWN_IDS
from target_contacts.parents.loosely import Loosely
from target_contacts.parents.memory import RIGHT_FOR, Memory
from target_contacts.parents.resolver import Resolver
from target_contacts.sinks.finder import Finder
from target_contacts.values import company_spelling

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from tap_contacts.transport.errors import ApiError
    from tap_contacts.transport.facts import Fact

NAMES = "parents name"


class Fake(Finder):
    """A destination with some clients, which notes what it is asked for."""

    def __init__(self, **held: set[str]) -> None:
        self.held, self.asked = held, list[list[str]]()
        self.error: ApiError | None = None
        self.new: dict[str, set[str]] | None = None
        """What it tells of changes, and how often that was asked."""
        self.changes = 0

    def find(self, values: Collection[str]) -> Mapping[str, Collection[str]]:
        """Return the ids that are held."""
        self.asked.append(sorted(values))
        if self.error:
            raise self.error
        return self.held

    def all(self) -> Mapping[str, Collection[str]]:
        """Return all ids that are held."""
        return self.held

    def changed(self, since: datetime) -> Mapping[str, Collection[str]] | None:
        """Return what it has to tell of changes."""
        assert since < datetime.now(timezone.utc) - RIGHT_FOR
        self.changes += 1
        return self.new

    def fact(self) -> Fact:
        """Return nothing: it is not asked here."""
        raise NotImplementedError


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """Return an empty ledger."""
    with closing(Ledger("sqlite://", "a")) as found:
        yield found


def resolver(ledger: Ledger, fake: Fake | None, **more: Any) -> Resolver:
    """Return what finds ids by name."""
    given = {"listed": None, "is_offline": False, **more}
    core = given["loosely"].core if given.get("loosely") else None
    memory = Memory(NAMES, lambda: ledger.known_ids, ledger.digest, core)
    return Resolver("parents", finder=fake, memory=memory, **given)


def found(resolver: Resolver, *values: str) -> list[set[str]]:
    """Return the ids of values, looked up together."""
    resolver.learn(values)
    return [set(resolver.ids(value) or ()) for value in values]


def age(ledger: Ledger, **by: float) -> None:
    """Have what the ledger knows been found longer ago."""
    at = datetime.now(timezone.utc) - timedelta(**by)
    with ledger._writing() as connection:  # noqa: SLF001  # no clock can be given to it
        connection.execute(sa.update(KNOWN_IDS).values(found_at=at))


def test_a_batch_is_asked_for_together_and_nothing_twice(ledger: Ledger) -> None:
    """Neither in the run, whatever was found, nor in a later one where it was one id."""
    fake = Fake(a={"1"}, b={"2"}, twin={"3", "4"})
    first = resolver(ledger, fake)
    for _ in range(2):
        first.learn(["a", "b", "a", "twin", "none"])
    assert fake.asked == [["a", "b", "none", "twin"]]
    assert [len(first.ids(v) or ()) for v in ("a", "b", "twin", "none")] == [1, 1, 2, 0]
    second = resolver(ledger, fake)
    second.learn(["a", "b", "twin", "none"])
    assert fake.asked[1:] == [["none", "twin"]]
    assert second.ids("a") == ("1",)


def test_the_file_goes_first_and_says_all_without_a_look_up(ledger: Ledger) -> None:
    """Its ids are not remembered: another file may say otherwise."""
    fake = Fake(a={"1"}, b={"2"})
    both = resolver(ledger, fake, listed={"a": {"9"}})
    both.learn(["a", "b"])
    assert (found(both, "a", "b"), fake.asked) == ([{"9"}, {"2"}], [["b"]])
    alone = resolver(ledger, None, listed={"a": {"9"}})
    assert (alone.ids("a"), alone.ids("b")) == ({"9"}, ())
    assert len(ledger.known_ids.of(NAMES, [ledger.digest([NAMES, "a"])])) == 0


def test_offline_nothing_is_asked(ledger: Ledger) -> None:
    """What only the destination knows stays open."""
    fake = Fake(a={"1"})
    offline = resolver(ledger, fake, listed={"b": {"2"}}, is_offline=True)
    offline.learn(["a", "b"])
    assert (offline.ids("a"), offline.ids("b"), fake.asked) == (None, {"2"}, [])


def test_an_id_that_is_none_is_asked_for_again_only_if_it_was_remembered(ledger: Ledger) -> None:
    """And then once, for all values that gave it."""
    fake = Fake(a={"1"}, b={"1"})
    first = resolver(ledger, fake)
    first.learn(["a", "b"])
    assert first.forget("1") is False
    second = resolver(ledger, fake)
    second.learn(["a", "b"])
    fake.asked.clear()
    assert (second.forget("7"), second.forget("1"), second.forget("1")) == (False, True, True)
    second.learn(["a", "b"])
    assert fake.asked == [["a", "b"]]
    third = resolver(ledger, fake)
    third.learn(["a"])
    assert len(fake.asked) == 1


WORDS = ("Fake", "GET /clients", "code 103")


@pytest.mark.parametrize(
    "error",
    [
        Refused(*WORDS, http_status=200),
        GivenUp(*WORDS, http_status=500),
        Stopped(*WORDS, "Ask for the right.", http_status=403),
    ],
)
def test_a_look_up_that_fails_ends_the_run_with_one_sentence(
    ledger: Ledger, error: ApiError
) -> None:
    """It is not the record's fault, so no record is rejected for it."""
    fake = Fake()
    fake.error = error
    with pytest.raises(Stopped) as caught:
        resolver(ledger, fake).learn(["a"])
    assert not isinstance(caught.value, GivenUp)
    assert str(caught.value).startswith("Fake: look-up for parents: code 103. ")
    assert "parents.file does without" in str(caught.value)


def test_a_run_that_is_to_end_says_why_by_itself(ledger: Ledger) -> None:
    """A signal, or an API that does not answer, is no matter of the look-up."""
    fake = Fake()
    fake.error = Stopped("Fake", "anything", "the run is to end")
    with pytest.raises(Stopped) as caught:
        resolver(ledger, fake).learn(["a"])
    assert caught.value is fake.error


# A client gets another name.


def test_names_are_not_asked_again_for_a_day(ledger: Ledger) -> None:
    """Whatever has become of them."""
    fake = Fake(a={"1"})
    found(resolver(ledger, fake), "a")
    age(ledger, hours=23)
    fake.held, fake.new = {"b": {"1"}}, {"b": {"1"}}
    assert found(resolver(ledger, fake), "a") == [{"1"}]
    assert (fake.changes, len(fake.asked)) == (0, 1)


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ({"b": {"1"}}, [set()]),
        ({"b": {"1"}, "a": {"2"}}, [{"2"}]),
        ({"a": {"1", "2"}}, [{"1", "2"}]),
        ({"a": {"1"}, "b": {"1"}}, [{"1"}]),
        ({"a": {"1"}, "c": {"3"}}, [{"1"}]),
    ],
    ids=["renamed", "another has the name now", "another has it, too", "has two", "as ever"],
)
def test_after_a_day_one_request_says_what_is_called_otherwise(
    ledger: Ledger, held: dict[str, set[str]], told: list[set[str]]
) -> None:
    """What changed is asked for again, and the rest is taken for right for another day."""
    fake = Fake(a={"1"}, z={"9"})
    found(resolver(ledger, fake), "a", "z")
    age(ledger, hours=25)
    fake.held = fake.new = {**held, "z": {"9"}}
    later = resolver(ledger, fake)
    assert (found(later, "a"), found(later, "z")) == (told, [{"9"}])
    assert fake.changes == 1
    fake.asked.clear()
    assert found(resolver(ledger, fake), "z") == [{"9"}]
    assert (fake.changes, fake.asked) == (1, [])


def test_what_does_not_tell_changes_is_taken_for_right(ledger: Ledger) -> None:
    """Until something is asked anyway: then all that it tells is compared."""
    fake = Fake(a={"1"}, b={"2"})
    found(resolver(ledger, fake), "a", "b")
    age(ledger, days=9)
    fake.held = {"a": {"3"}, "b": {"2"}, "c": {"4"}}
    assert found(resolver(ledger, fake), "a", "b") == [{"1"}, {"2"}]
    assert found(resolver(ledger, fake), "a", "c") == [{"3"}, {"4"}]
    assert found(resolver(ledger, Fake()), "a", "b") == [{"3"}, {"2"}]


def test_an_id_that_has_a_name_of_its_own_at_the_source_is_noticed_too(ledger: Ledger) -> None:
    """The ledger knows by which name it was found, and has no use for it if that is right."""
    fake = Fake(ACME={"1"})
    found(resolver(ledger, fake, name={"001": "ACME"}.get), "001")
    age(ledger, hours=25)
    fake.new = {"ACME": {"1"}}
    assert found(resolver(ledger, fake, name=str), "001") == [{"1"}]
    age(ledger, hours=25)
    fake.held = fake.new = {"Other": {"1"}}
    assert found(resolver(ledger, fake, name=str), "001") == [set()]


def test_what_an_earlier_version_remembered_has_no_name_and_stays(ledger: Ledger) -> None:
    """It is found again when another thing has the value, or none has the id."""
    fake = Fake(a={"1"})
    found(resolver(ledger, fake), "a")
    with ledger._writing() as connection:  # noqa: SLF001  # as an earlier version left it
        connection.execute(sa.update(KNOWN_IDS).values(name=None))
    age(ledger, hours=25)
    fake.new = {"b": {"1"}}
    assert found(resolver(ledger, fake), "a") == [{"1"}]
    age(ledger, hours=25)
    fake.held = fake.new = {"a": {"2"}}
    assert found(resolver(ledger, fake), "a") == [{"2"}]


# Spelled otherwise.


def loosely() -> Loosely:
    """Return what finds names of companies."""
    return Loosely(company_spelling.company)


def test_a_value_that_nothing_has_stands_for_the_only_one_spelled_alike(ledger: Ledger) -> None:
    """An equal one goes first, and several leave it open."""
    held = {"ACME GmbH": {"1"}, "Globex": {"2"}, "GLOBEX": {"3"}, "Twin AG": {"4"}, "twin": {"5"}}
    fake = Fake(**held)
    values = ("acme", "Acme Ltd", "Globex", "globex", "Twin KG", "Twin")
    one = resolver(ledger, fake, loosely=loosely())
    assert found(one, *values) == [{"1"}, set(), {"2"}, {"2", "3"}, {"5"}, {"4", "5"}]
    assert found(resolver(ledger, fake), *values) == [set(), set(), {"2"}, set(), set(), set()]


def test_a_loose_match_is_told_once_in_each_run(ledger: Ledger) -> None:
    """Also when only the ledger knows it, which then has no name; an exact one is none."""
    fake = Fake(**{"ACME GmbH": {"1"}, "Globex": {"2"}})
    for names in (["ACME GmbH"], [""]):
        one = resolver(ledger, fake, loosely=loosely())
        found(one, "acme", "Globex")
        assert one.told_loosely("Globex") is None
        told = [one.told_loosely("acme"), one.told_loosely("acme")]
        assert [match and (match.remote_id, match.name) for match in told] == [
            ("1", names[0]),
            None,
        ]
    assert len(fake.asked) == 1
    assert found(resolver(ledger, fake), "acme") == [set()]


def test_a_loose_match_gives_way_to_an_equal_name_and_to_a_new_name(ledger: Ledger) -> None:
    """As soon as it is told."""
    fake = Fake(**{"ACME GmbH": {"1"}})
    found(resolver(ledger, fake, loosely=loosely()), "acme")
    fake.held = {"ACME GmbH": {"1"}, "acme": {"2"}, "x": {"3"}}
    assert found(resolver(ledger, fake, loosely=loosely()), "acme", "x") == [{"2"}, {"3"}]
    found(resolver(ledger, fake, loosely=loosely()), "ACME")
    age(ledger, hours=25)
    fake.held = fake.new = {"Other": {"1"}}
    assert found(resolver(ledger, fake, loosely=loosely()), "ACME") == [set()]


def test_file_and_destination_are_searched_together(ledger: Ledger) -> None:
    """What is equal at the destination goes before what is spelled alike in the file."""
    fake = Fake(acme={"1"}, GLOBEX={"2"})
    listed = {"ACME": {"8"}, "Globex": {"9"}, "Initech": {"7"}}
    both = resolver(ledger, fake, listed=listed, loosely=loosely())
    values = ("acme", "globex", "INITECH")
    assert found(both, *values) == [{"1"}, {"2", "9"}, {"7"}]
    alone = resolver(ledger, None, listed=listed, loosely=loosely())
    assert found(alone, *values) == [{"8"}, {"9"}, {"7"}]
    assert found(resolver(ledger, None, listed=listed), *values) == [set(), set(), set()]


def test_a_second_client_spelled_alike_is_noticed_at_the_next_reading(ledger: Ledger) -> None:
    """The match is not guessed any more; while nothing is read, it stays."""
    fake = Fake(**{"ACME Inc": {"1"}})
    assert found(resolver(ledger, fake, loosely=loosely()), "acme") == [{"1"}]
    fake.held["Acme, Inc."] = {"2"}
    fake.asked.clear()
    assert found(resolver(ledger, fake, loosely=loosely()), "acme") == [{"1"}]
    assert fake.asked == []
    assert found(resolver(ledger, fake, loosely=loosely()), "acme", "x") == [{"1", "2"}, set()]
    assert found(resolver(ledger, fake, loosely=loosely()), "acme") == [{"1", "2"}]
    del fake.held["ACME Inc"]
    assert found(resolver(ledger, fake, loosely=loosely()), "acme") == [{"2"}]


def test_it_is_noticed_among_what_has_changed_for_a_day(ledger: Ledger) -> None:
    """Also for values that the run does not ask for; one of another form is another company."""
    fake = Fake(**{"ACME Inc": {"1"}, "Globex AG": {"3"}})
    assert found(resolver(ledger, fake, loosely=loosely()), "acme", "globex") == [{"1"}, {"3"}]
    age(ledger, days=2)
    fake.new = {"Acme Ltd": {"2"}, "Initech": {"4"}}
    fake.held |= fake.new
    assert found(resolver(ledger, fake, loosely=loosely()), "globex") == [{"3"}]
    assert fake.changes == 1
    assert found(resolver(ledger, fake, loosely=loosely()), "acme") == [{"1", "2"}]


def test_one_client_of_several_names_is_not_noticed_as_a_second(ledger: Ledger) -> None:
    """Nor is the match asked for again when the same list is read."""
    fake = Fake(**{"ACME Inc": {"1"}})
    found(resolver(ledger, fake, loosely=loosely()), "acme")
    fake.held["Acme, Inc."] = {"1"}
    assert found(resolver(ledger, fake, loosely=loosely()), "x", "acme") == [set(), {"1"}]
    fake.asked.clear()
    assert found(resolver(ledger, fake, loosely=loosely()), "acme") == [{"1"}]
    assert fake.asked == []


def test_a_file_that_spells_another_alike_is_noticed(ledger: Ledger) -> None:
    """It is compared with what is remembered once a run."""
    fake = Fake(**{"ACME Inc": {"1"}})
    found(resolver(ledger, fake, loosely=loosely()), "acme")
    listed = {"Acme Ltd": {"9"}}
    both = resolver(ledger, fake, listed=listed, loosely=loosely())
    assert found(both, "acme") == [{"1", "9"}]


@pytest.mark.parametrize("form", sorted(company_spelling.FORMS))
def test_no_form_joins_two_companies_unless_that_is_wanted(ledger: Ledger, form: str) -> None:
    """The table of forms counts for loose matches alone."""
    fake = Fake(**{f"Acme {form}": {"1"}, "Globex": {"2"}})
    assert found(resolver(ledger, fake), "Acme", f"Globex {form}") == [set(), set()]
