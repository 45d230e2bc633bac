-- From a file of provider payloads to staged events: `records` -> `normalised` (queries/providers) -> staged_events.

-- name: read_from(path)!
-- Names the file that the views below read.
set variable records_path = :path;

-- name: view_lines#
-- The values of a file with one on each line, read by all processors; they do not know their lines.
create or replace temp view records as
select cast(null as bigint) as ordinal, json as record from read_ndjson_objects(getvariable('records_path'));

-- name: view_values#
-- The values of a JSON array, or JSON values one after the other.
create or replace temp view records as
select cast(null as bigint) as ordinal, json as record
from read_json_objects(getvariable('records_path'), format = 'auto');

-- name: view_numbered_lines#
-- The values of a file with one on each line, counted from 1.
create or replace temp view records as
select row_number() over () as ordinal, json as record from read_ndjson_objects(getvariable('records_path'));

-- name: view_numbered_values#
-- The values of a JSON array, or JSON values one after the other, counted from 1.
create or replace temp view records as
select row_number() over () as ordinal, json as record
from read_json_objects(getvariable('records_path'), format = 'auto');

-- name: view_batch#
-- Values that were read in Python, with the lines where they begin; `batch` is registered by the loader.
create or replace temp view records as
select line as ordinal, coalesce(try_cast(record as json), to_json(record)) as record from batch;

-- name: view_events#
-- Events that were normalised in Python; `event_batch` is registered by the loader.
create or replace temp view normalised as
select * replace (cast(metadata as json) as metadata, cast(payload as json) as payload) from event_batch;

-- name: stage_normalised(file, provider)^
-- The events of the view `normalised`, each with the reason why it is refused, or null. How many were staged.
insert into staged_events by name
select
    :file as file,
    ordinal,
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
from normalised;

-- name: staged_refusals_of(file)
-- The refused events of a file: where they stand, why, and the payload.
select ordinal, refusal, coalesce(cast(payload as varchar), '') as payload
from staged_events
where file = :file and refusal is not null
order by ordinal, rowid;

-- name: unstage(file)!
-- Forgets what was staged of a file, to read it in another way.
delete from staged_events where file = :file;

-- name: normalised_lines(provider)
-- The events of the view `normalised` as JSON objects, each on a line; what is no event has a refusal.
select
    ordinal,
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
from normalised
order by ordinal;
