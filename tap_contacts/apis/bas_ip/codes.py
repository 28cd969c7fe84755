"""What the answers of BAS-IP monitors mean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tap_contacts.apis.bas_ip import wire
from tap_contacts.transport.verdict import DONE, Judgement, Verdict, foreign

if TYPE_CHECKING:
    from tap_contacts.transport.session import Answer

_SIGN_IN_AGAIN = Judgement(
    Verdict.RENEW, advice="Check that nobody else signs in as this user at the same time."
)
_LIKELY = " and ".join(wire.CONTACTS_PATHS)
_WRONG_PATH = Judgement(
    Verdict.STOP,
    advice="Check contacts_path; the monitor's own API page shows the right one. Likely are, below "
    f"/api/v0/ or /api/v1/: {_LIKELY}.",
)
_DELETES_ELSEWHERE = (
    "Set bas_ip.delete_path to the path that deletes contacts by link_ids, which is documented for "
    "a sibling family only; the monitor's own API page shows it. If there is none, set on_delete: "
    "skip."
)
_FORBIDDEN = Judgement(Verdict.STOP, advice="Give a user that may change contacts.")

NOT_THERE = "entity_not_found"
"""Code of a contact that is not there."""
_WRONG_BODY = Judgement(Verdict.REJECT, "wrong_json_body")

CODES = {
    "Log In": _SIGN_IN_AGAIN,
    "Wrong JSON body": _WRONG_BODY,
    "Not Found": _WRONG_PATH,
    "Method Not Allowed": _WRONG_PATH,
    # The codes of https://developers.bas-ip.com/camdroid-monitors, the sibling family.
    "invalid_authentication": _SIGN_IN_AGAIN,
    "permission_denied": _FORBIDDEN,
    "entity_not_found": Judgement(Verdict.REJECT, NOT_THERE),
    "not_valid": Judgement(Verdict.REJECT, "not_valid"),
    "system_error": Judgement(Verdict.UNKNOWN, "system_error"),
}
"""Errors by their text up to a colon, or by their code."""

_WRONG_VALUE = re.compile(r".*: (no value for `|value `.*` was of the wrong type)", re.DOTALL)
"""How a refusal of the whole body ends, whatever it begins with."""

FULL = "full"
"""Code of a refusal for lack of room."""
_TOO_MANY = re.compile(r"\b(identifiers|contacts)\b.*\bexceeded\b", re.IGNORECASE)
"""What panels say then: Identifiers exceeded."""

UNSERVED = {403: _FORBIDDEN, 404: _WRONG_PATH, 405: _WRONG_PATH}
"""HTTP statuses that say, whatever the body, that no request will be served."""

_OTHER = {401: _SIGN_IN_AGAIN, **{s: each._replace(sure=False) for s, each in UNSERVED.items()}}
"""HTTP statuses of answers in no words of the device."""


def judge(answer: Answer) -> Judgement:
    """Judge by the body; success of the single contacts stands in the results."""
    judgement = _judged(answer)
    return (
        _of_deletion(answer.status, judgement) if answer.request.method == "DELETE" else judgement
    )


def _of_deletion(status: int, judgement: Judgement) -> Judgement:
    """Judge the answer to a deletion, whose path and body are documented for a sibling family."""
    if status == 204:  # noqa: PLR2004
        return DONE
    if judgement.verdict is Verdict.REJECT and _WRONG_VALUE.match(judgement.detail):
        advice = f"It wants another body than link_ids. {_DELETES_ELSEWHERE}"
        return Judgement(Verdict.STOP, judgement.code, advice, detail=judgement.detail)
    if judgement.advice == _WRONG_PATH.advice:
        is_sure = judgement.sure or status == 405  # noqa: PLR2004
        return judgement._replace(advice=_DELETES_ELSEWHERE, sure=is_sure)
    return judgement


def _judged(answer: Answer) -> Judgement:
    body = answer.json if isinstance(answer.json, dict) else {}
    if answer.request.path_url == wire.INFO_PATH and answer.status in {404, 405}:
        return Judgement(Verdict.MISSING)  # no device has to introduce itself
    if "error" in body:
        return _error(answer.status, body["error"])
    if answer.status == 200 and wire.is_expected(answer, body):  # noqa: PLR2004
        return DONE
    return _other(answer.status)


def _error(status: int, error: object) -> Judgement:
    """Judge an error; a sibling family sends an object with `code` and `message`."""
    given = error if isinstance(error, dict) else {"code": error}
    code = str(given.get("code")).partition(":")[0]
    words = " ".join(str(given[name]) for name in ("code", "message") if name in given)
    judgement = CODES.get(code)
    if judgement is None:
        judgement = _refusal(status, words) or _other(status)
    elif judgement.verdict is Verdict.REJECT:
        judgement = UNSERVED.get(status) or _refusal(status, words) or judgement
    return judgement._replace(detail=words)


def _refusal(status: int, words: str) -> Judgement | None:
    """Judge what is refused by its words, where they tell more than a code."""
    if status == 400 and _TOO_MANY.search(words):  # noqa: PLR2004
        return Judgement(Verdict.REJECT, FULL)
    return _WRONG_BODY if _WRONG_VALUE.match(words) else None


def _other(status: int) -> Judgement:
    """Judge an answer in no words of the device; an ended sign-in needs none."""
    return _OTHER.get(status) or foreign(status)
