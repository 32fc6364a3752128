-- How many steps of a workspace may be in flight, by pool: null is without a limit.
alter table workspace_limits add column steps_in_flight jsonb;

-- Which workspace has which queue, by the provisioner alone: its limits by pool as they are in force,
-- since when it is ready for new runs, and since when no new run is to name it.
create table work_queues (
    queue text primary key,
    workspace text not null unique,
    limits jsonb not null default '{}',
    after_sequence bigint not null,
    since timestamptz not null default now(),
    ready_at timestamptz,
    leaving_at timestamptz
);

-- Whether an unfinished run of the workspace names one of these queues. The owner's right: who asks
-- need not be able to read what runs are about.
create function is_queue_named(names text[], of_workspace text) returns boolean
language sql stable security definer set search_path from current as $$
    select exists (
        select from runs
        join facts on facts.run_id = runs.run_id and facts.rest = 'requested'
        cross join unnest(names) as name
        where runs.workspace = of_workspace and runs.finished_seq is null
            and position(convert_to(format('"queue":"%s"', name), 'UTF8') in facts.data) > 0
    )
$$;
