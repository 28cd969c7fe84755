"""Send recorded requests again over one connection, and do nothing else: the limit of a writer.

python -m tests.stock.replay URL FILE

The file holds a JSON list of requests: path, headers and body.
"""

from __future__ import annotations

import json
import sys
from http.client import HTTPConnection
from pathlib import Path


def main(url: str, path: str) -> None:
    """Send everything."""
    connection = HTTPConnection(url.removeprefix("http://"))
    for where, headers, body in json.loads(Path(path).read_text(encoding="utf-8")):
        connection.request("POST", where, body.encode(), headers)
        connection.getresponse().read()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
