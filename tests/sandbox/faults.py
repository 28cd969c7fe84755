"""Disturb single requests to a sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tests.sandbox.messages import Request


@dataclass
class Fault:
    """Disturb the requests it matches: `times` of them, after letting `after` pass.

    `cut` closes the connection: "before" the API carries the request out, "after" it did so but
    before the answer, or in the "half" of the answer's body. `status` (with `body` and `headers`)
    answers in the API's place, which carries nothing out unless `commit` is set. `expire` ends
    every sign-in first. `delay` waits so many seconds before the answer.
    """

    on: str = ""
    """Method and start of the path, such as "POST /v1/contact"; empty for every request."""
    holding: str = ""
    """Text that the request's address or body holds; empty for every request."""
    after: int = 0
    times: int = 1
    status: int | None = None
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    commit: bool = False
    cut: Literal["before", "after", "half"] | None = None
    delay: float = 0.0
    expire: bool = False

    def disturbs(self, request: Request) -> bool:
        """Say whether this request is disturbed, counting it if it matches."""
        if not self._is_for(request) or self.times == 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True

    def _is_for(self, request: Request) -> bool:
        is_on = f"{request.method} {request.path}".startswith(self.on)
        return is_on and (not self.holding or request.holds(self.holding))
