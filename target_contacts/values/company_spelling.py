"""Say how a company is called apart from how that is spelled.

The table of forms is from general knowledge, and was not compared with any register. A register is
ISO 20275: https://www.gleif.org/en/about-lei/code-lists/iso-20275-entity-legal-forms-code-list
Words that tell companies of one owner apart (Group, Holding) are no legal forms.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_FORMS = """
gmbh: gesmbh mbh gesellschaftmitbeschränkterhaftung
ug: ughaftungsbeschränkt unternehmergesellschaft unternehmergesellschafthaftungsbeschränkt
gmbh&cokg: gmbhcokg gmbhundcokg gmbh&cokommanditgesellschaft
ag: aktiengesellschaft
kg: kommanditgesellschaft
kgaa: kommanditgesellschaftaufaktien
ohg: offenehandelsgesellschaft
gbr: gesellschaftbürgerlichenrechts
ek: ekfm ekfr
eg: eingetragenegenossenschaft
ev: eingetragenerverein
ggmbh: gemeinnützigegmbh
se: societaseuropaea
ltd: limited coltd colimited companylimited
pvtltd: privatelimited pvtlimited privateltd
pteltd: ptelimited
ptyltd: ptylimited proprietarylimited
plc: publiclimitedcompany
inc: incorporated
corp: corporation
llc: limitedliabilitycompany
llp: limitedliabilitypartnership
lp: limitedpartnership
co: company
sa: sociétéanonyme sociedadanónima sociedadeanônima sociedadeanónima
sas: sociétéparactionssimplifiée
sasu:
sarl: sàrl sociétéàresponsabilitélimitée
eurl:
snc:
srl: societàaresponsabilitàlimitata sociedadderesponsabilidadlimitada
spa: societàperazioni
sl: sociedadlimitada
slu:
sadecv: sociedadanónimadecapitalvariable
ltda: limitada
lda:
bv: beslotenvennootschap
nv: naamlozevennootschap
vof: vennootschaponderfirma
bvba:
ab: aktiebolag
as: aksjeselskap aktieselskab
asa:
aps: anpartsselskab
oy: osakeyhtiö
oyj: julkinenosakeyhtiö
spzoo: spółkazograniczonąodpowiedzialnością
sro: spolsro
doo:
kft:
zrt:
sdnbhd: sendirianberhad
bhd: berhad
kk: kabushikikaisha kabushikigaisha 株式会社
gk: godokaisha 合同会社
yk: yugenkaisha 有限会社
有限公司: 有限责任公司 有限責任公司
股份有限公司:
주식회사:
"""
"""A form to a line, first in short and then as it is written otherwise: in small letters, without
points and blanks."""

_SHORT = {
    spelled: short
    for short, _, others in (line.partition(":") for line in _FORMS.strip().splitlines())
    for spelled in (short, *others.split())
}

FORMS = frozenset(_SHORT)
"""All forms of the table, as they are compared."""

_BRACKETED = {"株": "kk", "同": "gk", "有": "yk", "주": "주식회사"}
"""Forms that one letter in brackets stands for; Unicode also has each as one sign."""

_ALONE = "|".join(
    [rf"\({letter}\)" for letter in _BRACKETED]
    + sorted((each for each in _SHORT if each[0] > "\u3000"), key=len, reverse=True)
)
_AT_AN_END = re.compile(rf"\s*({_ALONE})\s*")
"""Forms that stand before or behind a name, without a blank."""

MOST_WORDS = 5
"""Words of the longest form."""

_MEANT = "&#@%*+"
"""Signs that tell names apart."""


class Spelling(NamedTuple):
    """What is left of a name when it does not count how it is spelled."""

    core: str
    form: str = ""
    """The legal form in short; "" if the name has none."""

    def is_like(self, other: Spelling) -> bool:
        """Say whether two names may be one company's: neither has another legal form."""
        return self.core == other.core and (
            self.form == other.form or not (self.form and other.form)
        )


def company(name: str) -> Spelling:
    """Return the spelling of a company's name, without legal form, punctuation and blanks."""
    folded = _folded(name)
    rest, form = _without_sign(folded)
    if not form:
        rest, form = _without_word(folded)
    core = _joined(rest)
    return Spelling(core, form) if core else Spelling(_joined(folded))


def plain(value: str) -> Spelling:
    """Return the spelling of a number, an address or a person's name: case and width alone."""
    return Spelling(" ".join(_folded(value).split()))


def _folded(value: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold()).strip()


def _without_sign(folded: str) -> tuple[str, str]:
    for found in _AT_AN_END.finditer(folded):
        if found.start() == 0 or found.end() == len(folded):
            sign = found[1].strip("()")
            rest = folded[: found.start()] + folded[found.end() :]
            return rest, _SHORT.get(sign) or _BRACKETED[sign]
    return folded, ""


def _without_word(folded: str) -> tuple[str, str]:
    """Take away a form of one or more words, the longest there is."""
    words = folded.split()
    for count in range(min(MOST_WORDS, len(words) - 1), 0, -1):
        if short := _SHORT.get(_joined(" ".join(words[-count:]), digits="")):
            return " ".join(words[:-count]), short
    return folded, ""


def _joined(text: str, digits: str = "-") -> str:
    kept = "".join(" " if _is_between(letter) else letter for letter in text).split()
    joined = ""
    for part in kept:
        apart = joined[-1:].isdigit() and part[0].isdigit()
        joined += (digits if apart else "") + part
    return joined


def _is_between(letter: str) -> bool:
    """Say whether a sign only stands between words."""
    return letter not in _MEANT and unicodedata.category(letter)[0] in "PZC"
