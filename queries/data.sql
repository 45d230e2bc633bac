-- The page Data: what is here, what was loaded, what was refused or found no campaign. Nothing here reads all events.

-- name: totals()^
-- How many campaigns, messages and events the screens count, those that only events tell of included, and how many
-- customers have details of their own.
select
    (select count(*) from campaign_totals where audience = 'all') as campaigns,
    (select count(*) from customers) as customers,
    (select coalesce(sum(selected), 0) from campaign_totals where audience = 'all') as messages,
    (select count(*) from events) as events;

-- name: recent_loads(most)
-- The newest loads, a row each, and their rows per kind: all that webhooks brought on one day is one. Of many files the
-- first three are named.
select
    loaded_at, source, list_slice(any_value(files), 1, 3) as files, len(any_value(files)) as file_count,
    map_from_entries(list((kind, rows) order by kind)) as kinds,
    cast(sum(rows) as bigint) as rows, cast(sum(new) as bigint) as new, cast(sum(changed) as bigint) as changed,
    cast(sum(refused) as bigint) as refused
from loads
group by loaded_at, source
order by loaded_at desc, source
limit :most;

-- name: event_counts()
-- A row per provider (empty where none was told) and type of event, with the times of the first and the last.
select provider, type, events, first_at, last_at from event_counts;

-- name: unattributed_events(search, types, newest, most)
-- Events that found no campaign, latest first, of which recipient or message_id holds the search or the type is one of
-- these; an empty search fits all. Looks at the newest of them only, when `newest` says how many, so that DuckDB reads the
-- end of the table of events and not all of it.
with looked_at as materialized (
    select event_number from unattributed order by event_number desc limit :newest
)
select
    e.occurred_at, coalesce(e.provider, '') as provider, e.type, e.recipient, e.message_id, e.customer_id, e.url,
    e.bounce_type, e.reject_reason, e.smtp_status, e.diagnostic, e.user_agent, e.ip
from events as e join looked_at as l using (event_number)
where :search = ''
    or contains(lower(e.recipient), lower(:search))
    or contains(lower(e.message_id), lower(:search))
    or list_contains(cast(:types as varchar[]), e.type)
order by event_number desc
limit :most;

-- name: unattributed_matches(search, types)^
-- How many events that found no campaign fit the search.
select count(*) as events
from events as e semi join unattributed as u using (event_number)
where contains(lower(e.recipient), lower(:search))
    or contains(lower(e.message_id), lower(:search))
    or list_contains(cast(:types as varchar[]), e.type);

-- name: refused_rows(search)
-- All refused rows of which file or reason holds the search: where each stood, why, and its whole text.
select kind, file, line, reason, row
from refused
where :search = '' or contains(lower(file), lower(:search)) or contains(lower(reason), lower(:search))
order by file, line, reason;

-- name: refused_matches(search)^
-- How many refused rows fit the search.
select count(*) as rows
from refused
where :search = '' or contains(lower(file), lower(:search)) or contains(lower(reason), lower(:search));

-- name: newest_refused_rows(search, most, characters)
-- Refused rows of which file or reason holds the search, latest first. A row's text may be megabytes long: its beginning.
select kind, file, line, reason, left(row, :characters) as row
from refused
where :search = '' or contains(lower(file), lower(:search)) or contains(lower(reason), lower(:search))
order by rowid desc
limit :most;
