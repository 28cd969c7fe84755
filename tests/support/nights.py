"""A source whose clock a test sets, and runs of the tap that read it night after night."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from tap_contacts.listing.clocks import moment
from tests.support.people import put

if TYPE_CHECKING:
    from tests.support.commands import Finished, Workplace

NOW = datetime.now(timezone.utc).replace(microsecond=0)
AHEAD = "lies in the future"


def told(time: datetime) -> str:
    """Return a time as a state may have it."""
    return time.isoformat()


class Source:
    """A source whose clock stands still, or goes wrong, as a test says."""

    def __init__(self, api: str, sandbox: Any, workplace: Workplace) -> None:
        """Take a server without contacts; its clock is nine days behind."""
        self.api, self.sandbox, self._workplace = api, sandbox, workplace
        self.stream = f"{api}_contacts"
        self._is_porters = api == "porters"
        self._key = "Contact.P_Id" if self._is_porters else "id"
        self.replication_key = "Contact.P_UpdateDate" if self._is_porters else "lastUpdated"
        self._count = 0
        self.set(NOW - timedelta(days=9))

    def set(self, time: datetime) -> None:
        """Set the clock that stamps rows and answers."""
        self.time = time
        self.sandbox.now = (lambda: time) if self._is_porters else time

    def add(self, time: datetime | None = None) -> str:
        """Put in a contact, stamped with another time than that of the clock if one is given."""
        now = self.time
        self.set(time or now)
        self._count += 1
        name = {"first_name": f"First{self._count}", "last_name": f"Last{self._count}"}
        ways = {"email": f"{self._count}@example.com", "mobile": f"+4915{self._count:09}"}
        put(self.sandbox, {**name, **ways})
        self.set(now)
        is_porters, server = self._is_porters, self.sandbox
        held = server.database.records["Contact"] if is_porters else server.state.by_id
        return str(next(reversed(held)))

    def fill(self, count: int, every: float = 1) -> list[str]:
        """Put in contacts, and let time pass after each."""
        found = []
        for _ in range(count):
            found.append(self.add())
            self.set(self.time + timedelta(seconds=every))
        return found

    def change(self, identity: str, number: str = "+4916000") -> None:
        """Give a contact another number."""
        field = "Contact.P_Mobile" if self._is_porters else "mobile"
        key: Any = identity if self._is_porters else int(identity)
        self.sandbox.change(key, **{field: number})

    def read(self, state: Any = None, **settings: Any) -> Finished:
        """Run the tap, with a state if there is one."""
        path = self._workplace.folder / "state.json"
        path.write_text(json.dumps(state))
        options = [] if state is None else ["--state", str(path)]
        return self._workplace.tap({self.api: self.sandbox.tap_config(), **settings}, *options)

    def ids(self, run: Finished) -> list[str]:
        """Return the ids that a run wrote."""
        assert run.code == 0, run.log
        return [str(record[self._key]) for record in run.records(self.stream)]

    def state(self, value: Any, **more: Any) -> Any:
        """Return a state with a bookmark."""
        place = {"replication_key": self.replication_key, "replication_key_value": value, **more}
        return {"bookmarks": {self.stream: place}}

    def place(self, run: Finished) -> dict[str, Any]:
        """Return what a run says of the stream."""
        found: dict[str, Any] = last(run)["bookmarks"][self.stream]
        return found

    def bookmark(self, run: Finished) -> datetime:
        """Return the bookmark of a run."""
        found = moment(self.place(run)["replication_key_value"])
        assert found is not None
        return found


def last(run: Finished) -> Any:
    """Return the last state that a run wrote."""
    return [message["value"] for message in run.messages if message["type"] == "STATE"][-1]
