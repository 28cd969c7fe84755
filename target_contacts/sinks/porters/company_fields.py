"""The table of fields as a company database of PORTERS has it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.porters import wire
from tap_contacts.apis.porters.client import Porters
from target_contacts.sinks.porters import conversions
from target_contacts.sinks.porters import fields as table
from target_contacts.sinks.porters.known_fields import KnownFields

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from tap_contacts.apis.porters.fields import TenantField
    from tap_contacts.apis.porters.tenant import Tenant
    from target_contacts.mapping.field import Field
    from target_contacts.sinks.context import Context


class CompanyFields:
    """The fields of one company database.

    Raises:
        ConfigurationError: If `field_map` names what cannot be a field of one's own, or `match_on`
            what contacts cannot be looked up by.
    """

    def __init__(self, tenant: Tenant, context: Context, key_wire: str) -> None:
        self._tenant, self._context, self._key_wire = tenant, context, key_wire
        self.gone: Sequence[str] = ()
        """Fields that are not in use."""
        # A value that a limit of yesterday would cut short could not be told from one that fits.
        told = context.told if context.settings.on_invalid_value == "reject" else None
        self._known = KnownFields(tenant, told)
        self._named = {**context.settings.field_map, **context.settings.marks}
        """The fields that settings name."""
        for name in self._named:
            if name.startswith(wire.OWN_FIELDS) and not wire.is_alias(name, wire.OWN_FIELDS):
                msg = "field_map or marks names what cannot be an alias such as Contact.U_Name."
                raise ConfigurationError(msg)
            if name == key_wire:
                setting = "field_map" if name in context.settings.field_map else "marks"
                msg = f"{setting} and porters.external_key_field both fill {name}; leave one out."
                raise ConfigurationError(msg)
        if set(_names(context.settings.match_on or ())) & {"status", *table.OF_PHASE}:
            msg = "match_on names what is about a phase; contacts cannot be looked up by that."
            raise ConfigurationError(msg)

    def learned(self, fields: Sequence[Field]) -> Sequence[Field]:
        """Return the table as the company database has it; as documented if that cannot be read.

        Raises:
            ConfigurationError: If settings name fields that are not in use.
        """
        tenant = self._tenant
        wanted = {*self._named, *(f.wire for f in table.FIELDS), *filter(None, [self._key_wire])}
        known = self._known.fields(wanted)
        if known is not None:
            fields = self._in_use(fields, known)
        phase = conversions.phase((known or {}).get(wire.PHASE), tenant, self._context.status_names)
        return [replace(f, convert=phase) if f.wire == wire.PHASE else f for f in fields]

    def _in_use(self, fields: Sequence[Field], known: Mapping[str, TenantField]) -> list[Field]:
        """Leave out the fields that are not in use, and add those of one's own."""
        mapped = self._named
        table.assert_in_use([*mapped, *filter(None, [self._key_wire])], known)
        table.assert_holds_key(known.get(self._key_wire))
        self.gone = [f.wire for f in fields if f.wire not in known and not f.required]
        gone = ", ".join(name for name in self.gone if name not in table.NEVER_NAMED)
        if gone:
            text = f"{Porters.title} has these fields not in use, so they are not carried: "
            self._tenant.warn_once(f"{text}{gone}.")
        kept = [f for f in fields if f.wire not in self.gone]
        limited = [table.limited(f, known[f.wire]) if f.wire in known else f for f in kept]
        return [*limited, *self._own(mapped, known)]

    def _own(self, mapped: Container[str], known: Mapping[str, TenantField]) -> Iterator[Field]:
        """Yield the fields of one's own that are mapped, or that a new contact must have."""
        for field in known.values():
            if not field.alias.startswith(wire.OWN_FIELDS) or field.alias == self._key_wire:
                continue
            self._warn_of_required(field)
            if field.alias in mapped:
                yield table.own(field, self._tenant)
            elif field.required:
                yield table.required(field)

    def _warn_of_required(self, field: TenantField) -> None:
        if field.required and field.alias not in self._context.settings.field_map:
            text = "every new contact needs {} ({}), and field_map does not fill it."
            named = text.format(field.alias, field.name)
            self._tenant.warn_once(f"{Porters.title}: {named}")

    def have_changed(self) -> bool:
        """Ask PORTERS, if the fields are as an earlier run was told; say if they have changed."""
        return self._known.have_changed()

    def forget(self) -> None:
        """Have the next run ask for the fields."""
        self._known.forget()


def _names(rules: Iterable[Any]) -> Iterator[str]:
    for rule in rules:
        yield from [rule] if isinstance(rule, str) else rule
