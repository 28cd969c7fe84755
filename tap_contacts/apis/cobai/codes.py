"""What the answers of cobai mean.

Source: https://cobai.com/de/docs/api-v2/einleitung/authentifizierung
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_contacts.apis.cobai import wire
from tap_contacts.transport.verdict import DONE, Judgement, Verdict, foreign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests import PreparedRequest

    from tap_contacts.transport.session import Answer

_KEYS = (
    "Check access_key_id, secret_access_key, the clock of this machine (its time is sent as Date "
    "and signed)"
)
_QUERY = (
    " and sign_query (whether the query is signed, too). If only this request is refused, switch "
    "sign_query or leave out cobai_customers."
)
_INFERRED = "this call is only inferred from the documents, and cobai's answer disagrees."
_STOP, _REJECT = Verdict.STOP, Verdict.REJECT

CODES = {
    400: Judgement(_REJECT, "BadRequest", advice="Check api_url."),
    401: Judgement(_STOP, advice=f"{_KEYS} and sign_query."),
    403: Judgement(_STOP, advice=f"{_KEYS} and sign_query."),
    404: Judgement(_STOP, advice="Check api_url."),
    405: Judgement(_STOP, advice="Check api_url."),
    409: Judgement(_REJECT),
    422: Judgement(_REJECT),
}
"""HTTP statuses of refusals in cobai's own form; 400 is documented, the others are inferred."""

_CREATE_REFUSED = (
    "If this comes for every contact, cobai may require fields that yours lack (see defaults), or "
    "another order: cobai.element_order."
)
_PUT_REFUSED = f"{_CREATE_REFUSED} It may also want a password with each change."

CREATE = {
    400: Judgement(_REJECT, "BadRequest", advice=_CREATE_REFUSED),
    404: Judgement(Verdict.MISSING, advice="cobai has no customer with this UUID."),
    405: Judgement(_REJECT, advice="Check api_url."),
}
"""What else they mean for the create."""

QUERY = {status: Judgement(_STOP, advice=_KEYS + _QUERY) for status in (401, 403)}
"""What else they mean for a request with a query."""

INFERRED = {
    404: Judgement(Verdict.MISSING, advice=f"It is not there; if it surely is, {_INFERRED}"),
    405: Judgement(_REJECT, advice=f"Check api_url; {_INFERRED}"),
}
"""What else they mean for a call that no page describes: reading and changing contacts."""

CHANGE = INFERRED | {400: Judgement(_REJECT, "BadRequest", advice=_PUT_REFUSED)}
"""What else they mean for a change."""

KEYS_REFUSED = {401, 403}
"""Statuses by which, whatever the body, nothing else will be carried out."""


def judge(answer: Answer) -> Judgement:
    """Judge by request, status and body together."""
    if wire.is_success(answer):
        return DONE
    known = _codes(answer.request).get(answer.status)
    if known and wire.is_refusal(answer):
        return known._replace(detail=wire.words(answer.body))
    if known and answer.status in KEYS_REFUSED:
        return known._replace(sure=False)
    return foreign(answer.status)


def _codes(request: PreparedRequest) -> Mapping[int, Judgement]:
    """Return what the statuses of refusals mean for a request."""
    path, _, query = request.path_url.partition("?")
    if request.method == "POST":
        return CODES | CREATE
    if path == wire.CUSTOMERS:
        return CODES | QUERY if query else CODES
    if request.method == "PUT":
        return CODES | CHANGE
    return CODES | INFERRED
