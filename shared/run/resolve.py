"""How a step begins, and how those end that no worker touches: by references, never by text."""

from __future__ import annotations

from typing import NamedTuple

from shared.flow import ApprovalWork, Step
from shared.run import facts as f
from shared.run.content import Cause, ContentRef, InputRef, ResultRef
from shared.run.fallback import chain_of
from shared.run.kept import KeptStep
from shared.run.state import RunState, StepState
from shared.run.texts import joined_bytes, sources_of


def begin(state: RunState, step: Step) -> f.Lifecycle:
    """What the step's resolved in-edges require: skipped, ready, asked, or done at once."""
    is_alive = not step.inputs or any(state.is_alive(edge) for edge in step.inputs)
    if not is_alive or not state.is_wanted(step.number):
        return f.StepSkipped(**_run(state), step=step.number, node=step.node)
    if (kept := state.kept.get(step.number)) is not None:
        return _kept(state, step, kept)
    match step.kind:
        case "input":
            return _entered(state, step, branches=None)
        case "output":
            return _passed_on(state, step, branches=None)
        case "approval":
            work = approval(step)
            return f.StepWaiting(
                **_run(state),
                **_named(step, 1),
                prompt=work.prompt,
                timeout_seconds=work.timeout_seconds,
                inputs=inputs(state, step),
            )
        case _:
            chain = chain_of(step)
            return _ready(state, step, 1, _Asked(chain[0]) if chain else None)


def again(state: RunState, step: Step, failed: StepState) -> f.StepReady:
    """The next attempt after one that failed, by the same model."""
    attempt, uncounted = failed.attempt + 1, failed.uncounted
    tries = attempt - uncounted - failed.passed
    asked = None if failed.model is None else _Asked(failed.model, tries)
    return _ready(state, step, attempt, asked, uncounted)


def handed_on(state: RunState, step: Step, failed: StepState, model: str) -> f.StepReady:
    """The next attempt after one that failed, by the model that takes over."""
    return _ready(state, step, failed.attempt + 1, _Asked(model), failed.uncounted)


class _Asked(NamedTuple):
    """The model that is asked, of several, and the how-manieth of its tries that is."""

    model: str
    tries: int = 1


def _ready(
    state: RunState, step: Step, attempt: int, asked: _Asked | None, uncounted: int = 0
) -> f.StepReady:
    """The attempt may be executed, by whoever works off the run's queue.

    So many of those before it did not count.
    """
    requested = state.requested
    assert requested is not None
    of_chain = (
        {"version": f.OF_A_CHAIN, "model": asked.model, "try_of_model": asked.tries}
        if asked
        else {}
    )
    return f.StepReady(
        **_run(state),
        **_named(step, attempt),
        **of_chain,
        kind=step.kind,
        pool=step.pool,
        queue=requested.queue,
        inputs=inputs(state, step),
        written_bytes=state.written_bytes,
        uncounted=uncounted,
    )


def inputs(state: RunState, step: Step) -> tuple[InputRef, ...]:
    """The live inputs of a step, each source once, in topological order."""
    found: dict[int, InputRef] = {}
    for edge in step.inputs:
        if edge.source in found or not state.is_alive(edge):
            continue
        source, output = state.flow.steps[edge.source], state.step(edge.source).output
        assert output is not None
        attempt = state.step(edge.source).attempt
        own = (ContentRef(step=edge.source, attempt=attempt),)
        found[edge.source] = InputRef(
            step=edge.source,
            node=source.node,
            attempt=attempt,
            content=None if output.content == own else output.content,
        )
    return tuple(found.values())


def answered(state: RunState, step: Step, now: StepState) -> f.StepFinished:
    """The outcome of an approval that a person, or its timeout, decided."""
    assert now.answer is not None
    decision = now.answer.decision or approval(step).default
    if decision is None:
        error = Cause(code="approval_timeout", message="nobody decided in time")
        return f.StepFailed(**_run(state), **_named(step, now.attempt), error=error)
    branches = ("approved" if decision == "approve" else "rejected",)
    passed = _entered if step.passes_run_input else _passed_on
    return passed(state, step, branches)


def approval(step: Step) -> ApprovalWork:
    """What an approval asks."""
    assert isinstance(step.work, ApprovalWork)
    return step.work


def result(state: RunState) -> tuple[ResultRef, ...]:
    """The facts that carry the run's result, in the order of the sinks that completed."""
    outputs = (state.step(number).output for number in state.ends)
    return tuple(_weighed(state, ref) for out in outputs if out for ref in out.content)


def _weighed(state: RunState, ref: ContentRef) -> ResultRef:
    output = state.step(ref.step).output
    assert output is not None
    return ResultRef(
        step=ref.step,
        node=state.flow.steps[ref.step].node,
        attempt=ref.attempt,
        output_sha256=output.sha256,
        size_bytes=output.size_bytes,
    )


def _kept(state: RunState, step: Step, kept: KeptStep) -> f.StepCompleted:
    """The outcome another run had of the step; of one that passes texts on, by the facts here."""
    given = inputs(state, step)
    own = (ContentRef(step=step.number, attempt=1),)
    passed = own if step.passes_run_input else tuple(sources_of(given))
    return f.StepCompleted(
        **_run(state),
        **_named(step, 1),
        output=kept.output,
        content=passed if step.passes_texts else None,
        output_sha256=kept.output_sha256,
        size_bytes=kept.size_bytes,
        stop_reason=kept.stop_reason,
        truncated=kept.truncated,
        branches=kept.branches,
        inputs=given,
        kept=True,
        decided=kept.decided,
        is_json=kept.is_json,
        citations=kept.citations,
        citations_left_out=kept.citations_left_out,
    )


def _entered(state: RunState, step: Step, branches: tuple[str, ...] | None) -> f.StepCompleted:
    requested = state.requested
    assert requested is not None
    return f.StepCompleted(
        **_run(state),
        **_named(step, 1),
        content=(ContentRef(step=step.number, attempt=1),),
        output_sha256=requested.input_sha256,
        size_bytes=requested.input_size_bytes,
        branches=branches,
    )


def _passed_on(state: RunState, step: Step, branches: tuple[str, ...] | None) -> f.StepCompleted:
    given = inputs(state, step)
    refs = [_weighed(state, ref) for ref in sources_of(given)]
    alone = refs[0] if len(refs) == 1 else None
    return f.StepCompleted(
        **_run(state),
        **_named(step, 1),
        content=tuple(ContentRef(step=ref.step, attempt=ref.attempt) for ref in refs),
        output_sha256=alone.output_sha256 if alone else "",
        size_bytes=joined_bytes([ref.size_bytes for ref in refs]),
        branches=branches,
        inputs=given,
    )


def _run(state: RunState) -> dict[str, object]:
    requested = state.requested
    assert requested is not None
    return {
        "workspace": requested.workspace,
        "run": requested.run,
        "partition": requested.partition,
    }


def _named(step: Step, attempt: int) -> dict[str, object]:
    return {"step": step.number, "node": step.node, "attempt": attempt}
