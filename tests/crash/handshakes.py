"""Let handshakes of TLS fail."""

from __future__ import annotations

import ssl

from tests.support import tls


class Handshakes:
    """The handshakes of one proxy."""

    def __init__(self) -> None:
        self.to_refuse = 0
        """How many fail from now on."""
        self.to_refuse_then = 0
        """How many fail once a request was disturbed."""
        self.refused = 0
        """How many have failed."""

    def context(self) -> ssl.SSLContext:
        """Return what encrypts; the callback for names is called in every handshake."""
        context = tls.serving()
        context.sni_callback = lambda *_: self._refusal()
        return context

    def _refusal(self) -> int | None:
        """Return the alert that a handshake ends with, or None."""
        if self.to_refuse <= 0:
            return None
        self.to_refuse -= 1
        self.refused += 1
        return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR

    def note_disturbed(self) -> None:
        """Take note that a request was disturbed."""
        self.to_refuse += self.to_refuse_then
        self.to_refuse_then = 0
