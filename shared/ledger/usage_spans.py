"""A time in spans of days and hours, each of which the projector has summed by pipeline.

    |hours|  24  | 96 h  |    192 h    |    192 h    | 96 h  | 24 |hours|

Spans begin at multiples of themselves, from 1970 on, in UTC: any 30 days are 11 spans at most, and
up to 46 hours.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

HOUR, DAY = 1, 24
SPAN_HOURS = (DAY, 4 * DAY, 8 * DAY)
"""The lengths of spans of days in which pipelines and models are told apart."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AN_HOUR = timedelta(hours=1)


class Span(NamedTuple):
    """So many hours from then on."""

    hours: int
    since: datetime


def cover(
    since: datetime, until: datetime, lengths: Collection[int], *, is_open: bool = False
) -> list[Span]:
    """Spans of these lengths that cover the time once and nothing else, as long as they can be.

    The shortest is a part of all others. Both times are its multiples, unless the time is open:
    then nothing is behind its end, and its last span may reach beyond it.
    """
    if since >= until:
        return []
    longest_first = sorted(lengths, reverse=True)
    at, end = (since - _EPOCH) // _AN_HOUR, -((_EPOCH - until) // _AN_HOUR)
    found = []
    while at < end:
        hours = next(
            each for each in longest_first if at % each == 0 and (is_open or at + each <= end)
        )
        found.append(Span(hours, _EPOCH + at * _AN_HOUR))
        at += hours
    return found
