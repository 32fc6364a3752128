"""An answer: content blocks, stop reason and usage, composed from a request and its script.

Pure: the same request and script give the same answer, ids of tool calls included.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from simulator.markers.script import Script
from simulator.speech import block
from simulator.speech.binding import signature
from simulator.speech.block import Block, Json
from simulator.speech.request import MessagesRequest, Tool
from simulator.speech.schema import example
from simulator.speech.usage import Cached, Usage, tokens
from simulator.speech.voice import subject_of
from simulator.speech.words import Words, WordsError, worded, words_of

THOUGHTS = (
    "Let me think about what is asked before answering: which parts are certain, which are not, "
    "and in what order the reader needs them."
)
EXPLANATION = "This request was declined by the simulated safety policy."


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says to one request."""

    blocks: tuple[Block, ...]
    stop_reason: str
    stop_sequence: str | None
    stop_details: Json | None
    usage: Usage

    @property
    def told_reason(self) -> str:
        """The stop reason as the Messages API has it, which knows no filter."""
        return "refusal" if self.stop_reason == "content_filter" else self.stop_reason

    def message(self, identity: str, model: str) -> Json:
        """The whole message, as an answer without a stream has it."""
        return {
            "id": identity,
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [one.whole for one in self.blocks],
            "stop_reason": self.told_reason,
            "stop_sequence": self.stop_sequence,
            "stop_details": self.stop_details,
            "usage": self.usage.whole(),
        }


@dataclass(frozen=True, slots=True)
class Composer:
    """Makes the blocks of one answer; `text` is the input without its markers.

    `asked` is the request as it came, with the markers in its instructions.
    """

    request: MessagesRequest
    asked: MessagesRequest
    script: Script
    text: str
    seed: str
    cached: Cached

    def answer(self) -> Answer:
        """Raises: WordsError."""
        if self.script.forever and self.script.empty:
            raise WordsError("forever and empty exclude each other: drop one.")
        words = words_of(self.request, self.script, self.text)
        calls = self._calls()
        blocks = tuple(self._blocks(words, calls))
        reason = self._stop_reason(words, calls)
        return Answer(
            blocks,
            reason,
            words.stop_sequence if reason == "stop_sequence" else None,
            self._stop_details(reason),
            self._usage(blocks),
        )

    def _blocks(self, words: Words, calls: Sequence[Block]) -> Iterator[Block]:
        script = self.script
        if script.thinking is not None and self.request.thinks:
            yield self._thought(script.thinking)
        if script.unknown:
            yield block.unknown()
        searched = self._searched()
        yield from searched
        yield from self._fetched()
        has_text = words.pieces or not script.results  # an empty block cannot be sent back
        if not script.empty and has_text:
            yield from self._texts(words, searched)
        yield from calls

    def _thought(self, words: int) -> Block:
        pieces = _spaced(worded(THOUGHTS, words))
        shown = pieces if self.request.shows_thinking else []
        return block.thinking(shown, signature(self.asked, "".join(pieces)))

    def _texts(self, words: Words, searched: Sequence[Block]) -> Iterator[Block]:
        """The text in as many blocks as asked for; the last one cites what was searched."""
        found = bool(searched) and self.script.search_error is None
        citations = block.citations(searched[-1], self.script.cites) if found else []
        count, pieces = self.script.blocks, words.pieces
        if count > max(1, len(pieces)):
            raise WordsError(f"blocks={count} needs as many chunks, found {len(pieces)}.")
        edges = [at * len(pieces) // count for at in range(count + 1)]
        for at in range(count):
            cited = citations if at == count - 1 else []
            yield block.text(pieces[edges[at] : edges[at + 1]], cited)

    def _searched(self) -> list[Block]:
        script = self.script
        if not self.request.may_use_tools:
            return []
        # Only a turn with server tools is ever paused.
        is_paused = script.stop_reason == "pause_turn" and script.fetch is None
        if script.search is None and script.search_error is None and not is_paused:
            return []
        query = script.search or subject_of(self.text)
        identity = self._identity("srvtoolu", "search")
        use = block.server_tool_use(identity, "web_search", {"query": query})
        if script.search_error is not None:
            return [use, block.search_failed(identity, script.search_error)]
        return [use, block.search_results(identity, query)]

    def _fetched(self) -> list[Block]:
        script = self.script
        is_asked = script.fetch is not None or script.fetch_error is not None
        if not (is_asked and self.request.may_use_tools):
            return []
        url = script.fetch or "https://example.org/"
        identity = self._identity("srvtoolu", "fetch")
        use = block.server_tool_use(identity, "web_fetch", {"url": url})
        if script.fetch_error is not None:
            return [use, block.fetch_failed(identity, script.fetch_error)]
        return [use, block.fetched(identity, url)]

    def _calls(self) -> list[Block]:
        """Calls of the client's tools, unless their results are what this request brings."""
        script = self.script
        request = self.request
        is_answered = request.tool_results and request.turn > script.tool_turns
        if script.tool is None or script.forever or not request.may_use_tools:
            return []
        if is_answered and not script.again:
            return []
        offered = {tool.name: tool for tool in request.tools if tool.type == "custom"}
        names = script.tool.split(",") if script.tool else list(offered)[:1]
        if not names:
            raise WordsError("tool needs a name, tool=NAME, for a request that offers no tool.")
        called = [name for name in names for _ in range(script.tool_count)]
        if not request.calls_at_once:
            del called[1:]
        return [
            block.tool_use(
                self._identity("toolu", f"{at}{name}"), name, self._arguments(at, offered.get(name))
            )
            for at, name in enumerate(called)
        ]

    def _arguments(self, at: int, tool: Tool | None) -> Json:
        """The arguments of the call at this place; the last of a list goes on for the rest."""
        if self.script.tool_input is not None:
            given = json.loads(self.script.tool_input)
            arguments: Json = given[min(at, len(given) - 1)] if isinstance(given, list) else given
            return arguments
        subject = subject_of(self.text)
        if tool is None or not isinstance(tool.input_schema.get("properties"), dict):
            return {"input": subject}
        made = example(tool.input_schema | {"type": "object"}, subject)
        return made if isinstance(made, dict) else {"input": subject}

    def _stop_reason(self, words: Words, calls: Sequence[Block]) -> str:
        asked = self.script.stop_reason
        is_paused = asked == "pause_turn"
        if asked is not None and (self.request.may_use_tools or not is_paused):
            return asked
        return "tool_use" if calls else words.stop_reason or "end_turn"

    def _stop_details(self, reason: str) -> Json | None:
        if reason not in ("refusal", "content_filter"):
            return None
        return {"type": "refusal", "category": self.script.category, "explanation": EXPLANATION}

    def _usage(self, blocks: Sequence[Block]) -> Usage:
        request, script = self.request, self.script
        spoken = "".join(message.text for message in request.messages)
        prompt = 8 + tokens(request.instructions) + tokens(spoken)
        cached = self.cached
        kept = cached.read + cached.written_5m + cached.written_1h
        thought = tokens(worded(THOUGHTS, script.thinking or 0)) if request.thinks else 0
        said = sum(tokens(str(value)) for one in blocks for _, _, value in one.deltas)
        searches, fetches = (
            sum(
                b.whole.get("type") == "server_tool_use" and b.whole.get("name") == name
                for b in blocks
            )
            for name in ("web_search", "web_fetch")
        )
        return Usage(
            input=_either(script.input_tokens, max(1, prompt - kept)),
            output=_either(script.output_tokens, max(1, said)),
            thinking=_either(script.thinking_tokens, thought),
            cache_read=_either(script.cache_read, cached.read),
            cache_5m=_either(script.cache_5m, cached.written_5m),
            cache_1h=_either(script.cache_1h, cached.written_1h),
            searches=searches,
            fetches=fetches,
        )

    def _identity(self, prefix: str, purpose: str) -> str:
        return f"{prefix}_{sha256(f'{self.seed}{purpose}'.encode()).hexdigest()[:24]}"


def _either(asked: int | None, counted: int) -> int:
    return counted if asked is None else asked


def _spaced(text: str) -> list[str]:
    first, *others = text.split()
    return [first, *(f" {word}" for word in others)]
