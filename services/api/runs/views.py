"""A run as `GET /runs/{id}` shows it: the fold of its facts, and what they carry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.api.api import Api
from services.api.live.frames import blob_url
from services.api.live.opening import unvoid
from services.api.runs.attempts import Attempt, Attempts, Execution, attempts_of, total
from shared.errors import Corrupt
from shared.flow import AgentWork, Flow, Step
from shared.run import RunState, fold, status_of, step_status_of
from shared.run import facts as f
from shared.run.content import Blob, Content, ContentRef, Usage
from shared.run.wire import Recorded

GLUE = "\n\n"
RECEIPT_TEXT_BYTES = 4 << 10
View = dict[str, object]


@dataclass(frozen=True, slots=True)
class RunRead:
    """A run, read and folded."""

    requested: f.RunRequested
    flow: Flow
    state: RunState
    recorded: Sequence[Recorded]
    attempts: Attempts

    def last_attempt(self, step: int) -> Attempt | None:
        """The latest attempt of a step."""
        attempts = self.attempts.get(step)
        return attempts[-1] if attempts else None


async def read_run(api: Api, workspace: str, run: str) -> RunRead:
    """The run as it stands. Raises: NotFound, Unavailable, Corrupt."""
    entries = await api.records.facts(workspace, run)
    recorded = [entry.recorded() for entry in unvoid(entries)]
    requested = next((r.fact for r in recorded if isinstance(r.fact, f.RunRequested)), None)
    if requested is None:
        raise Corrupt(f"run {run} has facts and was never requested")
    flow = await api.flows.version(requested.flow)
    return RunRead(requested, flow, fold(flow, recorded), recorded, attempts_of(recorded))


async def run_view(api: Api, workspace: str, run: str, events_url: str) -> View:
    """The whole run. Raises: NotFound, Unavailable, Corrupt."""
    read = await read_run(api, workspace, run)
    asked, state = read.requested, read.state
    failed = state.ended.error if isinstance(state.ended, f.RunFailed) else None
    return {
        "run_id": run,
        "status": status_of(state),
        "pipeline_id": asked.pipeline_id,
        "pipeline_version": asked.pipeline_version,
        "pipeline_name": asked.pipeline_name,
        "flow": asked.flow,
        "input": _shown(run, asked.input),
        **await _result(api, read),
        "error": failed or (state.stop.error if state.stop else None),
        "usage": _usage(read.attempts),
        **_times(read.recorded),
        "variables": asked.variables,
        "metadata": asked.metadata,
        "limits": asked.limits,
        "on_disconnect": asked.on_disconnect,
        "start_at": asked.start_at,
        "forked_from": asked.forked_from,
        "events_url": events_url,
        "steps": [step_view(read, step) for step in read.flow.steps],
    }


def step_view(read: RunRead, step: Step) -> View:
    """One step in a list: all but its texts."""
    attempts = read.attempts.get(step.number, [])
    last = attempts[-1] if attempts else None
    return {
        "step": step.number,
        "node": step.node,
        "kind": step.kind,
        "label": step.work.name if isinstance(step.work, AgentWork) else None,
        "status": step_status_of(read.state, step.number),
        "attempt": last.attempt if last else 0,
        "ready_at": attempts[0].ready_at if attempts else None,
        "started_at": attempts[0].started_at if attempts else None,
        "finished_at": last.finished_at if last else None,
        "model": last.model if last else None,
        "usage": total(attempt.usage for attempt in attempts),
        "error": last.error if last else None,
        "approval": last.approval if last else None,
    }


async def step_detail(api: Api, read: RunRead, step: Step) -> View:
    """One step with its inputs, its output and every attempt. Raises: Unavailable."""
    attempts = read.attempts.get(step.number, [])
    given = attempts[-1].inputs if attempts else ()
    required = dict.fromkeys(edge.source for edge in step.inputs)
    resolved = [n for n in required if read.state.step(n).is_resolved]
    return {
        **step_view(read, step),
        "inputs": {
            "required": [{"step": n, "node": read.flow.steps[n].node} for n in required],
            "resolved": [{"step": n, "node": read.flow.steps[n].node} for n in resolved],
            "received": [{"step": r.step, "node": r.node, "attempt": r.attempt} for r in given],
        },
        "output": await step_output(api, read, step.number),
        "attempts": [_attempt(attempt) for attempt in attempts],
    }


async def step_output(api: Api, read: RunRead, step: int) -> object:
    """The output of a completed step: its text, or where to read it; None if there is none."""
    last = read.last_attempt(step)
    if last is None or last.outcome != "completed":
        return None
    url = f"/api/v1/runs/{read.requested.run}/steps/{step}/output"
    return await _joined(api, read, _carriers(step, last), url)


async def text_of(api: Api, read: RunRead, refs: Sequence[ContentRef]) -> str:
    """The texts these facts carry, joined. Raises: Unavailable, Corrupt."""
    return GLUE.join([await _text(api, read, _content(read, ref)) for ref in refs])


def carriers_of(read: RunRead, step: int) -> Sequence[ContentRef] | None:
    """The facts that carry the output of a completed step; None for any other."""
    last = read.last_attempt(step)
    return _carriers(step, last) if last and last.outcome == "completed" else None


def _carriers(step: int, attempt: Attempt) -> Sequence[ContentRef]:
    if attempt.content is not None:
        return attempt.content
    return (ContentRef(step=step, attempt=attempt.attempt),)


async def _result(api: Api, read: RunRead) -> View:
    ended, run = read.state.ended, read.requested.run
    if not isinstance(ended, f.RunCompleted):
        return {"output": None, "outputs": {}}
    refs = [ContentRef(step=r.step, attempt=r.attempt) for r in ended.result]
    outputs: View = {}
    for sink in read.flow.sinks:
        if read.state.step(sink).output is not None:
            outputs[read.flow.steps[sink].node] = await step_output(api, read, sink)
    whole = await _joined(api, read, refs, f"/api/v1/runs/{run}/output")
    return {"output": whole, "outputs": outputs}


async def _joined(api: Api, read: RunRead, refs: Sequence[ContentRef], url: str) -> object:
    contents = [_content(read, ref) for ref in refs]
    blobs = [content for content in contents if isinstance(content, Blob)]
    if not blobs:
        return GLUE.join(content for content in contents if isinstance(content, str))
    if len(contents) == 1:
        return _shown(read.requested.run, blobs[0])
    sizes = (c.size_bytes if isinstance(c, Blob) else len(c.encode()) for c in contents)
    size = sum(sizes) + len(GLUE) * (len(contents) - 1)
    return {"blob": "", "size_bytes": size, "url": url}


def _content(read: RunRead, ref: ContentRef) -> Content:
    if read.flow.steps[ref.step].passes_run_input:
        return read.requested.input
    for attempt in read.attempts.get(ref.step, []):
        if attempt.attempt == ref.attempt and attempt.output is not None:
            return attempt.output
    raise Corrupt(f"no text of step {ref.step}, attempt {ref.attempt} is recorded")


async def _text(api: Api, read: RunRead, content: Content) -> str:
    if isinstance(content, str):
        return content
    asked = read.requested
    body = await api.records.blob(asked.workspace, asked.run, content.blob)
    return body.decode()


def _shown(run: str, content: Content) -> object:
    if isinstance(content, str):
        return content
    size = content.size_bytes
    return {"blob": content.blob, "size_bytes": size, "url": blob_url(run, content.blob)}


def _times(recorded: Iterable[Recorded]) -> View:
    times: dict[str, datetime] = {}
    for each in recorded:
        times.setdefault(each.fact.type, each.time)
    ends = (times.get(kind) for kind in ("run.completed", "run.failed", "run.cancelled"))
    return {
        "created_at": times.get("run.requested"),
        "started_at": times.get("run.started"),
        "cancel_requested_at": times.get("run.cancel_requested"),
        "finished_at": next((time for time in ends if time), None),
    }


def _usage(attempts: Attempts) -> Usage:
    return total(attempt.usage for of_step in attempts.values() for attempt in of_step)


def _attempt(attempt: Attempt) -> View:
    return {
        "attempt": attempt.attempt,
        "outcome": attempt.outcome,
        "pool": attempt.pool,
        "queue": attempt.queue,
        "ready_at": attempt.ready_at,
        "started_at": attempt.started_at,
        "finished_at": attempt.finished_at,
        "executions": [_execution(execution) for execution in attempt.executions],
        "usage": attempt.usage,
        "model": attempt.model,
        "stop_reason": attempt.stop_reason,
        "truncated": attempt.truncated,
        "error": attempt.error,
        "aborted_after_ms": attempt.receipt.aborted_after_ms if attempt.receipt else None,
        "receipt": receipt_view(attempt, whole=True) if attempt.receipt else None,
        "retry_delay_seconds": attempt.retry_delay_seconds,
        "size_bytes": attempt.size_bytes,
        "branches": attempt.branches,
        "approval": attempt.approval,
    }


def receipts(read: RunRead) -> list[View]:
    """What every attempt that was cancelled had done by then, in the order of the steps."""
    return [
        {
            "step": number,
            "node": read.flow.steps[number].node,
            "attempt": attempt.attempt,
            "execution": attempt.executions[-1].execution if attempt.executions else None,
            "model": attempt.model,
            "receipt": receipt_view(attempt, whole=False),
            "at_least": bool(attempt.executions),
        }
        for number, attempts in sorted(read.attempts.items())
        for attempt in attempts
        if attempt.receipt is not None
    ]


def receipt_view(attempt: Attempt, *, whole: bool) -> View:
    """The receipt of a cancelled attempt; a long text is left out unless it is asked for whole."""
    receipt = attempt.receipt
    assert receipt is not None
    size = len(receipt.text.encode())
    return {
        "aborted_after_ms": receipt.aborted_after_ms,
        "text": receipt.text if whole or size <= RECEIPT_TEXT_BYTES else None,
        "text_size_bytes": size,
        "usage": receipt.usage,
    }


def _execution(execution: Execution) -> View:
    return {
        "execution": execution.execution,
        "worker": execution.worker,
        "started_at": execution.started_at,
        "released_at": execution.released_at,
    }
