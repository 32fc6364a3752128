"""Thinking sent back behind anything but what it was said to is refused, by newer models."""

from simulator.anthropic.ability import model_of
from simulator.speech.binding import DIGITS, prefix_of
from simulator.speech.request import MessagesRequest, RequestError


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
            if signed[:DIGITS] != prefix_of(request, request.messages[:at]):
                raise RequestError(
                    f"{where}. The block is bound to a different conversation. Remove the block, "
                    'or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block".'
                )
