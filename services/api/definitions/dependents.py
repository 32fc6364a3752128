"""Pipelines that use an agent or a tool: judged again when it changes or goes.

What bars a pipeline from running is kept with it, so that lists can show it. Whether it runs is
judged anew whenever a run is asked for: this keeps people informed, it protects nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

from services.api.definitions.flows import Flows
from services.api.definitions.pipeline_table import Pipeline, Pipelines
from services.api.http.problems import problems_json
from shared.flow import JSON, Invalid

_AT_ONCE = 20

Using: TypeAlias = Callable[[str, int], Awaitable[Sequence[Pipeline]]]
"""The pipelines in question behind an id, in the order of their ids, so many at most."""


async def problems_of(flows: Flows, workspace: str, flow: Mapping[str, JSON]) -> Sequence[JSON]:
    """What bars a flow from running with the agents and tools there are. Raises: Unavailable."""
    judged = await flows.judged(workspace, flow)
    return problems_json(judged.problems) if isinstance(judged, Invalid) else []


async def judge_again(flows: Flows, pipelines: Pipelines, workspace: str, using: Using) -> None:
    """Brings the problems of all these pipelines up to date. Raises: Unavailable."""
    after = ""
    while True:
        page = await using(after, _AT_ONCE)
        for pipeline in page:
            problems = await problems_of(flows, workspace, pipeline.flow)
            if problems != pipeline.problems:
                await pipelines.judge(workspace, pipeline, problems)
        if len(page) < _AT_ONCE:
            return
        after = page[-1].id
