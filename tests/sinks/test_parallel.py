"""What became of things that came together is told together, whatever comes between."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from tap_contacts.apis.porters.wire import Result
from tap_contacts.transport.errors import Stopped
from target_contacts.ledger.errors import LedgerError
from target_contacts.shutdown import Interrupted
from target_contacts.sinks.item import Item
from target_contacts.sinks.parallel import in_parallel, told_together
from target_contacts.sinks.porters.outcomes import settled

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = ("Fake", "write", "no", "Look.")
LEAVING: list[BaseException] = [
    LedgerError(*WORDS),
    ValueError("zip"),
    Interrupted(),
]
"""What may leave while outcomes are read, and does not only end the run."""
STOPPED = Stopped(*WORDS)

Request = list["list[int] | BaseException"]
"""What becomes of a request, part by part."""


def settle(request: Request) -> Iterator[list[int]]:
    """Yield the parts of a request; raise what stands among them."""
    for part in request:
        if isinstance(part, BaseException):
            raise part
        yield part


def test_outcomes_are_told_in_the_order_of_requests_and_of_their_parts() -> None:
    """In one list; of nothing there is an empty one."""
    requests: list[Request] = [[[3, 1], [2]], [], [[]], [[9]], [[0], [4]]]
    assert [*told_together(requests, settle, [])] == [[3, 1, 2, 9, 0, 4]]
    assert [*told_together(list[Request](), settle, [])] == [[]]


def test_errors_that_end_the_run_are_kept_and_hide_no_outcome() -> None:
    """Neither of the same request, nor of those before and after it."""
    other, stopped = Stopped(*WORDS), list[Stopped]()
    requests: list[Request] = [[[1]], [[2], STOPPED, [99]], [[3]], [other], [[4]]]
    assert [*told_together(requests, settle, stopped)] == [[1, 2, 3, 4]]
    assert stopped == [STOPPED, other]


@pytest.mark.parametrize("error", LEAVING, ids=repr)
@pytest.mark.parametrize("place", range(4))
def test_outcomes_are_told_before_any_other_error_leaves(error: BaseException, place: int) -> None:
    """Those of the requests before, and of the parts before; none of what comes after."""
    requests: list[Request] = [[[1], [2]], [STOPPED], [[3]]]
    requests.insert(place, [[7], error])
    stopped = list[Stopped]()
    told = told_together(requests, settle, stopped)
    assert next(told) == [[7], [1, 2, 7], [1, 2, 7], [1, 2, 3, 7]][place]
    with pytest.raises(type(error)) as left:
        next(told)
    assert left.value is error
    assert stopped == [STOPPED] * (place > 1)


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_all_that_is_under_way_is_yielded_though_nothing_more_may_leave(workers: int) -> None:
    """Each once, whatever number of workers there are."""
    ahead, done = itertools.count(), list[int]()
    for results in in_parallel(lambda n: n, ahead, workers, lambda: len(done) > 20):
        assert results
        done.extend(results)
    assert sorted(done) == [*range(len(done))]
    assert len(done) == next(ahead) > 20


def test_each_contact_of_a_request_gets_its_own_outcome() -> None:
    """PORTERS tells no key: the order alone says whose an answer is."""
    items = [Item({}, f"{number}") for number in range(5)]
    codes = ["0", "126", "0", "103", "0"]
    results = [Result(f"1000{n}", code) for n, code in enumerate(codes)]
    (outcomes,) = settled(items, results)
    assert [each.item.identity for each in outcomes] == ["0", "1", "2", "3", "4"]
    assert [each.remote_id for each in outcomes] == ["10000", None, "10002", None, "10004"]
    assert [getattr(each.error, "code", None) for each in outcomes] == [
        None,
        "126",
        None,
        "103",
        None,
    ]
