"""Find the path that takes contacts, by reading: the vendor's pages do not print it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.bas_ip.settings import TITLE
from tap_contacts.apis.bas_ip.wire import CONTACTS_PATHS, LOGIN_PATH
from tap_contacts.transport.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_contacts.transport.errors import Refused

SET = "as bas_ip.contacts_path says"
LISTS = "it lists contacts"
IS_THERE = "it is there, though it lists nothing"
LIKELIEST = (
    "the likeliest; none of those tried answers, so set bas_ip.contacts_path if it is refused"
)

LISTED, OTHER_VERB = 200, 405
"""HTTP statuses of a path that lists contacts, and of one that is there."""


THERE = frozenset((LISTED, OTHER_VERB))


class Found(NamedTuple):
    """A path, and why it is thought to take contacts."""

    path: str
    why: str


def given(settings: Mapping[str, Any], name: str, is_open: str = "") -> str | None:
    """Return the path that a setting gives; None if it gives none, or says `is_open`.

    Raises:
        ConfigurationError: If it is no path.
    """
    path = str(settings.get(name) or is_open)
    if path == is_open:
        return None
    if not re.fullmatch(r"/[^\s?#]+", path):
        msg = f"bas_ip.{name} must be a path that starts with a slash, such as {LOGIN_PATH}."
        raise ConfigurationError(msg)
    return path


def candidates(login_path: str) -> list[str]:
    """Return the paths that may take contacts, under the version of the API that signs in."""
    version = re.fullmatch(r"(/api/v\d+)/login", login_path)
    root = version[1] if version else LOGIN_PATH.rpartition("/")[0]
    return [f"{root}/{path}" for path in CONTACTS_PATHS]


def found(status_of_list: Callable[[str], int], login_path: Callable[[], str]) -> Found:
    """Return the path that lists contacts, else one that is there, else the likeliest.

    Args:
        status_of_list: Asks a path for a list, and returns the HTTP status; 0 if it tells nothing.
        login_path: Returns the path that signs in, which is known once something was asked.
    """
    tried: dict[str, int] = {}
    while left := [each for each in candidates(login_path()) if each not in tried]:
        tried[left[0]] = status_of_list(left[0])
        if tried[left[0]] == LISTED:
            return Found(left[0], LISTS)
    there = [path for path, status in tried.items() if status == OTHER_VERB]
    return Found(there[0], IS_THERE) if there else Found(candidates(login_path())[0], LIKELIEST)


def wrong(path: str, login_path: str, error: Refused) -> Stopped:
    """Return the error of a path that takes something else than contacts."""
    others = [each for each in candidates(login_path) if each != path]
    answered = f"{error.answered}: it misses a field that every contact was sent with"
    advice = (
        "This path takes something else. Set bas_ip.contacts_path: "
        f"likely are {' and '.join(others)}."
    )
    return Stopped(TITLE, f"POST {path}", answered, advice, http_status=error.http_status)
