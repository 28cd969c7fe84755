"""The errors of an API, one class for each consequence.

Every message says which API, what was asked, what it answered and what to do next; none holds a
secret or a contact's data. The API's own words, which may, are kept apart in `detail`.
"""

from __future__ import annotations

import re

from singer_sdk.exceptions import FatalAPIError, SingerSDKError, SkippableAPIError

_PLAIN_CODE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,59}|[0-9]{1,9}")


def plain_code(code: str) -> str:
    """Return an API's code if it has the form of one, else "": it could be anything."""
    return code if _PLAIN_CODE.fullmatch(code) else ""


class ApiError(SingerSDKError):
    """An API did not do what was asked of it.

    Args:
        api: Title of the API.
        asked: The request, without query and body.
        answered: What came back.
        advice: What to do next.
        code: The API's own code.
        http_status: Status of the answer, if there was one.
        detail: The API's own words. They may hold a contact's data.
    """

    is_foreign: bool = False
    """Whether what answered may not be the API: a page or a redirect."""
    of_request: bool = False
    """Whether it may be about the form of the request, and not about what it holds."""

    def __init__(  # noqa: PLR0913
        self,
        api: str,
        asked: str,
        answered: str,
        advice: str = "",
        *,
        code: str = "",
        http_status: int | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(f"{api}: {asked}: {answered}." + (f" {advice}" if advice else ""))
        self.asked, self.answered = asked, answered
        self.advice = advice
        self.code = plain_code(code)
        self.http_status = http_status
        self.detail = detail


class Refused(ApiError, SkippableAPIError):
    """The API refused this one record; others may succeed."""


class NotFound(Refused):
    """The contact or parent with this id is not there."""


class OutcomeUnknown(ApiError):
    """A request that must not be repeated blindly got no usable answer."""


class Stopped(ApiError, FatalAPIError):
    """No request of this run can succeed until somebody acts."""


class Barred(Stopped):
    """The API answers that nothing is permitted, or that nothing is there, whatever was asked.

    Without a code of the API's own, the answer may come from a firewall or proxy before it.
    """


class GivenUp(Stopped):
    """The API failed on this one request in every try, although it serves others.

    A caller that can do without the request goes on. For any other caller it ends the run.
    """


def ends_run(error: BaseException | None) -> bool:
    """Say whether an error ends the run, and not only one request."""
    return isinstance(error, Stopped) and not isinstance(error, GivenUp)


class Retry(ApiError):
    """The same request may be sent again, after `retry_after` seconds if that is given."""

    retry_after: float | None = None
    of_account: bool = False
    """Whether it concerns the account, and not what was asked: a throttle, or no sign-in."""


class Throttled(Retry):
    """The API refused a request only because of its rate."""

    of_account = True


class NoAnswer(SingerSDKError):
    """There was no whole answer; `sent` says whether the request may have arrived.

    The reason is in words and holds no address.
    """

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent

    def error(self, api: str, asked: str, advice: str = "") -> ApiError:
        """Return what follows for a request that may be sent again."""
        return Retry(api, asked, str(self), advice)


class Untrusted(NoAnswer):
    """The server shows a certificate that is not trusted, so that nothing was sent."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(reason, sent=False)
        self._advice = advice

    def error(self, api: str, asked: str, advice: str = "") -> ApiError:
        """Return what ends the run: the certificate will be the same in the next try."""
        return Stopped(api, asked, str(self), f"{self._advice} {advice}".strip())


class Cut(NoAnswer):
    """The connection broke while an answer was awaited or read."""
