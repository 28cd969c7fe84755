"""However the clients of PORTERS are read, a value gives just the ids that have it."""

from __future__ import annotations

import random

import pytest

from tap_contacts.apis.porters import client as api
from target_contacts.sinks.porters.parents import NAME, Clients
from tests.sandbox.porters import Porters

PATH, PAGE = "/v1/client", 200
ODD = ["Smith, Jones", "a:b", "x=y", "Ünïcode & Söhne", "50% + 1", 'O\'Hara "Ltd"', "会社"]


def fewest(total: int, values: set[str]) -> int:
    """Return the fewest requests: those of the list, or the first page and one for each value."""
    pages = max(1, -(-total // PAGE))
    can_be_asked = not any(set(value) & set(",:=") for value in values)
    return min(pages, 1 + len(values)) if can_be_asked else pages


@pytest.mark.parametrize("reading", [(), ("order_refused",), ("range_refused",)])
@pytest.mark.parametrize("seed", range(4))
def test_each_value_gives_the_clients_that_have_it(seed: int, reading: tuple[str, ...]) -> None:
    """Namesakes, odd signs and names that nobody has; at most twice the fewest requests."""
    choose = random.Random(seed)  # noqa: S311
    total = choose.choice([0, 3, 199, 200, 201, 650, 1500])
    names = [choose.choice([*ODD, f"Firm {choose.randrange(900)}"]) for _ in range(total)]
    batches = [
        {choose.choice([*ODD[3:], *names[:500], f"Firm {n}"]) for n in range(choose.randrange(6))}
        for _ in range(5)
    ]
    with Porters(readings=reading) as sandbox:
        del sandbox.database.records["Client"]["10001"]
        for number, name in enumerate(names, 1):
            sandbox.add_client(str(number), name)
        truth = {
            name: {str(n) for n, held in enumerate(names, 1) if held == name}
            for name in {*names, *set().union(*batches)}
        }
        client = api.Porters(sandbox.target_config()["porters"], {"retry_wait_seconds": 0})
        clients = Clients(client, NAME)
        for values in batches:
            found = clients.find(values)
            assert {v: set(found.get(v, ())) for v in values} == {v: truth[v] for v in values}
        asked = sum(line.request.path == PATH for line in sandbox.log)
    if not reading:
        assert asked <= 2 * fewest(total, set().union(*batches))
