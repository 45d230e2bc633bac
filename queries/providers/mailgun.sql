-- Mailgun: https://documentation.mailgun.com/docs/mailgun/user-manual/events/

-- name: map_mailgun#
-- A row for each event in `records`: from a webhook, next to its signature, or from the Events or Logs API, on its own or
-- in pages of `items`. The webhook's token serves as the id, because the event's own id is unique for a day only.
create or replace temp view normalized as
with envelopes as (
    select place, unnest(items_of(record)) as envelope from records
),
opened as (
    select
        place, envelope,
        unnest(from_json(
            envelope, '{"signature": {"token": "VARCHAR"}, "event-data": "JSON", "items": ["JSON"]}'
        ))
    from envelopes
),
payloads as (
    select
        place, case when "event-data" is not null then signature.token end as token,
        unnest(coalesce(items, [coalesce("event-data", envelope)])) as payload
    from opened
),
fields as (
    select
        *,
        unnest(from_json(payload, '{
            "event": "VARCHAR", "severity": "VARCHAR", "id": "VARCHAR", "timestamp": "VARCHAR",
            "@timestamp": "VARCHAR", "recipient": "VARCHAR", "message": {"headers": {"to": "VARCHAR", "message-id": "VARCHAR"}},
            "delivery-status": {
                "code": "VARCHAR", "enhanced-code": "VARCHAR", "message": "VARCHAR", "description": "VARCHAR",
                "last-message": "VARCHAR"
            },
            "reason": "VARCHAR", "reject": {"reason": "VARCHAR", "description": "VARCHAR"}, "code": "VARCHAR",
            "url": "VARCHAR", "ip": "VARCHAR", "client-info": {"user-agent": "VARCHAR", "bot": "VARCHAR"},
            "tags": ["VARCHAR"], "user-variables": "JSON"
        }'))
    from payloads
),
described as (
    select
        * exclude (tags),
        meaning_of('mailgun.event', event) as said,
        meaning_of('mailgun.severity', severity) as qualified,
        meaning_of('mailgun.reason', fields.reason) as explained,
        meaning_of_either('mailgun.code', "delivery-status".code, code) as coded,
        filled(message.headers."message-id") as message_id,
        texts_of(tags, payload ->> 'tags') as tags,
        object_of("user-variables") as metadata
    from fields
),
-- Each step may change the type that the step before it found.
judged as (
    select
        *,
        coalesce(
            explained.type, case when said.type = 'bounced' then qualified.type end, said.type, 'unknown'
        ) as kind_but_for_code
    from described
    where coalesce(said.is_event, true)
),
read as (
    select
        * replace (case when kind_but_for_code = 'bounced' then coded end as coded),
        coalesce(case when kind_but_for_code = 'bounced' then coded.type end, kind_but_for_code) as kind,
        coalesce(
            filled("delivery-status".message),
            filled("delivery-status".description),
            filled("delivery-status"."last-message"),
            filled(reject.description),
            filled(reject.reason)
        ) as diagnostic
    from judged
),
known as (
    select
        *,
        unnest(from_json(metadata, '{
            "campaign_id": "VARCHAR", "campaign": "VARCHAR", "customer_id": "VARCHAR", "customer": "VARCHAR"
        }'))
    from read
)
select
    place,
    case when event is null then no_event('Mailgun', payload, 'event') end as refusal,
    coalesce(identifier_of(token), identifier_of(id)) as event_id,
    kind as type,
    coalesce(moment_of(timestamp), moment_of("@timestamp")) as occurred_at,
    coalesce(
        value_of(recipient),
        case
            when said.type = 'rejected' and plain_word(severity) is distinct from 'temporary'
                then value_of(address_of(message.headers.to))
        end
    ) as recipient,
    identifier_of(if(starts_with(message_id, '<'), message_id, '<' || message_id || '>')) as message_id,
    value_of(url) as url,
    cast(null as integer) as link_position,
    case when kind = 'bounced' then bounce_type_of('mailgun', coalesce(filled(severity), event)) end as bounce_type,
    coalesce(coded.reason, explained.reason, said.reason) as reject_reason,
    smtp_status_of(coalesce(filled("delivery-status"."enhanced-code"), code), diagnostic) as smtp_status,
    diagnostic,
    filled("client-info"."user-agent") as user_agent,
    case when by_customer(kind) then filled(ip) end as ip,
    coalesce(
        campaign_of(campaign_id), campaign_of(campaign), first_key_of(tags)
    ) as campaign_id,
    coalesce(customer_of(customer_id), customer_of(customer)) as customer_id,
    tags,
    metadata,
    case when "client-info".bot <> '' then true end as provider_machine,
    payload
from known;
