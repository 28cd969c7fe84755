"""How a command ends: its exit code, and the sentence that says why."""

from __future__ import annotations

import contextlib
import sys
import traceback
from typing import TYPE_CHECKING

from singer_sdk.exceptions import (
    ConfigurationError,
    FatalSyncError,
    RecordsWithoutSchemaException,
    StreamMapConfigError,
)

from tap_contacts.listing.pages import Incomplete
from tap_contacts.plugin.standard_streams import OutputError, Unread
from tap_contacts.transport.errors import ApiError

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator

FAILED, MISUSED = 1, 2
"""Exit codes: the run failed; the settings or the command are wrong."""


class InputError(FatalSyncError):
    """The Singer messages that were read cannot be understood."""


_WRONG = (ConfigurationError, StreamMapConfigError)
_SPEAKING = (ApiError, InputError, Incomplete, OutputError, RecordsWithoutSchemaException)
"""Errors that are logged as they are: they hold neither secrets nor personal data."""


@contextlib.contextmanager
def exit_codes(logger: logging.Logger) -> Iterator[None]:
    """End the process with one clear sentence and the documented exit code.

    It is silent if nobody reads what is no run: a reader such as `head` has seen enough.
    """
    try:
        yield
    except _WRONG as error:
        logger.error("%s", error)  # noqa: TRY400  # the sentence is for users
        sys.exit(MISUSED)
    except Unread:
        sys.exit(FAILED)
    except _SPEAKING as error:
        logger.error("%s", error)  # noqa: TRY400
        sys.exit(FAILED)
    except Exception as error:  # noqa: BLE001
        _log_unexpected(logger, error)
        sys.exit(FAILED)


def ending_of(error: BaseException) -> tuple[int, str]:
    """Return the exit code that an error ends in, and a sentence without values of records."""
    code = MISUSED if isinstance(error, _WRONG) else FAILED
    said = isinstance(error, (*_WRONG, *_SPEAKING))
    return code, str(error) if said else f"Unexpected {type(error).__name__}; see the log."


def _log_unexpected(logger: logging.Logger, error: Exception) -> None:
    """Log the kind and place of an error, but not its text, which may hold a record."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
    logger.error(
        "Unexpected %s at %s. Please report it; with LOGLEVEL=debug the way there is logged.",
        type(error).__name__,
        place,
    )
    for frame in traceback.format_list(frames):
        for line in frame.splitlines():
            logger.debug("%s", line)
