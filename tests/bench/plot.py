"""Draw what the benches wrote into tests/results.

    python -m tests.bench.plot

It runs in an environment of its own: with numpy beside it, the SDK would start slower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib import pyplot as plt

from tests.bench.results import cells, measured, report
from tests.bench.runs import kept
from tests.bench.standard_table import kept as standard_rows
from tests.bench.writing import CREATE
from tests.support.paths import RESULTS, ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tests.bench.runs import Row
    from tests.bench.standard_table import Told

PLOTS = ROOT / "docs" / "plots"


def latency() -> None:
    """Draw records a second by latency, on logarithmic axes."""
    reading, writing = kept("reading"), kept("writing")
    figure, places = plt.subplots(1, 3, figsize=(12, 4), layout="constrained")
    _lines(places[0], "Reading Zoho Voice", [r for r in reading if r.what == "zoho_voice"])
    _lines(places[1], "Reading cobai", [r for r in reading if r.what == "cobai"])
    _lines(places[2], "Creating in Zoho Voice", [r for r in writing if r.what == CREATE])
    _save(figure, measured("writing"), RESULTS / "speed.svg")


def _lines(place: Axes, title: str, rows: Sequence[Row]) -> None:
    """Draw one line for each reader or writer, those with a latency only."""
    for who in dict.fromkeys(row.who for row in rows):
        timed = [row for row in rows if row.who == who and row.latency]
        style = "--" if who.startswith("bare") else "-"
        latencies, rates = [row.latency * 1000 for row in timed], [row.rate for row in timed]
        place.loglog(latencies, rates, style, marker="o", label=who)
    ticks = sorted({row.latency * 1000 for row in rows if row.latency})
    place.set_xticks(ticks, [f"{tick:.0f}" for tick in ticks])
    place.set(title=title, xlabel="answers after (ms)", ylabel="contacts a second")
    place.minorticks_off()
    place.legend()


def ledger_size() -> None:
    """Draw the CPU time of a changed record by the number of rows in the ledger."""
    figure, place = plt.subplots(figsize=(6, 3.5), layout="constrained")
    changed = [row for row in cells(report("ledger_size")) if row[2] == "changed"]
    rows, microseconds = [int(row[0]) for row in changed], [float(row[6]) for row in changed]
    place.semilogx(rows, microseconds, marker="o")
    place.set(xlabel="contacts in the ledger", ylabel="CPU µs for a changed record")
    place.set_ylim(0, 1.2 * max(microseconds))
    place.grid(visible=True, alpha=0.3)
    _save(figure, measured("ledger_size"), PLOTS / "ledger-size.svg")


def standard() -> None:
    """Draw the seconds of each program, a chart for each line of the standard table."""
    rows = standard_rows(report("standard"))
    works = list(dict.fromkeys(row.work for row in rows))
    high = -(-len(works) // 3)
    figure, places = plt.subplots(high, 3, figsize=(12, 2 * high), layout="constrained")
    for place in places.flat[len(works) :]:
        place.remove()
    for place, work in zip(places.flat, works, strict=False):
        _bars(place, work, [row for row in rows if row.work == work and row.right])
    _save(figure, measured("standard"), PLOTS / "standard.svg")


def _bars(place: Axes, work: str, rows: Sequence[Told]) -> None:
    names = [row.who for row in rows]
    bars = place.barh(names, [row.seconds for row in rows], color="tab:gray")
    bars[0].set_color("tab:blue")
    place.bar_label(bars, fmt=" %.1f s", fontsize=8)
    place.invert_yaxis()
    place.margins(x=0.25)
    place.set_title(work, fontsize=9)
    place.tick_params(labelsize=8)


def _save(figure: Figure, title: str, path: Path) -> None:
    figure.suptitle(title, fontsize=8)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    plt.rcParams |= {"svg.hashsalt": "speed", "svg.fonttype": "none"}
    latency()
    ledger_size()
    standard()
