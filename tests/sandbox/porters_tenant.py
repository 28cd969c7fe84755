"""Say how the contacts of a PORTERS company database are set up: their fields and options.

Facts are from hrbcapi.porters.jp/hc/en-us: "Contact - Field List", "Field Type & Data Type List",
"Field Read" and "Option Read". A comment "Silent in the documents; taken: ..." marks an adverse
reading.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from tests.sandbox.porters_codes import Code, ResultCodeError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

SINGLE_LINE_MAX = 200
MULTI_LINE_MAX = 4000
MOST_DECIMALS = 2


class Kind(enum.Enum):
    """Kinds of fields; the value is the number Field Read gives as `Field.P_Type`, and a letter."""

    SINGLE = "1"
    MULTI = "2"
    NUMBER = "3"
    DATE = "4"
    CHECKBOX = "5"
    RADIO = "6"
    OPTION = "7"
    AGE = "8"
    URL = "9"
    MAIL = "10"
    ID = "11i"
    REFERENCE = "11r"
    STAMP = "11t"
    DATETIME = "12"
    TIME = "12t"
    """Hours and minutes: Field Read cannot tell it from DATETIME."""
    CURRENCY = "14"
    TELEPHONE = "15"
    DISPLAY = "16"
    """Shows a field of another resource; it holds no value."""
    USER = "17"
    IMAGE = "18"
    LINK = "20"
    FLAG = ""
    """`P_Deleted`: only in the `field` of a read, no field that Field Read would list."""
    NAMED = "o"
    """An option that is only named, as in `Field.P_ReferTo`."""

    @property
    def number(self) -> str:
        """Return the number of the field type."""
        return self.value.rstrip("irt")


TEXTS = (Kind.SINGLE, Kind.MULTI, Kind.MAIL, Kind.TELEPHONE, Kind.URL)
NUMBERS = (Kind.NUMBER, Kind.CURRENCY)
OPTIONS = (Kind.CHECKBOX, Kind.RADIO, Kind.OPTION)
OWN_KINDS = tuple(
    kind
    for kind in Kind
    if kind not in (Kind.ID, Kind.REFERENCE, Kind.STAMP, Kind.FLAG, Kind.NAMED)
)
"""Kinds of fields that a customer can add."""
READ_ONLY = (Kind.STAMP, Kind.FLAG, Kind.DISPLAY)
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
    Kind.SINGLE: "P_Name P_Alias P_Type P_Required P_Max P_Min P_DecimalFraction P_ResourceType",
    Kind.NAMED: "P_ReferTo",
}
REQUIRED = ("Contact.P_Owner", "Contact.P_Client")
"""What a new contact needs (page "Contact - Field List"); a name is not among it."""
PHASE, PHASE_DATE, PHASE_MEMO = ("Contact.P_Phase", "Contact.P_PhaseDate", "Contact.P_PhaseMemo")


def kinds_of(resource: str, *tables: Mapping[Kind, str]) -> dict[str, Kind]:
    """Return the aliases of a resource and their kinds."""
    return {
        f"{resource}.{name}": kind
        for table in tables
        for kind, names in table.items()
        for name in names.split()
    }


@dataclass(frozen=True)
class Option:
    """A choice, or what choices stand under; `unused` ones are kept, but may not be chosen."""

    alias: str
    name: str
    below: tuple[Option, ...] = ()
    unused: bool = False

    def whole(self) -> Iterator[Option]:
        """Yield the option and all below it, in their order on the screens."""
        yield self
        for each in self.below:
            yield from each.whole()


PHASES = Option(
    # The last two as Zoho Voice names the statuses of its samples.
    "Option.P_ContactPhase",
    "Contact phase",
    (
        Option("Option.P_Lead", "Lead"),
        Option("Option.P_Active", "Active"),
        Option("Option.P_Closed", "Closed"),
        Option("Option.U_InActive", "In Active"),
        Option("Option.U_Vip", "VIP"),
    ),
)


@dataclass(frozen=True)
class Tenant:
    """How one customer has set up contacts."""

    own: Mapping[str, Kind] = field(default_factory=lambda: {"Contact.U_ExternalKey": Kind.SINGLE})
    """Fields that the customer (U_) or an app (A_) has added."""
    unused: Collection[str] = ()
    """Fields that were taken out of use, or deleted."""
    required: Collection[str] = ()
    """Fields that must be filled, besides those that always must."""
    largest: Mapping[str, int] = field(default_factory=dict)
    """`Field.P_Max`: most characters of a text, largest number."""
    least: Mapping[str, int] = field(default_factory=dict)
    """`Field.P_Min`: fewest characters of a text, smallest number."""
    decimals: Mapping[str, int] = field(default_factory=dict)
    """`Field.P_DecimalFraction` of numbers; two if it is not given."""
    options: Sequence[Option] = (PHASES,)
    """Options that other options stand under, with those."""
    refers: Mapping[str, str] = field(default_factory=dict)
    """Alias of what the choices of an option field stand under, where it is not the phases."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Names of fields on the screens, where they have been changed."""
    prefixed: bool = True
    """Whether Field Read writes `Contact.P_Name` rather than `P_Name`, which is not documented."""

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """Return all fields, unused ones too, and their kinds."""
        return kinds_of("Contact", COMMON, CONTACT) | dict(self.own)

    @cached_property
    def in_use(self) -> dict[str, Kind]:
        """Return the fields in use and their kinds."""
        return {alias: kind for alias, kind in self.kinds.items() if alias not in self.unused}

    def max_length(self, alias: str, kind: Kind) -> int | None:
        """Return how many characters a text may have at most, None if it is no text."""
        default = MULTI_LINE_MAX if kind is Kind.MULTI else SINGLE_LINE_MAX
        return self.largest.get(alias, default) if kind in TEXTS else None

    def root(self, alias: str) -> str:
        """Return what the choices of an option field stand under."""
        return self.refers.get(alias, PHASES.alias)

    def option(self, alias: str) -> Option:
        """Return an option, or refuse one that does not exist."""
        every = (option for top in self.options for option in top.whole())
        for option in every:
            if option.alias == alias:
                return option
        raise ResultCodeError(Code.BAD_VALUE)

    def has(self, alias: str) -> bool:
        """Say whether there is such an option."""
        return any(each.alias == alias for top in self.options for each in top.whole())

    def order(self, option_alias: str) -> int:
        """Return the place of an option among all, which also makes its id."""
        every = [option.alias for top in self.options for option in top.whole()]
        return every.index(option_alias)

    def choices(self, alias: str) -> list[str]:
        """Return the aliases that may be chosen in an option field: leaves only."""
        every = self.option(self.root(alias)).whole()
        # Silent in the documents; taken: an unused option may not be chosen.
        return [option.alias for option in every if not (option.below or option.unused)]
