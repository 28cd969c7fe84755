"""Fetch the same answers as a tap over so many connections, and do nothing else: the limit.

python -m tests.stock.bare PORT API COUNT CONNECTIONS
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from threading import local
from uuid import UUID

from tests.stock.reads import COBAI, ZOHO


def paths(api: str, count: int) -> list[str]:
    """Return the addresses of all pages of contacts, or of all customers' contacts."""
    if api == "zoho_voice":
        return [f"{ZOHO}?from={start}&size=50" for start in range(0, count, 49)]
    lists = [f"{COBAI}/{UUID(int=number)}/contact" for number in range(count)]
    return [COBAI, *lists, *(f"{path}/{path.split('/')[3]}" for path in lists)]


def main(port: int, api: str, count: int, connections: int) -> None:
    """Fetch everything."""
    mine = local()

    def fetch(path: str) -> None:
        if not hasattr(mine, "connection"):
            mine.connection = HTTPConnection("127.0.0.1", port)
        mine.connection.request("GET", path)
        mine.connection.getresponse().read()

    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(fetch, paths(api, count)))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
