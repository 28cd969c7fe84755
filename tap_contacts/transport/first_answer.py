"""Tell a wrong address from an outage, as long as the API has not answered in its own form.

A page or a redirect may come from a gateway while the API is down. At the start of a run it rather
shows that the address is wrong, or that something stands before the API. So a harmless read is sent
once more, and if that is answered with a page or a redirect, too, the run ends.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tap_contacts.transport.errors import ApiError, Barred, Retry

if TYPE_CHECKING:
    from collections.abc import Callable


class FirstAnswer:
    """Whether an API has answered in its own form in this run, over all threads.

    Args:
        ask: Sends a harmless read once.
    """

    def __init__(self, ask: Callable[[], object]) -> None:
        self._ask = ask
        self.came = False
        self.alone = threading.RLock()
        """Held by the thread whose request goes alone, as long as the answer has not come."""

    def is_elsewhere(self) -> bool:
        """Say whether a harmless read is not answered in the API's form, either."""
        if self.came:
            return False
        try:
            self._ask()
        except Retry as error:
            return error.is_foreign
        except ApiError as error:
            return isinstance(error, Barred) and not self.came
        return False
