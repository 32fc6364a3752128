-- Definitions people can use: versions have numbers, names and notes, aliases name one of them,
-- pipelines and agents have tags, and what is deleted is kept for a while.

alter table pipelines
    add column tags text[] not null default '{}',
    add column version_number integer not null default 1;

alter table agents
    add column tags text[] not null default '{}',
    add column version_number integer not null default 1;

-- A version is one save of another content: the same content may come again, under another number.
alter table pipeline_versions
    add column number integer not null default 1,
    add column name text,
    add column note text,
    add column made_by text,
    drop constraint pipeline_versions_pkey,
    drop constraint pipeline_versions_pipeline_id_fkey;

update pipeline_versions v set number = counted.number from (
    select pipeline_id, version, row_number() over (
        partition by pipeline_id order by created_at, version
    ) as number from pipeline_versions
) counted
where counted.pipeline_id = v.pipeline_id and counted.version = v.version;

-- Where a pipeline went back to an earlier content, that is its newest version.
insert into pipeline_versions (pipeline_id, number, version, flow, created_at)
select p.id, most.number + 1, p.version, p.flow, p.updated_at
from pipelines p
join (select pipeline_id, max(number) as number from pipeline_versions group by pipeline_id) most
    on most.pipeline_id = p.id
join pipeline_versions v on v.pipeline_id = p.id and v.number = most.number
where v.version <> p.version;

update pipelines p set version_number = most.number
from (select pipeline_id, max(number) as number from pipeline_versions group by pipeline_id) most
where most.pipeline_id = p.id;

alter table pipeline_versions
    add primary key (pipeline_id, number),
    add foreign key (pipeline_id) references pipelines (id) on delete cascade;

create index pipeline_versions_by_content on pipeline_versions (pipeline_id, version, number desc);

create table pipeline_aliases (
    pipeline_id text not null references pipelines (id) on delete cascade,
    alias text not null,
    number integer not null,
    made_by text not null,
    updated_at timestamptz not null default clock_timestamp(),
    primary key (pipeline_id, alias),
    foreign key (pipeline_id, number)
        references pipeline_versions (pipeline_id, number) on delete cascade
);

create table agent_versions (
    agent_id text not null references agents (id) on delete cascade,
    number integer not null,
    spec jsonb not null,
    name text,
    note text,
    made_by text,
    created_at timestamptz not null default clock_timestamp(),
    primary key (agent_id, number)
);

insert into agent_versions (agent_id, number, spec, created_at)
select id, 1, spec, updated_at from agents;

create index pipelines_by_tag on pipelines using gin (tags) where deleted_at is null;

create index agents_by_tag on agents using gin (tags) where deleted_at is null;

create index pipelines_deleted on pipelines (workspace, created_at desc, id desc)
    where deleted_at is not null;

create index agents_deleted on agents (workspace, created_at desc, id desc)
    where deleted_at is not null;

-- Who may call this deletes nothing before its time. Aliases and versions go with their pipeline.
create function forget_deleted_definitions() returns bigint
language sql security definer set search_path from current as $$
    with old_pipelines as (
        delete from pipelines where id in (
            select id from pipelines where deleted_at < now() - interval '30 days' limit 200
        ) returning id, workspace
    ), old_agents as (
        delete from agents where id in (
            select id from agents where deleted_at < now() - interval '30 days' limit 200
        ) returning id, workspace
    ), forgotten as (
        select id, workspace, 'pipeline.forgotten' as action from old_pipelines
        union all select id, workspace, 'agent.forgotten' from old_agents
    ), noted as (
        insert into audit (workspace, actor, actor_name, action, subject)
        select workspace, 'retention', 'retention', action, id from forgotten
    )
    select count(*) from forgotten
$$;
