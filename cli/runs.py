"""Runs looked at and stopped: the list, one of them, a cancel."""

from __future__ import annotations

from itertools import zip_longest

from penstock_client import Approval, Blob, Run, Step, StepReceipt

from cli.outcome import ExitCode
from cli.printing import one_line, put, put_text, say
from cli.session import Session
from cli.used import cost_in_words, tokens_in_words

_WAIT_SECONDS = 30.0
_PAGE = 100


async def list_runs(session: Session, *, status: str | None, limit: int, as_json: bool) -> ExitCode:
    """Prints up to `limit` runs, newest first."""
    rows: list[tuple[str, ...]] = []
    async with session.client() as client:
        count = 0
        runs = client.runs.list(status=status, page_size=max(1, min(limit, _PAGE)))
        async for run in runs:
            if count == limit:
                break
            count += 1
            if as_json:
                put(run.model_dump_json(exclude_unset=True))
            rows.append(_listed(run))
    if not as_json:
        _put_table(rows)
        if not rows:
            say("No runs yet. Start one: penstock run FLOW.json --input TEXT")
    return ExitCode.DONE


async def show(session: Session, run_id: str, *, as_json: bool) -> ExitCode:
    """Prints one run: its status, its steps, its output or what went wrong."""
    async with session.client() as client:
        run = await client.runs.get(run_id)
    session.say_if_simulated()
    if as_json:
        put(run.model_dump_json(exclude_unset=True))
        return ExitCode.DONE
    _put_run(run)
    return ExitCode.DONE


async def cancel(session: Session, run_id: str, *, wait: bool) -> ExitCode:
    """Cancels a run; with `wait`, tells how it ended and what each cancelled step had done."""
    async with session.client() as client:
        answer = await client.runs.cancel(run_id, wait=_WAIT_SECONDS if wait else None)
    put(f"{run_id} {answer.status}")
    _put_table([_receipt(each) for each in answer.receipts])
    return ExitCode.DONE


def _listed(run: Run) -> tuple[str, ...]:
    cost = cost_in_words(run.cost_usd, run.usage)
    return run.run_id, run.status, run.created_at, run.pipeline_name or "", cost


def _receipt(told: StepReceipt) -> tuple[str, ...]:
    step = (str(told.step), told.node)
    if told.execution is None:
        return (*step, "not begun", "", "")
    receipt = told.receipt
    after = receipt.aborted_after_ms
    aborted = "aborted" if after is None else f"aborted after {after:.1f} ms"
    tokens = f"at least {tokens_in_words(receipt.usage) or '0 tokens'}"
    return (*step, aborted, tokens, f"{receipt.text_size_bytes:,} bytes of text")


def _put_run(run: Run) -> None:
    times = [each for each in (run.created_at, run.finished_at) if each]
    put(f"{run.run_id}  {run.status}  {' to '.join(times)}".rstrip())
    if used := tokens_in_words(run.usage):
        put(f"{used}: {cost_in_words(run.cost_usd, run.usage)}")
    if run.steps:
        put("")
        _put_table([_row(step) for step in run.steps])
    if run.error:
        put("")
        put(f"{run.error.get('code')}: {run.error.get('message')}")
    if isinstance(run.output, Blob):
        put("")
        put(f"{run.output.size_bytes:,} bytes of output: {run.output.url}")
    elif run.output is not None:
        put("")
        put_text(run.output.rstrip())


def _row(step: Step) -> tuple[str, ...]:
    error = step.error or {}
    reason = f"{error.get('code')}: {error.get('message')}" if error else ""
    attempts = f"attempt {step.attempt}" if step.attempt > 1 else ""
    told = attempts or reason or _asked(step.approval) or ("kept" if step.kept else "")
    used = tokens_in_words(step.usage), cost_in_words(step.cost_usd, step.usage)
    return str(step.step), step.label or step.node, step.kind, step.status, *used, told


def _asked(approval: Approval | None) -> str:
    if approval is None:
        return ""
    if approval.decided_at is None:
        until = f" until {approval.expires_at}" if approval.expires_at else ""
        return (" ".join((approval.prompt or "").split()) + until).strip()
    if approval.timed_out:
        return "nobody decided in time"
    comment = f": {' '.join(approval.comment.split())}" if approval.comment else ""
    return f"{approval.decision} by {approval.decided_by or 'somebody'}{comment}"


def _put_table(rows: list[tuple[str, ...]]) -> None:
    rows = [tuple(map(one_line, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    for row in rows:
        columns = zip(row, widths, strict=True)
        cells = (cell.ljust(width) for cell, width in columns if width)
        put("  ".join(cells).rstrip())
