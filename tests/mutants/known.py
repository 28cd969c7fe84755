"""Mutants that no test has to notice, each with the reason."""

from __future__ import annotations

from typing import NamedTuple

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


SHORT_CUT = "a short cut: what follows comes to the same"
NOW = "a wait that is not above 0 is none"

SIZES = (
    ("delivery/filled", "REMEMBERED", 4096, "4096"),
    ("delivery/unanswered", "MOST_HELD", 1000, "1000"),
    ("ledger/ledger", "MANY", 1000, "1000"),
    ("ledger/ledger", "LARGEST_IN_MEMORY", 300_000, "300_000"),
    ("listing/bookmarks", "MOST_SEEN", 1000, "1000"),
)
"""Constants that only bound memory or time, each with its value as it is written."""

ANY = (
    "of_account, *accepted",
    "CONTACTS.c.account == self.account",
    "self._of(stream)",
)
"""Conditions by which the ledger is asked whether there is any such row."""

UNREAD = "set anew before it is read"
ABOVE_ZERO = "clocks count up from 0"

SEVERAL = (
    (
        "listing/seen_keys",
        "return place < len(self._keys) and self._keys[place] == number",
        (
            "return place != len(self._keys) and self._keys[place] == number",
            "return place < len(self._keys) and self._keys[place] <= number",
        ),
        "a place is never beyond the end, and what stands there is never smaller",
    ),
    (
        "listing/seen_keys",
        "return int(key) if plain else 0",
        ("return int(key) if plain else -1",),
        "no key is less than 1",
    ),
    (
        "listing/seen_keys",
        "self._greatest = 0",
        ("self._greatest = -1",),
        "a key that is no number is no ascending one either",
    ),
    (
        "transport/adaptive_rate",
        "self._too_much = 0.0",
        ("self._too_much = -1.0", "self._too_much = 1.0", "pass"),
        UNREAD,
    ),
    (
        "transport/adaptive_rate",
        "self._falls = self._rises = self._next = 0.0",
        (
            "self._falls = self._rises = self._next = -1.0",
            "self._falls = self._rises = self._next = 1.0",
        ),
        ABOVE_ZERO,
    ),
    (
        "transport/adaptive_rate",
        "self._most, self._most_until = 0, 0.0",
        (
            "self._most, self._most_until = -1, 0.0",
            "self._most, self._most_until = 1, 0.0",
            "self._most, self._most_until = 0, -1.0",
            "self._most, self._most_until = 0, 1.0",
        ),
        UNREAD,
    ),
    (
        "transport/adaptive_rate",
        "self._next = now + 1 / self.rate if self.rate else 0.0",
        (
            "self._next = now + 1 / self.rate if self.rate else -1.0",
            "self._next = now + 1 / self.rate if self.rate else 1.0",
        ),
        NOW,
    ),
    ("transport/rate_limit", "self._quiet_until = 0.0", ("self._quiet_until = -1.0",), NOW),
    (
        "apis/porters/changes",
        'if self._at.state == "existing":',
        ('if self._at.state >= "existing":',),
        "the other state comes before it",
    ),
    (
        "apis/valomnia/changes",
        "if not rows or (len(rows) < PAGE_SIZE and len(rows) >= page.total):",
        ("if not rows or (len(rows) < PAGE_SIZE and len(rows) == page.total):",),
        "an API that counts fewer contacts than it gives is only asked once more",
    ),
    (
        "apis/valomnia/changes",
        "return is_new and (known is None or known != hash_of(row))",
        ("return is_new and ( False or known != hash_of(row))",),
        SHORT_CUT,
    ),
    (
        "apis/valomnia/changes",
        "return before(self._at) if self._at else FIRST_MOMENT",
        ("return before(self._at) if True else FIRST_MOMENT",),
        "it is asked for a row, and whoever has read one is at a place",
    ),
    (
        "apis/valomnia/changes",
        'fresh = {row["id"]: hash_of(row) for row in rows if self._second(row) == second}',
        ('fresh = {row["id"]: hash_of(row) for row in rows if self._second(row) >= second}',),
        "it is the second of the last row, and rows ascend",
    ),
    (
        "apis/valomnia/unordered",
        "return page._replace(total=-1) if counts_others(client, filters, page) else page",
        (
            "return page._replace(total=- 2) if counts_others(client, filters, page) else page",
            "return page._replace(total=~1) if counts_others(client, filters, page) else page",
        ),
        "no number is less than 0",
    ),
    (
        "apis/valomnia/unordered",
        "start, total = start + len(page.rows), page.total if page.rows else 0",
        ("start, total = start + len(page.rows), page.total if page.rows else -1",),
        "a place is never before the first",
    ),
    ("apis/valomnia/unordered", "self.total = -1", ("self.total = - 2", "self.total = ~1"), UNREAD),
    *(
        ("ledger/ledger", line.format("=="), (line.format(">="),), "no other status comes after it")
        for line in (
            "known = CONTACTS.c.status {} WRITTEN, CONTACTS.c.source.is_not(None)",
            "return self._count(stream, CONTACTS.c.status {} WRITTEN)",
            "accepted = CONTACTS.c.status {} WRITTEN, CONTACTS.c.payload.is_not(None)",
        )
    ),
    (
        "ledger/ledger",
        "if is_first := not self._accepted and any(map(_is_accepted, entries)):",
        ("if is_first := True and any(map(_is_accepted, entries)):",),
        "it is entered again as it stands there",
    ),
    (
        "listing/offsets",
        "offset: Annotated[int, msgspec.Meta(gt=0, lt=10**9)]",
        tuple(
            f"offset: Annotated[int, msgspec.Meta(gt=0, lt={most})]"
            for most in (" 9**9", " 11**9", "10** 8", "10** 10")
        ),
        "no list is as long as that",
    ),
    (
        "listing/offsets",
        "return Page([], -1)",
        tuple(f"return Page([], {total})" for total in ("~1", "- 2", "- 0", "+1")),
        "it only shows that the list is not as it was left",
    ),
    (
        "listing/offsets",
        "self._total = -1",
        tuple(f"self._total = {total}" for total in ("~1", "- 2", "- 0", "+1")),
        "set by the first page",
    ),
    (
        "listing/offsets",
        "self._was_full = False",
        ("self._was_full = True", "pass"),
        "set by the first page",
    ),
    (
        "listing/offsets",
        "guessed = min(self._pages, MOST_GUESSED) if self._was_full else 0",
        ("guessed = min(self._pages, MOST_GUESSED) if self._was_full else 1",),
        "the page that is asked for is always fetched",
    ),
    (
        "listing/offsets",
        "self._was_full = len(keys) == self._size",
        ("self._was_full = len(keys) >= self._size",),
        "it only decides how much is fetched ahead",
    ),
    (
        "listing/offsets",
        "self.is_lost = self.start == self._before",
        ("self.is_lost = self.start is self._before",),
        "one is set from the other wherever they are equal",
    ),
    (
        "ledger/lock",
        "_LONGEST_HOST = 30",
        ("_LONGEST_HOST = 29", "_LONGEST_HOST = 31"),
        "either leaves room for the process",
    ),
    (
        "ledger/fills",
        'self._new.pop(entry.filled or "", None)',
        ("self._new.pop(entry.filled or False, None)",),
        "neither is an id",
    ),
    (
        "transport/fixed_rate",
        "if not bucket or (bucket.leak(item.timestamp) >= 0 and bucket.put(item)):",
        (
            "if not bucket or ( True and bucket.put(item)):",
            "if not bucket or (bucket.leak(item.timestamp) >= -1 and bucket.put(item)):",
        ),
        "that places are given up only saves memory; how many is never less than 0",
    ),
    (
        "transport/retry",
        "error = yield 0",
        ("error = yield -1", "error = yield 1"),
        "the first one only starts the generator",
    ),
    (
        "transport/served",
        "self._start = known.served_like(call) if known else 0",
        (
            "self._start = known.served_like(call) if known else -1",
            "self._start = known.served_like(call) if known else 1",
        ),
        "it is not read then",
    ),
    (
        "transport/served",
        "if 1 < self.tries == self._most and not self._of_account:",
        ("if 1 < self.tries >= self._most and not self._of_account:",),
        "only throttles let a request be tried more often",
    ),
    (
        "transport/circuit_breaker",
        "self._threads, self._since, self._before = 0, 0.0, 0.0",
        (
            "self._threads, self._since, self._before = 0, -1.0, 0.0",
            "self._threads, self._since, self._before = 0, 1.0, 0.0",
        ),
        UNREAD,
    ),
    (
        "transport/circuit_breaker",
        "if seconds > 0:",
        ("if seconds >= 0:", "if seconds > -1:"),
        NOW,
    ),
    (
        "transport/circuit_breaker",
        "return self._last + SELDOM_SECONDS - self.now() if lasts else 0.0",
        ("return self._last + SELDOM_SECONDS - self.now() if lasts else -1.0",),
        NOW,
    ),
    (
        "listing/bookmarks",
        "return True # without a hash: there is nothing to compare or remember",
        ("pass # without a hash: there is nothing to compare or remember",),
        SHORT_CUT,
    ),
)
"""Mutants of one line each, all of which are equivalent, and why."""

KNOWN = (
    *(
        Known(module, before, after, EQUIVALENT, why)
        for module, before, afters, why in SEVERAL
        for after in afters
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
        "self._by_key[key][remote_id] = fields if hashes else kept",
        "self._by_key[key][remote_id] = fields if True else kept",
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
        "if before is None or before == item.filled:",
        "if before is None or False:",
        EQUIVALENT,
        SHORT_CUT,
    ),
    Known(
        "delivery/filled",
        "made = {w: v for w, v in filled.items() if w not in item.fallback}",
        "made = {w: v for w, v in filled.items() if True}",
        EQUIVALENT,
        "what a default gives is never among what a record fills, which is asked for next",
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
    Known(
        "delivery/intents",
        "self._open.clear()",
        "pass",
        EQUIVALENT,
        "the run ends then, and withdraws nothing again",
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
            "ledger/ledger",
            f"one = sa.select(CONTACTS.c.key).where({condition}).limit(1)",
            f"one = sa.select(CONTACTS.c.key).where({condition}).limit( 2)",
            EQUIVALENT,
            "the first row is taken, however many are found",
        )
        for condition in ANY
    ),
    Known(
        "report/rejects",
        "self.flush()",
        "pass",
        LEFT,
        "closing writes all, but only a power failure shows whether it is on the disk",
    ),
)
