"""A setting's value may stand in a file, as orchestrators hand secrets over."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.plugin import short_files
from tap_contacts.plugin.json_files import Unreadable
from tap_contacts.plugin.typed import typed
from target_contacts.mapping.policies import Policies
from target_contacts.values.basic import assert_known
from tests.sandbox.porters import Porters
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import FAST, contacts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
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


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero", "/dev", "/dev/log/x"])
def test_a_device_is_never_read(device: str) -> None:
    """It might have no end."""
    with pytest.raises(ConfigurationError, match=r"^secret: the file that it names "):
        typed({"secret": f"@{device}"}, SCHEMA)


def test_devices_are_told_from_files() -> None:
    """The sentence says what is read instead."""
    with pytest.raises(Unreadable, match="is neither a file nor a pipe"):
        short_files.content("/dev/null")


def test_a_value_has_an_end(tmp_path: Path) -> None:
    """A whole megabyte is read, and no more, from a file as from a pipe."""
    full = "x" * short_files.LARGEST
    assert typed({"secret": held(tmp_path, full)}, SCHEMA) == {"secret": full}
    with pytest.raises(ConfigurationError, match="more than 1000000 bytes"):
        typed({"secret": held(tmp_path, full + "x")}, SCHEMA)
    with piped([full, "x"]) as path, pytest.raises(Unreadable, match="more than 1000000 bytes"):
        short_files.content(path)


@contextmanager
def piped(parts: Sequence[str], path: Path | None = None) -> Iterator[str]:
    """Return the path of a pipe, into which a thread writes; one with a path has no writer yet."""
    ends: list[int] = [] if path else [*os.pipe()]

    def write() -> None:
        end = os.open(path, os.O_WRONLY) if path else ends[1]
        with suppress(BrokenPipeError), os.fdopen(end, "wb", buffering=0) as pipe:
            pipe.writelines(part.encode() for part in parts)

    writer = Thread(target=write, daemon=True)
    writer.start()
    try:
        yield str(path) if path else f"/dev/fd/{ends[0]}"
    finally:
        for end in ends[:1]:
            os.close(end)
        writer.join()


@pytest.mark.parametrize("parts", [["s3cret"], ["s3", "cr", "et", "\n"], ["s" * 300_000, "\n"]])
@pytest.mark.parametrize("is_named", [True, False])
def test_a_pipe_of_a_shell_is_read_to_its_end(
    tmp_path: Path, parts: list[str], *, is_named: bool
) -> None:
    """As of `<(…)`, and one that has a name."""
    fifo = tmp_path / "fifo" if is_named else None
    if fifo:
        os.mkfifo(fifo)
    with piped(parts, fifo) as path:
        assert typed({"secret": f"@{path}"}, SCHEMA) == {"secret": "".join(parts).strip()}


@pytest.mark.parametrize("has_writer", [True, False])
def test_a_pipe_that_gives_nothing_is_not_waited_for(tmp_path: Path, *, has_writer: bool) -> None:
    """Without a writer, or with one that writes a part and stays."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    ends = [os.open(fifo, os.O_RDWR)] if has_writer else []
    for end in ends:
        os.write(end, b"a part")
    with pytest.raises(Unreadable, match="is a pipe whose writer does not"):
        short_files.content(str(fifo), seconds=0.05)
    for end in ends:
        os.close(end)


@pytest.mark.parametrize("kind", ["one", "list", "template"])
def test_a_value_from_a_file_is_not_shown(tmp_path: Path, kind: str) -> None:
    """A sentence on a wrong name says `*` instead; one in the config is shown."""
    texts = {"one": "k4narie", "list": '["email", "k4narie"]', "template": "{k4narie}@x"}
    typed({"secret": held(tmp_path, texts[kind])}, SCHEMA)
    with pytest.raises(ConfigurationError, match=r"^match_on names \*, wrnog; known are: email\.$"):
        assert_known("match_on", ["wrnog", "k4narie"], ["email"])
    with pytest.raises(ConfigurationError, match=r"^policies names \*, which is no attribute"):
        Policies({"k4narie": "never"}, {}, "contacts").assert_known(["email"])


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
