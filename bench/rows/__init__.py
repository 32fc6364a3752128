"""What is measured, by the numbers of its rows. A new row is a module here and a line below."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from bench.ground import Ground
from bench.measured import Findings
from bench.rows import (
    alone,
    bare,
    cancel,
    catching_up,
    chunks,
    deep,
    fan_out,
    first_words,
    forgetting,
    idle,
    memory,
    passage,
    readers,
    sustained,
    tools,
    workers,
)


class Measurement(NamedTuple):
    """The rows of the table that one function finds."""

    rows: tuple[int, ...]
    measure: Callable[[Ground], Awaitable[Findings]]


MEASUREMENTS = (
    Measurement((1, 5), sustained.measure),
    Measurement((2,), alone.measure),
    Measurement((3, 4), fan_out.measure),
    Measurement((6,), first_words.measure),
    Measurement((7,), passage.measure),
    Measurement((8,), chunks.measure),
    Measurement((9,), readers.measure),
    Measurement((10,), bare.measure),
    Measurement((11,), cancel.measure),
    Measurement((13,), catching_up.measure),
    Measurement((14,), deep.measure),
    Measurement((15,), idle.measure),
    Measurement((16,), workers.measure),
    Measurement((17,), forgetting.measure),
    Measurement((18,), memory.measure),
    Measurement((19,), tools.measure),
)
ROWS = tuple(sorted(row for each in MEASUREMENTS for row in each.rows))
