"""Whether one request failed or the whole API, by what else it serves."""

from __future__ import annotations

import pytest

from tap_contacts.transport.call import Call
from tap_contacts.transport.errors import Retry, Throttled
from tap_contacts.transport.served import Served, Trial

READ, WRITE = Call("GET", "/"), Call("POST", "/")
MANY = Call("POST", "/", several=True)
HALF = Call("POST", "/", several=True, once=True)
FAILED = Retry("API", "GET /", "no answer")
THROTTLED = Throttled("API", "GET /", "code 429")


class Alive:
    """An API that tells whether it is alive, and counts how often it is asked."""

    def __init__(self, answers: str) -> None:
        """Take what it answers in turn, the last one again and again: "yes" or "no"."""
        self._answers = [answer == "yes" for answer in answers.split()]
        self.asked = 0

    def __call__(self) -> bool:
        """Answer."""
        self.asked += 1
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def tried(trial: Trial, *errors: Retry) -> Trial:
    """Let a request fail in as many tries."""
    for error in errors:
        trial.begin()
        trial.failed(error)
    return trial


def test_where_nothing_is_known_the_api_failed() -> None:
    """However often it was tried."""
    trial = tried(Trial(None, READ, 2), FAILED, FAILED)
    assert (trial.tries, trial.is_of_one(), trial.is_barred_alone()) == (2, False, False)


@pytest.mark.parametrize("most", [1, 2, 3, 5])
@pytest.mark.parametrize("is_alive", [True, False])
def test_a_harmless_read_shows_before_the_last_try_whether_the_api_is_alive(
    most: int, *, is_alive: bool
) -> None:
    """It is asked once more if it seems not to be, since a read may fail by chance."""
    alive = Alive("yes" if is_alive else "no")
    trial = Trial(Served(alive), WRITE, most)
    asked = []
    for _ in range(most):
        tried(trial, FAILED)
        asked.append(alive.asked)
    assert asked == [0] * (most - 1) + [int(most > 1)]
    assert trial.is_of_one() == is_alive
    assert alive.asked == (1 if is_alive or most == 1 else 2)


def test_a_read_that_fails_by_chance_is_made_up_for() -> None:
    """By a second one after the last try."""
    alive = Alive("no yes")
    assert tried(Trial(Served(alive), WRITE, 2), FAILED, FAILED).is_of_one()
    assert alive.asked == 2


@pytest.mark.parametrize("other", [READ, Call("PUT", "/other")])
def test_what_is_served_meanwhile_shows_that_the_api_is_alive(other: Call) -> None:
    """No read is needed then; what was served before the last but one try shows nothing."""
    alive = Alive("no")
    served = Served(alive)
    served.serves(other)
    trial = tried(Trial(served, WRITE, 2), FAILED)
    served.serves(other)
    assert tried(trial, FAILED).is_of_one()
    assert alive.asked == 0
    served.serves(READ)
    assert not tried(Trial(served, WRITE, 2), FAILED, FAILED).is_of_one()
    assert alive.asked == 2


def test_what_is_served_after_the_last_try_began_shows_it_too() -> None:
    """It need not be asked again."""
    alive = Alive("no")
    served = Served(alive)
    trial = tried(Trial(served, WRITE, 2), FAILED, FAILED)
    served.serves(READ)
    assert (trial.is_of_one(), alive.asked) == (True, 1)


def test_what_is_the_accounts_is_no_requests_fault() -> None:
    """By the last try: nothing else is asked for, which would be throttled, too."""
    alive = Alive("yes")
    served = Served(alive)
    assert not tried(Trial(served, WRITE, 2), THROTTLED, THROTTLED).is_of_one()
    assert not tried(Trial(served, WRITE, 1), THROTTLED).is_of_one()
    assert not tried(Trial(served, HALF, 1), THROTTLED).is_of_one()
    assert alive.asked == 0
    assert tried(Trial(served, WRITE, 2), THROTTLED, FAILED).is_of_one()
    assert alive.asked == 1


def test_what_is_halved_is_taken_for_the_requests_fault() -> None:
    """Its halves will tell; nothing is asked for."""
    alive = Alive("no")
    assert tried(Trial(Served(alive), HALF, 1), FAILED).is_of_one()
    assert alive.asked == 0


def ends(served: Served, call: Call) -> bool:
    """Say whether one more request of this kind that fails is taken for the API's fault."""
    return not tried(Trial(served, call, 1), FAILED).is_of_one()


@pytest.mark.parametrize("call", [READ, WRITE])
def test_the_fourth_failure_in_a_row_is_the_apis(call: Call) -> None:
    """Of reads or of writes; one of the same kind that is served begins anew."""
    served = Served(Alive("yes"))
    other = WRITE if call.reads else READ
    assert [ends(served, call) for _ in range(3)] == [False] * 3
    served.serves(other)
    assert [ends(served, other) for _ in range(3)] == [False] * 3
    assert [ends(served, call) for _ in range(2)] == [True] * 2
    served.serves(call)
    assert [ends(served, call) for _ in range(4)] == [False, False, False, True]


def test_requests_for_several_records_do_not_count() -> None:
    """They are taken apart first."""
    served = Served(Alive("yes"))
    assert [ends(served, MANY) for _ in range(9)] == [False] * 9
    assert [ends(served, WRITE) for _ in range(4)] == [False, False, False, True]


def test_a_failure_does_not_count_if_its_kind_was_served_meanwhile() -> None:
    """Since its first try."""
    served = Served(Alive("yes"))
    for _ in range(9):
        trial = tried(Trial(served, WRITE, 2), FAILED)
        served.serves(WRITE)
        assert tried(trial, FAILED).is_of_one()
    assert [ends(served, WRITE) for _ in range(4)] == [False, False, False, True]


@pytest.mark.parametrize(("let_through", "alone"), [([], False), ([READ], False), ([WRITE], True)])
def test_a_barred_request_is_alone_if_others_of_its_kind_were_let_through(
    let_through: list[Call], *, alone: bool
) -> None:
    """Until four in a row are barred; what counts is what was served before, too."""
    served = Served(Alive("yes"))
    for call in let_through:
        served.serves(call)
    found = [tried(Trial(served, WRITE, 1), FAILED).is_barred_alone() for _ in range(5)]
    assert found == ([True, True, True, False, False] if alone else [False] * 5)


def test_requests_are_counted_by_their_kind() -> None:
    """And in all."""
    served = Served(Alive("yes"))
    for call in (READ, WRITE, WRITE):
        served.serves(call)
    assert (served.served, served.served_like(READ), served.served_like(HALF)) == (3, 1, 2)
    assert [served.is_alive(since) for since in (0, 2)] == [True, True]
