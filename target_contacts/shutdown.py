"""The end of a run that a signal asked for."""

from __future__ import annotations


class Interrupted(BaseException):
    """A signal came while a line was awaited."""
