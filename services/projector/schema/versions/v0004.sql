-- Flow versions by their hash, as the bytes of the log's store: what a finished run is read with.
create table flow_versions (
    version text primary key,
    body bytea not null,
    copied_at timestamptz not null default now()
);
