"""What a fork keeps, copied: outputs as bodies of the new run, and the list of them.

Copies come before `run.requested`. Where that is never recorded they are bodies of no run; sent
again with the same key, the same are made under the same names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from services.api.http.work import off_loop
from services.api.runs.forking import Planned
from services.api.runs.reading import RunRead, RunReader
from shared.errors import TooLarge
from shared.log.port import Log
from shared.run import body_of, keep
from shared.run.content import Blob, ContentRef, KeptDecision
from shared.run.kept import Named
from shared.run.texts import INLINE_BYTES

AT_ONCE = 16


async def store_kept(log: Log, reader: RunReader, planned: Planned, run: str) -> Blob:
    """Copy what the fork keeps to `run`; the name of the list of it.

    Raises: StoreFull, NotFound, Unavailable, Corrupt.
    """
    read, plan = planned.read, planned.plan
    workspace = read.requested.workspace
    sizes = _own_sizes(read, planned)

    async def copied(step: int) -> Blob:
        attempt = read.state.step(step).attempt
        text = b"".join(await reader.text_of(read, [ContentRef(step=step, attempt=attempt)]))
        return Blob(blob=await log.put_blob(workspace, run, text), size_bytes=len(text))

    small = [step for step, size in sizes.items() if size <= INLINE_BYTES]
    texts: dict[int, Blob] = {}
    for at in range(0, len(small), AT_ONCE):
        some = small[at : at + AT_ONCE]
        texts |= zip(some, await asyncio.gather(*map(copied, some)), strict=True)
    for step in sizes.keys() - texts.keys():
        # One at a time: each may have 64 MiB.
        texts[step] = await copied(step)

    def listed() -> bytes:
        return body_of(keep(read.state, plan, texts, _decisions(read), _named(read, planned)))

    body = await off_loop(read.is_short, listed)
    return Blob(blob=await log.put_blob(workspace, run, body), size_bytes=len(body))


def keeps_json(planned: Planned) -> bool:
    """Something that is kept is JSON that fits a schema."""
    outputs = (planned.read.state.step(step).output for step in planned.plan.kept.values())
    return any(output is not None and output.is_json for output in outputs)


def refuse_too_much(planned: Planned, most_bytes: int | None) -> None:
    """Raises: TooLarge, where what is kept and the input are more than a run may write."""
    given = planned.read.requested.input_size_bytes if planned.text is None else len(planned.text)
    written = given + sum(_own_sizes(planned.read, planned).values())
    if most_bytes is not None and written > most_bytes:
        raise TooLarge(
            f"expected a fork that keeps at most {most_bytes:,} bytes, input included, came "
            f"{written:,}: fork from an earlier step"
        )


def _own_sizes(read: RunRead, planned: Planned) -> Mapping[int, int]:
    """The sizes of the texts to be copied, by steps of the parent."""
    sizes: dict[int, int] = {}
    for step in planned.plan.kept.values():
        output = read.state.step(step).output
        if output is not None and not read.flow.steps[step].passes_texts:
            sizes[step] = output.size_bytes
    return sizes


def _named(read: RunRead, planned: Planned) -> dict[int, Named]:
    """The sources of the answers that are kept, by steps of the parent, as long as they fit.

    Whoever schedules the run holds them: of all steps together no more than an input.
    """
    found: dict[int, Named] = {}
    left = INLINE_BYTES
    for step in planned.plan.kept.values():
        attempt = read.attempts[step][-1]
        citations, left_out = attempt.citations, attempt.citations_left_out
        left -= sum(len(each.model_dump_json().encode()) for each in citations)
        if left < 0:
            citations, left_out = (), left_out + len(citations)
        if citations or left_out:
            found[step] = Named(citations, left_out)
    return found


def _decisions(read: RunRead) -> dict[int, KeptDecision]:
    """Who decided what, by steps of the parent, and in which run that was."""
    found: dict[int, KeptDecision] = {}
    for step, attempts in read.attempts.items():
        approval = attempts[-1].approval
        if approval is not None and approval.decision is not None:
            found[step] = KeptDecision.model_validate(
                {
                    "decision": approval.decision,
                    "decided_by": approval.decided_by,
                    "comment": approval.comment,
                    "run": approval.decided_in or read.requested.run,
                }
            )
    return found
