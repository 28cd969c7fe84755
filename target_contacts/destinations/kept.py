"""Keep the input in a file without a name, and let each destination read its lines of it."""

from __future__ import annotations

import codecs
import io
import os
import shutil
from array import array
from bisect import bisect_left
from collections import defaultdict
from typing import IO, TYPE_CHECKING, Any

from target_contacts.singer.lines import DECODER, LONGEST_LINE, NOT_JSON, record_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_contacts.destinations.picking import Picker

_BUFFER = 64 * 1024


class Kept:
    """The input, and the places of the lines that some destinations alone take."""

    def __init__(self, file: IO[bytes], picker: Picker) -> None:
        self._file, self._picker = file, picker
        self._common, self._states = array("Q"), array("Q")
        """Where the lines begin that all take, and those with a STATE."""
        self._own: defaultdict[int, array[int]] = defaultdict(lambda: array("Q"))

    def take(self, given: IO[Any]) -> None:
        """Copy the input."""
        if self._picker.is_needed:
            self._sort(given)
        else:
            shutil.copyfileobj(given, self._file)
        self._file.flush()

    def lines(self, number: int, *, is_whole: bool) -> io.BufferedReader:
        """Return the lines of one destination."""
        shared = _Shared(self._file.fileno())
        if is_whole:
            return io.BufferedReader(shared, _BUFFER)
        wanted = self._wanted(self._own.get(number, ()))
        return io.BufferedReader(_Lines(io.BufferedReader(shared), wanted), _BUFFER)

    def _sort(self, given: IO[Any]) -> None:
        place = 0
        while line := given.readline(LONGEST_LINE):
            self._file.write(line)
            self._note(line.removeprefix(codecs.BOM_UTF8), place)
            place += len(line)

    def _note(self, line: bytes, place: int) -> None:
        if record := record_line(line, 0):
            takers = self._picker.takers(record)
            if takers is None:
                self._common.append(place)
            for number in takers or ():
                self._own[number].append(place)
            return
        message = _message(line)
        is_state = message.get("type") == "STATE"
        (self._states if is_state else self._common).append(place)
        if message.get("type") == "SCHEMA" and isinstance(message.get("schema"), dict):
            self._picker.know(str(message.get("stream")), message["schema"])

    def _wanted(self, own: Iterable[int]) -> Iterator[int]:
        """Yield where the lines of a destination begin: of STATEs in a row the last alone."""
        lines = sorted([*self._common, *own])
        places = {bisect_left(self._states, line) for line in lines} | {len(self._states)}
        states = [self._states[place - 1] for place in places if place]
        return iter(sorted([*lines, *states]))


def _message(line: bytes) -> dict[str, Any]:
    """Return the message in a line; nothing if there is none, which the runs report."""
    try:
        return DECODER.decode(line)
    except NOT_JSON:
        return {}


class _Shared(io.RawIOBase):
    """A file that is read from a place of its own, whoever else has it open."""

    def __init__(self, handle: int) -> None:
        self._handle, self._place = handle, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self._place = offset if whence == os.SEEK_SET else self._place + offset
        return self._place

    def readinto(self, buffer: Any, /) -> int:
        count = os.preadv(self._handle, [buffer], self._place)
        self._place += count
        return count


class _Lines(io.RawIOBase):
    """Some lines of a file, one after the other."""

    def __init__(self, file: io.BufferedReader, places: Iterator[int]) -> None:
        self._file, self._places = file, places
        self._left = memoryview(b"")
        """What is left of the current line."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if not self._left:
            self._left = memoryview(self._next())
        part = self._left[: len(buffer)]
        buffer[: len(part)] = part
        self._left = self._left[len(part) :]
        return len(part)

    def _next(self) -> bytes:
        place = next(self._places, None)
        if place is None:
            return b""
        self._file.seek(place)
        return self._file.readline(LONGEST_LINE)
