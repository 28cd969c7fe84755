"""Get from a person, once, what an account's sign-in needs of the vendor."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tap_contacts.transport.session import Transport


class Person(Protocol):
    """Whoever has access to the vendor's console."""

    def tell(self, text: str) -> None:
        """Show some lines."""

    def ask(self, what: str, *, hidden: bool = False, optional: bool = False) -> str:
        """Return the answer to a question, which is one line; "" only if it is optional."""


@dataclass(frozen=True)
class Means:
    """What a grant uses."""

    person: Person
    transport: Transport
    """Sends requests that no sign-in signs."""
    origin_of: Callable[[str, str], str]
    """Returns the bare origin that a setting, by its name, has; may raise ConfigurationError."""
    client: Callable[[Mapping[str, Any]], Any]
    """Makes the API's client with settings of the account."""


class Grant(abc.ABC):
    """Lead a person through the vendor's pages to the settings of an account."""

    def __init__(self, means: Means) -> None:
        self.means = means

    @abc.abstractmethod
    def settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings to be kept, once the vendor has accepted them.

        Raises:
            ApiError: The vendor refuses, or does not answer.
        """

    def proof(self, client: Any) -> Iterator[str]:
        """Yield lines that say which account answers; called when the settings are kept.

        Raises:
            ApiError: The account does not answer, or does not permit what the commands need.
        """
        yield client.check()
