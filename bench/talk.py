"""What one agent says in a measured run, and what its reader must have heard of it."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from bench.flow import one_agent
from bench.follow import FRAME

AROUND = ["run.requested", "run.started", "step.ready", "step.started"]
AFTER = ["step.turn", "step.completed", "run.completed", "end"]
DELTA = "step.delta"
UNKEPT = (DELTA, "step.progress")
MODEL_TIME = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Talk:
    """`chunks` chunks of `size` code points from the model, `rate` a second; 0: unpaced.

    `tells_time`: each chunk is the time of its writing instead. `is_single`: each chunk is a delta
    of its own, so that their number is known. The model is silent for `sleep` seconds first.
    """

    chunks: int
    size: int = 4
    rate: float = 0
    sleep: float = 0
    tells_time: bool = False
    is_single: bool = False

    @property
    def marker(self) -> str:
        """How the simulator is asked for it."""
        text = f"clock chunks={self.chunks}" if self.tells_time else self._cut
        return f"{text} rate={self.rate:g} sleep={self.sleep:g}s"

    @property
    def _cut(self) -> str:
        return f"chunks={self.chunks} chunk={self.size}"

    def flow(self) -> dict[str, object]:
        """The flow as React Flow stores it."""
        return one_agent(self.marker)

    def fault_in(self, stream: bytes, _: str = "") -> str | None:
        """What is wrong with what a reader from the beginning was told; None if nothing."""
        frames = FRAME.findall(stream.decode())
        kinds = [kind for _, kind, _ in frames]
        lifecycle = [kind for kind in kinds if kind not in UNKEPT]
        if lifecycle != AROUND + AFTER:
            return f"the run told {lifecycle}, expected {AROUND + AFTER}"
        ids = [int(sequence) for sequence, _, _ in frames[:-1]]
        if any(earlier >= later for earlier, later in pairwise(ids)):
            return "the ids of the run do not rise"
        words = [json.loads(data) for _, kind, data in frames if kind == DELTA]
        output = json.loads(next(data for _, kind, data in frames if kind == "step.completed"))
        return self._fault_in_words(words, output)

    def _fault_in_words(
        self, words: Sequence[Mapping[str, object]], output: Mapping[str, object]
    ) -> str | None:
        if self.is_single and len(words) != self.chunks:
            return f"{len(words)} deltas came of {self.chunks} chunks"
        parts: list[str] = []
        length = 0
        for delta in words:
            if delta["offset"] != length:
                return f"a delta at {delta['offset']} came where {length} was to come"
            parts.append(str(delta["text"]))
            length += len(parts[-1])
        text = "".join(parts)
        if not self.tells_time and length != self.chunks * self.size:
            return f"{length} code points came, expected {self.chunks * self.size}"
        if sha256(text.encode()).hexdigest() != output["output_sha256"]:
            return "the words do not make the step's output"
        if self.tells_time:
            return self._fault_in_times([int(stamp) for stamp in text.split()])
        return None

    def _fault_in_times(self, times: Sequence[int]) -> str | None:
        if len(times) != self.chunks or list(times) != sorted(times):
            return f"{len(times)} times came of {self.chunks} chunks, or not in their order"
        return None


def delays(stream: bytes, ends: Sequence[int], heard_at: Sequence[float]) -> list[float]:
    """Seconds from the writing of each chunk that tells its time to its frame being there.

    `ends` are the lengths of the stream after each piece, `heard_at` when the piece came.
    """
    found = []
    at = 0
    for line in stream.splitlines(keepends=True):
        at += len(line)
        if line.startswith(b'data: {"at":') and b'"type":"step.delta"' in line:
            # The blank line after it makes it a whole frame.
            arrived = heard_at[bisect_left(ends, at + 1)]
            stamps = json.loads(line[len(b"data: ") :])["text"].split()
            found += [arrived - int(stamp) / MODEL_TIME for stamp in stamps]
    return found
