"""One message while it streams in: bytes into events of ours, and its blocks kept.

    message_start, (content_block_start, content_block_delta*, content_block_stop)*,
    message_delta, message_stop

Events, blocks and deltas of unknown types pass: blocks are kept as they came, so that they can be
sent back. An index names a block until it stops or another begins under it; a piece of a kind that
the named block is not made of begins a block of its own, so that whatever readers were told is in
the message. Source: Anthropic Messages API, streaming.
"""

import json
from collections.abc import Callable, Mapping

from services.agent_worker.providers import border
from services.agent_worker.providers.anthropic import tools
from services.agent_worker.providers.anthropic.block import Block
from services.agent_worker.providers.anthropic.usage import usage_after, usage_at_start
from services.agent_worker.providers.border import BadStream, Object
from services.agent_worker.providers.provider import (
    SIGN,
    Begun,
    Cited,
    Ended,
    Event,
    Opened,
    Text,
    Thought,
    ToolInput,
    Used,
)
from services.agent_worker.providers.sse import EventStream, Message
from services.agent_worker.providers.transport import ErrorEvent
from shared.errors import AttemptFailed
from shared.run.content import Usage

LARGEST_TURN_BYTES = 64 * 1024 * 1024
# Behind these the input of a tool is sent back, or would be run: it has to be one.
GOES_ON = frozenset({"pause_turn", "tool_use"})


class Reading:
    """Takes the bytes of one response.

    `is_message` tells that a message has begun to come, `has_ended` that the provider said that it
    was all; `stop_reason` is why, as soon as that is known; `failure` what broke it off.
    """

    def __init__(self) -> None:
        self.is_message = False
        self.has_ended = False
        self.stop_reason: str | None = None
        self.failure: AttemptFailed | ErrorEvent | None = None
        self._stop_detail: str | None = None
        self._usage = Usage()
        self._stream = EventStream()
        self._blocks: list[Block] = []
        self._open: dict[int, Block] = {}
        self._size = 0
        self._events: list[Event] = []

    def take(self, piece: bytes) -> list[Event]:
        """The events that this piece ends, up to what breaks the message off."""
        events = self._events = []
        try:
            for message in self._stream.feed(piece):
                self._read(message)
                if self.has_ended:
                    break
        except (AttemptFailed, ErrorEvent) as failure:
            self.failure = failure
        return events

    def ending(self) -> list[Event]:
        """What is left to tell, now that the message is over. Raises: BadStream."""
        assert self.stop_reason is not None
        events = self._events = []
        for block in self._open.values():
            self._close(block)
        self._open.clear()
        if self.stop_reason in GOES_ON and any(block.is_broken for block in self._blocks):
            raise BadStream("expected JSON as the input of a tool")
        blocks = border.whole([block.raw for block in self._blocks])
        content = json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))
        events.append(Ended(self.stop_reason, self._stop_detail, content))
        return events

    def _read(self, message: Message) -> None:
        if message.name == "ping":
            self._events.append(SIGN)
            return
        if message.name == "error":
            raise ErrorEvent(_body(message.data))
        if not message.data:
            return
        raw = border.object_in(message.data)
        handle = _HANDLERS.get(border.text(raw, "type"))
        if handle is None:
            self._events.append(SIGN)
        else:
            handle(self, raw)

    def _start_message(self, raw: Object) -> None:
        message = border.member(raw, "message")
        self.is_message = True
        self._usage = usage_at_start(border.member(message, "usage"))
        model = border.name(message, "model") or ""
        self._events += (Begun(model), Used(self._usage))

    def _start_block(self, raw: Object) -> None:
        index, start = _index(raw), border.member(raw, "content_block")
        kind = border.text(start, "type")
        said = border.text(start, kind) if kind in _PIECES and start.get(kind) is not None else ""
        start = border.cleaned(start)
        self._weigh(len(json.dumps(start)))
        self._begin(index, Block(start, kind), said)

    def _begin(self, index: int, block: Block, said: str = "") -> None:
        before = self._open.get(index)
        if before is not None:
            self._close(before)
        self._open[index] = block
        self._blocks.append(block)
        if block.phase is not None:
            self._events.append(Opened(block.phase))
        if block.kind in _PIECES:
            self._say(block, said)
        elif tools.is_result(block.raw):
            self._events.append(tools.answered(block.raw, self._called(block.raw)))

    def _grow(self, raw: Object) -> None:
        delta = border.member(raw, "delta")
        kind = border.text(delta, "type")
        index = _index(raw)
        if kind == "text_delta":
            self._say(self._block(index, "text"), border.text(delta, "text"))
        elif kind == "thinking_delta":
            self._say(self._block(index, "thinking"), border.text(delta, "thinking"))
        elif (block := self._open.get(index)) is not None:
            self._add(block, kind, delta)

    def _add(self, block: Block, kind: str, delta: Object) -> None:
        if kind == "input_json_delta" and block.is_call:
            piece = border.text(delta, "partial_json")
            self._weigh(len(piece))
            block.json.append(piece)
            self._events.append(ToolInput(len(piece)))
        elif kind == "signature_delta" and block.kind == "thinking":
            block.raw["signature"] = border.text(delta, "signature")
            self._events.append(Thought(""))
        elif kind == "citations_delta" and block.kind == "text":
            citation = border.cleaned(border.member(delta, "citation"))
            self._weigh(len(json.dumps(citation)))
            block.citations.append(citation)
            self._tell(block, block.cleaner.flush())
            self._events.append(Cited(tools.citation_of(citation)))

    def _block(self, index: int, kind: str) -> Block:
        """The block that a piece of this kind belongs to."""
        block = self._open.get(index)
        if block is None or block.kind != kind:
            block = Block({"type": kind, kind: ""}, kind)
            self._begin(index, block)
        return block

    def _say(self, block: Block, piece: str) -> None:
        self._weigh(len(piece))
        self._tell(block, block.cleaner.feed(piece))

    def _tell(self, block: Block, piece: str) -> None:
        if piece:
            block.texts.append(piece)
            self._events.append(_PIECES[block.kind](piece))

    def _stop_block(self, raw: Object) -> None:
        block = self._open.pop(_index(raw), None)
        if block is not None:
            self._close(block)

    def _close(self, block: Block) -> None:
        if block.kind in _PIECES:
            self._tell(block, block.cleaner.flush())
        block.close()
        if block.kind == tools.SERVER_CALL and not block.is_broken:
            self._events.append(tools.called(block.raw))

    def _called(self, result: Mapping[str, object]) -> str | None:
        """The name of the tool that this result answers for."""
        call = result.get("tool_use_id")
        for block in self._blocks:
            if block.raw.get("id") == call and isinstance(name := block.raw.get("name"), str):
                return name
        return None

    def _settle(self, raw: Object) -> None:
        delta = border.member(raw, "delta")
        self.stop_reason = border.name(delta, "stop_reason") or self.stop_reason
        details = border.member(delta, "stop_details")
        said = [
            word
            for key in ("category", "explanation")
            if (word := border.name(details, key, border.LONGEST_REASON))
        ]
        self._stop_detail = ": ".join(said) or self._stop_detail
        self._usage = usage_after(self._usage, border.member(raw, "usage"))
        self._events.append(Used(self._usage))

    def _end(self, raw: Object) -> None:
        self.has_ended = True

    def _break_off(self, raw: Object) -> None:
        raise ErrorEvent(raw)

    def _weigh(self, size: int) -> None:
        self._size += size
        if self._size > LARGEST_TURN_BYTES:
            message = f"the answer is longer than {LARGEST_TURN_BYTES} bytes"
            raise AttemptFailed(message, code="too_large", retry=False)


_PIECES: Mapping[str, Callable[[str], Event]] = {"text": Text, "thinking": Thought}
_HANDLERS: Mapping[str, Callable[[Reading, Object], None]] = {
    "content_block_delta": Reading._grow,
    "content_block_start": Reading._start_block,
    "content_block_stop": Reading._stop_block,
    "message_start": Reading._start_message,
    "message_delta": Reading._settle,
    "message_stop": Reading._end,
    "error": Reading._break_off,
}


def _index(raw: Object) -> int:
    index = raw.get("index")
    if isinstance(index, bool) or not isinstance(index, int):
        border.unexpected("the index of a block", index)
    return index


def _body(data: str) -> object:
    try:
        return border.value_in(data)
    except BadStream:
        return data
