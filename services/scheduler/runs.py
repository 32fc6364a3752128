"""Runs as actors: begun from their request, or read from the log and moved on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

from services.scheduler import signals
from services.scheduler.actor import Actor, Reaction
from shared.errors import Corrupt, Unavailable
from shared.log.flows import AT_ONCE_BYTES, Flows
from shared.log.port import Appended, Delivery, Entry, Log
from shared.log.subjects import FINISHED, Address
from shared.run import NOTHING_KEPT, Kept, fold, kept_in, owed, standing
from shared.run.facts import RunRequested

T = TypeVar("T")

# A run of 10,000 steps takes seconds to fold: other runs get their turn in between.
AT_ONCE_FACTS = 500


class Runs:
    """Makes actors and carries out what they ask for."""

    def __init__(self, log: Log, flows: Flows) -> None:
        self._log = log
        self._flows = flows

    def begin(self, requested: RunRequested) -> Actor | None:
        """The actor of a run nothing else is recorded of; None if something must be read first.

        That is its flow, or what it has from another run.
        """
        flow = self._flows.kept(requested.flow)
        if flow is None or requested.kept is not None:
            return None
        return Actor(flow, self._log.append)

    async def carried_out(self, actor: Actor, reaction: Reaction) -> bool:
        """Everything asked for was recorded as asked. Raises: Unavailable."""
        as_asked = await self._answered(actor, reaction)
        for timer in reaction.timers:
            await self._log.set_timer(timer.fact, timer.fires_at)
            actor.has_set(timer.fact)
        for fact in reaction.overtaken:
            await self._log.cancel_timer(fact)
            actor.has_purged(fact)
        return as_asked

    async def _answered(self, actor: Actor, reaction: Reaction) -> bool:
        as_asked = True
        failure: Unavailable | None = None
        for answer in reaction.answers:
            try:
                as_asked &= isinstance(await answer, Appended)
            except Unavailable as error:
                failure = error
        actor.unanswered -= len(reaction.answers)
        actor.mistaken |= failure is not None or not as_asked
        signals.APPENDED.inc(len(reaction.answers))
        if failure is not None:
            raise failure
        if reaction.end is not None and as_asked:
            signals.ENDED.labels(reaction.end.type.removeprefix("run.")).inc()
        return as_asked

    async def caught_up(
        self, address: Address, waiting: Sequence[Delivery], before: Actor | None
    ) -> Actor | None:
        """The run folded with all that waits for it, and nothing owed; None if it is not there.

        `waiting` may grow meanwhile. Raises: Unavailable, Corrupt.
        """
        while True:
            heard = len(waiting)
            at_least = max((d.entry.sequence for d in waiting), default=0)
            actor = await self._folded(address, at_least)
            if actor is None:
                return None
            if before is None:
                actor.suppose(standing(actor.state))
            else:
                actor.remember(before)
            if await self._satisfied(actor) and heard == len(waiting):
                return actor
            before = actor

    async def is_over(self, address: Address) -> bool:
        """It has an end, whether that is understood here or not. Raises: Unavailable."""
        return bool((await self._log.select(address, [FINISHED], at_least=0)).entries)

    async def may_owe(self, entries: Sequence[Entry]) -> bool:
        """Whether a run of which this is recorded owes anything, be it a timer that may stand.

        True too where more than these must be read to know. Raises: Unavailable, Corrupt.
        """
        facts = [entry.recorded() for entry in entries]
        requested = next((r.fact for r in facts if isinstance(r.fact, RunRequested)), None)
        if requested is None or requested.kept is not None or len(facts) > AT_ONCE_FACTS:
            return True
        return bool(owed(fold(await self._flows.flow(requested.flow), facts)))

    async def _folded(self, address: Address, at_least: int) -> Actor | None:
        """The actor of what is recorded; None for a run without its request."""
        history = await self._log.history(address.workspace, address.run, at_least=at_least)
        facts = [(entry.recorded(), entry.data) async for entry in _in_turns(history.entries)]
        requested = next((r.fact for r, _ in facts if isinstance(r.fact, RunRequested)), None)
        if requested is None:
            return None
        signals.READ.inc()
        flow, kept = await self._flows.flow(requested.flow), await self._kept(requested)
        actor = Actor(flow, self._log.append, kept)
        async for recorded, data in _in_turns(facts):
            actor.fold(recorded, data)
        return actor

    async def _kept(self, requested: RunRequested) -> Kept:
        """What the run has from another. Raises: Unavailable, Corrupt."""
        if requested.kept is None:
            return NOTHING_KEPT
        name = requested.kept.blob
        body = await self._log.get_blob(requested.workspace, requested.run, name)
        if body is None:
            raise Corrupt(
                f"expected body {name} of run {requested.run}, which lists what it keeps of "
                f"run {requested.forked_from}, in the store, found nothing"
            )
        is_small = len(body) <= AT_ONCE_BYTES
        return kept_in(body) if is_small else await asyncio.to_thread(kept_in, body)

    async def _satisfied(self, actor: Actor) -> bool:
        """Nothing more is owed; False if the run must be read again to know."""
        while True:
            reaction = actor.react()
            if reaction.is_empty:
                return True
            if not await self.carried_out(actor, reaction) or reaction.reread:
                return False


async def _in_turns(items: Sequence[T]) -> AsyncIterator[T]:
    """The items; other tasks get their turn now and then."""
    for number, item in enumerate(items, 1):
        yield item
        if number % AT_ONCE_FACTS == 0:
            await asyncio.sleep(0)
