"""The options a marker may carry: names, shapes of their values, groups and meanings, as data.

Groups: of `source` and of `failure` a marker carries at most one each; a `detail` belongs to the
failure in the same marker; `scope` says how long the marker is in force.
"""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from simulator.markers.odd import ODD

Value: TypeAlias = bool | int | float | str
Group: TypeAlias = Literal["source", "content", "time", "usage", "failure", "detail", "scope"]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m)")
_RATE = re.compile(r"(\d+(?:\.\d+)?)(?:/s)?")


@dataclass(frozen=True, slots=True)
class Shape:
    """How a value is written: `expected` says it in words, `read` raises ValueError."""

    expected: str
    read: Callable[[str], Value]


@dataclass(frozen=True, slots=True)
class Option:
    """One option; `bare` is its value when only the name is written, None if it needs one."""

    name: str
    group: Group
    shape: Shape
    bare: Value | None
    meaning: str


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 1_000_000:
        raise ValueError(text)
    return int(text)


def _positive(text: str) -> int:
    if _count(text) == 0:
        raise ValueError(text)
    return _count(text)


def _seconds(text: str) -> float:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return float(match[1]) * _UNITS[match[2]]


def _rate(text: str) -> float:
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return float(match[1])


def _status(text: str) -> int:
    if not 300 <= _count(text) <= 599:
        raise ValueError(text)
    return int(text)


def _objects(text: str) -> str:
    read = json.loads(text)
    each = read if isinstance(read, list) else [read]
    if not each or not all(isinstance(one, dict) for one in each):
        raise ValueError(text)
    return text


def _flag(text: str) -> bool:
    return {"true": True, "false": False}[text]


def _one_of(*choices: str) -> Shape:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return Shape(" or ".join(choices), read)


FLAG = Shape("true or false", _flag)
TEXT = Shape('text, in "quotes" if it has spaces', str)
COUNT = Shape("a whole number up to 1000000", _count)
POSITIVE = Shape("a whole number from 1 to 1000000", _positive)
DURATION = Shape("a duration like 250ms, 1.5s or 2m", _seconds)
RATE = Shape("chunks a second like 40/s, or 0 for as fast as possible", _rate)
STATUS = Shape("an HTTP status from 300 to 599", _status)
OBJECTS = Shape("a JSON object in 'quotes', or a list of them", _objects)
STOP_REASON = _one_of(
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "pause_turn",
    "refusal",
    "content_filter",
    "model_context_window_exceeded",
)
CATEGORY = _one_of("cyber", "bio", "frontier_llm", "reasoning_extraction", "general_harms")

_ALL = (
    Option("text", "source", TEXT, None, "exactly this text"),
    Option("echo", "source", FLAG, True, "exactly the input, without its markers"),
    Option("words", "source", POSITIVE, None, "so many words in the agent's own manner"),
    Option("unicode", "source", FLAG, True, "emoji, joiners, right-to-left, CJK, line separators"),
    Option(
        "results", "source", FLAG, True, "exactly what the client's tools returned, a line each"
    ),
    Option("clock", "source", FLAG, True, "CLOCK_MONOTONIC as each chunk is written, nanoseconds"),
    Option("empty", "source", FLAG, True, "no content block at all"),
    Option("chunks", "content", POSITIVE, None, "exactly so many text deltas"),
    Option("chunk", "content", POSITIVE, None, "code points a text delta (default: a word each)"),
    Option("blocks", "content", POSITIVE, None, "the text split over so many text blocks"),
    Option("thinking", "content", POSITIVE, 12, "a signed thinking block of so many words first"),
    Option(
        "tool", "content", TEXT, "", "calls tools: `tool=a,b`; bare: the first the request offers"
    ),
    Option("tool_input", "content", OBJECTS, None, "the input of those calls; a list: one a call"),
    Option(
        "tool_count", "content", POSITIVE, None, "each of those calls so many times, in one turn"
    ),
    Option("tool_turns", "content", POSITIVE, None, "calls the tools in so many turns (default 1)"),
    Option(
        "whole_calls", "content", FLAG, True, "openai: each call in one delta, as some servers do"
    ),
    Option("again", "content", FLAG, True, "calls the tools again although their results came"),
    Option("search", "content", TEXT, "", "a web search (its query), results, a citation"),
    Option("cites", "content", TEXT, None, "the URLs it cites, by commas, not that of a result"),
    Option("search_error", "content", TEXT, "unavailable", "the web search fails, inside a 200"),
    Option("fetch", "content", TEXT, "", "a web fetch (its URL) and its document"),
    Option(
        "fetch_error", "content", TEXT, "url_not_accessible", "the web fetch fails, inside a 200"
    ),
    Option("unknown", "content", FLAG, True, "an event and a block of types nobody knows yet"),
    Option(
        "misfit",
        "content",
        _one_of("value", "text"),
        "value",
        "an answer that does not fit the schema asked for: a wrong value, or no JSON",
    ),
    Option("stop_reason", "content", STOP_REASON, None, "why the answer stops"),
    Option("category", "content", CATEGORY, None, "of a refusal"),
    Option("delay", "time", DURATION, None, "before the status line"),
    Option("sleep", "time", DURATION, None, "after message_start, before the first chunk"),
    Option("rate", "time", RATE, None, "chunks a second (default 40)"),
    Option("ping", "time", DURATION, None, "a ping so often while nothing else is sent"),
    Option("input_tokens", "usage", COUNT, None, "usage.input_tokens"),
    Option("output_tokens", "usage", COUNT, None, "usage.output_tokens"),
    Option("cache_read", "usage", COUNT, None, "usage.cache_read_input_tokens"),
    Option("cache_5m", "usage", COUNT, None, "cache_creation.ephemeral_5m_input_tokens"),
    Option("cache_1h", "usage", COUNT, None, "cache_creation.ephemeral_1h_input_tokens"),
    Option("thinking_tokens", "usage", COUNT, None, "output_tokens_details.thinking_tokens"),
    Option(
        "usage",
        "usage",
        _one_of("none", "asked", "last", "always"),
        None,
        "none: not told; openai: in a chunk of its own if asked, in the last one, or unasked",
    ),
    Option(
        "reasoning",
        "content",
        _one_of("reasoning_content", "reasoning", "none"),
        None,
        "openai: the field that carries thoughts (default reasoning_content), or none does",
    ),
    Option("status", "failure", STATUS, None, "an error before the stream"),
    Option("error", "failure", TEXT, "overloaded_error", "an error event inside the stream"),
    Option("stall", "failure", DURATION, 0.0, "silence inside the stream; bare: for ever"),
    Option(
        "cut",
        "failure",
        _one_of("close", "reset", "before"),
        "close",
        "the connection is closed or reset inside the stream, or before the status line",
    ),
    Option(
        "end",
        "failure",
        _one_of("early", "no_delta", "no_stop"),
        "early",
        "a clean end inside the text, without message_delta, or without message_stop only",
    ),
    Option("broken_json", "failure", FLAG, True, "a data line that is not JSON, then the end"),
    Option("hold", "failure", FLAG, True, "the connection is held open behind message_stop"),
    Option(
        "odd",
        "failure",
        _one_of(*ODD),
        None,
        "; ".join(f"`{name}`: {meaning}" for name, meaning in ODD.items()),
    ),
    Option("json_200", "failure", FLAG, True, "a whole JSON message although a stream was asked"),
    Option("silent", "failure", FLAG, True, "accepts the request, never answers"),
    Option("forever", "failure", FLAG, True, "streams until the client hangs up"),
    Option("after", "detail", COUNT, None, "chunks before the failure (default 3)"),
    Option("type", "detail", TEXT, None, "error.type (default: the usual one of the status)"),
    Option("message", "detail", TEXT, None, "error.message"),
    Option("code", "detail", TEXT, None, "error.details.error_code; openai: error.code"),
    Option("param", "detail", TEXT, None, "openai: error.param"),
    Option("location", "detail", TEXT, None, "header location"),
    Option("retry_after", "detail", TEXT, None, "header retry-after"),
    Option("retry_after_ms", "detail", COUNT, None, "header retry-after-ms"),
    Option("should_retry", "detail", FLAG, None, "header x-should-retry"),
    Option("times", "scope", POSITIVE, None, "in force for the first so many calls only"),
    Option("turn", "scope", POSITIVE, None, "in force in this turn of the conversation only"),
    Option("key", "scope", TEXT, None, "what `times` counts by (default: the identical request)"),
)
OPTIONS = {option.name: option for option in _ALL}


def reference() -> str:
    """The table of all options, in Markdown."""
    rows = [f"| `{o.name}` | {o.group} | {_written(o)} | {o.meaning} |" for o in _ALL]
    return "\n".join(["| option | group | value | meaning |", "|---|---|---|---|", *rows])


def _written(option: Option) -> str:
    if option.shape is FLAG and option.bare is True:
        return "none"
    may = "" if option.bare is None else ", or none"
    return f"{option.shape.expected}{may}"


if __name__ == "__main__":
    sys.stdout.write(reference() + "\n")
