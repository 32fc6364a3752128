-- Runs that have ended, whose facts are all in `facts`, and that are still in the log.
create table lingering_runs (
    run_id uuid primary key,
    finished_seq bigint not null,
    since timestamptz not null default clock_timestamp()
);

create index lingering_runs_oldest on lingering_runs (since);

insert into lingering_runs (run_id, finished_seq)
select run_id, finished_seq from runs where finished_seq is not null;

-- Facts that belong to no run in the log: they came without its `requested`, or after it had left.
create table inert_facts (
    seq bigint primary key,
    run_id uuid not null,
    since timestamptz not null default clock_timestamp()
);
