"""`--sign-in` can be tried with nothing but what the sandbox prints."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import pytest
import requests

from tests.sandbox.__main__ import Sandboxes, main, show
from tests.sandbox.porters import APP_ID, REDIRECT_URL, SCOPES, Porters
from tests.support.commands import FAST, Workplace

if TYPE_CHECKING:
    from pathlib import Path

EVERY = [(name, api) for name in ("tap", "target") for api in ("zoho_voice", "porters")]


def given(line: str) -> str:
    """Return the answer of a line; what is new each time is on the page that it names."""
    answer = line.partition(": ")[2]
    page = answer.partition("a new one each time at ")[2]
    return requests.get(page, timeout=5).text.strip() if page else answer


@pytest.mark.parametrize(("name", "api"), EVERY)
def test_what_is_printed_signs_in(
    name: str, api: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file knows the address before and the account afterwards, with which `--check` passes."""
    workplace = Workplace(tmp_path)
    with ExitStack() as stack:
        show(Sandboxes(stack), tmp_path / "demo")
        shown = capsys.readouterr().out.split("\n\n")
        block = next(each for each in shown if f"new-{name}-{api}.json --sign-in" in each)
        command, *answers = block.splitlines()
        lines = "".join(f"{given(each)}\n" for each in answers)
        ended = workplace.plain(*command.split(), stdin=lines + "\n")
        assert ended.code == 0, ended.log
        kept = json.loads((tmp_path / f"demo/new-{name}-{api}.json").read_text("utf-8"))
        check = workplace.run(f"{name}-contacts", {**FAST, **kept}, "--check")
        assert check.code == 0, check.out + check.log


def test_the_page_of_a_grant_is_accepted_by_opening_it() -> None:
    """It shows where the browser would be then; without the redirect URL, that it was refused."""
    query = {"app_id": APP_ID, "response_type": "code", "scope": ",".join(SCOPES), "state": "x"}
    with Porters(scopes=()) as company:
        pages = [
            requests.get(f"{company.url}/v1/oauth?{urlencode(each)}", timeout=5).text
            for each in (query, {**query, "redirect_url": REDIRECT_URL})
        ]
        assert f"{REDIRECT_URL}?error=101" in pages[0]
        assert f"{REDIRECT_URL}?response_type=code&code=" in pages[1]
        assert {*company.scopes} == {*SCOPES}


def test_a_port_that_is_taken_is_told_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever starts it twice sees what to do, and no traceback."""
    with Porters() as running, pytest.raises(SystemExit) as ended:
        main(["--first-port", str(urlsplit(running.url).port)])
    assert ended.value.code == 1
    assert "Is a sandbox running already?" in capsys.readouterr().err
