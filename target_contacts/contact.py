"""The vocabulary: what a contact's attributes are called, here and in the streams of the wild.

One table names the attributes, in terms of vCard and schema.org, with the spellings under which
taps and spreadsheets send them. Spellings are compared without case, accents, spaces and
punctuation, so `first_name` stands for `firstName`, `First Name` and the path `first.name`, too.
Where a record has several spellings of one attribute, the first in the table that holds a value
counts.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from target_contacts import texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ATTRIBUTES: dict[str, str] = {
    "first_name": (
        "first_name given_name forename first fname vorname vname rufname prenom 名 名漢字 名前名"
    ),
    "middle_name": (
        "middle_name additional_name weitere_vornamen zweiter_vorname deuxieme_prenom ミドルネーム"
    ),
    "last_name": (
        "last_name family_name surname last lname nachname nname familienname zuname "
        "nom_de_famille nom 姓 姓漢字 名字 苗字"
    ),
    "full_name": (
        "full_name display_name contact_name name unstructured_name vollstandiger_name anzeigename "
        "ansprechpartner nom_complet nom_et_prenom 氏名 お名前 名前 表示名 担当者名 contact_p_name "
        "file_as"
    ),
    "name_reading": (
        "name_reading phonetic_full_name phonetic_name yomi_name furigana reading lecture_du_nom "
        "フリガナ ふりがな 氏名カナ 氏名かな 氏名フリガナ カナ氏名 カナ よみがな よみ 読み "
        "読み仮名 contact_p_reading"
    ),
    "first_name_reading": (
        "first_name_reading phonetic_given_name yomi_given_name first_name_phonetic "
        "first_name_local phonetic_first_name yomi_first_name given_name_yomi given_yomi "
        "first_name_kana メイ めい メイカナ 名カナ 名かな 名フリガナ フリガナ名 ふりがな名"
    ),
    "last_name_reading": (
        "last_name_reading phonetic_family_name yomi_surname last_name_phonetic last_name_local "
        "phonetic_last_name yomi_last_name family_name_yomi surname_yomi last_name_kana "
        "セイ せい セイカナ 姓カナ 姓かな 姓フリガナ フリガナ姓 ふりがな姓"
    ),
    "email": (
        "email email_address emails email_addresses email_addresses_address primary_email "
        "work_email email_1_value mail email_work e_mail_adresse e_mail_geschaftlich "
        "adresse_de_messagerie adresse_e_mail adresse_mail courriel mel メールアドレス "
        "電子メールアドレス 電子メール 会社メールアドレス メール eメール office_mail "
        "contact_p_mail secondary_email email_2 email_2_address email_2_value"
    ),
    "mobile": (
        "mobile mobile_phone mobile_number cell_phone cell phone_mobile phones_mobile "
        "phone_numbers_mobile phone_numbers_work_mobile mobiltelefon mobil handy handynummer "
        "mobilnummer mobilfunk natel handynr mobilnr telephone_portable tel_mobile portable "
        "telephone_mobile gsm cellulaire "
        "携帯電話 携帯 携帯番号 携帯電話番号 携帯tel 会社携帯番号 office_mobile contact_p_mobile "
        "個人携帯番号"
    ),
    "mobile1": "mobile1",
    "mobile2": "mobile2 mobiltelefon_2 tel_mobile_2 携帯電話2",
    "mobile3": "mobile3",
    "phone": (
        "phone_work phones_work phone_numbers_work business_phones business_phone work_phone phone "
        "phones phone_number phone_numbers telephone tel primary_phone office_phone direct_phone "
        "phone_1_value "
        "telefon telefon_geschaftlich telefon_dienstlich telefonnummer "
        "telefonnr tel_nr festnetz rufnummer telephone_bureau tel_bureau telephone_fixe "
        "telephone_professionnel "
        "numero_de_telephone 電話番号 電話 勤務先電話番号 会社電話番号 勤務先電話 会社電話 "
        "直通電話 tel1 contact_p_telephone 代表電話 会社代表番号 company_main_phone"
    ),
    "phone1": "phone1",
    "phone2": (
        "phone2 phones_2 phone_numbers_2 business_phones_2 business_phone_2 other_phone "
        "phone_other phone_numbers_other phone_2_value telefon_2 telefon_geschaftlich_2 "
        "weiteres_telefon tel_2 telephone_2 telephone_2_bureau autre_telephone 電話番号2 "
        "勤務先電話番号2 その他の電話"
    ),
    "phone3": "phone3 phones_3 phone_numbers_3 business_phones_3",
    "home_phone": (
        "home_phone home_phones phone_home phones_home phone_numbers_home private_phone "
        "telefon_privat privattelefon telephone_domicile telephone_maison tel_domicile "
        "自宅電話番号 自宅電話"
    ),
    "fax": (
        "fax fax_number business_fax phone_fax phones_fax phone_numbers_fax phone_work_fax "
        "phone_numbers_work_fax telefax faxnummer fax_geschaftlich telecopie telecopie_bureau "
        "numero_de_telecopie fax番号 ファックス 勤務先fax 勤務先ファックス office_fax contact_p_fax"
    ),
    "company": (
        "company company_name company_display_name customer_name organization organization_name "
        "organizations_name organisation account_name account_name_name org_id_name org_name "
        "companies_name employer firm firma firmenname unternehmen arbeitgeber societe entreprise "
        "nom_de_la_societe raison_sociale 会社名 会社 企業名 勤務先 勤務先名 法人名 組織名 社名 "
        "contact_p_client_p_name"
    ),
    "department": (
        "department division organization_department organizations_department abteilung bereich "
        "departement 部署 部署名 部門 所属 所属部署 部課 contact_p_division service"
    ),
    "job_title": (
        "job_title position organization_title organizations_title title fonction funktion "
        "berufsbezeichnung stellenbezeichnung beruf poste titre_de_poste intitule_du_poste "
        "役職 役職名 肩書き 肩書 職位 contact_p_title profession 職種"
    ),
    "salutation": "salutation honorific_prefix name_prefix prefix anrede civilite 敬称 titel titre",
    "gender": "gender genders sex geschlecht sexe genre 性別",
    "note": (
        "note notes comment comments remarks memo personal_notes biographies description notizen "
        "notiz bemerkung bemerkungen kommentar anmerkung commentaire commentaires remarque "
        "remarques observations 備考 メモ コメント 備考欄 ノート contact_p_memo last_note_note"
    ),
    "is_favourite": "is_favourite is_favorite favourite favorite starred favorit favori お気に入り",
    "is_spam": "is_spam spam indesirable 迷惑",
    "status": ("contact_status contact_p_phase kontaktstatus statut_du_contact 担当者ステータス"),
    "customer_id": "customer_id customer_uuid contact_p_client",
    "customer_reference": "customer_reference",
    "owner_id": "owner_id contact_p_owner",
    "user_name": (
        "web_user_name user_name username login benutzername anmeldename identifiant "
        "nom_d_utilisateur ユーザー名 ログインid"
    ),
    "password": "web_password password passwort kennwort mot_de_passe パスワード",
    "role": "role",
    "ignore_assortment": "ignore_assortment",
    "image": "image image_file photo_data",
}
"""Attribute, and its spellings in order of precedence."""

ADDRESS: dict[str, str] = {
    "street": (
        "street street_address addr1 address_1 address_line_1 address1 strasse "
        "strasse_und_hausnummer strasse_nr anschrift adresse adresse_1 rue n_et_rue voie address "
        "postal_address_route 住所 番地 町名・番地 町域・番地 住所1 市区町村以降 丁目番地 "
        "contact_p_street postal_address"
    ),
    "street_number": (
        "street_number house_number hausnummer hausnr haus_nr postal_address_street_number"
    ),
    "street2": (
        "street2 address_2 addr2 address_line_2 extended_address subpremise "
        "postal_address_subpremise adresszusatz adresse_2 complement_d_adresse "
        "complement_adresse 建物名 ビル名 建物 住所2"
    ),
    "city": (
        "city town locality ort stadt wohnort ville commune localite 市区町村 市町村 市区郡 市 "
        "contact_p_city"
    ),
    "state": (
        "province prefecture region county state_province admin_area_level_1 state state_code "
        "bundesland bundesland_kanton kanton canton dep_region departement_ou_region "
        "都道府県 都道府県名 県 州 contact_p_prefecture"
    ),
    "postal_code": (
        "postal_code postcode zip zip_code zip_postal_code postleitzahl plz code_postal cp npa "
        "郵便番号 〒 〒番号 contact_p_zipcode"
    ),
    "country": (
        "country_code country country_or_region country_region hs_country_region_code land "
        "land_region staat landerkennzeichen pays pays_region pays_ou_region "
        "国 国名 国/地域 国コード contact_p_country"
    ),
}
"""The same for the parts of an address; each is also spelled with the address that it is of."""

ADDRESSES = (
    "business business_address work work_address office geschaftlich bureau 勤務先 会社",
    " mailing mailing_address address addresses address_1 primary_address postal_address",
    "home home_address privat domicile 自宅",
    "other other_address",
)
"""Which address it is, in order of precedence: one of them is taken, never parts of two."""

BARE = 1
"""The address that is not said to be any."""

ATTRIBUTES |= ADDRESS

WRAPPERS = ("properties", "property", "fields", "mergefields", "customattributes", "names")
"""Names of objects that say nothing of what is in them."""


def listed(words: str) -> frozenset[str]:
    """Return words that are listed with spaces between them."""
    return frozenset(words.split())


HONORIFICS = listed("mr mrs ms miss mx dr prof sir rev herr frau m mme mlle monsieur madame")
"""What is no job title in a field `title`."""

UNTOLD = listed(
    "unspecified unknown undisclosed none na keineangabe unbekannt nonprecise inconnu 不明 未回答"
)
"""What says nothing in a field `gender`."""

NO_STATES = listed("active inactive enabled disabled archived deleted new open closed")
"""What is no part of an address in a field `state`."""

OWN = "__c"
"""How names of fields end that an organisation added to Salesforce; they count last."""

IDS = ("ownerid", "customerid")
"""Ids that are the destination's at the top of a record only; in an object they are another's."""

_PUNCTUATION = re.compile(r"[\W_]+")
_ACCENTS = re.compile("[\u0300-\u036f]")


def plain(name: str) -> str:
    """Return a name without case, accents, spaces and punctuation; full width is half width."""
    if not name.isascii():
        folded = unicodedata.normalize("NFKC", name).casefold().replace("〒", "postalcode")
        name = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", folded)))
    return _PUNCTUATION.sub("", name).casefold()


def _spellings() -> Iterator[tuple[str, tuple[str, int]]]:
    """Yield plain spellings, each with its attribute and rank."""
    for attribute, spellings in ATTRIBUTES.items():
        places = ADDRESSES if attribute in ADDRESS else ("",)
        for place, words in enumerate(places):
            for rank, spelling in enumerate(spellings.split(), start=RANKS * place):
                for name in _with(words.split(" "), spelling):
                    yield plain(name), (attribute, rank)


def _with(kinds: Iterable[str], spelling: str) -> Iterator[str]:
    """Yield a spelling with what it is of, before and after it."""
    for kind in kinds:
        yield kind + spelling
        yield spelling + kind


RANKS = 100
"""More than any attribute has spellings: from one address to the next."""

SPELLINGS = dict(reversed(list(_spellings())))
"""Plain spelling to attribute and rank; the first in the table counts."""


@functools.lru_cache(maxsize=65536)
def spelled(path: tuple[str, ...]) -> tuple[str, int] | None:
    """Return the attribute that a field spells, and the spelling's rank; None if it is none."""
    parts = [plain(name) for name in path]
    if len(parts) > 1 and parts[-1] == "value":
        parts.pop()
    name = "".join(parts)
    if len(path) > 1 and name in IDS:
        return None
    bare = (name.removeprefix(wrapper) for wrapper in WRAPPERS if name.startswith(wrapper))
    found = next((SPELLINGS[each] for each in (name, *bare) if each in SPELLINGS), None)
    if found is None and path[-1].endswith(OWN):
        attribute, rank = spelled((*path[:-1], path[-1].removesuffix(OWN))) or ("", 0)
        return (attribute, rank + RANKS // 2) if attribute else None
    return found


FLAGS = frozenset({"is_favourite", "is_spam", "ignore_assortment"})
"""Attributes that are yes or no; all others are text."""


class NoValue(ValueError):
    """A value stands for none: a boolean where text is meant, as Odoo sends it."""


class OtherThing(ValueError):
    """A value is another thing than its field takes, and costs no contact: it is left out."""


class TooLong(ValueError):
    """A value is longer than its field takes."""


def meant(attribute: str, value: Any) -> Any:
    """Return the value of an attribute; None for a boolean where text is meant."""
    return None if isinstance(value, bool) and attribute not in FLAGS else value


def is_empty(value: object) -> bool:
    """Say whether a source's value stands for no value."""
    if isinstance(value, str):
        return not value or (not "!" <= value[0] <= "~" and texts.is_blank(value))
    return value is None or (isinstance(value, (dict, list)) and not value)


def text(value: Any) -> str:
    """Return a plain value as text, without control characters and needless fractions.

    Raises:
        NoValue: If it is a boolean, which stands for no value where text is meant.
        ValueError: If it is no plain value.
    """
    if isinstance(value, str):
        return value if value.isprintable() else texts.cleaned(value)
    if isinstance(value, bool):
        msg = "must be text"
        raise NoValue(msg)
    if isinstance(value, (float, Decimal)):
        return texts.number(value)
    if isinstance(value, (dict, list)):
        msg = "must be a plain value"
        raise ValueError(msg)  # noqa: TRY004  # conversions raise ValueError throughout
    return str(value)


def line(value: Any) -> str:
    """Return a plain value as text of one line; see `text`."""
    if isinstance(value, str) and value.isprintable():
        return value
    return texts.on_one_line(text(value))


def assert_known(setting: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Raise a ConfigurationError that lists the right names if one is wrong."""
    wrong = sorted(set(names) - set(known))
    if wrong:
        msg = f"{setting} names {', '.join(wrong)}; known are: {', '.join(known)}."
        raise ConfigurationError(msg)
