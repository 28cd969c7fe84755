"""Read Zoho Voice's contacts with dlt into files, the pages fetched by eight workers.

python -m tests.peers.dlt_reader URL FOLDER
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import dlt
from dlt.sources.helpers import requests

from tests.stock.wire import CONNECTIONS, ZOHO_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 50


def page(url: str, start: int) -> dict[str, Any]:
    """Fetch one page."""
    signed = {"Authorization": "Zoho-oauthtoken t"}
    query = {"from": start, "size": PAGE, "totalCount": "true"}
    told = requests.get(f"{url}{ZOHO_PATH}", params=query, headers=signed)
    return dict(told.json())


def main(url: str, folder: str) -> None:
    """Run a pipeline."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["EXTRACT__WORKERS"] = str(CONNECTIONS)
    os.environ["NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION"] = "true"

    @dlt.resource
    def starts() -> Iterator[int]:
        yield from range(0, page(url, 0)["meta"]["total"], PAGE)

    @dlt.transformer(data_from=starts, name="contacts")
    @dlt.defer
    def rows(start: int) -> list[dict[str, Any]]:
        return list(page(url, start)["contacts"])

    files = dlt.destinations.filesystem(bucket_url=f"file://{folder}/read")
    pipeline = dlt.pipeline(
        "reading", pipelines_dir=folder, destination=files, dataset_name="contacts"
    )
    pipeline.run(rows, loader_file_format="jsonl").raise_on_failed_jobs()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
