"""The texts of a run: how several are made one, how large they may be, which facts carry them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from shared.run.content import ContentRef, InputRef

BLANK_LINE = "\n\n"
INLINE_BYTES = 64 << 10
"""A text up to this stands in its fact; a larger one is a body of its own."""
LARGEST_BYTES = 64 << 20
"""No input of a run, no output of a step, and not all that a step is given, is larger."""

RUN_TOO_LARGE = "run_too_large"
"""Why a run failed that wrote more than it may."""


def join(texts: Iterable[str]) -> str:
    """Several texts as one: a blank line between them, in the order given."""
    return BLANK_LINE.join(texts)


def joined_bytes(sizes: Sequence[int]) -> int:
    """What texts of these sizes weigh, joined, in UTF-8."""
    return sum(sizes) + len(BLANK_LINE) * max(len(sizes) - 1, 0)


def sources_of(inputs: Iterable[InputRef]) -> Iterator[ContentRef]:
    """The facts whose texts these inputs are, in order; one that came on two ways comes twice."""
    return (source for given in inputs for source in given.sources())
