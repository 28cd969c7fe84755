"""A file of settings is changed as a whole or not at all, and is its owner's alone."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.configuration._dict_config import parse_environment_config

from tap_contacts.plugin import kept_settings
from tap_contacts.plugin.json_files import Unreadable
from tap_contacts.plugin.kept_settings import Unwritable

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "KEPT_TEST_"
NESTED = {"client_secret": "s$e${HOME}'c\"r\\e t#=é", "page_size": 2, "flag": True, "none": None}


def rights(path: Path) -> int:
    """Return the rights to a file."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("bits", [0, 0o022, 0o277, 0o777], ids=oct)
@pytest.mark.parametrize("there", [None, 0o644, 0o400], ids=["new", "0o644", "0o400"])
@pytest.mark.parametrize("name", ["config.json", ".env"])
def test_the_file_is_for_its_owner_only(
    tmp_path: Path, name: str, there: int | None, bits: int
) -> None:
    """Whatever the umask takes away, and whoever could read it before."""
    path = tmp_path / name
    if there is not None:
        path.write_text("{}" if name == "config.json" else "")
        path.chmod(there)
    before = os.umask(bits)
    try:
        kept_settings.at(str(path), PREFIX).update({"a": "b"})
    finally:
        os.umask(before)
    assert rights(path) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_a_config_keeps_its_other_keys_in_their_order(tmp_path: Path) -> None:
    """And numbers, texts of any script and nested values as they were."""
    path = tmp_path / "config.json"
    other = {"b": [1, 2.5, {"ü": None}], "porters": {"x": 1}, "a": 12345678901234567890}
    path.write_text("\ufeff" + json.dumps(other), encoding="utf-8")
    file = kept_settings.at(str(path), PREFIX)
    file.update({"porters": {"y": 2}, "api": "porters"})
    assert list(json.loads(path.read_text("utf-8")).items()) == [
        *{**other, "porters": {"y": 2}, "api": "porters"}.items()
    ]
    assert file.read()["a"] == 12345678901234567890


def test_a_link_leads_to_the_file_that_is_changed(tmp_path: Path) -> None:
    """It stays a link, as from a folder of secrets."""
    (tmp_path / "real").mkdir()
    (tmp_path / "config.json").symlink_to("real/config.json")
    kept_settings.at(str(tmp_path / "config.json"), PREFIX).update({"a": 1})
    assert (tmp_path / "config.json").is_symlink()
    assert json.loads((tmp_path / "real/config.json").read_text()) == {"a": 1}


VARIABLES = [
    ("", ""),
    ("# comment\nOTHER='x y' # why\n\n", "# comment\nOTHER='x y' # why\n\n"),
    ("OTHER=1", "OTHER=1\n"),
    ("KEPT_TEST_ACCOUNT='{}'\nOTHER=1\n", None),
    ("OTHER=1\n\nexport KEPT_TEST_ACCOUNT={}\nLAST=$OTHER\n", None),
    ("KEPT_TEST_ACCOUNT=1\nOTHER=1\nKEPT_TEST_ACCOUNT=2\n", None),
]


@pytest.mark.parametrize(("before", "start"), VARIABLES)
def test_a_variable_is_set_and_all_other_lines_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, start: str | None
) -> None:
    """The SDK reads from it what was written, with every sign; there is only one such line."""
    path = tmp_path / ".env"
    path.write_text(before)
    kept_settings.at(str(path), PREFIX).update({"account": NESTED, "api": "zoho"})
    after = path.read_text()
    assert after.startswith(start or "")
    others = [line for line in before.splitlines() if "KEPT_TEST" not in line]
    assert [line for line in after.splitlines() if "KEPT_TEST" not in line] == others
    assert after.count("KEPT_TEST_ACCOUNT=") == after.count("KEPT_TEST_API=") == 1
    for name in ("KEPT_TEST_ACCOUNT", "KEPT_TEST_API", "OTHER", "LAST"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    texts = {"properties": {name: {"type": "string"} for name in ("account", "api")}}
    read = parse_environment_config(texts, PREFIX, path)
    assert json.loads(read["account"]) == NESTED
    assert read["api"] == "zoho"
    own: dict[str, Any] = kept_settings.at(str(path), PREFIX).read()
    assert json.loads(own["account"]) == NESTED


def test_a_variable_that_names_another_is_read_as_the_sdk_reads_it(tmp_path: Path) -> None:
    """The secrets of an account may stand in lines of their own."""
    path = tmp_path / ".env"
    path.write_text('OF_A_STORE=x\nKEPT_TEST_ACCOUNT=\'{"a": "${OF_A_STORE}"}\'\n')
    assert kept_settings.at(str(path), PREFIX).read() == {"account": '{"a": "x"}'}


@pytest.mark.parametrize(
    ("text", "why"),
    [("[]", "is not a JSON object"), ("{", "is not JSON"), ('{"a":1,"a":2}', "twice")],
)
def test_a_config_that_cannot_be_read_is_left_alone(tmp_path: Path, text: str, why: str) -> None:
    """Nothing is guessed of what its owner meant."""
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(Unreadable, match=why):
        kept_settings.at(str(path), PREFIX).update({"a": 1})
    assert path.read_text() == text


def test_what_cannot_be_written_is_told_before(tmp_path: Path) -> None:
    """A folder that is not there, and what is no file."""
    with pytest.raises(Unwritable, match="No such file or directory"):
        kept_settings.assert_replaceable(tmp_path / "no" / "config.json")
    with pytest.raises(Unwritable, match="is not a file"):
        kept_settings.assert_replaceable(tmp_path)
    kept_settings.assert_replaceable(tmp_path / "config.json")
    assert list(tmp_path.iterdir()) == []
