"""A page or a redirect at the start of a run is told from an outage, path by path."""

from __future__ import annotations

import contextlib

import pytest

from tap_contacts.transport.call import Call
from tap_contacts.transport.errors import ApiError, Refused, Retry
from tap_contacts.transport.first_answer import FirstAnswer


def error(kind: type[ApiError], *, is_foreign: bool = False) -> ApiError:
    """Return the error of a read."""
    found = kind("API", "GET /a", "HTTP 200")
    found.is_foreign = is_foreign
    return found


class Asked:
    """An API that answers as ordered, and what it was asked."""

    def __init__(self, answer: ApiError | None) -> None:
        """Take the error of every answer, if it is one."""
        self._answer = answer
        self.calls: list[str] = []
        self.spent = 0
        self.first = FirstAnswer(self._ask, lambda: Call("GET", "/harmless"), lambda: self.spent)

    def _ask(self, call: Call) -> None:
        self.calls.append(call.asked)
        if self._answer:
            raise self._answer


PAGE = error(Retry, is_foreign=True)


@pytest.mark.parametrize(
    ("answer", "is_wrong"),
    [(PAGE, True), (None, False), (error(Retry), False), (error(Refused), False)],
    ids=["page", "answer", "outage", "refusal"],
)
def test_a_path_that_was_never_answered_is_read_once_more_without_query(
    answer: ApiError | None,
    is_wrong: bool,  # noqa: FBT001
) -> None:
    """If that is a page, too, the path is wrong; a query alone may be what is not let through."""
    asked = Asked(answer)
    assert asked.first.is_wrong_path("GET /v1/contact") is is_wrong
    assert asked.calls == ["GET /v1/contact"]


@pytest.mark.parametrize(
    "path",
    [
        "POST /v1/contact",
        "GET /v1/contact/10001",
        "GET /contacts/7",
        "GET /v2/customer/b00de3c0-f685-42d5-92b5-c46f04803c8f/contact",
        "GET /v1/known",
    ],
)
def test_other_pages_are_no_sign_of_a_wrong_path(path: str) -> None:
    """Those of writes and of single contacts, and of a path that was answered before."""
    asked = Asked(PAGE)
    asked.first.note(Call("GET", "/v1/known"))
    assert (asked.first.is_wrong_path(path), asked.calls) == (False, [])


@pytest.mark.parametrize("path", ["/api/v1.0/contacts", "/rest/json/zv/contacts", "/v1/field"])
def test_the_number_of_a_version_is_no_id(path: str) -> None:
    """Such paths are watched."""
    assert Asked(PAGE).first.is_wrong_path(f"GET {path}")


@pytest.mark.parametrize(
    ("spent", "proves", "others", "is_asked"),
    [
        (5, True, ["/v1/known"], False),
        (4, True, ["/v1/known"], True),
        (5, False, ["/harmless"], False),
        (5, False, ["/harmless", "/v1/known"], True),
    ],
    ids=["proofs", "few proofs", "nothing read yet", "a run under way"],
)
def test_no_path_is_read_once_more_for_proofs_that_have_cost_enough(
    spent: int,
    proves: bool,  # noqa: FBT001
    others: list[str],
    is_asked: bool,  # noqa: FBT001
) -> None:
    """It is wrong then: others were answered, and nothing is lost if the run ends."""
    asked = Asked(None)
    asked.spent = spent
    for path in others:
        asked.first.note(Call("GET", path))
    with asked.first.proving() if proves else contextlib.nullcontext():
        assert asked.first.is_wrong_path("GET /v1/contact") is not is_asked
    assert bool(asked.calls) is is_asked
