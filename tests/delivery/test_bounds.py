"""What limits of guards may be given as, and how much each lets through."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from target_contacts.delivery.bounds import DEFAULTS, FEWEST, GUARDS, allowed, bound, bounds_of

WRONG = "max_creates must be a number from 0 on, or a percentage such as 10%"


@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize(
    ("given", "value", "is_share"),
    [
        (0, "0", False),
        (" 7 ", "7", False),
        ("9" * 15, "9" * 15, False),
        ("0%", "0", True),
        ("12.5 %", "12.5", True),
        (f"{'9' * 9}.{'9' * 9}%", f"{'9' * 9}.{'9' * 9}", True),
    ],
)
def test_a_limit_is_a_number_or_a_percentage(
    guard: str, given: int | str, value: str, *, is_share: bool
) -> None:
    """As a number or as text, with blanks around it."""
    assert bound(guard, given) == (Decimal(value), is_share)
    assert bounds_of({guard: given})[guard] == (Decimal(value), is_share)
    assert allowed((f"{guard}={given}",)) == {guard: str(given)}


@pytest.mark.parametrize(
    "given",
    ["9" * 16, f"{'9' * 10}%", "1.%", ".5%", "1.5", "-1", "1  %", "%", "", "x", "1%%", "1 0"],
)
def test_anything_else_is_refused(given: str) -> None:
    """In the same words wherever it is given."""
    for read in (
        lambda: bound("max_creates", given),
        lambda: bounds_of({"max_creates": given}),
        lambda: allowed((f"max_creates={given}",)),
    ):
        with pytest.raises(ValueError, match="must be a number") as caught:
            read()
        assert str(caught.value) == WRONG


@pytest.mark.parametrize("text", ["max_creates", "", "5", "max_creates 5"])
def test_an_option_without_a_sign_is_refused(text: str) -> None:
    """It says how it is given, and not that a guard is missing."""
    with pytest.raises(ValueError, match="give it as GUARD=N, such as max_cleared=5000"):
        allowed((text,))


KNOWN = f"known are {', '.join(GUARDS)}"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("max_delets", "max_delets: no such guard; did you mean max_deletes?"),
        ("max_clear", "max_clear: no such guard; did you mean max_cleared?"),
        ("MAX_CREATES", f"MAX_CREATES: no such guard; {KNOWN}"),
        ("", f"*: no such guard; {KNOWN}"),
        ("anna@example.com", f"*: no such guard; {KNOWN}"),
    ],
)
def test_an_unknown_guard_is_refused(name: str, told: str) -> None:
    """With the one that may be meant, or the names of those that there are."""
    for read in (lambda: bounds_of({name: 1}), lambda: allowed((f"{name}=1",))):
        with pytest.raises(ValueError, match=rf"^{re.escape(told)}$"):
            read()


def test_what_is_not_given_is_the_default() -> None:
    """None is as good as not given; a limit of 0 is one."""
    default = {name: bound(name, value) for name, value in DEFAULTS.items()}
    assert bounds_of({}) == bounds_of(dict.fromkeys(GUARDS)) == default
    assert bounds_of({"max_deletes": 0, "max_creates": 0}) == {
        **default,
        "max_deletes": (0, False),
        "max_creates": (0, False),
    }
    assert allowed(()) == {}


@pytest.mark.parametrize(
    ("given", "contacts", "most"),
    [
        ("5", 0, 5),
        ("5", 1000, 5),
        ("0", 1000, 0),
        ("25%", 20, 5),
        ("25%", 39, 9),
        ("25%", 40, 10),
        ("0.1%", 999, 0),
        ("0.1%", 1000, 1),
        ("250%", 40, 100),
        ("99.9%", 40, 39),
    ],
)
def test_a_limit_lets_so_many_through(given: str, contacts: int, most: int) -> None:
    """A percentage is rounded down."""
    assert bound("max_updates", given).of(contacts) == most


@pytest.mark.parametrize(
    ("given", "contacts", "counts"),
    [
        ("5", 0, True),
        ("5", FEWEST - 1, True),
        ("25%", FEWEST - 1, False),
        ("25%", FEWEST, True),
        ("25%", FEWEST + 1, True),
        ("25%", 0, False),
    ],
)
def test_a_percentage_of_few_contacts_is_no_limit(
    given: str, contacts: int, *, counts: bool
) -> None:
    """A number always is one."""
    assert bound("max_updates", given).counts(contacts) is counts
