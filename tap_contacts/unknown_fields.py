"""Log once for each stream which fields its schema lacks; the SDK logs it again and again."""

from __future__ import annotations

import logging

from tap_contacts.plugin import printable

SAID = "Properties %s were present"
"""How the SDK's log line begins."""

MOST_NAMED = 50
"""Most fields that are named."""


class UnknownFields(logging.Filter):
    """Collect the unknown fields that the SDK logs for one stream, and drop its lines."""

    def __init__(self) -> None:
        super().__init__()
        self._names: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a line is about something else."""
        args = record.args
        if not str(record.msg).startswith(SAID) or not isinstance(args, tuple) or not args:
            return True
        names = args[0] if isinstance(args[0], tuple) else ()
        self._names.update(map(str, names))
        return False

    def tell(self, logger: logging.Logger) -> None:
        """Log the fields, by name if they look like names."""
        if not self._names:
            return
        shown = sorted(filter(printable.is_name, self._names))[:MOST_NAMED]
        if further := len(self._names) - len(shown):
            shown.append(f"{further} more")
        self._names.clear()
        text = "Fields that the schema does not know are left out: %s."
        logger.warning(text, ", ".join(shown))
