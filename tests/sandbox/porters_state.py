"""Hold the contacts of one PORTERS company database and enforce the rules of their fields.

Facts are from hrbcapi.porters.jp/hc/en-us: "Contact - Field List", "Result Code List", "Field Type
& Data Type List" and "Write API Phase Update". A comment "Silent in the documents; taken: ..."
marks an adverse reading.
"""

from __future__ import annotations

import enum
import re
from datetime import datetime, timedelta, timezone
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Record = dict[str, str]
"""Values as text under their aliases; an option by its alias, a reference by its id."""

APP_USER = "100"
"""The app's own user, "named like the app" (page "User Read")."""
FIRST_NEW_ID = 20002
"""Above the id of the vendor's sample, so that new contacts and the sample never meet."""
SINGLE_LINE_MAX = 200
MULTI_LINE_MAX = 4000
PHASE_ROOT = "Option.P_ContactPhase"
PHASES = {"Option.P_Lead": "Lead", "Option.P_Active": "Active", "Option.P_Closed": "Closed"}
"""Aliases and names of the leaf options under `PHASE_ROOT`, in their order on the screens."""

# C0 and C1 controls without tab, LF and CR, and the two non-characters XML 1.0 forbids.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
DATETIME = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", re.ASCII)
DATETIME_FORMAT = "%Y/%m/%d %H:%M:%S"
ID = re.compile(r"[1-9]\d{0,17}", re.ASCII)


class Code(enum.IntEnum):
    """Result codes of the resource API (page "Result Code List")."""

    SUCCESS = 0
    BAD_USER = 5
    NOT_FOUND = 7
    INTERNAL = 8
    UNAVAILABLE = 9
    BAD_PARAMETER = 100
    MISSING = 101
    TOO_MANY = 102
    BAD_VALUE = 103
    TOO_LONG = 104
    """One of 104-116 "format, type, length or range"; which one means the length is a guess."""
    OUT_OF_RANGE = 124
    PHASE_NOT_NEWEST = 126
    PHASE_MISSING = 127
    BAD_ITEMSTATE = 133
    BAD_VERSION = 146
    ALREADY_DELETED = 302
    TOKEN_EXPIRED = 401
    TOKEN_INVALID = 402
    NO_DATA_RIGHT = 403
    NO_PARTITION = 404


class ResultCodeError(Exception):
    """Refuse an item or a whole request with a result code."""

    def __init__(self, code: Code, *, status: int | None = None) -> None:
        """Keep the code, and the HTTP status where it is known for this refusal."""
        super().__init__(f"result code {code:d} ({code.name})")
        self.code = code
        self.status = status


class Kind(enum.Enum):
    """Kinds of fields; the value is the number Field Read gives as `Field.P_Type`, and a letter."""

    SINGLE = "1"
    MULTI = "2"
    OPTION = "7"
    MAIL = "10"
    ID = "11i"
    REFERENCE = "11r"
    STAMP = "11t"
    DATETIME = "12"
    TELEPHONE = "15"
    USER = "17"
    FLAG = ""
    """`P_Deleted`: only in the `field` of a read, no field that Field Read would list."""


TEXTS = (Kind.SINGLE, Kind.MULTI, Kind.MAIL, Kind.TELEPHONE)
READ_ONLY = (Kind.STAMP, Kind.FLAG)
COMMON = {
    Kind.ID: "P_Id",
    Kind.USER: "P_Owner P_RegisteredBy P_UpdatedBy",
    Kind.STAMP: "P_RegistrationDate P_UpdateDate",
    Kind.OPTION: "P_Phase",
    Kind.DATETIME: "P_PhaseDate",
    Kind.SINGLE: "P_Name P_Country P_Prefecture P_City P_Zipcode",
    Kind.MULTI: "P_PhaseMemo P_Memo P_Street",
    Kind.TELEPHONE: "P_Telephone P_Fax",
    Kind.FLAG: "P_Deleted",
}
"""What contacts and clients have in common."""
CONTACT = {
    Kind.REFERENCE: "P_Client",
    Kind.SINGLE: "P_Reading P_Division P_Title",
    Kind.MAIL: "P_Mail",
    # The page "Contact - Field List" has the address of a mobile among the telephones.
    Kind.TELEPHONE: "P_Mobile P_MobileMail",
}
USER = {
    Kind.ID: "P_Id",
    Kind.SINGLE: "P_Type P_Name P_Mail",
    Kind.STAMP: "P_StartDate P_EndDate",
}
PARTITION = {Kind.ID: "P_Id", Kind.SINGLE: "P_Name P_CompanyId"}
FIELD = {
    Kind.ID: "P_Id",
    Kind.SINGLE: "P_Name P_Alias P_Type P_Required P_Max P_Min P_DecimalFraction P_ReferTo"
    " P_ResourceType",
}
REQUIRED = ("Contact.P_Owner", "Contact.P_Client")
"""What a new contact needs (page "Contact - Field List"); a name is not among it."""
PHASE, PHASE_DATE, PHASE_MEMO = ("Contact.P_Phase", "Contact.P_PhaseDate", "Contact.P_PhaseMemo")


def _kinds(resource: str, *tables: Mapping[Kind, str]) -> dict[str, Kind]:
    return {
        f"{resource}.{name}": kind
        for table in tables
        for kind, names in table.items()
        for name in names.split()
    }


def check_datetime(value: str) -> None:
    """Refuse anything but `yyyy/mm/dd HH:MM:SS` (page "Field Type & Data Type List")."""
    if not DATETIME.fullmatch(value):
        raise ResultCodeError(Code.BAD_VALUE)
    try:
        datetime.strptime(value, DATETIME_FORMAT).replace(tzinfo=timezone.utc)
    except ValueError as error:
        raise ResultCodeError(Code.BAD_VALUE) from error


def check_mail(value: str) -> None:
    """Refuse an address without exactly one `@`."""
    # Silent in the documents; taken: an address is checked at all.
    if value.count("@") != 1:
        raise ResultCodeError(Code.BAD_VALUE)


def check_phase(value: str) -> None:
    """Refuse what is no leaf option of the contact's phase (page "Write API - XML Format")."""
    if value not in PHASES:
        raise ResultCodeError(Code.BAD_VALUE)


def check_text(kind: Kind, value: str) -> None:
    """Refuse empty text, control characters, and line breaks where only one line may stand."""
    if CONTROL.search(value):
        raise ResultCodeError(Code.INTERNAL)
    # Silent in the documents; taken: an empty element clears nothing, it is a bad value.
    # Silent in the documents; taken: a line break in any field but MultilineText is a bad value.
    if not value.strip() or (kind is not Kind.MULTI and re.search(r"[\r\n]", value)):
        raise ResultCodeError(Code.BAD_VALUE)


class Database:
    """Records of one company database (partition), and the rules for its contacts."""

    def __init__(
        self,
        custom_fields: Iterable[str],
        max_lengths: Mapping[str, int],
        clock: Callable[[], datetime],
    ) -> None:
        """Start empty; owners, clients and the partition itself are put into `records`."""
        self.kinds = {
            "Contact": _kinds("Contact", COMMON, CONTACT)
            | dict.fromkeys(custom_fields, Kind.SINGLE),
            "Client": _kinds("Client", COMMON),
            "User": _kinds("User", USER),
            "Partition": _kinds("Partition", PARTITION),
            "Field": _kinds("Field", FIELD),
        }
        self.max_lengths = max_lengths
        self.clock = clock
        self.records: dict[str, dict[str, Record]] = {name: {} for name in self.kinds}
        self.deleted: dict[str, Record] = {}
        self._ids = count(FIRST_NEW_ID)
        self._checks: dict[Kind, Callable[[str], None]] = {
            Kind.OPTION: check_phase,
            Kind.DATETIME: check_datetime,
            Kind.MAIL: check_mail,
            Kind.USER: lambda value: self._check_id("User", value, Code.BAD_USER),
            Kind.REFERENCE: lambda value: self._check_id("Client", value, Code.NOT_FOUND),
        }

    def time(self, back: timedelta = timedelta(0)) -> str:
        """Return the clock's time, or so long before, as the API writes it, in UTC."""
        return (self.clock().astimezone(timezone.utc) - back).strftime(DATETIME_FORMAT)

    def max_length(self, alias: str) -> int | None:
        """Return how many characters a text field may hold, None if it is no text."""
        kind = self.kinds["Contact"][alias]
        default = MULTI_LINE_MAX if kind is Kind.MULTI else SINGLE_LINE_MAX
        return self.max_lengths.get(alias, default) if kind in TEXTS else None

    def add(self, resource: str, record_id: str, **values: str) -> None:
        """Put in a record other than a contact, without rules."""
        fields = {"P_Id": record_id, "P_RegistrationDate": self.time(), "P_UpdateDate": self.time()}
        named = {f"{resource}.{name}": value for name, value in {**fields, **values}.items()}
        self.records[resource][record_id] = named

    def write(self, sent: Mapping[str, str]) -> str:
        """Create (`Contact.P_Id` -1) or update a contact and return its id."""
        fields = dict(sent)
        contact_id = self._check_contact_id(fields.pop("Contact.P_Id", None))
        for alias, value in fields.items():
            self._check(alias, value)
        stored = self.records["Contact"].get(contact_id)
        self._check_phase_entry(stored or {}, fields)
        if stored is None:
            if any(alias not in fields for alias in REQUIRED):
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

    def _check(self, alias: str, value: str) -> None:
        kind = self.kinds["Contact"].get(alias)
        if kind is None or kind in READ_ONLY:
            raise ResultCodeError(Code.BAD_PARAMETER)
        check_text(kind, value)
        if kind in self._checks:
            self._checks[kind](value)
        # Silent in the documents; taken: what is too long is refused, not cut.
        if len(value) > (self.max_length(alias) or len(value)):
            raise ResultCodeError(Code.TOO_LONG)

    def _check_phase_entry(self, stored: Record, fields: Record) -> None:
        """Refuse a phase that would not become the newest, and a date or memo without one."""
        if PHASE not in fields:
            if PHASE_DATE in fields or PHASE_MEMO in fields:
                raise ResultCodeError(Code.PHASE_MISSING)
            return
        if PHASE in stored:
            order = list(PHASES)
            entry = (fields.get(PHASE_DATE, self.time()), order.index(fields[PHASE]))
            if entry < (stored[PHASE_DATE], order.index(stored[PHASE])):
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
