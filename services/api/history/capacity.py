"""Room in the stores: new runs are refused before one is full, so that those begun can end.

A store that is full of what does not end with runs (flow versions, keys) refuses no runs: only
what would be stored there is. It is a reason not to be ready all the same: a person must act.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from shared.errors import Unavailable
from shared.log.declared import BLOBS, RUNS, TIMERS
from shared.log.oversight import About, Store
from shared.log.port import Log
from shared.runtime.metrics import counter, gauge
from shared.runtime.monitor import Health

PART = "room"
FULL_AT = 0.85
LOOK_SECONDS = 2.0
FILLED_BY_RUNS = frozenset({RUNS, BLOBS, TIMERS})

FULLNESS = gauge("log_fullness_ratio", "How much of its size limit the log takes.")
HELD = gauge("store_bytes", "What a stream or a bucket holds.", "store")
LIMIT = gauge("store_limit_bytes", "What it may hold; absent without a limit.", "store")
WRITABLE = gauge("store_writable", "1 while the server takes writes, 0 while it has no room.")
REFUSED = counter("runs_refused_total", "New runs that were refused for want of room.", "code")


class LogNearlyFull(Unavailable):
    """The log takes no new runs until finished ones have left it."""

    code = "log_full"
    status = 507


class StoreNearlyFull(Unavailable):
    """A store beside the log, or the server, takes no new runs until there is room again."""

    code = "store_full"


class Capacity:
    """Looks at the log every two seconds while `watch` runs: its room, partitions and lanes."""

    def __init__(self, log: Log, about: About, health: Health, most_run_bytes: int) -> None:
        self._log = log
        self._health = health
        self._stores: Sequence[Store] = ()
        self._has_room = True
        self.partitions, self.lanes = about.partitions, about.lanes
        self.most_run_bytes = most_run_bytes

    async def watch(self) -> None:
        """Keeps looking, for ever."""
        while True:
            try:
                about = await self._log.about()
                self.partitions, self.lanes = about.partitions, about.lanes
                self._stores = await self._log.oversight.stores()
                self._has_room = await self._log.oversight.has_room()
                self._report()
            except Unavailable:
                pass  # a reason of its own
            await asyncio.sleep(LOOK_SECONDS)

    def require_room(self) -> None:
        """Raises: LogNearlyFull; StoreNearlyFull."""
        refusal = self._refusal()
        if refusal is not None:
            REFUSED.labels(refusal.code).inc()
            raise refusal

    def _refusal(self) -> Unavailable | None:
        if not self._has_room:
            return StoreNearlyFull(f"{NO_ROOM_LEFT} New runs are taken once it has some.")
        for store in self._full():
            if store.name in FILLED_BY_RUNS:
                error = LogNearlyFull if store.name == RUNS else StoreNearlyFull
                words = f"no new runs from {FULL_AT:.0%} on: wait for finished runs to leave it"
                return error(f"{_said(store)}, and takes {words}, or {_raising(store)}.")
        return None

    def _full(self) -> Iterator[Store]:
        return (store for store in self._stores if store.fullness >= FULL_AT)

    def _report(self) -> None:
        WRITABLE.set(self._has_room)
        for store in self._stores:
            HELD.labels(store.name).set(store.size_bytes)
            if store.limit_bytes:
                LIMIT.labels(store.name).set(store.limit_bytes)
            if store.name == RUNS:
                FULLNESS.set(store.fullness)
        reasons = [f"{_said(store)}: {_raising(store)}" for store in self._full()]
        if not self._has_room:
            reasons.insert(0, NO_ROOM_LEFT)
        if reasons:
            self._health.unready(PART, "; ".join(reasons))
        else:
            self._health.ready(PART)


NO_ROOM_LEFT = (
    "NATS takes no writes, its store or its disk is full: free what others hold there, or raise "
    "max_file_store."
)
_SETTINGS = {
    RUNS: "PENSTOCK_MAX_LOG_BYTES",
    BLOBS: "PENSTOCK_MAX_BLOB_BYTES",
    TIMERS: "PENSTOCK_MAX_TIMER_BYTES",
    "FLOWS": "PENSTOCK_MAX_FLOW_BYTES",
    "IDEMPOTENCY": "PENSTOCK_MAX_KEY_BYTES",
}


def _said(store: Store) -> str:
    what = "The log" if store.name == RUNS else f"The store {store.name}"
    return f"{what} is {store.fullness:.0%} full"


def _raising(store: Store) -> str:
    setting = _SETTINGS.get(store.name)
    return f"raise {setting} and migrate" if setting else "delete what is not needed"
