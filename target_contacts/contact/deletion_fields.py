"""Names of fields that say whether a contact is deleted at its source.

Names are compared without case, accents, spaces and punctuation, as those of attributes are.
"""

from __future__ import annotations

import functools
from enum import Enum, auto
from itertools import product
from typing import NamedTuple

from target_contacts.contact.spelling import WRAPPERS
from target_contacts.values.words import listed, plain

OWN = "__c"
"""How names of fields end that an organisation added to Salesforce."""


class Way(Enum):
    """How a field says so."""

    FLAG = auto()
    """A flag, or a time that is there only if it is so."""
    PERMANENT = auto()
    """The like of what is gone for good; a contact may be gone without it."""
    PIPELINE = auto()
    """The like, from a tap or a loader; when it is not set, it says nothing."""
    DOUBTFUL = auto()
    """A flag that may mean something else."""
    ACTIVE = auto()
    """The opposite of a flag; it may mean something else, too."""
    ACTIVE_FLAG = auto()
    """The opposite of a flag, and nothing else."""
    STATUS = auto()
    """A word, which users may have chosen."""
    SYSTEM = auto()
    """A word of the system itself."""


_DONE = listed("deleted removed trashed archived erased purged discarded destroyed voided")

_FORMS = listed(
    "{} is{} was{} hasbeen{} {}flag {}flg soft{} issoft{} "
    "{}at {}on {}date {}time {}datetime {}timestamp {}ts {}atutc date{} time{} soft{}at"
)

_FLAGS = listed(
    "deleteflag deleteflg delflag delflg isdelete isdel deletionflag deletetime deletiontime "
    "deletiondate intrash isintrash istrash archiveflag isarchive istombstone "
    "markedfordeletion ismarkedfordeletion "
    "geloscht geloescht istgeloscht istgeloescht geloschtam geloeschtam archiviert istarchiviert "
    "archiviertam loschkennzeichen loeschkennzeichen loschvermerk loeschvermerk "
    "supprime estsupprime supprimele datedesuppression estarchive archivele "
    "削除 削除フラグ 削除済 削除済み 削除日 削除日時 アーカイブ アーカイブ済み"
)

_KINDS = (
    "",
    *("contact", "contactp", "person", "record", "row", "entity"),
    *("metadata", "meta", "sys", "system", *WRAPPERS),
)
"""What stands before a field's name without changing what it means."""

AROUND = frozenset((*_KINDS, "attributes", "data")) - {""}
"""Objects that speak of the contact itself; what others say is of a company, an owner, an item."""

OF_USERS = "contactstatus"
"""A status whose words users may have chosen, as in Zoho Voice; in Xero they are the system's."""


def _ways() -> dict[str, Way]:
    names = {
        Way.FLAG: {form.format(done) for form, done in product(_FORMS, _DONE)} | _FLAGS,
        Way.PERMANENT: listed("permanentlydeleted harddeleted"),
        Way.PIPELINE: listed("sdcdeletedat abcdcdeletedat fivetrandeleted"),
        Way.DOUBTFUL: listed("inactive isinactive deactivated isdeactivated deactivatedat"),
        Way.ACTIVE: listed("active isactive"),
        Way.ACTIVE_FLAG: listed("activeflag"),
        Way.STATUS: listed("status state"),
        Way.SYSTEM: listed("recordstatus recordstatuss recordstate entitystatus entitystate"),
    }
    ways = {f"is{kind}{done}": Way.FLAG for kind, done in product(_KINDS, _DONE)}
    for way, several in names.items():
        ways.update({kind + name: way for kind, name in product(_KINDS, several)})
    return ways


WAYS = _ways()


class TellingField(NamedTuple):
    """A field that may say so."""

    name: str
    plain: str
    """Its name as it is compared."""
    way: Way
    is_own: bool
    """Whether an organisation added it itself, for whatever it means there."""


@functools.lru_cache(maxsize=65536)
def telling(name: str) -> TellingField | None:
    """Return a field that may say so; None if it cannot."""
    folded = plain(name.removesuffix(OWN))
    way = WAYS.get(folded)
    return None if way is None else TellingField(name, folded, way, name.endswith(OWN))
