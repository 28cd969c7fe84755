"""Sign requests to cobai.

Source: https://cobai.com/de/docs/api-v2/einleitung/authentifizierung
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from email.utils import formatdate
from typing import TYPE_CHECKING

from tap_contacts.transport.session import SignIn

if TYPE_CHECKING:
    from requests import PreparedRequest


class CobSignature(SignIn):
    """Sign each request with the account's key, after the model of Amazon S3, version 2.

    The normal form of headers is not documented: none of the vendor's own is sent, so it is empty.
    """

    def __init__(self, access_key_id: str, secret_access_key: str, *, sign_query: bool) -> None:
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
