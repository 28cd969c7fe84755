"""Send a request in its turn, judge the answer, and make the error that follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tap_contacts.transport.call_errors import may_be_done
from tap_contacts.transport.errors import NoAnswer, Refused, Retry, Stopped
from tap_contacts.transport.first_answer import FirstAnswer
from tap_contacts.transport.verdict import Verdict, may_pass

if TYPE_CHECKING:
    from tap_contacts.transport.call import Call
    from tap_contacts.transport.call_errors import CallErrors
    from tap_contacts.transport.circuit_breaker import CircuitBreaker
    from tap_contacts.transport.pacing import Pacing
    from tap_contacts.transport.session import Answer, SignIn, Transport
    from tap_contacts.transport.verdict import Judgement


class Account(Protocol):
    """What is asked of the client."""

    origin: str
    transport: Transport
    sign_in: SignIn

    def judge(self, answer: Answer) -> Judgement:
        """Return what an answer means."""

    @property
    def harmless(self) -> Call:
        """Return a small read."""

    @property
    def advice_on_silence(self) -> str:
        """Return what to do if nothing answers."""


class Attempts:
    """The attempts to have requests of one account answered; safe to share between threads."""

    def __init__(
        self, account: Account, outage: CircuitBreaker, pacing: Pacing, errors: CallErrors
    ) -> None:
        self._account, self._outage = account, outage
        self._pacing, self._errors = pacing, errors
        self.first_answer = FirstAnswer(
            self.send, lambda: account.harmless, lambda: account.transport.requests
        )
        self.has_served = False
        """Whether the API has done anything that this run asked for."""

    def send(self, call: Call) -> Answer:
        """Send a request in its turn; raise the error that follows if it was not done."""
        with self._outage.turn():
            answer, judgement = self._signed_in(call)
            if judgement.sure:
                self.first_answer.note(call)
            if judgement.verdict is Verdict.DONE:
                self.has_served = True
                return answer
            raise self._errors.answered(call, answer, judgement, has_served=self.has_served)

    def is_alive(self) -> bool:
        """Say whether the harmless read is answered now; it is sent once."""
        try:
            self.send(self._account.harmless)
        except Retry:
            return False
        except Refused:
            return True
        except Stopped as error:
            if error.http_status is None:  # not an answer: the run is to end
                raise
        return True

    def _signed_in(self, call: Call) -> tuple[Answer, Judgement]:
        """Send a request, and once more if its sign-in had expired and was renewed."""
        answer, judgement = self._ask(call)
        has_expired = judgement.verdict is Verdict.RENEW and not may_be_done(call, judgement)
        if has_expired and self._account.sign_in.renew(answer.request):
            return self._ask(call)
        return answer, judgement

    def _ask(self, call: Call) -> tuple[Answer, Judgement]:
        """Send a request once; judge the answer, and keep to what it asks for."""
        account = self._account
        options = {"auth": account.sign_in, **call.options}
        try:
            answer = account.transport.send(call.method, account.origin + call.path, **options)
        except NoAnswer as error:
            wait = self._pacing.wait_after(call.method, error)
            raise self._errors.unanswered(call, error, wait, account.advice_on_silence) from None
        except Retry as error:  # from the sign-in
            error.of_account = True
            error.is_foreign = error.http_status is not None and not may_pass(error.http_status)
            if error.retry_after is not None:
                self._pacing.slow_down_now(error.retry_after)
            raise
        return answer, self._pacing.paced(answer, account.judge(answer))
