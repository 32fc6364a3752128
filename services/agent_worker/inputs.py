"""The texts a step works on, fetched by reference.

Each live input is the text of its sources; several are joined by a blank line, in the order given;
a step without inputs gets the run's. All that one step is given is no larger than an output may
be: a worker holds the texts of many steps at once.
"""

from collections.abc import Iterable, Mapping, Sequence

from services.agent_worker.context import Context
from services.agent_worker.recording import fetched
from services.agent_worker.shares import RunShare
from shared.errors import AttemptFailed, Corrupt, Unavailable
from shared.flow import Flow, Step
from shared.flow.references import pieces_in
from shared.flow.template import Piece
from shared.log.entries import fact_of
from shared.log.port import Entry, Log
from shared.log.subjects import Address, StepKey, settled
from shared.run.content import Content, ContentRef, InputRef
from shared.run.facts import RunRequested, StepCompleted, StepReady
from shared.run.texts import LARGEST_BYTES, join

MOST_RESTS = 900  # one request of the log answers at most 1,024 subjects


class Inputs:
    """Reads texts of one run for one step. Raises: AttemptFailed, where they are too large."""

    def __init__(
        self, store: Log, flow: Flow, requested: RunRequested, at_least: int, share: RunShare
    ) -> None:
        self._store = store
        self._share = share
        self._flow = flow
        self._requested = requested
        self._at_least = at_least
        self._given_bytes = 0

    async def texts(self, ready: StepReady, context: Context) -> dict[str, str]:
        """The text of each live input by node, in order. Raises: AttemptFailed, Corrupt."""
        return {
            ref.node: join([await self._text(source, context.outputs) for source in ref.sources()])
            for ref in ready.inputs
        }

    def are_json(self, ready: StepReady, context: Context) -> frozenset[str]:
        """The nodes whose texts are JSON that fits a schema: they come from one such answer."""
        facts = {
            ref.node: [context.outputs.get(each) for each in ref.sources()] for ref in ready.inputs
        }
        return frozenset(
            node
            for node, (fact, *others) in facts.items()
            if fact is not None and fact.is_json and not others
        )

    async def run_input(self) -> str:
        """The run's input."""
        run = self._requested
        self._count(run.input_size_bytes)
        return await self._fetched(run.input)

    def pieces(self, step: Step) -> Sequence[Piece]:
        """What the step fills in, or its expressions read, with the ids this flow has."""
        return pieces_in(step.work, self._flow.numbers)

    async def outputs(
        self, step: Step, texts: Mapping[str, str], pieces: Iterable[Piece]
    ) -> Mapping[str, str]:
        """The texts that the pieces ask for, and the inputs: of nodes before the step, "" if one
        has no output.

        Raises: AttemptFailed; Unavailable while the scheduler's word on one of them is still on its
        way.
        """
        names = dict.fromkeys(piece.name for piece in pieces if piece.means == "node")
        if not names:
            return texts
        steps = self._flow.steps
        known = {steps[edge.source].node: "" for edge in step.inputs} | dict(texts)
        for name in names:
            if name not in known:
                known[name] = await self._output(self._flow.step_of(name).number)
        return known

    async def _output(self, number: int) -> str:
        if self._flow.steps[number].passes_run_input:
            return await self.run_input()
        entries = await self._selected(settled(number))
        if not entries:
            raise Unavailable(f"step {number} is over, and the log does not say yet how: ask again")
        for entry in entries:
            fact = entry.recorded().fact
            if isinstance(fact, StepCompleted):
                return await self._carried(fact)
        return ""

    async def _carried(self, fact: StepCompleted) -> str:
        if fact.content is None:
            own = ContentRef(step=fact.step, attempt=fact.attempt)
            return await self._text(own, {own: fact})
        found = await self._completed(fact.content)
        return join([await self._text(ref, found) for ref in fact.content])

    async def _text(self, ref: ContentRef, found: Mapping[ContentRef, StepCompleted]) -> str:
        if self._flow.steps[ref.step].passes_run_input:
            return await self.run_input()
        fact = found.get(ref)
        if fact is None or fact.output is None:
            raise Corrupt(
                f"expected the output of step {ref.step}, attempt {ref.attempt}, in the log"
            )
        self._count(fact.size_bytes)
        return await self._fetched(fact.output)

    async def _fetched(self, content: Content) -> str:
        if isinstance(content, str):
            return content
        async with self._share.turn():
            run = self._requested
            return await fetched(self._store, run.workspace, run.run, content)

    def _count(self, size_bytes: int) -> None:
        self._given_bytes += size_bytes
        if self._given_bytes > LARGEST_BYTES:
            message = f"expected inputs of at most {LARGEST_BYTES:,} bytes together, came more"
            raise AttemptFailed(message, code="too_large", retry=False)

    async def _completed(self, refs: Sequence[ContentRef]) -> dict[ContentRef, StepCompleted]:
        entries = await self._selected([StepKey(ref.step, ref.attempt).finished() for ref in refs])
        facts = (fact_of(entry, StepCompleted) for entry in entries)
        return {ContentRef(step=fact.step, attempt=fact.attempt): fact for fact in facts}

    async def _selected(self, rests: Sequence[str]) -> tuple[Entry, ...]:
        run = self._requested
        address = Address(run.partition, run.workspace, run.run)
        return await selected(self._store, address, rests, self._at_least)


async def selected(
    store: Log, address: Address, rests: Sequence[str], at_least: int
) -> tuple[Entry, ...]:
    """The entries of any number of rests."""
    if len(rests) <= MOST_RESTS:
        return (await store.select(address, rests, at_least=at_least)).entries
    pages = [rests[at : at + MOST_RESTS] for at in range(0, len(rests), MOST_RESTS)]
    found = [await store.select(address, page, at_least=at_least) for page in pages]
    return tuple(entry for history in found for entry in history.entries)


def joined(refs: Sequence[InputRef], texts: Mapping[str, str]) -> str:
    """All inputs as one text."""
    return join(texts[ref.node] for ref in refs)
