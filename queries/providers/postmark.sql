-- Postmark: https://postmarkapp.com/developer/webhooks/webhooks-overview

-- name: map_postmark#
-- A row for each event in `records`; inbound mail is not an event.
create or replace temp view normalized as
with payloads as (
    select place, unnest(items_of(record)) as payload from records
),
fields as (
    select
        *,
        unnest(from_json(payload, '{
            "RecordType": "VARCHAR", "Type": "VARCHAR", "SuppressSending": "VARCHAR", "SuppressionReason": "VARCHAR",
            "FromFull": "VARCHAR", "ID": "VARCHAR", "MessageID": "VARCHAR", "Email": "VARCHAR", "Recipient": "VARCHAR",
            "DeliveredAt": "VARCHAR", "BouncedAt": "VARCHAR", "ReceivedAt": "VARCHAR", "ChangedAt": "VARCHAR",
            "OriginalLink": "VARCHAR", "Details": "VARCHAR", "Description": "VARCHAR",
            "UserAgent": "VARCHAR", "Geo": {"IP": "VARCHAR"}, "Tag": "VARCHAR",
            "Metadata": {
                "anymail_id": "VARCHAR",
                "campaign_id": "VARCHAR", "campaign": "VARCHAR", "customer_id": "VARCHAR", "customer": "VARCHAR"
            }
        }'))
    from payloads
),
described as (
    select
        *,
        meaning_of('postmark.record_type', RecordType) as said,
        case when type_of(said) = 'unsubscribed' then meaning_of('postmark.suppression', SuppressSending) end as switched,
        case
            when coalesce(type_of(switched), type_of(said)) = 'unsubscribed'
                then meaning_of('postmark.suppression_reason', SuppressionReason)
        end as suppressed,
        case
            when coalesce(type_of(suppressed), type_of(switched), type_of(said)) in ('bounced', 'complained')
                then meaning_of('postmark.type', fields.Type)
        end as typed,
        coalesce(filled(Details), filled(Description), filled(SuppressionReason)) as diagnostic
    from fields
),
read as (
    select
        *,
        coalesce(typed.type, suppressed.type, switched.type, said.type, 'unknown') as kind,
        coalesce(typed.reason, suppressed.reason, said.reason) as reason
    from described
    where
        coalesce(said.is_event, true) and coalesce(typed.is_event, true)
        and (RecordType is not null or FromFull is null)
)
select
    place,
    case
        when RecordType is null and json_type(payload) is distinct from 'OBJECT'
            then no_event('Postmark', payload, 'RecordType')
    end as refusal,
    identifier_of(ID) as event_id,
    kind as type,
    coalesce(
        moment_of(DeliveredAt), moment_of(BouncedAt), moment_of(ReceivedAt), moment_of(ChangedAt)
    ) as occurred_at,
    value_of(coalesce(Email, Recipient)) as recipient,
    identifier_of(coalesce(Metadata.anymail_id, MessageID)) as message_id,
    value_of(OriginalLink) as url,
    cast(null as integer) as link_position,
    case
        when kind = 'bounced' then bounce_type_of('postmark', coalesce(filled(Type), SuppressionReason))
    end as bounce_type,
    reason as reject_reason,
    smtp_status_of(null, diagnostic) as smtp_status,
    diagnostic,
    filled(UserAgent) as user_agent,
    case when by_customer(kind) then filled(Geo.IP) end as ip,
    coalesce(
        campaign_of(Metadata.campaign_id), campaign_of(Metadata.campaign), campaign_of(Tag)
    ) as campaign_id,
    coalesce(customer_of(Metadata.customer_id), customer_of(Metadata.customer)) as customer_id,
    texts_of(null, Tag) as tags,
    object_at(payload, 'Metadata') as metadata,
    cast(null as boolean) as provider_machine,
    payload
from read;
