"""Read the setting `destinations`: which accounts one input goes to, and the settings of each."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.plugin import printable
from tap_contacts.plugin.same_name import alike
from tap_contacts.plugin.typed import typed
from tap_contacts.plugin.value_files import value_of
from target_contacts.destinations.rows import API, NAME, SETTING, parsed, rows
from target_contacts.values.basic import compared

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

AT_ONCE = "destinations_at_once"
ONLY = "only"
LIST = "list"
"""What the option takes instead of a name, to print all of them."""
LONGEST_NAME = 100
_FOLDERS = frozenset(("rejects_dir", "report_dir"))
"""Settings of folders; each destination has its own below the common one."""


class Destination(NamedTuple):
    """An account that the input goes to."""

    name: str
    config: dict[str, Any]
    only: Mapping[str, frozenset[str]]
    """Attribute or field of a record to its values, as `alike` gives them; nothing: all records."""


def read(given: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Destination]:
    """Return the destinations of a config in their order.

    Raises:
        ConfigurationError: If anything of the setting is wrong.
    """
    common = {name: value for name, value in given.items() if value is not None}
    listed = common.pop(SETTING, None)
    common.pop(AT_ONCE, None)
    if listed in (None, ""):
        msg = f"--destinations: the setting {SETTING} is not given."
        raise ConfigurationError(msg)
    if API in common:
        msg = f"Give either {API} or {SETTING}: each destination names its own API."
        raise ConfigurationError(msg)
    found = [_destination(row, common, schema) for row in rows(listed)]
    if not found:
        msg = f"{SETTING}: there is none."
        raise ConfigurationError(msg)
    _assert_unique(found)
    return found


def at_once(given: Mapping[str, Any], schema: Mapping[str, Any]) -> int:
    """Return how many destinations are written at the same time."""
    known = schema["properties"][AT_ONCE]
    value = typed(given.get(AT_ONCE), known)
    value = known["default"] if value is None else value
    if type(value) is int and known["minimum"] <= value <= known["maximum"]:
        return value
    msg = f"{AT_ONCE} must be a number from {known['minimum']} to {known['maximum']}."
    raise ConfigurationError(msg)


def _destination(
    row: Mapping[str, Any], common: Mapping[str, Any], schema: Mapping[str, Any]
) -> Destination:
    name = _name(row.get(NAME))
    own = {key: row[key] for key in row.keys() - {NAME, ONLY}}
    if not isinstance(own.get(API), str):
        raise wrong(name, f"it names no {API}")
    if extra := {SETTING, AT_ONCE} & own.keys():
        raise wrong(name, f"it cannot have the setting {min(extra)}")
    config = _config(name, own, common, schema)
    return Destination(name, config, _only(name, row.get(ONLY)))


def _config(
    name: str, own: Mapping[str, Any], common: Mapping[str, Any], schema: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the settings of a destination: the common ones, and before them its own.

    Their values stay as they are given: its run converts them, and reads the files they name.
    """
    declared, api = schema["properties"], own[API]
    others = {*declared[API]["enum"]} - {api}
    config = {key: value for key, value in {**common, **own}.items() if key not in others}
    shared, account = (_object(each.get(api), api) for each in (common, own))
    if isinstance(shared, dict) and isinstance(account, dict):
        config[api] = {**shared, **account}
    for setting in _FOLDERS - own.keys():
        folder = common.get(setting, declared[setting].get("default"))
        if isinstance(folder, str):
            config[setting] = str(PurePath(value_of(folder, setting), name))
    return config


def _object(given: object, setting: str) -> object:
    """Return an account, which may be given as a text of JSON."""
    return parsed(value_of(given, setting)) if isinstance(given, str) else given


def _name(given: object) -> str:
    name = compared(given)
    if not name or len(name) > LONGEST_NAME or printable.text(name) != name:
        msg = f"{SETTING}: each needs a {NAME} of one to {LONGEST_NAME} printable characters."
        raise ConfigurationError(msg)
    if name == LIST or name.startswith((".", "-")) or not {"/", "\\"}.isdisjoint(name):
        why = f"a name must not be {LIST}, begin with a dot or a dash, or hold / or \\"
        raise wrong(name, why)
    return name


def _only(name: str, given: object) -> Mapping[str, frozenset[str]]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise wrong(name, f"{ONLY} must be an object of attributes and their values")
    return {attribute: _values(name, attribute, value) for attribute, value in given.items()}


def _values(name: str, attribute: str, given: object) -> frozenset[str]:
    if isinstance(given, str) and given.lstrip().startswith("["):
        given = parsed(given)
    several = given if isinstance(given, list) else [given]
    found = frozenset(alike(compared(each)) for each in several)
    if not found or "" in found:
        raise wrong(name, f"{ONLY}.{printable.name(attribute)} must be a value or a list of values")
    return found


def _assert_unique(found: Iterable[Destination]) -> None:
    names: set[str] = set()
    for each in found:
        if each.name.casefold() in names:
            raise wrong(each.name, "its name is given twice, or differs in case only")
        names.add(each.name.casefold())


def chosen(found: Sequence[Destination], names: Sequence[str]) -> list[Destination]:
    """Return the destinations of these names; all of them if there are none.

    Raises:
        ConfigurationError: If there is none of a name.
    """
    if unknown := set(names) - {each.name for each in found}:
        raise wrong(min(unknown), f"the setting {SETTING} has none of this name")
    return [each for each in found if not names or each.name in names]


def the_one(
    given: Mapping[str, Any], schema: Mapping[str, Any], names: Sequence[str], option: str
) -> Mapping[str, Any]:
    """Return the settings of the destination that an option is for.

    Raises:
        ConfigurationError: If none or several are named.
    """
    found = chosen(read(given, schema), names)
    if len(found) > 1:
        raise ConfigurationError(for_one(option))
    return found[0].config


def for_one(option: str) -> str:
    """Return that an option is for one destination."""
    return f"{option} is for one destination: name it, as in --destinations NAME."


def wrong(name: str, why: object) -> ConfigurationError:
    """Return what is wrong with the settings of a destination."""
    said = f"Destination {printable.text(name)}: {why}."
    return ConfigurationError(said.replace("..", ".").replace("?.", "?"))
