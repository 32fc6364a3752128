"""Does the read model say what the facts say? Asked of Postgres, of all runs at once.

Not by the code that wrote it: each question states in SQL what the facts mean, and finds the runs
of which the read model says anything else. Parked runs are left out, for nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import asyncpg

SHOWN = 5

# `begun`: where each run begins, for what came before is inert. `lives`: and where it ends, if it
# does, for what came after is void. `understood`: but for those that a person ended, of which
# nothing is shown between what was not understood and the end.
_FACTS = """
with begun as (
    select f.run_id, f.seq from facts f
    where f.rest = 'requested' and not exists (select from parked_runs p where p.run_id = f.run_id)
), lives as (
    select b.run_id, b.seq as first, e.seq as last, substr(e.type, 5) as status
    from begun b
    left join facts e on e.run_id = b.run_id and e.rest = 'finished' and e.seq > b.seq
), model as (
    select * from runs r where not exists (select from parked_runs p where p.run_id = r.run_id)
), understood as (
    select run_id from model where error->>'code' is distinct from 'ended_by_person'
), told as (
    select f.* from facts f join lives l using (run_id)
    where f.seq between l.first and coalesce(l.last, f.seq)
), wrong as (%s)
select count(*) as number, (array_agg(run_id::text order by run_id))[:%d] as some from wrong
"""

QUESTIONS: Mapping[str, str] = {
    "is shown though it was never requested, or the other way round": """
        select run_id from lives l full join model m using (run_id)
        where l.run_id is null or m.run_id is null""",
    "is shown with another end": """
        select run_id from lives l join model m using (run_id)
        where m.finished_seq is distinct from l.last
        or (l.last is not null and m.status::text <> l.status)""",
    "is shown without its newest facts": """
        select run_id from (select run_id, max(seq) as newest from told group by run_id) t
        join model m using (run_id) where m.last_seq <> t.newest""",
    "is shown with other outcomes of its steps": """
        select distinct run_id from (
            select run_id, split_part(rest, '.', 2)::integer as step,
                split_part(rest, '.', 3)::integer as attempt, substr(type, 6) as outcome
            from told join understood using (run_id)
            where rest ~ '^step[.][0-9]+[.][0-9]+[.]finished$'
        ) t full join (
            select a.* from attempts a join understood using (run_id) where a.outcome is not null
        ) a using (run_id, step, attempt) where t.outcome is distinct from a.outcome""",
}


@dataclass(frozen=True, slots=True)
class Verification:
    """How much was compared, and what was wrong, in words."""

    runs: int
    facts: int
    problems: list[str] = field(default_factory=list)


async def verify(connection: asyncpg.Connection) -> Verification:
    """The read model compared with the facts. Projectors may go on meanwhile."""
    problems = []
    for says, query in QUESTIONS.items():
        row = await connection.fetchrow(_FACTS % (query, SHOWN))
        if row["number"]:
            some = ", ".join(row["some"])
            problems.append(f"{row['number']} times a run {says}: {some}")
    counts = "select (select count(*) from runs) as runs, (select count(*) from facts) as facts"
    row = await connection.fetchrow(counts)
    return Verification(row["runs"], row["facts"], problems)
