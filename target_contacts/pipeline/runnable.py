"""What the code that makes a target and runs it needs to know of it."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_contacts.pipeline.contact_sink import ContactSink
    from target_contacts.pipeline.run import Run


class Runnable(Protocol):
    """A target, made for one run."""

    @property
    def this_run(self) -> Run:
        """Return its run."""

    @property
    def config(self) -> Mapping[str, Any]:
        """Return its settings, with those by default."""

    def run(self, file_input: IO[Any] | None = None) -> int:
        """Read and write everything; report; return the exit code."""

    def plan_again(self, file_input: IO[Any]) -> None:
        """Read everything, and report nothing."""

    def listen(self, file_input: IO[Any] | None = None) -> None:
        """Read everything, and do no more than that."""

    def has_input(self, file_input: IO[Any] | None) -> bool:
        """Wait for the first byte; say whether there may be one."""

    def rehearse(self) -> ContactSink:
        """Return the sink of a stream, ready for the first record, of which none will come."""


RunnableT = TypeVar("RunnableT", bound=Runnable)
