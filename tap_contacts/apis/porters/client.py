"""PORTERS (HRBC), recruiting: settings and requests.

Source: https://hrbcapi.porters.jp/hc/en-us/articles/20868297660953-Contact-Write
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.porters import codes, short_list, wire
from tap_contacts.apis.porters.facts import Facts
from tap_contacts.apis.porters.fields import CONTACTS
from tap_contacts.apis.porters.grant import AppGrant
from tap_contacts.apis.porters.settings import ACCOUNT, ORIGIN, TITLE
from tap_contacts.apis.porters.sign_in import AppSignIn
from tap_contacts.apis.porters.tenant import MAY_NOT, Tenant
from tap_contacts.apis.porters.ways import Ways
from tap_contacts.transport.call import Call
from tap_contacts.transport.client import ApiClient
from tap_contacts.transport.errors import Stopped
from tap_contacts.transport.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tap_contacts.transport.facts import Fact
    from tap_contacts.transport.session import Answer, SignIn
    from tap_contacts.transport.verdict import Judgement

PARTITION = "/v1/partition"
WITHIN_REACH = {"request_type": 1}
"""What asks for the company databases that the access token opens."""

ONE = {"count": 1, "start": 0}
"""What asks for one record."""

UNSEEN = "whether it is within reach cannot be told without the scope partition_r"


class Porters(ApiClient):
    """Read and write, as one app, the contacts of one company database ("Partition")."""

    api = "porters"
    title = TITLE
    settings = ACCOUNT.settings
    known_by = ("app_id",)
    operational = ("app_id", "partition", "api_url")
    grant = AppGrant
    rates = {"GET": 2000, "POST": 500}  # noqa: RUF012  # typed ClassVar in the base

    def __init__(self, settings: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        super().__init__(settings, config)
        self._given = str(settings.get("partition") or "").strip()
        if self._given and not wire.ID.fullmatch(self._given):
            msg = "porters.partition must be the number of a company database, digits only."
            raise ConfigurationError(msg)
        key = self.external_key_field = str(settings.get("external_key_field") or "")
        if key and not wire.is_alias(key, wire.OWN_FIELDS):
            msg = "porters.external_key_field must be an alias such as Contact.U_ExternalKey."
            raise ConfigurationError(msg)
        if not all(wire.is_alias(alias, "Contact.") for alias in settings.get("fields") or ()):
            msg = "porters.fields must name aliases such as Contact.P_Name."
            raise ConfigurationError(msg)
        self._sees_partitions = True
        self._has_partition = False
        """Whether anything was read or written in the company database in this run."""
        self.tenant = Tenant(self)
        self.ways = Ways(self.title, self.logger)

    @property
    def account(self) -> str:
        """Return origin and partition."""
        return f"{self.origin} {self.partition}"

    @property
    def told_account(self) -> str:
        """Return the same, without a partition that is not given."""
        return f"{self.origin} {self._given}"

    @cached_property
    def partition(self) -> str:
        """Return the id of the company database that requests are for.

        Raises:
            ConfigurationError: If it is not given and there are several.
            Stopped: If the app can reach none.
        """
        if self._given:
            return self._given
        if len(self._reachable) > 1:
            ids = ", ".join(self._reachable)
            msg = f"porters.partition must be one of those that the app can reach: {ids}."
            raise ConfigurationError(msg)
        for only in self._reachable:
            return only
        raise Stopped(TITLE, f"GET {PARTITION}", "the app can reach no company", codes.GRANT)

    @cached_property
    def _reachable(self) -> dict[str, str]:
        """Return the company databases that the access token opens: id and company name."""
        return {row["Partition.P_Id"]: row.get("Partition.P_Name", "") for row in self.partitions()}

    def partitions(self) -> list[dict[str, str]]:
        """Return the company databases that the access token opens."""
        return short_list.read(self, PARTITION, WITHIN_REACH, "Partition.P_Id")

    def prove_partition(self) -> None:
        """Ask for one company database, or for all that are within reach if none is given.

        Raises:
            ConfigurationError: If it is not given and there are several.
            Stopped: If the app may not read them, or can reach none.
        """
        if self._given:
            self.call("GET", PARTITION, params={**WITHIN_REACH, **ONE})
        else:
            self.partition  # noqa: B018  # it is asked for once and kept

    @property
    def harmless(self) -> Call:
        """Return the reading of one company database."""
        return Call("GET", PARTITION, options={"params": {**WITHIN_REACH, **ONE}})

    def address(self, settings: Mapping[str, Any]) -> str:
        """Return `api_url`, by default the shared server."""
        return settings.get("api_url") or ORIGIN

    def sign_in_with(self, settings: Mapping[str, Any]) -> SignIn:
        """Sign in as the app, without a human."""
        app_id, secret = settings.get("app_id"), settings.get("app_secret")
        if not (app_id and secret):
            msg = "porters needs app_id and app_secret."
            raise ConfigurationError(msg)
        return AppSignIn(self.transport, self.origin, app_id, secret)

    def judge(self, answer: Answer) -> Judgement:
        """Return what an answer means.

        That a company database is not there may mean that the token has ended. Where it was not
        there before, another read shows which.
        """
        found = codes.judge(answer)
        is_within = "partition=" in answer.request.path_url.partition("?")[2]
        if found.verdict is Verdict.DONE and is_within:
            self._has_partition = True
        is_doubtful = found.code == codes.NO_PARTITION and is_within and not self._has_partition
        if is_doubtful and self._opens_anything():
            return found._replace(verdict=Verdict.STOP)
        return found

    def _opens_anything(self) -> bool:
        """Say whether the access token is taken where no company database is named."""
        params = self.query(PARTITION, {**WITHIN_REACH, **ONE})
        return codes.judge(self.answer_to(PARTITION, params=params)).verdict is not Verdict.RENEW

    def check(self) -> str:
        """Sign in and read the partitions."""
        if self._given and not self._may_see_partitions():
            return f"{TITLE} at {self.origin} answers; partition {self._given}: {UNSEEN}"
        if self._given and self._given not in self._reachable:
            ids = ", ".join(self._reachable) or "none"
            answered = f"partition {self._given} is not within reach; within reach: {ids}"
            raise Stopped(TITLE, f"GET {PARTITION}", answered, "Check porters.partition.")
        name = self._reachable.get(self.partition)
        return f"{TITLE} at {self.origin} answers; partition {self.partition}: {name}"

    def _may_see_partitions(self) -> bool:
        """Say whether the app may read the company databases; log if not."""
        try:
            return self._reachable is not None
        except Stopped as error:
            if error.code not in MAY_NOT:
                raise
            self.logger.warning("%s", error)
            self._sees_partitions = False
        return False

    def facts(self) -> Iterator[Fact]:
        """Yield what about ten reads show."""
        reachable = self._reachable if self._sees_partitions else {}
        others = [each for each in reachable if each != self.partition]
        return Facts(self, self.query, others).told()

    def call(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, **options: Any
    ) -> Answer:
        """Send a request to the company database; the one for partitions is to none.

        A space in a parameter goes as %20; a + would be taken for a plus.
        """
        return super().call(method, path, params=self.query(path, params or {}), **options)

    def query(self, path: str, params: Mapping[str, Any]) -> str:
        """Return the query of a request, with the company database that it is for."""
        scope = {} if path == PARTITION else {"partition": self.partition}
        return urlencode({**scope, **params}, quote_via=quote, safe="/,():")

    def write(
        self, items: Sequence[bytes], *, repeatable: bool, once: bool = False
    ) -> Sequence[wire.Result]:
        """Create and update contacts in one request; return a result for each, in their order."""
        answer = self.call(
            "POST",
            CONTACTS.path,
            repeatable=repeatable,
            several=len(items) > 1,
            once=once,
            data=wire.document(items),
            headers={"Content-Type": wire.CONTENT_TYPE, **wire.LINKS_TOO},
        )
        return wire.results(answer.xml)
