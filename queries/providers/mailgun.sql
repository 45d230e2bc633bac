-- Mailgun: https://documentation.mailgun.com/docs/mailgun/user-manual/events/

-- name: map_mailgun#
-- A row for each event in `records`: from a webhook, next to its signature, or from the Events API, on its own or in
-- pages of `items`. The webhook's token serves as the id, because the event's own id is unique for a day only.
create or replace temp view normalized as
with types(word, type) as (
    values
        ('accepted', 'queued'),
        ('rejected', 'rejected'),
        ('delivered', 'delivered'),
        ('failed', 'bounced'),
        ('opened', 'opened'),
        ('clicked', 'clicked'),
        ('unsubscribed', 'unsubscribed'),
        ('complained', 'complained')
),
reasons(word, reason) as (
    values ('bounce', 'bounced'), ('suppress-bounce', 'bounced')
),
envelopes as (
    select ordinal, unnest(items_of(record)) as envelope from records
),
opened as (
    select
        ordinal, envelope,
        unnest(from_json(
            envelope, '{"signature": {"token": "VARCHAR"}, "event-data": "JSON", "items": ["JSON"]}'
        ))
    from envelopes
),
payloads as (
    select ordinal, signature.token, unnest(coalesce(items, [coalesce("event-data", envelope)])) as payload
    from opened
),
fields as (
    select
        *,
        unnest(from_json(payload, '{
            "event": "VARCHAR", "severity": "VARCHAR", "id": "VARCHAR", "timestamp": "VARCHAR", "recipient": "VARCHAR",
            "message": {"headers": {"to": "VARCHAR", "message-id": "VARCHAR"}},
            "delivery-status": {"enhanced-code": "VARCHAR", "message": "VARCHAR", "description": "VARCHAR"},
            "reason": "VARCHAR", "reject": {"reason": "VARCHAR"}, "code": "VARCHAR",
            "url": "VARCHAR", "ip": "VARCHAR", "client-info": {"user-agent": "VARCHAR", "bot": "VARCHAR"},
            "tags": ["VARCHAR"],
            "user-variables": {
                "campaign_id": "VARCHAR", "campaign": "VARCHAR", "customer_id": "VARCHAR", "customer": "VARCHAR"
            }
        }'))
    from payloads
),
read as (
    select
        fields.* exclude (tags),
        case when severity = 'temporary' then 'deferred' else coalesce(types.type, 'unknown') end as kind,
        case
            when fields.reason is not null then coalesce(reasons.reason, 'other')
            when kind = 'rejected' then 'other'
        end as reject_reason,
        coalesce(
            filled("delivery-status".message),
            filled("delivery-status".description),
            case when kind = 'rejected' then filled(reject.reason) end
        ) as diagnostic,
        filled(message.headers."message-id") as message_id,
        texts_of(tags, payload ->> 'tags') as tags
    from fields
    left join types on types.word = event
    left join reasons on reasons.word = fields.reason
)
select
    ordinal,
    case when event is null then 'not an event of Mailgun: it has no event' end as refusal,
    coalesce(filled(token), filled(id)) as event_id,
    kind as type,
    moment_of(timestamp) as occurred_at,
    coalesce(
        filled(recipient), case when kind = 'rejected' then address_of(message.headers.to) end
    ) as recipient,
    if(starts_with(message_id, '<'), message_id, '<' || message_id || '>') as message_id,
    filled(url) as url,
    cast(null as integer) as link_position,
    case when kind = 'bounced' then bounce_type_of('mailgun', coalesce(filled(severity), event)) end as bounce_type,
    reject_reason,
    smtp_status_of(coalesce(filled("delivery-status"."enhanced-code"), code), diagnostic) as smtp_status,
    diagnostic,
    filled("client-info"."user-agent") as user_agent,
    case when by_customer(kind) then filled(ip) end as ip,
    coalesce(
        key_of("user-variables".campaign_id), key_of("user-variables".campaign), first_key_of(tags)
    ) as campaign_id,
    coalesce(key_of("user-variables".customer_id), key_of("user-variables".customer)) as customer_id,
    tags,
    object_at(payload, 'user-variables') as metadata,
    case when "client-info".bot <> '' then true end as provider_machine,
    payload
from read;
