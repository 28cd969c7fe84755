"""A whole answer has to come in time, and what may have been sent is never taken for unsent."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from urllib3.connection import HTTPConnection

from tap_contacts.transport import unsent
from tap_contacts.transport.circuit_breaker import CircuitBreaker
from tap_contacts.transport.errors import NoAnswer
from tap_contacts.transport.exchange import LARGEST_ANSWER, LARGEST_HEAD, bounded
from tap_contacts.transport.rate_limit import RateLimiter
from tap_contacts.transport.session import Transport
from tests.support import tls
from tests.support.peers import GOOD, Peer, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT = 0.4
"""Seconds to wait for an answer that does not come."""

LONGEST = 30.0
"""Seconds after which an exchange that should have ended is taken to go on for ever."""

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LATE = "no answer within timeout_seconds"
CUT = "the connection broke before the answer was whole"
LARGE = "the answer is larger than any that makes sense"


@pytest.fixture(autouse=True)
def trust(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the certificate of the tests, and know no proxy."""
    monkeypatch.setenv(tls.TRUST, str(tls.certificate()))
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def transport(seconds: float = 10) -> Transport:
    """Return what sends requests and waits so long for their answers."""
    return Transport(seconds, RateLimiter("API", CircuitBreaker(), {}))


def failed(sender: Transport, url: str, **options: Any) -> tuple[str, bool]:
    """Send a request that gets no answer; return why, and whether it may have arrived."""
    began = time.monotonic()
    with pytest.raises(NoAnswer) as caught:
        sender.send("POST", f"{url}/contacts", **options)
    assert time.monotonic() - began < LONGEST
    assert sender.calls.get("POST", 0) == int(caught.value.sent) + int(options.get("before", 0))
    return str(caught.value), caught.value.sent


def after_request(send: Callable[[Wire], None]) -> Callable[[Wire], None]:
    """Return a talk that reads a request, then answers so and hangs up."""

    def talk(wire: Wire) -> None:
        wire.request()
        send(wire)

    return talk


def nothing(wire: Wire) -> None:
    """Hang up at once."""
    del wire


def raw(*parts: bytes) -> Callable[[Wire], None]:
    """Return what sends bytes below the encryption."""
    return lambda wire: wire.raw.sendall(b"".join(parts))


def half_then(*parts: bytes) -> Callable[[Wire], None]:
    """Return what sends half an answer, then bytes below the encryption."""

    def send(wire: Wire) -> None:
        wire.send(GOOD[:-1])
        wire.raw.sendall(b"".join(parts))

    return send


def test_threads_that_start_together_share_the_connections() -> None:
    """Two that ask for the first connection at once get the same kind."""
    kind: Any = bounded(HTTPConnection)
    assert bounded(kind) is kind

    def talk(wire: Wire) -> None:
        while wire.request():
            wire.send(GOOD)

    with Peer(talk) as peer, ThreadPoolExecutor(16) as pool:
        for _ in range(20):
            sender = transport()
            ask = lambda _, sender=sender: sender.send("GET", peer.url).body  # noqa: E731
            assert set(pool.map(ask, range(16))) == {b"ok"}


# What may have been sent.


BREAKS = {
    "a broken record before the answer": raw(tls.BROKEN),
    "a broken record in the answer": half_then(tls.BROKEN),
    "an alert before the answer": raw(tls.ALERT),
    "an alert in the answer": half_then(tls.ALERT),
    "plain HTTP before the answer": raw(GOOD),
    "the end before the answer": nothing,
    "the end in the answer": half_then(),
}


@pytest.mark.parametrize("way", BREAKS)
@pytest.mark.parametrize("kept", [False, True], ids=["new", "kept"])
def test_a_request_whose_encryption_breaks_later_may_have_been_sent(way: str, kept: bool) -> None:  # noqa: FBT001
    """Once the handshake is over, no error says that the API did not carry a request out."""

    def talk(wire: Wire) -> None:
        if kept:
            wire.request()
            wire.send(GOOD)
        wire.request()
        BREAKS[way](wire)

    with Peer(talk, secure=True) as peer:
        sender = transport()
        if kept:
            assert sender.send("GET", f"{peer.url}/contacts").body == b"ok"
        assert failed(sender, peer.url) == (CUT, True)


@pytest.mark.parametrize("way", [raw(tls.ALERT), raw(tls.BROKEN), raw(GOOD), nothing])
def test_a_request_whose_handshake_fails_was_not_sent(way: Callable[[Wire], None]) -> None:
    """Whatever breaks the handshake: there was nothing yet that could have been carried out."""
    with Peer(way) as peer:
        reason, sent = failed(transport(), peer.url.replace("http:", "https:"))
    assert not sent
    assert reason in {unsent.NO_ENCRYPTION, unsent.NO_CONNECTION}


def test_a_certificate_that_is_not_trusted_gets_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leaves before the certificate is known to be right."""
    monkeypatch.delenv(tls.TRUST)
    seen: list[bytes] = []
    with Peer(lambda wire: seen.append(wire.request()), secure=True) as peer:
        reason, sent = failed(transport(), peer.url)
    assert (sent, seen) == (False, [])
    assert "certificate" in reason


@pytest.mark.parametrize("host", ["127.0.0.1:1", "no-such-host.invalid", "a" * 64 + ".example.com"])
def test_a_request_without_connection_was_not_sent(host: str) -> None:
    """Refused, not found or not even a name: nothing was sent, and no other error comes of it."""
    assert failed(transport(), f"http://{host}")[1] is False


@pytest.mark.parametrize(
    "tunnel",
    [
        b"HTTP/1.1 403 Forbidden\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nno TLS",
        b"nonsense\r\n\r\n",
        b"",
    ],
)
def test_a_request_whose_tunnel_fails_was_not_sent(
    tunnel: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that opens no way to the API has not passed on a request."""
    with Peer(after_request(lambda wire: wire.send(tunnel))) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        assert failed(transport(), "https://api.example.com")[1] is False


def test_a_request_through_a_tunnel_may_have_been_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the way is open and the handshake is over, a proxy changes nothing."""

    def talk(wire: Wire) -> None:
        wire.request()
        wire.send(HEAD + b"\r\n")
        wire.encrypt()
        wire.request()
        wire.send(GOOD)
        wire.request()
        wire.raw.sendall(tls.BROKEN)

    with Peer(talk) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        sender = transport()
        assert sender.send("GET", "https://tunnel.example.com/contacts").body == b"ok"
        assert failed(sender, "https://tunnel.example.com") == (CUT, True)


@pytest.mark.parametrize("secure", [False, True])
def test_a_body_cut_off_on_its_way_may_have_been_sent(secure: bool) -> None:  # noqa: FBT001
    """Who hangs up while a body is sent may have understood enough of it."""
    with Peer(after_request(nothing), secure=secure) as peer:
        assert failed(transport(), peer.url, data=b"x" * 20_000_000) == (CUT, True)


def test_an_answer_that_comes_before_the_body_is_whole_is_read() -> None:
    """A server may refuse a body by its length, without reading it."""
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    def talk(wire: Wire) -> None:
        wire.request()
        wire.send(refusal)
        wire.sock.shutdown(socket.SHUT_WR)
        while wire.sock.recv(1_000_000):
            pass

    with Peer(talk) as peer:
        assert transport().send("POST", peer.url, data=b"x" * 20_000_000).status == 413


# How long, and how much.

TRICKLES = {
    "nothing": ([], b""),
    "the status line": ([b"HTTP/1.1 200 "], b"x"),
    "interim answers": ([], b"HTTP/1.1 100 Continue\r\n\r\n"),
    "one header": ([HEAD, b"X: "], b"x"),
    "many headers": ([HEAD], b"X: x\r\n"),
    "the body": ([HEAD, b"Content-Length: 100000\r\n\r\n"], b"x"),
    "a body without length": ([HEAD, b"\r\n"], b"x"),
    "the size of a chunk": ([CHUNKED], b"0"),
    "chunks": ([CHUNKED], b"1\r\nx\r\n"),
    "trailers": ([CHUNKED, b"0\r\n"], b"X: x\r\n"),
}


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "encrypted"])
def test_an_answer_that_never_ends_is_none(secure: bool) -> None:  # noqa: FBT001
    """However it is kept going, an answer that is not whole in time is given up."""

    def end(way: str) -> tuple[str, bool]:
        start, part = TRICKLES[way]

        def talk(wire: Wire) -> None:
            wire.request()
            wire.send(*start)
            peer.trickle(wire.send, part)

        with Peer(talk, secure=secure) as peer:
            return failed(transport(SHORT), peer.url)

    with ThreadPoolExecutor(len(TRICKLES)) as pool:
        ends = dict(zip(TRICKLES, pool.map(end, TRICKLES), strict=True))
    assert ends == dict.fromkeys(TRICKLES, (LATE, True))


def test_a_record_that_never_ends_is_no_answer() -> None:
    """The encryption's own records may come byte by byte, too."""

    def talk(wire: Wire) -> None:
        wire.request()
        wire.raw.sendall(tls.BROKEN[:3] + b"\x40\x00")
        peer.trickle(wire.raw.sendall, b"x")

    with Peer(talk, secure=True) as peer:
        assert failed(transport(SHORT), peer.url) == (LATE, True)


def test_an_answer_over_a_kept_connection_ends_in_time() -> None:
    """The wait is that of each exchange, whichever came before over the same connection."""

    def talk(wire: Wire) -> None:
        for _ in range(3):
            wire.request()
            time.sleep(SHORT / 2)
            wire.send(GOOD)
        wire.request()
        peer.trickle(wire.send, b"x")

    with Peer(talk) as peer:
        sender = transport(SHORT)
        for _ in range(3):
            assert sender.send("GET", f"{peer.url}/contacts").body == b"ok"
        assert failed(sender, peer.url) == (LATE, True)


@pytest.mark.parametrize("secure", [False, True])
def test_a_body_that_nobody_reads_is_given_up(secure: bool) -> None:  # noqa: FBT001
    """A peer that does not read holds a request up no longer than one that does not answer."""
    with Peer(after_request(lambda _: _wait(peer)), secure=secure) as peer:
        assert failed(transport(SHORT), peer.url, data=b"x" * 50_000_000) == (LATE, True)


def _wait(peer: Peer) -> None:
    peer.over.wait()


@pytest.mark.parametrize("part", [b"", b"\x16"])
def test_a_handshake_that_never_ends_is_no_connection(part: bytes) -> None:
    """A server that only listens, or answers a handshake byte by byte, is given up."""
    with Peer(lambda wire: peer.trickle(wire.send, part)) as peer:
        assert failed(transport(SHORT), peer.url.replace("http:", "https:"))[1] is False


@pytest.mark.parametrize("part", [b"", b"x", b"X: x\r\n"])
def test_a_tunnel_that_never_opens_is_no_connection(
    part: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that takes for ever to open the way is given up."""

    def talk(wire: Wire) -> None:
        wire.request()
        wire.send(HEAD)
        proxy.trickle(wire.send, part)

    with Peer(talk) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        assert failed(transport(SHORT), "https://api.example.com")[1] is False


def test_a_handshake_within_that_of_a_proxy_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Encryption within encryption, byte by byte, is no connection either."""

    def talk(wire: Wire) -> None:
        wire.request()
        wire.send(HEAD + b"\r\n", b"\x16\x03\x03\x40\x00")
        proxy.trickle(wire.send, b"x")

    with Peer(talk, secure=True) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        assert failed(transport(SHORT), "https://api.example.com")[1] is False


def test_a_large_answer_that_keeps_coming_is_read_whole() -> None:
    """Time is what counts, not how many pieces there are."""
    pieces = [b"%06d" % number * 1000 for number in range(200)]
    head = HEAD + b"Content-Length: %d\r\n\r\n" % (6000 * len(pieces))

    def talk(wire: Wire) -> None:
        for _ in range(2):
            wire.request()
            wire.send(head)
            for piece in pieces:
                time.sleep(0.002)
                wire.send(piece)

    with Peer(talk) as peer:
        sender = transport(10)
        for _ in range(2):
            assert sender.send("GET", peer.url).body == b"".join(pieces)


def flood(start: bytes, part: bytes) -> Callable[[Wire], None]:
    """Return a talk that sends as fast as it can, for ever."""

    def talk(wire: Wire) -> None:
        wire.request()
        wire.send(start)
        while True:
            wire.send(part)

    return talk


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
        (b"", b"HTTP/1.1 100 Continue\r\nX: " + b"x" * 60_000 + b"\r\n\r\n"),
        (CHUNKED, b"0" * 100_000),
        (CHUNKED + b"0\r\n", b"X: x\r\n" * 10_000),
        (CHUNKED, b"10000\r\n" + b"x" * 0x10000 + b"\r\n"),
    ],
    ids=["interim answers", "large interim answers", "size of a chunk", "trailers", "chunks"],
)
def test_an_endless_flood_is_given_up_by_its_size(start: bytes, part: bytes) -> None:
    """What comes fast and without end ends at a size, long before memory does."""
    with Peer(flood(start, part)) as peer:
        reason, sent = failed(transport(60), peer.url)
    assert (reason in {LARGE, CUT}, sent) == (True, True)
    assert LARGEST_HEAD < LARGEST_ANSWER


def test_headers_of_usual_size_are_read() -> None:
    """A page may set many cookies."""
    headers = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 1000) for number in range(60))
    answer = HEAD + headers + b"Content-Length: 2\r\n\r\nok"
    with Peer(after_request(lambda wire: wire.send(answer))) as peer:
        assert transport().send("GET", peer.url).headers["X-59"] == "x" * 1000
