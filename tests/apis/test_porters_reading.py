"""Promises of PORTERS as a source: what has changed and no more, and nothing missed."""

from __future__ import annotations

import json
import signal
import subprocess
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.porters import CLIENT_ID, CONTACT, OWNER_ID, SCOPES, Porters
from tests.sandbox.porters_tenant import OWN_KINDS, PHASES, Kind, Option, Tenant
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import BIN, FAST, Finished, Workplace
from tests.support.porters_lists import OWNED, Clock, fill

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTACTS, CLIENTS = "porters_contacts", "porters_clients"
AREA = Option("Option.U_Area", "Area", (Option("Option.U_N", "North"), Option("Option.U_S", "So")))
RICH = Tenant(
    own={f"Contact.U_{kind.name.title()}": kind for kind in OWN_KINDS},
    refers=dict.fromkeys(("Contact.U_Checkbox", "Contact.U_Radio"), AREA.alias),
    options=(PHASES, AREA),
    names={"Contact.P_Title": "Rank"},
)


@pytest.fixture
def clock() -> Clock:
    """Return the clock of PORTERS."""
    return Clock()


@pytest.fixture
def porters(clock: Clock) -> Iterator[Porters]:
    """Return a running, empty company database."""
    with Porters() as sandbox:
        sandbox.now = clock
        yield sandbox


def rename(sandbox: Porters, *ids: str) -> None:
    """Change contacts."""
    for each in ids:
        sandbox.change(each, **{"Contact.P_Name": "Changed"})


def read(
    workplace: Workplace, sandbox: Porters, state: Any = None, *streams: str, **settings: Any
) -> Finished:
    """Run the tap on some streams, contacts by default, with a state if there is one."""
    account = {**sandbox.tap_config(), **settings.pop("account", {})}
    config = {"porters": account, **settings}
    options = ["--catalog", str(chosen(workplace, config, streams or (CONTACTS,)))]
    if state is not None:
        path = workplace.folder / "state.json"
        path.write_text(json.dumps(state))
        options += ["--state", str(path)]
    sandbox.log.clear()
    return workplace.tap(config, *options)


def chosen(workplace: Workplace, config: dict[str, Any], streams: tuple[str, ...]) -> Any:
    """Return a catalog in which only some streams are selected."""
    path = workplace.folder / "catalog.json"
    found = workplace.tap(config, "--discover")
    assert found.code == 0, found.log
    catalog = json.loads(found.out)
    for stream in catalog["streams"]:
        root = next(each for each in stream["metadata"] if not each["breadcrumb"])
        root["metadata"]["selected"] = stream["tap_stream_id"] in streams
    path.write_text(json.dumps(catalog))
    return path


def ids(run: Finished) -> list[str]:
    """Return the ids of the contacts that a run wrote."""
    assert run.code == 0, run.log
    return [record["Contact.P_Id"] for record in run.records(CONTACTS)]


def state(run: Finished) -> Any:
    """Return the last state of a run."""
    return [message["value"] for message in run.messages if message["type"] == "STATE"][-1]


def bookmark(run: Finished) -> str | None:
    """Return the bookmark of contacts."""
    found: str | None = state(run)["bookmarks"][CONTACTS].get("replication_key_value")
    return found


def reads(sandbox: Porters) -> list[dict[str, str]]:
    """Return the parameters of the Contact Reads that give records, not only the last change."""
    found = [line.request for line in sandbox.log if line.request.path == CONTACT]
    return [dict(each.query) for each in found if each.query["count"] != "1"]


# What has changed.


def test_the_second_run_reads_what_has_changed(
    porters: Porters, clock: Clock, workplace: Workplace
) -> None:
    """Of many contacts just those changed come, and each once."""
    everyone = fill(porters, 450, clock)
    first = read(workplace, porters)
    rename(porters, everyone[3], everyone[399])
    second = read(workplace, porters, state(first))
    third = read(workplace, porters, state(second))
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
    porters: Porters, workplace: Workplace
) -> None:
    """A contact changed in the very second in which the last one read was changed comes, too."""
    everyone = fill(porters, 3)
    first = read(workplace, porters)
    late = fill(porters, 1)
    second = read(workplace, porters, state(first))
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
    porters: Porters, clock: Clock, workplace: Workplace, ahead: int
) -> None:
    """Though PORTERS' clock is an hour off, what changes behind the walk comes the next time."""
    clock.time = datetime.now(timezone.utc) + timedelta(seconds=ahead)
    everyone = fill(porters, 450, clock)

    def change(served: int) -> None:
        if served == 4:
            clock.go_on(5)
            rename(porters, everyone[10])
            clock.go_on(5)
            rename(porters, everyone[440])

    porters.on_read = change
    first = read(workplace, porters)
    porters.on_read = None
    assert ids(first) == everyone
    assert everyone[10] in ids(read(workplace, porters, state(first)))


def test_times_are_utc(porters: Porters, clock: Clock, workplace: Workplace) -> None:
    """Japan's clock, a start_date of Japan and one of New York all mean the same moment."""
    fill(porters, 2)
    clock.go_on(7200)
    late = fill(porters, 1)
    moment = clock.time - timedelta(seconds=3600)
    for hours in (9, 0, -5):
        start = moment.astimezone(timezone(timedelta(hours=hours))).isoformat()
        assert ids(read(workplace, porters, start_date=start)) == late
        asked = moment.astimezone(timezone.utc).strftime("%Y/%m/%d %H:%M:%S")
        assert f"Contact.P_UpdateDate:ge={asked}" in reads(porters)[0]["condition"]
    run = read(workplace, porters)
    assert run.records(CONTACTS)[2]["Contact.P_UpdateDate"] == clock.told
    assert clock.told.endswith("+00:00")


def test_a_start_date_counts_until_a_bookmark_is_later(
    porters: Porters, clock: Clock, workplace: Workplace
) -> None:
    """The later of both moments is where reading begins."""
    fill(porters, 4, clock)
    first = read(workplace, porters)
    early, late = (clock.time - timedelta(days=days) for days in (3, -3))
    again = read(workplace, porters, state(first), start_date=early.isoformat())
    none = read(workplace, porters, state(first), start_date=late.isoformat())
    assert (ids(again), ids(none)) == ([], [])
    assert bookmark(none) == bookmark(first)


def test_a_start_date_that_is_no_time_is_named(porters: Porters, workplace: Workplace) -> None:
    """Settings that make no sense end the run with exit code 2."""
    run = workplace.tap({"porters": porters.tap_config(), "start_date": "yesterday"})
    assert (run.code, "start_date must be a time such as" in run.log) == (2, True)


def test_a_run_without_news_writes_no_contact_and_keeps_its_bookmark(
    porters: Porters, clock: Clock, workplace: Workplace
) -> None:
    """Deleted or moved away: when the last contact of before is gone, nobody comes twice."""
    everyone = fill(porters, 2, clock)
    first = read(workplace, porters)
    porters.database.records["Contact"].pop(everyone[1])
    second = read(workplace, porters, state(first))
    assert (ids(second), bookmark(second)) == ([], bookmark(first))


def test_a_whole_table_can_be_forced(porters: Porters, clock: Clock, workplace: Workplace) -> None:
    """Catalogs that demand a full table get one, and leave no bookmark."""
    everyone = fill(porters, 3, clock)
    path = chosen(workplace, {"porters": porters.tap_config()}, (CONTACTS,))
    catalog = json.loads(path.read_text())
    for stream in catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"
    path.write_text(json.dumps(catalog))
    run = workplace.tap({"porters": porters.tap_config()}, "--catalog", str(path))
    assert (ids(run), bookmark(run)) == (everyone, None)


# What changes while it is read.


def test_nobody_is_missed_or_doubled_while_contacts_come_and_go(
    porters: Porters, clock: Clock, workplace: Workplace
) -> None:
    """Contacts deleted, changed and made during the walk shift nobody out of it."""
    everyone = fill(porters, 1000, clock)
    gone, made = [], []

    def shake(served: int) -> None:
        clock.go_on(1)
        if 2 < served < 7:
            first = everyone[served]
            porters.remove(first)
            gone.append(first)
            rename(porters, everyone[served + 20])
            made.extend(fill(porters, 1))

    porters.on_read = shake
    first = read(workplace, porters)
    porters.on_read = None
    living = [r["Contact.P_Id"] for r in first.records(CONTACTS) if not r["_sdc_deleted_at"]]
    second = read(workplace, porters, state(first))
    assert len(living) == len(set(living))
    assert set(everyone) - set(gone) <= set(living)
    assert set(everyone[23:27]) <= set(ids(second))
    assert set(made) <= {*ids(first), *ids(second)}
    both = [*first.records(CONTACTS), *second.records(CONTACTS)]
    assert sorted(r["Contact.P_Id"] for r in both if r["_sdc_deleted_at"]) == gone
    assert set(ids(second)) <= {*everyone[23:27], *made, *gone, everyone[-1]}


def test_a_listing_that_lacks_rows_fails(porters: Porters, workplace: Workplace) -> None:
    """A page that counts rows and holds none ends the run, and no bookmark is passed on."""
    fill(porters, 2)
    body = '<Contact Total="2" Count="0" Start="0"><Code>0</Code></Contact>'
    config = {"porters": porters.tap_config()}
    path = chosen(workplace, config, (CONTACTS,))
    porters.fault(on=f"GET {CONTACT}", after=2, status=200, body=body)
    run = workplace.tap(config, "--catalog", str(path))
    assert (run.code, "counts 2 rows, gave none" in run.log) == (1, True)
    assert not any("replication_key_value" in json.dumps(message) for message in run.messages)


# Deletions.


def test_deleted_contacts_come_with_their_time(
    porters: Porters, clock: Clock, workplace: Workplace
) -> None:
    """A contact deleted since the last run comes once more, saying when, and only once."""
    everyone = fill(porters, 3, clock)
    first = read(workplace, porters)
    clock.go_on(60)
    porters.remove(everyone[0])
    deleted_at = clock.told
    clock.go_on(60)
    rename(porters, everyone[1])
    second = read(workplace, porters, state(first))
    third = read(workplace, porters, state(second))
    assert {r["_sdc_deleted_at"] for r in first.records(CONTACTS)} == {None}
    found = {r["Contact.P_Id"]: r["_sdc_deleted_at"] for r in second.records(CONTACTS)}
    assert found == {everyone[0]: deleted_at, everyone[1]: None}
    assert second.records(CONTACTS)[-1]["Contact.P_Name"] == "N0 M"
    assert ids(third) == []


def test_an_increment_asks_for_deletions_since_its_bookmark_only(
    porters: Porters, clock: Clock, workplace: Workplace
) -> None:
    """The first run asks for all that are kept; a later one for those from a minute before on."""
    everyone = fill(porters, 300, clock)
    for each in everyone[:50]:
        porters.remove(each)
    first = read(workplace, porters)
    assert "condition" not in reads(porters)[-1]
    clock.go_on(3600)
    porters.remove(everyone[60])
    second = read(workplace, porters, state(first))
    deleted = reads(porters)[-1]
    since = datetime.fromisoformat(str(bookmark(first))) - timedelta(seconds=60)
    assert deleted["itemstate"] == "deleted"
    assert deleted["condition"] == f"Contact.P_UpdateDate:ge={since:%Y/%m/%d %H:%M:%S}"
    assert ids(second) == [everyone[60]]


def test_an_old_bookmark_asks_for_no_older_deletions_than_there_are(
    porters: Porters, clock: Clock, workplace: Workplace
) -> None:
    """After more than 90 days, the deletions of these 90 days come, and a warning says so."""
    everyone = fill(porters, 2)
    porters.remove(everyone[0])
    start = (clock.time - timedelta(days=200)).isoformat()
    run = read(workplace, porters, start_date=start)
    assert ids(run) == [everyone[1], everyone[0]]
    assert "PORTERS tells deletions of 90 days only" in run.log


# How it ends.


@pytest.mark.parametrize("served", [3, 5])
def test_a_run_that_was_killed_is_resumed(
    porters: Porters, clock: Clock, workplace: Workplace, served: int
) -> None:
    """After kill -9 the walk goes on behind what was written; what has changed since comes last."""
    everyone = fill(porters, 1000, clock)
    config = {**FAST, "porters": porters.tap_config()}
    path = workplace.folder / "config.json"
    path.write_text(json.dumps(config))
    out = workplace.folder / "out"
    catalog = chosen(workplace, config, (CONTACTS,))
    command = [str(BIN / "tap-contacts"), "--config", str(path), "--catalog", str(catalog)]
    with out.open("wb") as file, (workplace.folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=file, stderr=log)
        porters.on_read = lambda number: kill(process) if number >= served else None
        assert process.wait(20) == -signal.SIGKILL
    porters.on_read = None
    text = out.read_text("utf-8")
    killed = Finished(0, text[: text.rfind("\n") + 1], "")
    clock.go_on(60)
    rename(porters, everyone[0])
    rest = read(workplace, porters, state(killed))
    last = read(workplace, porters, state(rest))
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
    porters: Porters, clock: Clock, workplace: Workplace
) -> None:
    """Changed last and read first: the resumed run passes on that they were seen."""
    everyone = fill(porters, 700, clock)
    rename(porters, *everyone[:5])
    porters.fault(on=f"GET {CONTACT}", holding="count=200", after=2, times=-1, status=500)
    failed = read(workplace, porters, max_tries=1)
    porters.faults.clear()
    rest = read(workplace, porters, state(failed))
    assert failed.code == 1
    assert ids(rest) == everyone[400:]
    assert ids(read(workplace, porters, state(rest))) == []


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process before it is answered."""
    process.kill()
    process.wait(20)


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
    porters: Porters, workplace: Workplace, progress: dict[str, Any]
) -> None:
    """A state that does not fit is said and passed over: everybody comes."""
    everyone = fill(porters, 3)
    run = read(workplace, porters, {"bookmarks": {CONTACTS: {"progress": progress}}})
    assert ids(run) == everyone
    assert "not as an earlier run left it; all of it is read" in run.log


# Records.


def test_references_and_options_are_flat(workplace: Workplace) -> None:
    """Each field comes as its kind has it, with names beside ids and aliases beside names."""
    values = {
        **OWNED,
        "Contact.P_Name": "Anna Berg",
        "Contact.P_Zipcode": "0123",
        "Contact.P_Phase": "Option.P_Active",
        "Contact.U_Checkbox": "Option.U_N,Option.U_S",
        "Contact.U_Radio": "Option.U_S",
        "Contact.U_Number": "12.50",
        "Contact.U_Currency": "1200",
        "Contact.U_Date": "2026/01/02",
        "Contact.U_Datetime": "2026/01/02 03:04:05",
        "Contact.U_User": OWNER_ID,
    }
    with Porters(tenant=RICH) as porters:
        porters.database.version = "2"
        other = porters.add(**OWNED)
        porters.add(**values, **{"Contact.U_Link": other})
        run = read(workplace, porters)
    record = run.records(CONTACTS)[1]
    expected = {
        "Contact.P_Client": CLIENT_ID,
        "Contact.P_Client.P_Name": "Sandbox Client",
        "Contact.P_Owner": OWNER_ID,
        "Contact.P_Owner.P_Name": "Sandbox Owner",
        "Contact.P_Owner.P_Mail": None,
        "Contact.P_Phase": "Active",
        "Contact.P_Phase.P_Alias": "Option.P_Active",
        "Contact.P_Zipcode": "0123",
        "Contact.P_Mail": None,
        "Contact.U_Checkbox": ["North", "So"],
        "Contact.U_Checkbox.P_Alias": ["Option.U_N", "Option.U_S"],
        "Contact.U_Radio": "So",
        "Contact.U_Radio.P_Alias": "Option.U_S",
        "Contact.U_Number": 12.5,
        "Contact.U_Currency": 1200,
        "Contact.U_Date": "2026-01-02",
        "Contact.U_Datetime": "2026-01-02T03:04:05+00:00",
        "Contact.U_User": OWNER_ID,
        "Contact.U_Link": other,
        "_sdc_deleted_at": None,
    }
    assert {name: record.get(name, "lacks") for name in expected} == expected
    assert not {"Contact.U_Image", "Contact.U_Display", "Contact.P_Deleted"} & record.keys()


def test_what_comes_in_other_shapes_is_read(porters: Porters, workplace: Workplace) -> None:
    """Ids plain or nested, options wrapped, a field nobody asked for: all is read or named."""
    config = {"porters": porters.tap_config()}
    path = chosen(workplace, config, (CONTACTS,))
    option = "<Option.U_X><Option.P_Id>3</Option.P_Id><Option.P_Name>X</Option.P_Name></Option.U_X>"
    item = (
        "<Contact.P_Id>1</Contact.P_Id><Contact.P_Client>10001</Contact.P_Client>"
        "<Contact.P_Owner><User.P_Id>7</User.P_Id></Contact.P_Owner>"
        "<Contact.P_UpdatedBy><User/></Contact.P_UpdatedBy>"
        f"<Contact.P_Phase><OptionRoot>{option}</OptionRoot></Contact.P_Phase>"
        "<Contact.P_UpdateDate>2026/01/02 03:04:05</Contact.P_UpdateDate>"
        "<Contact.U_New>a</Contact.U_New>"
    )
    page = '<Contact Total="1" Count="1" Start="0"><Code>0</Code>'
    body = f"{page}<Item>{item}</Item></Contact>"
    porters.fault(on=f"GET {CONTACT}", times=3, status=200, body=body)
    run = workplace.tap(config, "--catalog", str(path))
    record = run.records(CONTACTS)[0]
    assert (record["Contact.P_Client"], record["Contact.P_Phase"]) == ("10001", "X")
    assert (record["Contact.P_Owner"], record["Contact.P_UpdatedBy"]) == ("7", None)
    assert record["Contact.P_Phase.P_Alias"] == "Option.U_X"
    assert run.log.count("Contact.U_New") == 1


def test_the_short_way_writes_what_the_sdk_would(
    porters: Porters, clock: Clock, workplace: Workplace
) -> None:
    """Record by record through the SDK, the same records and the same bookmark come."""
    everyone = fill(porters, 250, clock)
    porters.remove(everyone[7])
    short = read(workplace, porters)
    long = read(workplace, porters, stream_maps={CONTACTS: {}})
    assert short.records(CONTACTS) == long.records(CONTACTS)
    assert (len(ids(short)), state(short)) == (250, state(long))


def test_the_schema_is_that_of_the_company_database(workplace: Workplace) -> None:
    """Discovery lists the fields in use, with their names on the screens, and no others."""
    tenant = Tenant(
        own={"Contact.U_Shoe": Kind.NUMBER},
        unused=["Contact.P_Fax"],
        names={"Contact.U_Shoe": "靴"},
    )
    with Porters(tenant=tenant) as porters:
        found = workplace.tap({"porters": porters.tap_config()}, "--discover")
    streams = {stream["stream"]: stream for stream in json.loads(found.out)["streams"]}
    fields = streams[CONTACTS]["schema"]["properties"]
    assert fields["Contact.U_Shoe"] == {"type": ["number", "null"], "description": "靴"}
    assert "Contact.P_Fax" not in fields
    assert "Client.P_Fax" in streams[CLIENTS]["schema"]["properties"]
    assert streams[CONTACTS]["key_properties"] == ["Contact.P_Id"]
    assert streams[CONTACTS]["replication_key"] == "Contact.P_UpdateDate"


def test_fields_can_be_chosen(porters: Porters, workplace: Workplace) -> None:
    """Only the fields given, and those that every record needs, are asked for."""
    fill(porters, 1)
    run = read(workplace, porters, account={"fields": ["Contact.P_Name"]})
    assert list(run.records(CONTACTS)[0]) == [
        "Contact.P_Id",
        "Contact.P_UpdateDate",
        "Contact.P_Name",
        "_sdc_deleted_at",
    ]
    assert reads(porters)[0]["field"] == "Contact.P_Id,Contact.P_UpdateDate,Contact.P_Name"


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ("Contact.U_Gone", "porters.fields names Contact.U_Gone: not in use"),
        ("Client.P_Name", "porters.fields must name aliases such as Contact.P_Name."),
        ("Contact.P_Name,x", "porters.fields must name aliases such as Contact.P_Name."),
    ],
)
def test_fields_that_are_none_are_named(
    porters: Porters, workplace: Workplace, field: str, sentence: str
) -> None:
    """A wrong alias is a wrong setting: exit code 2, and no contact is asked for."""
    account = {**porters.tap_config(), "fields": [field]}
    run = workplace.tap({"porters": account})
    assert (run.code, sentence in run.log) == (2, True)
    assert not reads(porters)


def test_what_every_run_asks_is_within_the_documents(
    porters: Porters, workplace: Workplace
) -> None:
    """Each read says how many rows, which fields and what order, and goes on by id."""
    fill(porters, 201)
    read(workplace, porters)
    first, second, deleted = reads(porters)
    assert all(query["order"] == "Contact.P_Id:asc" for query in (first, second, deleted))
    assert all(query["count"] == "200" and "start" not in query for query in reads(porters))
    assert second["condition"].startswith("Contact.P_Id:gt=")
    assert (first.get("condition"), deleted["itemstate"]) == (None, "deleted")


# Other streams, and scopes.


def test_clients_partitions_and_phases_are_streams(porters: Porters, workplace: Workplace) -> None:
    """Parent data: clients with ids, company databases, and phases as aliases with names."""
    porters.add_client("10002", "Other Client")
    run = read(workplace, porters, None, CLIENTS, "porters_partitions", "porters_contact_phases")
    clients = {r["Client.P_Id"]: r["Client.P_Name"] for r in run.records(CLIENTS)}
    assert clients == {CLIENT_ID: "Sandbox Client", "10002": "Other Client"}
    assert [r["Partition.P_Name"] for r in run.records("porters_partitions")] == [
        "Sandbox Recruiting"
    ]
    assert run.records("porters_contact_phases")[:2] == [
        {"id": "Option.P_Lead", "display_value": "Lead"},
        {"id": "Option.P_Active", "display_value": "Active"},
    ]
    assert not reads(porters)


@pytest.mark.parametrize(
    ("lacking", "stream"),
    [
        ("contact_r", CONTACTS),
        ("user_r", CLIENTS),
        ("option_r", "porters_contact_phases"),
        ("partition_r", "porters_partitions"),
        ("field_r", CONTACTS),
    ],
)
def test_a_missing_scope_is_named_with_its_stream(
    workplace: Workplace, lacking: str, stream: str
) -> None:
    """The run ends with exit code 1 and says which stream needs which scopes."""
    with Porters() as porters:
        path = chosen(workplace, {"porters": porters.tap_config()}, (stream,))
        porters.scopes = tuple(scope for scope in SCOPES if scope != lacking)
        run = workplace.tap({"porters": porters.tap_config()}, "--catalog", str(path))
    sentence = next(
        line for line in run.log.splitlines() if f"stream {stream}, which needs" in line
    )
    assert (run.code, lacking in sentence.split("code 403")[0]) == (1, True)


def test_streams_that_are_not_selected_are_not_asked_for(workplace: Workplace) -> None:
    """An app that may only list company databases can."""
    with Porters() as porters:
        path = chosen(workplace, {"porters": porters.tap_config()}, ("porters_partitions",))
        porters.scopes = ("partition_r",)
        run = workplace.tap({"porters": porters.tap_config()}, "--catalog", str(path))
    assert (run.code, len(run.records("porters_partitions"))) == (0, 1)


def test_given_fields_need_no_list_of_fields(workplace: Workplace) -> None:
    """Without field_r, fields that are given are read, those of one's own as text."""
    with Porters(scopes=[scope for scope in SCOPES if scope != "field_r"]) as porters:
        fill(porters, 1)
        account = {"fields": ["Contact.P_Name", "Contact.U_ExternalKey"]}
        run = read(workplace, porters, account=account)
    assert [record["Contact.P_Name"] for record in run.records(CONTACTS)] == ["N0 M"]


# Into other APIs.


def test_contacts_go_into_zoho_voice(workplace: Workplace) -> None:
    """Name, number, mail, address and status arrive without any setting."""
    with Porters() as porters, ZohoVoice(reads_status=True) as zoho:
        porters.add(
            **OWNED,
            **{
                "Contact.P_Name": "Anna Berg",
                "Contact.P_Mobile": "+491511234567",
                "Contact.P_Mail": "anna@example.com",
                "Contact.P_Street": "Weg 1",
                "Contact.P_Phase": "Option.P_Active",
            },
        )
        found = read(workplace, porters)
        run = workplace.target({"streams": [CONTACTS], **zoho.target_config()}, found.out)
        held = zoho.contacts[0]
    assert (run.code, run.summary["created"]) == (0, 1)
    assert (held["first_name"], held["last_name"]) == ("Anna", "Berg")
    assert (held["mobile"], held["email"]) == ("+491511234567", "anna@example.com")
    assert (held["address"], held["contact_status"]["display_value"]) == ("Weg 1", "Active")


def test_contacts_go_into_another_company_database(workplace: Workplace) -> None:
    """Every field of the vocabulary arrives as it was, the phase by its name."""
    fields = {
        "Contact.P_Name": "山田 太郎",
        "Contact.P_Reading": "ヤマダ タロウ",
        "Contact.P_Division": "営業",
        "Contact.P_Title": "部長",
        "Contact.P_Memo": "a\nb",
        "Contact.P_Country": "日本",
        "Contact.P_Prefecture": "東京都",
        "Contact.P_City": "港区",
        "Contact.P_Street": "1-2",
        "Contact.P_Zipcode": "001-0000",
        "Contact.P_Telephone": "03-1234-5678",
        "Contact.P_Fax": "03-1234-5679",
        "Contact.P_Mail": "taro@example.com",
        "Contact.P_Mobile": "090-1234-5678",
    }
    own = Option("Option.P_ContactPhase", "Phase", (Option("Option.U_9", "Active"),))
    there = Tenant(options=(own,))
    with Porters() as porters, Porters(tenant=there, partition="77") as other:
        porters.add(**OWNED, **fields, **{"Contact.P_Phase": "Option.P_Active"})
        found = read(workplace, porters)
        first = workplace.target(other.target_config(), found.out)
        again = workplace.target(other.target_config(), found.out)
        held = other.contacts[0]
    assert (first.code, first.summary["created"]) == (0, 1)
    assert (again.code, again.summary["unchanged"]) == (0, 1)
    assert {name: held.get(name) for name in fields} == fields
    assert held["Contact.P_Phase"] == "Option.U_9"


def test_fields_of_ones_own_are_mapped_by_their_aliases(workplace: Workplace) -> None:
    """A name with dots can be taken from in field_map like any other."""
    with Porters() as porters, Porters(partition="77") as other:
        porters.add(**OWNED, **{"Contact.P_Name": "Anna", "Contact.U_ExternalKey": "k1"})
        found = read(workplace, porters)
        maps = {"Contact.U_ExternalKey": "Contact.U_ExternalKey"}
        run = workplace.target({**other.target_config(), "field_map": maps}, found.out)
        held = other.contacts[0]
    assert (run.code, held["Contact.U_ExternalKey"]) == (0, "k1")


def test_ids_of_another_company_database_give_way_to_defaults(workplace: Workplace) -> None:
    """An unknown client is refused; emptied by a stream map, the default is taken instead."""
    with Porters() as porters, Porters(partition="77") as other:
        porters.add_client("555", "Elsewhere")
        porters.add(**{**OWNED, "Contact.P_Client": "555", "Contact.P_Name": "Anna Berg"})
        found = read(workplace, porters)
        refused = workplace.target(other.target_config(), found.out)
        maps = {CONTACTS: {"Contact.P_Client": "None", "Contact.P_Owner": "None"}}
        taken = workplace.target({**other.target_config(), "stream_maps": maps}, found.out)
        held = other.contacts
    assert (refused.code, refused.summary["rejected"]) == (3, 1)
    assert (taken.code, [contact["Contact.P_Client"] for contact in held]) == (0, [CLIENT_ID])
