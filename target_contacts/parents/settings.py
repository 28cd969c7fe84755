"""Put together what looks up what contacts belong to, as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from singer_sdk.exceptions import ConfigurationError

from target_contacts.parents.loosely import Loosely
from target_contacts.parents.memory import Memory
from target_contacts.parents.references import Reference, References
from target_contacts.parents.resolver import Resolver
from target_contacts.parents.table import read
from target_contacts.values import company_spelling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tap_contacts.transport.client import ApiClient
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.mapping.field import Field
    from target_contacts.mapping.policies import Policies
    from target_contacts.settings import Lookup, Settings
    from target_contacts.sinks.base import ApiSink
    from target_contacts.sinks.finder import Finder
    from target_contacts.values.company_spelling import Spelling

ATTRIBUTES = {"parents": "customer_id", "owners": "owner_id"}
"""Setting to the attribute whose id is looked up."""

COMPANY = "company"
"""Attribute that holds a name, and never an id at the source."""


class Ask(NamedTuple):
    """What asks the destination for ids, and by what; nothing does if a file says all."""

    lookup: str = ""
    finder: Finder | None = None
    spelling: Callable[[str], Spelling] | None = None
    """Returns how a value is spelled; None if only equal values are the same."""


def given(settings: Settings, kind: type[ApiSink[Any]], client: ApiClient) -> dict[str, Ask]:
    """Return the look-ups that the settings give, by setting.

    Raises:
        ConfigurationError: If the destination has nothing of the kind, or cannot look it up so.
    """
    every = {"parents": settings.parents, "owners": settings.owners}
    terms = {name: each for name, each in every.items() if each}
    return {name: _ask(name, each, kind, client) for name, each in terms.items()}


def _ask(setting: str, terms: Lookup, kind: type[ApiSink[Any]], client: ApiClient) -> Ask:
    attribute = ATTRIBUTES[setting]
    if attribute not in {field.attribute for field in kind.fields}:
        msg = f"{setting}: contacts of {client.title} have no {attribute}; leave the setting out."
        raise ConfigurationError(msg)
    if terms.file and terms.lookup is None:
        return Ask(spelling=_spelling(setting, terms, terms.source))
    ways = kind.capabilities.lookups[setting]
    lookup = terms.lookup or ways[0]
    finder = kind.finder(client, setting, lookup)
    if finder is None:
        known = " or ".join(ways)
        msg = f"{setting}.lookup: {client.title} takes {known}; or give {setting}.file alone."
        raise ConfigurationError(msg)
    return Ask(lookup, finder, _spelling(setting, terms, lookup))


def _spelling(setting: str, terms: Lookup, what: str) -> Callable[[str], Spelling] | None:
    """Return how values are spelled, of which only names of companies have legal forms."""
    if not terms.lookup_loosely:
        return None
    is_name = setting == "parents" and what in (COMPANY, "name")
    return company_spelling.company if is_name else company_spelling.plain


def files(settings: Settings) -> dict[str, Mapping[str, set[str]]]:
    """Return what is in the files of the settings; may raise ConfigurationError."""
    every = {"parents": settings.parents, "owners": settings.owners}
    return {n: read(n, each.file) for n, each in every.items() if each and each.file}


def resolvers(
    found: Mapping[str, Ask],
    listed: Mapping[str, Mapping[str, set[str]]],
    ledger: Callable[[], Ledger],
    *,
    is_offline: bool,
    name: Callable[[str], str],
) -> dict[str, Resolver]:
    """Return what finds the ids, by setting."""
    spelled = {setting: Loosely(a.spelling) for setting, a in found.items() if a.spelling}
    return {
        setting: Resolver(
            setting,
            listed=listed.get(setting),
            finder=ask.finder,
            memory=Memory(
                f"{setting} {ask.lookup}".strip(),
                lambda: ledger().known_ids,
                lambda value: ledger().digest(value),
                spelled[setting].core if setting in spelled else None,
            ),
            is_offline=is_offline,
            name=name if setting == "parents" else str,
            loosely=spelled.get(setting),
        )
        for setting, ask in found.items()
    }


def references(
    settings: Settings,
    found: Mapping[str, Resolver],
    fields: Sequence[Field],
    *,
    from_same_api: bool,
    policies: Policies,
) -> References:
    """Return what the contacts of a stream belong to.

    Raises:
        ConfigurationError: If an id in a file cannot be one.
    """
    terms = {"parents": settings.parents, "owners": settings.owners}
    return References(
        [
            Reference(each, field, others, found[n], from_same_api=from_same_api, policies=policies)
            for n, field, others in _filled(found, fields)
            if (each := terms[n])
        ]
    )


def _filled(
    found: Mapping[str, Resolver], fields: Sequence[Field]
) -> Iterator[tuple[str, Field, list[Field]]]:
    """Yield each setting, the field that takes its id, and others that take it, too."""
    for setting, resolver in found.items():
        field = next(each for each in fields if each.attribute == ATTRIBUTES[setting])
        others = [each for each in fields if each.wire == field.wire and each is not field]
        _assert_ids(setting, resolver, field)
        yield setting, field, others


def _assert_ids(setting: str, resolver: Resolver, field: Field) -> None:
    try:
        for remote_id in resolver.listed:
            field.convert(remote_id)
    except ValueError as error:
        msg = f"{setting}.file holds an id that {error}."
        raise ConfigurationError(msg) from None
