"""Make HTML of texts that may hold anything: each is escaped here, and nowhere else."""

from __future__ import annotations

import html
import itertools
from typing import TYPE_CHECKING, NamedTuple

from tap_contacts.plugin import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


def text(of: object) -> str:
    """Return a text as HTML shows it, with whatever cannot be printed escaped."""
    return html.escape(printable.text(str(of)))


def number(of: float) -> str:
    """Return a number with thousands apart."""
    return f"{of:,}"


class Link(NamedTuple):
    """A text that leads to another file."""

    text: str
    to: str


Cell = str | int | float | Link | None


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return a table that can be scrolled on a narrow screen; its first column names the rows.

    A column is one of numbers if all its cells that are not empty are.
    """
    all_rows = [*rows]
    are_numbers = [_are_numbers(column) for column in zip(*all_rows, strict=True)] or [False]
    marked = itertools.zip_longest(heads, are_numbers, fillvalue=False)
    head = "".join(f'<th scope="col"{_class(is_n)}>{text(name)}</th>' for name, is_n in marked)
    body = "\n".join(f"<tr>{''.join(_cells(row, are_numbers))}</tr>" for row in all_rows)
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{text(caption)}">\n'
        f"<table><caption>{text(caption)}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _are_numbers(column: Iterable[Cell]) -> bool:
    given = [cell for cell in column if cell is not None]
    return bool(given) and all(isinstance(cell, (int, float)) for cell in given)


def _class(is_number: object) -> str:
    return ' class="n"' if is_number else ""


def _cells(row: Sequence[Cell], are_numbers: Sequence[bool]) -> Iterator[str]:
    for place, (cell, is_number) in enumerate(zip(row, are_numbers, strict=True)):
        tag, scope = ("td", "") if place else ("th", ' scope="row"')
        yield f"<{tag}{scope}{_class(is_number)}{_value(cell)}>{_shown(cell)}</{tag}>"


def _value(cell: Cell) -> str:
    return f' data-v="{cell}"' if isinstance(cell, (int, float)) else ""


def _shown(cell: Cell) -> str:
    if isinstance(cell, Link):
        return f'<a href="{text(cell.to)}">{text(cell.text)}</a>'
    if isinstance(cell, (int, float)):
        return number(cell)
    return "" if cell is None else text(cell)


def section(title: str, *parts: str) -> str:
    """Return a part of a page under a heading of its own; "" if there is nothing in it."""
    found = [part for part in parts if part]
    return "\n".join([f"<h2>{text(title)}</h2>", *found]) if found else ""


def pairs(of: Mapping[str, str]) -> str:
    """Return names and values."""
    found = "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>\n" for name, value in of.items())
    return f"<dl>\n{found}</dl>"


def paragraph(of: str, kind: str = "") -> str:
    """Return a paragraph, perhaps of a class."""
    return f'<p class="{kind}">{text(of)}</p>' if kind else f"<p>{text(of)}</p>"


def command(of: str) -> str:
    """Return a command that is to be copied."""
    return f"<pre><code>{text(of)}</code></pre>"
