-- What runs are found by: tags, and whether one waits for a person and nothing else.
alter table runs
    add column if not exists tags jsonb not null default '[]',
    add column if not exists waits boolean not null default false;

-- The words of a run's names: its pipeline, its tags, and keys and values of its metadata.
create or replace function run_words(pipeline_name text, tags jsonb, metadata jsonb)
returns tsvector language sql immutable parallel safe
return to_tsvector('simple'::regconfig, coalesce(pipeline_name, ''))
    || jsonb_to_tsvector('simple'::regconfig, tags, '["string"]')
    || jsonb_to_tsvector('simple'::regconfig, metadata, '["key", "string", "numeric"]');

-- Again where this broke off: only what differs is written.
update runs r set waits = true
where r.finished_seq is null and r.status = 'running' and not r.waits
    and exists (select from steps s where s.run_id = r.run_id and s.status = 'waiting')
    and not exists (
        select from steps s
        where s.run_id = r.run_id and s.status in ('ready', 'running', 'retrying')
    );

-- What is done to many runs, and how far: the api that holds one does it.
create table if not exists jobs (
    id uuid primary key,
    workspace text not null,
    kind text not null,
    filter jsonb not null,
    reason text,
    requested_by text not null,
    created_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    total bigint not null,
    done bigint not null default 0,
    place_at timestamptz,
    place_run uuid,
    held_by text,
    held_until timestamptz not null default '-infinity'
);

create index if not exists jobs_open on jobs (held_until) where finished_at is null;
