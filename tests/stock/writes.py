"""Take contacts as Zoho Voice and BAS-IP do, so cheaply that the writer is what is measured.

python -m tests.stock.writes
"""

from __future__ import annotations

import msgspec

from tests.stock.server import Canned, serve


class Writes(Canned):
    """What is answered to writes."""

    def __init__(self) -> None:
        """Start with nothing."""
        super().__init__()
        self._ids = 0

    def answer(self, path: str, query: dict[str, str], body: bytes) -> bytes:
        """Return the body of an answer."""
        del query
        if path.endswith("/login"):
            return b'{"token":"t","account_type":"admin"}'
        if path.endswith("/api/v0/contacts"):
            items = msgspec.json.decode(body)["list_items"]
            done = {"success": True, "extended_info": "created"}
            return msgspec.json.encode(
                {"result": [{"link_id": i["link_id"], **done} for i in items]}
            )
        self._ids += 1
        head = f'{{"code":"200","status":"SUCCESS","contacts":{{"contact_id":{self._ids}}}}}'
        return head.encode()


if __name__ == "__main__":
    serve(Writes())
