"""A target as the SDK's cookiecutter makes it, to compare with: one request a record."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import requests
from singer_sdk import Target
from singer_sdk import typing as th
from singer_sdk.sinks import RecordSink


class StockSink(RecordSink):
    """Create a contact of Zoho Voice for each record; without an address, do nothing with it."""

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        """Send a record."""
        del context
        if url := self.config.get("api_url"):
            body = {"contact": json.dumps(record)}
            headers = {"Authorization": f"Zoho-oauthtoken {self.config['access_token']}"}
            answer = self.session.post(f"{url}/rest/json/zv/contacts", data=body, headers=headers)
            answer.raise_for_status()

    def setup(self) -> None:
        """Keep one connection."""
        self.session = requests.Session()


class StockTarget(Target):
    """Write contacts one by one."""

    name = "target-stock"
    config_jsonschema: ClassVar = th.PropertiesList(
        th.Property("api_url", th.StringType),
        th.Property("access_token", th.StringType),
    ).to_dict()
    default_sink_class = StockSink


if __name__ == "__main__":
    StockTarget.cli()
