"""A run that was read, as callers are told of it: pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import chain

from services.api.http.models import LargeText, TextOrLarge
from services.api.live.frames import blob_url
from services.api.runs.approvers import approvers_of
from services.api.runs.attempts import Approval, Attempt, Attempts, Call
from services.api.runs.models import RunShape, RunUsage, StepUsage, Times, forked_from
from services.api.runs.reading import RunRead, result_refs
from services.api.runs.step_models import (
    ApprovalShape,
    AttemptShape,
    ExecutionShape,
    Inputs,
    NodeRef,
    ReceiptShape,
    Source,
    StepDetail,
    StepReceipt,
    StepShape,
    StepWithOutput,
    ToolCallShape,
)
from services.api.runs.usage import total
from services.api.runs.waiting_for import waiting_for
from shared.flow import Step
from shared.log.queues import priority_of
from shared.run import facts as f
from shared.run import status_of, step_status_of
from shared.run.content import Blob, Content, ContentRef, Usage
from shared.run.texts import join, joined_bytes
from shared.run.wire import Recorded

RECEIPT_TEXT_BYTES = 4 << 10


def run_shape(read: RunRead, events_url: str, served: Collection[str] | None = None) -> RunShape:
    """The whole run; `served` are the pools that workers live for, if known. Raises: Corrupt."""
    asked, state = read.requested, read.state
    failed = state.ended.error if isinstance(state.ended, f.RunFailed) else None
    result = state.ended.result if isinstance(state.ended, f.RunCompleted) else ()
    return RunShape(
        run_id=asked.run,
        status=status_of(state),
        pipeline_id=asked.pipeline_id,
        pipeline_version=asked.pipeline_version,
        pipeline_name=asked.pipeline_name,
        flow=asked.flow,
        input=input_of(read),
        output=_output(read),
        outputs=outputs_of(read),
        is_json=read.is_json(result_refs(result)),
        error=failed or (state.stop.error if state.stop else None),
        usage=usage_of(read.attempts),
        cost_usd=_cost_of(read),
        **dict(_times(read.recorded)),
        variables=dict(asked.variables),
        metadata=dict(asked.metadata),
        tags=list(asked.tags),
        requested_by=asked.requested_by,
        limits=asked.limits,
        on_disconnect=asked.on_disconnect,
        priority=priority_of(asked.queue),
        start_at=asked.start_at,
        waiting_for=waiting_for(read, served),
        forked_from=forked_from(asked.forked_from, asked.from_steps),
        events_url=events_url,
        steps=[step_shape(read, step) for step in read.flow.steps],
    )


def input_of(read: RunRead) -> TextOrLarge:
    """The run's input: its text, or where to read it."""
    return _shown(read.requested.run, read.requested.input)


def outputs_of(read: RunRead) -> dict[str, TextOrLarge | None]:
    """What a completed run put out, by node; nothing of any other."""
    if not isinstance(read.state.ended, f.RunCompleted):
        return {}
    return {
        read.flow.steps[sink].node: step_output(read, sink)
        for sink in read.state.ends
        if read.state.step(sink).output is not None
    }


def step_shape(read: RunRead, step: Step) -> StepShape:
    """One step in a list: all but its texts."""
    attempts = read.attempts.get(step.number, [])
    last = attempts[-1] if attempts else None
    return StepShape(
        step=step.number,
        node=step.node,
        kind=step.kind,
        label=step.label,
        status=step_status_of(read.state, step.number),
        attempt=last.attempt if last else 0,
        ready_at=attempts[0].ready_at if attempts else None,
        started_at=attempts[0].started_at if attempts else None,
        finished_at=last.finished_at if last else None,
        model=last.model if last else None,
        usage=total(attempt.usage for attempt in attempts),
        cost_usd=read.cost_of(attempts),
        error=last.error if last else None,
        approval=_approval(step, last.approval) if last else None,
        kept=last is not None and last.kept,
        is_json=read.is_json(read.carriers_of(step.number)),
    )


def step_with_output(read: RunRead, step: Step) -> StepWithOutput:
    """One step in a page, with its output."""
    own = dict(step_shape(read, step))
    return StepWithOutput(**own, output=step_output(read, step.number))


def step_detail(read: RunRead, step: Step) -> StepDetail:
    """One step with its inputs, its output and every attempt. Raises: Corrupt."""
    attempts = read.attempts.get(step.number, [])
    given = attempts[-1].inputs if attempts else ()
    required = dict.fromkeys(edge.source for edge in step.inputs)
    resolved = [n for n in required if read.state.step(n).is_resolved]
    return StepDetail(
        **dict(step_with_output(read, step)),
        inputs=Inputs(
            required=[_node(read, n) for n in required],
            resolved=[_node(read, n) for n in resolved],
            received=[Source(step=r.step, node=r.node, attempt=r.attempt) for r in given],
        ),
        attempts=[_attempt(read, step, attempt) for attempt in attempts],
    )


def step_output(read: RunRead, step: int) -> TextOrLarge | None:
    """The output of a completed step: its text, or where to read it; None if there is none."""
    refs = read.carriers_of(step)
    url = f"/api/v1/runs/{read.requested.run}/steps/{step}/output"
    return None if refs is None else _joined(read, refs, url)


def receipts(read: RunRead) -> list[StepReceipt]:
    """What every attempt that was cancelled had done by then, in the order of the steps."""
    return [
        StepReceipt(
            step=number,
            node=read.flow.steps[number].node,
            attempt=attempt.attempt,
            execution=attempt.executions[-1].execution if attempt.executions else None,
            model=attempt.model,
            receipt=receipt,
            at_least=bool(attempt.executions),
        )
        for number, attempts in sorted(read.attempts.items())
        for attempt in attempts
        if (receipt := _receipt(attempt, whole=False)) is not None
    ]


def run_usage(read: RunRead) -> RunUsage:
    """What the run used, and its steps."""
    steps = [
        StepUsage(**dict(_node(read, number)), usage=used, cost_usd=read.cost_of(attempts))
        for number, attempts in sorted(read.attempts.items())
        if (used := total(attempt.usage for attempt in attempts)) != Usage()
    ]
    return RunUsage(usage=usage_of(read.attempts), cost_usd=_cost_of(read), steps=steps)


def usage_of(attempts: Attempts) -> Usage:
    """What all attempts of all steps used."""
    return total(attempt.usage for of_step in attempts.values() for attempt in of_step)


def _cost_of(read: RunRead) -> str | None:
    return read.cost_of(chain.from_iterable(read.attempts.values()))


def _output(read: RunRead) -> TextOrLarge | None:
    ended = read.state.ended
    if not isinstance(ended, f.RunCompleted):
        return None
    return _joined(read, result_refs(ended.result), f"/api/v1/runs/{read.requested.run}/output")


def _joined(read: RunRead, refs: Sequence[ContentRef], url: str) -> TextOrLarge:
    contents = [read.content(ref) for ref in refs]
    blobs = [content for content in contents if isinstance(content, Blob)]
    if not blobs:
        return join(content for content in contents if isinstance(content, str))
    if len(contents) == 1:
        return _shown(read.requested.run, blobs[0])
    sizes = [c.size_bytes if isinstance(c, Blob) else len(c.encode()) for c in contents]
    return LargeText(blob="", size_bytes=joined_bytes(sizes), url=url)


def _shown(run: str, content: Content) -> TextOrLarge:
    if isinstance(content, str):
        return content
    url = blob_url(run, content.blob)
    return LargeText(blob=content.blob, size_bytes=content.size_bytes, url=url)


def _times(recorded: Iterable[Recorded]) -> Times:
    times: dict[str, datetime] = {}
    for each in recorded:
        times.setdefault(each.fact.type, each.time)
    ends = (times.get(kind) for kind in ("run.completed", "run.failed", "run.cancelled"))
    return Times(
        created_at=times["run.requested"],
        started_at=times.get("run.started"),
        cancel_requested_at=times.get("run.cancel_requested"),
        finished_at=next((time for time in ends if time), None),
    )


def _node(read: RunRead, step: int) -> NodeRef:
    return NodeRef(step=step, node=read.flow.steps[step].node)


def _attempt(read: RunRead, step: Step, attempt: Attempt) -> AttemptShape:
    return AttemptShape(
        attempt=attempt.attempt,
        outcome=attempt.outcome,
        pool=attempt.pool,
        queue=attempt.queue,
        ready_at=attempt.ready_at,
        started_at=attempt.started_at,
        finished_at=attempt.finished_at,
        executions=[
            ExecutionShape.model_validate(each, from_attributes=True) for each in attempt.executions
        ],
        tool_calls=[
            _tool_call(read.requested.run, attempt.calls[place]) for place in sorted(attempt.calls)
        ],
        usage=attempt.usage,
        cost_usd=read.cost_of([attempt]),
        model=attempt.model,
        stop_reason=attempt.stop_reason,
        truncated=attempt.truncated,
        error=attempt.error,
        aborted_after_ms=attempt.receipt.aborted_after_ms if attempt.receipt else None,
        receipt=_receipt(attempt, whole=True),
        retry_delay_seconds=attempt.retry_delay_seconds,
        size_bytes=attempt.size_bytes,
        branches=list(attempt.branches) if attempt.branches is not None else None,
        approval=_approval(step, attempt.approval),
        kept=attempt.kept,
        citations=list(attempt.citations),
        citations_left_out=attempt.citations_left_out,
    )


def _tool_call(run: str, call: Call) -> ToolCallShape:
    returned = call.returned
    return ToolCallShape(
        turn=call.turn,
        index=call.index,
        tool=call.tool,
        call_id=call.call_id,
        executions=call.executions,
        called_at=call.called_at,
        returned_at=call.returned_at,
        input=None if call.input is None else _shown(run, call.input),
        outcome=returned and returned.outcome,
        output=None if returned is None else _shown(run, returned.output),
        error=returned and returned.error,
        seconds=None if returned is None else returned.seconds,
        cut=returned is not None and returned.cut,
    )


def _receipt(attempt: Attempt, *, whole: bool) -> ReceiptShape | None:
    """The receipt of a cancelled attempt; a long text is left out unless it is asked for whole."""
    receipt = attempt.receipt
    if receipt is None:
        return None
    size = len(receipt.text.encode())
    return ReceiptShape(
        aborted_after_ms=receipt.aborted_after_ms,
        text=receipt.text if whole or size <= RECEIPT_TEXT_BYTES else None,
        text_size_bytes=size,
        usage=receipt.usage,
    )


def _approval(step: Step, approval: Approval | None) -> ApprovalShape | None:
    if approval is None:
        return None
    named = approvers_of(step)
    return ApprovalShape.model_validate(
        {**asdict(approval), "approvers": None if named is None else list(named)}
    )
