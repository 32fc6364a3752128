"""What the runs of each workspace hold in the log's stores, as far as Postgres has heard."""

from __future__ import annotations

from shared.ledger.facts import Source
from shared.ledger.pool import translated
from shared.run.texts import INLINE_BYTES

# No run outlives forty days there. A large text counts by its body, a small one by its outcome:
# steps that only pass a small text on count it too.
_HELD = f"""
with there as materialized (
    select run_id from lingering_runs
    union all select run_id from runs where finished_seq is null
)
select workspace, sum(size)::bigint from (
    select b.workspace, octet_length(b.body) as size from blobs b join there using (run_id)
    where b.run_id >= least_run_id(now() - interval '40 days')
    union all
    select r.workspace, a.output_size_bytes from attempts a
    join there using (run_id) join runs r using (run_id)
    where a.output_size_bytes <= {INLINE_BYTES}
) texts group by workspace
"""


async def held_bytes(source: Source) -> dict[str, int]:
    """Bytes by workspace, of runs that live and of those that have ended and are still in the log.

    Raises: Unavailable.
    """
    with translated():
        return dict(await source.fetch(_HELD))
