"""Say what an answer means for its request: one vocabulary for all APIs."""

from __future__ import annotations

import enum
from typing import NamedTuple


class Verdict(enum.Enum):
    """What an answer means for the request that got it."""

    DONE = enum.auto()
    RETRY = enum.auto()
    """Not carried out: too many requests, or too early; may be sent again, whatever it was."""
    RENEW = enum.auto()
    """Not carried out: the sign-in is refused. It is renewed once, where `SignIn.renew` can; the
    run ends if it cannot or is refused again."""
    REJECT = enum.auto()
    """This record is refused."""
    MISSING = enum.auto()
    """The contact or parent asked for is not there."""
    STOP = enum.auto()
    """No request of this run can succeed."""
    UNKNOWN = enum.auto()
    """May have been carried out."""


class Judgement(NamedTuple):
    """A verdict with the API's code, what to do next, and the API's own words."""

    verdict: Verdict
    code: str = ""
    advice: str = ""
    detail: str = ""
    wait: float | None = None
    """Seconds to wait before any other request, if the answer's headers name none."""
    of_request: bool = False
    """Whether the refusal of a whole request may be about its form, and not about a record."""
    sure: bool = True
    """Whether the API itself says so. Else it may be a proxy or gateway, which may have passed the
    request on."""


DONE = Judgement(Verdict.DONE)

GATEWAY = {
    408: Judgement(Verdict.UNKNOWN),
    429: Judgement(Verdict.RETRY, advice="Lower requests_per_minute."),
    500: Judgement(Verdict.UNKNOWN),
    502: Judgement(Verdict.UNKNOWN),
    503: Judgement(Verdict.UNKNOWN),
    504: Judgement(Verdict.UNKNOWN),
}
"""HTTP statuses that mostly come from gateways and proxies, and what each means."""

NOT_UNDERSTOOD = Judgement(
    Verdict.UNKNOWN, advice="The answer is not what this API sends; check api_url and proxies."
)

OF_NETWORK = {
    402: "It asks for payment: check the plan of the account, then api_url and proxies.",
    407: "A proxy wants a sign-in: check HTTPS_PROXY in the environment.",
    511: "The network wants a sign-in of its own: sign in to it, then run again.",
}
"""What to do about answers that are in no API's form, by their HTTP statuses."""

LASTING = frozenset((501, 505, 511))
"""HTTP statuses above 500 that no waiting changes."""

_TOO_LARGE = Judgement(
    Verdict.UNKNOWN, "too_large", advice="It is too large for the API or for something before it."
)


def foreign(status: int) -> Judgement:
    """Return by its HTTP status what an answer means that is not in the API's form."""
    found = _TOO_LARGE if status == 413 else GATEWAY.get(status, NOT_UNDERSTOOD)  # noqa: PLR2004
    found = found._replace(advice=OF_NETWORK.get(status, found.advice))
    return found._replace(sure=False) if found.verdict is Verdict.UNKNOWN else found


def may_pass(status: int) -> bool:
    """Say whether an answer that is not in the API's form may be one of a passing outage.

    Any other one, such as a page or a redirect, may come from a wrong address.
    """
    passes = status >= 500 or status in GATEWAY or status == 413  # noqa: PLR2004
    return passes and status not in LASTING
