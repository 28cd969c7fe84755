"""An API on 127.0.0.1, with a request log and faults to order.

A subclass states the rules of its API in `handle`. Sockets, messages and faults are in modules of
their own.
"""

from __future__ import annotations

import abc
import contextlib
import threading
import time
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, ClassVar

from tests.sandbox.faults import Fault
from tests.sandbox.messages import Logged, Request, Response
from tests.sandbox.readings import known
from tests.sandbox.sockets import Server, served

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from typing_extensions import Self


class Sandbox(abc.ABC):
    """An API on 127.0.0.1, as strict as its documents; a context manager that starts and stops.

    Tests of all APIs also call `change(id, **fields)` and `remove(id)`, which a subclass has where
    people can do that on the vendor's screens.
    """

    api: ClassVar[str]
    """Base name of the API, as in the `api` setting."""

    def __init__(
        self, *, port: int = 0, latency: float = 0.0, readings: Collection[str] = ()
    ) -> None:
        """Set up a server on the port (0: any free one), answering after `latency` seconds.

        `readings` are names of `tests.sandbox.readings`; ValueError for a name of none.
        """
        self.readings = known(self.api, readings)
        self.latency = latency
        self.log: list[Logged] = []
        self.faults: list[Fault] = []
        self.date: Callable[[], str | None] = self.told
        """What answers tell as their `Date`; by default what this server's own clock says."""
        self._rules = threading.RLock()
        self.server = Server(("127.0.0.1", port), self)
        self._serving = contextlib.ExitStack()

    # What an API implements.

    @abc.abstractmethod
    def handle(self, request: Request) -> Response:
        """Answer a request as the documents say; called with the rules' lock held."""

    @abc.abstractmethod
    def is_write(self, request: Request) -> bool:
        """Say whether the request asks for a change of contacts."""

    @abc.abstractmethod
    def expire_sign_ins(self) -> None:
        """End every session and token, as if their time had run out; a key has no end."""

    @abc.abstractmethod
    def seed(self) -> None:
        """Put in the sample contacts of the vendor's own documents."""

    @property
    @abc.abstractmethod
    def contacts(self) -> list[dict[str, Any]]:
        """Return the contacts held, oldest first, under the API's own field names."""

    @abc.abstractmethod
    def target_config(self) -> dict[str, Any]:
        """Return a complete `target-contacts` config for this server."""

    # What some APIs do otherwise.

    def add(self, **fields: Any) -> int | str:
        """Put in a contact, under the API's own field names, and return its id."""
        raise NotImplementedError

    def tap_config(self) -> dict[str, Any] | None:
        """Return this API's object of a `tap-contacts` config, or None if it is no source."""
        return None

    def person(self) -> Mapping[str, str]:
        """Return what a person answers to `--sign-in`, by question; nothing if it asks nothing.

        What is not the same each time is the address of a page that shows it.
        """
        return {}

    def told(self) -> str:
        """Return the time as answers tell it."""
        return format_datetime(self.time().astimezone(timezone.utc), usegmt=True)

    def time(self) -> datetime:
        """Return what this server's clock says."""
        return datetime.now(timezone.utc)

    # What every sandbox has.

    @property
    def url(self) -> str:
        """Return the bare origin of the server."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def writes(self) -> list[Logged]:
        """Return the requests that asked for a change of contacts and reached the API."""
        return [line for line in self.log if line.executed and self.is_write(line.request)]

    def fault(self, **settings: Any) -> Fault:
        """Order a fault; see `Fault`."""
        ordered = Fault(**settings)
        self.faults.append(ordered)
        return ordered

    def start(self) -> Self:
        """Serve in the background until `stop`."""
        self._serving.enter_context(served([self.server]))
        return self

    def stop(self) -> None:
        """Stop serving and free the port."""
        self._serving.close()
        self.server.server_close()

    def __enter__(self) -> Self:
        """Start serving."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self.stop()

    def answer(self, request: Request) -> tuple[Response | None, Fault | None]:
        """Answer a request with the first fault that disturbs it; None means a cut connection."""
        arrived = time.monotonic()
        with self._rules:
            fault = next((each for each in self.faults if each.disturbs(request)), None)
            response, executed = self._execute(request, fault)
            status = response.status if response else None
            self.log.append(Logged(request, status, executed, arrived))
        wait = self.latency + (fault.delay if fault else 0.0)
        if wait:
            time.sleep(wait)
        return response, fault

    def _execute(self, request: Request, fault: Fault | None) -> tuple[Response | None, bool]:
        if fault is None:
            return self.handle(request), True
        if fault.expire:
            self.expire_sign_ins()
        executed = fault.cut != "before" and (fault.status is None or fault.commit)
        response = self.handle(request) if executed else None
        if fault.status is not None:
            response = Response(fault.status, fault.body.encode(), fault.headers)
        return (None if fault.cut == "after" else response), executed
