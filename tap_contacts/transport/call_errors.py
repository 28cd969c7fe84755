"""Make the error that follows from a request that was not done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_contacts.transport import redirects
from tap_contacts.transport.errors import (
    ApiError,
    Barred,
    NotFound,
    OutcomeUnknown,
    Refused,
    Retry,
    Throttled,
    plain_code,
)
from tap_contacts.transport.verdict import Judgement, Verdict, may_pass

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

    from tap_contacts.transport.call import Call
    from tap_contacts.transport.errors import NoAnswer
    from tap_contacts.transport.session import Answer

LONGEST_START = 1024
"""Bytes of an answer among which a page begins."""

_ERRORS: dict[Verdict, type[ApiError]] = {
    Verdict.RETRY: Throttled,
    Verdict.RENEW: Barred,
    Verdict.REJECT: Refused,
    Verdict.MISSING: NotFound,
    Verdict.STOP: Barred,
    Verdict.UNKNOWN: Retry,
}


def may_be_done(call: Call, judgement: Judgement) -> bool:
    """Say whether a request may have been carried out that must not be carried out twice."""
    return not call.repeatable and (judgement.verdict is Verdict.UNKNOWN or not judgement.sure)


def is_of_elsewhere(answer: Answer) -> bool:
    """Say whether an answer that is not in the API's form may come from a wrong address."""
    return answer.retry_after is None and not may_pass(answer.status)


def is_page(answer: Answer) -> bool:
    """Say whether an answer is a page for people, or a redirect."""
    start = answer.body[:LONGEST_START].lstrip().lower()
    is_html = start.startswith((b"<!doctype html", b"<html"))
    return is_html or answer.status in redirects.REDIRECTS


class CallErrors:
    """Make the errors of one account's requests."""

    def __init__(
        self,
        title: str,
        origin: str,
        without_secrets: Callable[[str], str],
        logger: logging.Logger,
    ) -> None:
        self._title, self._origin = title, origin
        self._without_secrets, self._logger = without_secrets, logger
        self._logged: set[str] = set()
        """Advice that was logged and need not be logged again."""

    def unanswered(
        self, call: Call, error: NoAnswer, wait: float | None, advice: str = ""
    ) -> ApiError:
        """Return the error of a request without an answer.

        If `wait` is None, the request waits as usual before it is sent again.
        """
        if error.sent and not call.repeatable:
            return OutcomeUnknown(self._title, call.asked, str(error))
        found = error.error(self._title, call.asked, advice)
        if isinstance(found, Retry):
            found.retry_after = wait
        return found

    def answered(
        self, call: Call, answer: Answer, judgement: Judgement, *, has_served: bool
    ) -> ApiError:
        """Return the error of a request whose answer is not that it was done."""
        status = f"HTTP {answer.status}"
        answered = f"code {judgement.code} ({status})" if plain_code(judgement.code) else status
        advice = self._redirected(call, answer, judgement) or judgement.advice
        words = (self._title, call.asked, answered, advice)
        kind = _error_kind(call, judgement, has_served=has_served)
        detail = self._without_secrets(judgement.detail)
        error = kind(*words, code=judgement.code, http_status=answer.status, detail=detail)
        error.is_foreign = not judgement.sure and is_of_elsewhere(answer)
        error.of_request = judgement.of_request
        if isinstance(error, Retry):
            error.retry_after = judgement.wait
        return error

    def _redirected(self, call: Call, answer: Answer, judgement: Judgement) -> str:
        """Return what to do about a redirect, or ""; log it once if the request writes."""
        if judgement.verdict is not Verdict.UNKNOWN:
            return ""
        advice = redirects.advice(answer, self._origin)
        if advice and not call.reads and advice not in self._logged:
            self._logged.add(advice)
            words = (self._title, call.asked, answer.status, advice)
            self._logger.warning("%s: %s: HTTP %d. %s", *words)
        return advice


def _error_kind(call: Call, judgement: Judgement, *, has_served: bool) -> type[ApiError]:
    """Return the kind of error that follows from a judgement.

    A refusal of everything that does not come from the API itself may pass. But while the API has
    served nothing yet, a read that is refused so shows wrong settings.
    """
    if may_be_done(call, judgement):
        return OutcomeUnknown
    may_pass = has_served or not call.reads
    if judgement.verdict is Verdict.STOP and not judgement.sure and may_pass:
        return Retry
    return _ERRORS[judgement.verdict]
