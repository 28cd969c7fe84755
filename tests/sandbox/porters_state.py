"""Hold the contacts of one PORTERS company database and enforce the rules of their fields.

Facts are from hrbcapi.porters.jp/hc/en-us: "Contact - Field List", "Result Code List" and "Write
API Phase Update". A comment "Silent in the documents; taken: ..." marks an adverse reading.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import count
from typing import TYPE_CHECKING

from tests.sandbox.porters_codes import Code, ResultCodeError
from tests.sandbox.porters_tenant import (
    COMMON,
    FIELD,
    PARTITION,
    PHASE,
    PHASE_DATE,
    PHASE_MEMO,
    READ_ONLY,
    REQUIRED,
    USER,
    Kind,
    Tenant,
    kinds_of,
)
from tests.sandbox.porters_values import DATETIME, ID, checked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Record = dict[str, str]
"""Values as text under their aliases; an option by its alias, several with commas, a reference by
its id."""

APP_USER = "100"
"""The app's own user, "named like the app" (page "User Read")."""
FIRST_NEW_ID = 20002
"""Above the id of the vendor's sample, so that new contacts and the sample never meet."""


class Database:
    """Records of one company database (partition), and the rules for its contacts."""

    def __init__(self, tenant: Tenant, clock: Callable[[], datetime]) -> None:
        """Start empty; owners, clients and the partition itself are put into `records`."""
        self.tenant = tenant
        self.kinds = {
            "Contact": tenant.in_use,
            "Client": kinds_of("Client", COMMON),
            "User": kinds_of("User", USER),
            "Partition": kinds_of("Partition", PARTITION),
            "Field": kinds_of("Field", FIELD),
        }
        self.clock = clock
        self.version = "1"
        """Version of the API that the request under way asks for."""
        self.readings: frozenset[str] = frozenset()
        """Readings of the documents, named as in `readings`."""
        self.records: dict[str, dict[str, Record]] = {name: {} for name in self.kinds}
        self.deleted: dict[str, Record] = {}
        self._ids = count(FIRST_NEW_ID)
        self._referred = {
            Kind.USER: ("User", Code.BAD_USER),
            Kind.REFERENCE: ("Client", Code.NOT_FOUND),
            Kind.LINK: ("Contact", Code.NOT_FOUND),
        }

    def time(self, back: timedelta = timedelta(0)) -> str:
        """Return the clock's time, or so long before, as the API writes it, in UTC."""
        return (self.clock().astimezone(timezone.utc) - back).strftime(DATETIME)

    def add(self, resource: str, record_id: str, **values: str) -> None:
        """Put in a record other than a contact, without rules."""
        fields = {"P_Id": record_id, "P_RegistrationDate": self.time(), "P_UpdateDate": self.time()}
        named = {f"{resource}.{name}": value for name, value in {**fields, **values}.items()}
        self.records[resource][record_id] = named

    def write(self, sent: Mapping[str, str]) -> str:
        """Create (`Contact.P_Id` -1) or update a contact and return its id."""
        fields = dict(sent)
        contact_id = self._check_contact_id(fields.pop("Contact.P_Id", None))
        fields = {alias: self._checked(alias, value) for alias, value in fields.items()}
        stored = self.records["Contact"].get(contact_id)
        self._check_phase_entry(stored or {}, fields)
        if stored is None:
            # Silent in the documents; taken: what a tenant requires is required here, too.
            if any(alias not in fields for alias in (*REQUIRED, *self.tenant.required)):
                raise ResultCodeError(Code.MISSING)
            return self.insert(str(next(self._ids)), fields)
        self._store(stored, fields)
        return contact_id

    def insert(self, contact_id: str, fields: Mapping[str, str]) -> str:
        """Put a new contact under an id."""
        start = {
            "Contact.P_Id": contact_id,
            "Contact.P_RegistrationDate": self.time(),
            "Contact.P_RegisteredBy": APP_USER,
        }
        self._store(start, fields)
        return contact_id

    def stamp(self, contact_id: str, told: str) -> None:
        """Have a contact tell something else as the time of its last change."""
        self.records["Contact"][contact_id]["Contact.P_UpdateDate"] = told

    def remove(self, contact_id: str) -> None:
        """Delete a contact as people do on the screens; there is no call for it."""
        contact = self.records["Contact"].pop(contact_id)
        self.deleted[contact_id] = {**contact, "Contact.P_UpdateDate": self.time()}

    def _check_contact_id(self, value: str | None) -> str:
        if value is None:
            raise ResultCodeError(Code.MISSING)
        if value != "-1":
            if value in self.deleted:
                raise ResultCodeError(Code.ALREADY_DELETED)
            self._check_id("Contact", value, Code.NOT_FOUND)
        return value

    def _check_id(self, resource: str, value: str, unknown: Code) -> None:
        if not ID.fullmatch(value):
            raise ResultCodeError(Code.BAD_VALUE)
        if value not in self.records[resource]:
            raise ResultCodeError(unknown)

    def _checked(self, alias: str, value: str) -> str:
        kind = self.kinds["Contact"].get(alias)
        hidden = kind is Kind.LINK and self.version == "1"
        if kind is None or kind in READ_ONLY or hidden:
            raise ResultCodeError(Code.BAD_PARAMETER)
        if kind in self._referred:
            self._check_id(self._referred[kind][0], value, self._referred[kind][1])
        return checked(self.tenant, alias, value)

    def _check_phase_entry(self, stored: Record, fields: Record) -> None:
        """Refuse a phase that would not become the newest, and a date or memo without one."""
        if PHASE not in fields:
            if PHASE_DATE in fields or PHASE_MEMO in fields:
                raise ResultCodeError(Code.PHASE_MISSING)
            return
        if PHASE in stored:
            order = self.tenant.order
            entry = (fields.get(PHASE_DATE, self.time()), order(fields[PHASE]))
            if entry < (stored[PHASE_DATE], order(stored[PHASE])):
                raise ResultCodeError(Code.PHASE_NOT_NEWEST)

    def _store(self, stored: Record, fields: Mapping[str, str]) -> None:
        """Lay the fields over a contact; the memo of an earlier phase stays in the history."""
        contact = {**stored, **fields}
        if PHASE in fields:
            contact[PHASE_DATE] = fields.get(PHASE_DATE, self.time())
            if fields[PHASE] != stored.get(PHASE) and PHASE_MEMO not in fields:
                contact.pop(PHASE_MEMO, None)
        contact["Contact.P_UpdateDate"] = self.time()
        contact["Contact.P_UpdatedBy"] = fields.get("Contact.P_UpdatedBy", APP_USER)
        self.records["Contact"][contact["Contact.P_Id"]] = contact
