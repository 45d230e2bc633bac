-- The page Data: what the database holds, what was loaded, and what is unmatched or rejected. No query here reads all events.

-- name: totals()^
-- How many campaigns, messages and events the screens count, including those known from events only, and how many customers
-- have a record of their own.
select
    (select count(*) from campaign_totals where audience = 'all') as campaigns,
    (select count(*) from customers) as customers,
    (select count(*) from recipients) as messages,
    (select count(*) from events) as events;

-- name: recent_loads(most)
-- The latest loads with their rows per kind. All of one day's webhooks are one load. Names the first three files of each.
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
-- One row per provider (empty if unknown) and type of event, with the times of the first and the last.
select provider, type, events, first_at, last_at from event_counts;

-- name: unattributed_events(search, types, newest, most)
-- Events without a campaign, latest first, whose recipient or message_id contains the search text or whose type is one of
-- `types`; an empty search finds all. With `newest`, only that many of the latest are searched, so that DuckDB reads the end
-- of the table of events instead of all of it.
with latest as materialized (
    select event_number from unattributed order by event_number desc limit :newest
)
select
    e.occurred_at, coalesce(e.provider, '') as provider, e.type, e.recipient, e.message_id, e.customer_id, e.url,
    e.bounce_type, e.reject_reason, e.smtp_status, e.diagnostic, e.user_agent, e.ip
from events as e join latest as l using (event_number)
where :search = ''
    or contains({plain e.recipient}, {plain :search})
    or contains({plain e.message_id}, {plain :search})
    or list_contains(cast(:types as varchar[]), e.type)
order by event_number desc
limit :most;

-- name: unattributed_matches(search, types)^
-- How many events without a campaign match the search.
select count(*) as events
from events as e semi join unattributed as u using (event_number)
where contains({plain e.recipient}, {plain :search})
    or contains({plain e.message_id}, {plain :search})
    or list_contains(cast(:types as varchar[]), e.type);

-- name: refused_rows(search)
-- The rejected rows whose file or reason contains the search text: file, line, reason and full text.
select kind, file, line, reason, row
from refused
where :search = '' or contains({plain file}, {plain :search}) or contains({plain reason}, {plain :search})
order by file, line, reason;

-- name: refused_matches(search)^
-- How many rejected rows match the search.
select count(*) as rows
from refused
where :search = '' or contains({plain file}, {plain :search}) or contains({plain reason}, {plain :search});

-- name: newest_refused_rows(search, most, characters)
-- Rejected rows whose file or reason contains the search text, latest first. A row may be megabytes long, so its text is cut
-- off after `characters`.
select kind, file, line, reason, left(row, :characters) as row
from refused
where :search = '' or contains({plain file}, {plain :search}) or contains({plain reason}, {plain :search})
order by rowid desc
limit :most;

-- name: positions(source, place)
-- How far the tables of a source were read by earlier imports.
select name, value from imports where source = :source and place = :place and name <> '';

-- name: import_places()
-- The sources that were imported, with the last import of each that brought anything new.
select
    i.source, i.place, max(l.loaded_at) as loaded_at,
    cast(coalesce(sum(l.new) filter (l.loaded_at = latest), 0) as bigint) as new
from (select distinct source, place from imports where place <> '') as i
left join (
    select *, max(loaded_at) over (partition by source, files) as latest from loads
) as l on l.source = i.source and l.files = [i.place]
group by i.source, i.place
order by loaded_at desc nulls last, source, place;

-- name: loaded_rows()^
-- The rows of all loads, by what became of them.
select
    cast(coalesce(sum(new), 0) as bigint) as new,
    cast(coalesce(sum(rows - new - refused), 0) as bigint) as existing,
    cast(coalesce(sum(refused), 0) as bigint) as rejected
from loads;
