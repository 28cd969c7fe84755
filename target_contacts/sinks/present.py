"""Read what several contacts hold at present, one request a contact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from tap_contacts.listing.pages import Incomplete
from tap_contacts.transport.errors import ApiError, NotFound, ends_run
from target_contacts.sinks.parallel import in_parallel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Present: TypeAlias = "Mapping[str, Any] | ApiError | None"
"""What a contact holds; None if it is not found, an error if the API does not tell."""


def one_by_one(
    read: Callable[[str], Mapping[str, Any] | None],
    remote_ids: Sequence[str],
    workers: int,
    halted: Callable[[], bool],
) -> dict[str, Present]:
    """Return what contacts hold, by id; those not asked for before a halt are missing.

    Raises:
        Stopped: If nothing more can be asked.
    """
    found: dict[str, Present] = {}
    ended: list[Exception] = []
    stops = lambda: bool(ended) or halted()  # noqa: E731
    for several in in_parallel(lambda each: (each, _read(read, each)), remote_ids, workers, stops):
        ended += [
            answer for _, answer in several if isinstance(answer, Exception) and _ends(answer)
        ]
        found.update((each, answer) for each, answer in several)
    for error in ended:
        raise error
    return found


def _read(read: Callable[[str], Mapping[str, Any] | None], remote_id: str) -> Any:
    try:
        return read(remote_id)
    except NotFound:
        return None
    except (ApiError, Incomplete) as error:
        return error


def _ends(error: Exception) -> bool:
    return isinstance(error, Incomplete) or ends_run(error)
