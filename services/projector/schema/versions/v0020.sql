-- What pipelines used in spans of one, four and eight days, and in hours which of them cost most.

-- Spans of `hours` begin at multiples of themselves, from 1970 on, in UTC. Agents are not told apart,
-- and days of prices are only where a price changed: `price_day` is the first of the days on which all
-- prices that were known stayed the same, or 1970-01-01. Attempts began on `first_day` to `last_day`.
-- Runs that were deleted count too.
create table if not exists usage_spans (
    workspace text not null,
    hours smallint not null,
    since timestamptz not null,
    pipeline_id text not null,
    model text not null,
    price_day date not null,
    above_tokens bigint not null,
    first_day date not null,
    last_day date not null,
    pipeline_name text,
    input_tokens bigint not null,
    output_tokens bigint not null,
    thinking_tokens bigint not null,
    cache_read_tokens bigint not null,
    cache_creation_5m_tokens bigint not null,
    cache_creation_1h_tokens bigint not null,
    web_search_requests bigint not null,
    web_fetch_requests bigint not null,
    primary key (workspace, hours, since, pipeline_id, model, price_day, above_tokens)
) with (fillfactor = 90);

-- What orders pipelines, and is told nowhere: about what they cost, of how much the price was not
-- known, their tokens, and all counts together.
create table if not exists usage_ranking (
    workspace text not null,
    hours smallint not null,
    since timestamptz not null,
    pipeline_id text not null,
    micro_dollars double precision not null,
    unpriced double precision not null,
    tokens double precision not null,
    counted double precision not null,
    primary key (workspace, hours, since, pipeline_id)
) with (fillfactor = 90);

-- Up to which sequence of a partition what was used is in the spans: a projector of the version before
-- moves `seq` alone.
alter table positions add column if not exists spans_seq bigint;
