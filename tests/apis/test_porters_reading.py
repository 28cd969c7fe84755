"""Promises of PORTERS as a source: what has changed and no more, and nothing missed."""

from __future__ import annotations

import json
import signal
from datetime import datetime, timedelta, timezone
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.porters import CONTACT, Porters
from tests.support.commands import FAST, Finished, Workplace
from tests.support.forked import started
from tests.support.porters_lists import Clock, fill
from tests.support.porters_reading import CONTACTS, chosen, ids, read, reads, state

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess


def rename(sandbox: Porters, *ids: str) -> None:
    """Change contacts."""
    for each in ids:
        sandbox.change(each, **{"Contact.P_Name": "Changed"})


def bookmark(run: Finished) -> str | None:
    """Return the bookmark of contacts."""
    found: str | None = state(run)["bookmarks"][CONTACTS].get("replication_key_value")
    return found


# What has changed.


def test_the_second_run_reads_what_has_changed(
    company: Porters, clock: Clock, workplace: Workplace
) -> None:
    """Of many contacts just those changed come, and each once."""
    everyone = fill(company, 450, clock)
    first = read(workplace, company)
    rename(company, everyone[3], everyone[399])
    second = read(workplace, company, state(first))
    third = read(workplace, company, state(second))
    assert ids(first) == everyone
    assert (ids(second), ids(third)) == ([everyone[3], everyone[399]], [])
    assert bookmark(second) == bookmark(third) == clock.told
    left = state(first)["bookmarks"][CONTACTS]
    assert left["replication_key"] == "Contact.P_UpdateDate"
    assert (left.keys() - {"replication_key_value"}, len(left["seen"])) == (
        {"replication_key", "seen"},
        61,
    )


def test_a_change_in_the_second_of_the_bookmark_is_not_missed(
    company: Porters, workplace: Workplace
) -> None:
    """A contact changed in the very second in which the last one read was changed comes, too."""
    everyone = fill(company, 3)
    first = read(workplace, company)
    late = fill(company, 1)
    second = read(workplace, company, state(first))
    assert (ids(first), ids(second)) == (everyone, late)


def test_what_is_made_while_reading_begins_is_read_once(workplace: Workplace) -> None:
    """With a clock that runs, a contact made right then comes, and again when it has changed."""
    begun = []

    def make(served: int) -> None:
        if served == 0:
            begun.append(datetime.now(timezone.utc))
            fill(sandbox, 1)

    with Porters() as sandbox:
        sandbox.on_read = make
        run = read(workplace, sandbox)
        sandbox.on_read = None
        made = bookmark(run)
        assert made is not None
        assert datetime.fromisoformat(made) <= datetime.now(timezone.utc)
        assert (ids(run), ids(read(workplace, sandbox, state(run)))) == (["20002"], [])
        rename(sandbox, "20002")
        assert ids(read(workplace, sandbox, state(run))) == ["20002"]


@pytest.mark.parametrize("ahead", [-3600, 3600])
def test_clocks_that_differ_make_nothing_missed(
    company: Porters, clock: Clock, workplace: Workplace, ahead: int
) -> None:
    """Though PORTERS' clock is an hour off, what changes behind the walk comes the next time."""
    clock.time = datetime.now(timezone.utc) + timedelta(seconds=ahead)
    everyone = fill(company, 450, clock)

    def change(served: int) -> None:
        if served == 4:
            clock.go_on(5)
            rename(company, everyone[10])
            clock.go_on(5)
            rename(company, everyone[440])

    company.on_read = change
    first = read(workplace, company)
    company.on_read = None
    assert ids(first) == everyone
    assert everyone[10] in ids(read(workplace, company, state(first)))


def test_times_are_utc(company: Porters, clock: Clock, workplace: Workplace) -> None:
    """Japan's clock, a start_date of Japan and one of New York all mean the same moment."""
    fill(company, 2)
    clock.go_on(7200)
    late = fill(company, 1)
    moment = clock.time - timedelta(seconds=3600)
    for hours in (9, 0, -5):
        start = moment.astimezone(timezone(timedelta(hours=hours))).isoformat()
        assert ids(read(workplace, company, start_date=start)) == late
        asked = moment.astimezone(timezone.utc).strftime("%Y/%m/%d %H:%M:%S")
        assert f"Contact.P_UpdateDate:ge={asked}" in reads(company)[0]["condition"]
    run = read(workplace, company)
    assert run.records(CONTACTS)[2]["Contact.P_UpdateDate"] == clock.told
    assert clock.told.endswith("+00:00")


def test_a_start_date_counts_until_a_bookmark_is_later(
    company: Porters, clock: Clock, workplace: Workplace
) -> None:
    """The later of both moments is where reading begins."""
    fill(company, 4, clock)
    first = read(workplace, company)
    early, late = (clock.time - timedelta(days=days) for days in (3, -3))
    again = read(workplace, company, state(first), start_date=early.isoformat())
    none = read(workplace, company, state(first), start_date=late.isoformat())
    assert (ids(again), ids(none)) == ([], [])
    assert bookmark(none) == bookmark(first)


def test_a_start_date_that_is_no_time_is_named(company: Porters, workplace: Workplace) -> None:
    """Settings that make no sense end the run with exit code 2."""
    run = workplace.tap({"porters": company.tap_config(), "start_date": "yesterday"})
    assert (run.code, "start_date must be a time such as" in run.log) == (2, True)


def test_a_run_without_news_writes_no_contact_and_keeps_its_bookmark(
    company: Porters, clock: Clock, workplace: Workplace
) -> None:
    """Deleted or moved away: when the last contact of before is gone, nobody comes twice."""
    everyone = fill(company, 2, clock)
    first = read(workplace, company)
    company.database.records["Contact"].pop(everyone[1])
    second = read(workplace, company, state(first))
    assert (ids(second), bookmark(second)) == ([], bookmark(first))


def test_a_company_without_contacts_is_read_to_its_end(
    company: Porters, workplace: Workplace
) -> None:
    """There is no last change then, and no bookmark; who comes later is read."""
    first = read(workplace, company)
    assert (ids(first), bookmark(first)) == ([], None)
    later = fill(company, 1)
    assert ids(read(workplace, company, state(first))) == later


def test_a_whole_table_can_be_forced(company: Porters, clock: Clock, workplace: Workplace) -> None:
    """Catalogs that demand a full table get one, and leave no bookmark."""
    everyone = fill(company, 3, clock)
    path = chosen(workplace, {"porters": company.tap_config()}, (CONTACTS,))
    catalog = json.loads(path.read_text())
    for stream in catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"
    path.write_text(json.dumps(catalog))
    run = workplace.tap({"porters": company.tap_config()}, "--catalog", str(path))
    assert (ids(run), bookmark(run)) == (everyone, None)


# What changes while it is read.


def test_nobody_is_missed_or_doubled_while_contacts_come_and_go(
    company: Porters, clock: Clock, workplace: Workplace
) -> None:
    """Contacts deleted, changed and made during the walk shift nobody out of it."""
    everyone = fill(company, 1000, clock)
    gone, made = [], []

    def shake(served: int) -> None:
        clock.go_on(1)
        if 2 < served < 7:
            first = everyone[served]
            company.remove(first)
            gone.append(first)
            rename(company, everyone[served + 20])
            made.extend(fill(company, 1))

    company.on_read = shake
    first = read(workplace, company)
    company.on_read = None
    living = [r["Contact.P_Id"] for r in first.records(CONTACTS) if not r["_sdc_deleted_at"]]
    second = read(workplace, company, state(first))
    assert len(living) == len(set(living))
    assert set(everyone) - set(gone) <= set(living)
    assert set(everyone[23:27]) <= set(ids(second))
    assert set(made) <= {*ids(first), *ids(second)}
    both = [*first.records(CONTACTS), *second.records(CONTACTS)]
    assert sorted(r["Contact.P_Id"] for r in both if r["_sdc_deleted_at"]) == gone
    assert set(ids(second)) <= {*everyone[23:27], *made, *gone, everyone[-1]}


def test_a_listing_that_lacks_rows_fails(company: Porters, workplace: Workplace) -> None:
    """A page that counts rows and holds none ends the run, and no bookmark is passed on."""
    fill(company, 2)
    body = '<Contact Total="2" Count="0" Start="0"><Code>0</Code></Contact>'
    config = {"porters": company.tap_config()}
    path = chosen(workplace, config, (CONTACTS,))
    company.fault(on=f"GET {CONTACT}", after=2, status=200, body=body)
    run = workplace.tap(config, "--catalog", str(path))
    assert (run.code, "counts 2 rows, gave none" in run.log) == (1, True)
    assert not any("replication_key_value" in json.dumps(message) for message in run.messages)


# Deletions.


def test_deleted_contacts_come_with_their_time(
    company: Porters, clock: Clock, workplace: Workplace
) -> None:
    """A contact deleted since the last run comes once more, saying when, and only once."""
    everyone = fill(company, 3, clock)
    first = read(workplace, company)
    clock.go_on(60)
    company.remove(everyone[0])
    deleted_at = clock.told
    clock.go_on(60)
    rename(company, everyone[1])
    second = read(workplace, company, state(first))
    third = read(workplace, company, state(second))
    assert {r["_sdc_deleted_at"] for r in first.records(CONTACTS)} == {None}
    found = {r["Contact.P_Id"]: r["_sdc_deleted_at"] for r in second.records(CONTACTS)}
    assert found == {everyone[0]: deleted_at, everyone[1]: None}
    assert second.records(CONTACTS)[-1]["Contact.P_Name"] == "N0 M"
    assert ids(third) == []


def test_an_increment_asks_for_deletions_since_its_bookmark_only(
    company: Porters, clock: Clock, workplace: Workplace
) -> None:
    """The first run asks for all that are kept; a later one for those from a minute before on."""
    everyone = fill(company, 300, clock)
    for each in everyone[:50]:
        company.remove(each)
    first = read(workplace, company)
    assert "condition" not in reads(company)[-1]
    clock.go_on(3600)
    company.remove(everyone[60])
    second = read(workplace, company, state(first))
    deleted = reads(company)[-1]
    since = datetime.fromisoformat(str(bookmark(first))) - timedelta(seconds=60)
    assert deleted["itemstate"] == "deleted"
    assert deleted["condition"] == f"Contact.P_UpdateDate:ge={since:%Y/%m/%d %H:%M:%S}"
    assert ids(second) == [everyone[60]]


def test_an_old_bookmark_asks_for_no_older_deletions_than_there_are(
    company: Porters, clock: Clock, workplace: Workplace
) -> None:
    """After more than 90 days, the deletions of these 90 days come, and a warning says so."""
    everyone = fill(company, 2)
    company.remove(everyone[0])
    start = (clock.time - timedelta(days=200)).isoformat()
    run = read(workplace, company, start_date=start)
    assert ids(run) == [everyone[1], everyone[0]]
    assert "PORTERS tells deletions of 90 days only" in run.log


# How it ends.


@pytest.mark.parametrize("served", [3, 5])
def test_a_run_that_was_killed_is_resumed(
    company: Porters, clock: Clock, workplace: Workplace, served: int
) -> None:
    """After kill -9 the walk goes on behind what was written; what has changed since comes last."""
    everyone = fill(company, 1000, clock)
    config = {**FAST, "porters": company.tap_config()}
    path = workplace.folder / "config.json"
    path.write_text(json.dumps(config))
    catalog = chosen(workplace, config, (CONTACTS,))
    options = ["--config", str(path), "--catalog", str(catalog)]
    process = started("tap-contacts", options, workplace.folder / "killed")
    company.on_read = lambda number: kill(process) if number >= served else None
    process.start()
    process.join(20)
    assert process.exitcode == -signal.SIGKILL
    company.on_read = None
    text = (workplace.folder / "killed.out").read_text("utf-8")
    killed = Finished(0, text[: text.rfind("\n") + 1], "")
    clock.go_on(60)
    rename(company, everyone[0])
    rest = read(workplace, company, state(killed))
    last = read(workplace, company, state(rest))
    progress = state(killed)["bookmarks"][CONTACTS]["progress"]
    begun = everyone.index(str(progress["id"])) + 1
    assert begun >= (served - 3) * 200
    assert set(everyone[:begun]) <= set(ids(killed))
    assert (ids(rest), "progress" in state(rest)["bookmarks"][CONTACTS]) == (
        everyone[begun:],
        False,
    )
    assert ids(last) == [everyone[0]]


def test_what_was_seen_before_a_run_broke_off_is_not_read_twice(
    company: Porters, clock: Clock, workplace: Workplace
) -> None:
    """Changed last and read first: the resumed run passes on that they were seen."""
    everyone = fill(company, 700, clock)
    rename(company, *everyone[:5])
    company.fault(on=f"GET {CONTACT}", holding="count=200", after=2, times=-1, status=500)
    failed = read(workplace, company, max_tries=1)
    company.faults.clear()
    rest = read(workplace, company, state(failed))
    assert failed.code == 1
    assert ids(rest) == everyone[400:]
    assert ids(read(workplace, company, state(rest))) == []


def kill(process: BaseProcess) -> None:
    """Kill a process before it is answered."""
    process.kill()
    wait([process.sentinel], 20)


@pytest.mark.parametrize(
    "progress",
    [
        {"id": 20300},
        {"since": "", "until": "soon", "greatest": "", "state": "existing", "id": 1},
        {"since": "2020/01/01 00:00:00", "until": "", "greatest": "", "state": "deleted", "id": 9},
        {"since": "", "until": "", "greatest": "", "state": "all", "id": "1,2"},
    ],
)
def test_progress_of_another_listing_is_not_used(
    company: Porters, workplace: Workplace, progress: dict[str, Any]
) -> None:
    """A state that does not fit is said and passed over: everybody comes."""
    everyone = fill(company, 3)
    run = read(workplace, company, {"bookmarks": {CONTACTS: {"progress": progress}}})
    assert ids(run) == everyone
    assert "not as an earlier run left it; all of it is read" in run.log
