"""A setting's value may stand in a file, as orchestrators hand secrets over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.plugin.typed import typed
from tests.sandbox.porters import Porters
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import FAST, contacts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Workplace

TEXT = {"type": ["string", "null"]}
SCHEMA: dict[str, Any] = {
    "properties": {
        "secret": TEXT,
        "whole": {"type": ["integer", "null"]},
        "account": {"type": "object", "properties": {"secret": TEXT, "name": TEXT}},
        "free": {"type": "object"},
        "texts": {"type": "array", "items": TEXT},
    }
}
ANNA = {"id": 1, "first_name": "Anna", "last_name": "Berg", "mobile": "+4915112345678"}


def held(folder: Path, text: str | bytes, name: str = "secret") -> str:
    """Write a file, and return the value that names it."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return f"@{path}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("s3cret", "s3cret"),
        ("s3cret\n", "s3cret"),
        ("s3cret\r\n", "s3cret"),
        (" s3cret ", " s3cret "),
        ("\ufeffs3cret\n", "s3cret"),
        ("@/tmp", "@/tmp"),
        ("@dmin", "@dmin"),
    ],
)
def test_a_secret_is_what_its_file_holds(tmp_path: Path, text: str, value: str) -> None:
    """The line end that editors add is no part of it; a value in a file is never a path itself."""
    assert typed({"secret": held(tmp_path, text)}, SCHEMA) == {"secret": value}


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("@dmin", "@dmin"),
        ("@", "@"),
        ("@@dmin", "@@dmin"),
        ("@./secret", "@./secret"),
        ("@@/secret", "@/secret"),
        ("@@@/secret", "@@@/secret"),
        (" @/secret", " @/secret"),
        ("a@/secret", "a@/secret"),
    ],
)
def test_a_secret_that_begins_with_an_at_sign_stays_as_it_is(given: str, value: str) -> None:
    """Only `@/` names a file; `@@/` stands for a value that itself begins with `@/`."""
    assert typed({"secret": given, "account": {"secret": given}}, SCHEMA) == {
        "secret": value,
        "account": {"secret": value},
    }


def test_files_serve_every_declared_setting_and_no_other(tmp_path: Path) -> None:
    """Numbers, whole accounts and what these name; not values of the user's own names."""
    named = held(tmp_path, "s3cret\n", "one")
    account = held(tmp_path, json.dumps({"secret": named, "name": "x"}), "account")
    given = {"account": account, "whole": held(tmp_path, "7\n", "number")}
    assert typed(given, SCHEMA) == {"account": {"secret": "s3cret", "name": "x"}, "whole": 7}
    free = {"free": {"note": named}, "unknown": named}
    assert typed(free, SCHEMA) == free
    assert typed({"texts": [named]}, SCHEMA) == {"texts": ["s3cret"]}


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe\x00a"])
def test_a_file_that_cannot_be_read_is_named_by_its_setting(
    workplace: Workplace, content: bytes | None
) -> None:
    """Exit code 2, one sentence with the way out, and not the value, which may be a secret."""
    path = workplace.folder / "k4narie"
    if content is not None:
        path.write_bytes(content)
    config = {"api": "porters", "porters": {"app_id": "a", "app_secret": f"@{path}"}}
    run = workplace.target(config, contacts(ANNA))
    assert (run.code, run.log.count(" | ERROR ")) == (2, 1)
    assert "porters.app_secret: the file that it names " in run.log
    assert "write @@/ instead" in run.log
    assert "k4narie" not in run.log


def test_secrets_of_both_commands_come_from_files(workplace: Workplace) -> None:
    """In a config, and in a variable of the environment, whole or within the JSON of an account."""
    folder = workplace.folder
    with ZohoVoice() as zoho, Porters() as porters:
        zoho.seed()
        account, config = zoho.tap_config(), porters.target_config()
        secret = held(folder, account["refresh_token"] + "\n", "token")
        read = workplace.tap({"zoho_voice": {**account, "refresh_token": secret}})
        its = config["porters"]
        whole = {**its, "app_secret": held(folder, its["app_secret"] + "\n", "app_secret")}
        for number, given in enumerate((json.dumps(whole), held(folder, json.dumps(whole), "all"))):
            env = {
                "TARGET_CONTACTS_API": "porters",
                "TARGET_CONTACTS_PORTERS": given,
                "TARGET_CONTACTS_DEFAULTS": json.dumps(config["defaults"]),
                "TARGET_CONTACTS_LEDGER_URL": f"sqlite:///{folder}/{number}.db",
            }
            run = workplace.plain(
                "target-contacts", "--config=ENV", stdin=read.out.encode(), env=env
            )
            assert run.code == 0, run.log
    assert read.code == 0
    assert len(porters.contacts) == len(zoho.contacts)


def test_a_secret_from_a_file_is_not_logged(workplace: Workplace) -> None:
    """An API that quotes it in an error is not repeated, as with a secret in the config."""
    with ZohoVoice() as sandbox:
        config = {**sandbox.target_config(), **FAST}
        token = "k4narie-0123456789"
        account = {"access_token": held(workplace.folder, token), "api_url": sandbox.url}
        sandbox.fault(status=400, body=f'{{"status": "ERROR", "message": "{token}"}}', times=9)
        run = workplace.target({**config, "zoho_voice": account}, contacts(ANNA))
    assert run.code != 0
    assert token not in run.log
