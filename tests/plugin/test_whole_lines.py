"""A tap that a signal ends writes whole lines: the one that was begun, then the state."""

from __future__ import annotations

import io
import json
import signal
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.plugin.signals import SIGNALS, code_of
from tap_contacts.tap import TapContacts
from tap_contacts.writer import LARGEST_PIECE, MessageWriter
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.reading import ZOHO, fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Halves(io.BytesIO):
    """An output that takes each piece in two halves, and does something between those of one."""

    def __init__(self, number: int, between: Callable[[], object]) -> None:
        """Take the number of that piece, counted from 0, and what is done."""
        super().__init__()
        self._left, self._between = number, between

    def write(self, piece: Any, /) -> int:
        """Write a piece, which ends in the middle of a line meanwhile."""
        half = len(piece) // 2
        half -= piece[:half].endswith(b"\n")
        super().write(piece[:half])
        if self._left == 0:
            self._between()
        self._left -= 1
        super().write(piece[half:])
        return len(piece)


@contextmanager
def written_to(out: io.BytesIO) -> Iterator[None]:
    """Have it be the standard output."""
    with redirect_stdout(io.TextIOWrapper(out, encoding="utf-8")) as text:
        yield
        text.detach()


@pytest.fixture
def _kept_handlers() -> Iterator[None]:
    """Restore what handles signals: a tap sets handlers of its own."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_kept_handlers")
@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_in_the_middle_of_a_line_ends_the_tap_after_it(number: signal.Signals) -> None:
    """Whichever piece is being written: a schema, records or a state."""
    seen = set()
    with ZohoVoice() as zoho:
        expected = fill(zoho, 120)
        for piece in range(6):
            out = Halves(piece, lambda: signal.raise_signal(number))
            tap = TapContacts(config={"zoho_voice": zoho.tap_config()})
            with written_to(out), pytest.raises(SystemExit) as ended:
                tap.sync_all()
            assert (ended.value.code, out.getvalue()[-1:]) == (code_of(number), b"\n")
            messages = [json.loads(line) for line in out.getvalue().splitlines()]
            kinds = [message["type"] for message in messages]
            assert kinds[-1] != "RECORD"
            seen |= {*kinds[-2:]}
            records = [m["record"] for m in messages if m.get("record") and m["stream"] == ZOHO]
            assert [each["contact_id"] for each in records] == expected[: len(records)]
    assert seen == {"SCHEMA", "RECORD", "STATE"}


def test_what_is_to_be_done_between_lines_waits_for_the_end_of_a_piece() -> None:
    """It is done once, and at once while nothing is being written."""
    writer, done = MessageWriter(), list[int]()

    def note() -> None:
        done.append(len(out.getvalue()))

    out = Halves(1, lambda: writer.between_lines(note))
    with written_to(out):
        writer.between_lines(note)
        for _ in range(3):
            writer.write_records("contacts", [{"id": "x" * LARGEST_PIECE}])
            whole = len(out.getvalue())
            writer.flush()
        writer.between_lines(note)
    assert done == [0, whole // 3 * 2, whole]
