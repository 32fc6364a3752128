-- Tokens that people make, the workspaces they open, and who did what to them.

alter table workspaces add column name text;

update workspaces set name = slug;

alter table workspaces alter column name set not null;

-- Made by a token (its id) or by the settings; the hash is that of the whole token.
alter table tokens
    add column prefix text not null default '',
    add column made_by text not null default 'settings',
    add column expires_at timestamptz,
    add column last_used_at timestamptz;

-- In the same statement as what is told of, so that neither is without the other.
create table audit (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    workspace text not null,
    actor text not null,
    actor_name text not null,
    action text not null,
    subject text not null,
    details jsonb not null default '{}',
    address text
);

create index audit_newest on audit (workspace, id desc);
