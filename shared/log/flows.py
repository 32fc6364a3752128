"""Flow versions by hash, read from their store once and kept parsed, the latest used."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Protocol

from shared.errors import Corrupt
from shared.flow import Flow, Invalid, parse
from shared.flow.parse import POOLS

MOST_STEPS = 100_000
AT_ONCE_BYTES = 1 << 18


class Store(Protocol):
    """Where flow versions are: the log, or what has them too."""

    async def get_flow(self, version: str) -> bytes | None:
        """A flow version's bytes, or None. Raises: Unavailable."""
        ...


class Flows:
    """A cache bounded by the number of steps in it; one reader a version at a time."""

    def __init__(
        self, store: Store, *, most_steps: int = MOST_STEPS, at_once_bytes: int = AT_ONCE_BYTES
    ) -> None:
        self._store = store
        self._most = most_steps
        self._at_once_bytes = at_once_bytes
        self._kept: OrderedDict[str, Flow] = OrderedDict()
        self._steps = 0
        self._reading: dict[str, asyncio.Lock] = {}

    def kept(self, version: str) -> Flow | None:
        """The flow of this version if it has been read before."""
        flow = self._kept.get(version)
        if flow is not None:
            self._kept.move_to_end(version)
        return flow

    async def flow(self, version: str) -> Flow:
        """The flow of this version. Raises: Corrupt if it is missing or invalid; Unavailable."""
        if (flow := self.kept(version)) is not None:
            return flow
        lock = self._reading.setdefault(version, asyncio.Lock())
        try:
            async with lock:
                if (flow := self._kept.get(version)) is None:
                    flow = await self._read(version)
                    self._keep(flow, version)
        finally:
            self._reading.pop(version, None)
        return flow

    async def _read(self, version: str) -> Flow:
        body = await self._store.get_flow(version)
        if body is None:
            raise Corrupt(f"expected flow version {version} in the log's store, found nothing")
        # A second's work for the largest: the loop goes on with other runs meanwhile.
        is_large = len(body) > self._at_once_bytes
        flow = await asyncio.to_thread(_parsed, body) if is_large else _parsed(body)
        if isinstance(flow, Invalid):
            first = flow.problems[0].message
            raise Corrupt(f"expected flow version {version} to be valid, found: {first}")
        return flow

    def keep(self, flow: Flow) -> None:
        """Keep a flow that is in the store, or is there in a moment, as if it had been read."""
        if flow.version not in self._kept:
            self._keep(flow, flow.version)

    def _keep(self, flow: Flow, version: str) -> None:
        self._kept[version] = flow
        self._steps += len(flow.steps)
        while self._steps > self._most and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._steps -= len(dropped.steps)


def _parsed(body: bytes) -> Flow | Invalid:
    raw = json.loads(body)
    return parse(raw, pools=_pools_named(raw), is_stored=True)


def _pools_named(raw: Mapping[str, list[Mapping[str, object]]]) -> frozenset[str]:
    """The pools the flow asks for: whether they exist was judged before the run was accepted."""
    datas = (node.get("data") for node in raw["nodes"])
    named = (data.get("pool") for data in datas if isinstance(data, Mapping))
    return POOLS.union(pool for pool in named if isinstance(pool, str))
