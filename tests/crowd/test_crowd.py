"""In a crowd nobody takes anybody's place; and the crowd and its judge are what they say.

`make crowd` is the long version.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections import Counter
from typing import TYPE_CHECKING

import phonenumbers
import pytest

from tests.crowd import model, report
from tests.crowd.judge import Judge
from tests.crowd.maker import HAND, A, B
from tests.crowd.people import KINDS, Crowd, Entry, crowd, in_advance
from tests.crowd.places import PLACES, takes
from tests.crowd.trial import FAULTS, STEPS, Step, trial
from tests.crowd.truth import Same

if TYPE_CHECKING:
    from collections.abc import Callable

APIS = sorted(PLACES)
ASKED = [api for api in APIS if PLACES[api].adopts]
"""APIs that can be asked who is there."""

PEOPLE = crowd(80)
ALL_WAYS = frozenset({"email", "mobile", "phone"})


@pytest.mark.parametrize("api", APIS)
def test_in_a_crowd_nobody_takes_anybodys_place(api: str) -> None:
    """Nobody is overwritten, doubled, lost or needlessly rejected, ledger kept or lost."""
    steps = trial(api, PEOPLE)
    assert {step.name: (step.faults, step.notes) for step in steps if step.faults} == {}
    assert [step.name for step in steps] == list(STEPS)
    assert steps[0].counts["created"] > 50


# The crowd.


def test_every_kind_is_there_in_fixed_proportions() -> None:
    """A crowd five times as large has five times as many of each kind."""

    def kinds(people: Crowd) -> Counter[str]:
        return Counter(kind for kind, _ in {(each.kind, each.person) for each in people.entries})

    small, large = kinds(PEOPLE), kinds(crowd(400))
    assert small.keys() == KINDS.keys()
    assert large == Counter({kind: 5 * count for kind, count in small.items()})
    assert (PEOPLE.people, crowd(400).people) == (80, 400)


def test_a_seed_makes_the_same_people_each_time() -> None:
    """The same seed gives the same records in the same order; another one, others."""
    records = [[each.record for each in crowd(80, seed).told_by(A)] for seed in (1, 1, 2)]
    assert records[0] == records[1]
    assert records[0] != records[2]


def same(one: Entry, other: Entry) -> Same:
    """Say whether two entries are to be taken for one person."""
    return one.told.evidence(ALL_WAYS).same(other.told.evidence(ALL_WAYS))


def test_one_person_is_known_again_in_the_other_stream_but_where_it_is_said() -> None:
    """Only who is told once by the name alone has no evidence; only other letters are left open."""
    pairs = itertools.combinations(sorted(PEOPLE.entries, key=lambda each: each.number), 2)
    found = {(a.kind, same(a, b)) for a, b in pairs if a.person == b.person}
    assert {pair for pair in found if pair[1] is not Same.YES} == {
        ("silent_once", Same.NO),
        ("other_letters", Same.OPEN),
    }


def test_two_people_are_never_alike_but_where_it_is_said() -> None:
    """Only father and son, and namesakes of whom nothing else is told, may be taken for another."""
    entries = [(each, each.told.evidence(ALL_WAYS)) for each in crowd(160).entries]
    found = {
        (a.kind, b.kind)
        for (a, one), (b, other) in itertools.combinations(entries, 2)
        if a.person != b.person and one.same(other)
    }
    assert found == {("heirs", "heirs"), ("silent_namesakes", "silent_namesakes")}


@pytest.mark.parametrize(
    ("kind", "common"),
    [
        ("namesakes_2", {"name"}),
        ("namesakes_5", {"name"}),
        ("silent_in_a", {"name"}),
        ("silent_in_b", {"name"}),
        ("nothing_common", {"name"}),
        ("strangers", {"name"}),
        ("family", {"last", "phone"}),
        ("heirs", {"name", "phone"}),
        ("shared_mailbox", {"email", "phone"}),
        ("recycled_number", {"mobile"}),
    ],
)
def test_people_of_a_kind_have_in_common_what_may_mislead(kind: str, common: set[str]) -> None:
    """Somebody in A has these in common with somebody else in B, or at the destination."""
    told = [each for each in PEOPLE.entries if each.kind == kind]
    pairs = [(a, b) for a in told for b in told if a.person != b.person and a.source != b.source]
    shared = [
        {name for name, value in facts(a).items() if value and value == facts(b)[name]}
        for a, b in pairs
    ]
    assert any(common <= each for each in shared)


def facts(entry: Entry) -> dict[str, str | None]:
    """Return what is told, by its name."""
    told = entry.told
    ways = {"email": told.email, "mobile": told.mobile, "phone": told.phone}
    return {"name": told.whole, "last": told.last, **ways}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("email_case", {"email"}),
        ("written_numbers", {"mobile"}),
        ("wrong_types", {"mobile"}),
        ("unicode_forms", {"first_name"}),
        ("other_letters", {"first_name", "last_name"}),
        ("split_names", {"first_name", "full_name"}),
        ("east_asian", {"full_name"}),
    ],
)
def test_one_person_is_written_in_two_ways(kind: str, fields: set[str]) -> None:
    """What is meant agrees, what the two streams send does not."""
    told = [each for each in PEOPLE.entries if each.kind == kind]
    both = [(a, b) for a in told for b in told if (a.source, b.source) == (A, B)]
    pairs = [(a.record, b.record) for a, b in both if a.person == b.person]
    assert fields <= {name for a, b in pairs for name in {*a, *b} if a.get(name) != b.get(name)}


def test_nobody_is_real() -> None:
    """Addresses are those that are reserved for examples, and numbers well-formed ones."""
    told = [each.told for each in crowd(400).entries]
    hosts = {each.email.rpartition("@")[2] for each in told if each.email}
    numbers = {number for each in told for number in (each.mobile, each.phone) if number}
    assert {".".join(host.split(".")[-2:]) for host in hosts} <= {
        *("example.com", "example.org", "example.net")
    }
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number)) for number in numbers)


# The judge, tried with destinations that a model has filled.


@functools.cache
def judged(api: str, rule: Callable[..., bool] = model.by_evidence) -> Counter[str]:
    """Return what should not be, in all steps, where contacts are looked up by a rule."""
    filled, judge, total = model.Model(api, rule), Judge(PEOPLE, api), Counter[str]()
    for source in (A, B, A, B):
        total += run(filled, judge, source)
    filled.ledger.clear()
    total += run(filled, judge, A) + run(filled, judge, B)
    more, elsewhere = in_advance(PEOPLE), model.Model(api, rule)
    put = elsewhere.put(more.told_by(HAND))
    judge = Judge(more, api, put, elsewhere.held.values())
    total += run(elsewhere, judge, A, more) + run(elsewhere, judge, B, more)
    return Counter({name: total[name] for name in FAULTS if total[name]})


def run(filled: model.Model, judge: Judge, source: str, people: Crowd = PEOPLE) -> Counter[str]:
    """Send a stream to a model and judge it."""
    rejected = filled.send(people.told_by(source))
    return judge.after(source, filled.held.values(), rejected)


@pytest.mark.parametrize("api", APIS)
def test_the_judge_has_nothing_against_who_goes_by_the_rule(api: str) -> None:
    """The crowd can be written without a fault, and no fault is seen where there is none."""
    assert judged(api) == {}


@pytest.mark.parametrize(
    ("api", "rule", "faults"),
    [
        *((api, model.by_name, {"overwritten", "missing"}) for api in ASKED),
        ("porters", model.by_ways, {"overwritten"}),
        ("zoho_voice", model.never, {"doubled"}),
    ],
)
def test_the_judge_sees_what_a_wrong_rule_does(
    api: str, rule: Callable[..., bool], faults: set[str]
) -> None:
    """Who goes by names only, or by addresses only, overwrites; who never looks up, doubles."""
    assert faults <= judged(api, rule).keys()


class Settled:
    """A destination after both streams, filled by the rule, in which something can be spoilt."""

    def __init__(self, api: str) -> None:
        """Fill it."""
        self.place, self._model = PLACES[api], model.Model(api)
        self._judge, self._rejected = Judge(PEOPLE, api), dict[int, str]()
        for source in (A, B):
            self._rejected = self._model.send(PEOPLE.told_by(source))
            self._judge.after(source, self._model.held.values(), self._rejected)

    def key(self, entry: Entry) -> str:
        """Return the contact of an entry."""
        return self._model.ledger[entry.number]

    def contact(self, entry: Entry) -> dict[str, str]:
        """Return the fields of an entry's contact, to be changed."""
        return self._model.held[self.key(entry)]

    def remove(self, entry: Entry) -> None:
        """Take an entry's contact out."""
        del self._model.held[self.key(entry)]

    def copy(self, entry: Entry) -> None:
        """Put an entry's contact in a second time."""
        self._model.held["copy"] = {**self.contact(entry), self.place.key: "copy"}

    def judged(self, rejected: dict[int, str] | None = None) -> Counter[str]:
        """Return what the judge says to it after a run that changed nothing else."""
        codes = {**self._rejected, **(rejected or {})}
        found = self._judge.after(B, self._model.held.values(), codes)
        return Counter({name: found[name] for name in FAULTS if found[name]})


def found(api: str, source: str, *, only_there: bool = False) -> tuple[Entry, Entry]:
    """Return entries of two ordinary people of a stream that the API takes."""
    told = [each for each in PEOPLE.told_by(source) if each.kind == "ordinary" and takes(api, each)]
    if only_there:
        told = [each for each in told if len(PEOPLE.of(each.person, A, B)) == 1]
    return told[0], told[1]


def rewritten(contact: dict[str, str], by: dict[str, str], key: str) -> None:
    """Write all of one contact over another but its id."""
    contact.update({name: value for name, value in by.items() if name != key})


@pytest.mark.parametrize("api", APIS)
def test_the_judge_sees_one_who_was_overwritten(api: str) -> None:
    """Whose contact carries somebody else's data is overwritten, and missing; the other doubled."""
    settled = Settled(api)
    one, other = found(api, B, only_there=True)
    rewritten(settled.contact(one), settled.contact(other), settled.place.key)
    assert settled.judged() == {"overwritten": 1, "missing": 1, "doubled": 1}


@pytest.mark.parametrize("api", ASKED)
@pytest.mark.parametrize("field", ["email", "mobile"])
def test_the_judge_sees_a_contact_that_two_share(api: str, field: str) -> None:
    """A contact with the e-mail or number of one and all else of another is shared."""
    settled = Settled(api)
    one, other = found(api, B, only_there=True)
    wire = settled.place.fields[field]
    settled.contact(one)[wire] = settled.contact(other)[wire]
    assert settled.judged() == {"overwritten": 1, "doubled": 1}


@pytest.mark.parametrize("api", APIS)
def test_the_judge_sees_one_who_is_doubled(api: str) -> None:
    """A contact that is there twice is one too many."""
    settled = Settled(api)
    settled.copy(found(api, B)[0])
    assert settled.judged() == {"doubled": 1}


@pytest.mark.parametrize("api", APIS)
def test_the_judge_sees_one_who_is_lost(api: str) -> None:
    """Who is neither there nor in the rejects is missing; who is in the rejects is not."""
    settled = Settled(api)
    one, other = found(api, B, only_there=True)
    settled.remove(one)
    settled.remove(other)
    assert settled.judged({other.number: "refused"}) == {"missing": 1, "refused needlessly": 1}


@pytest.mark.parametrize("api", ASKED)
def test_the_judge_sees_one_who_was_adopted_by_the_name_alone(api: str) -> None:
    """A contact of the right name whose e-mail and numbers are all gone proves nothing."""
    settled = Settled(api)
    one, _ = found(api, B, only_there=True)
    for field in settled.place.carried:
        settled.contact(one).pop(settled.place.fields[field], None)
    assert settled.judged() == {"no evidence": 1}


@pytest.mark.parametrize("api", ASKED)
def test_the_judge_tells_needless_rejections_from_due_ones(api: str) -> None:
    """With one contact that agrees nothing is ambiguous; with a second like it, it is."""
    settled = Settled(api)
    one, _ = found(api, B)
    assert settled.judged({one.number: "ambiguous"}) == {"ambiguous needlessly": 1}
    settled.copy(one)
    assert settled.judged() == {"doubled": 1}
    assert settled.judged({one.number: "ambiguous"}) == {"doubled": 1}


def test_what_an_api_demands_may_be_refused() -> None:
    """A record without the number that Zoho Voice demands may be refused, but not as ambiguous."""
    silent = next(each for each in PEOPLE.told_by(B) if each.kind == "silent_in_b")
    judge = Judge(PEOPLE, "zoho_voice")
    assert judge.after(B, [], {silent.number: "required"})["refused"] == 1
    assert judge.after(B, [], {silent.number: "ambiguous"})["ambiguous needlessly"] == 1


def test_a_login_name_that_is_taken_may_be_refused() -> None:
    """At cobai the second reader of a mailbox may be refused, but nobody with an own address."""
    judge = Judge(PEOPLE, "cobai")
    shared = next(each for each in PEOPLE.told_by(B) if each.kind == "shared_mailbox")
    one, _ = found("cobai", B)
    rejected = {shared.number: "BadRequest", one.number: "BadRequest"}
    counts = judge.after(B, [], rejected)
    assert (counts["refused"], counts["refused needlessly"]) == (1, 1)


# The report.


def test_the_report_shows_what_came_of_it_beside_what_came_of_it_before() -> None:
    """Each API and step has its row; what should not be is named; then and now stand together."""
    before = json.loads(report.BEFORE.read_text(encoding="utf-8"))
    people = crowd(before["people"], before["seed"])
    steps = {api: [Step(name) for name in STEPS] for api in APIS}
    steps["valomnia"][1].counts.update({"overwritten": 3, "look-ups": 4})
    text = report.text(people, 1.0, steps, "")
    assert text.count("| valomnia 2 stream B |") == text.count("| bas_ip 4 ledger lost |") == 2
    assert "What should not be, in all steps together: overwritten 3." in text
    then = before["apis"]["valomnia"][1]
    assert f"| valomnia 2 stream B | {then['overwritten']}, 3 |" in text
    assert "Before and now" not in report.text(PEOPLE, 1.0, steps, "")
