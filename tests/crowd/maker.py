"""Make up people: names, addresses and numbers, none of them twice."""

from __future__ import annotations

import itertools
import random
import unicodedata
from typing import Any

from tests.crowd.truth import Told

A, B, HAND = "a", "b", "hand"
"""Who tells: the two streams, and somebody at the destination's screen."""

Line = tuple[str, Told, dict[str, Any]]
"""Who tells, what is meant, and the fields that are written otherwise than usual."""

Group = list[list[Line]]
"""For each person of a group all that is told of him or her."""

FIRSTS = ["Anna", "Bernd", "Clara", "David", "Elena", "Felix", "Greta", "Hannes", "Ida", "Jonas"]
FIRSTS += ["Karla", "Lukas", "Mira", "Nils", "Olga", "Paul", "Rosa", "Simon", "Thea", "Uwe", "Vera"]
FIRSTS += ["Werner", "Yvonne", "Zacharias", "Martin", "Petra"]
STARTS = ["Alm", "Berg", "Birken", "Brun", "Dorn", "Eber", "Falken", "Gold", "Hasel", "Kirch"]
STARTS += ["Lind", "Mark", "Nord", "Oster", "Rosen", "Stein", "Tannen", "Ulmen", "Wald", "Wolken"]
ENDS = ["au", "bach", "beck", "born", "dorf", "eck", "feld", "furt", "hain", "heim", "hof", "horst"]
ENDS += ["kamp", "ried", "see", "stett", "tal"]
MIDDLES = ["", "ober", "nieder"]
FAMILY = ["山田", "佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "王", "李", "김"]
GIVEN = ["太郎", "花子", "健一", "美咲", "大輔", "さくら", "민준"]


class Maker:
    """Makes up names, addresses and numbers, none of them twice."""

    def __init__(self, seed: int) -> None:
        """Take the seed that makes the same people each time."""
        self.random = random.Random(seed)  # noqa: S311
        self._count = itertools.count(1)
        self._lasts = self._shuffled_lasts()
        pairs = list(itertools.combinations(FIRSTS, 2))
        self._pairs = iter(self.random.sample(pairs, len(pairs)))
        self._cjk = itertools.product(FAMILY, GIVEN)

    def _shuffled_lasts(self) -> itertools.chain[str]:
        rounds = [[f"{s}{m}{e}" for s in STARTS for e in ENDS] for m in MIDDLES]
        return itertools.chain.from_iterable(self.random.sample(r, len(r)) for r in rounds)

    def first(self) -> str:
        """Return a first name; these come again."""
        return self.random.choice(FIRSTS)

    def last(self) -> str:
        """Return a last name that no other group has."""
        return next(self._lasts)

    def first_names(self) -> tuple[str, str]:
        """Return two first names that no other group has together."""
        return next(self._pairs)

    def cjk(self) -> tuple[str, str]:
        """Return a first and a last name as in East Asia, that nobody else has."""
        family, given = next(self._cjk)
        return given, family

    def email(self, name: str = "contact") -> str:
        """Return a new address."""
        home = self.random.choice(("example.com", "example.org", "example.net"))
        bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        return f"{bare or 'contact'}{next(self._count)}@{home}"

    def mobile(self) -> str:
        """Return a new number of a mobile."""
        return f"+49151{10_000_000 + 7 * next(self._count)}"

    def landline(self) -> str:
        """Return a new number of a landline."""
        return f"+4930{90_000_000 + 7 * next(self._count)}"

    def told(self, first: str | None = None, last: str | None = None, **ways: Any) -> Told:
        """Return a person with an own e-mail and mobile, but for the ways that are given."""
        name = last or self.last()
        own = {"email": self.email(name), "mobile": self.mobile()}
        return Told(first or self.first(), name, **{**own, **ways})


def both(told: Told, other: Told | None = None, a: Any = None, b: Any = None) -> list[Line]:
    """Return a person in both streams: what each means, and writes otherwise than usual."""
    return [(A, told, a or {}), (B, other or told, b or {})]
