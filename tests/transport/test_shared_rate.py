"""Processes that use one account share its rate through a database."""

from __future__ import annotations

import itertools
import logging
import random
import sqlite3
import stat
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import sqlalchemy as sa
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.cobai.client import Cobai
from tap_contacts.apis.porters.client import Porters
from tap_contacts.transport.boots import Boot, boot
from tap_contacts.transport.errors import Stopped
from tap_contacts.transport.rate_loss import LONGEST_LOSS
from tap_contacts.transport.rate_permits import Account, Permits, Wish, limit_of
from tap_contacts.transport.sharing import account_of
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import contacts
from tests.support.forked import CONTEXT
from tests.support.ledger_stores import postgres
from tests.support.plain import client_of, is_waiting
from tests.support.shared_rates import ACCOUNT, Sender, most_in_a_window, rate, run, send, told
from tests.support.zoho_people import ANNA

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_contacts.transport.shared_rate import SharedRate
    from tests.support.commands import Workplace
    from tests.support.ledger_stores import Store
    from tests.support.plain import Clock, PlainApi

WRITES = {"POST": 500}
START = 1000.0


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Return the URL of a database that is not there yet."""
    return f"sqlite:///{tmp_path / 'shared.db'}"


def steady(shared: SharedRate, seconds: float, **options: Any) -> Sender:
    """Return a process that sends again and again."""
    return Sender(shared, itertools.repeat(seconds), **options)


# The rate.


@pytest.mark.parametrize(
    ("count", "every", "least"), [(1, 0.1, 0.93), (2, 0.05, 0.95), (4, 0.3, 0.93)]
)
def test_ten_minutes_hold_all_that_may_be_and_no_more(
    url: str, clock: Clock, count: int, every: float, least: float
) -> None:
    """However many processes there are, 60 seconds never hold more than the limit."""
    senders = [steady(rate(url, clock, WRITES), every) for _ in range(count)]
    run(senders, clock, START + 600)
    times = [at for each in senders for at in each.times]
    assert most_in_a_window(times) <= 500
    settled = [at for at in times if at >= START + 60]
    assert len(settled) >= least * 9 * 500
    assert min(len(each.times) for each in senders) > 0.7 * len(times) / count


@pytest.mark.parametrize("seed", range(8))
def test_no_window_holds_too_many_whatever_happens(url: str, clock: Clock, seed: int) -> None:
    """Requests come at random, processes start and are killed, clocks differ, answers take long."""
    dice = random.Random(seed)  # noqa: S311
    limit, slow = dice.choice((7, 40, 300)), dice.choice((0, 0.01, 0.2, 2))

    def pauses() -> Any:
        scale = dice.choice((0.001, 0.05, 1))
        while True:
            yield 0 if dice.random() < 0.7 else dice.expovariate(1 / scale)

    def process() -> Sender:
        shared = rate(
            url,
            clock,
            {"POST": limit},
            ahead=dice.uniform(-1e6, 1e6),
            trip=lambda: dice.uniform(0, slow),
        )
        return Sender(shared, pauses(), ends=START + dice.choice((3, 40, 90, 1e9)))

    senders = [process() for _ in range(4)]
    run(senders, clock, START + 100)
    senders += (late := [process() for _ in range(2)])
    run(late, clock, START + 200)
    times = [at for each in senders for at in each.times]
    assert most_in_a_window(times) <= limit
    assert slow > 1 or most_in_a_window(times) == limit


def test_who_is_killed_leaves_all_to_the_other_after_a_window(url: str, clock: Clock) -> None:
    """Permits that a dead process took are free a minute later, and nobody has to clean up."""
    killed = steady(rate(url, clock, WRITES), 0.05, ends=START + 90)
    other = steady(rate(url, clock, WRITES), 0.05)
    run([killed, other], clock, START + 90 + 62 + 120)
    assert killed.times
    assert len([at for at in other.times if at >= START + 90 + 62]) >= 0.93 * 2 * 500


def test_reads_and_writes_have_buckets_of_their_own(url: str, clock: Clock) -> None:
    """Who has used up the writes leaves the reads to the others; a limit for all counts both."""
    limits = {"GET": 10, "POST": 5}
    reads = steady(rate(url, clock, limits), 0.01, method="GET")
    writes = steady(rate(url, clock, limits), 0.01)
    both = steady(rate(url, clock, {"": 17}), 0.01)
    run([reads, writes], clock, START + 5)
    assert (len(reads.times), len(writes.times)) == (10, 5)
    run([both], clock, START + 10)
    assert len(both.times) == 2


def test_what_a_process_took_and_did_not_use_is_given_back(url: str, clock: Clock) -> None:
    """After a pause it asks for less; what is left of its permits serves others at once."""
    first, second = (rate(url, clock, {"POST": 40}) for _ in range(2))
    sender = steady(first, 0.0)
    while len(sender.times) < 4:
        clock.sleep(sender.act(clock))
    clock.sleep(30)
    sender.act(clock)
    run([other := steady(second, 0.01)], clock, clock.now + 1)
    assert len(sender.times) + len(other.times) == 40


def test_the_database_is_not_asked_for_each_request(url: str, clock: Clock) -> None:
    """At a hundred requests a second it is asked a few times a second."""
    sender = steady(rate(url, clock, {"POST": 10_000}), 0.01)
    run([sender], clock, START + 9.995)
    with sqlite3.connect(f"{url.removeprefix('sqlite:///')}.rates") as connection:
        ((changes,),) = connection.execute("SELECT version FROM contacts_rates").fetchall()
    assert len(sender.times) == 1000
    assert changes <= 30


def test_a_clock_that_was_set_back_ends_no_permits_late() -> None:
    """After a start of the machine, or of a server with another clock, no wait is endless."""
    old = Account([Permits("x", 0, "POST", 5, 9e9)], 9e9)
    wish = Wish("y", 1, "POST", 1, 1.0)
    limit = limit_of("POST", {"POST": 5})
    assert old.give(wish, limit, 10.0, 61.0).wait == 900
    assert old.give(wish, limit, 911.0, 61.0).count == 1


FIRST = Boot("a", 1.7e9)
AGAIN = Boot("b", FIRST.began + 50_000)


@pytest.mark.parametrize("before", [950.0, 100.0, 3.0], ids=["later", "earlier", "much earlier"])
@pytest.mark.parametrize("after", [1.0, 70.0, 200.0])
def test_a_start_of_the_machine_ends_a_pause_and_no_window_holds_too_many(
    url: str, clock: Clock, before: float, after: float
) -> None:
    """Its clock begins anew; a minute later nothing that was sent before counts."""
    clock.now = before
    first = rate(url, clock, WRITES, boot=FIRST)
    run([sender := steady(first, 0.01)], clock, before + 5)
    assert len(sender.times) == 500
    first.pause(800)
    clock.now = after
    second = steady(rate(url, clock, WRITES, boot=AGAIN), 0.01)
    third = steady(rate(url, clock, WRITES, boot=AGAIN), 0.01)
    run([second, third], clock, after + 120)
    times = sorted([*second.times, *third.times])
    assert max(after, 61) <= times[0] <= max(after, 61) + 1
    assert most_in_a_window(times) == 500


@pytest.mark.parametrize(
    "other",
    [None, FIRST, Boot("a", AGAIN.began), Boot("b", FIRST.began + 1)],
    ids=["not told", "same", "the time was set", "a container of its own id"],
)
def test_what_is_no_start_of_the_machine_leaves_all_as_it_is(
    url: str, clock: Clock, other: Boot | None
) -> None:
    """The pause that one was asked for holds for the other, and so for both alternately."""
    boots = (FIRST, other, FIRST)
    first, *others = (rate(url, clock, WRITES, boot=boot) for boot in boots)
    first.pause(70)
    senders = [steady(each, 0.01) for each in others]
    run(senders, clock, START + 200)
    assert min(each.times[0] for each in senders) >= START + 70
    assert most_in_a_window([at for each in senders for at in each.times]) <= 500


def test_this_machine_tells_its_start_again_and_again() -> None:
    """Where it tells it at all: whoever asks gets the same, but for the time that asking takes."""
    first, second = boot(), boot()
    assert (first is None) == (second is None)
    assert not (first and second and first.is_before(second))


# Pauses.


def test_a_pause_that_one_is_asked_for_holds_for_all(url: str, clock: Clock) -> None:
    """A second later at the most nobody sends, until the pause is over."""
    first, second = (rate(url, clock, WRITES) for _ in range(2))
    other = steady(second, 0.01)
    run([other], clock, START + 2)
    first.pause(70)
    before = len(other.times)
    run([other], clock, START + 80)
    late = other.times[before:]
    assert [at for at in late if START + 3.01 < at < START + 72] == []
    assert late[-1] > START + 72


def test_a_pause_holds_where_no_rate_is_known(url: str, clock: Clock) -> None:
    """Such requests take no permits; they ask once a second."""
    first, second = (rate(url, clock, {}) for _ in range(2))
    other = steady(second, 0.01)
    run([other], clock, START + 1)
    first.pause(20)
    run([other], clock, START + 30)
    late = [at for at in other.times if at > START + 2.1]
    assert late[0] == pytest.approx(START + 21, abs=0.1)
    assert len(other.times) > 900


def test_no_pause_is_longer_than_a_run_would_wait(url: str, clock: Clock) -> None:
    """An API that asks for a year ends the run that it asked; the next one may ask again."""
    first, second = (rate(url, clock, WRITES) for _ in range(2))
    first.pause(3e7)
    run([other := steady(second, 60)], clock, START + 1000)
    assert other.times[0] == pytest.approx(START + 900, abs=0.1)


def test_who_waits_for_another_says_so_once(
    url: str, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """A line tells why nothing is sent; who was asked itself has said it."""
    caplog.set_level(logging.INFO)
    first, second = (rate(url, clock, WRITES) for _ in range(2))
    first.pause(70)
    run([steady(first, 1), steady(second, 1)], clock, START + 100)
    assert [line for line in caplog.messages if "Another process" in line] == [
        "Another process was asked to send less: nothing is sent for 70 s."
    ]


# Where the database fails.


def lose(url: str, *senders: SharedRate) -> Path:
    """Let a database of SQLite be gone; return the folder that stands in its place."""
    for each in senders:
        each.close()
    file = Path(f"{url.removeprefix('sqlite:///')}.rates")
    file.unlink(missing_ok=True)
    file.mkdir()
    return file


def test_without_the_database_nothing_is_sent_until_it_is_back(
    url: str, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """One sentence says so, and another one that it is back."""
    caplog.set_level(logging.INFO)
    shared = rate(url, clock, WRITES)
    sender = steady(shared, 0.5)
    run([sender], clock, START + 5)
    before, folder = len(sender.times), lose(url, shared)
    run([sender], clock, START + 100)
    assert [at for at in sender.times[before:] if at > START + 6] == []
    folder.rmdir()
    run([sender], clock, START + 110)
    assert len(sender.times) > before + 10
    lost, back = caplog.messages
    assert "Nothing is sent until it is back, for 900 s at most." in lost
    assert back.endswith("is back.")


def test_a_database_that_stays_away_ends_the_run(url: str, clock: Clock) -> None:
    """Nothing was sent meanwhile, so nothing is lost; the sentence says what to check."""
    shared = rate(url, clock, WRITES)
    sender = steady(shared, 0.5)
    run([sender], clock, START + 5)
    lose(url, shared)
    with pytest.raises(Stopped, match=r"API: share the rate: .*cannot be opened or written"):
        run([sender], clock, START + LONGEST_LOSS + 20)
    assert clock.now == pytest.approx(START + 5 + LONGEST_LOSS, abs=3)


def test_a_database_that_cannot_be_used_at_the_start_is_a_wrong_setting(
    url: str, clock: Clock
) -> None:
    """It is refused before anything is sent."""
    lose(url)
    with pytest.raises(ConfigurationError, match=r"rate_url: .* cannot be opened"):
        rate(url, clock, WRITES).get_ready("POST")


def test_a_ledger_that_cannot_share_rates_does_not_end_the_run(
    url: str, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody asked for it: the run keeps to the rate by itself, and says so once."""
    lose(url)
    shared = rate(url, clock, WRITES, is_must=False)
    run([sender := steady(shared, 0.5)], clock, START + 100)
    shared.pause(10)
    assert len(sender.times) == 200
    (said,) = caplog.messages
    assert said.startswith("API: the rate is not shared with other processes, since ")


def test_a_pause_that_cannot_be_passed_on_holds_up_no_answer(url: str, clock: Clock) -> None:
    """The answer that asks for it may tell that a contact was created."""
    lose(url)
    rate(url, clock, WRITES).pause(10)


def test_a_locked_database_is_waited_for(url: str, clock: Clock) -> None:
    """Whoever locks the file, no request leaves without a permit."""
    shared = rate(url, clock, WRITES)
    sender = steady(shared, 1)
    run([sender], clock, START + 1)
    with sqlite3.connect(f"{url.removeprefix('sqlite:///')}.rates") as other:
        other.execute("BEGIN IMMEDIATE")
        clock.sleep(5)
        shared.get_ready("POST")
        assert shared.claim("POST") > 0
        other.rollback()
    run([sender], clock, clock.now + 3)
    assert len(sender.times) > 1


def test_a_connection_that_was_cut_is_made_again(store: Store, clock: Clock) -> None:
    """A server that starts anew costs a second."""
    shared = rate(store.url, clock, {})
    shared.get_ready("POST")
    store.fail()
    clock.sleep(2)
    for _ in range(2):
        shared.get_ready("POST")
        clock.sleep(1.1)
    shared.get_ready("POST")
    assert shared.claim("POST") == 0
    shared.close()
    store.mend()


def test_a_server_that_never_answers_is_given_up_and_asked_again(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is sent meanwhile, and a line says so; here another session keeps the row."""
    with postgres() as store:
        shared = rate(store.url, clock, WRITES, patience=0.5)
        run([steady(shared, 1)], clock, START + 2)
        server = sa.create_engine(store.url)
        with server.connect() as other:
            other.execute(sa.text("SELECT 1 FROM contacts_rates FOR UPDATE"))
            clock.sleep(2)
            shared.get_ready("POST")
            assert shared.claim("POST") > 0
            assert "Nothing is sent until it is back" in caplog.text
        server.dispose()
        clock.sleep(2)
        run([sender := steady(shared, 1)], clock, clock.now + 3)
        assert len(sender.times) > 1


def test_a_connection_that_answered_in_time_is_left_alone(clock: Clock) -> None:
    """Also after the time that one look may take."""
    with postgres() as store:
        shared = rate(store.url, clock, {}, patience=0.2)
        for _ in range(3):
            shared.get_ready("POST")
            assert shared.claim("POST") == 0
            threading.Event().wait(0.25)
            clock.sleep(2)
        shared.close()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("sqlite://", "rate_url: a database in memory cannot be shared"),
        ("sqlite:///:memory:", "rate_url: a database in memory cannot be shared"),
        ("sqlite:///file:x?mode=memory&uri=true", "rate_url: a database in memory"),
        ("nonsense", "rate_url is no SQLAlchemy URL"),
        ("oracle://u:s3cret@h/d", "rate_url: oracle is not supported"),
        ("sqlite:///x.db?nonsense=1", "rate_url: SQLite has no option nonsense"),
        ("postgresql+asyncpg://u:s3cret@h/d", "rate_url: the driver of postgresql[+]asyncpg"),
    ],
)
def test_a_wrong_url_is_a_wrong_setting(api: PlainApi, wrong: str, words: str) -> None:
    """The message names the setting and no secret."""
    with pytest.raises(ConfigurationError, match=words) as told_of:
        client_of(api, rate_url=wrong)
    assert "s3cret" not in str(told_of.value)


# Who shares.


def test_clients_of_one_account_share_and_others_do_not(api: PlainApi, url: str) -> None:
    """A request of a second process waits for those of the first, by the setting alone."""
    settings = {"rate_url": url, "requests_per_minute": 2}
    first = client_of(api, **settings)
    for _ in range(2):
        first.call("GET", "/")
    second = client_of(api, **settings)
    assert is_waiting(second)
    assert second.pace.lately("GET") == 2
    assert not is_waiting(client_of(api, **settings, rate_account="another"))
    assert not is_waiting(client_of(api, requests_per_minute=2))


@pytest.mark.parametrize("limit", [20, 500, 2560, 100_000])
@pytest.mark.parametrize("count", [1, 2, 15, 158, 300])
def test_permits_that_are_not_used_are_no_requests(
    url: str, clock: Clock, limit: int, count: int
) -> None:
    """A process that has taken many permits at once has not sent so many requests lately."""
    shared = rate(url, clock, {"POST": limit, "GET": limit})
    sent = {"POST": 0, "GET": 0}
    for number in range(count):
        clock.now += 0.005
        method = "GET" if number % 10 == 3 else "POST"
        shared.get_ready(method)
        sent[method] += shared.claim(method) == 0
        assert {each: shared.lately(each) for each in sent} == sent
    clock.now += 5
    shared.get_ready("POST")  # its permits have ended
    assert shared.lately("POST") == sent["POST"]
    shared.close()


def test_what_another_process_may_still_send_counts(url: str, clock: Clock) -> None:
    """Nobody knows whether it was sent already."""
    one, other = (rate(url, clock, {"POST": 100}) for _ in range(2))
    for _ in range(4):
        one.get_ready("POST")
        assert one.claim("POST") == 0
    other.get_ready("POST")
    assert (one.lately("POST"), other.lately("POST")) == (4, 1 + 2 + 4)
    one.close()
    other.close()


def test_a_throttle_of_one_client_pauses_the_other(api: PlainApi, store: Store) -> None:
    """Through either database, though no rate is known of these requests."""
    first, second = (client_of(api, rate_url=store.url) for _ in range(2))
    second.call("GET", "/")
    first.pace.rest(2.5)
    time.sleep(1)
    began = time.monotonic()
    second.call("GET", "/")
    assert 1 < time.monotonic() - began < 10
    for each in (first, second):
        assert each.pace.shared
        each.pace.shared.close()


def test_tap_and_target_give_one_account_the_same_name() -> None:
    """What differs between the two commands or holds a secret does not count."""
    account: dict[str, Any] = {"app_id": "app", "app_secret": "s3cret"}
    tap = Porters({**account, "fields": ["Contact.P_Name"]}, {"concurrency": 2})
    target = Porters({**account, "app_secret": "other", "partition": 7}, {"api": "porters"})
    assert tap.sharing.account == target.sharing.account
    another = Porters({**account, "app_id": "app 2"}, {})
    assert another.sharing.account != tap.sharing.account
    keys = {"access_key_id": "app", "secret_access_key": "s3cret"}
    assert Cobai(keys, {}).sharing.account != tap.sharing.account


def test_a_name_that_is_given_goes_first() -> None:
    """Two apps of one contract may share a rate, whatever their addresses."""
    names = {account_of("porters", f"https://{n}", {"app_id": n}, "contract") for n in "ab"}
    assert len(names) == 1
    assert account_of("cobai", "https://a", {}, "contract") not in names


def test_the_table_holds_no_name_and_no_secret(api: PlainApi, url: str) -> None:
    """A hash of the account, numbers, and methods."""
    client = client_of(api, rate_url=url, requests_per_minute=9)
    client.call("GET", "/")
    with sqlite3.connect(f"{url.removeprefix('sqlite:///')}.rates") as connection:
        ((account, _, state),) = connection.execute("SELECT * FROM contacts_rates").fetchall()
    assert len(account) == len(ACCOUNT)
    (permits,) = msgspec.json.decode(state)["permits"]
    assert permits[1:4] == [1, "GET", 1]
    assert api.url not in account + state


# The commands.


def rows(folder: Path) -> dict[str, set[str]]:
    """Return which processes have permits of each account."""
    with sqlite3.connect(folder / "target-contacts.db.rates") as connection:
        found = connection.execute("SELECT account, state FROM contacts_rates").fetchall()
    return {
        name: {each[0] for each in msgspec.json.decode(state)["permits"]} for name, state in found
    }


def test_a_tap_shares_with_a_target_whose_ledger_it_names(workplace: Workplace) -> None:
    """The target needs no setting for it; the ledger itself stays as it was."""
    with ZohoVoice() as zoho:
        rate = {"requests_per_minute": 1000}
        assert workplace.target({**zoho.target_config(), **rate}, contacts(ANNA)).code == 0
        ledger = workplace.folder / "target-contacts.db"
        before = ledger.read_bytes()
        account = {**(zoho.tap_config() or {}), **rate}
        config = {"zoho_voice": account, "rate_url": f"sqlite:///{ledger}"}
        assert workplace.tap(config).code == 0
    (owners,) = rows(workplace.folder).values()
    assert len(owners) == 2
    assert ledger.read_bytes() == before
    assert stat.S_IMODE((workplace.folder / "target-contacts.db.rates").stat().st_mode) == 0o600


def test_a_target_alone_shares_nothing_where_no_rate_is_known(workplace: Workplace) -> None:
    """There is nothing to be shared, so no database is opened for it."""
    with ZohoVoice() as zoho:
        assert workplace.target(zoho.target_config(), contacts(ANNA)).code == 0
    assert not (workplace.folder / "target-contacts.db.rates").exists()


def test_a_rate_url_that_cannot_be_used_is_refused_before_anything_is_sent(
    workplace: Workplace,
) -> None:
    """Exit code 2 in both commands, and nothing has arrived."""
    with ZohoVoice() as zoho:
        wrong = {"rate_url": f"sqlite:///{workplace.folder}/missing/rates.db"}
        for ended in (
            workplace.tap({"zoho_voice": zoho.tap_config(), **wrong}),
            workplace.target({**zoho.target_config(), **wrong}, contacts(ANNA)),
        ):
            assert ended.code == 2
            assert "rate_url: " in ended.log
        assert zoho.log == []


# Processes.

WINDOW, LIMIT = 2.0, 60


def test_processes_share_and_one_that_is_killed_leaves_all_to_the_other(
    store: Store, tmp_path: Path
) -> None:
    """With a window of two seconds: each window is kept, and after one more the rate is used."""
    reports = [tmp_path / name for name in ("killed", "other")]
    processes = [
        CONTEXT.Process(target=send, args=(store.url, LIMIT, WINDOW, 60, report))
        for report in reports
    ]
    for each in processes:
        each.start()
    _until(lambda: all(len(told(report)) > LIMIT / 6 for report in reports))
    processes[0].kill()
    processes[0].join()
    killed_at = time.monotonic()
    _until(lambda: sum(at > killed_at + WINDOW + 1 for at in told(reports[1])) >= LIMIT)
    took = time.monotonic() - killed_at
    processes[1].kill()
    processes[1].join()
    times = [at for report in reports for at in told(report)]
    assert most_in_a_window(times, WINDOW - 1) <= LIMIT
    assert took < 4 * WINDOW + 1


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
