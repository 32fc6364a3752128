-- What was deleted, or is to be. Ids and times alone: it is kept for ever, so that what a restored
-- backup brings back can be deleted again. Without a run it is the whole workspace.
create table deletions (
    id bigint generated always as identity primary key,
    workspace text not null,
    run_id uuid,
    asked_at timestamptz not null default clock_timestamp(),
    done_at timestamptz
);

create unique index deletions_of_runs on deletions (run_id) where run_id is not null;

create unique index deletions_of_workspaces on deletions (workspace) where run_id is null;

create index deletions_due on deletions (id) where done_at is null;

alter table workspaces
    add column retention_days integer check (retention_days between 1 and 36500),
    add column deleted_at timestamptz;

-- The tables that have a column, without those that say what was deleted.
create function tables_with(name text) returns setof text
language sql stable as $$
    select c.relname::text from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = name and not a.attisdropped
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
    and not c.relispartition and c.relname not in ('deletions', 'audit')
    -- Those that refer to others first.
    order by (select count(*) from pg_constraint r where r.conrelid = c.oid and r.contype = 'f') desc, 1
$$;

-- Deletes all rows of those of these runs that `deletions` names. With the owner's rights, so that
-- no service has a right to delete facts.
create function delete_runs(given uuid[]) returns void
language plpgsql security definer set search_path from current as $$
declare
    doomed uuid[] := array(select run_id from deletions where run_id = any(given));
    name text;
begin
    for name in select tables_with('run_id') loop
        execute format('delete from %I where run_id = any($1)', name) using doomed;
    end loop;
    update deletions set done_at = clock_timestamp() where run_id = any(doomed) and done_at is null;
end
$$;

-- Deletes all rows of a workspace that `deletions` names, once it has no runs. Its slug stays.
create function delete_workspace(given text) returns void
language plpgsql security definer set search_path from current as $$
declare
    name text;
begin
    if not exists (select from deletions where workspace = given and run_id is null)
        or exists (select from runs where workspace = given)
    then
        return;
    end if;
    delete from pipeline_versions v using pipelines p where v.pipeline_id = p.id and p.workspace = given;
    for name in select tables_with('workspace') loop
        execute format('delete from %I where workspace = $1', name) using given;
    end loop;
    delete from audit where workspace = given and action <> 'workspace.deleted';
    update workspaces w set name = slug where slug = given;
    update deletions set done_at = clock_timestamp() where workspace = given and run_id is null;
end
$$;
