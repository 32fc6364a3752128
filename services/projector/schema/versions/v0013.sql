-- What a job left out and could not do, by codes; why it waits; who ended it before it was done.
alter table jobs
    add column if not exists skipped bigint not null default 0,
    add column if not exists failed bigint not null default 0,
    add column if not exists reasons jsonb not null default '{}',
    add column if not exists waiting_for text,
    add column if not exists cancelled_by text;
