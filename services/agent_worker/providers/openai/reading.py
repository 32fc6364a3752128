"""One chat completion while it streams in: chunks into events of ours, and its message kept.

    {"choices": [{"delta": {...}, "finish_reason"}]}*, {"choices": [], "usage": {...}}, [DONE]

Servers differ: reasoning comes as `reasoning_content` or `reasoning`, usage with the last chunk, in
every chunk or never, an error as an event in the middle, comments between chunks, and `[DONE]` may
be missing. Of several choices the first is read.
Source: OpenAI API reference, the chat completion chunk object; vLLM, Ollama and OpenRouter.
"""

import json
from collections.abc import Mapping

from services.agent_worker.providers import border
from services.agent_worker.providers.border import Cleaner, Object
from services.agent_worker.providers.openai.calls import Calls
from services.agent_worker.providers.openai.usage import usage_of
from services.agent_worker.providers.provider import (
    SIGN,
    Begun,
    BlockPhase,
    Ended,
    Event,
    Opened,
    Text,
    Thought,
    ToolInput,
    Used,
)
from services.agent_worker.providers.sse import EventStream
from services.agent_worker.providers.transport import ErrorEvent
from shared.errors import AttemptFailed

LARGEST_TURN_BYTES = 64 * 1024 * 1024
DONE = "[DONE]"
REASONS: Mapping[str, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "content_filter": "refusal",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
}
"""Why a message ended, in the words that turns have."""


class Reading:
    """Takes the bytes of one response.

    `is_message` tells that a completion has begun to come, `has_ended` that the server said that it
    was all; `stop_reason` is why, as soon as that is known; `failure` what broke it off.
    """

    def __init__(self) -> None:
        self.is_message = False
        self.has_ended = False
        self.has_usage = False
        self.stop_reason: str | None = None
        self.failure: AttemptFailed | ErrorEvent | None = None
        self._model = ""
        self._stream = EventStream()
        self._phase: BlockPhase | None = None
        self._text, self._thought = Cleaner(), Cleaner()
        self._texts: list[str] = []
        self._refusal: list[str] = []
        self._calls = Calls()
        self._size = 0
        self._events: list[Event] = []

    def take(self, piece: bytes) -> list[Event]:
        """The events that this piece ends, up to what breaks the message off."""
        events = self._events = []
        try:
            for message in self._stream.feed(piece):
                if message.data == DONE:
                    self.has_ended = True
                    break
                if message.data:
                    self._read(border.object_in(message.data))
        except (AttemptFailed, ErrorEvent) as failure:
            self.failure = failure
        return events

    def ending(self) -> list[Event]:
        """What is left to tell, now that the message is over. Raises: BadStream."""
        assert self.stop_reason is not None
        events = self._events = []
        self._think(self._thought.flush())
        self._say(self._text.flush())
        refusal = "".join(self._refusal).strip()
        reason = "refusal" if refusal and self.stop_reason == "end_turn" else self.stop_reason
        detail = border.short(refusal, border.LONGEST_REASON) or None
        content = json.dumps(self._message(), ensure_ascii=False, separators=(",", ":"))
        events.append(Ended(reason, detail, content))
        return events

    def _message(self) -> Object:
        """The message as it is sent back: what it reasoned is its own, and stays out."""
        message: Object = {"role": "assistant", "content": "".join(self._texts)}
        if self._calls and self.stop_reason == "tool_use":
            message["tool_calls"] = self._calls.messages()
        return message

    def _read(self, raw: Object) -> None:
        if raw.get("error"):
            raise ErrorEvent(raw)
        before = len(self._events)
        self._begin(border.name(raw, "model") or "")
        choices = raw.get("choices")
        if not isinstance(choices, list | None):
            border.unexpected("a list as choices", choices)
        for choice in choices or ():
            if not border.is_object(choice):
                border.unexpected("a choice", choice)
            if choice.get("index", 0) == 0:
                self._choose(choice)
        if raw.get("usage") is not None:
            self.has_usage = True
            self._events.append(Used(usage_of(border.member(raw, "usage"))))
        if len(self._events) == before:
            self._events.append(SIGN)

    def _begin(self, model: str) -> None:
        if not self.is_message or (model and not self._model):
            self._events.append(Begun(model))
        self.is_message, self._model = True, self._model or model

    def _choose(self, choice: Object) -> None:
        delta = border.member(choice, "delta")
        for key in ("reasoning_content", "reasoning"):
            if isinstance(thought := delta.get(key), str) and thought:
                self._open("thinking")
                self._think(self._thought.feed(self._weighed(thought)))
                break
        if delta.get("content"):
            self._open("writing")
            self._say(self._text.feed(self._weighed(border.text(delta, "content"))))
        if isinstance(refusal := delta.get("refusal"), str):
            self._refusal.append(self._weighed(refusal))
        calls = delta.get("tool_calls")
        if not isinstance(calls, list | None):
            border.unexpected("a list as tool_calls", calls)
        for call in calls or ():
            self._open("tool")
            self._events.append(ToolInput(self._weigh(self._calls.take(call))))
        if (reason := border.name(choice, "finish_reason")) is not None:
            self.stop_reason = REASONS.get(reason, reason)

    def _open(self, phase: BlockPhase) -> None:
        if phase != self._phase:
            self._phase = phase
            self._events.append(Opened(phase))

    def _say(self, piece: str) -> None:
        if piece:
            self._texts.append(piece)
            self._events.append(Text(piece))

    def _think(self, piece: str) -> None:
        if piece:
            self._events.append(Thought(piece))

    def _weighed(self, piece: str) -> str:
        self._weigh(len(piece))
        return piece

    def _weigh(self, size: int) -> int:
        self._size += size
        if self._size > LARGEST_TURN_BYTES:
            message = f"the answer is longer than {LARGEST_TURN_BYTES} bytes"
            raise AttemptFailed(message, code="too_large", retry=False)
        return size
