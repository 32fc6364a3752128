"""What tests tell an api: flows, and the facts that scheduler and workers would append."""

import asyncio
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import httpx2

from shared.log import Log
from shared.log.subjects import partition_of
from shared.run import facts as f
from shared.run.content import Blob, Cause, Citation, CitationAt, Receipt, ResultRef, Usage

TOKEN = "a-token-for-tests-only"
ORIGIN = "http://pages.example"
FLOW: dict[str, Any] = {
    "nodes": [
        {"id": "draft", "type": "template", "data": {"template": "about {{input}}"}},
        {"id": "final", "type": "template", "data": {"template": "{{input}}!"}},
    ],
    "edges": [{"id": "e", "source": "draft", "target": "final"}],
}


AGENTS: dict[str, Any] = {
    "nodes": [
        {"id": "draft", "type": "agent", "data": {"label": "Ann", "instructions": "Draft it."}},
        {"id": "final", "type": "agent", "data": {"instructions": "Finish it."}},
    ],
    "edges": FLOW["edges"],
}


@dataclass(frozen=True, slots=True)
class Service:
    """A running api and a client with its token."""

    url: str
    http: httpx2.AsyncClient
    stopping: asyncio.Event

    async def run(self, **fields: Any) -> str:
        """A new run's id."""
        answer = await self.http.post("/api/v1/runs", json={"flow": FLOW, **fields})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["run_id"])

    async def pipeline(self, flow: dict[str, Any] = FLOW, name: str = "p") -> str:
        """A new pipeline's id."""
        answer = await self.http.post("/api/v1/pipelines", json={"name": name, "flow": flow})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


class Story:
    """Appends facts of one run as they would be recorded."""

    def __init__(self, log: Log, run: str, partitions: int = 2, workspace: str = "default") -> None:
        self._log = log
        self._run: dict[str, Any] = {
            "workspace": workspace,
            "run": run,
            "partition": partition_of(run, partitions),
        }

    async def begin_run(self) -> None:
        await self._log.append(f.RunStarted(**self._run))

    async def begin(self) -> None:
        await self.begin_run()
        await self.ready(0, "draft")

    async def ready(self, step: int, node: str, pool: str = "local") -> None:
        await self._log.append(
            f.StepReady(**self._run, step=step, node=node, attempt=1, kind="template", pool=pool)
        )

    async def ask(self, step: int, node: str, **about: Any) -> None:
        await self._log.append(f.StepWaiting(**self._run, step=step, node=node, attempt=1, **about))

    async def time_out(self, step: int, node: str) -> None:
        await self._log.append(
            f.StepDue(**self._run, step=step, node=node, attempt=1, purpose="approval")
        )

    async def stop(self, reason: Any = "failed") -> None:
        await self._log.append(f.RunStopping(**self._run, reason=reason))

    async def start(self, step: int, node: str, execution: int = 1) -> None:
        await self._log.append(
            f.StepStarted(
                **self._run, step=step, node=node, attempt=1, execution=execution, worker="w-1"
            )
        )

    async def say(self, step: int, node: str, offset: int, text: str, *, execution: int = 1) -> int:
        return await self._log.stream(
            f.StepDelta(
                **self._run,
                step=step,
                node=node,
                attempt=1,
                execution=execution,
                offset=offset,
                text=text,
            )
        )

    async def call(self, step: int, node: str, given: str | Blob, **about: Any) -> None:
        """A tool is called in the first turn; `about` are other fields, such as `index`."""
        at = {"attempt": 1, "execution": 1, "turn": 1, "index": 0, "call_id": "c", **about}
        fact = {"tool": "find_item", "input": given, "idempotency_key": "k", **at}
        await self._log.append(f.ToolCalled(**self._run, step=step, node=node, **fact))

    async def answer(self, step: int, node: str, output: str | Blob, **about: Any) -> None:
        """What came of the call."""
        at = {"attempt": 1, "execution": 1, "turn": 1, "index": 0, "call_id": "c", **about}
        fact = {"tool": "find_item", "outcome": "ok", "output": output, "seconds": 0.5, **at}
        await self._log.append(f.ToolReturned(**self._run, step=step, node=node, **fact))

    async def put(self, body: str) -> Blob:
        """A text too large for a fact, stored beside the log."""
        found = body.encode()
        blob = await self._log.put_blob(self._run["workspace"], self._run["run"], found)
        return Blob(blob=blob, size_bytes=len(found))

    async def turn(self, step: int, node: str, content: str) -> None:
        await self._log.append(
            f.StepTurn(
                **self._run,
                step=step,
                node=node,
                attempt=1,
                execution=1,
                turn=1,
                model="m",
                content=content,
            )
        )

    async def cite(self, step: int, node: str, offset: int, citation: Citation) -> None:
        at = {"step": step, "node": node, "attempt": 1, "execution": 1, "offset": offset}
        await self._log.stream(f.StepCitation(**self._run, **at, citation=citation))

    async def complete(self, step: int, node: str, output: str, *cited: CitationAt) -> None:
        await self._log.append(
            f.StepCompleted(
                **self._run,
                step=step,
                node=node,
                attempt=1,
                execution=1,
                output=output,
                output_sha256=sha256(output.encode()).hexdigest(),
                size_bytes=len(output.encode()),
                citations=cited,
            )
        )

    async def complete_large(self, step: int, node: str, output: str) -> None:
        body = output.encode()
        blob = await self._log.put_blob(self._run["workspace"], self._run["run"], body)
        await self._log.append(
            f.StepCompleted(
                **self._run,
                step=step,
                node=node,
                attempt=1,
                execution=1,
                output=Blob(blob=blob, size_bytes=len(body)),
                output_sha256=blob,
                size_bytes=len(body),
            )
        )

    async def break_down(self, step: int, node: str, message: str) -> None:
        error = Cause(code="overloaded", message=message, retryable=True)
        await self._log.append(
            f.StepFailed(**self._run, step=step, node=node, attempt=1, execution=1, error=error)
        )

    async def try_again(self, step: int, node: str, seconds: float) -> None:
        await self._log.append(
            f.StepRetryScheduled(
                **self._run, step=step, node=node, attempt=1, delay_seconds=seconds
            )
        )

    async def cancelled(self, *texts: str) -> None:
        """Both steps were stopped, having said this; the run is over."""
        for step, (node, text) in enumerate(zip(("draft", "final"), texts, strict=True)):
            receipt = Receipt(aborted_after_ms=4.5, text=text, usage=Usage(output_tokens=3))
            await self._log.append(
                f.StepCancelled(**self._run, step=step, node=node, attempt=1, receipt=receipt)
            )
        await self._log.append(f.RunCancelled(**self._run))

    async def fail(self, message: str) -> None:
        error = Cause(code="overloaded", message=message, step=1, node="final")
        await self._log.append(f.RunFailed(**self._run, error=error))

    async def end(self, output: str) -> None:
        digest = sha256(output.encode()).hexdigest()
        result = ResultRef(
            step=1, node="final", attempt=1, output_sha256=digest, size_bytes=len(output.encode())
        )
        await self._log.append(f.RunCompleted(**self._run, result=(result,)))

    async def whole(self, words: tuple[str, ...] = ("about ", "tea")) -> None:
        """The run from start to end, with `words` as the deltas of its first step."""
        await self.begin()
        await self.start(0, "draft")
        offset = 0
        for word in words:
            await self.say(0, "draft", offset, word)
            offset += len(word)
        await self.complete(0, "draft", "".join(words))
        await self.ready(1, "final")
        await self.start(1, "final")
        await self.complete(1, "final", "".join(words) + "!")
        await self.end("".join(words) + "!")
