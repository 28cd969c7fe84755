"""People whom the two streams write otherwise: e-mails, numbers and names in their many forms.

Each kind is a function that makes a group, as in `kinds`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from tests.crowd.maker import Group, Maker, both


def email_case(m: Maker) -> Group:
    """The e-mail is written with capitals in one of the streams, and is all that agrees."""
    people = [m.told() for _ in range(2)]
    shouted, named = (str(told.email) for told in people)
    return [
        both(people[0], replace(people[0], mobile=m.mobile()), a={"email": shouted.upper()}),
        both(people[1], replace(people[1], mobile=m.mobile()), b={"email": named.capitalize()}),
    ]


def written_numbers(m: Maker) -> Group:
    """The mobile is written otherwise in one of the streams, and is all that agrees."""
    people = [m.told() for _ in range(4)]
    people[3] = replace(people[3], email=None)
    moved = [replace(told, email=told.email and m.email(told.last)) for told in people]
    bare = [str(told.mobile).removeprefix("+49") for told in people]
    return [
        both(people[0], moved[0], a={"mobile": f"0049{bare[0]}"}),
        both(people[1], moved[1], b={"mobile": f"0{bare[1][:3]} {bare[1][3:]}"}),
        both(people[2], moved[2], a={"mobile": f"(0{bare[2][:3]}) {bare[2][3:7]}-{bare[2][7:]}"}),
        both(people[3], moved[3], b={"mobile": f"+49 {bare[3][:3]}/{bare[3][3:]}"}),
    ]


def wrong_types(m: Maker) -> Group:
    """Numbers come as JSON numbers, as spreadsheets send them."""
    people = [m.told(phone=m.landline()) for _ in range(3)]
    moved = replace(people[0], email=m.email(people[0].last))
    national = [int(str(told.mobile).removeprefix("+49")) for told in people]
    return [
        both(people[0], moved, a={"mobile": float(national[0])}),
        both(people[1], b={"mobile": national[1]}),
        both(people[2], a={"phone": float(str(people[2].phone).removeprefix("+"))}),
    ]


def unicode_forms(m: Maker) -> Group:
    """The same letters in another Unicode form: composed or not, of full width, the dotted I."""
    people = [m.told("Zoë"), m.told("\u0130pek"), m.told("Anna")]
    apart = [unicodedata.normalize("NFD", told.first) for told in people[:2]]
    wide = [_wide(each) for each in (people[2].first, people[2].last)]
    return [
        both(people[0], a={"first_name": apart[0]}),
        both(people[1], b={"first_name": apart[1]}),
        both(people[2], a=dict(zip(("first_name", "last_name"), wide, strict=True))),
    ]


def _wide(text: str) -> str:
    """Return Latin letters in the width of East Asian ones."""
    return "".join(chr(ord(letter) + 0xFEE0) for letter in text)


def other_letters(m: Maker) -> Group:
    """Names that agree but for accents, ß or case: whether they agree is left open."""
    rene, weiss, loud = m.told("René"), m.told(last=f"Wei\u00df{m.last().lower()}"), m.told()
    bare = replace(rene, first="Rene")
    return [
        both(rene, bare),
        both(weiss, replace(weiss, last=weiss.last.replace("\u00df", "ss"))),
        both(loud, replace(loud, first=loud.first.upper(), last=loud.last.upper())),
    ]


def split_names(m: Maker) -> Group:
    """The same name is split elsewhere, or not at all."""
    spanish, double, whole, listed = (m.last() for _ in range(4))
    people = [m.told("José García", spanish), m.told("Anna Maria", double)]
    people += [m.told(last=whole), m.told(last=listed)]
    one = {"first_name": None, "last_name": None}
    return [
        both(people[0], replace(people[0], first="José", last=f"García {spanish}")),
        both(people[1], replace(people[1], first="Anna", last=f"Maria {double}")),
        both(people[2], a={**one, "full_name": people[2].whole}),
        both(people[3], b={**one, "full_name": f"{people[3].last}, {people[3].first}"}),
    ]


def east_asian(m: Maker) -> Group:
    """Family name first, in one field or in two."""
    people = [m.told(*m.cjk()) for _ in range(3)]
    one = {"first_name": None, "last_name": None}
    return [
        both(people[0]),
        both(people[1], a={**one, "full_name": people[1].whole}),
        both(people[2], b={**one, "full_name": people[2].whole}),
    ]
