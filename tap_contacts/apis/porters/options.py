"""The options that may be chosen in fields of PORTERS (HRBC).

Source: https://hrbcapi.porters.jp/hc/en-us/articles/115012160328-Option-Read
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from lxml import etree

from tap_contacts.apis.porters import wire
from tap_contacts.plugin.same_name import alike
from tap_contacts.transport import xml

if TYPE_CHECKING:
    from lxml.etree import _Element

    from tap_contacts.transport.client import ApiClient

OPTION = "/v1/option"
PHASES = "Option.P_ContactPhase"
"""What the phases of contacts stand under, unless a company database says otherwise."""

IN_USE = {"enabled": 1}
"""What asks for the options that are in use."""

MOST_NAMED = 40
"""Options that a message names at most."""


class Choice(NamedTuple):
    """An option that may be chosen."""

    alias: str
    name: str


@dataclass(frozen=True)
class Options:
    """What may be chosen in a field."""

    choices: tuple[Choice, ...]
    groups: frozenset[str]
    """Names and aliases of options that others stand under."""

    def alias(self, given: str) -> str:
        """Return the alias of an option given by its alias, or by its name on the screens.

        Raises:
            ValueError: If there is none, or several; the message says what it must be.
        """
        found = self._named(given)
        if len(found) == 1:
            return found[0].alias
        if found:
            aliases = ", ".join(choice.alias for choice in found)
            msg = f"must be an alias: several options have this name: {aliases}"
        elif wire.one_line(given) in self.groups:
            msg = f"must be an option that no others stand under: {self.known()}"
        else:
            msg = f"must be an option in use; known are: {self.known()}"
        raise ValueError(msg)

    def _named(self, given: str) -> list[Choice]:
        """Find options by alias, by name, and by a name alike; the first of these that does."""
        name = wire.one_line(given)
        return (
            [choice for choice in self.choices if choice.alias == name]
            or [choice for choice in self.choices if choice.name == name]
            or [choice for choice in self.choices if alike(choice.name) == alike(name)]
        )

    def known(self) -> str:
        """Name the choices, the first of them if they are many."""
        names = [choice.name or choice.alias for choice in self.choices[:MOST_NAMED]]
        more = len(self.choices) - MOST_NAMED
        return ", ".join(names) + (f" and {more} more" if more > 0 else "") or "none"


def options_of(client: ApiClient, alias: str, **query: Any) -> Options:
    """Return what stands under an option.

    Without a query, what could once be chosen is there, too.
    """
    root = client.call("GET", OPTION, params={"alias": alias, **query}).xml
    every = [] if root is None else _items(root)
    asked = [each for each in every if xml.child_text(each, "Option.P_Alias") == alias]
    below = _items(asked[0]) if asked else every
    choices = [_choice(item) for item in below if not _items(item)]
    groups = [_choice(item) for item in (*asked, *below) if _items(item)]
    named = dict.fromkeys(each for each in choices if wire.is_alias(each.alias, "Option."))
    return Options(tuple(named), frozenset(text for group in groups for text in group))


def _items(element: _Element) -> list[_Element]:
    return [each for each in element.iterdescendants(etree.Element) if xml.local(each) == "Item"]


def _choice(item: _Element) -> Choice:
    alias, name = (xml.child_text(item, f"Option.P_{part}") or "" for part in ("Alias", "Name"))
    return Choice(alias.strip(), wire.one_line(name))
