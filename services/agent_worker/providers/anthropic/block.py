"""A content block as it grows: what its deltas bring, put in the provider's own shape."""

from services.agent_worker.providers.anthropic.tools import is_call, is_result
from services.agent_worker.providers.border import BadStream, Cleaner, Object, value_in, whole
from services.agent_worker.providers.provider import BlockPhase

THINKING = frozenset({"thinking", "redacted_thinking"})


class Block:
    """`text` is clean as told, of an answer or a thought; the rest is as it came.

    `is_broken`: a tool's input came that is no JSON, as when the answer is cut off within.
    """

    __slots__ = ("citations", "cleaner", "is_broken", "json", "kind", "raw", "texts")

    def __init__(self, raw: Object, kind: str) -> None:
        self.raw = raw
        self.kind = kind
        self.texts: list[str] = []
        self.json: list[str] = []
        self.citations: list[object] = []
        self.cleaner = Cleaner()
        self.is_broken = False

    @property
    def is_call(self) -> bool:
        return is_call(self.raw)

    @property
    def phase(self) -> BlockPhase | None:
        """What the model does in it; None if nobody knows here."""
        if self.kind == "text":
            return "writing"
        if self.kind in THINKING:
            return "thinking"
        return "tool" if self.is_call or is_result(self.raw) else None

    def close(self) -> None:
        """Puts into `raw` what the deltas brought, as far as it has come."""
        if self.texts:
            self.raw[self.kind] = "".join(self.texts)
        if self.citations:
            self.raw["citations"] = self.citations
        if self.json:
            try:
                self.raw["input"] = whole(value_in("".join(self.json) or "{}"))
            except BadStream:
                self.is_broken = True
