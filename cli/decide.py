"""Deciding what a run waits for a person to decide."""

from __future__ import annotations

from typing import Literal, NamedTuple

from penstock_client import Penstock, Step

from cli.outcome import CommandError, ExitCode
from cli.printing import put
from cli.program import program
from cli.session import Session
from cli.which import which_run


class Answer(NamedTuple):
    """What a person says, and why."""

    decision: Literal["approve", "reject"]
    comment: str | None = None


async def decide(
    session: Session,
    *,
    run: str | None,
    last: bool,
    which: str | None,
    answer: Answer,
) -> ExitCode:
    """Records the decision; refused if somebody, or time, was first. Raises: CommandError."""
    if last and run is not None and which is None:
        run, which = None, run  # what stands there names the step
    async with session.client() as client:
        run_id = await which_run(client, run, last=last)
        step = await _step(client, run_id, which)
        decided = await client.runs.decide(run_id, step, answer.decision, comment=answer.comment)
    done = {"approve": "approved", "reject": "rejected"}[decided.decision]
    put(f"{run_id} {decided.node} {done}")
    return ExitCode.DONE


async def _step(client: Penstock, run_id: str, which: str | None) -> int:
    """The number of the step that is meant: by node, by number, or the only one that waits."""
    if which is None:
        return await _only_one(client, run_id)
    async for step in client.runs.steps(run_id, node=which):
        return step.step
    if which.isascii() and which.isdigit():
        return int(which)
    raise CommandError(f"run {run_id} has no step {which!r}.", f"See: {program()} show {run_id}")


async def _only_one(client: Penstock, run_id: str) -> int:
    waiting = [step async for step in client.runs.steps(run_id) if _is_asking(step)]
    if len(waiting) == 1:
        return waiting[0].step
    nodes = ", ".join(step.node for step in waiting[:8])
    hint = f"Name one of them: {nodes}" if waiting else f"See: {program()} show {run_id}"
    count = len(waiting) or "no"
    raise CommandError(f"{count} steps of run {run_id} wait for a person.", hint)


def _is_asking(step: Step) -> bool:
    asked = step.approval
    return step.status == "waiting" and asked is not None and asked.decided_at is None
