"""`--sign-in` of both commands: what is asked, what is kept, and what nobody sees."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.plugin.person import Lines
from tap_contacts.tap import TapContacts
from target_contacts.target import TargetContacts
from tests.sandbox.porters import APP_ID, APP_SECRET, Porters
from tests.sandbox.zoho_voice import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, ZohoVoice
from tests.support.commands import BIN, FAST, Finished, Workplace

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMANDS = ("tap-contacts", "target-contacts")
TOLD = ("--sign-in", "zoho_voice")
LOUD = {"LOGLEVEL": "DEBUG"}
REST = {"start_date": "2026-01-01T00:00:00Z", "max_rejects": 3, "zoho_voice_old": {"a": [1]}}


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


def config(sandbox: ZohoVoice) -> dict[str, Any]:
    """Return a config that knows where the account is, and nothing of a sign-in."""
    account = {"api_url": sandbox.url, "accounts_url": sandbox.url, "page_size": 10}
    return {**FAST, **REST, "zoho_voice": account}


def signed_in(
    workplace: Workplace, command: str, sandbox: ZohoVoice, *lines: str, **more: Any
) -> Finished:
    """Sign in with the lines of standard input."""
    given = "".join(f"{line}\n" for line in lines)
    return workplace.run(command, {**config(sandbox), **more}, *TOLD, stdin=given, env=LOUD)


def kept(workplace: Workplace, command: str) -> dict[str, Any]:
    """Return the config as it is now."""
    found: dict[str, Any] = json.loads((workplace.folder / f"{command}.json").read_text("utf-8"))
    return found


def sentences(ended: Finished) -> list[str]:
    """Return the errors that were logged."""
    return [line for line in ended.log.splitlines() if "| ERROR " in line]


@pytest.mark.parametrize("command", COMMANDS)
def test_three_answers_make_a_config_that_works(
    workplace: Workplace, zoho: ZohoVoice, command: str
) -> None:
    """All other settings stay; the account that answers is told; no secret is seen."""
    code = zoho.codes.issue()
    ended = signed_in(workplace, command, zoho, CLIENT_ID, f"  {CLIENT_SECRET} ", code)
    assert (ended.code, sentences(ended)) == (0, [])
    assert ended.out.startswith(f"Zoho Voice at {zoho.url} answers; contact statuses: Active")
    won = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
    account = {**config(zoho)["zoho_voice"], **won}
    named = {"api": "zoho_voice"} if command == "target-contacts" else {}
    assert kept(workplace, command) == {**config(zoho), "zoho_voice": account, **named}
    assert stat.S_IMODE((workplace.folder / f"{command}.json").stat().st_mode) == 0o600
    seen = ended.out + ended.log
    secrets = (CLIENT_SECRET, code, REFRESH_TOKEN, zoho.options.access_token)
    assert [each for each in secrets if each in seen] == []


WRONG = {
    "code": ((CLIENT_ID, CLIENT_SECRET, "1000.used-or-late"), "create a new one"),
    "secret": ((CLIENT_ID, "sandbox-wrong-secret", "1000.any"), "Check client_secret"),
    "client": (("1000.OTHER", CLIENT_SECRET, "1000.any"), "Check client_id"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_one_sentence_and_nothing_is_kept(
    workplace: Workplace, zoho: ZohoVoice, command: str, what: str
) -> None:
    """Exit code 1, after one request; the file is as before, its rights included."""
    lines, advice = WRONG[what]
    ended = signed_in(workplace, command, zoho, *lines)
    assert ended.code == 1
    assert len(sentences(ended)) == 1
    assert advice in sentences(ended)[0]
    assert kept(workplace, command) == config(zoho)
    assert stat.S_IMODE((workplace.folder / f"{command}.json").stat().st_mode) != 0o600
    assert len(zoho.log) == 1
    assert [each for each in lines[1:] if each in ended.out + ended.log] == []


def test_a_wrong_centre_of_the_api_is_told_when_the_token_is_kept(workplace: Workplace) -> None:
    """The code is used up by then: what it gave must not be lost with the error."""
    with ZohoVoice(readings=["other_centre_token"]) as zoho:
        code = zoho.codes.issue()
        ended = signed_in(workplace, "tap-contacts", zoho, CLIENT_ID, CLIENT_SECRET, code)
    assert ended.code == 1
    assert len(sentences(ended)) == 1
    assert kept(workplace, "tap-contacts")["zoho_voice"]["refresh_token"] == REFRESH_TOKEN


def test_variables_of_the_environment_are_kept_in_a_file_for_them(
    workplace: Workplace, zoho: ZohoVoice
) -> None:
    """As `--config=ENV` reads them: an API's object in one variable."""
    path = workplace.folder / ".env"
    account = json.dumps(config(zoho)["zoho_voice"])
    path.write_text(f"# ours\nTARGET_CONTACTS_ZOHO_VOICE='{account}'\nOTHER=1\n")
    runner = CliRunner()
    lines = f"{CLIENT_ID}\n{CLIENT_SECRET}\n{zoho.codes.issue()}\n"
    command = TargetContacts.get_singer_command()
    ended = runner.invoke(command, ["--config", str(path), *TOLD], input=lines)
    assert ended.exit_code == 0, ended.exception
    found = dict(re.findall(r"^(\w+)='?(.*?)'?$", path.read_text(), re.MULTILINE))
    assert json.loads(found["TARGET_CONTACTS_ZOHO_VOICE"])["refresh_token"] == REFRESH_TOKEN
    assert (found["TARGET_CONTACTS_API"], found["OTHER"]) == ("zoho_voice", "1")


def test_the_app_of_porters_is_kept_and_its_scopes_are_told(workplace: Workplace) -> None:
    """What is missing ends it with exit code 1, but the app was right."""
    with Porters(scopes=["partition_r", "user_r", "option_r", "client_r", "contact_r"]) as company:
        before = {**FAST, "porters": {"api_url": company.url}}
        lines = f"{APP_ID}\n{APP_SECRET}\nhttps://app.example.com/ready\n\n"
        ended = workplace.run("tap-contacts", before, "--sign-in", "porters", stdin=lines, env=LOUD)
    assert ended.code == 1
    assert [line for line in ended.out.splitlines() if "not granted" in line] == [
        "scope field_r: not granted"
    ]
    assert "PORTERS: scopes: not granted: field_r." in sentences(ended)[0]
    app = {"app_id": APP_ID, "app_secret": APP_SECRET}
    assert kept(workplace, "tap-contacts") == {**FAST, "porters": {"api_url": company.url, **app}}
    assert APP_SECRET not in ended.out + ended.log


@pytest.mark.parametrize(
    ("api", "named"),
    [
        ("bas_ip", ["bas_ip.username", "bas_ip.password", "bas_ip.api_url"]),
        ("cobai", ["cobai.access_key_id", "cobai.secret_access_key"]),
        ("valomnia", ["valomnia.username", "valomnia.password", "valomnia.api_url"]),
    ],
)
def test_of_other_apis_it_is_told_what_they_need(
    workplace: Workplace, api: str, named: list[str]
) -> None:
    """Each setting with where it comes from; nothing is asked, and nothing is written."""
    ended = workplace.run("target-contacts", {}, "--sign-in", api)
    assert ended.code == 2
    assert [name for name in named if f"{name}: " not in sentences(ended)[0]] == []
    assert kept(workplace, "target-contacts") == {}


@pytest.mark.parametrize("plugin", [TapContacts, TargetContacts])
def test_the_help_offers_the_apis_that_it_is_for(
    plugin: type[TapContacts | TargetContacts],
) -> None:
    """Those whose client has a grant, and no other."""
    led = [api for api in sorted(plugin.accounts) if plugin.client_of(api).grant]
    told = " ".join(CliRunner().invoke(plugin.command(), ["--help"]).output.split())
    assert f"--sign-in [{'|'.join(led)}]" in told
    assert led == ["porters", "zoho_voice"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--sign-in", "zoho"), "is not one of"),
        ((*TOLD, "--config", "ENV"), "needs --config FILE"),
        (("--config", "no.json", "--config", "new.json", *TOLD), "The file no.json cannot be read"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    workplace: Workplace, options: tuple[str, ...], told: str
) -> None:
    """With exit code 2."""
    ended = workplace.run("tap-contacts", {}, *options)
    assert ended.code == 2
    assert told in ended.log


def test_of_several_configs_the_last_one_keeps_the_settings(
    workplace: Workplace, zoho: ZohoVoice
) -> None:
    """The others are read, as the one that Meltano makes anew for each run."""
    lines = f"{CLIENT_SECRET}\n{zoho.codes.issue()}\n"
    made = config(zoho)
    made["zoho_voice"]["client_id"] = CLIENT_ID
    options = ("--config", "mine.json", *TOLD)
    ended = workplace.run("target-contacts", made, *options, stdin=lines)
    assert ended.code == 0, ended.log
    assert kept(workplace, "target-contacts") == made
    won = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
    assert kept(workplace, "mine") == {"api": "zoho_voice", "zoho_voice": won}


@pytest.mark.parametrize("first", [TOLD, ()], ids=["before", "after"])
def test_the_file_may_be_new_wherever_the_option_stands(
    tmp_path: Path, first: tuple[str, ...]
) -> None:
    """The first question is asked then, and without an answer no file is made."""
    path = tmp_path / "new.json"
    last = () if first else TOLD
    command = TapContacts.get_singer_command()
    ended = CliRunner().invoke(command, [*first, "--config", str(path), *last], input="")
    assert isinstance(ended.exception, ConfigurationError)
    assert "Nothing was given for Client id" in str(ended.exception)
    assert not path.exists()


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("config.json", "[]", "is not a JSON object"),
        ("no/config.json", None, "No such file or directory"),
        ("config.json", '{"zoho_voice": {"data_center": "moon"}}', "must be one of com, eu"),
        ("config.json", '{"max_tries": "x"}', "max_tries must be"),
        (".env", "TAP_CONTACTS_ZOHO_VOICE=x", "zoho_voice must be of type object"),
    ],
)
def test_a_file_that_is_of_no_use_is_told_before_a_code_is_used_up(
    tmp_path: Path, name: str, text: str | None, told: str
) -> None:
    """Nothing was asked for by then."""
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    command = TapContacts.get_singer_command()
    ended = CliRunner().invoke(command, ["--config", str(path), *TOLD], input="a\nb\nc\n")
    assert isinstance(ended.exception, ConfigurationError)
    assert told in str(ended.exception)
    assert "Client id" not in ended.output


def test_without_the_option_a_missing_config_is_told_as_ever(tmp_path: Path) -> None:
    """Not a run without settings."""
    ended = CliRunner().invoke(
        TapContacts.get_singer_command(), ["--discover", "--config", str(tmp_path / "no.json")]
    )
    assert ended.exit_code == 2
    assert "cannot be read" in ended.output


@pytest.mark.parametrize("given", ["a\tb\n", "a\x1b[31m\n", "x" * 4097, " \n", ""])
def test_an_answer_is_one_line_of_text(tmp_path: Path, given: str) -> None:
    """Anything else was pasted wrongly."""
    path = tmp_path / "lines"
    path.write_text(given)
    with path.open(encoding="utf-8") as lines, pytest.raises(ConfigurationError, match="Code"):
        Lines(lines).ask("Code")


def test_a_terminal_does_not_show_secrets_and_the_process_list_neither(
    tmp_path: Path, zoho: ZohoVoice
) -> None:
    """What is typed at a terminal is echoed only where it is no secret."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config(zoho)))
    code = zoho.codes.issue()
    answers = [("Client id: ", CLIENT_ID), ("Client secret: ", CLIENT_SECRET), ("Code: ", code)]
    master, slave = pty.openpty()
    with subprocess.Popen(
        [BIN / "target-contacts", "--config", path, *TOLD],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=tmp_path,
        env={**os.environ, "TERM": "xterm"},
        start_new_session=True,
    ) as process:
        os.close(slave)
        seen, listed = b"", b""
        for question, answer in answers:
            seen += until(master, question)
            listed += b"".join(
                Path(f"/proc/{process.pid}/{file}").read_bytes() for file in ("cmdline", "environ")
            )
            os.write(master, answer.encode() + b"\n")
        seen += until(master, None)
    os.close(master)
    assert process.returncode == 0
    assert CLIENT_ID.encode() in seen
    assert listed.count(b"--sign-in") == len(answers)
    hidden = [each.encode() for each in (CLIENT_SECRET, code, REFRESH_TOKEN)]
    assert [each for each in hidden if each in seen + listed] == []


def until(master: int, text: str | None) -> bytes:
    """Return what is written to a terminal until a text, or until its end."""
    seen = b""
    while text is None or text.encode() not in seen:
        assert select.select([master], [], [], 30)[0], seen
        try:
            seen += os.read(master, 65536)
        except OSError:  # that is how it ends
            assert text is None, seen
            break
    return seen
