"""What the provisioner does on NATS: the consumers of limited queues, and the list of them.

Source: NATS JetStream API, consumer list, create (which updates too) and delete.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from nats.errors import Error as NatsError

from shared.errors import Unavailable
from shared.log import declared
from shared.log.jetstream.connection import Connection, NatsUnavailable, connection
from shared.log.jetstream.hearing import hear
from shared.log.jetstream.limited import SERVED, served
from shared.log.queues import LIMITED_QUEUES
from shared.log.subjects import WAKE_PROVISIONER, requests_filter

_API = "$JS.API"
_RUNS = declared.RUNS
_NOT_FOUND, _NO_MESSAGE = 10014, 10037


@dataclass(frozen=True, slots=True)
class Shape:
    """The log as the provisioner needs to know it: how many partitions, its last sequence."""

    partitions: int
    last: int


@dataclass(frozen=True, slots=True)
class WorkConsumer:
    """A consumer that is there; `open_steps` wait in it or are in flight."""

    config: Mapping[str, Any]
    open_steps: int

    @property
    def most(self) -> int | None:
        """How many steps may be in flight; None is any number."""
        pending = int(self.config["max_ack_pending"])
        return None if pending < 0 else pending


class WorkConsumers:
    """Every call may raise Unavailable. Made by `work_consumers`."""

    def __init__(self, opened: Connection, pools: Sequence[str]) -> None:
        self._connection = opened
        self.pools = pools
        self._names = {
            declared.work_consumer(pool, queue): (pool, queue)
            for pool in pools
            for queue in LIMITED_QUEUES
        }

    async def shape(self) -> Shape:
        """How the log stands."""
        answer = await self._ask(f"STREAM.INFO.{_RUNS}", {})
        partitions = int((answer["config"].get("metadata") or {}).get(declared.PARTITIONS, 0))
        if not partitions:
            raise Unavailable("the log is not provisioned yet: run `penstock migrate`")
        return Shape(partitions, int(answer["state"]["last_seq"]))

    async def found(self) -> dict[tuple[str, str], WorkConsumer]:
        """Those of limited queues that are there, by pool and queue."""
        found: dict[tuple[str, str], WorkConsumer] = {}
        offset, total = 0, 1
        while offset < total:
            answer = await self._ask(f"CONSUMER.LIST.{_RUNS}", {"offset": offset})
            page = answer.get("consumers") or []
            for info in page:
                if name := self._names.get(info["name"]):
                    steps = int(info["num_pending"]) + int(info["num_ack_pending"])
                    found[name] = WorkConsumer(info["config"], steps)
            offset, total = offset + (len(page) or total), int(answer["total"])
        return found

    async def create(self, pool: str, queue: str, *, most: int | None, after: int) -> None:
        """Make the consumer of a queue; its steps are those behind the sequence `after`."""
        config = declared.limited_consumer(pool, queue, most=most, after=after)
        await self._store(pool, queue, config)

    async def change(self, pool: str, queue: str, there: WorkConsumer, most: int | None) -> None:
        """Let so many steps be in flight, and leave the rest of it as it is."""
        pending = -1 if most is None else most
        await self._store(pool, queue, {**there.config, "max_ack_pending": pending})

    async def delete(self, pool: str, queue: str) -> None:
        """Delete it; one that is not there is no error."""
        name = declared.work_consumer(pool, queue)
        await self._ask(f"CONSUMER.DELETE.{_RUNS}.{name}", {}, _NOT_FOUND)

    async def last_request(self, partition: int, workspace: str) -> int:
        """The sequence of the last run that a workspace asked for in a partition; 0 for none."""
        asked = {"last_by_subj": requests_filter(partition, workspace)}
        answer = await self._ask(f"STREAM.MSG.GET.{_RUNS}", asked, _NO_MESSAGE)
        return int(answer["message"]["seq"]) if "message" in answer else 0

    async def served(self) -> tuple[str, ...]:
        """The queues that workers are told to serve. Raises: Corrupt."""
        return await served(self._connection)

    async def serve(self, queues: Sequence[str]) -> None:
        """Have workers serve these from now on, and no other limited ones."""
        data = json.dumps(sorted(queues)).encode()
        try:
            answer = await self._connection.client.request(SERVED, data, timeout=5)
        except (NatsError, OSError, TimeoutError) as failed:
            raise NatsUnavailable(f"NATS did not store {SERVED}: {failed}") from failed
        _refuse_error(SERVED, json.loads(answer.data))

    async def hear(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever somebody says that limits changed, and after each disturbance."""
        await hear(self._connection.client, WAKE_PROVISIONER, lambda _: wake())
        self._connection.listen(lambda _: wake())

    async def _store(self, pool: str, queue: str, config: Mapping[str, Any]) -> None:
        body = {"stream_name": _RUNS, "config": config}
        await self._ask(f"CONSUMER.CREATE.{_RUNS}.{declared.work_consumer(pool, queue)}", body)

    async def _ask(self, what: str, body: dict[str, Any], *fine: int) -> Any:
        answer = await self._connection.request(f"{_API}.{what}", body, seconds=15)
        _refuse_error(what, answer, *fine)
        return answer


def _refuse_error(what: str, answer: Any, *fine: int) -> None:
    error = answer.get("error")
    if error is not None and error.get("err_code") not in fine:
        raise NatsUnavailable(f"NATS refused {what}: {error.get('description')}")


@asynccontextmanager
async def work_consumers(url: str, pools: Sequence[str]) -> AsyncIterator[WorkConsumers]:
    """As the provisioner, for as long as the block lasts. Raises: Unavailable."""
    async with connection(url, "provisioner") as opened:
        yield WorkConsumers(opened, pools)
