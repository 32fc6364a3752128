"""How much a run may still write: large texts are weighed before they are stored.

What a run may write is ruled by the scheduler, from the outcomes the log has. That is too late for
many large texts at once, so a worker adds what it has itself stored of the run, or is storing, and
never less than the log knew when the step became ready.

Large texts are read and stored a few at a time, in turns of workspaces and runs: whoever has many
takes neither the server nor this process from the others.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager

from services.agent_worker.turns import Turns
from shared.errors import AttemptFailed
from shared.run.facts import RunRequested, StepReady
from shared.run.texts import RUN_TOO_LARGE

MOST_RUNS = 10_000
MOVED_AT_ONCE = 2
MOST_OF_WORKSPACE = 4

_Texts = dict[tuple[int, int, int], int]


class RunShare:
    """What one step may add to its run. Made by `Shares`."""

    def __init__(
        self, ready: StepReady, most_bytes: int | None, texts: _Texts, turns: Turns
    ) -> None:
        self._ready = ready
        self._most = most_bytes
        self._texts = texts
        self._turns = turns

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Enters when it is this run's turn to read or store a large text. Raises: Unavailable."""
        return self._turns.turn(self._ready.workspace, self._ready.run)

    def take(self, size_bytes: int) -> None:
        """A text of this size is about to be stored; the same one twice counts once.

        Raises: AttemptFailed, if that is more than the run may write.
        """
        key = (self._ready.step, self._ready.attempt, size_bytes)
        others = sum(size for text, size in self._texts.items() if text != key)
        written = max(others, self._ready.written_bytes) + size_bytes
        if self._most is not None and written > self._most:
            words = f"expected a run that writes at most {self._most:,} bytes, came {written:,}"
            raise AttemptFailed(words, code=RUN_TOO_LARGE, retry=False)
        self._texts[key] = size_bytes


class Shares:
    """The runs of which this process has stored large texts lately."""

    def __init__(self, most_runs: int = MOST_RUNS) -> None:
        self._most_runs = most_runs
        self._turns = Turns(MOVED_AT_ONCE, patient=True)
        self._large: Counter[str] = Counter()
        self._runs: OrderedDict[tuple[str, str], _Texts] = OrderedDict()

    @contextmanager
    def place(self, workspace: str) -> Iterator[bool]:
        """A place for a step that is given large texts, while the block lasts.

        False if its workspace has enough of them: another would only keep a slot from others.
        """
        is_free = self._large[workspace] < MOST_OF_WORKSPACE
        self._large[workspace] += is_free
        try:
            yield is_free
        finally:
            self._large[workspace] -= is_free
            if not self._large[workspace]:
                del self._large[workspace]

    def of(self, ready: StepReady, requested: RunRequested) -> RunShare:
        """What a step that is ready may add to its run."""
        run = ready.workspace, ready.run
        texts = self._runs.setdefault(run, {})
        self._runs.move_to_end(run)
        if len(self._runs) > self._most_runs:
            self._runs.popitem(last=False)
        return RunShare(ready, requested.limits.max_written_bytes, texts, self._turns)
