"""Hold the phone book of a BAS-IP monitor, and read the bodies that change it.

Pages as in `tests.sandbox.bas_ip`.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import msgspec

from tests.sandbox.bas_ip_rules import UUID, Rules

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tests.sandbox.messages import Request

MAX_ITEMS = 10_000  # UPSERT prints it.
WRONG_BODY, WRONG_QUERY = "Wrong JSON body", "Wrong query parameters"
NO_VALUE = "Wrong JSON body: no value for `{}`"
WRONG_TYPE = "Wrong JSON body: value `{}` was of the wrong type"
SUCCESSES = ("created", "updated", "deleted")
TEXTS = ("name", "type", "number")
FLAGS = ("is_favorite", "is_default", "auto_answer", "in_black_list")
# Silent in the documents; taken: null is the wrong type for everything but `link_id`.
TYPES: dict[str, tuple[type, ...]] = {"link_id": (str, type(None))}
TYPES |= dict.fromkeys(TEXTS, (str,)) | dict.fromkeys(FLAGS, (bool,))


class WrongBody(ValueError):
    """A body that the device refuses as a whole, in the words of UPSERT."""


class PhoneBook:
    """Hold the contacts of a device and enforce the rules of their fields."""

    def __init__(self, max_contacts: int, readings: Collection[str] = ()) -> None:
        """Set up an empty phone book with room for so many contacts."""
        self.max_contacts, self._readings = max_contacts, readings
        self._rules = Rules(readings)
        self.by_uid: dict[int, dict[str, Any]] = {}
        self._linked: dict[str | None, int] = {}
        self._uids = itertools.count(1)

    def upsert(self, item: dict[str, Any]) -> str:
        """Create or update the contact of the item's `link_id`; return the `extended_info`."""
        # Silent in the documents; taken: a null `link_id` matches nothing, and case matters.
        uid = self._linked.get(item.get("link_id"))
        try:
            self.store(item, uid)
        except ValueError:
            return "invalid_entity_data"
        return "created" if uid is None else "updated"

    def store(self, item: dict[str, Any], uid: int | None = None) -> int:
        """Put in a contact, or replace one; ValueError if a rule or a taken `link_id` forbids."""
        full = uid is None and len(self.by_uid) >= self.max_contacts
        taken = self._linked.get(item.get("link_id"), uid) != uid
        if full or taken or not self._rules.allow(check_types(item)):
            raise ValueError(item)
        # Silent in the documents; taken: an identifier is never used twice.
        uid = next(self._uids) if uid is None else uid
        held = self.by_uid.get(uid, {})
        self._linked.pop(held.get("link_id"), None)
        # Silent in the documents; taken: an update resets the flags that it leaves out.
        flags = dict.fromkeys(FLAGS, False) | (held if "flags_stay" in self._readings else {})
        contact = {**flags, "link_id": None, **item, "item_uid": uid}
        if item.get("is_default") and "one_default" in self._readings:
            for each in self.by_uid.values():
                each["is_default"] = False
        self.by_uid[uid] = {name: contact[name] for name in ("item_uid", *TYPES)}
        if contact["link_id"] is not None:
            self._linked[contact["link_id"]] = uid
        return uid

    def overflows(self, items: Iterable[dict[str, Any]]) -> bool:
        """Say whether there are more new contacts than fit."""
        new = [item for item in items if item.get("link_id") not in self._linked]
        return len(self.by_uid) + len(new) > self.max_contacts

    def delete(self, link_id: str) -> str:
        """Delete the contact of a `link_id`; return the `extended_info`."""
        if not UUID.fullmatch(link_id):
            return "invalid_entity_data"
        if link_id not in self._linked:
            return "entity_not_found"
        self.remove(self._linked[link_id])
        return "deleted"

    def remove(self, uid: int) -> None:
        """Remove a contact; KeyError if there is none."""
        self._linked.pop(self.by_uid.pop(uid)["link_id"], None)


def check_types(item: object) -> dict[str, Any]:
    """Return an item whose fields are there and of their JSON types, or refuse the whole body."""
    if not isinstance(item, dict):
        raise WrongBody(WRONG_TYPE.format("list_items"))
    for name, types in TYPES.items():
        if name in TEXTS and name not in item:
            raise WrongBody(NO_VALUE.format(name))
        if name in item and not isinstance(item[name], types):
            raise WrongBody(WRONG_TYPE.format(name))
    return item


def read_list(request: Request, name: str) -> list[Any]:
    """Return the list that a JSON body holds under the name, or refuse the body."""
    body = read_object(request)
    if name not in body:
        raise WrongBody(NO_VALUE.format(name))
    if not isinstance(body[name], list):
        raise WrongBody(WRONG_TYPE.format(name))
    # Silent in the documents; taken: a list that is empty or too long fails the whole call.
    if not 1 <= len(body[name]) <= MAX_ITEMS:
        raise WrongBody(WRONG_BODY)
    return list(body[name])


def read_object(request: Request) -> dict[str, Any]:
    """Return the object that is the body, or refuse it."""
    # Silent in the documents; taken: another media type or charset is a "missed json body".
    declared = request.headers.get("content-type", "").lower().replace(" ", "")
    if declared not in {"application/json", "application/json;charset=utf-8"}:
        raise WrongBody(WRONG_BODY)
    try:
        return msgspec.json.decode(request.body, type=dict[str, Any])
    except (ValueError, RecursionError):
        raise WrongBody(WRONG_BODY) from None
