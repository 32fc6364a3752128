"""The prompt cache: what a request reads of what earlier ones wrote, by their markers.

    tools, system, messages: a row of blocks; a marker behind one keeps the row up to it

A request writes at each of its markers, from a least length on, and reads the longest row that ends
at a marker or at most 20 blocks before it. How a model thinks and which tools it may choose belong
to the messages' part of the row.
Source: the provider's pages on prompt caching.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from time import monotonic

from simulator.anthropic.ability import model_of
from simulator.speech.demands import CacheControl
from simulator.speech.request import Block, MessagesRequest, Tool
from simulator.speech.usage import Cached, tokens

MOST_KEPT = 20_000
LOOKS_BACK = 20
SECONDS = {"5m": 300.0, "1h": 3600.0}


@dataclass(frozen=True, slots=True)
class _Spot:
    """A row up to one of its blocks, which may have a marker."""

    digest: str
    size: int
    marker: CacheControl | None


class PromptCache:
    """The rows that are kept, those used longest ago forgotten first."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._until: OrderedDict[str, float] = OrderedDict()

    def use(self, request: MessagesRequest) -> Cached:
        """What the request reads and writes; nothing without markers."""
        spots = list(_row(request)) if _is_marked(request) else []
        least = model_of(request.model).cache_minimum
        marked = [at for at, spot in enumerate(spots) if spot.marker and spot.size >= least]
        read = self._read(spots, marked)
        written = dict.fromkeys(SECONDS, 0)
        end = read
        for at in marked:
            marker = spots[at].marker
            ttl = marker.ttl if marker else "5m"
            written[ttl] += max(0, spots[at].size - end)
            end = max(end, spots[at].size)
            self._keep(spots[at].digest, SECONDS[ttl])
        return Cached(read=read, written_5m=written["5m"], written_1h=written["1h"])

    def clear(self) -> None:
        self._until.clear()

    def _read(self, spots: list[_Spot], marked: list[int]) -> int:
        for end in reversed(marked):
            for at in range(end, max(-1, end - LOOKS_BACK), -1):
                if self._until.get(spots[at].digest, 0) > self._clock():
                    return spots[at].size
        return 0

    def _keep(self, digest: str, seconds: float) -> None:
        self._until[digest] = self._clock() + seconds
        self._until.move_to_end(digest)
        if len(self._until) > MOST_KEPT:
            self._until.popitem(last=False)


def _is_marked(request: MessagesRequest) -> bool:
    parts: list[Tool | Block] = [
        *request.tools,
        *_system(request),
        *(b for m in request.messages for b in m.blocks),
    ]
    return bool(request.cache_control) or any(part.cache_control for part in parts)


def _row(request: MessagesRequest) -> Iterator[_Spot]:
    digest, size = sha256(request.model.encode()), 0
    for lead, part in _parts(request):
        written = json.dumps(part.model_dump(exclude={"cache_control"}, exclude_unset=True))
        digest.update(lead + written.encode())
        size += tokens(written)
        yield _Spot(digest.hexdigest(), size, part.cache_control)


def _parts(request: MessagesRequest) -> Iterator[tuple[bytes, Tool | Block]]:
    """The blocks in their order, each with what else is said of it; the last one is marked."""
    yield from ((b"tool", tool) for tool in request.tools)
    yield from ((b"system", block) for block in _system(request))
    messages = [(message.role, block) for message in request.messages for block in message.blocks]
    settings = _of_messages(request)
    *others, (role, last) = messages
    yield from ((settings + role.encode(), block) for role, block in others)
    marker = last.cache_control or request.cache_control
    yield settings + role.encode(), last.model_copy(update={"cache_control": marker})


def _of_messages(request: MessagesRequest) -> bytes:
    asked = (request.thinking, request.output_config, request.tool_choice)
    return json.dumps([each and each.model_dump() for each in asked]).encode()


def _system(request: MessagesRequest) -> list[Block]:
    if not isinstance(request.system, str):
        return request.system
    return [Block(type="text", text=request.system)] if request.system else []
