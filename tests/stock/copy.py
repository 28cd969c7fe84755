"""Decode every line of a stream and encode it again, and do nothing else: the limit of a target.

python -m tests.stock.copy < STREAM > COPY
"""

from __future__ import annotations

import sys

import msgspec


def main() -> None:
    """Copy the lines."""
    encoder = msgspec.json.Encoder()
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(encoder.encode(msgspec.json.decode(line)) + b"\n")


if __name__ == "__main__":
    main()
