"""What no reading tells about PORTERS (HRBC), and what tells it instead."""

from __future__ import annotations

CANARY = "the first write that is read back tells (setting canary)"

UNTOLD = {
    "A token that nobody gave out is refused with code 402": (
        "none is made up; 401, 402 and 404 are all taken for a token that has ended"
    ),
    "A token that has ended is refused with code 401, 402 or 404": (
        "it takes half an hour; the first run of that length tells: any of them renews it once"
    ),
    "A refresh token can be used once, and a new token does not end the earlier ones": (
        "another run may use the same; let no two runs sign in with one App ID at the same time"
    ),
    "An update leaves the fields alone that it does not name": CANARY,
    "An empty element clears a field, a reference or an option": (
        "none is ever sent; a person can try it on a contact made for that"
    ),
    "An item that fails leaves the others of its request as they are": (
        "the first write of a good and a bad contact tells; where the answers do not fit what was "
        "sent, the contacts are looked up"
    ),
    "A field that the company requires, and the owner, are required by the API, too": (
        "the first create that is accepted or refused tells; defaults fills what is missing"
    ),
    "A text that is too long is refused and not cut; emoji and line breaks arrive": (
        f"{CANARY}; a text beyond the limit that the list of fields tells is not sent"
    ),
    "A request may have 15,000 bytes and 200 contacts": "it is not tried; no request is larger",
    "A contact can be read at once after it was written": CANARY,
    "2,000 reads and 500 writes a minute are counted for the app": (
        "rates are never tried; if connections are cut, lower porters.requests_per_minute"
    ),
    "The codes 104 to 116 are about a value, and 126 about an older phase": (
        "a person finds their meanings on PORTERS' page Result Code List"
    ),
    "The form of a write is that of the official sample": (
        "a person can compare it with the page Contact Write; the first create tells"
    ),
}
"""Assumptions, each with what tells it."""
