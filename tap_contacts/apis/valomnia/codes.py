"""What the answers of Valomnia mean."""

from __future__ import annotations

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
    Verdict.RENEW, advice="Check that this user may use the API of this tenant."
)
_WRONG_ADDRESS = Judgement(Verdict.STOP, advice="Check api_url and api_version.")

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
        known = CODES.get(code) or OTHER_ERRORS.get(answer.status, NOT_UNDERSTOOD)
        return known._replace(code=code, detail=str(body.get("error_description", "")))
    if answer.status in {200, 201} and wire.is_expected(answer, body):
        return DONE
    if wire.asks_to_sign_in(answer):
        return _SIGN_IN_AGAIN
    unserved = UNSERVED.get(answer.status)
    return unserved._replace(sure=False) if unserved else foreign(answer.status)
