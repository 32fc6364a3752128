-- What each workspace may use at most: null is without a limit, as is a workspace without a row.

create table workspace_limits (
    workspace text primary key references workspaces (slug),
    runs_in_flight integer,
    runs_a_minute integer,
    stored_bytes bigint
);
