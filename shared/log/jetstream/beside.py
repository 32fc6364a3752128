"""Facts that travel with another, in a line of its header: read by nobody but whom it is meant for.

A header is stored and delivered with its message; Postgres and readers see the message alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.log.jetstream.hearing import Message

_NAME = "Penstock-Beside"
# Stands in no fact: JSON has it only between its words, where we write nothing.
_SEPARATOR = "\t"
_END = b"\r\n"
_UNFIT = (_SEPARATOR.encode(), b"\r", b"\n")


def with_beside(header: bytes, facts: Sequence[bytes]) -> bytes:
    """The header with one more line; as it was if a fact does not fit into a line."""
    if any(mark in fact for fact in facts for mark in _UNFIT):
        return header
    line = f"{_NAME}: ".encode() + _SEPARATOR.encode().join(facts)
    return header.removesuffix(_END) + line + _END + _END


def beside_in(message: Message) -> tuple[bytes, ...]:
    """The facts in a header of ours."""
    line = message.line(_NAME)
    return tuple(fact.encode() for fact in line.split(_SEPARATOR)) if line else ()
