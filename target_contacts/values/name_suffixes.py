"""What may follow a name without being part of it: generations, degrees, letters of a profession.

Some of these words are names as well (Ma, Do, Junior); they count where a first and a last name
stand before them. After a comma any word in capitals counts: nobody knows all professions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from target_contacts.values.words import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

HONORIFICS = listed("dr prof professor doktor 様 さん 氏 殿 先生 御中 님 씨")
"""What may follow a name, but belongs to the part that it stands by."""

_GENERATIONS = listed("jr sr jnr snr ii iii iv vi vii viii 2nd 3rd 4th esq esquire dj dä")
_GERMAN = listed("jun sen")
"""Names, too, with a capital and without a point: Amartya Sen."""
_FAMILY = listed("junior senior júnior sênior filho neto sobrinho fils père hijo")
"""Names, too, where no last name stands before them."""

_DEGREES = listed(
    "phd dphil mphil msc bsc mba emba dba bba mpa mph msw mfa bfa med bed edd eds beng meng "
    "llm llb llc jd jsd md mbbs mbchb dds dmd dvm dnp dpm dpt psyd pharmd thd dmin mdiv mtech "
    "btech bcom mcom bphil bas mas bscn bsn msn msed"
)
"""Degrees, in any case."""

_LETTERS = listed(
    "RN LPN LVN NP CNP CRNP CNM CNS CNA CRNA APRN ARNP FNP FNP-C FNP-BC PA-C RNC CCRN CEN OCN "
    "PT OT OTR COTA SLP CCC-SLP RD RDN LD RPH CPHT RRT ATC CSCS PTA OD DC DOM ND LAC LMT "
    "LCSW LCSW-C LICSW LMSW LSW LPC LPCC LMHC LMFT LCPC BCBA "
    "FACS FACP FACC FACEP FACOG FAAP FAAN FACHE FRCP FRCS FRCPC FRCSC MRCP MRCS MRCGP FRCGP FRS "
    "CPA CA ACA FCA ACCA FCCA ACMA CGMA CIMA CMA CIA CFA CFP CFE CLU CHFC CPCU CRPC EA EIT PEng "
    "CEng IEng FREng CFO CEO CTO COO AIA FAIA RIBA ASLA AICP LEED NCARB PMP CAPM CSM PMI-ACP ITIL "
    "PHR SPHR SHRM-CP SHRM-SCP CIPD FCIPD MCIPD CISSP CISA CISM CISM CEH CCNA CCIE MCSE CRISC "
    "OBE MBE CBE KBE DBE GBE BEM CMG KCMG QC KC SC MP MEP MdB MdL MdEP StB WP vBP RA FA "
    "USN USMC USAF USA RET CPT SMSgt FRSA FBA FRGS FIET MIET MIEEE IBCLC CDCES"
)
"""Letters of professions and honours, in capitals as they are written."""

_NAMES_TOO = listed("MA BA MS BS DO PA PE CA RA FA LD OD ND EA SC MP PT OT DC MD JD ED WP NP")
"""Letters behind a name that are a name as well, or the initials of one."""

_DIPLOMA = re.compile(r"dipl(om)?(-\w+)*")
_TITLES = listed("mag dr prof professor ing bakk di med rer nat phil jur hc")
"""Titles that stand behind a name after a comma only."""

_PAIRS = listed("phd msc bsc mphil dphil llm llb beng meng dj dä")
"""What is also written as two words: Ph. D., M. Sc., d. J."""

_CAPITALS = re.compile(r"[A-Z][A-Z\d]*([.-]?[A-Z\d]+)*\W*", re.ASCII)
_FEWEST_LETTERS = 3
"""Letters of an unknown word in capitals that is taken for letters behind a name."""

_WORDS = _GENERATIONS | _DEGREES
_ANY_CASE = {word.casefold().replace(".", "") for word in _LETTERS - _NAMES_TOO} | {"v"}
"""Letters that count in any case after a comma."""

FIRST_WORDS = 8
"""Words that are looked at to see whether a whole name is in capitals."""


def bare(word: str) -> str:
    """Return a word in small letters, without points, and without commas around it."""
    return word.casefold().replace(".", "").strip(",;\uff0c\u3001\u060c\u00ae\u2122")


def length(words: Sequence[str], end: int, *, both: bool) -> int:
    """Return how many of the words before a place are one suffix; 0 if they are none.

    Args:
        words: The words of a name.
        end: The place.
        both: Whether a first and a last name stand before them.
    """
    word, pair = words[end - 1], words[max(end - 2, 0) : end]
    if bare(word) in _FAMILY or word.replace(".", "").strip(",") in _NAMES_TOO:
        return int(both and (bare(word) in _FAMILY or not "".join(words[:FIRST_WORDS]).isupper()))
    if _is_suffix(word):
        return 1
    pointed = both and all(each.rstrip(",").endswith(".") for each in pair)
    return 2 if pointed and bare("".join(pair)) in _PAIRS else 0


def _is_suffix(word: str) -> bool:
    plain = bare(word)
    if plain in _GERMAN:
        return word.islower() or "." in word
    if plain in _WORDS or _DIPLOMA.fullmatch(plain):
        return True
    return word.replace(".", "").strip(",") in _LETTERS


def are_all(words: Sequence[str], *, both: bool) -> bool:
    """Say whether all words behind a comma are suffixes."""
    if both and bare("".join(words)) in _PAIRS:
        return True
    return all(_is_after_both(word) if both else _is_after_one(word) for word in words)


def _is_after_one(word: str) -> bool:
    """Say whether a word behind a single name and a comma is no first name."""
    letters = word.replace(".", "").strip(",")
    return bare(word) in HONORIFICS or (letters not in _NAMES_TOO and _is_suffix(word))


def _is_after_both(word: str) -> bool:
    """Say whether a word behind a first name, a last name and a comma is no name."""
    plain = bare(word)
    if plain in _ANY_CASE or plain in _FAMILY or plain in _TITLES or _is_suffix(word):
        return True
    letters = word.replace(".", "").strip(",")
    many = sum(map(str.isalpha, word)) >= _FEWEST_LETTERS
    return letters in _NAMES_TOO or bool(many and _CAPITALS.fullmatch(word))
