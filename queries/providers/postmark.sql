-- Postmark: https://postmarkapp.com/developer/webhooks/webhooks-overview

-- name: map_postmark#
-- A row for each event in `records`; inbound mail is not an event.
create or replace temp view normalized as
with record_types(word, type) as (
    values
        ('Bounce', 'bounced'),
        ('Click', 'clicked'),
        ('Delivery', 'delivered'),
        ('Open', 'opened'),
        ('SpamComplaint', 'complained'),
        ('SubscriptionChange', 'unsubscribed'),
        ('Inbound', 'inbound')
),
-- The exact type of a bounce, a complaint or a changed subscription.
types(word, type, reason) as (
    values
        ('HardBounce', 'bounced', 'bounced'),
        ('Transient', 'deferred', null),
        ('Unsubscribe', 'unsubscribed', 'unsubscribed'),
        ('Subscribe', 'subscribed', null),
        ('AutoResponder', 'autoresponded', null),
        ('AddressChange', 'autoresponded', null),
        ('DnsError', 'deferred', null),
        ('SpamNotification', 'complained', 'spam'),
        ('OpenRelayTest', 'deferred', null),
        ('Unknown', 'unknown', null),
        ('SoftBounce', 'bounced', 'bounced'),
        ('VirusNotification', 'bounced', 'other'),
        ('ChallengeVerification', 'autoresponded', null),
        ('BadEmailAddress', 'rejected', 'invalid'),
        ('SpamComplaint', 'complained', 'spam'),
        ('ManuallyDeactivated', 'rejected', 'blocked'),
        ('Unconfirmed', 'rejected', null),
        ('Blocked', 'rejected', 'blocked'),
        ('SMTPApiError', 'failed', null),
        ('InboundError', 'inbound', null),
        ('DMARCPolicy', 'rejected', 'blocked'),
        ('TemplateRenderingFailed', 'failed', null),
        ('ManualSuppression', 'unsubscribed', 'unsubscribed')
),
payloads as (
    select ordinal, unnest(items_of(record)) as payload from records
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
read as (
    select
        fields.*,
        coalesce(
            types.type,
            record_types.type,
            case when RecordType is null and FromFull is not null then 'inbound' else 'unknown' end
        ) as kind,
        types.reason,
        coalesce(filled(Details), filled(Description)) as diagnostic
    from fields
    left join record_types on record_types.word = RecordType
    left join types on types.word = case
        when record_types.type in ('bounced', 'complained') then fields.Type
        when record_types.type = 'unsubscribed' and SuppressSending = 'false' then 'Subscribe'
        when record_types.type = 'unsubscribed' then SuppressionReason
    end
)
select
    ordinal,
    case
        when RecordType is null and json_type(payload) <> 'OBJECT' then 'not an event of Postmark: no JSON object'
    end as refusal,
    filled(ID) as event_id,
    kind as type,
    coalesce(
        moment_of(DeliveredAt), moment_of(BouncedAt), moment_of(ReceivedAt), moment_of(ChangedAt)
    ) as occurred_at,
    filled(coalesce(Email, Recipient)) as recipient,
    filled(coalesce(Metadata.anymail_id, MessageID)) as message_id,
    filled(OriginalLink) as url,
    cast(null as integer) as link_position,
    case
        when kind = 'bounced' then bounce_type_of('postmark', coalesce(filled(Type), SuppressionReason))
    end as bounce_type,
    reason as reject_reason,
    smtp_status_of(null, diagnostic) as smtp_status,
    diagnostic,
    filled(UserAgent) as user_agent,
    case when by_customer(kind) then filled(Geo.IP) end as ip,
    coalesce(key_of(Metadata.campaign_id), key_of(Metadata.campaign), key_of(Tag)) as campaign_id,
    coalesce(key_of(Metadata.customer_id), key_of(Metadata.customer)) as customer_id,
    texts_of(null, Tag) as tags,
    object_at(payload, 'Metadata') as metadata,
    cast(null as boolean) as provider_machine,
    payload
from read
where kind <> 'inbound';
