"""One run at a look: what it is, how it stands, its steps, its output or what went wrong."""

from __future__ import annotations

from penstock_client import Approval, Blob, Run, Step
from rich.text import Text

from cli.outcome import ExitCode
from cli.printing import one_line, put, put_text, say, words_of
from cli.program import program
from cli.session import Session
from cli.tables import Cell, Column, is_watched, print_table, print_text, status_text
from cli.times import age, between, clock
from cli.used import (
    cost_at_a_glance,
    cost_in_words,
    tokens_at_a_glance,
    tokens_in_words,
)
from cli.which import which_run
from cli.workers import ask_for_workers

_DONE = frozenset({"completed", "failed", "skipped"})
_ENDED = frozenset({"completed", "failed", "cancelled"})
_PREVIEW = 500
_STEPS = (
    Column("#", right=True, style="dim"),
    Column("step", shrinks=True),
    Column("kind", style="dim"),
    Column("status"),
    Column("took", right=True),
    Column("tokens", right=True),
    Column("cost", right=True),
    Column("", flexible=True),
)


async def show(session: Session, given: str | None, *, last: bool, as_json: bool) -> ExitCode:
    """Prints one run, and a word if it lives and nobody works."""
    async with session.client() as client:
        run = await client.runs.get(await which_run(client, given, last=last))
        word = "" if as_json or run.status in _ENDED else await ask_for_workers(client)
    session.say_if_simulated()
    if as_json:
        put(run.model_dump_json(exclude_unset=True))
        return ExitCode.DONE
    _print_head(run)
    if run.steps:
        put("")
        print_table(_STEPS, [_row(step) for step in run.steps])
    _print_questions(run)
    _print_end(run)
    if word:
        say(word)
    return ExitCode.DONE


def _print_head(run: Run) -> None:
    _print_field("run", Text(one_line(run.run_id), style="bold"))
    _print_field("status", _status(run))
    if run.waiting_for:
        _print_field("waits", Text(one_line(run.waiting_for.text)))
    if run.pipeline_name:
        _print_field("pipeline", Text(words_of(run.pipeline_name)))
    _print_field("asked for", Text(_asked_for(run)))
    if run.forked_from:
        _print_field("fork of", Text(one_line(run.forked_from.run)))
    if used := tokens_in_words(run.usage):
        _print_field("used", Text(f"{used}: {cost_in_words(run.cost_usd, run.usage)}"))
    if given := _input(run):
        _print_field("input", Text(given))
    for name, value in run.variables.items():
        _print_field("variable", Text(f"{words_of(name)} = {words_of(value)}"))


def _print_field(name: str, value: Text) -> None:
    print_text(Text(f"{name:<11}", style="dim") + value)


def _status(run: Run) -> Text:
    done = sum(step.status in _DONE for step in run.steps)
    total = len(run.steps)
    text = status_text(run.status)
    if total and run.status not in ("completed", "pending"):
        text.append(f"  {done} of {total} steps", style="default not bold")
    return text


def _asked_for(run: Run) -> str:
    ago = age(run.created_at)
    took = between(run.started_at, run.finished_at)
    parts = [clock(run.created_at) + (f" ({ago} ago)" if ago else "")]
    if took:
        parts.append(f"took {took}" if run.finished_at else f"running for {took}")
    return one_line(", ".join(parts))


def _input(run: Run) -> str:
    if isinstance(run.input, Blob):
        return f"{run.input.size_bytes:,} bytes: {one_line(run.input.url)}"
    words = words_of(run.input)
    return words[:_PREVIEW] if is_watched() else words


def _row(step: Step) -> list[Cell]:
    label = words_of(step.label or step.node)
    return [
        str(step.step),
        label,
        step.kind,
        status_text(step.status),
        between(step.started_at, step.finished_at) if _is_timed(step) else "",
        tokens_at_a_glance(step.usage),
        cost_at_a_glance(step.cost_usd, step.usage),
        _told(step),
    ]


def _is_timed(step: Step) -> bool:
    return step.kind in ("agent", "approval") or step.status == "running"


def _told(step: Step) -> Text:
    """What is worth a word about a step: why it failed, who decided, how often it was tried."""
    error = step.error or {}
    if error and step.status != "completed":
        return Text(words_of(f"{error.get('code')}: {error.get('message')}"), style="red")
    if step.approval is not None:
        return Text(words_of(_decision(step.approval)))
    if step.kept:
        return Text("kept", style="dim")
    return Text(f"attempt {step.attempt}" if step.attempt > 1 else "", style="yellow")


def _decision(approval: Approval) -> str:
    if approval.decided_at is None:
        return approval.prompt or "waits for a person"
    if approval.timed_out:
        return "nobody decided in time"
    comment = f": {approval.comment}" if approval.comment else ""
    return f"{approval.decision} by {approval.decided_by or 'somebody'}{comment}"


def _print_questions(run: Run) -> None:
    """What a person is asked, whole, and how to answer."""
    for step in run.steps:
        asked = step.approval
        if step.status != "waiting" or asked is None or asked.decided_at is not None:
            continue
        until = f" (until {clock(asked.expires_at)})" if asked.expires_at else ""
        put("")
        head = Text("? ", style="bold magenta")
        head.append(f"{words_of(step.label or step.node)} waits for a person{until}", style="bold")
        print_text(Text(one_line(head.plain), style="bold magenta"))
        if asked.prompt:
            put_text(asked.prompt.rstrip())
        if asked.approvers:
            put(words_of(f"  may decide: {', '.join(asked.approvers)}"))
        put(f"  {program()} approve {run.run_id} {step.step}")
        put(f"  {program()} reject {run.run_id} {step.step}")


def _print_end(run: Run) -> None:
    if run.error:
        put("")
        told = one_line(f"{run.error.get('code')}: {run.error.get('message')}")
        put_text(told)
    if isinstance(run.output, Blob):
        put("")
        put(f"{run.output.size_bytes:,} bytes of output: {run.output.url}")
    elif run.output is not None:
        put("")
        put_text(run.output.rstrip())
