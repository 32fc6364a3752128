"""The log as handlers have it: whatever of it waits for NATS ends once NATS is known to be away."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, cast

from shared.log.port import Log
from shared.runtime.dependency import Dependency

ANSWERED = frozenset(
    {
        *("about", "append", "stream", "history", "select", "read_on", "read_lifecycle"),
        *("last_sequence", "has_run", "set_timer", "cancel_timer", "put_blob", "get_blob"),
        *("put_flow", "get_flow", "claim", "delete", "delete_blobs"),
    }
)
# Entered, it waits for NATS; what comes through it may take as long as it does.
ENTERED = "live"
CREDENTIALS = frozenset({"read", "latest", "publish"})
LIMITED = frozenset({"served"})
ERRANDS = frozenset({"ask"})
OVERSEEN = frozenset({"queue", "partition", "behind", "ask_parked", "stores", "has_room"})


def guarded(log: Log, nats: Dependency) -> Log:
    """The same log. Calls that NATS has to answer raise Unavailable while it is away."""
    return cast("Log", _Guarded(log, nats, ANSWERED))


class _Guarded:
    def __init__(self, inner: Any, nats: Dependency, answered: frozenset[str]) -> None:
        self._inner = inner
        self._nats = nats
        self._answered = answered

    @property
    def oversight(self) -> _Guarded:
        return _Guarded(self._inner.oversight, self._nats, OVERSEEN)

    @property
    def credentials(self) -> _Guarded:
        return _Guarded(self._inner.credentials, self._nats, CREDENTIALS)

    @property
    def limited(self) -> _Guarded:
        return _Guarded(self._inner.limited, self._nats, LIMITED)

    @property
    def errands(self) -> _Guarded:
        return _Guarded(self._inner.errands, self._nats, ERRANDS)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name == ENTERED:
            return self._entering(found)
        if name not in self._answered:
            return found

        def ask(*args: Any, **options: Any) -> Awaitable[Any]:
            self._nats.require()
            if inspect.iscoroutinefunction(found):
                return self._nats.call(partial(found, *args, **options))
            # An append leaves at the call, not at the await.
            return self._nats.outcome(found(*args, **options))

        setattr(self, name, ask)
        return ask

    def _entering(self, found: Any) -> Any:
        @asynccontextmanager
        async def enter(*args: Any, **options: Any) -> AsyncIterator[Any]:
            async with AsyncExitStack() as stack:
                async with self._nats.needed():
                    entered = await stack.enter_async_context(found(*args, **options))
                yield entered

        return enter
