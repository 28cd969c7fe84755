"""Whoever sets the log up, and however talkative: no secret and no contact stands in it."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from itertools import chain, cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.transport.library_logs import QUIET
from tests.support.commands import FAST, contacts
from tests.support.privacy import (
    CONTACT,
    DESTINATIONS,
    QUICK,
    READS,
    SECRETS,
    WRITES,
    but_records,
    config_of,
    endless,
    found,
    person,
    source,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.support.commands import Workplace

NAMES = (
    *("urllib3", "urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry", "requests"),
    *("http", "http.client", "sqlalchemy", "sqlalchemy.engine", "sqlalchemy.engine.Engine"),
    *("sqlalchemy.pool", "sqlalchemy.pool.impl.QueuePool", "singer_sdk", "singer_sdk.metrics"),
    *("target-contacts", "tap-contacts", "target-contacts.contacts", "contacts"),
)
TALKATIVE = """
import http.client, logging

http.client.HTTPConnection.debuglevel = 1

class Handler(logging.StreamHandler):
    pass
"""
FORMATTERS = {
    "text": {"format": "%(levelname)s %(name)s %(message)s %(args)s"},
    "json": {"()": "singer_sdk.logging.StructuredFormatter"},
}
DEBUG = {"text": "DEBUG", "json": '"level":"debug"'}
"""What shows that much is logged."""


def log_config(workplace: Workplace, form: str, *, named: bool, disabling: bool) -> dict[str, str]:
    """Write a log configuration with everything at DEBUG, and return the variables that name it.

    Args:
        workplace: Where to write it.
        form: In which form lines are to be.
        named: Whether it names all loggers, or only the root.
        disabling: Whether it is to replace what is set up.
    """
    (workplace.folder / "talkative.py").write_text(TALKATIVE)
    handler = {"()": "talkative.Handler", "formatter": "all", "level": "DEBUG"}
    logger = {"level": "DEBUG", "handlers": ["all"], "propagate": False}
    config: dict[str, Any] = {
        "version": 1,
        "disable_existing_loggers": disabling,
        "formatters": {"all": FORMATTERS[form]},
        "handlers": {"all": handler},
        "root": {"level": "DEBUG", "handlers": ["all"]},
    }
    if named:
        config["loggers"] = dict.fromkeys(NAMES, logger)
    path = workplace.folder / "log.yaml"
    path.write_text(json.dumps(config))
    return {"SINGER_SDK_LOG_CONFIG": str(path), "PYTHONPATH": str(workplace.folder)}


FORMS = [
    ("text", False, False),
    ("text", True, False),
    ("text", True, True),
    ("json", True, True),
]


def with_forms(apis: Iterable[str]) -> list[tuple[str, str, bool, bool]]:
    """Return each API with a form: what keeps the loggers quiet is the same for all of them."""
    return [(api, *form) for api, form in zip(apis, cycle(FORMS), strict=False)]


@pytest.mark.parametrize(("api", "form", "named", "disabling"), with_forms(DESTINATIONS))
def test_a_log_configuration_brings_nothing_of_the_target_to_light(
    workplace: Workplace, api: str, form: str, *, named: bool, disabling: bool
) -> None:
    """Neither sign-ins nor contacts nor what the ledger stores, though the API quotes them."""
    env = log_config(workplace, form, named=named, disabling=disabling)
    with DESTINATIONS[api]() as sandbox:
        config = {**FAST, **QUICK, **config_of(sandbox)}
        first = workplace.target(config, contacts(*map(person, range(4)), state={"a": 1}), env=env)
        sandbox.at, sandbox.answers = WRITES[api], endless()
        second = workplace.target(config, contacts(*map(person, range(3, 8))), env=env)
    assert (first.code, "summary: {" in first.log) == (0, True)
    assert DEBUG[form] in first.log
    for run in (first, second):
        assert found((*SECRETS, *CONTACT), f"{run.log}{run.out}".encode()) == []
        assert not re.search(r"(send|reply|header): ", run.out)


@pytest.mark.parametrize(("api", "form", "named", "disabling"), with_forms(READS))
def test_a_log_configuration_brings_nothing_of_the_tap_to_light(
    workplace: Workplace, api: str, form: str, *, named: bool, disabling: bool
) -> None:
    """What is read stands in records only."""
    env = log_config(workplace, form, named=named, disabling=disabling)
    with source(api) as sandbox:
        config = {**FAST, **QUICK, sandbox.api: sandbox.tap_config()}
        whole = workplace.run("tap-contacts", config, env=env)
        sandbox.at, sandbox.answers = READS[api], endless()
        failed = workplace.run("tap-contacts", config, env=env)
    assert (whole.code, failed.code) == (0, 1)
    assert DEBUG[form] in whole.log
    for run in (whole, failed):
        assert found((*SECRETS, *CONTACT), but_records(run)) == []
        assert found(SECRETS, run.out.encode()) == []


@pytest.mark.parametrize("library", ["urllib3", "requests"])
def test_every_logger_of_the_libraries_that_send_is_known(library: str) -> None:
    """A version with one more, which might log addresses, fails here."""
    spec = find_spec(library)
    assert spec
    assert spec.origin
    folder = Path(spec.origin).parent
    sources = {path: path.read_text("utf-8") for path in folder.rglob("*.py")}
    modules = [
        ".".join([library, *path.relative_to(folder).with_suffix("").parts])
        for path, text in sources.items()
        if "getLogger(__name__)" in text
    ]
    names = {name.removesuffix(".__init__") for name in modules}
    others = set(chain(*(re.findall(r'getLogger\("([^"]+)"\)', t) for t in sources.values())))
    assert {name for name in names | others if "emscripten" not in name} <= set(QUIET)


@pytest.mark.parametrize(
    "env",
    [
        {"LOGLEVEL": "loud"},
        {"TARGET_CONTACTS_LOGLEVEL": "5"},
        {"SINGER_SDK_LOG_CONFIG": "folder"},
        {"SINGER_SDK_LOG_CONFIG": "target-contacts.json"},
        {"SINGER_SDK_LOG_CONFIG": "binary"},
        {"SINGER_SDK_LOG_CONFIG": "factory"},
    ],
)
def test_a_wrong_log_configuration_is_one_sentence(
    workplace: Workplace, env: dict[str, str]
) -> None:
    """Code 2, and the variable is named."""
    (workplace.folder / "folder").mkdir()
    (workplace.folder / "binary").write_bytes(b"\xff\xfe\x00")
    odd = {"version": 1, "handlers": {"x": {"()": "no.such.module"}}}
    (workplace.folder / "factory").write_text(json.dumps(odd))
    run = workplace.run("target-contacts", {"api": "cobai"}, env=env)
    assert (run.code, len(run.log.splitlines())) == (2, 1)
    assert f"{next(iter(env))} in the environment must " in run.log
