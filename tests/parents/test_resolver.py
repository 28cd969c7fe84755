"""A value is looked up once, and what is looked up is remembered only if it is one's alone."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.transport.errors import GivenUp, Refused, Stopped
from target_contacts.ledger.ledger import Ledger
from target_contacts.parents.resolver import Resolver

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from tap_contacts.transport.errors import ApiError
    from tap_contacts.transport.facts import Fact


class Fake:
    """A destination with some clients, which notes what it is asked for."""

    def __init__(self, **held: set[str]) -> None:
        self.held, self.asked = held, list[list[str]]()
        self.error: ApiError | None = None

    def find(self, values: Collection[str]) -> Mapping[str, Collection[str]]:
        """Return the ids that are held."""
        self.asked.append(sorted(values))
        if self.error:
            raise self.error
        return self.held

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
    known, digest = (lambda: ledger.known_ids), ledger.digest
    return Resolver("parents", "parents name", finder=fake, known=known, digest=digest, **given)


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
    assert (both.ids("a"), both.ids("b"), fake.asked) == ({"9"}, {"2"}, [["b"]])
    alone = resolver(ledger, None, listed={"a": {"9"}})
    assert (alone.ids("a"), alone.ids("b")) == ({"9"}, ())
    assert len(ledger.known_ids.of("parents name", [ledger.digest(["parents name", "a"])])) == 0


def test_offline_nothing_is_asked(ledger: Ledger) -> None:
    """What only the destination knows stays open."""
    fake = Fake(a={"1"})
    found = resolver(ledger, fake, listed={"b": {"2"}}, is_offline=True)
    found.learn(["a", "b"])
    assert (found.ids("a"), found.ids("b"), fake.asked) == (None, {"2"}, [])


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
