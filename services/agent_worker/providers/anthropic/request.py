"""A request as the provider wants it: the one place where what an agent asks for takes its form."""

import json
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import cast

from anthropic.types import ContentBlockParam, MessageParam
from anthropic.types.message_create_params import MessageCreateParamsStreaming

from services.agent_worker.providers.anthropic.tools import Block, tools_of
from services.agent_worker.providers.provider import Request
from shared.errors import Corrupt


def parameters_of(request: Request) -> MessageCreateParamsStreaming:
    """What `messages.create` is given. Raises: Corrupt, where a turn's content is none."""
    said = [_blocks(content) for content in request.said]
    asked: MessageCreateParamsStreaming = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "messages": list(_messages(request.prompt, said)),
        "stream": True,
    }
    if request.system:
        asked["system"] = request.system
    if tools := tools_of(request.work, chain.from_iterable(said)):
        asked["tools"] = tools
    return asked


def _messages(prompt: str, said: Sequence[Sequence[Block]]) -> Iterable[MessageParam]:
    yield {"role": "user", "content": prompt}
    for blocks in said:
        # Blocks are the provider's own, of kinds newer than the SDK perhaps: sent as they came.
        yield {"role": "assistant", "content": cast("list[ContentBlockParam]", list(blocks))}


def _blocks(content: str) -> list[Block]:
    try:
        blocks: list[Block] = json.loads(content)
    except ValueError as error:
        raise Corrupt(f"expected the JSON of a model turn, found {content[:80]!r}") from error
    return blocks
