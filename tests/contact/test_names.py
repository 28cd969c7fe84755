"""What is promised of names: nothing is invented, nothing is lost."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from target_contacts.values import names

COMMAS = re.compile("[,\uff0c\u3001\u060c]")

ANY_TEXT = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
)
ANY_TEXT |= st.text(" \u3000,()vondeyJr.様山田太郎アンナ")
ANY_NAME = st.lists(
    st.sampled_from(
        re.findall(
            r"\S+",
            "Jane Doe DOE RN RN, BSN MBA, PhD, Ph. D. Jr. jun. III van von der de Ma MA, M.A. Dr. "
            "Dipl.-Ing. (FH) Sen FACP, بن محمد سلمان عبد الله 山田 太郎 様 , O' y e الدين "
            "Filho V Mr. X-Y® & 2",
        )
    ),
    max_size=7,
).map(" ".join)
"""Names as they are made of their usual parts, in any order."""
ANY_TEXT |= ANY_NAME
FIXED = settings(derandomize=True, deadline=None, database=None)

SPLIT = [
    # Western order.
    ("Anna Müller", "Anna", "Müller"),
    ("Anna Maria Müller-Lüdenscheidt", "Anna Maria", "Müller-Lüdenscheidt"),
    ("Émilie du Châtelet", "Émilie", "du Châtelet"),
    ("Jean-Luc d'Artagnan", "Jean-Luc", "d'Artagnan"),
    ("Marine Le Pen", "Marine", "Le Pen"),
    ("Yves Saint Laurent", "Yves", "Saint Laurent"),
    ("Ursula von der Leyen", "Ursula", "von der Leyen"),
    ("LUDWIG VAN BEETHOVEN", "LUDWIG", "VAN BEETHOVEN"),
    ("Karl-Theodor von und zu Guttenberg", "Karl-Theodor", "von und zu Guttenberg"),
    ("Juan de la Cruz", "Juan", "de la Cruz"),
    ("Leonardo di ser Piero", "Leonardo di ser", "Piero"),
    ("José Ortega y Gasset", "José", "Ortega y Gasset"),
    ("Maria de Lourdes Garcia", "Maria de Lourdes", "Garcia"),
    ("Omar bin Yousef", "Omar", "bin Yousef"),
    ("Sinéad Ó Raghallaigh", "Sinéad", "Ó Raghallaigh"),
    ("Siti binti Ahmad", "Siti", "binti Ahmad"),
    ("Van Morrison", "Van", "Morrison"),
    ("محمد علي", "محمد", "علي"),
    ("  Anna \t  Müller ", "Anna", "Müller"),
    # Titles, suffixes, brackets.
    ("Dr. Ursula von der Leyen", "Dr. Ursula", "von der Leyen"),
    ("Prof. Dr. med. Anna Müller", "Prof. Dr. med. Anna", "Müller"),
    ("John Smith Jr.", "John", "Smith Jr."),
    ("John Smith, Jr.", "John", "Smith, Jr."),
    ("John Smith, Ph.D., MBA", "John", "Smith, Ph.D., MBA"),
    ('John "Johnny" Smith', 'John "Johnny"', "Smith"),
    ("Zoë D\u2019Árcy 🌿", "Zoë", "D\u2019Árcy 🌿"),
    ("Anna Müller 2", "Anna", "Müller 2"),
    ("Anna Müller (Acme, Inc.)", "Anna", "Müller (Acme, Inc.)"),
    # A comma.
    ("Müller, Anna", "Anna", "Müller"),
    ("von der Leyen, Dr. Ursula", "Dr. Ursula", "von der Leyen"),
    ("Beethoven, Ludwig van", "Ludwig", "van Beethoven"),
    ("Leyen, Ursula von der", "Ursula", "von der Leyen"),
    ("Smith, John, Jr.", "John", "Smith, Jr."),
    ("Smith, John III", "John", "Smith III"),
    ("Doe, Jane, RN", "Jane", "Doe, RN"),
    ("Doe, Jane RN, BSN", "Jane", "Doe RN, BSN"),
    ("Müller, Anna Dr.", "Anna Dr.", "Müller"),
    ("Doe, JO", "JO", "Doe"),
    ("DOE, JANE", "JANE", "DOE"),
    ("van Dam, AB", "AB", "van Dam"),
    ("García Márquez, Gabriel", "Gabriel", "García Márquez"),
    # Letters and generations behind a name.
    ("Jane Doe, RN", "Jane", "Doe, RN"),
    ("Jane Doe,RN", "Jane", "Doe,RN"),
    ("Jane Doe, rn", "Jane", "Doe, rn"),
    ("JANE DOE, RN", "JANE", "DOE, RN"),
    ("Jane Doe RN BSN", "Jane", "Doe RN BSN"),
    ("Jane Doe, M.D., FACP", "Jane", "Doe, M.D., FACP"),
    ("Jane Doe, CISSP-ISSAP", "Jane", "Doe, CISSP-ISSAP"),
    ("Jane Doe, Ms.", "Jane", "Doe, Ms."),
    ("Dr. Anna Ahrens MBA", "Dr. Anna", "Ahrens MBA"),
    ("Anna Ahrens M.A.", "Anna", "Ahrens M.A."),
    ("Max Muster jun.", "Max", "Muster jun."),
    ("Max Muster sen.", "Max", "Muster sen."),
    ("Max Muster M. Sc.", "Max", "Muster M. Sc."),
    ("Max Muster, Dipl.-Ing. (FH)", "Max", "Muster, Dipl.-Ing. (FH)"),
    ("Max Muster Dipl.-Ing.", "Max", "Muster Dipl.-Ing."),
    ("Lucas Cranach d. Ä.", "Lucas", "Cranach d. Ä."),
    ("Robert Downey Jr", "Robert", "Downey Jr"),
    ("Sammy Davis Junior", "Sammy", "Davis Junior"),
    ("João Silva Filho", "João", "Silva Filho"),
    ("Alexandre Dumas fils", "Alexandre", "Dumas fils"),
    # Names that are written like them.
    ("Amartya Sen", "Amartya", "Sen"),
    ("Amartya Kumar Sen", "Amartya Kumar", "Sen"),
    ("Yo-Yo MA", "Yo-Yo", "MA"),
    ("Dr. Anna MA", "Dr. Anna", "MA"),
    ("Anna Do", "Anna", "Do"),
    ("Park Jun", "Park", "Jun"),
    ("Neymar Junior", "Neymar", "Junior"),
    ("Smith, MA", "MA", "Smith"),
    # Particles of other scripts and languages.
    ("محمد بن سلمان", "محمد", "بن سلمان"),
    ("محمد بن عبد الله", "محمد", "بن عبد الله"),
    ("عبد الله محمد", "عبد الله", "محمد"),
    ("דוד בן גוריון", "דוד", "בן גוריון"),
    ("Людвиг ван Бетховен", "Людвиг", "ван Бетховен"),
    ("Ahmed Abdel Rahman", "Ahmed", "Abdel Rahman"),
    ("Abdul Rahman", "Abdul", "Rahman"),
    ("Zia ul Haq", "Zia", "ul Haq"),
    ("Jan in 't Veld", "Jan", "in 't Veld"),
    ("Dafydd ap Gwilym", "Dafydd", "ap Gwilym"),
    ("Josep Carner i Puig", "Josep", "Carner i Puig"),
    ("山田、太郎", "太郎", "山田"),
    # Family name first.
    ("山田 太郎", "太郎", "山田"),
    ("山田\u3000太郎", "太郎", "山田"),
    ("佐々木 のぞみ", "のぞみ", "佐々木"),
    ("ヤマダ タロウ", "タロウ", "ヤマダ"),
    ("ﾔﾏﾀﾞ ﾀﾛｳ", "ﾀﾛｳ", "ﾔﾏﾀﾞ"),
    ("山田 太郎 様", "太郎 様", "山田"),
    ("山田 太郎 (Acme)", "太郎 (Acme)", "山田"),
    ("홍 길동", "길동", "홍"),
]

WHOLE = [
    "Anna",
    "山田太郎",
    "山田 様",
    "ジョン・スミス",
    "홍길동",
    "Herr Müller",
    "Frau Dr. von der Leyen",
    "Mme Dupont",
    "Smith Jr.",
    "Smith, Jr.",
    "Smith, PhD",
    "Henry VIII",
    "Muster, Dr.",
    "von Goethe",
    "von der Leyen",
    "Müller (Acme)",
    "Müller 🌿",
    "🌿 Müller",
    "Smith,",
    ",",
]


@pytest.mark.parametrize(("full", "first", "last"), SPLIT)
def test_a_whole_name_is_split_into_first_and_last(full: str, first: str, last: str) -> None:
    """A comma, the script or the order of words tells which part is which."""
    assert names.split(full) == (first, last)


@pytest.mark.parametrize("full", WHOLE)
def test_a_name_that_cannot_be_split_stays_whole(full: str) -> None:
    """One word, a name without spaces and a family name with a title are not torn apart."""
    assert names.split(full) == (full, "")


@pytest.mark.parametrize("full", ["", "  ", "\u3000"])
def test_no_name_gives_no_parts(full: str) -> None:
    """Blanks are no name."""
    assert names.split(full) == ("", "")


@pytest.mark.parametrize("full", [{"first": "Anna"}, ["Anna"]])
def test_what_is_no_text_is_no_name(full: object) -> None:
    """Objects and lists are refused."""
    with pytest.raises(ValueError, match=r"^must be a plain value$"):
        names.split(full)


@FIXED
@given(ANY_TEXT)
def test_a_split_loses_and_invents_no_character(full: str) -> None:
    """All that gets lost of any text are blanks and the one comma it was split at."""
    given_, kept = (Counter("".join(each.split())) for each in (full, " ".join(names.split(full))))
    lost = given_ - kept
    assert not kept - given_
    assert not lost or (lost.total() == 1 and COMMAS.fullmatch("".join(lost)))


@FIXED
@given(ANY_TEXT.filter(lambda full: not COMMAS.search(full)))
def test_what_was_split_can_be_joined_again(full: str) -> None:
    """First and last name, in one order or the other, are the words of the whole."""
    first, last = names.split(full)
    assert full.split() in (f"{first} {last}".split(), f"{last} {first}".split())


@pytest.mark.parametrize(
    ("first", "last", "full"),
    [
        ("Anna", "Müller", "Anna Müller"),
        (" Anna ", "von  der Leyen", "Anna von der Leyen"),
        ("太郎", "山田", "山田 太郎"),
        ("タロウ", "ヤマダ", "ヤマダ タロウ"),
        ("길동", "홍", "홍 길동"),
        ("Anna", "山田", "Anna 山田"),
        ("太郎", "Smith", "太郎 Smith"),
        ("Anna", "", "Anna"),
        (None, "Müller", "Müller"),
        ("太郎", None, "太郎"),
        ("", "", ""),
        (7, 8, "7 8"),
    ],
)
def test_a_whole_name_is_written_in_the_order_of_its_script(
    first: object, last: object, full: str
) -> None:
    """Family names come first where all is kanji, kana or hangul, and last otherwise."""
    assert names.whole(first, last) == full


@pytest.mark.parametrize(("first", "last"), [("Anna", "Müller"), ("太郎", "山田"), ("길동", "홍")])
def test_a_name_survives_being_put_together_and_split(first: str, last: str) -> None:
    """What `whole` joins, `split` takes apart the same way."""
    assert names.split(names.whole(first, last)) == (first, last)


@pytest.mark.parametrize(
    ("first", "last", "others"),
    [
        ("Anna", "Berg", []),
        ("Madonna", "", []),
        ("", "", []),
        ("Anna ", "Berg", [("Anna", "Berg")]),
        ("José", "García Márquez", [("José García", "Márquez")]),
        ("A B", "C", [("A", "B C")]),
        ("太郎", "山田", []),
        ("太郎 次郎", "山田", [("次郎", "山田 太郎")]),
        ("A B C D E", "F G", []),
    ],
)
def test_a_name_may_have_been_split_elsewhere(
    first: str, last: str, others: list[tuple[str, str]]
) -> None:
    """The split that is given comes first, then all others; long names have none."""
    assert names.splits(first, last) == [(first, last), *others]


@pytest.mark.parametrize(
    ("first", "last", "full"),
    [
        ("タロウ", "ヤマダ", "ヤマダ タロウ"),
        ("Taro", "Yamada", "Yamada Taro"),
        ("", "ヤマダ", "ヤマダ"),
        ("タロウ", None, "タロウ"),
        (None, None, ""),
    ],
)
def test_a_reading_has_the_family_name_first(first: object, last: object, full: str) -> None:
    """A reading belongs to a Japanese name, in whatever script it is written."""
    assert names.reading(first, last) == full


@pytest.mark.parametrize("part", ["de ", "(la ", "( ", "Jr. "])
def test_a_name_of_any_length_is_split_in_no_time(part: str) -> None:
    """The time grows with the length; with its square this would take hours."""
    full = f"Anna {part * 30_000}Müller {part * 30_000}"
    assert " ".join(names.split(full)).split() == full.split()


@FIXED
@given(
    st.lists(st.sampled_from(["Anna", "Jane", "Zoë"]), min_size=1, max_size=2).map(" ".join),
    st.sampled_from(["Doe", "von der Leyen", "Meyer-Lüd", "Ó Raghallaigh"]),
    st.lists(
        st.sampled_from(["RN", "BSN", "MBA", "Ph.D.", "CPA", "FACP", "Jr.", "III", "MD"]),
        min_size=1,
        max_size=3,
        unique=True,
    ),
    st.sampled_from([" ", ", "]),
)
def test_letters_behind_a_name_are_never_a_name(
    first: str, last: str, letters: list[str], between: str
) -> None:
    """However many there are, with commas or without, first and last name stay what they are."""
    suffix = between.join(letters)
    assert names.split(f"{first} {last}{between}{suffix}") == (first, f"{last}{between}{suffix}")
    assert names.split(f"{last}, {first}, {suffix}") == (first, f"{last}, {suffix}")
