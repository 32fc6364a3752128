-- People: who they are, where they work, their sessions, and links that let somebody in once.

-- `email` is case-folded; `password` is an argon2id hash, or none: then only a link lets them in.
-- `epoch` counts changes of the password: sessions of an earlier one are over.
-- `workspace` is their personal one.
create table users (
    id text primary key,
    email text not null unique,
    name text not null,
    password text,
    epoch integer not null default 0,
    is_instance_admin boolean not null default false,
    workspace text not null unique references workspaces (slug),
    created_at timestamptz not null default now()
);

create table memberships (
    workspace text not null references workspaces (slug),
    user_id text not null references users (id) on delete cascade,
    role text not null check (role in ('viewer', 'member', 'admin')),
    created_at timestamptz not null default now(),
    primary key (workspace, user_id)
);

create index memberships_of_user on memberships (user_id);

-- Of a cookie's value only the hash is kept.
create table sessions (
    id text primary key,
    hash text not null unique,
    user_id text not null references users (id) on delete cascade,
    epoch integer not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
);

create index sessions_of_user on sessions (user_id, created_at desc);

-- An invite is for somebody of this e-mail, into a workspace; others are of a user, and over once
-- the user's epoch is another.
create table links (
    id text primary key,
    hash text not null unique,
    kind text not null check (kind in ('invite', 'reset', 'first')),
    user_id text references users (id) on delete cascade,
    epoch integer not null default 0,
    workspace text not null references workspaces (slug),
    email text not null,
    role text check (role in ('viewer', 'member', 'admin')),
    made_by text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    check ((kind = 'invite') = (role is not null)),
    check ((kind = 'invite') = (user_id is null))
);

create index links_newest on links (workspace, created_at desc, id desc);

create index tokens_made_by on tokens (made_by) where revoked_at is null;
