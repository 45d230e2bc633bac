-- From files of provider payloads to staged events: records -> normalized (queries/providers) -> staged_events. The place of a
-- record is its file and its line, or its position in the file.

-- name: read_from(path, pattern)!
-- Sets the file that the views below read, also as a pattern: to DuckDB, `a[1].json` as it is would mean `a1.json`.
set variable records_in = {'path': :path, 'pattern': :pattern};

-- name: view_lines#
-- The values of a file with one JSON value per line. Without line numbers, so that all cores can read it.
create or replace temp view records as
select {'file': getvariable('records_in').path, 'line': cast(null as bigint)} as place, json as record
from read_ndjson_objects(getvariable('records_in').pattern);

-- name: view_values#
-- The values of a JSON array, or JSON values one after another, without their numbers.
create or replace temp view records as
select {'file': getvariable('records_in').path, 'line': cast(null as bigint)} as place, json as record
from read_json_objects(getvariable('records_in').pattern, format = 'auto');

-- name: view_numbered_lines#
-- The values of a file with one JSON value per line, numbered from 1.
create or replace temp view records as
select {'file': getvariable('records_in').path, 'line': row_number() over ()} as place, json as record
from read_ndjson_objects(getvariable('records_in').pattern);

-- name: view_numbered_values#
-- The values of a JSON array, or JSON values one after another, numbered from 1.
create or replace temp view records as
select {'file': getvariable('records_in').path, 'line': row_number() over ()} as place, json as record
from read_json_objects(getvariable('records_in').pattern, format = 'auto');

-- name: view_batch#
-- Values that were read in Python, each with its file and the line it starts on. The loader registers `batch`.
create or replace temp view records as
select place, coalesce(try_cast(record as json), to_json(record)) as record from batch;

-- name: view_events#
-- Events that were normalized in Python. The loader registers `event_batch`.
create or replace temp view normalized as
select * replace (cast(metadata as json) as metadata, cast(payload as json) as payload) from event_batch;

-- name: stage_normalized(provider)^
-- Stages the events of the view normalized, with the reason for rejecting those that can't be used. Returns their number.
insert into staged_events by name
select
    place.file as file,
    place.line as ordinal,
    case
        when refusal is not null then refusal
        when type is null then 'no event of this provider'
        when coalesce(customer_id, message_id, recipient) is null then 'no recipient, message or customer'
        when occurred_at is null then 'no time'
        when occurred_at < timestamp '1900-01-01' or occurred_at >= timestamp '2200-01-01'
            then 'a time that can''t be: ' || occurred_at
    end as refusal,
    event_id, :provider as provider, campaign_id, customer_id, message_id, recipient, type, occurred_at, url,
    link_position, bounce_type, reject_reason, smtp_status, diagnostic, user_agent, ip, provider_machine, payload
from normalized;

-- name: staged_refusals_of(file)^
-- How many events of a file are rejected, and whether any payload has NaN or Infinity, which is JSON for DuckDB only.
select
    count(*) filter (refusal is not null) as refused,
    coalesce(bool_or(regexp_matches(cast(payload as varchar), '[:\[,]\s*-?(nan|inf(inity)?)\s*[,\]}]', 'i')), false)
        as is_lenient
from staged_events
where file = :file;

-- name: refused_ordinals(file)
-- The positions of the rejected events of a file.
select distinct ordinal from staged_events where file = :file and refusal is not null;

-- name: refuse_staged()^
-- Adds the rejected events of files to new_refusals. The loader registers `staged_files`, which has their names and places, and
-- `line_numbers`, which has the lines of positions that are not lines. Returns their number.
insert into new_refusals by name
select
    f.place, 'events' as kind, f.name as file, coalesce(l.line, s.ordinal) as line, s.refusal as reason,
    coalesce(cast(s.payload as varchar), '') as row
from staged_events as s
join staged_files as f on f.file = s.file
left join line_numbers as l on l.ordinal = s.ordinal
where s.refusal is not null
order by f.place, s.ordinal, s.rowid;

-- name: unstage(file)!
-- Removes what was staged from a file, so that it can be read in another way.
delete from staged_events where file = :file;

-- name: normalized_lines(provider)
-- The events of the view normalized as JSON, one line each. What is not an event has a refusal instead.
select
    place.line as ordinal,
    coalesce(refusal, if(type is null, 'no event of this provider', null)) as refusal,
    if(refusal is not null or type is null, null, cast(
        to_json(
            {
                'provider': :provider, 'event_id': event_id, 'type': type,
                'occurred_at': strftime(occurred_at, '%Y-%m-%dT%H:%M:%S')
                || case when microsecond(occurred_at) % 1000000 = 0 then '' else strftime(occurred_at, '.%f') end
                || '+00:00',
                'recipient': recipient, 'message_id': message_id, 'url': url, 'link_position': link_position,
                'bounce_type': bounce_type, 'reject_reason': reject_reason, 'smtp_status': smtp_status,
                'diagnostic': diagnostic, 'user_agent': user_agent, 'ip': ip, 'campaign_id': campaign_id,
                'customer_id': customer_id, 'tags': tags, 'metadata': metadata,
                'provider_machine': provider_machine, 'payload': payload
            }
        ) as varchar
    )) as line,
    coalesce(cast(payload as varchar), '') as payload
from normalized
order by place;
