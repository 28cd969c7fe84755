"""Settings that the accounts of several APIs have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from singer_sdk import typing as th

from tap_contacts.transport import forms

if TYPE_CHECKING:
    from collections.abc import Sequence


class Account(NamedTuple):
    """What the settings of a command say of one API."""

    title: str
    settings: th.ObjectType
    """Settings of an account. The last are `RATE` and `CERTIFICATES`, which all APIs have."""
    of_tap: Sequence[th.Property[Any]] = ()
    """Settings of an account that mean something to the tap alone."""
    has_grant: bool = False
    """Whether `--sign-in` leads to the settings of an account."""


def text(
    name: str, description: str, *, pattern: str = forms.PLAIN, **options: Any
) -> th.Property[Any]:
    """Return a setting that is a text of one line; one that is required must not be empty."""
    kind = forms.text(pattern=pattern, empty=not options.get("required"))
    return th.Property(name, kind, description=description, **options)


def user(description: str) -> tuple[th.Property[Any], th.Property[Any]]:
    """Return the name and the password of a user, who must be given."""
    return (
        text("username", description, required=True),
        text("password", "That user's password.", required=True, secret=True),
    )
