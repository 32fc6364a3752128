"""One partition: deliveries are folded into actors, what is owed is appended, then they are acked.

    delivery -> actor known?  yes: fold, react                (no waiting, in order of delivery)
                              no:  read the run, fold, react  (others of the run wait for it)
             -> answers -> all recorded?  ack
                           one stood there already: read the run anew

A new pin, or a hole in the consumer's numbering, means that someone else worked here meanwhile:
all actors are dropped. A delivery that comes again drops the actor of its run, and so does one
that nobody here understands, or that means something only beside facts that are not delivered.
A run that cannot be read is parked: its deliveries stay in the log, unless it is over.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine

from services.scheduler import signals
from services.scheduler.actor import Actor, Reaction
from services.scheduler.parking import Parking
from services.scheduler.runs import Runs
from shared.errors import Corrupt, Unavailable
from shared.log.parked import Look, Question
from shared.log.port import Deliveries, Delivery, Log
from shared.log.subjects import Address
from shared.run import Recorded, needs_history
from shared.run.facts import RunRequested

WINDOW = 512
MOST_ACTORS = 2_000
_RETRY_SECONDS = 1.0
_PARKED_SECONDS = 60.0

_Turn = tuple[Delivery, Actor, Reaction]


class Partition:
    """The actors of one partition; at most `most_actors` are kept between deliveries."""

    def __init__(
        self, number: int, log: Log, runs: Runs, *, most_actors: int = MOST_ACTORS
    ) -> None:
        self.number = number
        self.parking = Parking()
        self._most_actors = most_actors
        self._log = log
        self._runs = runs
        self._actors: OrderedDict[str, Actor] = OrderedDict()
        self._reading: dict[str, list[Delivery]] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._pin = ""
        self._order = 0

    async def work(self) -> None:
        """Pull and react, until cancelled; then settle what is under way and hand over."""
        async with self._log.partition(self.number) as deliveries:
            deliveries.credit(WINDOW)
            try:
                while True:
                    self._take(await deliveries.next(), deliveries)
            finally:
                while self._tasks:
                    await asyncio.gather(*self._tasks, return_exceptions=True)
                await deliveries.unpin()

    async def visit(self, address: Address) -> int:
        """Read an idle run anew and ask for all it owes, timers too; how many facts that were."""
        known = self._actors.get(address.run)
        if address.run in self._reading or (known is not None and known.unanswered):
            return 0
        self._actors.pop(address.run, None)
        self._reading[address.run] = []
        actor = await self._read(address)
        return 0 if actor is None else actor.asked

    async def tell(self, address: Address, question: Question) -> Look:
        """Whether the run is parked, after another look at it if that is the question.

        One that was parked elsewhere is released here if it owed something.
        """
        run = address.run
        was_parked = self.parking.of(run) is not None
        if question == "look":
            while run in self._reading and self._tasks:
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            visit = self._start(self.visit(address))
            await asyncio.wait({visit})
            was_parked = was_parked or visit.result() != 0
        parked = self.parking.of(run)
        if parked is not None:
            return Look(instance=None, outcome="parked", parked=parked)
        return Look(instance=None, outcome="released" if was_parked else "not_parked")

    def _take(self, batch: list[Delivery], deliveries: Deliveries) -> None:
        turns: list[_Turn] = []
        for delivery in batch:
            self._notice_rivals(delivery)
            turn = self._turn_of(delivery)
            if turn is not None:
                turns.append(turn)
        deliveries.credit(len(batch))
        if turns:
            self._start(self._settle(turns))

    def _notice_rivals(self, delivery: Delivery) -> None:
        if delivery.pin != self._pin or delivery.order != self._order + 1:
            self._actors.clear()
        if delivery.pin != self._pin:
            self.parking.clear()
        self._pin, self._order = delivery.pin, delivery.order
        if delivery.count > 1:
            signals.REDELIVERED.inc()
            self._actors.pop(delivery.entry.address.run, None)

    def _turn_of(self, delivery: Delivery) -> _Turn | None:
        """What the delivery's run does now, or None if it must be read first."""
        address = delivery.entry.address
        waiting = self._reading.get(address.run)
        if waiting is not None:
            waiting.append(delivery)
            return None
        try:
            recorded = delivery.entry.recorded()
        except Corrupt:
            self._read_first(delivery)
            return None
        actor = self._actor_of(delivery, recorded)
        if actor is None:
            self._read_first(delivery)
            return None
        actor.fold(recorded, delivery.entry.data)
        turn = (delivery, actor, actor.react())
        if turn[2].reread:
            self._read_first(*turn)
            return None
        return turn

    def _actor_of(self, delivery: Delivery, recorded: Recorded) -> Actor | None:
        run = delivery.entry.address.run
        if needs_history(recorded.fact):
            self._actors.pop(run, None)
        actor = self._actors.get(run)
        if actor is None and delivery.count == 1 and isinstance(recorded.fact, RunRequested):
            actor = self._runs.begin(recorded.fact)
        if actor is not None:
            self._remember(run, actor)
        return actor

    def _remember(self, run: str, actor: Actor) -> None:
        self._actors[run] = actor
        self._actors.move_to_end(run)
        if len(self._actors) > self._most_actors:
            self._actors.popitem(last=False)

    async def _settle(self, turns: list[_Turn]) -> None:
        """Await the answers of a batch; ack what is recorded, read anew what was not."""
        for delivery, actor, reaction in turns:
            try:
                as_asked = await self._runs.carried_out(actor, reaction)
                while actor.deferred and not actor.unanswered and not actor.mistaken:
                    following = actor.react()
                    as_asked = await self._runs.carried_out(actor, following)
                    as_asked &= not following.reread
            except Unavailable as error:
                signals.log.warning("facts.unanswered", error=str(error))
                as_asked = False
            if not as_asked:
                self._read_first(delivery)
                continue
            if actor.state.ended is not None:
                self._actors.pop(delivery.entry.address.run, None)
            delivery.ack()

    def _read_first(
        self, delivery: Delivery, actor: Actor | None = None, reaction: Reaction | None = None
    ) -> None:
        """Have the run read, after what it has asked for; whatever comes for it waits."""
        address = delivery.entry.address
        waiting = self._reading.get(address.run)
        if waiting is not None:
            waiting.append(delivery)
            return
        self._reading[address.run] = [delivery]
        self._start(self._read(address, actor, reaction))

    async def _read(
        self, address: Address, before: Actor | None = None, reaction: Reaction | None = None
    ) -> Actor | None:
        """Read a run until it owes nothing, then ack what had waited for it."""
        waiting = self._reading[address.run]
        before = before or self._actors.get(address.run)
        self._actors.pop(address.run, None)
        try:
            if before is not None and reaction is not None:
                await self._runs.carried_out(before, reaction)
            actor = await self._runs.caught_up(address, waiting, before)
            if actor is not None and actor.state.ended is None:
                self._remember(address.run, actor)
            self.parking.take_up(address.run)
            for delivery in waiting:
                delivery.ack()
        except Unavailable as error:
            signals.log.warning("run.unread", run=address.run, error=str(error))
            for delivery in waiting:
                delivery.nak(_RETRY_SECONDS)
        except Corrupt as error:
            await self._park(address, waiting, error)
        else:
            return actor
        finally:
            del self._reading[address.run]
        return None

    async def _park(self, address: Address, waiting: list[Delivery], error: Corrupt) -> None:
        """Leave it for a version that understands: they come again, and people are told.

        A run that is over owes nothing, whatever else is recorded of it.
        """
        try:
            is_over = await self._runs.is_over(address)
        except Unavailable:
            is_over = False
        if is_over:
            self.parking.let_go(address.run)
        else:
            self.parking.park(address, error)
        for delivery in waiting:
            if is_over:
                delivery.ack()
            else:
                signals.PARKED.inc()
                delivery.nak(_PARKED_SECONDS)

    def _start(self, work: Coroutine[None, None, object]) -> asyncio.Task[object]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
