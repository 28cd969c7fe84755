"""Which folders of runs are read, and which are deleted."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from target_contacts.report.folder import FACTS, PAGE, RunFolder
from target_contacts.report.outcome_file import NAME

if TYPE_CHECKING:
    from pathlib import Path


def told(folder: RunFolder, **more: Any) -> dict[str, Any]:
    """Return what a run.json has to tell at least."""
    run = {"run_id": folder.run_id, "started_at": "2026-11-26T01:00:00", "api": "fake"}
    return {**run, "ended": "done", "exit_code": 0, **more}


def ran(above: Path, **more: Any) -> Path:
    """Return the folder of a run that has ended."""
    folder = RunFolder(str(above), "fake")
    folder.make()
    folder.put(FACTS, json.dumps(told(folder, **more)).encode())
    for name in (PAGE, NAME):
        (folder.path / name).touch()
    return folder.path


def pruned(above: Path, keep: int = 1) -> None:
    """Delete what is beyond the runs that are kept, as a new run does."""
    folder = RunFolder(str(above), "fake")
    folder.make()
    folder.prune(keep)


def test_a_folder_is_named_by_time_api_and_run(tmp_path: Path) -> None:
    """It is its owner's alone, and so are its files."""
    folder = RunFolder(str(tmp_path / "new" / "reports"), "zoho_voice")
    folder.make()
    folder.put("run.json", b"1")
    folder.put("run.json", b"2")
    name = rf"\d{{8}}T\d{{6}}\.\d{{6}}Z-zoho_voice-{folder.run_id[:8]}"
    assert re.fullmatch(name, folder.path.name)
    assert [each.read_bytes() for each in folder.path.iterdir()] == [b"2"]
    modes = [each.stat().st_mode & 0o777 for each in (folder.path, folder.path / "run.json")]
    assert modes == [0o700, 0o600]


@pytest.mark.parametrize("above", ["file", "file/below", "/proc/x", "a\0b", "x" * 300], ids=repr)
def test_a_folder_that_cannot_be_made_is_a_wrong_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, above: str
) -> None:
    """Its name is told."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"^report_dir: .* cannot be written to: "):
        RunFolder(above, "fake").make()


def test_the_newest_runs_are_kept(tmp_path: Path) -> None:
    """The run itself is one of them."""
    folders = [ran(tmp_path) for _ in range(4)]
    pruned(tmp_path, keep=3)
    assert [each.exists() for each in folders] == [False, False, True, True]


def not_ended(above: Path) -> Path:
    """Return the folder of a run that goes on, or was killed."""
    return ran(above, exit_code=None)


def of_another_name(above: Path) -> Path:
    """Return a folder that is called otherwise."""
    return ran(above).rename(above / "20260101-backup")


def of_another_run(above: Path) -> Path:
    """Return a folder whose run.json is that of another run."""
    return ran(above, run_id="0" * 32)


def with_more(above: Path) -> Path:
    """Return a folder into which somebody has put a file."""
    path = ran(above)
    (path / "notes.txt").touch()
    return path


def with_a_folder(above: Path) -> Path:
    """Return a folder with another one in it."""
    path = ran(above)
    (path / "more").mkdir()
    return path


def broken(above: Path) -> Path:
    """Return a folder whose run.json is cut short."""
    path = ran(above)
    (path / FACTS).write_text('{"run_id": ')
    return path


def odd(above: Path) -> Path:
    """Return a folder whose run.json is of another form."""
    return ran(above, summary={"read": "many"})


def linked(above: Path) -> Path:
    """Return a link that is called like a run."""
    path = ran(above)
    elsewhere = path.rename(above / "elsewhere")
    path.symlink_to(elsewhere)
    return path


@pytest.mark.parametrize(
    "make",
    [not_ended, of_another_name, of_another_run, with_more, with_a_folder, broken, odd, linked],
)
def test_what_is_not_surely_a_run_that_ended_stays_whole(tmp_path: Path, make: Any) -> None:
    """However old it is; the run behind it is deleted."""
    kept = make(tmp_path)
    before = sorted(each.name for each in kept.iterdir())
    ended = ran(tmp_path)
    pruned(tmp_path)
    assert sorted(each.name for each in kept.iterdir()) == before
    assert not ended.exists()


@pytest.mark.parametrize("make", [broken, odd, of_another_run, of_another_name, linked])
def test_a_run_json_that_is_none_is_passed_over(tmp_path: Path, make: Any) -> None:
    """The others are told, the newest first; missing counts are 0."""
    first = ran(tmp_path, summary={"read": 5, "not_carried": {}}, seconds=2)
    make(tmp_path)
    second = not_ended(tmp_path)
    found = [*RunFolder(str(tmp_path), "fake").past()]
    assert [path for path, _ in found] == [second, first]
    past = found[1][1]
    assert (past.summary.read, past.summary.created, past.seconds) == (5, 0, 2.0)
