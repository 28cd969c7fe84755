"""People who may be taken for each other, or for two: namesakes, families, those who changed.

Each kind is a function that makes a group: people who have something in common that may mislead.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

from tests.crowd.maker import FIRSTS, HAND, A, B, Group, Maker, both
from tests.crowd.truth import Told


def ordinary(m: Maker) -> Group:
    """Nobody else is like them: in both streams, or in one."""
    everywhere = [both(m.told(phone=m.landline())) for _ in range(7)]
    return everywhere + [[(source, m.told(), {})] for source in (A, A, A, B, B, B)]


def namesakes(m: Maker, size: int) -> Group:
    """So many people of one name, each with an own e-mail and mobile, in both streams or in one."""
    first, last = m.first(), m.last()
    people = [m.told(first, last) for _ in range(size)]
    where = itertools.cycle(([A], [B], [A, B], [A, B], [B]))
    return [[(source, told, {}) for source in next(where)] for told in people]


def silent_in_b(m: Maker) -> Group:
    """One with e-mail and mobile in A; a namesake in B of whom only the name is told."""
    known = m.told()
    return [[(A, known, {})], [(B, Told(known.first, known.last), {})]]


def silent_in_a(m: Maker) -> Group:
    """One of whom A tells only the name; a namesake in B with e-mail and mobile."""
    known = m.told()
    return [[(A, Told(known.first, known.last), {})], [(B, known, {})]]


def silent_in_both(m: Maker) -> Group:
    """One of whom both streams tell only the name: it must do."""
    return [both(Told(m.first(), m.last()))]


def silent_namesakes(m: Maker) -> Group:
    """Two of one name of whom both streams tell nothing else: nobody can tell who is who."""
    told = Told(m.first(), m.last())
    return [both(told), both(told)]


def silent_once(m: Maker) -> Group:
    """One of whom A tells only the name and B e-mail and mobile: no evidence, not adopted."""
    known = m.told()
    return [both(Told(known.first, known.last), known)]


def nothing_common(m: Maker) -> Group:
    """Two of one name: A has the e-mail of one, B the mobile of the other."""
    first, last = m.first(), m.last()
    return [
        [(A, Told(first, last, email=m.email(last)), {})],
        [(B, Told(first, last, mobile=m.mobile()), {})],
    ]


def family(m: Maker) -> Group:
    """Three of one last name on one landline, of whom A lacks one, and B another."""
    last, home = m.last(), m.landline()
    firsts = m.random.sample(FIRSTS, 3)
    people = [m.told(first, last, phone=home) for first in firsts]
    people[0] = replace(people[0], mobile=None)
    return [both(people[0]), [(A, people[1], {})], [(B, people[2], {})]]


def heirs(m: Maker) -> Group:
    """Father and son of the very same name on one landline, each with own e-mail and mobile."""
    first, last, home = m.first(), m.last(), m.landline()
    return [both(m.told(first, last, phone=home)) for _ in range(2)]


def shared_mailbox(m: Maker) -> Group:
    """Three who read one mailbox behind one switchboard, of whom A lacks one, and B another."""
    inbox, board = f"info@{m.last().lower()}.example.com", m.landline()
    people = [m.told(email=inbox, phone=board) for _ in range(3)]
    return [both(people[0]), [(A, people[1], {})], [(B, people[2], {})]]


def changed_email(m: Maker) -> Group:
    """The e-mail is another in B; the mobile agrees."""
    people = [m.told() for _ in range(2)]
    return [both(told, replace(told, email=m.email(told.last))) for told in people]


def changed_number(m: Maker) -> Group:
    """The mobile is another in B; the e-mail agrees."""
    people = [m.told() for _ in range(2)]
    return [both(told, replace(told, mobile=m.mobile())) for told in people]


def recycled_number(m: Maker) -> Group:
    """One whom only A holds; B holds the new owner of that mobile."""
    told, heir = m.told(), m.told()
    return [[(A, told, {})], [(B, replace(heir, mobile=told.mobile), {})]]


def swapped_names(m: Maker) -> Group:
    """One in A and one in B; the first name of each is the other's last name."""
    one, other = m.first_names()
    return [[(A, m.told(one, other), {})], [(B, m.told(other, one), {})]]


def twins(m: Maker) -> Group:
    """One whom a stream holds twice, with all the same: two contacts, as it wants it."""
    in_a, in_b = m.told(), m.told()
    return [[(A, in_a, {}), *both(in_a)], [*both(in_b), (B, in_b, {})]]


def strangers(m: Maker) -> Group:
    """One in both streams, and two namesakes whom only the destination knows."""
    told = m.told()
    return [
        both(told),
        [(HAND, m.told(told.first, told.last), {})],
        [(HAND, Told(told.first, told.last), {})],
    ]
