"""What the answers of Valomnia mean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tap_contacts.apis.valomnia import wire
from tap_contacts.transport.verdict import (
    DONE,
    GATEWAY,
    NOT_UNDERSTOOD,
    Judgement,
    Verdict,
    foreign,
)

if TYPE_CHECKING:
    from tap_contacts.transport.session import Answer

_SIGN_IN_AGAIN = Judgement(
    Verdict.RENEW,
    advice="A session that has just begun is not accepted. Check that this user may use the API of "
    "this tenant, and that nothing else signs in as this user.",
)
_WRONG_ADDRESS = Judgement(Verdict.STOP, advice="Check api_url and api_version.")

VERSIONS = ("v1.0", "v2.1")
"""Versions in use: that of the documents, and that of the tenants that are known."""

CODES = {
    "save_failed": Judgement(Verdict.REJECT),
    "missing_param": Judgement(Verdict.REJECT),
    "invalid_param_type": Judgement(Verdict.REJECT),
    "email_validation_error": Judgement(Verdict.REJECT),
    "country_error": Judgement(Verdict.REJECT),
    "exceeded_file_size": Judgement(Verdict.REJECT),
    "unsupported_file_type": Judgement(Verdict.REJECT),
    "not_found": Judgement(Verdict.MISSING),
    "server_error": Judgement(Verdict.UNKNOWN),
    "no_credentials": _SIGN_IN_AGAIN,
}
"""The codes that are known; `not_found` is said of the customer as well as of the contact."""

UNSERVED = {
    401: _SIGN_IN_AGAIN,
    403: Judgement(Verdict.STOP, advice="Give a user with rights to contacts."),
    404: _WRONG_ADDRESS,
    405: _WRONG_ADDRESS,
    415: _WRONG_ADDRESS,
}
"""HTTP statuses of answers that are not in the API's form."""

OTHER_ERRORS = {**GATEWAY, **UNSERVED, **dict.fromkeys((400, 413), Judgement(Verdict.REJECT))}
"""HTTP statuses of errors in the API's form whose code is not documented."""


def judge(answer: Answer) -> Judgement:
    """Judge by the body; a redirect or page that asks to sign in is no answer of the API."""
    body = answer.json if isinstance(answer.json, dict) else {}
    if code := wire.code_of(answer, body):
        return _meant(answer, code)._replace(
            code=code, detail=str(body.get("error_description", ""))
        )
    if answer.status in {200, 201} and wire.is_expected(answer, body):
        return DONE
    if wire.asks_to_sign_in(answer):
        return _SIGN_IN_AGAIN
    if unserved := UNSERVED.get(answer.status):
        return _addressed(answer, unserved)._replace(sure=False)
    return foreign(answer.status)


def _meant(answer: Answer, code: str) -> Judgement:
    """Return what a code means; the list of all contacts is missing in another version only."""
    known = CODES.get(code) or OTHER_ERRORS.get(answer.status, NOT_UNDERSTOOD)
    is_list = answer.request.method == "GET" and wire.path_of(answer).endswith("/contacts")
    return _addressed(answer, _WRONG_ADDRESS if is_list and code == "not_found" else known)


def _addressed(answer: Answer, judgement: Judgement) -> Judgement:
    """Say which other version may be the right one, where the address is wrong."""
    if judgement is not _WRONG_ADDRESS:
        return judgement
    asked = re.match("/api/([^/]+)/", wire.path_of(answer))
    others = [version for version in VERSIONS if not asked or version != asked[1]]
    settings = "valomnia.api_version to " + " or ".join(others)
    return judgement._replace(advice=f"Set {settings}. Else check api_url and api_version.")
