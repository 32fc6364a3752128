"""Thinking is bound to what it was said to: sent back behind anything else, it is refused.

The system prompt, the tools and the messages before it are its prefix; markers of caches, effort
and the choice of tools are not, nor is thinking itself. Only newer models look.
Source: the provider's pages on preserved thinking.
"""

import json
from collections.abc import Sequence
from hashlib import sha256

from simulator.speech.request import Block, Message, MessagesRequest, Tool

THOUGHTS = frozenset({"thinking", "redacted_thinking"})
DIGITS = 32


def signature(request: MessagesRequest, thought: str) -> str:
    """What signs a thought of the answer to this request."""
    return prefix_of(request, request.messages) + sha256(thought.encode()).hexdigest()[:DIGITS]


def prefix_of(request: MessagesRequest, before: Sequence[Message]) -> str:
    """What stands before a thought, as a digest."""
    content = [
        request.instructions,
        [_plain(tool) for tool in request.tools],
        [[m.role, [_plain(b) for b in m.blocks if b.type not in THOUGHTS]] for m in before],
    ]
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:DIGITS]


def _plain(part: Block | Tool) -> object:
    return part.model_dump(exclude={"cache_control"}, exclude_unset=True)
