"""How lists look: a header, columns that never wrap, one of them as wide as the terminal leaves.

Where nobody watches (a pipe, a file) nothing is cut and ids are whole, so that what is printed can
be worked with; `--json` is for programs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterable, Callable, Sequence
from typing import NamedTuple, TypeVar

from penstock_client.results import Result
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from cli.outcome import ExitCode
from cli.printing import console, one_line, put, say

T = TypeVar("T", bound=Result)

SHORT_ID, LONGER_ID = 13, 18
# Ids are whole where a terminal is so wide.
_WIDE = 100
_UNBOUNDED = 100_000
_GAP, _NARROWEST, _LEFT_OVER = 2, 8, 21
_MARKS = {
    "completed": ("✓", "green"),
    "failed": ("✗", "red"),
    "failing": ("✗", "red"),
    "cancelled": ("■", "yellow"),
    "cancelling": ("■", "yellow"),
    "running": ("●", "cyan"),
    "retrying": ("↻", "yellow"),
    "waiting": ("?", "bold magenta"),
    "ready": ("○", "dim"),
    "pending": ("○", "dim"),
    "skipped": ("–", "dim"),
}


class Column(NamedTuple):
    """A column: `flexible` takes what is left of the width and is cut, `right` has numbers.

    Those that `shrink` are cut where all together are too wide: the widest first, to one width.
    """

    title: str
    right: bool = False
    flexible: bool = False
    style: str = ""
    shrinks: bool = False


Cell = str | Text


def is_watched() -> bool:
    """Whether a width is to be kept to: of a terminal, or one that COLUMNS names."""
    return sys.stdout.isatty() or bool(os.environ.get("COLUMNS"))


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
    """Prints the rows under their headers; a column that is empty throughout is left out."""
    cells = [[_cell(each) for each in row] for row in rows]
    used = [n for n, _ in enumerate(columns) if any(row[n].plain.strip() for row in cells)]
    screen = _screen()
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, _GAP, 0, 0))
    _fit(cells, [columns[n] for n in used], used, screen.width)
    for n in used:
        justify: JustifyMethod = "right" if columns[n].right else "left"
        style = columns[n].style
        table.add_column(
            columns[n].title, justify=justify, no_wrap=True, overflow="ellipsis", style=style
        )
    for row in cells:
        table.add_row(*(row[n] for n in used))
    screen.print(table)


def _fit(
    cells: Sequence[Sequence[Text]], columns: Sequence[Column], used: Sequence[int], width: int
) -> None:
    """Cuts those that shrink, then the flexible ones, of which little is reserved till then."""

    def wanted(place: int) -> int:
        lengths = (row[used[place]].cell_len for row in cells)
        return max(cell_len(columns[place].title), *lengths)

    left = width - _GAP * (len(used) - 1)
    flexible, shrinking = [], []
    for place, column in enumerate(columns):
        if column.flexible:
            flexible.append(place)
            left -= min(wanted(place), _LEFT_OVER)
        elif column.shrinks:
            shrinking.append(place)
        else:
            left -= wanted(place)
    # The narrow ones first: what one does not need is left for those that are wider.
    for number, place in enumerate(sorted(shrinking, key=wanted)):
        share = max(_NARROWEST, left // (len(shrinking) - number))
        _cut(cells, used[place], share)
        left -= min(wanted(place), share)
    for place in flexible:
        _cut(cells, used[place], max(_NARROWEST, left + min(wanted(place), _LEFT_OVER)))


def _cut(cells: Sequence[Sequence[Text]], column: int, width: int) -> None:
    for row in cells:
        row[column].truncate(width, overflow="ellipsis")


async def print_all(
    columns: Sequence[Column],
    listed: AsyncIterable[T],
    row: Callable[[T, str], list[Cell]],
    nothing: str,
    *,
    as_json: bool,
) -> ExitCode:
    """A table of them, or the word that there is nothing; or JSON, one value a line."""
    found = [each async for each in listed]
    if as_json:
        for each in found:
            put(each.model_dump_json(exclude_unset=True))
    elif not found:
        say(nothing)
    else:
        keys = [str(getattr(each, "id", "")) for each in found]
        ids = short_ids(keys, unless_wider=_WIDE)
        print_table(columns, [row(each, ids[key]) for each, key in zip(found, keys, strict=True)])
    return ExitCode.DONE


def print_text(text: Text) -> None:
    """Prints one line in its colours, cut at the width if one is to be kept to."""
    _screen().print(text, no_wrap=True, overflow="ellipsis", crop=is_watched())


def status_text(status: str) -> Text:
    """A status with its mark, in its colour."""
    mark, style = _MARKS.get(status, (" ", ""))
    return Text(f"{mark} {one_line(status)}", style=style)


def short_number(count: int) -> str:
    """A count in at most seven characters, with its thousands told apart."""
    return f"{count:,}" if count < 1_000_000 else f"{count / 1_000_000:,.1f}M"


def short_ids(ids: Sequence[str], *, unless_wider: int = sys.maxsize) -> dict[str, str]:
    """Each id as it is shown: its beginning, unique among these, where a terminal is watched.

    Whole where that is as wide as `unless_wider`.
    """
    if not is_watched() or _screen().width >= unless_wider:
        return {each: each for each in ids}
    shown = {each: each[:SHORT_ID] for each in ids}
    if len(set(shown.values())) < len(set(ids)):
        shown = {each: each[:LONGER_ID] for each in ids}
    if len(set(shown.values())) < len(set(ids)):
        shown = {each: each for each in ids}
    return shown


def _screen() -> Console:
    screen = console()
    if not is_watched():
        screen.width = _UNBOUNDED
    return screen


def _cell(cell: Cell) -> Text:
    return cell.copy() if isinstance(cell, Text) else Text(one_line(cell))
