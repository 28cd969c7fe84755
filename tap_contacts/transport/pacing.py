"""Send less where answers ask for that, or connections are cut in haste."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_contacts.transport.adaptive_rate import MINUTE
from tap_contacts.transport.errors import Cut
from tap_contacts.transport.rate_limit import LONGEST_WAIT
from tap_contacts.transport.verdict import Verdict

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping

    from tap_contacts.transport.errors import NoAnswer
    from tap_contacts.transport.rate_limit import RateLimiter
    from tap_contacts.transport.session import Answer
    from tap_contacts.transport.verdict import Judgement

AFTER_CUT = MINUTE
"""Seconds of pause after a connection was cut in haste: documented rates are those of a minute."""


class Pacing:
    """What answers mean for the pace of an account."""

    def __init__(
        self, title: str, pace: RateLimiter, rates: Mapping[str, int], logger: logging.Logger
    ) -> None:
        self._title, self._pace, self._rates, self._logger = title, pace, rates, logger

    def paced(self, answer: Answer, judgement: Judgement) -> Judgement:
        """Slow down or pause as an answer asks; return its judgement with the wait it asks for."""
        asked = answer.retry_after
        throttles = {Verdict.RETRY} if asked is None else {Verdict.RETRY, Verdict.UNKNOWN}
        if judgement.verdict not in throttles:
            self._pace.answered(answer.number)
            return judgement
        if asked is None:
            told = answer.quota
            asked = told.reset if told and not told.remaining else judgement.wait
        self.slow_down(answer.number, asked)
        return judgement._replace(wait=asked)

    def wait_after(self, method: str, error: NoAnswer) -> float | None:
        """Return for how long to send nothing after a connection was cut in haste; else None.

        Such a cut may be the API's way to throttle.
        """
        if not (isinstance(error, Cut) and self._in_haste(method)):
            return None
        self.slow_down_now(AFTER_CUT)
        return AFTER_CUT

    def _in_haste(self, method: str) -> bool:
        """Say whether at least half of the documented rate was used lately."""
        documented = self._rates.get(method)
        return documented is not None and self._pace.lately(method) * 2 >= documented

    def slow_down_now(self, wait: float) -> None:
        """Send less from the last request on, and nothing for so many seconds."""
        self.slow_down(self._pace.sent, wait)

    def slow_down(self, number: int, wait: float | None) -> None:
        """Send less after a request was throttled; for `wait` seconds send nothing."""
        rate = self._pace.throttled(number, wait)
        if rate is not None and (wait or 0) <= LONGEST_WAIT:
            text = "%s throttles: for now this run sends at most %.0f requests a minute."
            self._logger.warning(text, self._title, rate)
