"""Say what may be written into each field, as the settings `policies` and `stream_policies` say.

A field without a policy is overwritten. It is in no table here, so that nothing is done for it.
"""

from __future__ import annotations

import difflib
from fnmatch import fnmatchcase
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.plugin.value_files import shown
from target_contacts.declared.shapes import POLICIES
from target_contacts.mapping.field import without_empty, without_wires

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from target_contacts.mapping.field import Field, Payload, Table

OVERWRITE, FILL_EMPTY, ON_CREATE, KEEP_NULL, NEVER = POLICIES

EVERY = "*"
"""Stands for all attributes."""

OF_UPDATES = frozenset((FILL_EMPTY, ON_CREATE))
"""Policies by which an update may leave out a value that a new contact gets."""

_REPLACES = (
    "policies: an update of a contact of {} replaces all of it, and no document says how to read "
    "what it holds. So its fields can only be overwritten; the policy of {} is {}. Leave it out."
)

_WHOLES = {
    "full_name": ("first_name", "middle_name", "last_name"),
    "name_reading": ("first_name_reading", "last_name_reading"),
}
"""Attribute to its parts: a destination has fields for one or the others."""

_INSTEAD = {
    **{part: (whole,) for whole, parts in _WHOLES.items() for part in parts},
    **_WHOLES,
}
"""Attribute to those that a destination may have a field for in its place."""

_NO_EFFECT = "{} has no effect at {}: the name is {} there. Use {}."

_NOT_FOUND = (
    "Each rule of match_on needs what is never sent of stream {}: {}. A contact that the stream "
    "creates has none of it, so after a lost ledger it is created again. Set mode to update_only, "
    "or add a rule without it."
)

Rules: TypeAlias = "Mapping[str, str | None]"
"""Attribute to policy."""


class Policies:
    """The policies of one stream by attribute."""

    def __init__(self, general: Rules, of_streams: Mapping[str, Rules | None], stream: str) -> None:
        globs = sorted(of_streams, key=_precision, reverse=True)
        own = [of_streams[glob] or {} for glob in globs if fnmatchcase(stream, glob)]
        self._general, self._own = general, own
        self._named = {
            "policies": general,
            **{f"stream_policies.{glob}": each or {} for glob, each in of_streams.items()},
        }

    def of(self, attribute: str) -> str:
        """Return the policy of an attribute: what says more goes first."""
        wanted = chain(self._told(self._own, attribute), self._told([self._general], attribute))
        return next(wanted, OVERWRITE)

    def names(self, attribute: str) -> bool:
        """Say whether an attribute has a policy of its own, and not only that of all."""
        return any(each.get(attribute) for each in (*self._own, self._general))

    def _told(self, rules: Iterable[Rules], attribute: str) -> Iterator[str]:
        several = list(rules)
        for name in (attribute, EVERY):
            yield from filter(None, (each.get(name) for each in several))

    def named(self) -> Iterator[tuple[str, str]]:
        """Yield setting and attribute of each rule of the stream, also of the one for all."""
        for setting, rules in self._named.items():
            if rules is self._general or any(rules is each for each in self._own):
                yield from ((setting, name) for name, policy in rules.items() if policy)

    def assert_known(self, attributes: Iterable[str]) -> None:
        """Raise ConfigurationError if a setting names what is no attribute."""
        known = dict.fromkeys((EVERY, *attributes))
        for setting, rules in self._named.items():
            for name in rules:
                if name not in known:
                    raise ConfigurationError(_unknown(setting, name, known))


def by_wire(
    policies: Policies,
    table: Table,
    free: Iterable[Field],
    sources: Mapping[str, Iterable[str]],
) -> dict[str, str]:
    """Return the policies of a destination's fields, without those that are overwritten.

    Raises:
        ConfigurationError: If an update replaces the whole contact, so that none can be kept.
    """
    found: dict[str, str] = {}
    for field in (*table.fields, *free):
        policy = _of_field(policies, field, sources.get(field.wire, ()))
        if policy != OVERWRITE:
            found.setdefault(field.wire, policy)
    if table.replaces:
        parts = ((each, policies.of(each)) for each in table.also_carried)
        idle = ((name, policies.of(name)) for _, name, _ in _idle(policies, table))
        _assert_overwritten(table.title, [*found.items(), *parts, *idle])
    return found


def without_effect(policies: Policies, table: Table) -> Iterator[str]:
    """Yield a sentence for each policy of a part of a name where the whole is one field, or so."""
    for setting, name, instead in _idle(policies, table):
        form = "several fields" if name in _WHOLES else "one field"
        yield _NO_EFFECT.format(f"{setting}.{name}", table.title, form, " and ".join(instead))


def not_found_again(
    policies: Policies, stream: str, match_on: Sequence[str | Sequence[str]] | None
) -> Iterator[str]:
    """Yield a sentence if no contact that a stream creates could be found by its own rules."""
    rules = [[each] if isinstance(each, str) else each for each in match_on or ()]
    if any(isinstance(each, str) for each in match_on or ()):
        rules = [[name for rule in rules for name in rule]]
    never = [[name for name in rule if policies.of(name) == NEVER] for rule in rules]
    if never and all(never):
        yield _NOT_FOUND.format(stream, ", ".join(sorted({n for each in never for n in each})))


def _idle(policies: Policies, table: Table) -> Iterator[tuple[str, str, list[str]]]:
    """Yield setting and attribute of rules without effect, and attributes that have fields instead.

    Where these have the same policy, what was asked for is done.
    """
    carried = {field.attribute for field in table.fields} | table.also_carried
    for setting, name in policies.named():
        instead = [each for each in _INSTEAD.get(name, ()) if each in carried]
        is_done = all(policies.of(each) == policies.of(name) for each in instead)
        if name not in carried and not is_done:
            yield setting, name, instead


def _assert_overwritten(title: str, policies: Iterable[tuple[str, str]]) -> None:
    for name, policy in policies:
        if policy != OVERWRITE:
            raise ConfigurationError(_REPLACES.format(title, name, policy))


def _of_field(policies: Policies, field: Field, sources: Iterable[str]) -> str:
    """Return the policy of a field; what is never sent is in no other field either.

    A field that has a policy of its own is what somebody chose to send.
    """
    name = field.follows or field.attribute
    is_withheld = any(policies.of(each) == NEVER for each in sources)
    if is_withheld and not policies.names(name):
        return NEVER
    return _as_told(field, policies.of(name))


def _as_told(field: Field, policy: str) -> str:
    """Return a policy as far as it can be kept: what reads do not show counts as filled."""
    return ON_CREATE if policy == FILL_EMPTY and not field.told else policy


def allowed(payload: Payload, policies: Mapping[str, str]) -> Payload:
    """Return a payload without what is never sent, and without what would empty a kept field."""
    if not policies:
        return payload
    left_out = {w for w in payload.keys() & policies.keys() if _is_left_out(payload, w, policies)}
    return without_wires(payload, left_out)


def _is_left_out(payload: Payload, wire: str, policies: Mapping[str, str]) -> bool:
    return policies[wire] == NEVER or payload[wire] == ""


def withheld(payload: Payload, policies: Mapping[str, str]) -> Payload:
    """Return the values of a payload that are never sent; contacts are compared by them, too."""
    return {w: v for w, v in payload.items() if v != "" and policies.get(w) == NEVER}


def judged(payload: Payload, policies: Mapping[str, str]) -> Payload:
    """Return what shows by its hash whether a contact has to be updated.

    What only a new contact gets is no reason. A value that only fills what is empty is one, and is
    another one as soon as its field is overwritten.
    """
    if not policies:
        return payload
    return {
        wire: [FILL_EMPTY, value] if policies.get(wire) == FILL_EMPTY else value
        for wire, value in payload.items()
        if policies.get(wire) != ON_CREATE
    }


def comparable(payload: Payload, policies: Mapping[str, str]) -> Payload:
    """Return the values of a payload that its contact surely holds once it is written."""
    filled = without_empty(payload)
    if not policies:
        return filled
    return {w: value for w, value in filled.items() if policies.get(w) not in OF_UPDATES}


def _precision(glob: str) -> int:
    """Return how many characters of a stream's name a glob says; a name without wildcards most."""
    wild = sum(glob.count(each) for each in "*?[")
    return len(glob) - wild if wild else len(glob) + 1


def _unknown(setting: str, name: str, known: Iterable[str]) -> str:
    """Return that a name is no attribute, with the names that are near it."""
    several = list(known)
    near = difflib.get_close_matches(name, several, n=3)
    what = f"did you mean {' or '.join(near)}?" if near else f"known are: {', '.join(several)}."
    return f"{setting} names {shown(name)}, which is no attribute; {what}"
