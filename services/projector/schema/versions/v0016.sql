-- What a workspace may use in a calendar month, in UTC, and read at once; and for which month it was
-- told that most of that is used.
alter table workspace_limits
    add column tokens_a_month bigint,
    add column cost_usd_a_month numeric(18, 6),
    add column readers integer,
    add column warned_of_tokens date,
    add column warned_of_cost date;
