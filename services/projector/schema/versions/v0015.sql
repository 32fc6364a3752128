-- What workspaces used, summed: by hour, pipeline, agent and model.

-- `grain` says by what a row is told apart: `whole` by neither pipeline nor agent, `agent` not by
-- pipeline. `since` is the beginning of the hour, day or month, in UTC, in which runs were asked for.
-- What is not known or not told apart is ''. Tokens of one row have one price: it is that of
-- `price_day` and of prompts of more than `above_tokens`. `of_deleted` are runs that are no more.
create table if not exists usage_sums (
    workspace text not null,
    grain text not null,
    span text not null check (span in ('hour', 'day', 'month')),
    since timestamptz not null,
    pipeline_id text not null,
    agent text not null,
    model text not null,
    price_day date not null,
    above_tokens bigint not null,
    of_deleted boolean not null,
    pipeline_name text,
    input_tokens bigint not null,
    output_tokens bigint not null,
    thinking_tokens bigint not null,
    cache_read_tokens bigint not null,
    cache_creation_5m_tokens bigint not null,
    cache_creation_1h_tokens bigint not null,
    web_search_requests bigint not null,
    web_fetch_requests bigint not null,
    primary key (
        workspace, grain, span, since, pipeline_id, agent, model, price_day, above_tokens, of_deleted
    )
) partition by list (grain);

-- Few rows that change all the time stand together, and find room where they were.
create table if not exists usage_sums_whole partition of usage_sums for values in ('whole')
    with (fillfactor = 50);

create table if not exists usage_sums_agent partition of usage_sums for values in ('agent')
    with (fillfactor = 50);

create table if not exists usage_sums_pipeline partition of usage_sums for values in ('pipeline')
    with (fillfactor = 90);

-- Rows that are there now are summed by this migration. A projector of the version before may write
-- until it is replaced, and does not say that it summed: the next one does it for it.
alter table usage add column if not exists counted boolean not null default true;

alter table usage alter column counted set default false;
