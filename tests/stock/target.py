"""A target as the SDK's cookiecutter makes it, to compare with: one request at a time.

Without an address it does nothing with what it has validated.
"""

from __future__ import annotations

from typing import Any, ClassVar

import requests
from singer_sdk import Sink, Target
from singer_sdk import typing as th
from singer_sdk.sinks import BatchSink, RecordSink

from tests.stock.wire import Record, calls, headers, ids

API = "zoho_voice"


def send(sink: Sink, session: requests.Session, records: list[Record]) -> None:
    """Create contacts."""
    url, api = sink.config.get("api_url"), sink.config.get("api", API)
    if not url:
        return
    fields = headers(api, sink.config["access_token"])
    for call in calls(api, ((record, "") for record in records)):
        answer = session.request(call.method, url + call.path, data=call.body, headers=fields)
        answer.raise_for_status()
        ids(api, answer.content)


class StockSink(RecordSink):
    """Create a contact for each record."""

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        """Send a record."""
        del context
        send(self, self.session, [record])

    def setup(self) -> None:
        """Keep one connection."""
        self.session = requests.Session()


class StockBatchSink(BatchSink):
    """Create the contacts of a batch, with as many in a request as fit."""

    def process_batch(self, context: dict[str, Any]) -> None:
        """Send a batch."""
        send(self, self.session, context["records"])

    def setup(self) -> None:
        """Keep one connection."""
        self.session = requests.Session()


class StockTarget(Target):
    """Write contacts."""

    name = "target-stock"
    config_jsonschema: ClassVar = th.PropertiesList(
        th.Property("api", th.StringType),
        th.Property("api_url", th.StringType),
        th.Property("access_token", th.StringType),
    ).to_dict()

    def get_sink_class(self, stream_name: str) -> type[Sink]:
        """Return a sink for batches where the API takes them."""
        del stream_name
        return StockBatchSink if self.config.get("api") == "porters" else StockSink


if __name__ == "__main__":
    StockTarget.cli()
