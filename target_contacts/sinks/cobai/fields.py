"""The fields of a contact of cobai.

Source: https://cobai.com/de/docs/api-v2/kunden/kontakte-anlegen, where the marks of required fields
are lost; roles: https://help.cobai.com/cobai-v2-api/benutzerrollen
"""

from __future__ import annotations

from typing import Any

from tap_contacts.apis.cobai.wire import UUID
from tap_contacts.plugin.same_name import found
from target_contacts.mapping.choices import one_of
from target_contacts.mapping.field import Field, matching
from target_contacts.values import cells, convert
from target_contacts.values.basic import line, text

ROLES = ("ROLE_SHOP_USER", "ROLE_SHOP_COSTCENTER_USER", "ROLE_RESTRICTED_SHOP_USER")

LONGEST_PASSWORD = 50

_uuid = matching(UUID, "the UUID of a customer of cobai")


def _role(value: Any) -> str:
    role = found(text(value), ROLES)
    if role is None:
        msg = f"must be one of {', '.join(ROLES)}"
        raise ValueError(msg)
    return role


def _customer(value: Any) -> str:
    return _uuid(value).lower()


def _line(value: Any) -> str:
    """Return text of one line; blanks alone are no value."""
    made = line(value)
    return made if made.strip() else ""


def _password(value: Any) -> str:
    """Return a password unchanged, or raise ValueError: one that is altered would not sign in."""
    given = text(value)
    if (isinstance(value, str) and given != value) or not given.strip():
        msg = "must be more than blanks, without control characters"
        raise ValueError(msg)
    return given


FIELDS = (
    Field("customer_id", "customer", required="always", convert=_customer, identifier=True),
    Field("first_name", "firstName", max_length=35, convert=_line),
    Field("last_name", "lastName", max_length=35, convert=_line),
    Field("email", "officeMail", max_length=200, convert=convert.email, exact=True),
    Field("user_name", "webUserName", max_length=80, convert=_line, clears=False, exact=True),
    Field(
        "password",
        "webPassword",
        max_length=LONGEST_PASSWORD,
        convert=_password,
        clears=False,
        exact=True,
        told=False,
    ),
    Field("gender", "gender", convert=one_of(convert.gender)),
    Field("role", "role", convert=one_of(_role)),
    Field("ignore_assortment", "ignoreAssortment", convert=convert.flag_text),
    Field("phone", "officePhone", max_length=30, convert=cells.phone, exact=True),
    Field("fax", "officeFax", max_length=30, convert=cells.phone, exact=True),
    Field("mobile", "officeMobile", max_length=30, convert=cells.phone, exact=True),
)
"""The fields, and which attribute fills each."""
