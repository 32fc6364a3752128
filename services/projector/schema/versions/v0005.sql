-- The steps of the run `forked_from` that were to run again; null for what is no fork.
alter table runs add column if not exists from_steps jsonb;
