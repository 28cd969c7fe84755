"""Loaders of others take the outcomes as they are; `make loaders` installs them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import contacts
from tests.support.ledger_stores import postgres
from tests.support.paths import ROOT
from tests.support.zoho_people import ANNA, BERT

if TYPE_CHECKING:
    from tests.support.commands import Workplace

LOADERS = Path(os.environ.get("LOADERS", ROOT / ".venv-loaders"))
JSONL = LOADERS / "target-jsonl/bin/target-jsonl"
POSTGRES = LOADERS / "meltanolabs-target-postgres/bin/target-postgres"


def outcomes(workplace: Workplace) -> list[Path]:
    """Return the outcomes of two runs that create, update and reject."""
    bad = {**BERT, "id": 3, "email": "nonsense"}
    with ZohoVoice() as zoho:
        config = {**zoho.target_config(), "report_dir": "reports", "max_rejects": -1}
        for rows in ([ANNA], [{**ANNA, "company": "Other", "email": ""}, bad, BERT]):
            assert workplace.target(config, contacts(*rows)).code == 0
    return sorted((workplace.folder / "reports").glob("*/outcomes.singer.jsonl"))


def load(loader: Path, config: dict[str, str], folder: Path, files: list[Path]) -> None:
    """Give files to a loader, one after the other."""
    (folder / "loader.json").write_text(json.dumps(config), encoding="utf-8")
    command = [str(loader), "--config", str(folder / "loader.json")]
    for file in files:
        with file.open("rb") as given:
            ended = subprocess.run(
                command, stdin=given, capture_output=True, text=True, check=False, timeout=120
            )
        assert ended.returncode == 0, ended.stderr


@pytest.mark.skipif(not JSONL.exists(), reason="no target-jsonl here: make loaders")
def test_target_jsonl_takes_the_outcomes(workplace: Workplace) -> None:
    """Each outcome is a line, and each run one."""
    files, folder = outcomes(workplace), workplace.folder / "loaded"
    folder.mkdir()
    load(JSONL, {"destination_path": str(folder)}, workplace.folder, files)
    found = {
        name: [
            json.loads(line)
            for path in sorted(folder.glob(f"{name}-*"))
            for line in path.read_text(encoding="utf-8").splitlines()
        ]
        for name in ("contact_outcomes", "contact_runs")
    }
    actions = sorted(each["action"] for each in found["contact_outcomes"])
    assert actions == ["created", "created", "rejected", "updated"]
    assert [each["read"] for each in found["contact_runs"]] == [1, 3]


@pytest.mark.skipif(not POSTGRES.exists(), reason="no target-postgres here: make loaders")
def test_target_postgres_takes_the_outcomes(workplace: Workplace) -> None:
    """Into two tables, whose rows are there once, however often they are loaded."""
    files = outcomes(workplace)
    with postgres() as store:
        config = {"sqlalchemy_url": store.url, "default_target_schema": "logs"}
        load(POSTGRES, config, workplace.folder, [*files, *files])
        engine = sa.create_engine(store.url)
        with engine.connect() as connection:
            asked = sa.text("SELECT action, count(*) FROM logs.contact_outcomes GROUP BY 1")
            actions = {row[0]: row[1] for row in connection.execute(asked)}
            asked = sa.text("SELECT exit_code, read FROM logs.contact_runs ORDER BY read")
            runs = [tuple(row) for row in connection.execute(asked)]
        engine.dispose()
    assert actions == {"created": 2, "rejected": 1, "updated": 1}
    assert runs == [(0, 1), (0, 3)]
