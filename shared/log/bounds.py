"""How much each stream and each bucket of the log may hold: none is without a bound.

JetStream reserves a bound from what the server offers (`max_file_store`), so what is provisioned
fits together: a server that has less refuses it, and no stream of ours takes another's room.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import Unavailable
from shared.log.declared import BLOBS, CREDENTIALS, FLOWS, IDEMPOTENCY, QUEUES, RUNS, TIMERS

KEPT_FREE = 1.25
"""A store that holds more than its bound already is given a quarter more than it holds."""


class StoreFull(Unavailable):
    """A store is at its bound, or the server has no room: what was to be stored is not."""

    code = "store_full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The bounds in bytes, by store; -1 is none."""

    runs: int
    timers: int
    blobs: int
    flows: int
    idempotency: int
    credentials: int
    queues: int

    def by_store(self) -> Mapping[str, int]:
        """The same by the names of the stores."""
        return {
            RUNS: self.runs,
            TIMERS: self.timers,
            BLOBS: self.blobs,
            FLOWS: self.flows,
            IDEMPOTENCY: self.idempotency,
            CREDENTIALS: self.credentials,
            QUEUES: self.queues,
        }

    @property
    def together(self) -> int:
        """What a server must offer for all of them."""
        return sum(self.by_store().values())


UNBOUNDED = Bounds(
    runs=-1, timers=-1, blobs=-1, flows=-1, idempotency=-1, credentials=-1, queues=-1
)
CREDENTIALS_BYTES = 64 << 20
QUEUES_BYTES = 1 << 20


def bound_above(wanted: int, held: int) -> int:
    """The bound to set for a store that holds `held` bytes: what it holds stays, and it can go on.

    For a bound that is too low JetStream deletes nothing (discard `new`; of timers it would), but
    takes nothing either, not even the end of a run.
    """
    return wanted if wanted < 0 or held * KEPT_FREE <= wanted else int(held * KEPT_FREE)
