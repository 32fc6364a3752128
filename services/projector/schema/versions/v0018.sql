-- Who may decide, by node, of the approvals that say so; null until a projector has looked.
alter table flow_versions add column approvers jsonb;

create index flow_versions_unread on flow_versions (version) where approvers is null;

-- Whom the open questions of a run wait for: users, by e-mail or id, and roles. One that names nobody
-- waits for `member`. In the order of lists of runs, so that a page is found without sorting.
create table deciders (
    run_id uuid not null,
    name text not null,
    workspace text not null,
    created_at timestamptz not null,
    primary key (run_id, name)
);

create index deciders_newest on deciders (workspace, name, created_at desc, run_id desc);
