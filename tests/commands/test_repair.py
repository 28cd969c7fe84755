"""`--ledger list, show, forget, relink`: what is known of a record, and what ends a dead end."""

from __future__ import annotations

import json
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from tap_contacts.transport.errors import ApiError
from target_contacts.ledger.entry import GONE, INTENT, LEAVING, MARKED, WRITTEN, Entry
from target_contacts.ledger.ledger import Ledger
from tests.crash.lab import KINDS
from tests.crash.people import person
from tests.sandbox.bas_ip import BasIp
from tests.sandbox.zoho_voice import ACCESS_TOKEN, ZohoVoice
from tests.support.commands import FAST, SOON, Finished, Workplace, contacts
from tests.support.fake_run import Place
from tests.support.fake_sink import FakeSink
from tests.support.ledger_runs import BUSY, holding
from tests.support.privacy import CONTACT, found
from tests.support.privacy import person as canary
from tests.support.repairs import relinked
from tests.support.zoho_people import ANNA, BERT, bins, names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.ledger_stores import Store

TWIN = {**ANNA, "id": 9}
"""Another record of the same person."""


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running Zoho Voice, empty."""
    with ZohoVoice() as server:
        yield server


class Desk:
    """An account with a ledger, and the commands on it."""

    def __init__(self, workplace: Workplace, config: dict[str, Any]) -> None:
        """Take the folder and the settings."""
        self._workplace, self.config = workplace, config

    def run(self, *records: dict[str, Any], **settings: Any) -> Finished:
        """Run the target on records of one stream."""
        return self._workplace.target({**self.config, **settings}, contacts(*records))

    def ledger(self, *options: str, **settings: Any) -> Finished:
        """Run a command on the ledger."""
        return self._workplace.target({**self.config, **settings}, "", "--ledger", *options)

    def show(self, key: str, *options: str) -> dict[str, str]:
        """Return what is shown of a record, by name."""
        ended = self.ledger("show", "--stream", "contacts", "--key", key, *options)
        assert ended.code == 0, ended.log
        return dict(line.split("  ", 1) for line in ended.out.splitlines())

    def opened(self) -> Ledger:
        """Open the ledger of the account."""
        settings = {**FAST, **SOON, **self._workplace.ledger, **self.config}
        account = f"{settings['api']} {settings['ledger_account']}"
        return Ledger(settings["ledger_url"], account)

    def state(self) -> str:
        """Return a hash of all that the ledger knows of the account."""
        with closing(self.opened()) as ledger:
            return ledger.state()

    def put(self, number: int, status: str, remote_id: str | None = None) -> None:
        """Let the ledger have an entry of this status for the record with this id."""
        with closing(self.opened()) as ledger:
            key = ledger.digest([str(number)])
            ledger.put("contacts", [Entry(key, status, remote_id, created=True)])


def opened(zoho: ZohoVoice, workplace: Workplace, **settings: Any) -> Desk:
    """Return an account into which Anna and Bert were written."""
    made = Desk(workplace, {**zoho.target_config(), "ledger_account": "office", **settings})
    assert bins(made.run(ANNA, BERT).summary) == {"created": 2}
    return made


@pytest.fixture
def desk(zoho: ZohoVoice, workplace: Workplace) -> Desk:
    """Return an account into which Anna and Bert were written."""
    return opened(zoho, workplace)


@pytest.fixture(scope="module")
def shared_desk() -> Iterator[Desk]:
    """Return the same, for tests that only read."""
    with ZohoVoice() as server, tempfile.TemporaryDirectory() as folder:
        signed_in = {"api_url": server.url, "access_token": ACCESS_TOKEN}
        yield opened(server, Workplace(Path(folder)), zoho_voice=signed_in)


@pytest.fixture
def any_desk(zoho: ZohoVoice, workplace: Workplace, store: Store) -> Desk:
    """Return the same, with each kind of ledger."""
    return opened(zoho, workplace, ledger_url=store.url)


def contact_id(zoho: ZohoVoice, name: str) -> str:
    """Return the id of the contact with this first name."""
    return next(str(c["contact_id"]) for c in zoho.contacts if c["first_name"] == name)


# What is shown.


def test_list_counts_by_stream_and_status(any_desk: Desk) -> None:
    """Adopted ones apart, with who wrote last, and other accounts of the same ledger."""
    assert bins(any_desk.run(ANNA, ledger_account="other").summary) == {"updated": 1}
    listed = any_desk.ledger("list")
    assert listed.code == 0
    head, titles, row, last, others = listed.out.splitlines()
    assert "(Zoho Voice)" in head
    assert titles.split("  ")[0] == "stream"
    assert row.split()[:3] == ["contacts", "written", "2"]
    assert last.startswith("Last run or repair: pid ")
    assert others.startswith("Of other accounts: 1 contacts of 1.")
    assert "ledger_account" in others
    assert any_desk.ledger("list", ledger_account="other").out.splitlines()[2].split()[2:4] == [
        *("1", "1")
    ]


def test_list_says_that_nothing_is_known(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A new ledger is no failure."""
    listed = workplace.target(zoho.target_config(), "", "--ledger", "list")
    assert (listed.code, listed.out.splitlines()[1]) == (0, "It knows no record of it.")


def test_list_finds_a_ledger_whose_address_has_changed(desk: Desk) -> None:
    """A run refuses it; `list` says where the entries are, and what brings them back."""
    moved = {"ledger_account": "moved", "require_ledger": True}
    assert desk.run(ANNA, **moved).code == 2
    listed = desk.ledger("list", **moved)
    assert listed.code == 0
    assert (
        "2 contacts of 1. If the address of this one has changed, set ledger_account" in listed.out
    )
    assert bins(desk.run(ANNA, require_ledger=True).summary) == {"unchanged": 1}


@pytest.mark.parametrize("key", ["1", "1.0", '{"id": 1}', '{"id": "1"}', "1e0"])
def test_show_finds_a_record_by_its_key_however_written(shared_desk: Desk, key: str) -> None:
    """It tells id, status, and the names of fields; no value."""
    desk = shared_desk
    shown = desk.show(key)
    told = {name: text.strip() for name, text in shown.items()}
    assert told["fields filled"] == "email, first_name, mobile"
    assert told["contact"] == "created by this target"
    assert told["status"].startswith("written: ")
    assert "anna" not in str(shown).lower()
    assert desk.show(told["key (hash)"]) == shown


def test_show_finds_a_record_by_several_properties(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Each is named, or all in an object; what is missing is said."""
    row = {**ANNA, "company": "7"}
    workplace.target(zoho.target_config(), contacts(row, key=("company", "id")))
    show = "--ledger", "show", "--stream", "contacts"
    ways = [("id=1", "company=7"), ('{"company": 7, "id": 1}',)]
    outs = []
    for way in ways:
        options = [part for each in way for part in ("--key", each)]
        ended = workplace.target(zoho.target_config(), "", *show, *options)
        outs.append((ended.code, ended.out))
    assert outs[0] == outs[1]
    assert outs[0][0] == 0
    ended = workplace.target(zoho.target_config(), "", *show, "--key", "1")
    assert ended.code == 2
    assert "--key company=VALUE --key id=VALUE" in ended.log


def test_a_stream_without_key_is_shown_by_hash(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Its content is its key, so that nobody can write it down."""
    workplace.target(zoho.target_config(), contacts(ANNA, key=()))
    show = "--ledger", "show", "--stream", "contacts", "--key"
    assert workplace.target(zoho.target_config(), "", *show, "1").code == 2
    unknown = workplace.target(zoho.target_config(), "", *show, "0" * 32)
    assert (unknown.code, "no record with this key" in unknown.log) == (1, True)


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("show", "--stream", "contacts", "--key", "7"), 1, "it knows no record with this key"),
        (("show", "--stream", "people", "--key", "1"), 2, "it knows contacts"),
        (("show", "--stream", "contacts", "--key", " "), 2, "has no plain value"),
        (("show", "--stream", "contacts"), 2, "--ledger show takes --stream and --key for"),
        (("show", "--key", "1"), 2, "--ledger show takes --stream and --key for one record, or"),
        (("list", "--key", "1"), 2, "--key is nothing for --ledger list"),
        (("show", "--parent", "x", "--remote-id", "1"), 2, "--ledger show takes --stream and"),
        (("show", "--parent", "Acme"), 1, "no client, customer or owner under this value"),
        (("show", "--remote-id", "0"), 1, "it knows nothing with this id"),
        (("forget", "--parent", "Acme"), 1, "no client, customer or owner under this value"),
        (("forget", "--parent", "Acme", "--all"), 2, "--parent for a client, customer or owner"),
        (("forget",), 2, "--all for the whole account"),
        (("forget", "--stream", "contacts"), 2, "--stream and --all for a stream"),
        (("forget", "--key", "1"), 2, "--all for the whole account"),
        (
            ("forget", "--stream", "contacts", "--key", "1", "--all"),
            2,
            "--all for the whole account",
        ),
        (("forget", "--stream", "people", "--all"), 2, "it knows contacts"),
        (("forget", "--stream", "contacts", "--key", "7"), 1, "it knows no record with this key"),
        (("relink", "--stream", "contacts", "--key", "1"), 2, "needs --remote-id"),
        (("export",), 2, "--ledger export needs --file"),
        (("list", "--rejects", "summary", "x"), 2, "only one of --ledger and --rejects"),
        (("list", "--check"), 2, "Give only one of"),
        (("forget", "--all", "--limit", "1"), 2, "--limit is nothing for --ledger forget"),
        (("check", "--allow", "max_deletes=1"), 2, "--allow is nothing for --ledger check"),
        (("forgive",), 2, "Invalid value for '--ledger'"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    shared_desk: Desk, options: tuple[str, ...], code: int, words: str
) -> None:
    """Wrong options are usage; a record that is not known is a failure. Nothing changes."""
    before = shared_desk.state()
    ended = shared_desk.ledger(*options)
    assert (ended.code, ended.out) == (code, "")
    assert words in ended.log
    assert "Traceback" not in ended.log
    assert shared_desk.state() == before


def test_an_option_of_a_command_is_nothing_for_a_run(zoho: ZohoVoice, workplace: Workplace) -> None:
    """It is not passed over in silence."""
    ended = workplace.target(zoho.target_config(), contacts(ANNA), "--stream", "contacts")
    assert (ended.code, zoho.contacts) == (2, [])
    assert "--stream is nothing for a run" in ended.log


# Forget.


def test_a_forgotten_record_is_looked_up_and_adopted(zoho: ZohoVoice, any_desk: Desk) -> None:
    """Nobody is doubled; the other record stays known."""
    forgotten = any_desk.ledger("forget", "--stream", "contacts", "--key", "1")
    assert (forgotten.code, forgotten.out.splitlines()[0]) == (
        0,
        "Forgotten: 1 record of contacts.",
    )
    assert bins(any_desk.run(ANNA, BERT).summary) == {"updated": 1, "unchanged": 1}
    assert sorted(names(zoho)) == ["Anna", "Bert"]


@pytest.mark.parametrize("options", [("--stream", "contacts", "--all"), ("--all",)])
def test_a_whole_stream_or_account_is_forgotten(
    zoho: ZohoVoice, workplace: Workplace, any_desk: Desk, options: tuple[str, ...]
) -> None:
    """The contacts of the stream are adopted again, by another key if need be."""
    forgotten = any_desk.ledger("forget", *options)
    assert forgotten.out.startswith("Forgotten: 2 records of ")
    assert "knows no record" in any_desk.ledger("list").out
    other_key = contacts(ANNA, BERT, key=("email",))
    again = workplace.target(any_desk.config, other_key)
    assert bins(again.summary) == {"updated": 2}
    assert sorted(names(zoho)) == ["Anna", "Bert"]


@pytest.mark.parametrize("status", [INTENT, LEAVING])
def test_what_is_in_doubt_is_not_forgotten(desk: Desk, status: str) -> None:
    """A create that was never answered may be there: it would be made twice."""
    desk.put(3, status, None if status == INTENT else "77")
    refused = desk.ledger("forget", "--stream", "contacts", "--key", "3")
    assert (refused.code, "never answered" in refused.log) == (1, True)
    kept = desk.ledger("forget", "--all")
    assert kept.code == 0
    assert [line.split(".")[0] for line in kept.out.splitlines()[:2]] == [
        "Forgotten: 2 records of the whole account",
        "Kept: 1 in doubt",
    ]
    assert desk.show("3")["status"].strip().startswith(status)


@pytest.mark.parametrize("status", [GONE, MARKED])
def test_what_is_gone_or_marked_is_forgotten(desk: Desk, status: str) -> None:
    """It is sent again."""
    desk.put(3, status, "77")
    assert desk.ledger("forget", "--stream", "contacts", "--key", "3").code == 0
    carl = {**ANNA, "id": 3, "first_name": "Carl", "mobile": "+4915100000003", "email": "c@x.de"}
    assert bins(desk.run(carl).summary) == {"created": 1}


def test_what_nobody_looks_up_is_forgotten_only_when_it_is_gone(
    zoho: ZohoVoice, desk: Desk
) -> None:
    """With match_on [] a contact that is there would be created a second time."""
    one = "forget", "--stream", "contacts", "--key", "1"
    for options in (one, ("forget", "--all")):
        refused = desk.ledger(*options, match_on=[])
        assert (refused.code, "match_on is []" in refused.log) == (1, True)
    zoho.state.held.clear()
    assert desk.ledger(*one, match_on=[]).code == 0
    assert bins(desk.run(ANNA, match_on=[]).summary) == {"created": 1}


def test_a_monitor_may_be_forgotten_as_a_whole(workplace: Workplace) -> None:
    """The same record makes the same contact there."""
    with BasIp() as monitor:
        desk = Desk(workplace, monitor.target_config())
        desk.run(person(1), person(2))
        held = len(monitor.contacts)
        assert desk.ledger("forget", "--all").code == 0
        desk.run(person(1), person(2))
        assert len(monitor.contacts) == held


# Relink.


def test_an_ambiguous_record_gets_the_contact_that_is_named(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Then the rejects file is piped in again, and updates just that one."""
    desk = Desk(workplace, zoho.target_config())
    desk.run(ANNA, ledger_account="a")
    desk.run(TWIN, ledger_account="b", match_on=[])
    assert desk.run({**ANNA, "company": "Acme"}).code == 3
    (rejection,) = workplace.rejections
    assert rejection["code"] == "ambiguous"
    chosen = rejection["reason"].split(": ")[1].split(", ")[0]
    relinked = desk.ledger("relink", "--stream", "contacts", "--key", "1", "--remote-id", chosen)
    assert (relinked.code, f"contact {chosen} is there" in relinked.out) == (0, True)
    rejects = "".join(json.dumps(line) + "\n" for line in workplace.rejects)
    assert bins(workplace.target(desk.config, rejects).summary) == {"updated": 1}
    companies = {str(c["contact_id"]): c.get("company") for c in zoho.contacts}
    assert companies.pop(chosen) == "Acme"
    assert len(companies) == 1
    assert not any(companies.values())


def test_a_create_in_doubt_is_ended_by_naming_its_contact(zoho: ZohoVoice, desk: Desk) -> None:
    """What somebody has found by hand is neither looked up nor created."""
    desk.put(3, INTENT)
    desk.ledger("forget", "--stream", "contacts", "--key", "2")
    bert = contact_id(zoho, "Bert")
    assert (
        desk.ledger("relink", "--stream", "contacts", "--key", "3", "--remote-id", bert).code == 0
    )
    assert bins(desk.run({**BERT, "id": 3, "email": "new@example.com"}).summary) == {"updated": 1}
    assert sorted(names(zoho)) == ["Anna", "Bert"]


def test_a_contact_of_another_record_is_not_given_away(zoho: ZohoVoice, any_desk: Desk) -> None:
    """Anna would be overwritten with Bert. The sentence names the other record's hash."""
    anna = contact_id(zoho, "Anna")
    before = any_desk.show("2")
    refused = any_desk.ledger("relink", "--stream", "contacts", "--key", "2", "--remote-id", anna)
    assert refused.code == 1
    assert any_desk.show("1")["key (hash)"].strip() in refused.log
    assert any_desk.show("2") == before


def test_a_contact_of_another_stream_is_shared(
    zoho: ZohoVoice, workplace: Workplace, desk: Desk
) -> None:
    """Whom two sources know is one contact of both; both say so."""
    anna = contact_id(zoho, "Anna")
    refused = contacts({"id": 5, "first_name": "Eva", "email": None}, stream="leads_contacts")
    assert workplace.target(desk.config, refused).code == 3
    relinked = desk.ledger(
        "relink", "--stream", "leads_contacts", "--key", "5", "--remote-id", anna
    )
    assert relinked.code == 0, relinked.log
    assert "The contact is shared with: contacts." in relinked.out
    assert desk.show("1")["shared with"].strip().startswith("leads_contacts ")


def test_a_contact_that_is_not_there_is_refused(desk: Desk) -> None:
    """The API is asked first."""
    before = desk.show("1")
    refused = desk.ledger("relink", "--stream", "contacts", "--key", "1", "--remote-id", "77")
    assert (refused.code, "contact 77 is not there" in refused.log) == (1, True)
    assert desk.show("1") == before


def test_a_deletion_in_doubt_is_left_to_the_run(zoho: ZohoVoice, desk: Desk) -> None:
    """The contact may yet be removed."""
    desk.put(3, LEAVING, "77")
    anna = contact_id(zoho, "Anna")
    desk.ledger("forget", "--stream", "contacts", "--key", "1")
    refused = desk.ledger("relink", "--stream", "contacts", "--key", "3", "--remote-id", anna)
    assert (refused.code, "never answered" in refused.log) == (1, True)


class LenientSink(FakeSink):
    """A destination that reads ids as numbers, and shows them."""

    id_field = "id"

    def read_back(self, remote_id: str) -> Mapping[str, Any] | None:
        """Return a contact, however its number is written."""
        found = super().read_back(remote_id.lstrip("0"))
        return found and {**found, "id": int(remote_id)}


class IdlessSink(LenientSink):
    """The same, but that it does not show them."""

    id_field = ""


@pytest.mark.parametrize("written", ["01", "0001"])
def test_a_contact_is_named_as_the_api_shows_it(tmp_path: Path, written: str) -> None:
    """Else one that belongs to another record already would be given away."""
    with Place(tmp_path, LenientSink) as place:
        place.run({"id": 1, "first_name": "Anna"}, {"id": 2, "first_name": "Bert"})
        before = place.entry(2)
        with pytest.raises(ApiError, match=f"gives for {written} has the id 1"):
            relinked(place, written)
        assert place.entry(2) == before
        third = place.sink.put(first_name="Cleo")
        assert relinked(place, third)
        assert (entry := place.entry(2))
        assert entry.remote_id == third


@pytest.mark.parametrize("end", ["?", "?a=b", "#", "/", " ", "%20", ";", "/.", "\u0661", "\n"])
def test_what_is_no_id_is_not_asked_for(tmp_path: Path, end: str) -> None:
    """An API may read more than an id into it, and answer for another contact."""
    with Place(tmp_path, IdlessSink) as place:
        place.run({"id": 1, "first_name": "Anna"}, {"id": 2, "first_name": "Bert"})
        place.sink.asked.clear()
        with pytest.raises(click.UsageError, match="--remote-id"):
            relinked(place, f"1{end}")
        assert place.sink.asked == []


@pytest.mark.parametrize("api", sorted(KINDS))
def test_each_api_says_whether_a_contact_is_there(workplace: Workplace, api: str) -> None:
    """A contact that exists is taken, and one that does not is refused; a monitor tells none."""
    with KINDS[api]() as sandbox:
        desk = Desk(workplace, {**sandbox.target_config(), "ledger_account": "office"})
        desk.run(person(1), max_rejects=-1)
        with closing(desk.opened()) as ledger:
            ((_, remote_id),) = [
                (e.key, str(e.remote_id))
                for e in ledger.entries("contacts", ledger.keys("contacts")).values()
            ]
        parts = remote_id.rsplit("/", 1)
        wrong = "/".join([*parts[:-1], parts[-1][:-1] + ("1" if parts[-1][-1] != "1" else "2")])
        relink = "relink", "--stream", "contacts", "--key", "1", "--remote-id"
        writes = len(sandbox.writes)
        given = wrong, f"0{remote_id}", remote_id
        codes = [desk.ledger(*relink, each).code for each in given]
        assert codes == [1, 1, 1 if api == "bas_ip" else 0]
        assert len(sandbox.writes) == writes


# What holds for all.


def test_while_a_run_is_on_the_ledger_is_read_and_not_changed(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """`list` and `show` answer; the others are refused in one sentence that names the run."""
    config = {
        **FAST,
        **SOON,
        **zoho.target_config(),
        **workplace.ledger,
        "checkpoint_seconds": 0,
    }
    desk = Desk(workplace, config)
    key = "--stream", "contacts", "--key", "1"
    with holding(workplace, config):
        assert desk.ledger("list").code == 0
        assert desk.show("1")
        for options in (
            ("forget", *key),
            ("relink", *key, "--remote-id", "1"),
            ("check",),
            ("export", "--file", "out.jsonl"),
            ("import", "--file", "out.jsonl"),
        ):
            refused = desk.ledger(*options)
            assert (refused.code, refused.out, BUSY in refused.log) == (1, "", True), options
    assert not (workplace.folder / "out.jsonl").exists()


def test_nothing_personal_is_shown(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Canaries in each field and in the key: 0 on the screen and in the log, at any level."""
    row = canary(1)
    desk = Desk(workplace, {**zoho.target_config(), "ledger_account": "office"})
    desk.run(row)
    key = "--stream", "contacts", "--key", row["id"]
    file = str(workplace.folder / "ledger.jsonl")
    for options in (
        *(("list",), ("show", *key), ("check",), ("export", "--file", file)),
        ("relink", *key, "--remote-id", str(zoho.contacts[0]["contact_id"])),
        ("forget", *key),
        ("show", *key),
    ):
        ended = workplace.target(
            desk.config, "", "--ledger", *options, env={"TARGET_CONTACTS_LOGLEVEL": "DEBUG"}
        )
        assert found(CONTACT, (ended.out + ended.log).encode()) == [], options
    exported = (workplace.folder / "ledger.jsonl").read_bytes()
    assert found(CONTACT, exported) == []
    assert WRITTEN.encode() in exported
