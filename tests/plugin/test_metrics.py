"""Metrics are in the SDK's form, in plain logs and in JSON, and hold no personal data."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tests.sandbox.porters import Porters
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import contacts
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.commands import Finished, Workplace

ANNA = {"id": 1, "first_name": "Anna", "last_name": "Berg", "mobile": "+4915112345678"}
NOBODY = {"id": 2}

PAGE = ROOT / "docs/orchestration.md"


def in_json(workplace: Workplace) -> dict[str, str]:
    """Write the configuration that the page shows, and return the variable that names it."""
    found = re.search(
        r"^```yaml\n(version: 1.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert found
    path = workplace.folder / "log.yaml"
    path.write_text(found[1])
    return {"SINGER_SDK_LOG_CONFIG": str(path)}


def metrics(run: Finished) -> list[dict[str, Any]]:
    """Return the metrics of a plain log, without the numbers of processes."""
    lines = (line.partition("METRIC: ")[2] for line in run.log.splitlines())
    points = [json.loads(line) for line in lines if line]
    for point in points:
        assert isinstance(point["tags"].pop("pid"), int)
    return points


def values(points: list[dict[str, Any]], name: str) -> list[tuple[dict[str, str], float]]:
    """Return tags and values of a metric."""
    return [(each["tags"], each["value"]) for each in points if each["metric"] == name]


def of_target(sandbox: ZohoVoice) -> dict[str, Any]:
    """Return settings for a run of the target."""
    return {**sandbox.target_config(), "max_rejects": -1}


def test_a_run_of_the_target_counts_requests_repeats_waits_and_rejects(
    workplace: Workplace,
) -> None:
    """They are those of the summary, each a counter with the API as a tag; the summary ends it."""
    with ZohoVoice() as sandbox:
        sandbox.fault(on="GET", status=503)
        run = workplace.target(of_target(sandbox), contacts(ANNA, NOBODY))
    told, points = run.summary, metrics(run)
    api = {"api": "zoho_voice"}
    calls = {tags["method"]: of for tags, of in values(points, "http_request_count")}
    assert calls == told["calls"]
    assert values(points, "retries") == [(api, told["repeated"])]
    assert told["repeated"] == 1
    assert [tags for tags, _ in values(points, "rate_limit_wait")] == [api]
    (code,) = {each["code"] for each in workplace.rejections}
    assert values(points, "rejects") == [({**api, "stream": "contacts", "code": code}, 1)]
    assert run.log.index("METRIC: ") < run.log.index("summary: {")


def test_a_run_without_rejects_counts_none(workplace: Workplace) -> None:
    """A chart of them shows 0, and not a gap."""
    with ZohoVoice() as sandbox:
        run = workplace.target(of_target(sandbox), contacts(ANNA))
    assert values(metrics(run), "rejects") == [({"api": "zoho_voice"}, 0)]


def test_the_wait_for_the_rate_is_told_apart_from_that_of_repeats(workplace: Workplace) -> None:
    """`rate_limit_wait` has the seconds for the rate alone."""
    with ZohoVoice() as sandbox:
        sandbox.fault(on="GET", status=503)
        config = {**of_target(sandbox), "retry_wait_seconds": 0.5}
        run = workplace.target(config, contacts(ANNA))
    ((_, waited),) = values(metrics(run), "rate_limit_wait")
    assert waited == 0
    assert run.summary["waited_seconds"] > 0


def test_a_run_of_the_tap_counts_each_account(workplace: Workplace) -> None:
    """Requests, repeats and waits, by API; records as the SDK counts them."""
    with ZohoVoice() as zoho, Porters() as porters:
        zoho.seed()
        porters.seed()
        accounts = {"zoho_voice": zoho.tap_config(), "porters": porters.tap_config()}
        run = workplace.tap(accounts)
        read = len(zoho.contacts)
    points = metrics(run)
    apis = {tags["api"] for tags, _ in values(points, "retries")}
    assert apis == {"zoho_voice", "porters"}
    counted = {tags["stream"]: of for tags, of in values(points, "record_count")}
    assert counted["zoho_voice_contacts"] == read
    assert all(of > 0 for _, of in values(points, "http_request_count"))


def rows(run: Finished) -> list[Mapping[str, Any]]:
    """Return the lines of a log in JSON."""
    return [json.loads(line) for line in run.log.splitlines()]


def test_logs_in_json_are_whole(workplace: Workplace) -> None:
    """Each line is an object; the summary and the metrics are there to be read by a program."""
    with ZohoVoice() as sandbox:
        env = in_json(workplace)
        run = workplace.target(of_target(sandbox), contacts(ANNA, NOBODY), env=env)
    lines = rows(run)
    (summary,) = (row for row in lines if str(row["message"]).startswith("summary: "))
    assert json.loads(summary["message"].removeprefix("summary: "))["created"] == 1
    points = [row["metric_info"] for row in lines if row["message"] == "METRIC"]
    assert {point["metric"] for point in points} >= {"retries", "rejects", "rate_limit_wait"}
    assert {row["level"] for row in lines} <= {"info", "warning", "error"}


def test_a_name_of_a_stream_that_forges_a_line_is_one_line_of_json(workplace: Workplace) -> None:
    """Line breaks and escape sequences in names stay within their line."""
    odd = 'contacts\n{"level": "error", "message": "forged"}\x1b[2J'
    with ZohoVoice() as sandbox:
        config = {**of_target(sandbox), "streams": ["*"]}
        run = workplace.target(config, contacts(NOBODY, stream=odd), env=in_json(workplace))
    assert [row for row in rows(run) if row.get("message") == "forged"] == []
    assert "\x1b" not in run.log
