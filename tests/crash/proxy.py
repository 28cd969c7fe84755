"""A proxy between target and sandbox that disturbs single requests at the level of TCP or TLS."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from tests.crash.connections import drip, read_message, reset, send_below
from tests.crash.handshakes import Handshakes
from tests.crash.rules import PASS, Rule, Seen

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self


class Proxy:
    """A server on 127.0.0.1 that passes requests on; a context manager that starts and stops."""

    def __init__(self, origin: str, *, secure: bool = False) -> None:
        """Take the origin of the API behind it, and whether to encrypt."""
        self._secure = secure
        self._port = int(origin.rpartition(":")[2])
        self.choose: Callable[[Seen], Rule] = lambda _: PASS
        """Says what becomes of a request; called for one at a time."""
        self.kill: Callable[[], None] = lambda: None
        """Kills the target."""
        self.release = threading.Event()
        """Lets answers go that wait for it."""
        self.handshakes = Handshakes()
        self.seen: list[Seen] = []
        self.disturbed: list[tuple[Seen, Rule]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._late: set[asyncio.Future[None]] = set()
        self._open = 0
        self._idle = threading.Event()
        self.url = ""

    def __enter__(self) -> Self:
        """Start serving."""
        self._thread.start()
        context = self.handshakes.context() if self._secure else None
        server = asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self._server = asyncio.run_coroutine_threadsafe(server, self._loop).result()
        scheme = "https" if self._secure else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self._idle.set()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def wait_until_idle(self) -> None:
        """Wait until no connection is open: what a killed target sent has been carried out."""
        if not self._idle.wait(30):
            msg = "A connection stayed open."
            raise TimeoutError(msg)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        self._idle.clear()
        try:
            while await self._pass_one(reader, writer):
                pass
        except (OSError, EOFError):
            pass  # the other side has hung up, or was killed
        finally:
            writer.close()
            self._closed()

    def _closed(self) -> None:
        """Take note that a connection is closed, or a late request carried out."""
        self._open -= 1
        if not self._open:
            self._idle.set()

    async def _pass_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Pass one request on and its answer back; say whether the connection is still good."""
        seen = Seen(len(self.seen) + 1, await read_message(reader))
        self.seen.append(seen)
        rule = self.choose(seen)
        if rule != PASS:
            self.disturbed.append((seen, rule))
            self.handshakes.note_disturbed()
        answer = await self._answer(seen, rule)
        await self._hold(rule)
        writer.write(answer[: int(len(answer) * rule.part)])
        await writer.drain()
        if rule.below:
            await send_below(reader, writer, rule.below)
        if rule.drip:
            await drip(writer, rule.drip)
        if not rule.part:
            reset(writer)
        return rule.part == 1

    async def _hold(self, rule: Rule) -> None:
        """Let an answer wait as long as its rule says."""
        await asyncio.sleep(rule.delay)
        while rule.waits and not self.release.is_set():  # noqa: ASYNC110  # set by another thread
            await asyncio.sleep(0.01)

    def _forward_late(self, request: bytes, seconds: float) -> None:
        """Pass a request on later; until then this proxy is not idle."""
        self._open += 1
        self._late.add(asyncio.ensure_future(self._after(request, seconds)))

    async def _after(self, request: bytes, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._forward(request)
        self._closed()

    async def _answer(self, seen: Seen, rule: Rule) -> bytes:
        if rule.kill == "on arrival":
            self.kill()
        if rule.first:
            await self._forward(rule.first)
        if rule.late:
            self._forward_late(seen.whole, rule.delay + rule.late)
        answer = await self._forward(seen.whole) if rule.commits else b""
        if rule.kill == "after commit":
            self.kill()
        return rule.answer or answer

    async def _forward(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(request)
            return await read_message(reader)
        finally:
            writer.close()
