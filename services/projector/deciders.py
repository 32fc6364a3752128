"""Whom runs wait for: of each open question, who may decide it (`deciders`).

A question is open while its run goes on and neither a person nor its time has decided. It waits for
those its node names, as the run's flow version says; for the role `member` if it names nobody.
"""

from __future__ import annotations

from collections.abc import Collection

import asyncpg

from services.projector.patches import STAGE_BITS, STAGES
from shared.run.state import Stage

_SETTLE = f"""
with meant as (select run_id, workspace, created_at, flow, status from runs r where {{}}),
asked as (
    select distinct r.run_id, names.name, r.workspace, r.created_at
    from meant r
    join steps s on s.run_id = r.run_id and s.status = 'waiting'
        and (s.standing >> {STAGE_BITS}) % {STAGES} = {Stage.WAITING:d}
    left join flow_versions v on v.version = r.flow
    cross join lateral jsonb_array_elements_text(
        coalesce(v.approvers -> s.node, '["member"]')
    ) as names (name)
    where r.status = 'running'
), gone as (
    delete from deciders d using meant r where d.run_id = r.run_id
        and not exists (select from asked a where a.run_id = d.run_id and a.name = d.name)
)
insert into deciders (run_id, name, workspace, created_at)
select run_id, name, workspace, created_at from asked on conflict do nothing
"""
_OF_SOME = _SETTLE.format("r.run_id = any($1::uuid[])")
_OF_LIVING = _SETTLE.format("r.finished_seq is null and r.partition = any($1::integer[])")


async def settle_deciders(connection: asyncpg.Connection, runs: Collection[str]) -> None:
    """Say of each of these runs whom it waits for."""
    if runs:
        await connection.execute(_OF_SOME, list(runs))


async def settle_living_deciders(
    connection: asyncpg.Connection, partitions: Collection[int]
) -> None:
    """The same of each run of these partitions that lives: an earlier version does not say so."""
    await connection.execute(_OF_LIVING, list(partitions))
