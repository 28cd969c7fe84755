"""The vocabulary: what a contact's attributes are called, here and in the streams of the wild.

One table names the attributes, in terms of vCard and schema.org, with the spellings under which
taps send them. Spellings are compared without case, spaces and punctuation, so `first_name` stands
for `firstName`, `FirstName` and `First Name` too. Where a record has several spellings of one
attribute, the first in the table that holds a value counts.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ATTRIBUTES: dict[str, str] = {
    "first_name": "first_name given_name forename vorname prenom",
    "last_name": "last_name family_name surname nachname nom",
    "full_name": "full_name display_name name contact_p_name",
    "name_reading": "name_reading reading furigana contact_p_reading",
    "email": "email email_address mail e_mail office_mail contact_p_mail",
    "mobile": "mobile mobile_phone mobile_number cell_phone office_mobile contact_p_mobile",
    "mobile1": "mobile1 mobile_1",
    "mobile2": "mobile2 mobile_2",
    "mobile3": "mobile3 mobile_3",
    "phone": "phone phone_number telephone work_phone office_phone contact_p_telephone",
    "phone1": "phone1 phone_1",
    "phone2": "phone2 phone_2",
    "phone3": "phone3 phone_3",
    "fax": "fax fax_number office_fax contact_p_fax",
    "company": "company company_name organization organisation account_name",
    "department": "department division contact_p_division",
    "job_title": "job_title title position fonction contact_p_title",
    "gender": "gender sex",
    "street": "street street_address address mailing_street contact_p_street",
    "city": "city town mailing_city contact_p_city",
    "state": "state province region prefecture mailing_state contact_p_prefecture",
    "postal_code": "postal_code postcode zip zip_code mailing_postal_code contact_p_zipcode",
    "country": "country country_code mailing_country contact_p_country",
    "note": "note notes comment memo description contact_p_memo",
    "is_favourite": "is_favourite is_favorite favourite favorite",
    "is_spam": "is_spam spam",
    "status": "contact_status status",
    "customer_id": "customer_id customer_uuid customer_reference contact_p_client",
    "owner_id": "owner_id contact_p_owner",
    "user_name": "web_user_name user_name username login",
    "password": "web_password password",
    "role": "role",
    "ignore_assortment": "ignore_assortment",
    "image": "image image_file photo_data",
}
"""Attribute, and its spellings in order of precedence."""


def plain(name: str) -> str:
    """Return a field name without case, spaces and punctuation."""
    return re.sub(r"[\W_]+", "", name).lower()


SPELLINGS: dict[str, tuple[str, int]] = {
    plain(spelling): (attribute, rank)
    for attribute, spellings in ATTRIBUTES.items()
    for rank, spelling in enumerate(spellings.split())
}
"""Plain spelling to attribute and precedence."""


def is_empty(value: object) -> bool:
    """Say whether a source's value stands for no value."""
    return value is None or value in ("", [], {})


@functools.lru_cache(maxsize=1024)
def sources(names: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the record fields of each attribute, best spelling first, for a record's fields."""
    ranked: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        if found := SPELLINGS.get(plain(name)):
            attribute, rank = found
            ranked.setdefault(attribute, []).append((rank, name))
    return {attribute: [name for _, name in sorted(found)] for attribute, found in ranked.items()}


def at(record: Mapping[str, Any], path: str) -> Any:
    """Return the value of a field, or of a nested one whose path is written with dots, or None."""
    if path in record:
        return record[path]
    value: Any = record
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


@dataclass(frozen=True)
class Contact:
    """A contact in the vocabulary's terms.

    An attribute that the record has but without value is "": it is to be cleared. One that the
    record does not have is absent: it is to be left alone.
    """

    attributes: dict[str, Any]
    fields: dict[str, Any] = field(default_factory=dict)
    """Destination fields filled by `field_map`, before all built-in mapping."""


class ContactReader:
    """Read contacts out of records."""

    def __init__(self, field_map: Mapping[str, str], defaults: Mapping[str, Any]) -> None:
        """Take the settings `field_map` and `defaults`.

        Raises:
            ConfigurationError: If `defaults` names what is not an attribute.
        """
        assert_known("defaults", defaults, ATTRIBUTES)
        self._field_map = field_map
        self._defaults = defaults

    def read(self, record: Mapping[str, Any]) -> Contact:
        """Return the contact that a record holds."""
        attributes = {
            attribute: next((record[n] for n in names if not is_empty(record[n])), "")
            for attribute, names in sources(tuple(record)).items()
        }
        for attribute, value in self._defaults.items():
            if is_empty(attributes.get(attribute)):
                attributes[attribute] = value
        _compose_full_name(attributes)
        mapped = {target: at(record, path) for target, path in self._field_map.items()}
        fields = {target: value for target, value in mapped.items() if not is_empty(value)}
        return Contact(attributes, fields)


def _compose_full_name(attributes: dict[str, Any]) -> None:
    parts = [attributes.get("first_name"), attributes.get("last_name")]
    if is_empty(attributes.get("full_name")) and any(not is_empty(part) for part in parts):
        attributes["full_name"] = " ".join(str(part) for part in parts if not is_empty(part))


def assert_known(setting: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Raise a ConfigurationError that lists the right names if one is wrong."""
    wrong = sorted(set(names) - set(known))
    if wrong:
        msg = f"{setting} names {', '.join(wrong)}; known are: {', '.join(known)}."
        raise ConfigurationError(msg)
