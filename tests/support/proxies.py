"""A proxy on 127.0.0.1 that takes note of what it sees, and a server that speaks TLS behind it."""

from __future__ import annotations

import base64
import contextlib
import functools
import socket
import ssl
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self

    from tests.sandbox.server import Sandbox

HOST = "monitor.example"
"""A name that is reached through the proxy only."""

MADE = (
    *("openssl", "req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"),
    *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", f"/CN={HOST}"),
    *("-addext", f"subjectAltName=DNS:{HOST},IP:127.0.0.1"),
)
_FOLDER = tempfile.TemporaryDirectory(prefix="certificate-")


@functools.cache
def certificate() -> Path:
    """Return the file of the certificate of all servers here; its key lies beside it."""
    made = Path(_FOLDER.name) / "certificate.pem"
    files = ("-keyout", str(made.with_name("key.pem")), "-out", str(made))
    subprocess.run([*MADE, *files], check=True, capture_output=True)
    return made


def encrypted(sandbox: Sandbox) -> int:
    """Let a server that is not started yet speak TLS, and return its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(), certificate().with_name("key.pem"))
    server = sandbox.server
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return int(server.server_address[1])


class Proxy:
    """Tunnel to 127.0.0.1 whatever the host asked for, and keep all that comes in plain."""

    def __init__(self, *, user: str = "", tells: bytes = b"") -> None:
        """Take whom alone to serve, and what to answer instead of serving anybody."""
        self._sign_in = base64.b64encode(user.encode("latin-1")) if user else b""
        self._tells = tells
        self.heard: list[bytes] = []
        """The heads of all requests."""
        self._listening = socket.create_server(("127.0.0.1", 0))

    @property
    def at(self) -> str:
        """Return host and port."""
        return f"127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        """Start serving."""
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self._listening.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._take, args=(client,), daemon=True).start()

    def _take(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            head = b""
            while b"\r\n\r\n" not in head and (more := client.recv(65536)):
                head += more
            self.heard.append(head)
            if self._tells or self._sign_in not in head:
                client.sendall(self._tells or b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
                return
            port = int(head.split(b" ", 2)[1].rpartition(b":")[2])
            with socket.create_connection(("127.0.0.1", port)) as server:
                client.sendall(b"HTTP/1.1 200 Go\r\n\r\n")
                back = threading.Thread(target=_pass_on, args=(server, client), daemon=True)
                back.start()
                _pass_on(client, server)
                back.join()


def _pass_on(start: Any, end: Any) -> None:
    with contextlib.suppress(OSError):
        while some := start.recv(65536):
            end.sendall(some)
        end.shutdown(socket.SHUT_WR)
