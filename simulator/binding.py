"""Thinking is bound to what it was said to: sent back behind anything else, it is refused.

The system prompt, the tools and the messages before it are its prefix; markers of caches, effort
and the choice of tools are not, nor is thinking itself. Only newer models look.
Source: the provider's pages on preserved thinking.
"""

import json
from collections.abc import Sequence
from hashlib import sha256

from simulator.ability import model_of
from simulator.request import Block, Message, MessagesRequest, RequestError, Tool

THOUGHTS = frozenset({"thinking", "redacted_thinking"})
DIGITS = 32


def signature(request: MessagesRequest, thought: str) -> str:
    """What signs a thought of the answer to this request."""
    return _prefix(request, request.messages) + sha256(thought.encode()).hexdigest()[:DIGITS]


def check(request: MessagesRequest) -> None:
    """Refuses thinking that was said to something else. Raises: RequestError."""
    if not model_of(request.model).binds:
        return
    for at, message in enumerate(request.messages):
        for place, block in enumerate(message.blocks):
            if block.type != "thinking":
                continue
            signed = (block.model_extra or {}).get("signature")
            where = f"messages.{at}.content.{place}: Invalid `signature` in `thinking` block"
            if not isinstance(signed, str) or len(signed) != 2 * DIGITS:
                raise RequestError(where)
            if signed[:DIGITS] != _prefix(request, request.messages[:at]):
                raise RequestError(
                    f"{where}. The block is bound to a different conversation. Remove the block, "
                    'or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block".'
                )


def _prefix(request: MessagesRequest, before: Sequence[Message]) -> str:
    content = [
        request.instructions,
        [_plain(tool) for tool in request.tools],
        [[m.role, [_plain(b) for b in m.blocks if b.type not in THOUGHTS]] for m in before],
    ]
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:DIGITS]


def _plain(part: Block | Tool) -> object:
    return part.model_dump(exclude={"cache_control"}, exclude_unset=True)
