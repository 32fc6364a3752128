"""Putting facts into the log for certain, and large bodies beside it."""

import asyncio
from collections.abc import Awaitable
from hashlib import sha256
from typing import TypeVar

from services.agent_worker.execution import Execution
from services.agent_worker.identity import attempted
from services.agent_worker.interrupt import Interrupted
from services.agent_worker.outcome import Aborted, Ended, Failure, Output, failure_of
from shared.errors import AttemptFailed, Corrupt, Unavailable
from shared.log.bounds import StoreFull
from shared.log.port import AlreadyRecorded, Appended, Log
from shared.log.subjects import Address, rest_of
from shared.run.content import Blob, Content, Receipt
from shared.run.facts import (
    UNCOUNTED,
    Lifecycle,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepFinished,
    StepTurn,
    Stream,
    ToolReturned,
)
from shared.run.texts import INLINE_BYTES, LARGEST_BYTES
from shared.runtime.logging import logger

PAUSE_SECONDS = 0.25
OPAQUE_BYTES = 4 * 1024
"""What only few read stands beside the log beyond this: content of turns, what tools were told."""

F = TypeVar("F", StepTurn, ToolReturned)

log = logger()


async def answered(
    store: Log, fact: Lifecycle, answer: Awaitable[Appended | AlreadyRecorded]
) -> Appended | AlreadyRecorded:
    """What became of an append under way; one whose outcome is unknown is sent again."""
    while True:
        try:
            return await answer
        except Unavailable as error:
            log.warning("append.repeated", type=fact.type, run=fact.run, error=str(error))
        await asyncio.sleep(PAUSE_SECONDS)
        answer = store.append(fact)


async def append(store: Log, fact: Lifecycle) -> Appended | AlreadyRecorded:
    """Append one fact, however long the log is away."""
    return await answered(store, fact, store.append(fact))


async def reread(store: Log, fact: Lifecycle) -> Lifecycle | Stream | None:
    """What the log has under the subject of a fact it refused."""
    address = Address(fact.partition, fact.workspace, fact.run)
    fresh = await store.last_sequence(fact.workspace, fact.run)
    found = await store.select(address, [rest_of(fact)], at_least=fresh)
    return found.entries[0].recorded().fact if found.entries else None


async def first_recorded(store: Log, fact: F) -> F:
    """The fact, recorded now; or what came first under its subject, of the same type.

    Raises: Corrupt, Unavailable.
    """
    if isinstance(await append(store, fact), Appended):
        return fact
    first = await reread(store, fact)
    if not isinstance(first, type(fact)):
        raise Corrupt(f"expected {fact.type} at {rest_of(fact)} of run {fact.run}, found {first}")
    return first


async def kept(
    store: Log, execution: Execution, body: bytes, text: str, inline_bytes: int = INLINE_BYTES
) -> Content:
    """The text as a fact carries it: itself, or the name of its blob; `body` is its UTF-8.

    Raises: AttemptFailed, where the run may not write so much, or the store has no room for it;
    Interrupted, where the run was told to stop meanwhile.
    """
    if len(body) <= inline_bytes:
        return text
    share = execution.share
    assert share is not None
    share.take(len(body))
    workspace, run, *_ = execution.key
    async with share.turn():
        if execution.interrupt.reason == "stopped":
            raise Interrupted("stopped")
        try:
            return Blob(blob=await store.put_blob(workspace, run, body), size_bytes=len(body))
        except StoreFull as error:
            raise AttemptFailed(str(error), code=error.code, retry=True) from error


async def fetched(store: Log, workspace: str, run: str, content: Content) -> str:
    """The text that a content field stands for. Raises: Corrupt if its blob is not there."""
    if isinstance(content, str):
        return content
    body = await store.get_blob(workspace, run, content.blob)
    if body is None:
        raise Corrupt(f"expected blob {content.blob} of run {run} in the store, found nothing")
    return body.decode()


async def finished_fact(
    store: Log, execution: Execution, number: int | None, outcome: Ended
) -> StepFinished:
    """The fact that records an outcome of execution `number`; its body is stored by then."""
    if isinstance(outcome, Output):
        try:
            return await _completed(store, execution, number, outcome)
        except AttemptFailed as error:
            outcome = failure_of(error, outcome.usage, outcome.model)
        except Interrupted:
            outcome = Aborted(receipt=Receipt(usage=outcome.usage), model=outcome.model)
    ids, model = attempted(execution.ready), outcome.model
    match outcome:
        case Failure(cause=cause, usage=usage, counted=counted):
            return StepFailed(
                **ids,
                version=1 if counted else UNCOUNTED,
                execution=number,
                error=cause,
                usage=usage,
                model=model,
                counted=counted,
            )
        case Aborted(receipt=receipt):
            return StepCancelled(**ids, execution=number, receipt=receipt, model=model)


async def _completed(
    store: Log, execution: Execution, number: int | None, outcome: Output
) -> StepCompleted:
    """The fact of an output. Raises: AttemptFailed; Interrupted, as `kept`."""
    body = outcome.text.encode()
    text: Content | None = None
    if outcome.content is None:
        if len(body) > LARGEST_BYTES:
            words = f"expected an output of at most {LARGEST_BYTES} bytes, came {len(body)}"
            raise AttemptFailed(words, code="too_large", retry=False)
        text = await kept(store, execution, body, outcome.text)
    return StepCompleted(
        **attempted(execution.ready),
        execution=number,
        output=text,
        content=outcome.content,
        output_sha256=text.blob if isinstance(text, Blob) else sha256(body).hexdigest(),
        size_bytes=len(body),
        usage=outcome.usage,
        model=outcome.model,
        stop_reason=outcome.stop_reason,
        truncated=outcome.truncated,
        branches=outcome.branches,
        is_json=outcome.is_json,
        citations=outcome.citations,
        citations_left_out=outcome.citations_left_out,
    )
