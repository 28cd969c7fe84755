"""The fields of contacts in PORTERS: as documented, and as one company database has them.

Source: https://hrbcapi.porters.jp/hc/en-us/articles/20868341330969-Contact-Field-List
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.porters.fields import TEXTS, Kind, TenantField
from tap_contacts.apis.porters.wire import OWN_FIELDS, PHASE
from tap_contacts.plugin.value_files import shown
from target_contacts.mapping.field import Field
from target_contacts.sinks.porters.conversions import (
    by_kind,
    long_enough,
    mail,
    moment,
    own_id,
    status,
)
from target_contacts.values import cells
from target_contacts.values.basic import line, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_contacts.apis.porters.tenant import Tenant

PHASE_DATE, PHASE_MEMO = "Contact.P_PhaseDate", "Contact.P_PhaseMemo"
OF_PHASE = (PHASE_DATE, PHASE_MEMO)
PHASE_ALIAS = f"{PHASE}.P_Alias"
"""Field in which contacts that were read hold the alias of their phase."""

FIELDS: tuple[Field, ...] = (
    Field("customer_id", "Contact.P_Client", "create", convert=own_id, identifier=True),
    Field("owner_id", "Contact.P_Owner", "create", convert=own_id, identifier=True, modest=True),
    Field("full_name", "Contact.P_Name", convert=line),
    Field("name_reading", "Contact.P_Reading", convert=line),
    Field("department", "Contact.P_Division", convert=line),
    Field("job_title", "Contact.P_Title", convert=line),
    Field("note", "Contact.P_Memo", convert=text),
    Field("country", "Contact.P_Country", convert=line),
    Field("state", "Contact.P_Prefecture", convert=line),
    Field("city", "Contact.P_City", convert=line),
    Field("street", "Contact.P_Street", convert=text),
    Field("postal_code", "Contact.P_Zipcode", convert=cells.postcode, exact=True),
    Field("phone", "Contact.P_Telephone", convert=cells.phone, exact=True),
    Field("fax", "Contact.P_Fax", convert=cells.phone, exact=True),
    Field("email", "Contact.P_Mail", convert=mail, exact=True),
    Field("mobile", "Contact.P_Mobile", convert=cells.phone, exact=True),
    Field(
        "status",
        PHASE,
        convert=partial(status, names={}),
        nested=True,
        code=PHASE_ALIAS,
        told=False,
    ),
)
"""What the vocabulary fills."""

ONLY_MAPPED = (
    Field(PHASE_DATE, PHASE_DATE, convert=moment, told=False, follows="status"),
    Field(PHASE_MEMO, PHASE_MEMO, convert=text, told=False, follows="status"),
    Field("Contact.P_MobileMail", "Contact.P_MobileMail", convert=line, exact=True),
)
"""What only `field_map` fills."""


IDS = {"Contact.P_Client", "Contact.P_Owner"}
"""Fields that hold an id, for which a condition has no suffix `full`."""

NEVER_NAMED = {field.wire for field in ONLY_MAPPED}
"""Optional fields, reported as missing only if `field_map` uses them."""

KEY_LENGTH = 32
"""Characters of the key that a contact is given."""


def assert_in_use(names: Sequence[str], known: Mapping[str, TenantField]) -> None:
    """Raise ConfigurationError if settings name fields that a company database has not in use."""
    lacking = ", ".join(shown(name) for name in names if name not in known)
    own = [
        f"{each.alias} ({each.name})"
        for each in known.values()
        if each.alias.startswith(OWN_FIELDS)
    ]
    if lacking:
        msg = (
            f"field_map, marks or porters.external_key_field names {lacking}: not in use in this "
            f"company database. Its own fields are: {', '.join(own) or 'none'}."
        )
        raise ConfigurationError(msg)


def assert_holds_key(known: TenantField | None) -> None:
    """Raise ConfigurationError if the field for keys cannot take them."""
    if known is None:
        return
    most = known.largest or KEY_LENGTH
    if known.kind not in {Kind.SINGLE, Kind.MULTI} or most < KEY_LENGTH:
        msg = (
            f"porters.external_key_field: {known.alias} must be a text field that takes "
            f"{KEY_LENGTH} characters."
        )
        raise ConfigurationError(msg)


def limited(field: Field, known: TenantField) -> Field:
    """Return a field with the limits that the company database sets it."""
    if known.required and not field.required and field.wire != PHASE_DATE:
        field = replace(field, required="create")
    if known.kind not in TEXTS:
        return field
    if known.least and known.least > 0:
        field = replace(field, convert=partial(long_enough, field.convert, int(known.least)))
    most = int(known.largest) if known.largest and known.largest > 0 else None
    return replace(field, max_length=most or field.max_length)


def own(known: TenantField, tenant: Tenant) -> Field:
    """Return how a field of one's own is filled.

    Raises:
        ConfigurationError: If it is of a kind that cannot be filled.
    """
    convert = by_kind(known, tenant).get(known.kind)
    if convert is None:
        kind = known.kind.name.lower()
        msg = f"field_map names {known.alias}, which cannot be filled: its type is {kind}."
        raise ConfigurationError(msg)
    is_prose = known.kind in {Kind.SINGLE, Kind.MULTI}
    field = Field(known.alias, known.alias, convert=convert, exact=not is_prose)
    return limited(replace(field, nested=known.kind is Kind.CHECKBOX), known)


def text_field(name: str) -> Field:
    """Return how a field of unknown type is filled: as text."""
    return Field(name, name, convert=text, nested=True)


def required(known: TenantField) -> Field:
    """Return a field that nothing fills and that a new contact must have."""
    return Field(known.alias, known.alias, required="create")
