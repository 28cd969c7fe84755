"""Draw the rates of readers and writers.

    python -m tests.bench.plot

It runs in an environment of its own: with numpy beside it, the SDK would start slower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib import pyplot as plt

from tests.bench.runs import kept, where
from tests.bench.writing import CREATE
from tests.support.paths import RESULTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from tests.bench.runs import Row


def draw() -> None:
    """Draw records a second by latency, on logarithmic axes, into tests/results/speed.svg."""
    reading, writing = kept("reading"), kept("writing")
    plt.rcParams |= {"svg.hashsalt": "speed", "svg.fonttype": "none"}
    figure, places = plt.subplots(1, 3, figsize=(12, 4), layout="constrained")
    _lines(places[0], "Reading Zoho Voice", [r for r in reading if r.what == "zoho_voice"])
    _lines(places[1], "Reading cobai", [r for r in reading if r.what == "cobai"])
    _lines(places[2], "Creating in Zoho Voice", [r for r in writing if r.what == CREATE])
    figure.suptitle(where(), fontsize=8)
    figure.savefig(RESULTS / "speed.svg", metadata={"Date": None})


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


if __name__ == "__main__":
    draw()
