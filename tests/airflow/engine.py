"""Start the parts of Airflow as processes, trigger the DAG and look at what became of it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from tests.support.commands import BIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from typing_extensions import Self

PROGRAM = os.environ.get("AIRFLOW", "")
"""Where Airflow is; `make airflow` sets it."""

HERE = Path(__file__).parent
DAG = "contacts"
LONGEST_RUN = 240
LONGEST_START = 90
DONE = {"success", "failed"}

SETTINGS = {
    "CORE__LOAD_EXAMPLES": "false",
    "CORE__DAGS_ARE_PAUSED_AT_CREATION": "false",
    "CORE__FERNET_KEY": "",
    "CORE__PARALLELISM": "8",
    "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    "SCHEDULER__TASK_QUEUED_TIMEOUT": "60",
    "SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "5",
    "CELERY__WORKER_CONCURRENCY": "4",
    "LOGGING__LOGGING_LEVEL": "INFO",
}


class Task(NamedTuple):
    """A row of the task instances of a DAG run."""

    name: str
    """Of a mapped one, as `map_index_template` renders it."""
    state: str
    tries: int


class Airflow:
    """The parts of Airflow that an executor needs; a context manager that ends them."""

    def __init__(self, folder: Path, executor: str, database: str, **env: str) -> None:
        """Take an empty folder, and the URL of an empty database without a driver."""
        self.folder = folder
        self._url = sa.make_url(database)
        self._stack = ExitStack()
        self._env = {**os.environ, **self._settings(executor), **env}
        for name in ("VIRTUAL_ENV", "PYTHONPATH"):
            self._env.pop(name, None)

    def _settings(self, executor: str) -> dict[str, str]:
        """Return the variables that make this Airflow."""
        self._port = free_port()
        own = {
            "CORE__EXECUTOR": executor,
            "CORE__DAGS_FOLDER": str(self.folder / "dags"),
            "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{self._port}/execution/",
            "DATABASE__SQL_ALCHEMY_CONN": self._of_airflow().render_as_string(hide_password=False),
            "API_AUTH__JWT_SECRET": secrets.token_hex(32),
            "API__SECRET_KEY": secrets.token_hex(32),
            "API__BASE_URL": f"http://127.0.0.1:{self._port}",
        }
        shared = f"file://{self.folder}/shared"
        ours = {"CONTACTS_BIN": str(BIN), "CONTACTS_HOME": str(self.folder)}
        ours |= {"CONTACTS_SHARED": shared, "CONTACTS_SCHEDULE": "", "NO_PROXY": "127.0.0.1"}
        ours |= {"AIRFLOW_HOME": str(self.folder / "home"), "PATH": self._path()}
        return {**ours, **{f"AIRFLOW__{name}": of for name, of in {**SETTINGS, **own}.items()}}

    def _of_airflow(self) -> sa.URL:
        is_file = self._url.drivername.startswith("sqlite")
        return self._url.set(drivername="sqlite" if is_file else "postgresql+psycopg2")

    def _path(self) -> str:
        return f"{Path(PROGRAM).parent}{os.pathsep}{os.environ['PATH']}"

    def __enter__(self) -> Self:
        """Prepare the database and the DAG, then start what all executors need."""
        for name in ("dags", "shared", "home"):
            (self.folder / name).mkdir()
        shutil.copy(HERE / "contacts_dag.py", self.folder / "dags")
        self.tell("db", "migrate")
        server = self.start(
            "api-server", "--host", "127.0.0.1", "--port", str(self._port), "--workers", "1"
        )
        self.tell("pools", "import", str(HERE / "pools.json"))
        self.tell("dags", "reserialize")
        self.start("scheduler")
        until(lambda: is_open(self._port), f"the API of Airflow, see {server}", LONGEST_START)
        return self

    def __exit__(self, *_: object) -> None:
        """End all that was started."""
        self._stack.close()

    def tell(self, *words: str) -> str:
        """Run a command of Airflow to its end."""
        ended = subprocess.run(
            [PROGRAM, *words], env=self._env, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def start(self, *words: str, log: str = "") -> Path:
        """Start a part of Airflow, which ends with this block; return its log."""
        path = self.folder / f"{log or words[0]}.log"
        self._stack.enter_context(started([PROGRAM, *words], path, self._env))
        return path

    def worker(self, name: str) -> int:
        """Start a worker of Celery and return the number of its session."""
        words = ("celery", "worker", "--celery-hostname", f"{name}@%h", "--skip-serve-logs")
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [PROGRAM, *words], stdout=log, stderr=log, env=self._env, start_new_session=True
            )
        self._stack.callback(end, process)
        return process.pid

    def trigger(self, run: str) -> None:
        """Begin a run of the DAG."""
        self.tell("dags", "trigger", DAG, "--run-id", run)

    def ended(self, run: str) -> str:
        """Wait for the end of a run and return its state."""
        asks = "SELECT state FROM dag_run WHERE run_id = :run"
        until(lambda: self.rows(asks, run=run)[0][0] in DONE, f"end of {run}", LONGEST_RUN)
        return str(self.rows(asks, run=run)[0][0])

    def tasks(self, run: str) -> dict[str, Task]:
        """Return the tasks of a run, by the name of their destination or their own."""
        found = self.rows(
            "SELECT task_id, rendered_map_index, state, try_number FROM task_instance"
            " WHERE run_id = :run",
            run=run,
        )
        return {row[1] or row[0]: Task(*row[1:]) for row in found}

    def state(self) -> Any:
        """Return the STATE that is kept; None if there is none."""
        found = self.rows("SELECT val FROM variable WHERE key = 'contacts_state'")
        return json.loads(found[0][0]) if found else None

    def xcoms(self, run: str, key: str) -> list[Any]:
        """Return what the tasks of a run handed on under a key."""
        asks = "SELECT value FROM xcom WHERE key = :key AND run_id = :run"
        told = [row[0] for row in self.rows(asks, run=run, key=key)]
        return [json.loads(each) if isinstance(each, str) else each for each in told]

    def rows(self, statement: str, **values: str) -> list[Any]:
        """Ask Airflow's own database."""
        engine = sa.create_engine(self._url)
        try:
            with engine.connect() as connection:
                return list(connection.execute(sa.text(statement), values).all())
        finally:
            engine.dispose()


@contextlib.contextmanager
def started(command: list[str], log: Path, env: Mapping[str, str] | None = None) -> Iterator[int]:
    """Run a command in a session of its own until the end of the block; give the session."""
    with log.open("wb") as lines:
        process = subprocess.Popen(
            command, stdout=lines, stderr=lines, env=env, start_new_session=True
        )
    try:
        yield process.pid
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, and all of its session that do not end with it."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    kill_session(process.pid)
    process.wait()


def kill_session(session: int) -> list[str]:
    """Kill all processes of a session with SIGKILL; return their commands, one after the other."""
    killed = []
    while members := [pid for pid in pids() if session_of(pid) == session]:
        for pid in members:
            killed.append(command_of(pid))
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
    return killed


def pids() -> list[int]:
    """Return the ids of all processes of this machine."""
    return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]


def session_of(pid: int) -> int | None:
    """Return the session of a process; None if it has ended."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return None if fields[0] == "Z" else int(fields[3])
    return None


def command_of(pid: int) -> str:
    """Return the command line of a process."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8").replace("\0", " ").strip()
    return ""


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def is_open(port: int) -> bool:
    """Say whether somebody listens at a port of this machine."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def until(happened: Callable[[], bool], what: str, seconds: float) -> None:
    """Wait for something that another process does.

    Raises:
        TimeoutError: If it does not come about.
    """
    last = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > last:
            msg = f"not within {seconds} s: {what}"
            raise TimeoutError(msg)
        time.sleep(0.2)
