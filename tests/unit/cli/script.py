"""The run that a scripted Penstock plays for the commands: two agents at once, then an end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.unit.client.scripted_penstock import ScriptedPenstock, answer, event_stream, frame

RUN = "01977d6e-0000-7000-8000-000000000001"
FLOW = {
    "nodes": [
        {"id": "n1", "type": "agent", "data": {"label": "Optimist", "instructions": "Say yes."}},
        {"id": "n2", "type": "agent", "data": {"name": "Pessimist", "instructions": "Say no."}},
    ],
    "edges": [],
}
STEPS: list[dict[str, object]] = [
    {"step": 0, "node": "n1", "label": "Optimist", "status": "pending"},
    {"step": 1, "node": "n2", "label": "Pessimist", "status": "pending"},
]
RESULT = [
    {"step": step, "node": node, "attempt": 1, "output_sha256": "0" * 64, "size_bytes": 3}
    for step, node in enumerate(("n1", "n2"))
]


def fact(number: int, kind: str, /, step: int | None = None, **data: object) -> bytes:
    """One event of the run; with `step`, about the first attempt of that step."""
    common: dict[str, object] = {"at": f"2026-01-05T10:00:{number:02}Z", "run": RUN}
    if step is not None:
        common |= {"step": step, "node": f"n{step + 1}", "attempt": 1, "execution": 1}
    return frame(number, kind, **{**common, **data})


def words(number: int, step: int, offset: int, text: str, **data: object) -> bytes:
    """A delta."""
    return fact(number, "step.delta", step, offset=offset, text=text, **data)


def output(number: int, step: int, text: str) -> bytes:
    """A completed step."""
    usage = {"input_tokens": 10, "output_tokens": 5}
    return fact(number, "step.completed", step, output=text, usage=usage)


def called(number: int, step: int, given: object, *, index: int = 0, **data: object) -> bytes:
    """A call of a tool in the first turn begins, with these arguments."""
    call = {"turn": 1, "index": index, "tool": "find_item", "call_id": f"c{index}"}
    return fact(number, "tool.called", step, **{**call, "input": given, **data})


def returned(number: int, step: int, output: object, *, index: int = 0, **data: object) -> bytes:
    """What came of it."""
    call = {"turn": 1, "index": index, "tool": "find_item", "call_id": f"c{index}"}
    told = {"outcome": "ok", "output": output, "seconds": 0.4, "error": None}
    return fact(number, "tool.returned", step, **{**call, **told, **data})


def end(number: int, status: str) -> bytes:
    """The frame that closes the stream."""
    return f'id: {number}\nevent: end\ndata: {{"status": "{status}"}}\n\n'.encode()


def system(*, workers: list[object], waiting: int = 0) -> dict[str, object]:
    """What `/admin/system` answers: one queue, these workers."""
    queue = {
        "pool": "default", "queue": "shared", "waiting": waiting, "in_progress": 0,
        "oldest_seconds": None,
    }  # fmt: skip
    return {
        "queues": [queue], "workers": workers, "partitions": [], "projector": {}, "readers": {},
        "log": {"entries": 1, "size_bytes": 1, "limit_bytes": None}, "runs": {"living": 1},
        "versions": {},
    }  # fmt: skip


BEGINNING = [
    fact(1, "run.requested", input="May I?"),
    fact(2, "run.started"),
    fact(3, "step.ready", 0, kind="agent"),
    fact(4, "step.ready", 1, kind="agent"),
    fact(5, "step.started", 0, worker="w1"),
    fact(6, "step.started", 1, worker="w1"),
]
SPEECH = [
    words(10, 1, 0, "No, "),
    words(11, 0, 0, "Yes, "),
    words(12, 1, 4, "you may\nnot."),
    output(13, 1, "No, you may\nnot."),
    words(14, 0, 5, "you may."),
    output(15, 0, "Yes, you may."),
]
COMPLETED = [fact(20, "run.completed", result=RESULT), end(20, "completed")]
ERROR = {"code": "overloaded", "message": "the model is overloaded"}
FAILED = [
    fact(16, "step.failed", 0, error=ERROR),
    fact(17, "run.stopping", reason="failed"),
    fact(20, "run.failed", error={**ERROR, "step": 0, "node": "n1"}),
    end(20, "failed"),
]
CANCELLED = [
    fact(16, "run.cancel_requested"),
    fact(17, "step.cancelled", 0, receipt={"text": "Yes, "}),
    fact(20, "run.cancelled"),
    end(20, "cancelled"),
]
IN_BLOCKS = "## Optimist\n\nYes, you may.\n\n## Pessimist\n\nNo, you may\nnot.\n\n"


@dataclass
class Script:
    """The scripted Penstock, and the directory whose commands find it."""

    stack: ScriptedPenstock
    directory: Path

    def accept(self, run: str) -> None:
        """Accepts every run, as `run`."""
        accepted = {"run_id": run, "status": "pending", "events_url": ""}
        self.stack.on("POST", "/api/v1/runs", answer(accepted, 202))

    def play(self, *parts: Sequence[bytes], after: str = "end") -> None:
        """Streams these frames to whoever reads the events of `RUN`."""
        pieces = [b"retry: 10\n\n", *(piece for part in parts for piece in part)]
        self.stack.on("GET", f"/api/v1/runs/{RUN}/events", event_stream(pieces, after))

    def show(self, **fields: object) -> None:
        """Answers `GET /runs/RUN`."""
        self.stack.on(
            "GET", f"/api/v1/runs/{RUN}", answer({"run_id": RUN, "status": "running", **fields})
        )

    def wait(self, reason: dict[str, object]) -> None:
        """Has `RUN` wait for this."""
        told = answer({"waiting_for": {"until": None, **reason}})
        self.stack.on("GET", f"/api/v1/runs/{RUN}/waiting-for", told)

    def describe(self, **fields: object) -> None:
        """Changes what stack.json says."""
        path = self.directory / ".penstock" / "stack.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))
