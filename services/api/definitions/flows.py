"""Flows made ready to run: what they name laid in, parsed, stored by their hash, each once.

    drawn flow --what they name read, defaults written--> self-contained --parse--> Runnable
    Runnable --put_flow--> the log

What was prepared before is remembered by what it was made of: the flow as it came and what it names
as it is, or the pipeline's revision; and the day, since what is known of models changes with
it. Asking Postgres for that is all a repeated run costs.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256

import pydantic_core
from cachetools import LRUCache

from services.api.definitions.gone import missing
from services.api.definitions.known_models import KnownModels
from services.api.definitions.named import Named, NamedReader, Names, agents_named
from services.api.definitions.overrides import Overrides, laid_over
from services.api.definitions.pipeline_table import Pipeline, Pipelines
from services.api.history.flow_store import FlowStore
from services.api.http.bodies import refuse_unfit
from services.api.http.problems import InvalidFlow
from services.api.http.work import AT_ONCE_BYTES, is_small, off_loop
from shared.errors import Corrupt, NotFound, TooLarge
from shared.flow import (
    JSON,
    Flow,
    Invalid,
    Problem,
    content,
    model_warnings_of,
    parse,
    version_of,
    warnings_of,
    with_defaults,
    without_defaults,
)
from shared.log.flows import Flows as StoredFlows

PIPELINES = "/api/v1/pipelines"
FLOW_BYTES = 8 << 20
_KEPT = 256


@dataclass(slots=True, kw_only=True)
class Runnable:
    """A flow version that can be run; `stored` once the log has it."""

    flow: Flow
    body: bytes
    pipeline_id: str | None = None
    pipeline_version: str | None = None
    pipeline_name: str | None = None
    stored: bool = False


@dataclass(frozen=True, slots=True)
class _Prepared:
    day: date
    default: str
    stamp: str
    names: Names
    runnable: Runnable


class Flows:
    """Prepares flows for one workspace at a time."""

    def __init__(
        self,
        store: FlowStore,
        named: NamedReader,
        pipelines: Pipelines,
        pools: frozenset[str],
        models: KnownModels,
    ) -> None:
        self._store = store
        self._named = named
        self._pipelines = pipelines
        self._pools = pools
        self._models = models
        self._inline: LRUCache[bytes, Runnable] = LRUCache(_KEPT)
        self._saved: LRUCache[tuple[str, str, str | None], _Prepared] = LRUCache(_KEPT)
        self._stored = StoredFlows(store, at_once_bytes=AT_ONCE_BYTES)

    async def of_pipeline(
        self, workspace: str, pipeline_id: str, alias: str | None = None
    ) -> Runnable:
        """What a run of the pipeline runs now: its latest version, or the one the alias names.

        Raises: NotFound, InvalidFlow, Unavailable.
        """
        key = (workspace, pipeline_id, alias)
        known, day = self._saved.get(key), self._models.today()
        default = await self._models.default_of(workspace)
        if known is not None and (known.day, known.default) == (day, default):
            stamp = await self._pipelines.stamp(workspace, pipeline_id, known.names, alias)
            if stamp == known.stamp:
                return known.runnable
        pipeline = await self._pipeline(workspace, pipeline_id, alias)
        before = await self._named.of(workspace, pipeline.flow)
        names = Names(agents_named(pipeline.flow), before.needed)
        # Taken before they are read again: a change in between only makes the stamp stale.
        stamp = await self._pipelines.stamp(workspace, pipeline_id, names, alias)
        named = await self._named.of(workspace, pipeline.flow)
        runnable = await self._made(pipeline.flow, named, default)
        runnable.pipeline_id = pipeline_id
        runnable.pipeline_version = pipeline.version
        runnable.pipeline_name = pipeline.name
        is_known = named.needed == names.tools
        if stamp is not None and stamp.startswith(pipeline.mark) and is_known:
            self._saved[key] = _Prepared(day, default, stamp, names, runnable)
        return runnable

    async def inline(self, workspace: str, raw: Mapping[str, JSON]) -> Runnable:
        """What a run of this flow runs.

        Raises: InvalidRequest, InvalidFlow, TooLarge, Unavailable.
        """
        small = is_small(raw)
        if not small:
            await asyncio.to_thread(refuse_unfit, raw, ".flow")
        body = await off_loop(small, lambda: pydantic_core.to_json(raw))
        if len(body) > FLOW_BYTES:
            raise TooLarge(f"expected a flow of at most {FLOW_BYTES >> 20} MiB, came more")
        named = await self._named.of(workspace, raw)
        key = sha256(body)
        default = await self._models.default_of(workspace)
        key.update(f"{self._models.today()}{default}{named.stamp}".encode())
        known = self._inline.get(key.digest())
        if known is None:
            if small:
                refuse_unfit(raw, ".flow")
            known = await self._made(raw, named, default)
            self._inline[key.digest()] = known
        return known

    async def again(self, workspace: str, version: str, overrides: Overrides) -> Runnable:
        """What a run of a stored version runs, with other data of some nodes.

        Raises: InvalidRequest, InvalidFlow, TooLarge, Unavailable, Corrupt.
        """
        body = await self.body(version)
        if not overrides:
            return Runnable(flow=await self.version(version), body=body)

        def laid() -> dict[str, JSON]:
            return laid_over(json.loads(body), overrides, self._without_defaults)

        small = len(body) <= AT_ONCE_BYTES
        raw = await off_loop(small, laid)
        # Its agents were laid in when it was stored, and may be gone by now.
        named = await self._named.with_agents(
            workspace, raw, Named({key: {} for key in agents_named(raw)}, {})
        )
        default = self._models.default
        made = await off_loop(small, lambda: self._runnable(raw, named, default))
        return _bounded(_valid(made))

    async def of_version(
        self, workspace: str, pipeline_id: str, version: str | None, overrides: Overrides
    ) -> Runnable:
        """What a run of a version of the pipeline runs, None for the latest.

        Raises: NotFound, InvalidRequest, InvalidFlow, TooLarge, Unavailable.
        """
        pipeline = await self._pipeline(workspace, pipeline_id)
        raw: Mapping[str, JSON] | None = pipeline.flow
        if version is not None:
            raw = await self._pipelines.flow_of(workspace, pipeline_id, version)
        if raw is None:
            raise NotFound(f"The pipeline never had a version {version!r}.")
        runnable = _bounded(await self._prepared(workspace, laid_over(raw, overrides)))
        runnable.pipeline_id, runnable.pipeline_name = pipeline_id, pipeline.name
        runnable.pipeline_version = None if overrides else version or pipeline.version
        return runnable

    async def _pipeline(
        self, workspace: str, pipeline_id: str, alias: str | None = None
    ) -> Pipeline:
        found = await self._pipelines.get(workspace, pipeline_id, alias)
        if found is None and alias is not None:
            await self._pipeline(workspace, pipeline_id)
            raise NotFound(
                f"The pipeline has no alias {alias!r}: see those it has by GET "
                f"{PIPELINES}/{pipeline_id}/aliases."
            )
        if found is None:
            deleted_at = await self._pipelines.deleted_at(workspace, pipeline_id)
            raise missing("pipeline", pipeline_id, deleted_at, PIPELINES)
        return found

    async def judged(self, workspace: str, raw: Mapping[str, JSON]) -> Flow | Invalid:
        """The flow, or its problems; nothing is kept. Raises: InvalidRequest, Unavailable."""
        return await self._judged(workspace, raw, await self._named.of(workspace, raw))

    async def judged_with(
        self, workspace: str, raw: Mapping[str, JSON], named: Named
    ) -> Flow | Invalid:
        """As `judged`, with these agents and no others, and these tools, stored or not."""
        named = await self._named.with_agents(workspace, raw, named)
        return await self._judged(workspace, raw, named)

    async def warnings(self, workspace: str, raw: Mapping[str, JSON]) -> tuple[Problem, ...]:
        """The likely mistakes in a flow, whether it has problems or not. Raises: Unavailable."""
        named = await self._named.of(workspace, raw)

        def found() -> tuple[Problem, ...]:
            whole = named.laid_into(raw)
            return (*warnings_of(raw), *model_warnings_of(whole, self._models.of))

        return await off_loop(is_small(raw), found)

    async def version_of(self, raw: Mapping[str, JSON]) -> str:
        """The hash of what a run can notice of a flow that was judged."""
        return await off_loop(is_small(raw), lambda: version_of(raw))

    async def store(self, runnable: Runnable) -> None:
        """See that the log has this version. Raises: Unavailable."""
        if not runnable.stored:
            await self._store.put_flow(runnable.flow.version, runnable.body)
            runnable.stored = True
            runnable.body = b""
            self._stored.keep(runnable.flow)

    async def version(self, version: str) -> Flow:
        """A flow version some run names. Raises: Corrupt if it is nowhere; Unavailable."""
        return await self._stored.flow(version)

    async def body(self, version: str) -> bytes:
        """The JSON of a flow version some run names. Raises: Corrupt, Unavailable."""
        body = await self._store.get_flow(version)
        if body is None:
            raise Corrupt(f"expected flow version {version} in the store, found nothing")
        return body

    async def _prepared(self, workspace: str, raw: Mapping[str, JSON]) -> Runnable:
        named = await self._named.of(workspace, raw)
        return await self._made(raw, named, await self._models.default_of(workspace))

    async def _made(self, raw: Mapping[str, JSON], named: Named, default: str) -> Runnable:
        small = is_small(raw)
        return _valid(await off_loop(small, lambda: self._runnable(raw, named, default)))

    def _runnable(self, raw: Mapping[str, JSON], named: Named, default: str) -> Runnable | Invalid:
        whole = self._whole(named.laid_into(raw), default)
        flow = self._parsed(whole, named)
        return flow if isinstance(flow, Invalid) else Runnable(flow=flow, body=content(whole))

    async def _judged(
        self, workspace: str, raw: Mapping[str, JSON], named: Named
    ) -> Flow | Invalid:
        default = await self._models.default_of(workspace)

        def judged() -> Flow | Invalid:
            refuse_unfit(raw, ".flow")
            drawn = named.laid_into(raw)
            flow = self._parsed(self._whole(drawn, default), named)
            # Defaults are of the day: they are no part of the version that a drawing has.
            return flow if isinstance(flow, Invalid) else replace(flow, version=version_of(drawn))

        return await off_loop(is_small(raw), judged)

    def _whole(self, drawn: JSON, default: str) -> JSON:
        return with_defaults(drawn, self._models.of, default)

    def _without_defaults(self, data: Mapping[str, JSON]) -> dict[str, JSON]:
        return without_defaults(data, self._models.of, self._models.default)

    def _parsed(self, whole: JSON, named: Named) -> Flow | Invalid:
        known = frozenset(named.agents)
        return parse(whole, pools=self._pools, known_agents=known, offer=self._models.offer)


def _bounded(runnable: Runnable) -> Runnable:
    if len(runnable.body) > FLOW_BYTES:
        raise TooLarge(f"expected a flow of at most {FLOW_BYTES >> 20} MiB, came more")
    return runnable


def _valid(found: Runnable | Invalid) -> Runnable:
    if isinstance(found, Invalid):
        raise InvalidFlow(found.problems)
    return found
