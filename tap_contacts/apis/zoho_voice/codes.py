"""What the answers of Zoho Voice mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_contacts.apis.zoho_voice import wire
from tap_contacts.apis.zoho_voice.sign_in import OF_ONE_CENTER
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

_LOCKED = Judgement(
    Verdict.RETRY, advice="Lower requests_per_minute: Zoho locks a URL for 10 minutes.", wait=600
)
_SIGN_IN_AGAIN = Judgement(
    Verdict.RENEW,
    advice="Check refresh_token, or access_token if that is set, and that its scopes are "
    "zohovoice.contacts.READ, .CREATE and .UPDATE. Check that data_center is that of the account. "
    f"{OF_ONE_CENTER}",
)
_SCOPE = Judgement(
    Verdict.STOP, advice="Get a refresh token with the scope {scope}, or zohovoice.contacts.ALL."
)
_RIGHT = Judgement(
    Verdict.STOP,
    advice="Give the user of the refresh token the role and licence for contacts, and the token "
    "the scope {scope}.",
)
_FORM = Judgement(
    Verdict.STOP,
    advice="The API takes contacts in another form than they are sent in: set "
    "zoho_voice.contact_as to the other of form and query.",
)
_LIST = Judgement(
    Verdict.STOP,
    advice="The form of the request is not what the API expects: its list does not take the "
    "parameters from, size and totalCount. Check zoho_voice.api_url, and report this.",
)

CODES = {
    "ZVT0052": _SIGN_IN_AGAIN,
    "INVALID_OAUTHTOKEN": _SIGN_IN_AGAIN,
    "INVALID_TOKEN": _SIGN_IN_AGAIN,
    "AUTHENTICATION_FAILED": _SIGN_IN_AGAIN,
    "OAUTH_SCOPE_MISMATCH": _SCOPE,
    "NO_PERMISSION": _RIGHT,
    "ZVT010": _FORM,
    "500": Judgement(Verdict.UNKNOWN),
    "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED": _LOCKED,
    "URL_FIXED_THROTTLES_LIMIT_EXCEEDED": _LOCKED,
}
"""Codes of the product family; those of contacts are not documented."""

STATUSES_OF_ERRORS = {
    **GATEWAY,
    401: _SIGN_IN_AGAIN,
    403: _RIGHT,
    404: Judgement(Verdict.MISSING),
}
"""HTTP statuses of errors in the API's form, whatever their code; others are of the record."""


def judge(answer: Answer) -> Judgement:
    """Judge by the body first: the HTTP status of an error is not documented."""
    if answer.request.method == "DELETE" and answer.status == 204:  # noqa: PLR2004
        return DONE
    return _judged(answer)


def _judged(answer: Answer) -> Judgement:
    body = answer.json if isinstance(answer.json, dict) else {}
    if body.get("status") == "SUCCESS":
        return DONE if wire.is_expected(answer, body) else NOT_UNDERSTOOD
    code = wire.code_of(body)
    if known := CODES.get(code) or CODES.get(str(body.get("message"))):
        return _advised(answer, known)._replace(code=code)
    if code and body.get("status") == "ERROR":
        meant = STATUSES_OF_ERRORS.get(answer.status, Judgement(Verdict.REJECT))
        detail = str(body.get("message", ""))
        return _advised(answer, meant)._replace(code=code, detail=detail)
    if answer.status == 401:  # noqa: PLR2004
        return _SIGN_IN_AGAIN._replace(sure=False)
    return foreign(answer.status)


def _advised(answer: Answer, judgement: Judgement) -> Judgement:
    if judgement is _FORM and answer.request.method == "GET":
        return _LIST
    return judgement._replace(advice=judgement.advice.format(scope=wire.scope(answer)))
