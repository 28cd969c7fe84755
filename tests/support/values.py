"""What the tests of values share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

FIXED = settings(derandomize=True, deadline=None, database=None)
ANY_TEXT = st.text(st.characters())


def refusal(convert: Callable[[Any], object], value: object) -> str:
    """Return why a value is refused."""
    with pytest.raises(ValueError, match=r"^must be ") as refused:
        convert(value)
    return str(refused.value)
