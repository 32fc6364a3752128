"""The text of an answer: from which source, cut into how many chunks, stopped where."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import cycle, islice, pairwise

from simulator.markers.script import Script
from simulator.speech.request import MessagesRequest
from simulator.speech.schema import fitting
from simulator.speech.voice import answer, subject_of

UNICODE = (
    "Grüße, café, cafe\u0301 — 日本語のテスト, مرحبا بالعالم, עברית, 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 𝔘𝔫𝔦𝔠𝔬𝔡𝔢\n"
    'line\u2028separator\u2029paragraph\u00a0space\tTab "quotes" \\back\\ </script> &amp; 🚀'
)
STAMP = "0000000000000000000 "
"""Where the time of writing is put in, as many digits."""
FEWEST_TOLD = 10
ENDLESS_WORD = "on and "
_WORD = re.compile(r"\S+\s*|\s+")


class WordsError(ValueError):
    """The text asked for cannot be cut as asked for."""


@dataclass(frozen=True, slots=True)
class Words:
    """The text in chunks, and why it stops if it was cut short."""

    pieces: tuple[str, ...]
    stop_reason: str | None = None
    stop_sequence: str | None = None

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def words_of(request: MessagesRequest, script: Script, text: str) -> Words:
    """What to say to `text`, the request's input without its markers.

    Raises: WordsError.
    """
    if script.empty:
        return Words(())
    said = _said(request, script, text)
    said = _rest_after(request.told, said)
    said, sequence = _stopped(said, request.stop_sequences)
    pieces = _pieces(said, script)
    if sequence is not None:
        return Words(pieces, "stop_sequence", sequence)
    if _is_free(script) and len(pieces) > request.max_tokens:
        return Words(pieces[: request.max_tokens], "max_tokens")
    return Words(pieces)


def worded(text: str, count: int) -> str:
    """`count` words of `text`, from its beginning, repeated as often as needed."""
    return " ".join(islice(cycle(text.split()), count))


def _said(request: MessagesRequest, script: Script, text: str) -> str:
    if script.text is not None:
        return script.text
    if script.echo:
        return text
    if script.unicode:
        return UNICODE
    if script.results:
        return "\n".join(request.all_results)
    if script.clock:
        return STAMP * (script.chunks or 1)
    if request.answer_schema is not None and script.words is None and script.chunks is None:
        return fitting(request.answer_schema, subject_of(text), script.misfit)
    own = answer(request.instructions, text, request.tool_results)
    if script.words is not None:
        return worded(own, script.words)
    if script.chunks is not None:
        size = script.chunk or 0
        words = max(script.chunks, script.chunks * size // 2 + 1)
        long = worded(own, words)
        return long[: script.chunks * size] if size else long
    return own


def _is_free(script: Script) -> bool:
    """Nobody asked for an exact text or length, so the request's max_tokens rules."""
    asked = (script.text, script.words, script.chunks)
    return asked == (None, None, None) and not (script.echo or script.unicode or script.results)


def _rest_after(told: str, said: str) -> str:
    """`said` without its longest beginning that `told` ends with, or contains."""
    if not told:
        return said
    least = min(FEWEST_TOLD, len(said))
    known = bisect_left(range(len(said)), True, key=lambda n: said[: n + 1] not in told)
    is_prefix = told.endswith(said[:known]) and said.startswith(told)
    return said[known:] if known >= least or is_prefix else said


def _stopped(said: str, sequences: list[str]) -> tuple[str, str | None]:
    found = [(at, s) for s in sequences if s and (at := said.find(s)) >= 0]
    if not found:
        return said, None
    at, sequence = min(found)
    return said[:at], sequence


def _pieces(said: str, script: Script) -> tuple[str, ...]:
    size, count = script.chunk, script.chunks
    if script.clock:
        size, count = len(STAMP), None
    if count is not None:
        return _cut(said, count) if size or script.text or script.echo else _grouped(said, count)
    if size is not None:
        return tuple(said[at : at + size] for at in range(0, len(said), size))
    return tuple(_WORD.findall(said))


def _grouped(said: str, count: int) -> tuple[str, ...]:
    words = _WORD.findall(said)
    if len(words) < count:
        return _cut(said, count)
    return tuple("".join(group) for group in _shares(words, count))


def _cut(said: str, count: int) -> tuple[str, ...]:
    if len(said) < count:
        raise WordsError(
            f"chunks={count} needs a text of at least {count} characters, found {len(said)}: "
            "ask for fewer chunks, or leave the text to the simulator."
        )
    return tuple("".join(share) for share in _shares(list(said), count))


def _shares(items: list[str], count: int) -> list[list[str]]:
    edges = [at * len(items) // count for at in range(count + 1)]
    return [items[a:b] for a, b in pairwise(edges)]
