"""What a fork is to be: its flow, its input, and which steps it keeps. Nothing is stored here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from starlette.requests import Request

from services.api.definitions.flows import Flows, Runnable
from services.api.definitions.overrides import Overrides
from services.api.http.bodies import misfit, refuse_unfit
from services.api.http.parameters import canonical_id
from services.api.http.parts import part
from services.api.http.problems import NothingToRetry, RunNotOver
from services.api.http.work import is_small, off_loop
from services.api.identity.identity import workspace_of
from services.api.runs.create import refuse_large, require_variables
from services.api.runs.fork_models import ForkBody, ForkPlan
from services.api.runs.models import ForkedFrom
from services.api.runs.reading import RunRead, RunReader
from services.api.runs.step_models import NodeRef
from shared.flow import Flow, Step
from shared.flow.json_value import shown
from shared.run import Fork, Plan, plan_of, unfinished

SAME, LATEST = "same", "latest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A fork that can be: what it goes back to, what it runs, and what becomes of its steps.

    `text` is another input than the parent's, or None; `from_steps` are numbers of the parent.
    """

    read: RunRead
    runnable: Runnable
    fork: Fork
    text: bytes | None
    from_steps: tuple[int, ...]
    plan: Plan

    @property
    def rerun(self) -> list[Step]:
        """The steps that run again."""
        return [self.runnable.flow.steps[n] for n in self.plan.rerun]

    @property
    def told(self) -> ForkPlan:
        """The plan as callers are told of it."""
        steps = self.runnable.flow.steps
        run = self.read.requested.run
        return ForkPlan(
            forked_from=ForkedFrom.model_validate({"run": run, "from_steps": self.from_steps}),
            kept=[NodeRef(step=n, node=steps[n].node) for n in sorted(self.plan.kept)],
            rerun=[NodeRef(step=n, node=steps[n].node) for n in self.plan.rerun],
        )


async def read_over(request: Request, run: str) -> RunRead:
    """A run that is over. Raises: NotFound, RunNotOver, Unavailable, Corrupt."""
    read = await part(request, RunReader).read(workspace_of(request), run)
    if read.state.ended is None:
        raise not_over(run)
    return read


def not_over(run: str) -> RunNotOver:
    """What to say of a run that is not over, where only one that is can be meant."""
    return RunNotOver(
        f"expected a run that is over, run {run} is not: wait for its end, or cancel it first"
    )


async def plan_fork(request: Request, read: RunRead, body: ForkBody) -> Planned:
    """What a fork of the run with these changes would be.

    Raises: NotFound, InvalidRequest, InvalidFlow, MissingVariables, TooLarge, Unavailable, Corrupt.
    """
    small = is_small(body.overrides)
    await off_loop(small, lambda: refuse_unfit(dict(body.overrides), ".overrides"))
    runnable = await _runnable(request, read, body)
    variables = {**read.requested.variables, **body.variables}
    refuse_large("variables", dict(variables))
    require_variables(runnable, variables)
    from_steps = _numbers(read.flow, body.from_steps, ".from_steps")
    until = _numbers(runnable.flow, body.until_steps, ".until_steps")
    asked = read.requested
    text = body.input
    hashed = asked.input_sha256 if text is None else await _hash_of(text)
    fork = Fork(
        flow=runnable.flow,
        input_sha256=hashed,
        variables=variables,
        nodes=frozenset(read.flow.steps[n].node for n in from_steps),
        until=until,
    )
    return await _planned(read, runnable, fork, text, from_steps)


async def plan_retry(flows: Flows, read: RunRead) -> Planned:
    """What the same run would be once more, from every step that did not complete.

    Raises: NothingToRetry, Unavailable, Corrupt.
    """
    asked, nodes = read.requested, unfinished(read.state)
    from_steps = tuple(step.number for step in read.flow.steps if step.node in nodes)
    if not from_steps:
        raise NothingToRetry(
            "expected a run with a step that did not complete, found none: "
            "fork it from the step that is to run again"
        )
    fork = Fork(
        flow=read.flow,
        input_sha256=asked.input_sha256,
        variables=asked.variables,
        nodes=nodes,
        until=asked.until_steps,
        keeps_approvals=True,
    )
    return await _planned(read, await _same_version(flows, read, {}), fork, None, from_steps)


async def _planned(
    read: RunRead, runnable: Runnable, fork: Fork, text: bytes | None, from_steps: tuple[int, ...]
) -> Planned:
    plan = await off_loop(read.is_short, lambda: plan_of(read.state, fork))
    return Planned(
        read=read, runnable=runnable, fork=fork, text=text, from_steps=from_steps, plan=plan
    )


async def _hash_of(text: bytes) -> str:
    return await off_loop(len(text) <= 1 << 18, lambda: sha256(text).hexdigest())


async def _same_version(flows: Flows, read: RunRead, overrides: Overrides) -> Runnable:
    """What the parent ran; with other data of nodes it is no version of its pipeline."""
    asked = read.requested
    runnable = await flows.again(asked.workspace, asked.flow, overrides)
    runnable.pipeline_id, runnable.pipeline_name = asked.pipeline_id, asked.pipeline_name
    runnable.pipeline_version = None if overrides else asked.pipeline_version
    return runnable


async def _runnable(request: Request, read: RunRead, body: ForkBody) -> Runnable:
    asked, flows = read.requested, part(request, Flows)
    if body.version in (SAME, asked.flow):
        return await _same_version(flows, read, body.overrides)
    if asked.pipeline_id is None:
        expected = f"{SAME}: the run is of no pipeline"
        raise misfit(".version", expected, shown(body.version))
    pipeline = canonical_id(asked.pipeline_id, "pipeline")
    version = None if body.version == LATEST else body.version
    return await flows.of_version(workspace_of(request), pipeline, version, body.overrides)


def _numbers(flow: Flow, named: Sequence[int | str], path: str) -> tuple[int, ...]:
    """The numbers of these steps, ascending. Raises: InvalidRequest."""
    last = len(flow.steps) - 1
    known = {step.node: step.number for step in flow.steps}
    found: set[int] = set()
    for at, name in enumerate(named):
        number = known.get(name) if isinstance(name, str) else name
        if number is None or not 0 <= number <= last:
            expected = f"a step from 0 to {last}, or the id of its node"
            raise misfit(f"{path}[{at}]", expected, repr(name)[:80])
        found.add(number)
    return tuple(sorted(found))
