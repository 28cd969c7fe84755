"""Recognise names of companies by their legal form."""

from __future__ import annotations

import re
import unicodedata

from target_contacts.values.words import listed

_FORMS = listed(
    "ltd limited llc llp lllp plc inc incorporated corp corporation company companies gmbh ggmbh "
    "mbh ohg ug gbr kgaa ev eg partg sarl sasu eurl snc srl spa bv nv vof ltda eireli pty pte sdn "
    "bhd kft zrt bt nyrt sro doo dooel oyj aps asa ehf hf oü sia uab ooo holding "
    "holdings group gruppe stiftung foundation verein association"
)
"""Legal forms and the like, in any case, without points."""

_CAPITALS = listed("AG KG SE SA SAS SCI AB AS Oy Co SL SLU SC CV KK GK ULC")
"""Those that are words or names, too, but for their capitals."""

_OTHERS = re.compile(
    "株式会社|有限会社|合同会社|合資会社|一般社団法人|財団法人|医療法人|学校法人|"
    r"\([株有同]\)|有限公司|주식회사|\(주\)"
)


def is_company(name: str) -> bool:
    """Say whether a name is surely that of a company: one of several words has a legal form."""
    folded = unicodedata.normalize("NFKC", name)
    if not folded.isascii() and _OTHERS.search(folded):
        return True
    words = [word.replace(".", "").strip(",;()") for word in folded.split()]
    return len(words) > 1 and any(
        word.casefold() in _FORMS or word in _CAPITALS for word in words[1:]
    )
