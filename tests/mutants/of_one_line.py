"""Mutants of one line that change nothing, each with the reason."""

from __future__ import annotations

SHORT_CUT = "a short cut: what follows comes to the same"
NOW = "a wait that is not above 0 is none"
UNREAD = "set anew before it is read"
ABOVE_ZERO = "clocks count up from 0"

ACCEPTED = "accepted = CONTACTS.c.status {} WRITTEN, CONTACTS.c.payload.is_not(None)"

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
        "apis/valomnia/by_time",
        "if not rows or (len(rows) < PAGE_SIZE and len(rows) >= page.total):",
        ("if not rows or (len(rows) < PAGE_SIZE and len(rows) == page.total):",),
        "an API that counts fewer contacts than it gives is only asked once more",
    ),
    (
        "apis/valomnia/by_time",
        "return is_new and (known is None or known != hash_of(row))",
        ("return is_new and ( False or known != hash_of(row))",),
        SHORT_CUT,
    ),
    (
        "apis/valomnia/by_time",
        "return before(self._at) if self._at else FIRST_MOMENT",
        ("return before(self._at) if True else FIRST_MOMENT",),
        "it is asked for a row, and whoever has read one is at a place",
    ),
    (
        "apis/valomnia/by_time",
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
        (module, line.format("=="), (line.format(">="),), "no other status comes after it")
        for module, line in (
            ("ledger/ledger", "return self._count(stream, CONTACTS.c.status {} WRITTEN)"),
            ("ledger/sources", ACCEPTED),
            ("ledger/accepted", ACCEPTED),
        )
    ),
    (
        "ledger/accepted",
        "if not self._is_any and any(map(_is_accepted, entries)):",
        ("if True and any(map(_is_accepted, entries)):",),
        "it is entered again as it stands there",
    ),
    (
        "listing/offset_walk",
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
        "listing/offset_walk",
        "self._total = -1",
        tuple(f"self._total = {total}" for total in ("~1", "- 2", "- 0", "+1")),
        "set by the first page",
    ),
    (
        "listing/offset_walk",
        "self._was_full = False",
        ("self._was_full = True", "pass"),
        "set by the first page",
    ),
    (
        "listing/offset_walk",
        "guessed = min(self._pages, MOST_GUESSED) if self._was_full else 0",
        ("guessed = min(self._pages, MOST_GUESSED) if self._was_full else 1",),
        "the page that is asked for is always fetched",
    ),
    (
        "listing/offset_walk",
        "self._was_full = len(keys) == self._size",
        ("self._was_full = len(keys) >= self._size",),
        "it only decides how much is fetched ahead",
    ),
    (
        "listing/offset_walk",
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
    *(
        (
            "ledger/entry",
            f"class {name}(msgspec.Struct, frozen=True):",
            (f"class {name}(msgspec.Struct, frozen=False):",),
            "nothing changes one",
        )
        for name in ("Entry", "Keys")
    ),
    (
        "singer/checkpoints",
        "oldest = next(iter(self._open), self._read + 1)",
        ("oldest = next(iter(self._open), self._read + 2)",),
        "no state is of more records than have come",
    ),
    (
        "transport/told_quota",
        "self._longest = 0.0",
        ("self._longest = -1.0",),
        "no reset is less than 0",
    ),
    (
        "transport/told_quota",
        "self._sure = False",
        ("self._sure = True",),
        "what is renewed at no time is never the same quota",
    ),
    (
        "listing/bookmarks",
        "if time < limit and not self._earlier:",
        ("if False:",),
        SHORT_CUT,
    ),
    (
        "listing/bookmarks",
        "if time >= limit:",
        ("if True:",),
        "what is earlier is forgotten when it is asked for",
    ),
    (
        "listing/bookmarks",
        "if len(self._times) > MOST_SEEN:",
        (
            "if len(self._times) is not MOST_SEEN:",
            "if len(self._times) >= MOST_SEEN:",
            "if len(self._times) != MOST_SEEN:",
            "if True:",
        ),
        "the latest of few are all",
    ),
    (
        "transport/adaptive_rate",
        "span = min(asked or 0.0, MINUTE)",
        ("span = min(asked or -1.0, MINUTE)",),
        "nothing was sent after now",
    ),
    (
        "transport/fixed_rate",
        'return max(1, cast("int", bucket.waiting(item))) / 1000',
        ('return max( 0, cast("int", bucket.waiting(item))) / 1000',),
        "the library tells no less for a place that is not free",
    ),
    (
        "transport/served",
        "return self.served > since or self._is_alive()",
        ("return self.served != since or self._is_alive()",),
        "no fewer are served than before",
    ),
    (
        "apis/valomnia/unordered",
        "return bool(filters) and page.total > len(page.rows) and not client.counts_matches",
        ("return bool(filters) and page.total != len(page.rows) and not client.counts_matches",),
        "an API that counts fewer contacts than it gives is only asked once more",
    ),
    (
        "apis/valomnia/by_time",
        "after = second + SECOND if second < LAST else None",
        ("after = second + SECOND if second != LAST else None",),
        "there is no later one",
    ),
    *(
        (
            module,
            "ThreadPoolExecutor(1) as pool,",
            ("ThreadPoolExecutor( 2) as pool,",),
            "no more than one page is fetched at once",
        )
        for module in ("apis/porters/by_id", "listing/offsets")
    ),
    *(
        ("transport/rate_limit", before, (after,), "a quota lets nobody wait for less than 0")
        for before, after in (
            ("while wait > 0:", "while wait != 0:"),
            (
                "return wait if wait > 0 else self._fixed.claim(method, now)",
                "return wait if wait != 0 else self._fixed.claim(method, now)",
            ),
        )
    ),
    (
        "ledger/fills",
        'self._new.pop(entry.filled or "", None)',
        ("self._new.pop(entry.filled or False, None)",),
        "neither is an id",
    ),
    (
        "transport/fixed_rate",
        "if bucket.leak(item.timestamp) >= 0 and bucket.put(item):",
        (
            "if True and bucket.put(item):",
            "if bucket.leak(item.timestamp) >= -1 and bucket.put(item):",
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
"""Module, line, what becomes of it, and why that changes nothing."""
