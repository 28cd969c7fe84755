"""Names of companies that differ in spelling only are told from those of other companies."""

from __future__ import annotations

from itertools import combinations

import pytest

from target_contacts.values.company_spelling import company, plain

ALIKE = [
    ("ACME", "acme", "\uff21\uff23\uff2d\uff25", "A.C.M.E.", "ACME GmbH", "Acme Inc.", "ACME, Ltd"),
    ("ACME GmbH", "acme gmbh", "ACME G.m.b.H.", "ACME Gesellschaft mit beschränkter Haftung"),
    ("ACME Ltd", "ACME Limited", "ACME Co., Ltd.", "ACME Company Limited", "ACME Co Ltd."),
    ("ACME Inc.", "Acme, Incorporated", "ACME INC", "A-C-M-E Inc"),
    ("Müller GmbH & Co. KG", "MÜLLER GmbH und Co KG", "Mu\u0308ller GmbH & Co KG"),
    ("Straße AG", "STRASSE Aktiengesellschaft"),
    ("Foo Sp. z o.o.", "FOO sp.z o.o."),
    ("Foo S.A. de C.V.", "Foo SA de CV"),
    ("Tech Start", "TechStart", "Tech-Start", "tech  start"),
    ("O'Hara & Sons", "O\u2019Hara & Sons", "OHARA & SONS"),
    (
        "株式会社山田商店",
        "山田商店株式会社",
        "㈱山田商店",
        "(株)山田商店",
        "山田商店 株式会社",
        "\uff08株\uff09山田商店",
    ),
    ("カナ商事", "\uff76\uff85商事"),
    ("주식회사 한국", "(주)한국", "한국"),
    ("GmbH", "gmbh"),
    ("S. A.", "SA"),
]

OTHER = [
    ("ACME GmbH", "ACME AG"),
    ("ACME Ltd", "ACME Inc."),
    ("ACME", "ACME Holding"),
    ("ACME", "ACME Group"),
    ("ACME GmbH", "ACME GmbH & Co. KG"),
    ("A & B", "AB"),
    ("C++ Ltd", "C Ltd"),
    ("C# Ltd", "C Ltd"),
    ("Studio 1-2", "Studio 12"),
    ("Section 1.5", "Section 15"),
    ("Café", "Cafe"),
    ("株式会社山田", "合同会社山田"),
    ("上海贸易有限公司", "上海贸易股份有限公司"),
    ("GmbH", "AG"),
    ("山田", "山田商店"),
    ("", "ACME"),
]


@pytest.mark.parametrize("names", ALIKE, ids=lambda names: names[0])
def test_spellings_of_one_company_are_alike(names: tuple[str, ...]) -> None:
    """Case, width, punctuation, blanks, and how the legal form is written, or left out."""
    spelled = [company(name) for name in names]
    without_form = spelled[0]
    assert all(each.is_like(without_form) for each in spelled), spelled
    assert all(without_form.is_like(each) for each in spelled)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_names_of_two_companies_are_not_alike(one: str, other: str) -> None:
    """Another legal form, another word or sign, another number."""
    assert not company(one).is_like(company(other))
    assert not company(other).is_like(company(one))


def test_spellings_of_different_companies_are_never_alike() -> None:
    """No two rows of the table above, but for those that leave the form out."""
    first = [company(names[0]) for names in ALIKE[1:]]
    assert not any(one.is_like(other) for one, other in combinations(first, 2) if one.form)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Jo@Example.com", "jo@example.COM", True),
        ("\uff23\uff10\uff10\uff11", "c001", True),
        ("Jo  Owner", "jo owner", True),
        ("jo.smith@example.com", "josmith@example.com", False),
        ("C-001", "C001", False),
        ("K AG", "K", False),
    ],
)
def test_other_values_differ_in_case_and_width_only(
    one: str, other: str, *, expected: bool
) -> None:
    """A point tells mailboxes apart, and a hyphen numbers."""
    assert plain(one).is_like(plain(other)) is expected
