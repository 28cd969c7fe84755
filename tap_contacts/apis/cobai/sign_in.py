"""How cobai is signed in to, and what its refusals mean.

Source: https://cobai.com/de/docs/api-v2/einleitung/authentifizierung
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from email.utils import formatdate
from typing import TYPE_CHECKING

from tap_contacts.apis.cobai.wire import CUSTOMERS
from tap_contacts.transport.client import Judgement, Verdict
from tap_contacts.transport.session import SignIn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests import PreparedRequest

_KEYS = "Check access_key_id, secret_access_key and the clock of this machine."
_QUERY = " If only this request is refused, switch sign_query or leave out cobai_customers."
_INFERRED = "this call is only inferred from the documents, and cobai's answer disagrees."
_STOP, _REJECT = Verdict.STOP, Verdict.REJECT

CODES = {
    400: Judgement(_REJECT, "BadRequest"),
    401: Judgement(_STOP, advice=_KEYS),
    403: Judgement(_STOP, advice=_KEYS),
    404: Judgement(_STOP, advice="Check api_url."),
    405: Judgement(_STOP, advice="Check api_url."),
    409: Judgement(_REJECT),
    422: Judgement(_REJECT),
}
"""HTTP statuses of refusals in cobai's own form; 400 is documented, the others are inferred."""

CREATE = {404: Judgement(Verdict.MISSING, advice="cobai has no customer with this UUID.")}
"""What else they mean for the create."""

QUERY = {status: Judgement(_STOP, advice=_KEYS + _QUERY) for status in (401, 403)}
"""What else they mean for a request with a query."""

INFERRED = {
    404: Judgement(Verdict.MISSING, advice=f"It is not there; if it surely is, {_INFERRED}"),
    405: Judgement(_REJECT, advice=f"Check api_url; {_INFERRED}"),
}
"""What else they mean for a call that no page describes: reading and changing contacts."""

KEYS_REFUSED = {401, 403}
"""Statuses by which, whatever the body, nothing else will be carried out."""


class CobSignature(SignIn):
    """Sign each request with the account's key, after the model of Amazon S3, version 2.

    The normal form of headers is not documented: none of the vendor's own is sent, so it is empty.
    """

    def __init__(self, access_key_id: str, secret_access_key: str, *, sign_query: bool) -> None:
        """Take the access key, and whether the address is signed with its query."""
        self._key_id = access_key_id
        self._secret = secret_access_key.encode()
        self._sign_query = sign_query

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Set Date and Authorization, whatever they were before."""
        request.headers["Date"] = formatdate(usegmt=True)
        signed = [request.headers.get(name, "") for name in ("Content-MD5", "Content-Type", "Date")]
        url = request.path_url if self._sign_query else request.path_url.partition("?")[0]
        text = "\n".join([str(request.method), *signed, url])
        digest = hmac.new(self._secret, text.encode(), hashlib.sha1).digest()
        signature = base64.b64encode(digest).decode()
        request.headers["Authorization"] = f"COB {self._key_id}:{signature}"
        return request


def codes(request: PreparedRequest) -> Mapping[int, Judgement]:
    """Return what the statuses of refusals mean for a request."""
    path, _, query = request.path_url.partition("?")
    if request.method == "POST":
        return CODES | CREATE
    if path == CUSTOMERS:
        return CODES | QUERY if query else CODES
    return CODES | INFERRED
