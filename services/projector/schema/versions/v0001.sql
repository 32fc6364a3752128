-- Definitions and accounts: written by the api alone.

create table workspaces (
    slug text primary key check (slug ~ '^[a-z0-9-]{1,63}$'),
    created_at timestamptz not null default now()
);

create table agents (
    id text primary key,
    workspace text not null,
    name text not null,
    spec jsonb not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz
);

create index agents_newest on agents (workspace, created_at desc, id desc) where deleted_at is null;

create table pipelines (
    id text primary key,
    workspace text not null,
    name text not null,
    flow jsonb not null,
    version text not null,
    problems jsonb not null default '[]',
    revision integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz
);

create index pipelines_newest on pipelines (workspace, created_at desc, id desc)
    where deleted_at is null;

create table pipeline_versions (
    pipeline_id text not null references pipelines (id),
    version text not null,
    flow jsonb not null,
    created_at timestamptz not null default now(),
    primary key (pipeline_id, version)
);

create table tokens (
    id text primary key,
    workspace text not null,
    name text not null,
    hash text not null unique,
    role text not null check (role in ('viewer', 'member', 'admin')),
    created_at timestamptz not null default now(),
    revoked_at timestamptz
);

create index tokens_newest on tokens (workspace, created_at desc, id desc);

-- The cold tier: every lifecycle fact as the bytes of the log. Run ids are UUIDv7, so a range of
-- ids is a range of time: one partition a month.

create table facts (
    run_id uuid not null,
    seq bigint not null,
    workspace text not null,
    partition smallint not null,
    rest text not null,
    type text not null,
    time timestamptz not null,
    data bytea not null,
    primary key (run_id, seq),
    unique (run_id, rest)
) partition by range (run_id);

create table facts_default partition of facts default;

create table blobs (
    run_id uuid not null,
    sha256 text not null,
    workspace text not null,
    body bytea not null,
    primary key (run_id, sha256)
);

-- How far each partition of the log has been copied, and from which stream.
create table positions (
    partition integer primary key,
    seq bigint not null,
    stream_created timestamptz not null,
    moved_at timestamptz not null default now()
);

-- Runs with a fact that was not understood: stored on, not applied until it is.
create table parked_runs (
    run_id uuid primary key,
    workspace text not null,
    partition integer not null,
    seq bigint not null,
    reason text not null,
    parked_at timestamptz not null default now()
);

-- The read model: a function of the facts, written by the projector alone.

-- In the order in which they hide each other: the status of a run is the greatest it was given.
create type run_status as enum (
    'pending', 'running', 'failing', 'cancelling', 'completed', 'failed', 'cancelled'
);

create table runs (
    run_id uuid primary key,
    workspace text not null,
    partition integer not null,
    status run_status not null,
    flow text not null,
    pipeline_id text,
    pipeline_version text,
    pipeline_name text,
    input_preview text not null,
    input_sha256 text not null,
    input_size_bytes bigint not null,
    metadata jsonb not null,
    limits jsonb not null,
    on_disconnect text not null,
    start_at text,
    forked_from text,
    requested_by text,
    created_at timestamptz not null,
    started_at timestamptz,
    cancel_requested_at timestamptz,
    stopping text,
    finished_at timestamptz,
    result jsonb,
    error jsonb,
    last_seq bigint not null,
    finished_seq bigint
);

create index runs_newest on runs (workspace, created_at desc, run_id desc);

create index runs_by_status on runs (workspace, status, created_at desc, run_id desc);

create index runs_by_pipeline on runs (workspace, pipeline_id, created_at desc, run_id desc)
    where pipeline_id is not null;

create index runs_unfinished on runs (run_id) where finished_seq is null;

-- `standing` orders what may be known of a step: attempt, stage, execution; the greatest stands.
create table steps (
    run_id uuid not null,
    step integer not null,
    node text not null,
    kind text,
    status text not null,
    attempt integer not null,
    standing bigint not null,
    changed_at timestamptz not null,
    primary key (run_id, step)
);

create table step_inputs (
    run_id uuid not null,
    step integer not null,
    source integer not null,
    attempt integer not null,
    primary key (run_id, step, source)
);

create table attempts (
    run_id uuid not null,
    step integer not null,
    attempt integer not null,
    pool text,
    queue text,
    ready_at timestamptz,
    executions integer not null,
    worker text,
    started_at timestamptz,
    outcome text,
    finished_at timestamptz,
    error jsonb,
    model text,
    stop_reason text,
    truncated boolean not null,
    output_sha256 text,
    output_size_bytes bigint,
    aborted_after_ms double precision,
    primary key (run_id, step, attempt)
);

-- Tokens, where any were used: one row a finished model turn (turn >= 1), and one (turn 0) for
-- the whole attempt once it is over, which then stands for its turns.
create table usage (
    run_id uuid not null,
    step integer not null,
    attempt integer not null,
    turn integer not null,
    model text,
    input_tokens bigint not null,
    output_tokens bigint not null,
    thinking_tokens bigint not null,
    cache_read_tokens bigint not null,
    cache_creation_5m_tokens bigint not null,
    cache_creation_1h_tokens bigint not null,
    web_search_requests bigint not null,
    web_fetch_requests bigint not null,
    primary key (run_id, step, attempt, turn)
);

-- The least UUIDv7 made at or after `moment`.
create function least_run_id(moment timestamptz) returns uuid
language sql immutable strict as $$
    select (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- Makes the monthly partitions of facts from this month on. A month that already has facts in the
-- default partition stays there. The owner's right, so that services need none to create tables.
create function make_fact_partitions(months_ahead integer) returns void
language plpgsql security definer set search_path from current as $$
declare
    first timestamptz := date_trunc('month', now() at time zone 'utc') at time zone 'utc';
    low timestamptz;
    high timestamptz;
    name text;
begin
    perform pg_advisory_xact_lock(hashtext('penstock.fact_partitions'));
    for month in 0..months_ahead loop
        low := (first at time zone 'utc' + make_interval(months => month)) at time zone 'utc';
        high := (low at time zone 'utc' + interval '1 month') at time zone 'utc';
        name := 'facts_' || to_char(low at time zone 'utc', 'YYYY_MM');
        if to_regclass(name) is null and not exists (
            select from facts_default
            where run_id >= least_run_id(low) and run_id < least_run_id(high)
        ) then
            execute format(
                'create table %I partition of facts for values from (%L) to (%L)',
                name, least_run_id(low), least_run_id(high)
            );
        end if;
    end loop;
end
$$;

select make_fact_partitions(12);
