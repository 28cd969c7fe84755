"""Say once a stream which fields its schema does not know; the SDK says it at every new mixture."""

from __future__ import annotations

import logging

from tap_contacts.plugin import printable

SAID = "Properties %s were present"
"""How the SDK begins."""

MOST_NAMED = 50
"""Fields that are named."""


class UnknownFields(logging.Filter):
    """Keep back what the SDK says of such fields of one stream."""

    def __init__(self) -> None:
        """Start without any."""
        super().__init__()
        self._names: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a line is another one."""
        args = record.args
        if not str(record.msg).startswith(SAID) or not isinstance(args, tuple) or not args:
            return True
        names = args[0] if isinstance(args[0], tuple) else ()
        self._names.update(map(str, names))
        return False

    def tell(self, logger: logging.Logger) -> None:
        """Log which fields there were, each that looks like a name by its name."""
        if not self._names:
            return
        shown = sorted(filter(printable.is_name, self._names))[:MOST_NAMED]
        if further := len(self._names) - len(shown):
            shown.append(f"{further} more")
        self._names.clear()
        text = "Fields that the schema does not know are left out: %s."
        logger.warning(text, ", ".join(shown))
