-- People who sign in by a provider of OpenID Connect, and which of its answers were used.

-- A provider knows somebody by `subject`, for ever; an e-mail may change, and go to somebody else.
create table openid_subjects (
    issuer text not null,
    subject text not null,
    user_id text not null references users (id) on delete cascade,
    created_at timestamptz not null default now(),
    primary key (issuer, subject),
    unique (user_id, issuer)
);

-- What let somebody in, until it would be too late to do so again.
create table openid_used (
    state text primary key,
    expires_at timestamptz not null
);
