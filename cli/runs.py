"""Runs looked at, stopped and deleted."""

from __future__ import annotations

from penstock_client import Penstock, Run, StepReceipt
from rich.text import Text

from cli.outcome import ExitCode
from cli.printing import one_line, put, say, words_of
from cli.program import program
from cli.run_filter import chosen_runs
from cli.run_filter_options import chosen_options
from cli.session import Session
from cli.tables import Cell, Column, is_watched, print_table, short_ids, status_text
from cli.times import age, between
from cli.used import cost_at_a_glance, tokens_at_a_glance, tokens_in_words
from cli.which import start_hint, which_run
from cli.workers import ask_for_workers

_WAIT_SECONDS = 30.0
_PAGE = 100
_WIDEST_PREVIEW = 500
_AT_REST = frozenset({"completed", "failed", "cancelled"})
_COLUMNS = (
    Column("run"),
    Column("status"),
    Column("age", right=True),
    Column("took", right=True),
    Column("tokens", right=True),
    Column("cost", right=True),
    Column("waits for", shrinks=True, style="yellow"),
    Column("pipeline: input", flexible=True),
)


async def list_runs(session: Session, *, limit: int, for_me: bool, as_json: bool) -> ExitCode:
    """Prints at most so many of the runs that are asked for; with `for_me` of those I may decide.

    And a word, if nobody works at those that live.
    """
    found: list[Run] = []
    async with session.client() as client:
        wanted = await chosen_runs(client)
        wanted["waiting_for_me"] = for_me
        runs = client.runs.list(page_size=max(1, min(limit + 1, _PAGE)), **wanted)
        async for run in runs:
            found.append(run)
            if len(found) > limit:
                break
        shown = found[:limit]
        if as_json:
            for run in shown:
                put(run.model_dump_json(exclude_unset=True))
            return ExitCode.DONE
        if not shown:
            say("No run waits for you." if for_me else await _nothing_to_show(client))
            return ExitCode.DONE
        ids = short_ids([run.run_id for run in shown])
        print_table(_COLUMNS, [_row(run, ids[run.run_id]) for run in shown])
        if len(found) > limit:
            say(f"There are more: --limit {limit * 5}")
        if any(run.status not in _AT_REST for run in shown) and (
            word := await ask_for_workers(client)
        ):
            say(word)
    return ExitCode.DONE


async def cancel(session: Session, given: str | None, *, last: bool, wait: bool) -> ExitCode:
    """Cancels a run; with `wait`, tells how it ended and what each cancelled step had done."""
    async with session.client() as client:
        run_id = await which_run(client, given, last=last)
        answer = await client.runs.cancel(run_id, wait=_WAIT_SECONDS if wait else None)
    put(f"{run_id} {answer.status}")
    if answer.receipts:
        print_table(_RECEIPT, [_receipt(each) for each in answer.receipts])
    return ExitCode.DONE


async def delete(session: Session, given: str) -> ExitCode:
    """Has a run deleted for ever."""
    async with session.client() as client:
        run_id = await which_run(client, given, last=False)
        await client.runs.delete(run_id)
    put(f"{run_id} deleting")
    return ExitCode.DONE


async def _nothing_to_show(client: Penstock) -> str:
    if chosen_options():
        async for _ in client.runs.list(page_size=1):
            return f"No run is like that; there are others: {program()} runs"
    return f"No runs yet. {start_hint()}"


def _row(run: Run, shown_id: str) -> list[Cell]:
    return [
        Text(one_line(shown_id), style="bold" if run.status not in _AT_REST else ""),
        status_text(run.status),
        age(run.created_at),
        between(run.started_at, run.finished_at),
        tokens_at_a_glance(run.usage),
        cost_at_a_glance(run.cost_usd, run.usage),
        words_of(run.waiting_for.text) if run.waiting_for else "",
        _what(run),
    ]


def _what(run: Run) -> Text:
    text = Text()
    if run.pipeline_name:
        text.append(f"{words_of(run.pipeline_name)}: ", style="bold")
    preview = words_of(run.input_preview)
    if is_watched():
        preview = preview[:_WIDEST_PREVIEW]
    return text.append(preview, style="" if run.pipeline_name else "default")


_RECEIPT = (
    Column("step", right=True),
    Column("node", shrinks=True),
    Column("how"),
    Column("used"),
    Column("text", flexible=True),
)


def _receipt(told: StepReceipt) -> list[Cell]:
    step = (str(told.step), told.node)
    if told.execution is None:
        return [*step, "not begun", "", ""]
    receipt = told.receipt
    after = receipt.aborted_after_ms
    aborted = "aborted" if after is None else f"aborted after {after:.1f} ms"
    tokens = f"at least {tokens_in_words(receipt.usage) or '0 tokens'}"
    return [*step, aborted, tokens, f"{receipt.text_size_bytes:,} bytes"]
