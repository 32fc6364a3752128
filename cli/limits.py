"""Limits of workspaces on the terminal, what is used now beside each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from penstock_client import Limits
from rich.text import Text

from cli.outcome import CommandError, ExitCode
from cli.printing import put, say
from cli.program import program
from cli.session import Session
from cli.tables import Cell, Column, print_table

WARNED_FROM, FULL = 0.8, 1.0
STEPS, COST, NONE = "steps_in_flight", "cost_usd_a_month", "none"
_COUNTED = ("runs_in_flight", "runs_a_minute", "stored_bytes")
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")

_LISTED = (
    Column("workspace", style="bold", shrinks=True),
    Column("limit"),
    Column("used now", right=True),
    Column("at most", right=True),
    Column("", flexible=True),
)


async def list_limits(session: Session, *, as_json: bool) -> ExitCode:
    """Prints the limits of all workspaces that have any, a line each."""
    async with session.client() as client:
        found = [each async for each in client.limits.list()]
    if as_json:
        for each in found:
            put(each.model_dump_json())
    elif found:
        rows = [row for each in found for row in _rows(each)]
        print_table(_LISTED, [row for row in rows if row[3]])
    else:
        say(f"No workspace has limits. Set some: {program()} limits set SLUG runs_in_flight=200")
    return ExitCode.DONE


async def show_limits(session: Session, slug: str, *, as_json: bool) -> ExitCode:
    """Prints all that may be limited of a workspace."""
    async with session.client() as client:
        found = await client.limits.read(slug)
    if as_json:
        put(found.model_dump_json())
    else:
        print_table(_LISTED, [(*row[:3], row[3] or "no limit", row[4]) for row in _rows(found)])
    return ExitCode.DONE


async def set_limits(session: Session, slug: str, given: Sequence[str]) -> ExitCode:
    """Sets these, keeps the others, and shows all. Raises: CommandError."""
    asked = dict(map(_limit_of, given))
    async with session.client() as client:
        now = await client.limits.read(slug)
        # What this version does not know is kept as well: a limit is set whole.
        kept = {
            **now.model_dump(exclude={"workspace", "used", "this_month"}),
            **(now.model_extra or {}),
        }
        await client.limits.set(slug, _changed(kept, asked))
    return await show_limits(session, slug, as_json=False)


def _limit_of(text: str) -> tuple[str, int | str | None]:
    name, _, value = text.partition("=")
    # Dollars are sent as they are written.
    fits = r"[0-9]{1,9}([.][0-9]{1,6})?" if name == COST else "[0-9]{1,16}"
    if value == NONE:
        return name, None
    if not re.fullmatch(fits, value):
        raise CommandError(
            f"expected LIMIT=NUMBER or LIMIT=none, got {text!r}.",
            f"For instance: {program()} limits set acme runs_in_flight=200 {STEPS}.default=8",
        )
    return name, value if name == COST else int(value)


def _changed(
    kept: Mapping[str, object], asked: Mapping[str, int | str | None]
) -> dict[str, object]:
    """All limits, as they are to be set."""
    known = [name for name in kept if name != STEPS]
    found = kept.get(STEPS)
    steps: dict[str, object] = dict(found) if isinstance(found, Mapping) else {}
    others: dict[str, object] = {name: kept[name] for name in known}
    for name, value in asked.items():
        limit, _, pool = name.partition(".")
        if limit == STEPS and pool:
            steps[pool] = value
        elif name in known:
            others[name] = value
        else:
            names = ", ".join([*known, f"{STEPS}.POOL"])
            raise CommandError(f"expected one of {names}, got {name!r}.")
    left = {pool: most for pool, most in steps.items() if most is not None}
    return {**others, STEPS: left or None}


def _rows(limits: Limits) -> Iterator[tuple[Cell, Cell, Cell, Cell, Cell]]:
    """Workspace, limit, used, at most, and how much that is; empty where there is no limit."""
    for name in _COUNTED:
        shown = _bytes if name == "stored_bytes" else _count
        used, most = getattr(limits.used, name), getattr(limits, name)
        yield limits.workspace, name, shown(used), shown(most), _part(used, most)
    month, cost = limits.this_month, limits.cost_usd_a_month
    tokens = limits.tokens_a_month
    of_tokens = _count(month.tokens), _count(tokens), _part(month.tokens, tokens)
    yield limits.workspace, "tokens_a_month", *of_tokens
    most_cost = None if cost is None else Decimal(cost)
    of_cost = _dollars(month.cost_usd), _dollars(cost), _part(Decimal(month.cost_usd), most_cost)
    yield limits.workspace, COST, *of_cost
    yield limits.workspace, "readers", "", _count(limits.readers), Text("at each api")
    steps, counted = limits.steps_in_flight or {}, limits.used.steps_in_flight
    for pool in sorted({*steps, *(counted or {})}):
        most, used = steps.get(pool), None if counted is None else counted.get(pool, 0)
        part = _part(used, most)
        if used is None and most is not None:
            part = Text("not yet in force", style="yellow")
        yield limits.workspace, f"{STEPS}.{pool}", _count(used), _count(most), part


def _part(used: int | Decimal | None, most: int | Decimal | None) -> Text:
    if used is None or not most:
        return Text("")
    part = used / most
    style = "red" if part >= FULL else "yellow" if part >= WARNED_FROM else ""
    return Text(f"{part:.0%}", style=style)


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _dollars(text: str | None) -> str:
    return "" if text is None else f"${Decimal(text):,.2f}"


def _bytes(number: int | None) -> str:
    if number is None:
        return ""
    value, unit = float(number), 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:,.1f} {_UNITS[unit]}" if unit else f"{number} B"
