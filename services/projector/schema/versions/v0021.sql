-- Tools that a workspace's agents have by their names: `spec` is the definition without the name.

create table tools (
    id text primary key,
    workspace text not null,
    name text not null,
    spec jsonb not null,
    tags text[] not null default '{}',
    version_number integer not null default 1,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    deleted_at timestamptz
);

-- Agents name a tool by its name, so no two that are there have one.
create unique index tools_by_name on tools (workspace, name) where deleted_at is null;

create index tools_listed on tools (workspace, created_at desc, id desc)
    where deleted_at is null;

create index tools_by_tag on tools using gin (tags) where deleted_at is null;

create index tools_deleted on tools (workspace, created_at desc, id desc)
    where deleted_at is not null;

create table tool_versions (
    tool_id text not null references tools (id) on delete cascade,
    number integer not null,
    spec jsonb not null,
    name text,
    note text,
    made_by text,
    created_at timestamptz not null default clock_timestamp(),
    primary key (tool_id, number)
);

-- Who may call this deletes nothing before its time. Aliases and versions go with what they are of.
create or replace function forget_deleted_definitions() returns bigint
language sql security definer set search_path from current as $$
    with old_pipelines as (
        delete from pipelines where id in (
            select id from pipelines where deleted_at < now() - interval '30 days' limit 200
        ) returning id, workspace
    ), old_agents as (
        delete from agents where id in (
            select id from agents where deleted_at < now() - interval '30 days' limit 200
        ) returning id, workspace
    ), old_tools as (
        delete from tools where id in (
            select id from tools where deleted_at < now() - interval '30 days' limit 200
        ) returning id, workspace
    ), forgotten as (
        select id, workspace, 'pipeline.forgotten' as action from old_pipelines
        union all select id, workspace, 'agent.forgotten' from old_agents
        union all select id, workspace, 'tool.forgotten' from old_tools
    ), noted as (
        insert into audit (workspace, actor, actor_name, action, subject)
        select workspace, 'retention', 'retention', action, id from forgotten
    )
    select count(*) from forgotten
$$;
