"""What the answers of PORTERS mean, in both its numberings of codes.

Source: https://hrbcapi.porters.jp/hc/en-us/articles/115008171708-Result-Code-List
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tap_contacts.apis.porters import wire
from tap_contacts.transport import xml
from tap_contacts.transport.verdict import DONE, NOT_UNDERSTOOD, Judgement, Verdict, foreign

if TYPE_CHECKING:
    from lxml.etree import _Element

    from tap_contacts.transport.session import Answer

GRANT = (
    "Grant the app access once: open /v1/oauth with response_type=code in a browser that is "
    "logged out of PORTERS, with the scopes partition_r, user_r, field_r, option_r, client_r, "
    "contact_r and contact_w."
)
_SIGN_IN_AGAIN = Judgement(Verdict.RENEW, advice=GRANT)
_NO_RIGHT = "Give the app's user the right to it in PORTERS."

NO_PARTITION = "404"
"""Code of a request to a company database that is not there, or with a token that has ended."""

_FORM = Judgement(Verdict.REJECT, advice="A value has the wrong form, type, length or range.")

CODES = {
    **dict.fromkeys(map(str, range(102, 134)), _FORM),
    "5": Judgement(Verdict.STOP, advice="The use period of the user has not begun or has ended."),
    "6": Judgement(Verdict.STOP, advice=_NO_RIGHT),
    "7": Judgement(Verdict.MISSING, advice="The client company or the contact does not exist."),
    "8": Judgement(Verdict.REJECT, advice="PORTERS cannot read a value."),
    "9": Judgement(
        Verdict.RETRY,
        advice="PORTERS is under maintenance, or a proxy adds an x-forwarded-for header.",
    ),
    "100": Judgement(Verdict.REJECT, advice="PORTERS does not take one of its fields."),
    "101": Judgement(Verdict.REJECT, advice="A field that PORTERS requires has no value."),
    "126": Judgement(
        Verdict.REJECT,
        advice=(
            "The phase would not become the newest: the contact has one of a later date, or a "
            "greater one of the same date."
        ),
    ),
    "127": Judgement(Verdict.REJECT, advice="A phase's date or memo came without the phase."),
    "146": Judgement(Verdict.STOP, advice="Check that no proxy changes the request's headers."),
    **dict.fromkeys(("301", "303", "304"), Judgement(Verdict.REJECT)),
    "302": Judgement(Verdict.UNKNOWN, advice="A transaction failed, or the contact is deleted."),
    "400": Judgement(Verdict.STOP, advice=_NO_RIGHT),
    "401": _SIGN_IN_AGAIN,
    "402": _SIGN_IN_AGAIN,
    "403": Judgement(Verdict.STOP, advice=GRANT),
    NO_PARTITION: Judgement(
        Verdict.RENEW, advice="Check porters.partition, and that its contract runs."
    ),
    "406": Judgement(Verdict.STOP, advice="Have PORTERS register this machine's IP address."),
    "500": Judgement(Verdict.STOP, advice="The database holds as many records as it may."),
    "601": Judgement(Verdict.STOP, advice="Have PORTERS allow the app this kind of access."),
    "1000": Judgement(Verdict.UNKNOWN),
}
"""Result codes of the resources. What is said of a contact is meant for one that has the code by
itself; 404 may also be a token that has ended."""

_MAY_BE_REQUEST = "This may be about the request and not about a record: "
_OF_REQUEST = {
    "100": "a field that was asked for may be gone or misspelt (porters.fields, field_map, "
    "porters.external_key_field), or PORTERS does not take a parameter.",
    "101": "PORTERS may not have got the access token, or a proxy takes Content-Type or its "
    "charset away; or a field that PORTERS requires has no value.",
    "103": "a proxy may change Content-Type or X-P-ConnectAPI-Version; or a value has the wrong "
    "form.",
}
OF_REQUEST = frozenset(_OF_REQUEST)
"""Codes that do not convict a record if they refuse a whole request."""

OF_READS = {"100", "101"}
"""Those that end a run as the answer to a read: no value of a record is at fault then, and contacts
that are not found would be doubled."""

_WRONG_APP = Judgement(Verdict.STOP, advice="Check porters.app_id and porters.app_secret.")
_NOT_GRANTED = Judgement(Verdict.STOP, advice=GRANT)
_MAY_PASS = Judgement(Verdict.RETRY, advice="Run again later.")
_OTHER = Judgement(Verdict.STOP, advice="Look it up under Authentication and Authorization Error.")
_NO_SIGN_IN = Judgement(
    Verdict.RETRY,
    advice="Check porters.api_url, proxies, and that PORTERS has registered this machine's IP "
    "address.",
)

SIGN_IN_CODES = {
    "0": _NO_SIGN_IN,
    **dict.fromkeys(("104", "105"), _WRONG_APP),
    **dict.fromkeys(("103", "108", "109"), _MAY_PASS),
    **dict.fromkeys(("102", "111", "113", "114", "115", "116", "402"), _NOT_GRANTED),
}
"""Errors of the sign-in, in a numbering of their own: 401 is the refresh token there."""

_SIGN_IN_ERROR = re.compile("-?[0-9]{1,9}")


def judge(answer: Answer) -> Judgement:
    """Judge by the code: errors come as `System`, too, and with any HTTP status."""
    root = answer.xml
    if root is None or not _is_own(root, answer):
        return foreign(answer.status)
    code = xml.child_text(root, "Code")
    if code and code != "0" and wire.CODE.fullmatch(code):
        return _refused(code, answer.request.method, answer.request.body)
    return DONE if _understood(root, code, answer) else foreign(answer.status)


def judge_sign_in(root: _Element | None) -> tuple[str, Judgement]:
    """Return the code of a sign-in that failed, "" if there is none, and what it means.

    An answer named `Authentication` has its code as `Error`; what it calls `Code` is none.
    """
    if root is None:
        return "", _NO_SIGN_IN
    if xml.local(root) == "Authentication":
        code = xml.child_text(root, "Error") or ""
        unknown = _OTHER if _SIGN_IN_ERROR.fullmatch(code) else _NO_SIGN_IN
        return code, SIGN_IN_CODES.get(code, unknown)
    code = xml.child_text(root, "Code") or ""
    return (code, CODES[code]) if code in CODES else ("", _NO_SIGN_IN)


def _refused(code: str, method: str | None, sent: Any) -> Judgement:
    """Look up the code of a request; 302 tells of a transaction, or of a contact deleted."""
    known = CODES.get(code, NOT_UNDERSTOOD)._replace(code=code)
    if code in OF_REQUEST:
        reads = method == "GET" and code in OF_READS
        verdict = Verdict.STOP if reads else known.verdict
        advice = _MAY_BE_REQUEST + _OF_REQUEST[code]
        return known._replace(verdict=verdict, advice=advice, of_request=method != "GET")
    if code == "302" and f">{wire.NEW}<".encode() not in (sent or b""):
        return known._replace(verdict=Verdict.REJECT)
    return known


def _is_own(root: _Element, answer: Answer) -> bool:
    """Say whether a root is that of an error or of the resource that was asked for."""
    resource = answer.request.path_url.partition("?")[0].rpartition("/")[2]
    return xml.local(root).lower() in {"system", resource.lower()}


def _understood(root: _Element, code: str | None, answer: Answer) -> bool:
    """Say whether an answer is the success it looks like; a write's has no code of its own."""
    if answer.status != 200:  # noqa: PLR2004
        return False
    if answer.request.method == "GET":
        return code == "0"
    return wire.answers(root, _bytes(answer.request.body))


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else b""
