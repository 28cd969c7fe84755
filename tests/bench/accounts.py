"""Say what accounts of the sandbox are to hold after a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tests.sandbox.porters import Porters
from tests.sandbox.zoho_voice import ACCESS_TOKEN, ZohoVoice
from tests.stock.wire import OWN, porters_fields, zoho_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.sandbox.server import Sandbox
    from tests.stock.wire import Record


class Api(NamedTuple):
    """An API of the sandbox that is written into."""

    title: str
    sandbox: Callable[..., Sandbox]
    fields: Callable[[Record], dict[str, str]]
    own: dict[str, str]
    """What contacts hold besides what is in their records."""
    token: Callable[[Any], str]

    def is_right(self, sandbox: Sandbox, records: Iterable[Record]) -> bool:
        """Say whether the contact of each record is there once, with all its fields."""
        wanted = sorted(({**self.own, **self.fields(each)} for each in records), key=_in_order)
        held = [{name: each.get(name) for name in wanted[0]} for each in sandbox.contacts]
        return sorted(held, key=_in_order) == wanted


def _in_order(fields: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((name, str(value)) for name, value in fields.items())


def _porters_token(porters: Porters) -> str:
    app = {"app_id": porters.sign_ins.app_id}
    code = porters.sign_ins.authorize({**app, "response_type": "code_direct"})["Code"]
    told = {**app, "secret": porters.sign_ins.secret, "grant_type": "oauth_code", "code": code}
    return porters.sign_ins.exchange(told)["AccessToken"]


APIS = {
    "porters": Api("PORTERS", Porters, porters_fields, OWN, _porters_token),
    "zoho_voice": Api("Zoho Voice", ZohoVoice, zoho_fields, {}, lambda _: ACCESS_TOKEN),
}
