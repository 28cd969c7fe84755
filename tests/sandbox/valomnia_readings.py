"""Answer as Valomnia may do where its pages leave room; names as in `readings`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sandbox.messages import Response, json_response

if TYPE_CHECKING:
    from collections.abc import Collection

DEPRECATED = {
    "warning_code": "deprecated_version",
    "warning_description": "Versions below 1.0 will be removed.",
}
WARNING = {"warning": DEPRECATED}
"""What a sign-in may tell besides its success (Authentication/authentication.html)."""
# Observed in a public client; the description is ours.
NO_CREDENTIALS = {"error": "no_credentials", "error_description": "No credentials were sent."}
ENDED = {f"no_credentials_{status}": status for status in (200, 400, 401, 403, 500)}


def no_credentials(readings: Collection[str]) -> Response | None:
    """Return the JSON for a session that is missing or has ended, if that is how it is told."""
    statuses = [status for name, status in ENDED.items() if name in readings]
    return json_response(NO_CREDENTIALS, statuses[0]) if statuses else None
