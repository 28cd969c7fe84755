"""The setting `destinations`: where it stands, what it takes over, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from target_contacts.destinations.settings import at_once, chosen, read
from target_contacts.target import TargetContacts

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = TargetContacts.config_jsonschema
ONE = {"name": "door 1", "api": "bas_ip", "bas_ip": {"api_url": "http://192.0.2.1"}}
TWO = {"name": "door 2", "api": "bas_ip", "bas_ip": {"api_url": "http://192.0.2.2"}}
COMMON: dict[str, Any] = {"bas_ip": {"username": "admin", "password": "sesame"}, "max_rejects": 3}


def test_a_destination_has_the_common_settings_and_its_own_before_them() -> None:
    """An account's object is put together from both; any other setting of its own goes first."""
    own = {**TWO, "max_rejects": 7}
    one, two = read({**COMMON, "destinations": [ONE, own]}, SCHEMA)
    assert one.config["bas_ip"] == {**COMMON["bas_ip"], "api_url": "http://192.0.2.1"}
    assert (one.config["max_rejects"], two.config["max_rejects"]) == (3, 7)
    assert {"name", "only", "destinations"}.isdisjoint(one.config)


def test_the_accounts_of_other_apis_are_none_of_its_settings() -> None:
    """What several accounts of another API have in common is no whole account."""
    other = {"name": "leads", "api": "porters", "porters": {"app_id": "1"}}
    one, two = read({**COMMON, "destinations": [ONE, other]}, SCHEMA)
    assert ("porters" in one.config, "bas_ip" in two.config) == (False, False)


@pytest.mark.parametrize("folder", ["rejects_dir", "report_dir"])
def test_each_has_a_folder_of_its_own_unless_it_names_one(folder: str) -> None:
    """Two runs never write one file, and a file tells by its folder whose it is."""
    one, two = read({folder: "/r", "destinations": [ONE, {**TWO, folder: "/own"}]}, SCHEMA)
    assert (one.config[folder], two.config[folder]) == ("/r/door 1", "/own")
    assert "report_dir" not in read({"destinations": [ONE]}, SCHEMA)[0].config


JSON_LINES = "\n".join(json.dumps({**each, "only": {"flat": ["1", 2]}}) for each in (ONE, TWO))
CSV = """name;api;bas_ip.api_url;only.flat;max_rejects
door 1;bas_ip;http://192.0.2.1;"[""1"", 2]";
door 2;bas_ip;http://192.0.2.2;"[""1"", 2]";
"""


@pytest.mark.parametrize("text", [JSON_LINES, CSV])
def test_they_may_stand_in_a_file(tmp_path: Path, text: str) -> None:
    """JSON lines and CSV say the same; an empty cell says nothing."""
    path = tmp_path / "doors"
    path.write_text(text)
    found = read({**COMMON, "destinations": str(path)}, SCHEMA)
    listed = [{**each, "only": {"flat": [1, " 2 "]}} for each in (ONE, TWO)]
    assert found == read({**COMMON, "destinations": listed}, SCHEMA)


def test_a_variable_of_the_environment_may_hold_the_list_itself() -> None:
    """There all settings are texts; objects in the list are no texts any more."""
    given = {"destinations": json.dumps([ONE]), "bas_ip": json.dumps(COMMON["bas_ip"])}
    (one,) = read(given, SCHEMA)
    assert one.config["bas_ip"]["password"] == "sesame"


def test_a_value_is_converted_once_by_the_run_of_its_destination(tmp_path: Path) -> None:
    """A secret that begins with `@/` would otherwise be taken for the name of a file."""
    path = tmp_path / "folder"
    path.write_text("/data/rejects\n")
    account = {"api_url": "http://192.0.2.1", "password": "@@/x", "username": f"@{path}"}
    one = {**ONE, "bas_ip": account, "max_rejects": "7"}
    (found,) = read({**COMMON, "destinations": [one], "rejects_dir": f"@{path}"}, SCHEMA)
    assert found.config["bas_ip"] == account
    assert (found.config["max_rejects"], found.config["rejects_dir"]) == (
        "7",
        "/data/rejects/door 1",
    )


WRONG: list[tuple[Any, str]] = [
    ([], "there is none"),
    ([1], "must be a list of objects"),
    ("[{]", "must be a list of objects"),
    ("/no/such/file", "the file cannot be read"),
    ([{"api": "bas_ip"}], "each needs a name"),
    ([{**ONE, "name": "a\nb"}], "each needs a name"),
    ([{**ONE, "name": "../x"}], "must not be list, begin with a dot"),
    ([{**ONE, "name": "a/b"}], "must not be list"),
    ([{**ONE, "name": "list"}], "Destination list: a name must not be list"),
    ([ONE, {**TWO, "name": "DOOR 1"}], "Destination DOOR 1: its name is given twice"),
    ([{"name": "x"}], "Destination x: it names no api"),
    ([{**ONE, "destinations": []}], "Destination door 1: it cannot have the setting destinations"),
    ([{**ONE, "only": "flat"}], "Destination door 1: only must be an object"),
    ([{**ONE, "only": {"flat": []}}], "only.flat must be a value or a list"),
    ([{**ONE, "only": {"flat": ["1", ""]}}], "only.flat must be a value or a list"),
    ([{**ONE, "only": {"flat": {"a": 1}}}], "only.flat must be a value or a list"),
]


@pytest.mark.parametrize(("listed", "why"), WRONG)
def test_what_is_wrong_is_said_with_the_name(listed: Any, why: str) -> None:
    """Nothing is guessed: a wrong list ends the run before anything is read."""
    with pytest.raises(ConfigurationError, match=why):
        read({"destinations": listed}, SCHEMA)


def test_a_broken_file_is_refused_without_its_text(tmp_path: Path) -> None:
    """It may hold passwords."""
    path = tmp_path / "doors"
    path.write_text(json.dumps(ONE) + '\n{"password": "sesame"')
    with pytest.raises(ConfigurationError, match="line 2 is not a JSON object") as error:
        read({"destinations": str(path)}, SCHEMA)
    assert "sesame" not in str(error.value)


def test_a_column_cannot_be_both_an_object_and_a_value(tmp_path: Path) -> None:
    """One of the two would be lost."""
    path = tmp_path / "doors"
    path.write_text("name,api,only,only.flat\nx,bas_ip,1,2\n")
    with pytest.raises(ConfigurationError, match=r"has the columns only and only\.flat"):
        read({"destinations": str(path)}, SCHEMA)


def test_an_api_for_all_is_refused() -> None:
    """It would be unclear whether the account beside it is one more destination."""
    with pytest.raises(ConfigurationError, match="Give either api or destinations"):
        read({"api": "bas_ip", "destinations": [ONE]}, SCHEMA)


def test_those_named_are_chosen_in_their_order_and_others_are_refused() -> None:
    """A name that is not there is a mistake, not an empty run."""
    found = read({"destinations": [ONE, TWO]}, SCHEMA)
    assert chosen(found, ()) == found
    assert chosen(found, ("door 2",)) == found[1:]
    with pytest.raises(ConfigurationError, match=r"Destination door 3: .* has none of this name"):
        chosen(found, ("door 2", "door 3"))


@pytest.mark.parametrize(("given", "most"), [(None, 8), ("3", 3), (64, 64)])
def test_how_many_are_written_at_once_is_a_setting(given: Any, most: int) -> None:
    """It has a default, and may be a text."""
    assert at_once({"destinations_at_once": given}, SCHEMA) == most


@pytest.mark.parametrize("given", [0, 65, "many", 1.5, True])
def test_a_wrong_number_of_them_is_refused(given: Any) -> None:
    """There is one at least, and not a thousand processes."""
    with pytest.raises(ConfigurationError, match="from 1 to 64"):
        at_once({"destinations_at_once": given}, SCHEMA)
