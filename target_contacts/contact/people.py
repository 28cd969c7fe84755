"""Decide which streams hold people, by their schemas and their names.

A person has a name, and an e-mail or a number to be reached by. So has a company, a shop or the
order of a customer. Hence what a stream is called counts, too: its last word that says anything.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from target_contacts.contact.numbers import KINDS
from target_contacts.contact.schema_shapes import Shape, paths, shapes
from target_contacts.contact.spelling import spelled
from target_contacts.contact.words_around import FLAT_WRAPPERS
from target_contacts.values.words import listed, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

CONTACTS = listed("contact kontakt ansprechpartner 連絡先 担当者 名刺")
"""Names of streams of contacts, whatever their schema is."""

PEOPLE = listed(
    "person people persona individual user member subscriber lead prospect candidate applicant "
    "employee worker staff profile attendee participant registrant invitee guest visitor recipient "
    "respondent requester student pupil teacher parent patient doctor physician volunteer donor "
    "consumer buyer seller shopper passenger driver tenant resident citizen friend colleague "
    "alumnus alumni author speaker player coach "
    "personen mitglied mitglieder benutzer nutzer teilnehmer mitarbeiter interessent interessenten "
    "empfanger abonnent abonnenten bewerber patienten "
    "personne utilisateur membre abonne participant employe salarie "
    "個人 会員 社員 従業員 職員 応募者 参加者 利用者"
)
"""What streams of people are called: a name of one word will do."""

EITHER = listed(
    "customer client partner contractor reseller agent kunde kunden klient klienten 顧客 お客様"
)
"""Names of streams of people or of companies; the parts of a name decide."""

PARENTS = listed(
    "company account organization organisation org vendor supplier business enterprise firm "
    "employer corporation institution agency association department division branch office "
    "franchise dealer distributor manufacturer brand merchant carrier bank school university "
    "hospital clinic hotel restaurant team group workspace household owner admin administrator "
    "teammate firma firmen unternehmen lieferant lieferanten organisationen konto konten societe "
    "entreprise fournisseur compte organisme 会社 企業 法人 取引先 仕入先 団体 組織"
)
"""What streams are called of what contacts belong to: the company, the account, the owner."""

THINGS = listed(
    "deal opportunity order invoice bill quote quotation estimate contract subscription charge "
    "payment payout refund transaction transfer checkout cart basket receipt credit debit shipment "
    "delivery fulfillment fulfilment return booking reservation appointment meeting event call "
    "message mail email conversation thread chat comment note task activity ticket case issue "
    "incident request inquiry enquiry form submission response answer survey application referral "
    "offer resume posting job campaign segment lists tag label category product item sku price "
    "coupon discount gift address location store shop site venue warehouse facility place property "
    "country mailbox inbox channel document attachment template field attribute setting "
    "integration webhook log audit history metric statistic status phase stage pipeline exclusion "
    "suppression statuses unsubscribe bounce block membership role permission license project "
    "milestone timesheet expense asset device domain metafield relation automation conversion "
    "auftrag auftrage bestellung bestellungen rechnung rechnungen angebot angebote adresse "
    "adressen termin termine vorgang vorgange filiale filialen standort standorte "
    "commande facture devis magasin 注文 受注 請求書 見積 商談 案件 店舗 拠点 住所"
)
"""What streams are called of what may bear somebody's name and e-mail, but is nobody."""

SUBSETS = listed("segment campaign")
"""Words just before the last: the people of such a stream stand in another one, too."""

MARKS = listed(
    "lineitems subtotal subtotalprice totalprice totalamount grandtotal ordernumber invoicenumber "
    "ticketnumber quantity numberofemployees employeecount annualrevenue taxnumber taxid vatnumber "
    "vatid registrationnumber openinghours mitarbeiterzahl ustid umsatzsteuerid"
)
"""Fields that a company, a shop or an order has beside a name in one word, and a person has not."""

PARTS = frozenset(("first_name", "last_name"))
WHOLE = frozenset(("full_name", "name_reading"))
REACH = frozenset(("email", "number", *KINDS))
BARE = listed("name displayname 名前 表示名 anzeigename")
"""Fields for a name that need not be a person's."""

OPEN = listed(FLAT_WRAPPERS)
"""Fields that hold those of a record, where they do not say which."""

SHORTEST_END = 5
"""Letters of the shortest word that is looked for at the end of another, as in Firmenkontakte."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]+")
"""The words of a stream's name: parts of camelCase, too."""


class Signs(NamedTuple):
    """What a schema says of people."""

    parts: bool
    """Whether there is a first or a last name."""
    whole: bool
    """Whether there is a name that is a person's."""
    bare: bool
    """Whether there is a name that may be anything's."""
    email: bool
    reach: bool
    """Whether there is an e-mail or a number."""
    marks: bool
    """Whether there is what only a company, a shop or an order has."""
    is_open: bool
    """Whether there may be fields that are not declared."""

    @property
    def named(self) -> bool:
        """Say whether there is a name of any kind."""
        return self.parts or self.whole or self.bare


def holds_people(
    stream: str, schema: Mapping[str, Any], mapped: Mapping[str, Collection[str]]
) -> bool:
    """Say whether a stream's records are people, by its name and its schema."""
    signs, kinds = signs_of(schema, mapped), kinds_of(stream)
    kind = kinds[-1] if kinds else None
    if kind is CONTACTS:
        # Of two kinds, as in account_contacts, it may hold ids only: who belongs to what.
        return signs.parts or signs.reach or signs.is_open or len(kinds) == 1
    if kind in (PARENTS, THINGS) or not signs.reach:
        return False
    if signs.parts or kind is EITHER:
        return signs.parts
    if kind is PEOPLE:
        return signs.named or signs.is_open
    return signs.whole or (signs.bare and signs.email and not signs.marks)


def signs_of(schema: Mapping[str, Any], mapped: Mapping[str, Collection[str]]) -> Signs:
    """Return what a schema says of people."""
    whole = Shape(schema, schema)
    declared = set(paths(whole))
    told = {path: found[0] for path in declared if (found := spelled(path))}
    top = {path[0] for path in declared}
    attributes = {*told.values(), *(a for a, fields in mapped.items() if top & set(fields))}
    names = [path for path, attribute in told.items() if attribute in WHOLE]
    bare = any(plain(path[-1]) in BARE for path in names)
    is_open = whole.is_open or any(_is_open(child, schema) for child in whole.properties.items())
    return Signs(
        parts=not PARTS.isdisjoint(attributes),
        whole=not WHOLE.isdisjoint(attributes) and not (bare and len(names) == 1),
        bare=bare,
        email="email" in attributes,
        reach=not REACH.isdisjoint(attributes),
        marks=any(plain(path[-1]) in MARKS for path in declared),
        is_open=is_open,
    )


def _is_open(field: tuple[str, Any], root: Mapping[str, Any]) -> bool:
    """Say whether a field holds others, of which it does not say what they are called."""
    name, schema = field
    if plain(name) not in OPEN:
        return False
    found = shapes(schema, root)
    return found is None or any("object" in s.kinds and not s.properties for s in found)


def kinds_of(stream: str) -> list[frozenset[str]]:
    """Return what the words say a stream is, those that are known; the last one counts.

    What is further said of contacts, as in contact_types, may be another thing.
    """
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", unicodedata.normalize("NFKC", stream)))
    words = [word.casefold() for word in _WORDS.findall(unicodedata.normalize("NFC", bare))]
    kinds = [kind for word in words if (kind := _kind(word))]
    if not SUBSETS.isdisjoint(map(_singular, words[-2:-1])):
        return [*kinds, THINGS]
    if kinds and kinds[-1] is CONTACTS and _kind(words[-1]) is not CONTACTS:
        return [*kinds, PEOPLE]
    return kinds


_ACCENTS = re.compile("[\u0300-\u036f]")


def _kind(word: str) -> frozenset[str] | None:
    """Return what a word says; if it is none that is known, what its end says."""
    every = (CONTACTS, THINGS, PARENTS, EITHER, PEOPLE)
    for form in (word, _singular(word)):
        for kind in every:
            if form in kind:
                return kind
    ends = ((len(known), known, kind) for kind in every for known in kind)
    fitting = [
        (length, kind) for length, known, kind in ends if _ends(word, _singular(word), known)
    ]
    return max(fitting, key=lambda each: each[0])[1] if fitting else None


def _ends(word: str, singular: str, known: str) -> bool:
    enough = len(known) >= SHORTEST_END or not known.isascii()
    return enough and (word.endswith(known) or singular.endswith(known))


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us")) else word
