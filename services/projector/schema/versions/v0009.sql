-- Keys of model providers (`provider`) and secrets, sealed: no value is to be read here. What was
-- deleted has no value, and stays for a day, so that no earlier one is published after it.
create table credentials (
    workspace text not null,
    kind text not null check (kind in ('provider', 'secret')),
    name text not null,
    sealed text,
    sealed_by text,
    hint text not null default '',
    default_model text,
    updated_at timestamptz not null default clock_timestamp(),
    updated_by text not null,
    revision bigint not null,
    published bigint not null default 0,
    primary key (workspace, kind, name)
);

-- What workers have yet to be given: few, and asked for every few seconds.
create index credentials_unpublished on credentials (workspace) where published < revision;

-- Those of a deleted workspace go by the api, which also takes them from the workers.
create or replace function tables_with(name text) returns setof text
language sql stable as $$
    select c.relname::text from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = name and not a.attisdropped
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
    and not c.relispartition and c.relname not in ('deletions', 'audit', 'credentials')
    -- Those that refer to others first.
    order by (select count(*) from pg_constraint r where r.conrelid = c.oid and r.contype = 'f') desc, 1
$$;
