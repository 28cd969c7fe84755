"""Clients and owners of PORTERS are found by what records call them, and never guessed."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.porters import CONTACT, SCOPES, Porters
from tests.support.commands import FAST, contacts, singer
from tests.support.forked import started
from tests.support.porters_people import bins

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.messages import Request, Response
    from tests.support.commands import Workplace

CLIENTS, USERS = "/v1/client", "/v1/user"
OWNED = {"owner_id": "1"}


@pytest.fixture
def porters() -> Iterator[Porters]:
    """Return a company with three clients, none of which is that of `target_config`."""
    with Porters() as sandbox:
        add(sandbox, ACME="11", Globex="12", Initech="13")
        yield sandbox


def add(sandbox: Porters, **ids: str) -> None:
    """Put in clients by their names."""
    for name, client_id in ids.items():
        sandbox.add_client(client_id, name)


def config(sandbox: Porters, **changes: Any) -> dict[str, Any]:
    """Return settings by which clients are looked up; only the owner has a default."""
    return {**sandbox.target_config(), "defaults": OWNED, "parents": {}, **changes}


def person(number: int, company: Any, **more: Any) -> dict[str, Any]:
    """Return a record."""
    given = {"id": number, "name": f"Person {number}", "email": f"p{number}@example.com"}
    return {**given, "company": company, **more}


def clients(sandbox: Porters) -> dict[str, str]:
    """Return the client of each contact, by the contact's name."""
    return {each["Contact.P_Name"]: each["Contact.P_Client"] for each in sandbox.contacts}


def asked(sandbox: Porters, path: str = CLIENTS) -> list[dict[str, str]]:
    """Return the parameters of the requests for clients or users, and forget all requests."""
    found = [dict(line.request.query) for line in sandbox.log if line.request.path == path]
    sandbox.log.clear()
    return found


def test_contacts_of_three_companies_land_under_three_clients(
    workplace: Workplace, porters: Porters
) -> None:
    """No record has an id; one request finds all clients; an unchanged run asks for nothing."""
    people = [person(n, name) for n, name in enumerate(["ACME", "Globex", " Initech ", "ACME"])]
    run = workplace.target(config(porters), contacts(*people))
    assert (run.code, run.summary["not_carried"]) == (0, {})
    assert [*clients(porters).values()] == ["11", "12", "13", "11"]
    assert len(asked(porters)) == 1
    again = workplace.target(config(porters), contacts(*people))
    assert (bins(again.summary), again.summary["requests"]) == ({"unchanged": 4}, 0)


def test_a_changed_run_asks_only_for_companies_that_it_does_not_know(
    workplace: Workplace, porters: Porters
) -> None:
    """The ledger knows the others, by hashes alone; a contact whose company changed is moved."""
    workplace.target(config(porters), contacts(person(1, "ACME"), person(2, "Globex")))
    asked(porters)
    run = workplace.target(config(porters), contacts(person(1, "Globex"), person(2, "ACME")))
    assert (bins(run.summary), asked(porters)) == ({"updated": 2}, [])
    assert clients(porters) == {"Person 1": "12", "Person 2": "11"}
    run = workplace.target(config(porters), contacts(person(3, "Initech")))
    assert (bins(run.summary), len(asked(porters))) == ({"created": 1}, 1)
    with closing(sqlite3.connect(workplace.folder / "target-contacts.db")) as ledger:
        rows = ledger.execute("SELECT kind, value, remote_id FROM known_ids").fetchall()
    assert {(kind, remote_id) for kind, _, remote_id in rows} == {
        ("parents name", each) for each in ("11", "12", "13")
    }
    assert all(re.fullmatch("[0-9a-f]{32}", value) for _, value, _ in rows)


def test_a_client_is_never_guessed(workplace: Workplace, porters: Porters) -> None:
    """Namesakes, strangers and other spellings are rejected with the field; the others land."""
    add(porters, Twin="14", INITECH="15")
    porters.add_client("16", "Twin")
    names = ["ACME", "Twin", "Nobody", "acme", "ACME Inc.", "\uff21\uff23\uff2d\uff25", "", None]
    people = [person(n, name) for n, name in enumerate(names)]
    run = workplace.target(config(porters), contacts(*people))
    assert (run.code, clients(porters)) == (3, {"Person 0": "11"})
    codes = [(each["code"], each["field"]) for each in workplace.rejections]
    unknown = ("unknown_parent", "Contact.P_Client")
    assert sorted(codes) == sorted(
        [("ambiguous_parent", "Contact.P_Client"), *[unknown] * 4]
        + [("missing", "Contact.P_Client")] * 2
    )
    assert not re.search("Twin|Nobody|acme", run.log)
    more = {"missing": "default"}
    run = workplace.target(
        config(porters, parents=more, defaults={**OWNED, "customer_id": "12"}), contacts(*people)
    )
    assert [each["code"] for each in workplace.rejections] == ["ambiguous_parent"]
    assert {*clients(porters).values()} == {"11", "12"}
    assert len(clients(porters)) == 7


def test_a_default_is_only_given_to_who_has_no_client_if_missing_says_so(
    workplace: Workplace, porters: Porters
) -> None:
    """Else a company that is mistyped would land under the client of all."""
    given = config(porters, defaults={**OWNED, "customer_id": "12"})
    run = workplace.target(given, contacts(person(1, "ACNE"), person(2, "")))
    assert (run.code, porters.contacts) == (3, [])


def test_unicode_forms_of_a_name_are_one(workplace: Workplace, porters: Porters) -> None:
    """An accent may be a sign of its own or not."""
    porters.add_client("17", "Café Zoé")
    run = workplace.target(config(porters), contacts(person(1, "Cafe\u0301 Zoe\u0301")))
    assert (run.code, clients(porters)) == (0, {"Person 1": "17"})


def test_a_record_with_the_id_keeps_it(workplace: Workplace, porters: Porters) -> None:
    """Nothing is asked then; an id of another system that cannot be one gives way."""
    sf = person(2, "Globex", customer_id="0015g00000XyZ")
    run = workplace.target(config(porters), contacts(person(1, "Globex", customer_id="13"), sf))
    assert (run.code, clients(porters)) == (0, {"Person 1": "13", "Person 2": "12"})
    asked(porters)
    alone = contacts(person(3, "Nobody", customer_id="13"))
    assert (workplace.target(config(porters), alone).code, asked(porters)) == (0, [])


def test_without_the_setting_nothing_is_looked_up(workplace: Workplace, porters: Porters) -> None:
    """The client of the defaults serves all, as ever."""
    plain = porters.target_config()
    run = workplace.target(plain, contacts(person(1, "ACME"), person(2, "Globex")))
    assert (run.code, asked(porters), asked(porters, USERS)) == (0, [], [])
    assert {*clients(porters).values()} == {"10001"}


def test_clients_are_found_by_a_field_of_ones_own(workplace: Workplace, porters: Porters) -> None:
    """The setting `lookup` names its alias, and `from` the record's field."""
    held = porters.database.records["Client"]
    held["11"]["Client.P_Memo"], held["12"]["Client.P_Memo"] = "K-1", "K-2"
    by_memo = {"from": "account.number", "lookup": "Client.P_Memo"}
    run = workplace.target(
        config(porters, parents=by_memo),
        contacts(person(1, "Initech", account={"number": "K-2"})),
    )
    assert (run.code, clients(porters)) == (0, {"Person 1": "12"})


def test_owners_are_found_by_email_and_by_name(workplace: Workplace, porters: Porters) -> None:
    """Namesakes are told apart by e-mail; the number of another system's owner gives way."""
    porters.add_user("21", "Jo Owner", "jo@example.com")
    porters.add_user("22", "Jo Owner", "jo2@example.com")
    both: dict[str, Any] = {"parents": {}, "owners": {}, "defaults": {}}
    jo = person(1, "ACME", owner_email="jo2@example.com", hubspot_owner_id="21")
    other = person(2, "ACME", owner_email="nobody@example.com")
    run = workplace.target(config(porters, **both), contacts(jo, other))
    assert [each["Contact.P_Owner"] for each in porters.contacts] == ["22"]
    assert [(e["code"], e["field"]) for e in workplace.rejections] == [
        ("unknown_parent", "Contact.P_Owner")
    ]
    assert (run.code, len(asked(porters, USERS))) == (3, 1)
    by_name = {**both, "owners": {"from": "boss", "lookup": "name"}}
    workplace.target(config(porters, **by_name), contacts(person(3, "ACME", boss="Jo Owner")))
    assert workplace.rejections[-1]["code"] == "ambiguous_parent"


# Spelled otherwise.


def test_a_loose_match_is_listed_and_the_list_is_a_file_of_the_setting(
    workplace: Workplace, porters: Porters
) -> None:
    """The log has a count and no name; several that are alike leave the record out."""
    add(porters, **{"Twin AG": "14", "TWIN": "15", "Soylent GmbH": "16"})
    names = ["acme Inc.", "Globex", "\uff29nitech", "acme Inc.", "twin", "Soylent Ltd"]
    people = [person(n, name) for n, name in enumerate(names)]
    loose = config(porters, parents={"lookup_loosely": True})
    run = workplace.target(loose, contacts(*people))
    assert (run.code, [*clients(porters).values()]) == (3, ["11", "12", "13", "11"])
    codes = {each["code"] for each in workplace.rejections}
    assert codes == {"ambiguous_parent", "unknown_parent"}
    ((stream, field, why, count),) = run.summary["noted"]
    assert (stream, field, count) == ("contacts", "Contact.P_Client", 2)
    assert "lookup_loosely" in why
    (path,) = (workplace.folder / "rejects").glob("*-porters.parents.csv")
    rows = "value,id,name\r\nacme Inc.,11,ACME\r\n\uff29nitech,13,Initech\r\n"
    assert (path.read_bytes().decode(), path.stat().st_mode & 0o777) == (rows, 0o600)
    assert path.name in run.log
    assert not re.search("acme|nitech|Twin", run.log)
    asked(porters)
    again = workplace.target(loose, contacts(*people[:4]))
    assert (again.summary["requests"], "noted" in again.summary) == (0, False)
    by_file = config(porters, parents={"file": str(path)}, match_on=[])
    later = workplace.target(by_file, contacts(person(9, "acme Inc."), person(10, "ACME")))
    assert (later.code, clients(porters)["Person 9"], asked(porters)) == (3, "11", [])


def test_without_the_setting_nothing_is_matched_loosely_that_once_was(
    workplace: Workplace, porters: Porters
) -> None:
    """What the ledger remembers of loose matches is for runs that want them."""
    for loosely, code in ((True, 0), (False, 3), (True, 0)):
        given = config(porters, parents={"lookup_loosely": loosely})
        run = workplace.target(given, contacts(person(1, "acme")))
        assert run.code == code
    assert clients(porters) == {"Person 1": "11"}


# A client gets another name.


def test_a_client_that_was_renamed_is_asked_for_again_after_a_day(
    workplace: Workplace, porters: Porters
) -> None:
    """With one request for all that changed; an unchanged run makes none."""
    add(porters, **{f"Firm {n}": str(500 + n) for n in range(300)})
    everyone = [person(1, "ACME"), person(2, "Globex"), person(3, "Firm 7")]
    long_ago = datetime.now(timezone.utc) - timedelta(days=30)
    with closing(sqlite3.connect(workplace.folder / "target-contacts.db")) as ledger:
        workplace.target(config(porters), contacts(*everyone))
        for client in porters.database.records["Client"].values():
            client["Client.P_UpdateDate"] = f"{long_ago:%Y/%m/%d %H:%M:%S}"
        porters.database.records["Client"]["11"]["Client.P_Name"] = "ACME Holding"
        add(porters, ACME="20")
        porters.database.records["Client"]["11"]["Client.P_UpdateDate"] = porters.database.time()
        ledger.execute("UPDATE known_ids SET found_at = datetime('now', '-2 days')")
        ledger.commit()
    asked(porters)
    again = workplace.target(config(porters), contacts(*everyone))
    assert (again.summary["requests"], asked(porters)) == (0, [])
    new = [person(n, name) for n, name in enumerate(["ACME", "Globex", "Firm 7"], 4)]
    run = workplace.target(config(porters), contacts(*new))
    assert (run.code, [*clients(porters).values()][3:]) == (0, ["20", "12", "507"])
    first, *others = asked(porters)
    assert first["condition"].startswith("Client.P_UpdateDate:ge=")
    assert len(others) <= 2
    run = workplace.target(config(porters), contacts(person(7, "Globex")))
    assert (run.code, asked(porters)) == (0, [])


def test_a_company_that_tells_no_changes_keeps_its_clients(workplace: Workplace) -> None:
    """Whether PORTERS takes a time as a condition of clients is inferred."""
    with Undated() as sandbox:
        add(sandbox, ACME="11")
        workplace.target(config(sandbox), contacts(person(1, "ACME")))
        with closing(sqlite3.connect(workplace.folder / "target-contacts.db")) as ledger:
            ledger.execute("UPDATE known_ids SET found_at = datetime('now', '-2 days')")
            ledger.commit()
        run = workplace.target(config(sandbox), contacts(person(2, "ACME")))
        assert (run.code, clients(sandbox)["Person 2"], sandbox.refused) == (0, "11", 1)


# The file.


def test_a_file_says_which_value_stands_for_which_client(
    workplace: Workplace, porters: Porters
) -> None:
    """Nothing is asked; when the file changes, contacts move; what it lacks is unknown."""
    path = workplace.folder / "clients.csv"
    given = config(porters, parents={"file": str(path)})
    people = contacts(person(1, "Acme Corp"), person(2, "Globex"))
    path.write_text("value;id\nAcme Corp;11\n", encoding="utf-8-sig")
    run = workplace.target(given, people)
    assert (run.code, clients(porters), asked(porters)) == (3, {"Person 1": "11"}, [])
    path.write_text('{"value": "Acme Corp", "id": 13}\n\n{"value": "Globex", "id": "12"}\n')
    run = workplace.target(given, people)
    assert (run.code, clients(porters)) == (0, {"Person 1": "13", "Person 2": "12"})
    assert asked(porters) == []


def test_a_file_goes_before_the_look_up(workplace: Workplace, porters: Porters) -> None:
    """With `lookup` beside it, the destination is asked for what the file lacks."""
    path = workplace.folder / "clients.csv"
    path.write_text("value,id\nACME,13\n")
    given = config(porters, parents={"file": str(path), "lookup": "name"})
    run = workplace.target(given, contacts(person(1, "ACME"), person(2, "Globex")))
    assert (run.code, clients(porters)) == (0, {"Person 1": "13", "Person 2": "12"})


# How much is asked.


def test_six_hundred_contacts_of_three_hundred_clients_cost_three_requests(
    workplace: Workplace,
) -> None:
    """More than without the setting, in one run of several batches."""
    people = [person(n, f"Firm {n % 300}", a=n) for n in range(600)]
    counts, settings = list[int](), list[Any]([None, {}])
    for parents in settings:
        with Porters() as sandbox:
            add(sandbox, **{f"Firm {n}": str(500 + n) for n in range(300)})
            defaults = {**OWNED, "customer_id": "500"}
            given = config(sandbox, parents=parents, defaults=defaults, match_on=[])
            ledger = f"sqlite:///{workplace.folder / f'{parents}.db'}"
            more = {"ledger_url": ledger, "batch_size_rows": 150}
            run = workplace.target({**given, **more}, contacts(*people))
            assert (run.code, len({*clients(sandbox).values()})) == (
                0,
                1 if parents is None else 300,
            )
            reads = [line for line in sandbox.log if line.request.method == "GET"]
            counts.append(len(reads))
    assert counts[1] - counts[0] <= 3


def test_a_few_names_among_many_clients_are_asked_for_one_by_one(
    workplace: Workplace, porters: Porters
) -> None:
    """A name that no condition can hold has the list read; namesakes are found either way."""
    add(porters, **{f"Firm {n}": str(500 + n) for n in range(900)})
    porters.add_client("2001", "ACME, Inc.")
    porters.add_client("2002", "Globex")
    people = [person(1, "Firm 850"), person(2, "Globex")]
    run = workplace.target(config(porters), contacts(*people))
    found = asked(porters)
    assert (run.code, clients(porters)) == (3, {"Person 1": "1350"})
    assert [each.get("condition") for each in found] == [
        None,
        "Client.P_Name:full=Firm 850",
        "Client.P_Name:full=Globex",
    ]
    run = workplace.target(config(porters), contacts(person(3, "ACME, Inc.")))
    assert (run.code, clients(porters)["Person 3"]) == (0, "2001")
    assert len(asked(porters)) == 5


# What goes wrong.


def test_an_id_that_is_none_any_more_is_asked_for_again_once(
    workplace: Workplace, porters: Porters
) -> None:
    """The client was removed and made anew; a client that is only removed is unknown."""
    workplace.target(config(porters), contacts(person(1, "ACME"), person(2, "Globex")))
    for gone in ("11", "12"):
        del porters.database.records["Client"][gone]
    porters.add_client("18", "ACME")
    asked(porters)
    people = [person(3, "ACME"), person(4, "ACME"), person(5, "Globex"), person(6, "Initech")]
    run = workplace.target(config(porters), contacts(*people, person(2, "ACME")))
    assert run.summary["read"] == sum(bins(run.summary).values()) == 5
    found = clients(porters)
    assert found["Person 2"] == "18"
    assert (found["Person 3"], found["Person 4"], found["Person 6"]) == ("18", "18", "13")
    assert [each["code"] for each in workplace.rejections] == ["unknown_parent"]
    assert len(asked(porters)) <= 2


@pytest.mark.parametrize(
    ("options", "settings", "code"),
    [
        (("--limit", "2"), {}, 0),
        ((), {"guards": {"max_creates": 2}}, 0),
        ((), {"guards": {"max_creates": 1}}, 4),
    ],
    ids=["limit", "guard", "guard that ends the run"],
)
def test_a_record_that_is_sent_again_counts_once(
    workplace: Workplace,
    porters: Porters,
    options: tuple[str, ...],
    settings: dict[str, Any],
    code: int,
) -> None:
    """For `--limit` and for guards; what is beyond these is not sent."""
    workplace.target(config(porters), contacts(person(1, "ACME")))
    del porters.database.records["Client"]["11"]
    porters.add_client("18", "ACME")
    people = [person(n, "ACME") for n in range(2, 5 if options else 4)]
    run = workplace.target(config(porters, **settings), contacts(*people), *options)
    assert run.code == code
    assert sum(bins(run.summary).values()) == len(people)
    sent = [name for name in clients(porters) if name != "Person 1"]
    assert sent == ([] if code else ["Person 2", "Person 3"])
    assert run.summary.get("not_sent", 0) == len(options) // 2


@pytest.mark.parametrize("scope", ["client_r", "user_r"])
def test_a_look_up_that_is_not_permitted_stops_with_one_sentence(
    workplace: Workplace, scope: str
) -> None:
    """Nothing is written; `--check` says so beforehand."""
    left = [each for each in SCOPES if each != scope]
    with Porters(scopes=left) as sandbox:
        given = config(sandbox, owners={}, match_on=[])
        add(sandbox, ACME="11")
        people = contacts(person(1, "ACME", owner_email="jo@example.com"), state={"at": 1})
        run = workplace.target(given, people)
        checked = workplace.target(given, [], "--check")
        written = sandbox.contacts
    assert (run.code, run.out, written) == (1, "", [])
    (error,) = [line for line in run.log.splitlines() if "| ERROR" in line]
    assert "PORTERS: look-up for parents: code 403" in error
    assert "parents.file does without" in error
    assert checked.code == 1
    what = "Clients" if scope == "client_r" else "Users"
    assert f"differs and would harm: {what} can be read" in checked.out
    assert f"{scope}" in checked.out


def test_a_check_says_that_clients_and_users_can_be_read(
    workplace: Workplace, porters: Porters
) -> None:
    """Only where a setting asks for it."""
    both = workplace.target(config(porters, owners={}), [], "--check")
    assert "holds: Clients can be read, to find them by parents (4 clients)" in both.out
    assert "holds: Users can be read, to find them by owners (2 users)" in both.out
    none = workplace.target(porters.target_config(), [], "--check")
    assert "to find them" not in none.out


class Undated(Porters):
    """A company that takes no time as a condition of clients."""

    refused = 0

    def handle(self, request: Request) -> Response:
        """Refuse such a condition with code 100."""
        if request.path == CLIENTS and "P_UpdateDate" in request.query.get("condition", ""):
            self.refused += 1
            request = replace(request, query={**request.query, "condition": "Client.P_None=1"})
        return super().handle(request)


class Deadly(Porters):
    """A company that kills the sender when it is about to write."""

    victim: int | None = None

    def handle(self, request: Request) -> Response:
        """Kill before a contact is written."""
        if self.victim and (request.method, request.path) == ("POST", CONTACT):
            os.kill(self.victim, signal.SIGKILL)
            self.victim = None
        return super().handle(request)


def test_a_run_killed_between_look_up_and_create_loses_nothing(workplace: Workplace) -> None:
    """The next one knows the clients, and writes each contact once."""
    path = workplace.folder / "config.json"
    people = contacts(person(1, "ACME"), person(2, "Globex"))
    with Deadly() as sandbox:
        add(sandbox, ACME="11", Globex="12")
        given = {**FAST, **workplace.ledger, **config(sandbox), "canary": False}
        path.write_text(json.dumps(given))
        options = ["--config", str(path)]
        killed = workplace.folder / "killed"
        process = started("target-contacts", options, killed, singer(people))
        process.start()
        sandbox.victim = process.pid
        process.join(30)
        assert process.exitcode == -signal.SIGKILL
        asked(sandbox)
        run = workplace.target(given, people)
        assert (run.code, asked(sandbox)) == (0, [])
        assert sorted(clients(sandbox).items()) == [("Person 1", "11"), ("Person 2", "12")]
        assert len(sandbox.contacts) == 2


# What is told without writing.


def test_a_plan_holds_the_clients_and_is_carried_out(
    workplace: Workplace, porters: Porters
) -> None:
    """A dry run and a plan look up, and write nothing."""
    people = contacts(person(1, "ACME"), person(2, "Nobody"))
    dry = workplace.target(config(porters, dry_run=True), people)
    assert (dry.summary["created"], dry.summary["rejected"], porters.contacts) == (1, 1, [])
    plan = workplace.folder / "plan.jsonl"
    workplace.target(config(porters), people, "--plan", str(plan))
    assert '"Contact.P_Client"' in plan.read_text()
    assert porters.contacts == []
    workplace.target(config(porters), people, "--apply", str(plan))
    assert clients(porters) == {"Person 1": "11"}


def test_an_explanation_shows_by_what_a_client_is_looked_up(
    workplace: Workplace, porters: Porters
) -> None:
    """Nothing is asked, so that no record is said to be rejected for an unknown client."""
    path = workplace.folder / "clients.csv"
    path.write_text("value,id\nACME,11\n")
    people = contacts(person(1, "ACME"), person(2, "Nobody"))
    by_name = workplace.target(config(porters), people, "--explain")
    assert re.search(r"company +customer_id +Contact.P_Client +2", by_name.out)
    assert "2 of 2 records would be sent" in by_name.out
    by_file = workplace.target(config(porters, parents={"file": str(path)}), people, "--explain")
    assert re.search(r"Contact.P_Client +unknown_parent +1", by_file.out)
    assert "gets its default" not in by_file.out
    nameless = workplace.target(config(porters), contacts(person(3, "")), "--explain")
    assert "gets its default only with missing: default" in nameless.out
    assert porters.log == []


def test_people_without_key_are_told_apart_by_their_company(
    workplace: Workplace, porters: Porters
) -> None:
    """Who has the same name at two companies is two people."""
    people = [{"name": "Jo", "company": name} for name in ("ACME", "Globex")]
    lines = contacts(*people, key=())
    for _ in range(2):
        run = workplace.target(config(porters, match_on=[]), lines)
        assert (run.code, len(porters.contacts)) == (0, 2)


def test_a_value_map_translates_companies_before_they_are_looked_up(
    workplace: Workplace, porters: Porters
) -> None:
    """A spelling that the destination does not have is given its name there."""
    given = config(porters, value_map={"company": {"Acme Corporation": "ACME"}})
    run = workplace.target(given, contacts(person(1, "acme  corporation"), person(2, "Globex")))
    assert (run.code, clients(porters)) == (0, {"Person 1": "11", "Person 2": "12"})
