"""One model turn while it streams in: raw events folded into content blocks.

    message_start, (content_block_start, content_block_delta*, content_block_stop)*,
    message_delta, message_stop

Events, blocks and deltas of unknown types pass: blocks are kept as they came, so that they can be
sent back. Source: Anthropic Messages API, streaming.
"""

import json

from anthropic.types import (
    RawContentBlockDelta,
    RawContentBlockStartEvent,
    RawMessageDeltaEvent,
    RawMessageStreamEvent,
)

from services.agent_worker.clean import clean
from services.agent_worker.deltas import Deltas
from services.agent_worker.model import tools
from services.agent_worker.model.turn import Turn
from services.agent_worker.model.usage import usage_after, usage_at_start
from shared.errors import AttemptFailed
from shared.run.content import Usage

LARGEST_OUTPUT_BYTES = 64 * 1024 * 1024


class _Block:
    """A content block as it grows."""

    __slots__ = ("citations", "json", "raw", "texts", "thoughts")

    def __init__(self, raw: dict[str, object]) -> None:
        self.raw = raw
        self.texts: list[str] = []
        self.thoughts: list[str] = []
        self.json: list[str] = []
        self.citations: list[object] = []

    def whole(self) -> dict[str, object]:
        """The block with what its deltas brought. Raises: json.JSONDecodeError."""
        if self.texts:
            self.raw["text"] = "".join(self.texts)
        if self.thoughts:
            self.raw["thinking"] = "".join(self.thoughts)
        if self.citations:
            self.raw["citations"] = self.citations
        if self.json:
            self.raw["input"] = json.loads("".join(self.json) or "{}")
        return self.raw


class Reading:
    """Reads one turn, and passes on what it says as it comes.

    `is_message` tells that a message has begun to come, `has_begun` that content has,
    `has_ended` that the provider said that it was all.
    """

    def __init__(self, deltas: Deltas, model: str) -> None:
        self.is_message = False
        self.has_begun = False
        self.has_ended = False
        self.model = model
        self.usage = Usage()
        self.stop_reason: str | None = None
        self._stop_detail: str | None = None
        self._deltas = deltas
        self._blocks: dict[int, _Block] = {}
        self._texts: list[str] = []
        self._length = 0

    @property
    def text(self) -> str:
        """The answer text so far."""
        return "".join(self._texts)

    def turn(self) -> Turn:
        """What has been read, taken as a whole turn."""
        return Turn(
            blocks=[self._blocks[index].raw for index in sorted(self._blocks)],
            model=self.model,
            stop_reason=self.stop_reason,
            stop_detail=self._stop_detail,
            usage=self.usage,
        )

    def take(self, event: RawMessageStreamEvent) -> None:
        """One more event. Raises: AttemptFailed (too_large), json.JSONDecodeError."""
        match event.type:
            case "content_block_delta":
                self._grow(event.index, event.delta)
            case "content_block_start":
                self._begin(event)
            case "content_block_stop":
                self._finish(event.index)
            case "message_start":
                self.is_message = True
                self.model = event.message.model or self.model
                self.usage = usage_at_start(event.message.usage)
            case "message_delta":
                self._stop(event)
            case "message_stop":
                self.has_ended = True

    def _grow(self, index: int, delta: RawContentBlockDelta) -> None:
        block = self._blocks.get(index)
        if block is None:
            return
        match delta.type:
            case "text_delta":
                self._say(block, delta.text)
            case "thinking_delta":
                thought = clean(delta.thinking)
                block.thoughts.append(thought)
                self._deltas.thinking(thought)
            case "input_json_delta":
                block.json.append(delta.partial_json)
            case "signature_delta":
                block.raw["signature"] = delta.signature
            case "citations_delta":
                citation = delta.citation.to_dict(mode="json")
                block.citations.append(citation)
                self._deltas.citation(tools.citation_of(citation))

    def _say(self, block: _Block, text: str) -> None:
        text = clean(text)
        block.texts.append(text)
        self._texts.append(text)
        self._length += len(text)
        if self._length > LARGEST_OUTPUT_BYTES:
            message = f"the answer is longer than {LARGEST_OUTPUT_BYTES} bytes"
            raise AttemptFailed(message, code="too_large", retry=False)
        self._deltas.text(text)

    def _begin(self, event: RawContentBlockStartEvent) -> None:
        self.has_begun = True
        raw = event.content_block.to_dict(mode="json")
        block = self._blocks[event.index] = _Block(raw)
        if raw.get("type") == "text" and isinstance(text := raw.get("text"), str) and text:
            self._say(block, text)
        elif tools.is_result(raw):
            self._deltas.tool(tools.answered(self._deltas.ids, raw, self._called(raw)))

    def _finish(self, index: int) -> None:
        block = self._blocks.get(index)
        if block is None:
            return
        raw = block.whole()
        if tools.is_call(raw):
            self._deltas.tool(tools.called(self._deltas.ids, raw))

    def _called(self, result: dict[str, object]) -> str | None:
        """The name of the tool that this result answers for."""
        call = result.get("tool_use_id")
        for block in self._blocks.values():
            if block.raw.get("id") == call and isinstance(name := block.raw.get("name"), str):
                return name
        return None

    def _stop(self, event: RawMessageDeltaEvent) -> None:
        self.stop_reason = event.delta.stop_reason or self.stop_reason
        details = event.delta.stop_details
        if details is not None:
            said = [word for word in (details.category, details.explanation) if word]
            self._stop_detail = clean(": ".join(said)) or None
        if event.usage is not None:
            self.usage = usage_after(self.usage, event.usage)
