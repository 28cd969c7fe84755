"""What the tests of reading PORTERS share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.sandbox.porters import CONTACT, Porters

if TYPE_CHECKING:
    from tests.support.commands import Finished, Workplace

CONTACTS, CLIENTS = "porters_contacts", "porters_clients"


def read(
    workplace: Workplace, sandbox: Porters, state: Any = None, *streams: str, **settings: Any
) -> Finished:
    """Run the tap on some streams, contacts by default, with a state if there is one.

    The catalog is made once for each config of a sandbox.
    """
    account = {**sandbox.tap_config(), **settings.pop("account", {})}
    config = {"porters": account, **settings}
    path = workplace.folder / "catalog.json"
    if vars(sandbox).get("catalog") != (catalog := (path, repr(config), streams)):
        chosen(workplace, config, streams or (CONTACTS,))
        vars(sandbox)["catalog"] = catalog
    options = ["--catalog", str(path)]
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


def reads(sandbox: Porters) -> list[dict[str, str]]:
    """Return the parameters of the Contact Reads that give records, not only the last change."""
    found = [line.request for line in sandbox.log if line.request.path == CONTACT]
    return [dict(each.query) for each in found if each.query["count"] != "1"]
