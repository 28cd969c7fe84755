"""Mutants that no test has to notice, each with the reason."""

from __future__ import annotations

from typing import NamedTuple

from tests.mutants.of_one_line import NOW, SEVERAL, SHORT_CUT

EQUIVALENT = "equivalent"
"""Nothing that anybody could see differs."""
LEFT = "left"
"""Something differs, but a test of it would cost more than it is worth."""


class Known(NamedTuple):
    """A mutant by its module and its lines, with single blanks, before and after."""

    module: str
    before: str
    after: str
    kind: str
    why: str


SIZES = (
    ("delivery/filled", "REMEMBERED", 4096, "4096"),
    ("delivery/unanswered", "MOST_HELD", 1000, "1000"),
    ("ledger/sources", "MANY", 1000, "1000"),
    ("ledger/sources", "LARGEST_IN_MEMORY", 300_000, "300_000"),
    ("listing/bookmarks", "MOST_SEEN", 1000, "1000"),
)
"""Constants that only bound memory or time, each with its value as it is written."""

SHORT_NUMBER = "if not given or (_E164.fullmatch(given) and not may_have_trunk_zero(given)):"
"""The short cut for numbers that are in normal form already."""

ANY = (
    ("ledger/accepted", "of_account, *accepted"),
    ("ledger/ledger", "CONTACTS.c.account == self.account"),
    ("ledger/ledger", "self._of(stream)"),
)
"""Conditions by which the ledger is asked whether there is any such row."""

KNOWN = (
    *(
        Known(module, before, after, EQUIVALENT, why)
        for module, before, afters, why in SEVERAL
        for after in afters
    ),
    Known(
        "delivery/adoption",
        "elif item.intent and (open_ones := self._undecidable(item, candidates)):",
        "elif True and (open_ones := self._undecidable(item, candidates)):",
        EQUIVALENT,
        SHORT_CUT,
    ),
    Known(
        "delivery/arrival",
        "other = {*differ, *moved} - {*lost, *gone}",
        "other = {*differ, *moved} ^ {*lost, *gone}",
        EQUIVALENT,
        "what is lost or gone differs or moved",
    ),
    Known(
        "delivery/candidates",
        "hashes = self._lost.intersection(self._sent(fields)) if self._lost else ()",
        "hashes = self._lost.intersection(self._sent(fields)) if True else ()",
        EQUIVALENT,
        SHORT_CUT,
    ),
    Known(
        "delivery/candidates",
        "self._fields[remote_id] = fields if hashes else kept",
        "self._fields[remote_id] = fields if True else kept",
        EQUIVALENT,
        "fields that are not compared are only left out to save memory",
    ),
    Known(
        "delivery/filled",
        "if len(self._ids) < REMEMBERED:",
        "if False:",
        EQUIVALENT,
        "what is not remembered is looked up again",
    ),
    Known(
        "delivery/filled",
        "if len(self._ids) < REMEMBERED:",
        "if len(self._ids) <= REMEMBERED:",
        EQUIVALENT,
        "how much is remembered is no promise",
    ),
    Known(
        "delivery/filled",
        "if len(self._ids) < REMEMBERED:",
        "if len(self._ids) is not REMEMBERED:",
        EQUIVALENT,
        "how much is remembered is no promise",
    ),
    *(
        Known("delivery/filled", before, after, EQUIVALENT, SHORT_CUT)
        for before, after in (
            (
                "here = {LEFT_ALONE, *self._hashes(item.received.record)} if fewer else set()",
                "here = {LEFT_ALONE, *self._hashes(item.received.record)} if True else set()",
            ),
            ("if not told:", "if False:"),
            ("return []", "pass"),
        )
    ),
    *(
        Known(
            "delivery/filled",
            'fill, earlier = known.get(item.filled or "", {}), known.get(before or "", {})',
            f"fill, earlier = known.get({fill}, {{}}), known.get({earlier}, {{}})",
            EQUIVALENT,
            "neither is the id of a row",
        )
        for fill, earlier in (
            ("item.filled or False", 'before or ""'),
            ('item.filled or ""', "before or False"),
        )
    ),
    *(
        Known("delivery/filled", before, after, EQUIVALENT, "what is not remembered is looked up")
        for before, after in (
            ("if found is None:", "if True:"),
            ("self._ids[known] = found", "pass"),
        )
    ),
    Known(
        "delivery/look_up",
        "return [item.intent.identity for item in items if item.intent and item.intent.identity]",
        "return [item.intent.identity for item in items if item.intent and True]",
        EQUIVALENT,
        "no contact is known by None",
    ),
    *(
        Known("delivery/keys", before, after, EQUIVALENT, SHORT_CUT)
        for before, after in (
            ("if _TEXT.issuperset(map(type, values)):", "if False:"),
            ("return list(values)", "pass"),
        )
    ),
    Known(
        "delivery/limit",
        "if self._most is None or (stream, key) in self._admitted:",
        "if False or (stream, key) in self._admitted:",
        EQUIVALENT,
        "where all are let through, nobody asks who was",
    ),
    *(
        Known(
            "delivery/limit",
            "return self._most is not None and len(self._admitted) >= self._most",
            f"return self._most is not None and len(self._admitted) {other} self._most",
            EQUIVALENT,
            "no more are ever admitted",
        )
        for other in ("==", "is")
    ),
    Known(
        "delivery/matching",
        "several = {record: wish for record, wish in wishes.items() if any(wish)}",
        "several = {record: wish for record, wish in wishes.items() if True}",
        EQUIVALENT,
        SHORT_CUT,
    ),
    Known(
        "delivery/matching",
        "for rank in range(1, rules + 1):",
        "for rank in range(1, rules << 1):",
        EQUIVALENT,
        "there are no more rules than all",
    ),
    Known(
        "delivery/matching",
        "for rank in range(1, rules + 1):",
        "for rank in range( 0, rules + 1):",
        EQUIVALENT,
        "no rule at all finds nobody",
    ),
    Known(
        "delivery/matching",
        "for rank in range(1, rules + 1):",
        "for rank in range(1, rules + 2):",
        EQUIVALENT,
        "there are no more rules than all",
    ),
    Known(
        "apis/valomnia/unordered",
        "self.total = -1",
        "self.total = 1",
        EQUIVALENT,
        "whatever is counted first takes its place; a list that is refused throughout fails anyway",
    ),
    Known(
        "delivery/filled",
        "if len(self._ids) < REMEMBERED:",
        "if len(self._ids) == REMEMBERED:",
        EQUIVALENT,
        "what is not remembered is looked up again",
    ),
    Known(
        "delivery/matching",
        "rules = max(map(len, several.values()), default=0)",
        "rules = max(map(len, several.values()), default= 1)",
        EQUIVALENT,
        "where nobody wishes anything, no rule gives anything",
    ),
    Known(
        "ledger/lease",
        "self._proven = -math.inf",
        "self._proven = not math.inf",
        EQUIVALENT,
        "no machine runs for less than a second",
    ),
    Known(
        "ledger/lease",
        "POLL_SECONDS = 0.1",
        "POLL_SECONDS = 1.1",
        LEFT,
        "a signal ends the wait a second later",
    ),
    Known(
        "ledger/lock",
        "time.sleep(min(POLL_SECONDS, max(0.0, until - time.monotonic())))",
        "time.sleep(min(POLL_SECONDS, max( 1.0, until - time.monotonic())))",
        LEFT,
        "the wait ends up to a quarter of a second later",
    ),
    Known("delivery/canary", "return", "pass", EQUIVALENT, SHORT_CUT),
    Known(
        "delivery/guards",
        "return self._enforced and first is not None and first.guard == REJECTED",
        "return self._enforced and first is not None and first.guard is REJECTED",
        EQUIVALENT,
        "it is that very text",
    ),
    *(
        Known(
            "delivery/guards",
            "return bound.of(self._contacts(count.stream) if bound.is_share else 0)",
            f"return bound.of(self._contacts(count.stream) if bound.is_share else {other})",
            EQUIVALENT,
            "a limit that is a number does not go by the contacts",
        )
        for other in ("1", " -1")
    ),
    Known("delivery/plan", "return entries", "pass", EQUIVALENT, SHORT_CUT),
    Known(
        "delivery/guards",
        "if first is None or self._standing:",
        "if False or self._standing:",
        EQUIVALENT,
        "it is asked only of a guard that ended the run",
    ),
    Known(
        "transport/told_quota",
        "if renewed - self._before < SAME_RESET:",
        "if renewed - self._before <= SAME_RESET:",
        EQUIVALENT,
        "no two of these times are equal to the last digit",
    ),
    Known(
        "ledger/lock",
        "if time.monotonic() >= until:",
        "if time.monotonic() > until:",
        EQUIVALENT,
        "no two of these times are equal to the last digit",
    ),
    Known("ledger/ledger", "return {}", "pass", EQUIVALENT, SHORT_CUT),
    Known(
        "ledger/lock",
        "time.sleep(min(POLL_SECONDS, max(0.0, until - time.monotonic())))",
        "time.sleep(min(POLL_SECONDS, max(0.0, until % time.monotonic())))",
        EQUIVALENT,
        "the same until the wait is longer than the machine has run",
    ),
    *(
        Known(f"transport/{module}", "return 0.0", "return -1.0", EQUIVALENT, NOW)
        for module in ("fixed_rate", "told_quota")
    ),
    *(
        Known(
            "delivery/unanswered",
            "return max((item.until for item in self._held.values()), default=0.0) - self._clock()",
            "return max((item.until for item in self._held.values()), "
            f"default={other}) - self._clock()",
            EQUIVALENT,
            "nobody asks unless some are held",
        )
        for other in (" 1.0", " -1.0")
    ),
    Known(
        "delivery/intents",
        "self._open.clear()",
        "pass",
        EQUIVALENT,
        "the run ends then, and withdraws nothing again",
    ),
    *(
        Known("delivery/evidence", before, after, EQUIVALENT, SHORT_CUT)
        for before, after in (
            (SHORT_NUMBER, SHORT_NUMBER.replace(" or ", " and ", 1)),
            (SHORT_NUMBER, "if not given or False:"),
            (SHORT_NUMBER, SHORT_NUMBER.replace("not given", "False", 1)),
            (SHORT_NUMBER, "if False:"),
            ("return given", "pass"),
        )
    ),
    *(
        Known(
            "delivery/comparison",
            "if flat and len(flat) < len(match_on):",
            f"if flat and len(flat) {other} len(match_on):",
            EQUIVALENT,
            "they are a part of these",
        )
        for other in ("!=", "is not")
    ),
    *(
        Known("delivery/comparison", before, after, EQUIVALENT, why)
        for before, after, why in (
            ("if not candidates:", "if False:", SHORT_CUT),
            ("return []", "pass", SHORT_CUT),
            (
                "self.adopts = self.rules != [] and sink.capabilities.can_list",
                "self.adopts = self.rules != [] and True",
                "where contacts are not told, a look-up asks for nothing and finds nobody",
            ),
        )
    ),
    Known(
        "delivery/evidence",
        'if one.startswith("+") == other.startswith("+"):',
        'if one.startswith("+") is other.startswith("+"):',
        EQUIVALENT,
        "there is one True and one False",
    ),
    *(
        Known(module, f"{name} = {text}", f"{name} = {other}", EQUIVALENT, "how much is no promise")
        for module, name, value, text in SIZES
        for other in (value - 1, value + 1)
    ),
    *(
        Known(
            module,
            f"one = sa.select(CONTACTS.c.key).where({condition}).limit(1)",
            f"one = sa.select(CONTACTS.c.key).where({condition}).limit( 2)",
            EQUIVALENT,
            "the first row is taken, however many are found",
        )
        for module, condition in ANY
    ),
    Known(
        "apis/valomnia/unordered",
        "if client.sorts_by_id is None:",
        "if True:",
        LEFT,
        "only requests that are refused at the same moment are told twice",
    ),
    Known(
        "report/rejects",
        "self.flush()",
        "pass",
        LEFT,
        "closing writes all, but only a power failure shows whether it is on the disk",
    ),
)
