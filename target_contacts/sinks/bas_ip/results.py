"""What a BAS-IP monitor says of each contact: HTTP 200 says nothing of any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tap_contacts.apis.bas_ip.codes import NOT_THERE
from target_contacts.errors import OUTCOME_UNKNOWN, Rejected
from target_contacts.sinks.item import Item, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_contacts.transport.errors import Refused

FAILURES = ("entity_not_found", "invalid_entity_data", "deleted")
"""What the device may say of a contact that it did not take."""

UNLINKED = "unlinked:"
"""Begins the remote id of a contact that the device holds without our `link_id`."""

NOT_SAID = (
    "The device does not say what became of this contact. It may be sent again: that makes no "
    "second one."
)
DELETED = "deleted"
NOT_DELETED = (
    "The device does not say whether it deleted this contact. The next run asks again. If it stays "
    "so, set on_delete: skip."
)
NO_LINK_ID = "no_link_id"
NOT_TOLD = (
    "The device answered without our link_id, so that nobody knows whether it created this "
    "contact. Look there before you send it again."
)
NOT_KEPT = (
    "The device created this contact without our link_id, so that an update would make a second "
    "one. Change it on the device."
)


def outcomes(
    sent: Sequence[tuple[str, Item]], results: Sequence[Mapping[str, Any]]
) -> list[Outcome[Item]]:
    """Return what became of each contact that was sent with its `link_id`, in any order."""
    by_id = {_named(each): each for each in results}
    asked = {link_id.lower() for link_id, _ in sent}
    # A device that gives ids of its own, or none, answers for contacts that nobody sent.
    others = [r for r in results if "link_id" in r and _named(r) not in asked]
    if len(sent) == len(results) == 1:  # whatever it names, it is about this contact
        others = [each for each in results if _named(each) not in asked]
    unnamed = _alike(others, len(asked - by_id.keys()))
    why = Rejected(NOT_TOLD, NO_LINK_ID, field="link_id", http_status=200) if others else None
    return [_outcome(item, id_, by_id.get(id_.lower()), unnamed or why) for id_, item in sent]


def names_ours(sent: Sequence[tuple[str, Item]], results: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether a result names the `link_id` of a contact that was sent."""
    asked = {link_id.lower() for link_id, _ in sent}
    return any(_named(each) in asked for each in results)


def _alike(others: Sequence[Mapping[str, Any]], missing: int) -> Mapping[str, Any] | None:
    """Return what became of all contacts that have no result of their own, if it is the same."""
    if not missing or len(others) != missing or len({_success(each) for each in others}) > 1:
        return None
    return others[0]


def _success(result: Mapping[str, Any]) -> bool:
    return result.get("success") is True


def _outcome(
    item: Item,
    link_id: str,
    own: Mapping[str, Any] | None,
    unnamed: Mapping[str, Any] | Rejected | None,
) -> Outcome[Item]:
    result = own or unnamed
    if isinstance(result, Rejected):
        return Outcome(item, error=result)
    if result is None:
        return Outcome(item, error=Rejected(NOT_SAID, OUTCOME_UNKNOWN, http_status=200))
    if _success(result):
        return Outcome(item, link_id if own else UNLINKED + link_id)
    info = str(result.get("extended_info"))
    reason = (
        f"The device answers {info}, without the field. Its phone book may be full, the name too "
        "long for the model, the number outside the ranges of its type, the type unknown to the "
        "model, or is_default be given to what is no panel."
    )
    return _refused(item, info, reason)


def _refused(item: Item, info: str, reason: str) -> Outcome[Item]:
    code = info if info in FAILURES else "refused"
    return Outcome(item, error=Rejected(reason, code, http_status=200))


def deletions(
    sent: Sequence[tuple[str, Item]], results: Sequence[Mapping[str, Any]]
) -> list[Outcome[Item]]:
    """Return what became of each contact that was to be deleted; one that is not there is done."""
    by_id = {_named(each): each for each in results}
    return [_deletion(item, link_id, by_id.get(link_id.lower())) for link_id, item in sent]


def _named(result: Mapping[str, Any]) -> str:
    return str(result.get("link_id")).strip("{}").lower()


def _deletion(item: Item, link_id: str, result: Mapping[str, Any] | None) -> Outcome[Item]:
    if result is None:
        return Outcome(item, error=Rejected(NOT_DELETED, OUTCOME_UNKNOWN, http_status=200))
    info = str(result.get("extended_info"))
    if _success(result) or info in {DELETED, NOT_THERE}:
        return Outcome(item, link_id)
    return _refused(item, info, f"The device answers {info} to the deletion of this contact.")


def shows_no_link(outcome: Outcome[Item]) -> bool:
    """Say whether an outcome shows that the device does not keep our `link_id`."""
    error = outcome.error
    told = isinstance(error, Rejected) and error.code == NO_LINK_ID
    return told or is_unlinked(outcome.remote_id)


def is_unlinked(remote_id: str | None) -> bool:
    """Say whether a contact is held by the device without our `link_id`."""
    return (remote_id or "").startswith(UNLINKED)


def fault(error: Refused) -> Rejected:
    """Name the field that the device names in its words, which go into the rejects file only."""
    named = re.search(r"`(\w+)`", error.detail)
    return Rejected(
        f"{error} {error.detail}".strip(),
        error.code or "refused",
        field=named[1] if named else None,
        http_status=error.http_status,
    )
