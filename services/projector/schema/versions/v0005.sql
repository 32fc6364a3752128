-- The steps of the run `forked_from` that were to run again; null for what is no fork.
alter table runs add column from_steps jsonb;

create index runs_by_parent on runs (workspace, forked_from, created_at desc, run_id desc)
    where forked_from is not null;
