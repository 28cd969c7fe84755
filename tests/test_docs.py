"""The README and the pages of docs say what is true."""

from __future__ import annotations

import ast
import itertools
import json
import os
import re
import subprocess
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from tap_contacts.streams.incremental import IncrementalStream
from tap_contacts.tap import STREAMS, TapContacts
from target_contacts.contact.vocabulary import ATTRIBUTES
from target_contacts.destinations.settings import read
from target_contacts.errors import OUTCOME_UNKNOWN
from target_contacts.mapping.required import MISSING
from target_contacts.target import SINKS, TargetContacts
from tests import demo
from tests.bench import quotes
from tests.bench.results import measured
from tests.crash.lab import KINDS
from tests.directions import SOURCES, table
from tests.expected import FIXTURES
from tests.sandbox.__main__ import MORE_SOURCES, Sandboxes, show
from tests.sandbox.__main__ import SOURCES as FIRST_SOURCES
from tests.settings_page import page
from tests.support.paths import ROOT
from tests.support.product import APIS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.launched import Launchers

DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = {str(path.relative_to(ROOT)): path for path in (README, *sorted(DOCS.rglob("*.md")))}

LONGEST_README = 150

MARKS = (
    r"issue #?\d|/work/|/home/|/root/|\bsession of|index-url|pypi|npmjs|ghcr|docker\.io|"
    r"\bclaude\b|\bAI\b"
)
"""What has no place in the project: trackers, this machine's paths, registries' hosts."""


def dashed(api: str) -> str:
    """Return an API's name as those of its pages have it."""
    return api.replace("_", "-")


def api_page(api: str) -> str:
    """Return the text of an API's page."""
    return (DOCS / "apis" / f"{dashed(api)}.md").read_text("utf-8")


@cache
def blocks(path: Path) -> list[tuple[str, str]]:
    """Return language and text of a page's blocks of code."""
    return re.findall(r"^```(\w*)\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def prose(path: Path) -> str:
    """Return a page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(path: Path) -> set[str]:
    """Return the anchors that a page's headings get."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


def links(path: Path) -> list[str]:
    """Return where a page's links lead to, but for those into the web."""
    return [to for to in re.findall(r"\]\(([^)\s]+)\)", prose(path)) if "://" not in to]


# Form.


def test_the_readme_is_short() -> None:
    """Whoever has never seen the project reads it to its end."""
    assert len(README.read_text("utf-8").splitlines()) <= LONGEST_README


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name: str) -> None:
    """Each relative link names a file, and each anchor one of its headings."""
    path = PAGES[name]
    lost = []
    for link in links(path):
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert lost == []


def test_every_page_is_reached_from_the_readme() -> None:
    """No page stands alone."""
    seen, waiting = set(), [README]
    while waiting:
        path = waiting.pop()
        if path in seen or path.suffix != ".md":
            continue
        seen.add(path)
        files = (link.partition("#")[0] for link in links(path))
        waiting += [(path.parent / file).resolve() for file in files if file]
    assert [name for name, path in PAGES.items() if path not in seen] == []


@pytest.mark.parametrize("name", PAGES)
def test_no_page_holds_what_has_no_place_in_the_project(name: str) -> None:
    """Pages outlive trackers, machines and registries."""
    assert re.findall(MARKS, PAGES[name].read_text("utf-8"), re.IGNORECASE) == []


@pytest.mark.parametrize("name", PAGES)
def test_files_that_a_page_names_exist(name: str) -> None:
    """`tests/…` and the like in backticks, without placeholders, are files or folders."""
    named = re.findall(
        r"`((?:tests|docs|tap_contacts|target_contacts)/[\w./-]+)`", prose(PAGES[name])
    )
    assert [each for each in named if not (ROOT / each).exists()] == []


# What is made from code.


def test_the_page_of_settings_is_that_of_the_schema() -> None:
    """`python -m tests.settings_page` prints what stands there."""
    command = "python -m tests.settings_page > docs/settings.md"
    assert (DOCS / "settings.md").read_text("utf-8") == page(), f"run {command}"


def test_the_table_of_directions_is_that_of_the_reviewed_files() -> None:
    """What is said of each direction follows from what was written into the sandbox."""
    is_there = table() in (DOCS / "directions.md").read_text("utf-8")
    assert is_there, "put what python -m tests.directions prints into docs/directions.md"


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_quotes_of_the_benches_is_what_they_wrote(name: str) -> None:
    """No figure is copied by hand."""
    text = PAGES[name].read_text("utf-8")
    assert text == quotes.quoted(text), "run python -m tests.bench.quotes"
    assert (PAGES[name] in quotes.PAGES) == ("<!-- standard: Beside others -->" in text)


@pytest.mark.parametrize("report", ["standard", "ledger_size"])
def test_a_plot_is_of_the_report_that_is_there(report: str) -> None:
    """`python -m tests.bench.plot` draws it, with date and machine."""
    plot = (DOCS / "plots" / f"{report.replace('_', '-')}.svg").read_text("utf-8")
    assert measured(report) in plot, "run .venv-plot/bin/python -m tests.bench.plot"


def test_every_attribute_is_on_the_page_of_the_mapping() -> None:
    """Whoever writes `value_map` or `defaults` finds the names there."""
    text = (DOCS / "mapping.md").read_text("utf-8")
    assert [name for name in ATTRIBUTES if f"`{name}`" not in text] == []


@pytest.mark.parametrize("api", APIS)
def test_every_field_that_is_written_is_on_the_page_of_its_api(api: str) -> None:
    """With its attribute, whether it is required, and its longest length."""
    text = api_page(api)
    lacking = []
    for field in SINKS[api].fields:
        if field.attribute == field.wire and field.attribute not in ATTRIBUTES and api == "porters":
            assert f"`{field.wire}`" in text
            continue
        required, most = field.required or "", field.max_length or ""
        row = rf"\| `{field.attribute}` \| `{field.wire}` \| {required} ?\|"
        row += rf" {most} \|" if most else ""
        lacking += [] if re.search(row, text) else [row]
    assert lacking == []


@pytest.mark.parametrize(
    "stream", [*itertools.chain.from_iterable(STREAMS.values())], ids=lambda stream: stream.name
)
def test_every_stream_is_on_the_page_of_its_api(stream: Any) -> None:
    """With its key, how it is read, and its fields where they are not the account's own."""
    text, reading = api_page(stream.client_class.api), (DOCS / "reading.md").read_text("utf-8")
    key = ", ".join(stream.primary_keys)
    how = "incremental" if issubclass(stream, IncrementalStream) else "full table"
    assert f"| `{stream.name}` | `{key}` | {how}" in text
    assert f"| `{stream.name}` | {how} | `{key}` |" in reading
    assert f"`{stream.name}`" in README.read_text("utf-8")
    schema = stream.__dict__.get("schema")
    fields = schema["properties"] if isinstance(schema, dict) else {}
    assert [field for field in fields if f"`{field}`" not in text] == []


# What is to be copied.


def examples() -> Iterator[Any]:
    """Yield the JSON of every page."""
    for name, path in PAGES.items():
        for number, (language, text) in enumerate(blocks(path)):
            if language == "json":
                yield pytest.param(text, id=f"{name}-{number}")


@pytest.mark.parametrize("text", [*examples()])
def test_every_json_is_valid_settings(text: str) -> None:
    """Each is settings of the tap or the target, or a part of them."""
    given = json.loads(text)
    wrong = {
        command.name: [*complaints(command, given)] for command in (TapContacts, TargetContacts)
    }
    assert [] in wrong.values(), wrong


def complaints(command: type[TapContacts | TargetContacts], given: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with settings for a command."""
    schema = json.loads(json.dumps(command.config_jsonschema))
    command.append_builtin_config(schema)
    if "destinations" in given and "destinations" in schema["properties"]:
        for each in read(given, schema):
            yield from complaints(command, each.config)
        return
    schema.pop("required", None)
    yield from (f"unknown: {name}" for name in given.keys() - schema["properties"])
    errors = jsonschema.Draft202012Validator(schema).iter_errors(given)
    yield from (f"{error.json_path}: {error.message}" for error in errors)


def commands(path: Path, wanted: str) -> list[tuple[str, list[str]]]:
    """Return the commands of a page that match, each with the output that is shown below it."""
    consoles = "".join(text for language, text in blocks(path) if language == "console")
    found = []
    for each in re.split(r"^\$ ", consoles, flags=re.MULTILINE)[1:]:
        line, *output = each.splitlines()
        if re.search(wanted, line):
            found.append((line, [shown for shown in output if shown.strip()]))
    return found


def assert_shown(expected: list[str], output: str) -> None:
    """Each line that is shown is in the output, in this order; `…` stands for anything."""
    words = [" ".join(line.split()) for line in output.splitlines()]
    for line in expected:
        parts = map(re.escape, " ".join(line.split()).split("…"))
        pattern = re.compile(".*".join(parts))
        while words and not pattern.search(words[0]):
            words.pop(0)
        assert words, f"not printed, or not in this order: {line}"
        words.pop(0)


def ran(line: str, folder: Path, launchers: Launchers) -> str:
    """Run a line in a shell with the project's commands, and return its standard output."""
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=folder,
        env={**os.environ, "PATH": launchers.path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[tuple[Path, Sandboxes]]:
    """Return a folder as `make sandbox` leaves a clone, and the servers that run."""
    with ExitStack() as stack:
        sandboxes = Sandboxes(stack)
        sandboxes.seed()
        show(sandboxes, tmp_path / "demo")
        (tmp_path / "tests").symlink_to(ROOT / "tests")
        yield tmp_path, sandboxes


@pytest.mark.parametrize(
    "name", [name for name, path in PAGES.items() if commands(path, r"^\w+-contacts .*demo/")]
)
def test_the_commands_with_the_sandboxs_settings_do_what_is_shown(
    name: str, workshop: tuple[Path, Sandboxes], launchers: Launchers
) -> None:
    """What is printed below a command is what it prints."""
    folder, _ = workshop
    for line, output in commands(PAGES[name], r"^\w+-contacts .*demo/"):
        assert_shown(output, ran(line, folder, launchers))


def test_the_pipelines_of_the_readme_fill_the_destination(
    workshop: tuple[Path, Sandboxes], launchers: Launchers
) -> None:
    """Both lines with the sandbox's settings were found, and all contacts are there then."""
    folder, sandboxes = workshop
    found = commands(README, r"^tap-contacts --config demo/")
    assert len(found) == 2
    for line, _ in found:
        assert '{"bookmarks":' in ran(line, folder, launchers)
    given = sum(len(source.contacts) for source in sandboxes.sources.values())
    assert len(sandboxes.destinations["porters"].contacts) == given


def test_the_first_run_of_the_readme_works(
    workshop: tuple[Path, Sandboxes], launchers: Launchers
) -> None:
    """Five steps, as they stand there, with the sandbox's accounts in the two files."""
    folder, sandboxes = workshop
    tap = json.loads((folder / "demo/tap.json").read_text("utf-8"))
    (folder / "tap.json").write_text(json.dumps({"zoho_voice": tap["zoho_voice"]}))
    (folder / "target.json").write_text((folder / "demo/target-porters.json").read_text("utf-8"))
    text = README.read_text("utf-8")
    steps = text[text.index("## Your first run") : text.index("## What it promises")]
    found = [each for each in commands(README, "") if f"$ {each[0]}\n" in steps]
    assert [line.split()[0] for line, _ in found] == [
        *("tap-contacts", "target-contacts", "tap-contacts", "target-contacts"),
        *("test", "tap-contacts", "test"),
    ]
    for line, output in found:
        assert_shown(output, ran(line, folder, launchers))
    assert "bookmarks" in json.loads((folder / "state.json").read_text("utf-8"))
    held = len(sandboxes.destinations["porters"].contacts)
    assert held == len(sandboxes.sources["zoho_voice"].contacts)


def test_the_demo_prints_what_the_readme_shows(
    launchers: Launchers, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Commands, counts and table, in this order, and it finds nothing wrong."""
    monkeypatch.setenv("COLUMNS", "80")
    code = demo.main(["--commands", str(launchers.folder)])
    shown = next(text for language, text in blocks(README) if "states.jsonl" in text)
    printed = capfd.readouterr().out
    assert code == 0, printed
    assert_shown([line for line in shown.splitlines() if line not in {"", "…"}], printed)


def test_every_make_target_that_is_named_exists() -> None:
    """`make demo`, `make check test` and `make sandbox` are in the Makefile."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    texts = "\n".join(path.read_text("utf-8") for path in PAGES.values())
    named = {
        word
        for found in re.findall(r"(?:`|\$ )make ([a-z]+(?: [a-z]+)*)", texts)
        for word in found.split()
    }
    known = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert named - known == set()
    assert {"check", "test", "crash", "crowd", "mutants", "demo", "bench", "sandbox"} <= named


# What is looked up when something is wrong.


@cache
def texts() -> str:
    """Return all texts of the code, the values in them left out."""
    found = []
    for package in ("tap_contacts", "target_contacts"):
        for path in (ROOT / package).rglob("*.py"):
            tree = ast.parse(path.read_text("utf-8"))
            found += [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    return "\n".join(text for text in found if isinstance(text, str))


def messages() -> list[str]:
    """Return the messages that the page of rejects explains."""
    rejects = (DOCS / "rejects.md").read_text("utf-8")
    section = rejects[rejects.index("## When it stops") :]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


@pytest.mark.parametrize("message", messages())
def test_every_message_that_is_explained_is_one_of_the_code(message: str) -> None:
    """Its words are there; numbers, names and what the API says come in between."""
    parts = re.split(r"…|: |; |, since | \d+ | (?=HTTPS_PROXY)", message)
    words = [part.strip(" .") for part in parts if len(part.split()) > 1]
    assert words
    assert [part for part in words if part not in texts()] == []


def test_every_exit_code_and_rejection_code_is_explained() -> None:
    """Those of the code are on the page of rejects."""
    rejects = (DOCS / "rejects.md").read_text("utf-8")
    source = "".join(path.read_text("utf-8") for path in (ROOT / "target_contacts").rglob("*.py"))
    codes = {*re.findall(r"Rejected\([^()]*?, \"([a-z_]+)\"", source), OUTCOME_UNKNOWN, MISSING}
    assert len(codes) > 8
    assert [code for code in codes if f"| `{code}` |" not in rejects] == []
    assert [
        code for code in ("0", "1", "2", "3", "143, 130") if f"\n| {code} |" not in rejects
    ] == []


# The checklist for an API.


def is_read(api: str) -> bool:
    """Say whether there is code that reads an API, be it listed or not."""
    return (ROOT / f"tap_contacts/streams/{api}.py").exists()


def walked(api: str) -> Iterator[str]:
    """Yield the files that the checklist names, as they are called for an API."""
    text = (DOCS / "adding-an-api.md").read_text("utf-8")
    parts = dict(
        zip(
            ("all", "talk", "read", "write", "describe", "test"),
            text.split("\n## "),
            strict=True,
        )
    )
    wanted = ["talk", *["read"] * is_read(api), "write", "describe"]
    for part in wanted:
        for name in re.findall(r"^- \[ \] `([\w./<>-]+)`", parts[part], re.MULTILINE):
            file = name.replace("<api>", api).replace("<page>", dashed(api))
            sources = FIXTURES if "<source>" in file else ("",)
            yield from (file.replace("<source>", source) for source in sources)


@pytest.mark.parametrize("api", APIS)
def test_the_checklist_is_what_each_api_has(api: str) -> None:
    """Each file that it names is there for each API; a module may be a folder."""
    named = list(walked(api))
    assert len(named) >= 6
    there = [(ROOT / name).exists() or (ROOT / name).with_suffix("").is_dir() for name in named]
    missing = [name for name, is_there in zip(named, there, strict=True) if not is_there]
    assert missing == [], "not there: " + " ".join(missing)


@pytest.mark.parametrize("api", APIS)
def test_the_lists_that_the_checklist_names_hold_each_api(api: str) -> None:
    """Streams, sinks, sandboxes, Meltano's plugins and the README's table."""
    meltano = (ROOT / "meltano.yml").read_text("utf-8")
    page = dashed(api)
    holds = {
        "SINKS of target_contacts/target.py": api in SINKS,
        "DESTINATIONS of tests/sandbox/__main__.py": api in KINDS,
        "loaders of meltano.yml": f"- name: target-contacts-{page}\n" in meltano,
        "jobs of meltano.yml": f"- name: contacts-to-{page}\n" in meltano,
        "table of README.md": f"](docs/apis/{page}.md) |" in README.read_text("utf-8"),
    }
    if is_read(api):
        holds["STREAMS of tap_contacts/tap.py"] = api in SOURCES
        sources = {kind.api for kind in (*FIRST_SOURCES, *MORE_SOURCES)}
        holds["MORE_SOURCES of tests/sandbox/__main__.py"] = api in sources
        holds["extractors of meltano.yml"] = f"- name: tap-contacts-{page}\n" in meltano
    lacking = [name for name, is_held in holds.items() if not is_held]
    assert lacking == [], f"{api} is not in: " + "; ".join(lacking)


def tables() -> list[tuple[str, str, str]]:
    """Return name, file and kind of APIs of each table of the tests that the checklist names."""
    text = (DOCS / "adding-an-api.md").read_text("utf-8")
    return re.findall(r"^\| `(\w+)` \| `([\w./]+\.py)` \| (all|read) \|", text, re.MULTILINE)


def keys(name: str, file: str) -> set[str]:
    """Return the texts that are keys of a table in a module."""
    body = ast.parse((ROOT / file).read_text("utf-8")).body
    for each in body:
        targets = each.targets if isinstance(each, ast.Assign) else [getattr(each, "target", None)]
        if any(isinstance(to, ast.Name) and to.id == name for to in targets):
            value = each.value if isinstance(each, (ast.Assign, ast.AnnAssign)) else None
            assert isinstance(value, ast.Dict)
            return {str(key.value) for key in value.keys if isinstance(key, ast.Constant)}
    pytest.fail(f"{file} has no table {name}")


@pytest.mark.parametrize("api", APIS)
def test_the_tables_of_tests_that_the_checklist_names_hold_each_api(api: str) -> None:
    """What tests must know of each API stands in these."""
    wanted = [(name, file) for name, file, of in tables() if of == "all" or is_read(api)]
    assert len(wanted) >= 5
    lacking = [f"{name} in {file}" for name, file in wanted if api not in keys(name, file)]
    assert lacking == [], f"{api} is not in: " + "; ".join(lacking)
