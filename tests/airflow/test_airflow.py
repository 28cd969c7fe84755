"""The DAG of this folder in a real Airflow, on both executors: nothing doubled, nothing lost."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.airflow.engine import (
    LONGEST_RUN,
    LONGEST_START,
    PROGRAM,
    Airflow,
    command_of,
    free_port,
    is_open,
    kill_session,
    pids,
    session_of,
    started,
    until,
)
from tests.airflow.town import PEOPLE, Town
from tests.support.ledger_stores import postgres

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    not PROGRAM, reason="Airflow was not asked for; `make airflow` installs it and runs this"
)

GUARDED = {"guards": {"max_updates": 0}}


def assert_all_arrived(town: Town) -> None:
    """Each destination holds whom it should, once, and no account got more than its rate."""
    assert town.counts() == {name: sorted(of) for name, of in town.wanted().items()}
    rates = {name: town.per_minute[each.api] for name, each in town.all.items()}
    assert {n: most for n, most in town.busiest().items() if most > rates[n]} == {}


def test_a_night_on_the_local_executor(tmp_path: Path) -> None:
    """All destinations are written, STATE is kept once all are settled, and codes are mapped.

    In the second run a monitor is off (exit code 1, tried again), one rejects a contact (3) and a
    guard stops an account (4), which are not tried again. The third run does the rest.
    """
    ledger = f"sqlite:///{tmp_path}/ledger.db"
    with Town(flats=4) as town:
        town.configure(tmp_path, ledger)
        database = f"sqlite:///{tmp_path}/airflow.db"
        with Airflow(tmp_path, "LocalExecutor", database, CONTACTS_RETRY_SECONDS="1") as airflow:
            airflow.trigger("first")
            assert airflow.ended("first") == "success"
            assert_all_arrived(town)
            first = airflow.state()
            told = airflow.xcoms("first", "report")
            assert len(told) == len(town.all)
            assert sum(each["summary"]["created"] for each in told) == 5 * PEOPLE
            assert list((tmp_path / "shared").iterdir()) == []
            assert airflow.tasks("first")["flat 3"].state == "success"

            town.change(0, lastName="Renamed")
            town.change(1, lastName="Anew")
            own = {"flat 0": town.off(0), "flat 1": town.without_number(1), "cobai": GUARDED}
            town.configure(tmp_path, ledger, own)
            airflow.trigger("second")
            assert airflow.ended("second") == "failed"
            tasks = airflow.tasks("second")
            failed = {name: task.tries for name, task in tasks.items() if task.state == "failed"}
            assert failed == {"flat 0": 3, "flat 1": 1, "cobai": 1, "keep_state": 1}
            codes = airflow.xcoms("second", "exit_code")
            assert sorted(code for code in codes if code) == [1, 3, 4]
            assert airflow.state() == first
            (kept,) = (tmp_path / "shared").iterdir()
            assert kept.stat().st_mode & 0o077 == 0
            asked = {name: len(each.log) for name, each in town.all.items()}

            town.configure(tmp_path, ledger)
            airflow.trigger("third")
            assert airflow.ended("third") == "success"
            assert airflow.state() != first
            assert_all_arrived(town)
            again = {name for name, each in town.all.items() if len(each.log) > asked[name]}
            assert again == {"flat 0", "flat 1", "cobai"}


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    """Start a Redis that keeps nothing, and return its URL."""
    program = shutil.which("redis-server")
    if not program:
        pytest.skip("no redis-server here; on Debian, apt-get install redis-server")
    port = str(free_port())
    keep_nothing = ("--save", "", "--appendonly", "no")
    command = [program, "--port", port, "--bind", "127.0.0.1", *keep_nothing]
    with started(command, tmp_path / "redis.log"):
        until(lambda: is_open(int(port)), "Redis", LONGEST_START)
        yield f"redis://127.0.0.1:{port}/0"


def test_a_worker_of_celery_that_is_killed_in_mid_run(tmp_path: Path, redis: str) -> None:
    """Its tasks are done again elsewhere: the same contacts as without, and no rate is passed.

    The rate of one account is so low that what the killed run and the next one send together
    would be too much within one minute.
    """
    with Town() as plain:
        plain.configure(tmp_path, f"sqlite:///{tmp_path}/plain.db")
        plain.move(tmp_path)
        expected = plain.held()
    town = Town(zoho_voice=45)
    with town, postgres() as ledger, postgres() as database:
        town.configure(tmp_path, ledger.url)
        celery = {
            "AIRFLOW__CELERY__BROKER_URL": redis,
            "AIRFLOW__CELERY__RESULT_BACKEND": f"db+{database.url.replace('psycopg', 'psycopg2')}",
        }
        with Airflow(tmp_path, "CeleryExecutor", database.url, **celery) as airflow:
            workers = {name: airflow.worker(name) for name in ("one", "two")}
            airflow.trigger("night")
            zoho = town.accounts["zoho_voice"]
            until(lambda: len(zoho.writes) >= 20, "writes", LONGEST_RUN)
            killed = kill_session(worker_of(workers.values(), "zoho_voice"))
            assert [each for each in killed if "target-contacts" in each]
            assert len(zoho.contacts) < PEOPLE
            assert airflow.ended("night") == "success"
            tasks = airflow.tasks("night")
            assert tasks["zoho_voice"].tries == 2
            assert airflow.state() is not None
    assert_all_arrived(town)
    assert town.held() == expected


def worker_of(workers: Iterable[int], name: str) -> int:
    """Return the worker, by its session, that runs the task of a destination."""
    ends = f"--destinations {name}"
    running = {session_of(pid) for pid in pids() if command_of(pid).endswith(ends)}
    (found,) = running.intersection(workers)
    assert found
    return found
