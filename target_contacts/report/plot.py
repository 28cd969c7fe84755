"""Draw the requests of a run, and how long they waited, as SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from target_contacts.report.markup import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_contacts.report.timeline import Bucket

WIDTH, HEIGHT = 720, 212
LEFT, RIGHT = 8, 712
"""Where rows begin and end, in pixels."""
ROW, ABOVE = 70, 24
"""Height of a row, and of the room for its label above it."""


class _Span(NamedTuple):
    """A part of a run: the seconds at which it starts and ends, and what is drawn of it."""

    start: float
    end: float
    requests: float
    """A second."""
    waited: float
    """Share of the time, from 0 to 1."""


def plot(timeline: Sequence[Bucket]) -> str:
    """Return a figure of two rows over the same time; "" if the run took no time."""
    spans = [*_spans(timeline)]
    if not spans:
        return ""
    most = max(span.requests for span in spans)
    words = _words(timeline, most)
    label = f"requests a second, at most {most:,.1f}"
    rates = [span.requests / most if most else 0.0 for span in spans]
    waits = [span.waited for span in spans]
    drawn = [
        *_row(ABOVE, "requests", label, spans, rates),
        *_row(2 * ABOVE + ROW, "waited", "share of the time waited", spans, waits),
        *_times(spans[-1].end),
    ]
    return (
        f'<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="plotted">'
        f'<title id="plotted">{text(words)}</title>\n{"".join(drawn)}\n</svg>\n'
        f"<figcaption>{text(words)}</figcaption></figure>"
    )


def _words(timeline: Sequence[Bucket], most: float) -> str:
    asked = sum(bucket.requests for bucket in timeline)
    waited = sum(bucket.waited_seconds for bucket in timeline)
    took = timeline[-1].until
    return (
        f"{asked:,} requests in {took:,.1f} s, at most {most:,.1f} a second; {waited:,.1f} s waited"
    )


def _spans(timeline: Sequence[Bucket]) -> Iterator[_Span]:
    before = 0.0
    for bucket in timeline:
        seconds = bucket.until - before
        if seconds > 0:
            share = min(1.0, bucket.waited_seconds / seconds)
            yield _Span(before, bucket.until, bucket.requests / seconds, share)
            before = bucket.until


def _row(
    top: int, kind: str, label: str, spans: Sequence[_Span], heights: Sequence[float]
) -> Iterator[str]:
    scale, base = (RIGHT - LEFT) / spans[-1].end, top + ROW
    yield f'<text x="{LEFT}" y="{top - 6}">{text(label)}</text>'
    for span, height in zip(spans, heights, strict=True):
        x, width = LEFT + span.start * scale, (span.end - span.start) * scale
        y, tall = base - height * ROW, height * ROW
        place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{tall:.1f}"'
        yield f'<rect class="{kind}" {place}/>' if tall else ""
    yield f'<line class="axis" x1="{LEFT}" y1="{base}" x2="{RIGHT}" y2="{base}"/>'


def _times(whole: float) -> Iterator[str]:
    for place, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        x = LEFT + place * (RIGHT - LEFT)
        label = f"{place * whole:,.1f} s"
        yield f'<text x="{x:.0f}" y="{HEIGHT - 6}" text-anchor="{anchor}">{label}</text>'
