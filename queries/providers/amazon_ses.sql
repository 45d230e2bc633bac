-- Amazon SES: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html

-- name: map_amazon_ses#
-- A row for each recipient of each event in `records`, in the envelope of SNS or bare, as Firehose writes it. Inbound
-- mail is not an event, nor are SNS's messages about itself.
create or replace temp view normalized as
with types(word, type, reason) as (
    values
        ('Send', 'sent', null),
        ('Delivery', 'delivered', null),
        ('DeliveryDelay', 'deferred', null),
        ('Bounce', 'bounced', 'bounced'),
        ('Complaint', 'complained', 'spam'),
        ('Reject', 'rejected', 'blocked'),
        ('Rendering Failure', 'failed', null),
        ('Open', 'opened', null),
        ('Click', 'clicked', null)
),
envelopes as (
    select ordinal, unnest(items_of(record)) as envelope from records
),
opened as (
    select
        ordinal, envelope,
        unnest(from_json(envelope, '{
            "Type": "VARCHAR", "MessageId": "VARCHAR", "Timestamp": "VARCHAR", "Message": "VARCHAR",
            "SubscribeURL": "VARCHAR"
        }'))
    from envelopes
),
payloads as (
    select
        ordinal,
        filled(MessageId) as event_id,
        moment_of(Timestamp) as announced_at,
        case when Type = 'SubscriptionConfirmation' then SubscribeURL end as to_confirm,
        case
            when Type is null then envelope
            when json_valid(Message) then cast(Message as json)
            else coalesce(to_json(Message), envelope)
        end as payload
    from opened
    where
        coalesce(Type, 'Notification') in ('Notification', 'SubscriptionConfirmation')
        and Message is distinct from 'Successfully validated SNS topic for Amazon SES event publishing.'
),
fields as (
    select
        *,
        unnest(from_json(payload, '{
            "eventType": "VARCHAR", "notificationType": "VARCHAR",
            "mail": {
                "messageId": "VARCHAR", "timestamp": "VARCHAR", "destination": ["VARCHAR"],
                "headers": [{"name": "VARCHAR", "value": "VARCHAR"}],
                "tags": {
                    "campaign_id": ["VARCHAR"], "campaign": ["VARCHAR"],
                    "customer_id": ["VARCHAR"], "customer": ["VARCHAR"]
                }
            },
            "bounce": {
                "timestamp": "VARCHAR", "bounceType": "VARCHAR", "bounceSubType": "VARCHAR",
                "bouncedRecipients": [{"emailAddress": "VARCHAR", "status": "VARCHAR", "diagnosticCode": "VARCHAR"}]
            },
            "deliveryDelay": {
                "timestamp": "VARCHAR",
                "delayedRecipients": [{"emailAddress": "VARCHAR", "status": "VARCHAR", "diagnosticCode": "VARCHAR"}]
            },
            "complaint": {
                "timestamp": "VARCHAR", "complaintFeedbackType": "VARCHAR", "userAgent": "VARCHAR",
                "complainedRecipients": [{"emailAddress": "VARCHAR"}]
            },
            "delivery": {"timestamp": "VARCHAR", "smtpResponse": "VARCHAR", "recipients": ["VARCHAR"]},
            "reject": {"reason": "VARCHAR"},
            "failure": {"errorMessage": "VARCHAR"},
            "open": {"timestamp": "VARCHAR", "ipAddress": "VARCHAR", "userAgent": "VARCHAR"},
            "click": {
                "timestamp": "VARCHAR", "ipAddress": "VARCHAR", "userAgent": "VARCHAR", "link": "VARCHAR",
                "linkTags": {"link_position": ["VARCHAR"]}
            },
            "subscription": {"timestamp": "VARCHAR", "newTopicPreferences": {"unsubscribeAll": "VARCHAR"}}
        }'))
    from payloads
),
read as (
    select
        fields.*,
        coalesce(eventType, notificationType, '<<type missing>>') as word,
        case
            when subscription.newTopicPreferences.unsubscribeAll = 'true' then 'unsubscribed'
            else coalesce(types.type, 'unknown')
        end as kind,
        types.reason as reject_reason,
        coalesce(bounce.bouncedRecipients, deliveryDelay.delayedRecipients) as parts,
        case types.type
            when 'bounced' then list_transform(bounce.bouncedRecipients, lambda part: part.emailAddress)
            when 'complained' then list_transform(complaint.complainedRecipients, lambda part: part.emailAddress)
            when 'delivered' then delivery.recipients
            else mail.destination
        end as recipients,
        list_transform(
            list_filter(mail.headers, lambda header: lower(header.name) = 'x-tag' and header.value <> ''),
            lambda header: header.value
        ) as tags,
        list_last(list_transform(
            list_filter(
                mail.headers, lambda header: lower(header.name) = 'x-metadata' and json_valid(header.value)
            ),
            lambda header: header.value
        )) as metadata
    from fields
    left join types on types.word = coalesce(eventType, notificationType)
    where coalesce(eventType, notificationType, '') <> 'Received'
),
by_recipient as (
    select
        * exclude (recipients),
        unnest(if(coalesce(len(recipients), 0) = 0, [null], recipients)) as recipient
    from read
),
with_part as (
    select
        *,
        list_filter(parts, lambda part: part.emailAddress = recipient)[1] as part,
        from_json(metadata, '{
            "campaign_id": "VARCHAR", "campaign": "VARCHAR", "customer_id": "VARCHAR", "customer": "VARCHAR"
        }') as known
    from by_recipient
),
diagnosed as (
    select
        *,
        coalesce(
            filled(part.diagnosticCode),
            filled(
                case kind
                    when 'bounced' then bounce.bounceType || ': ' || bounce.bounceSubType
                    when 'complained' then complaint.complaintFeedbackType
                    when 'delivered' then delivery.smtpResponse
                    when 'rejected' then reject.reason
                    when 'failed' then failure.errorMessage
                    when 'unknown' then 'Unknown SES eventType ''' || word || ''''
                end
            )
        ) as diagnostic
    from with_part
)
select
    ordinal,
    case
        when to_confirm is not null
            then 'Amazon SNS asks whether it may send events here. To let it, open this address once: ' || to_confirm
        when recipient is null then 'not an event of Amazon SES: it has no recipient'
    end as refusal,
    event_id,
    kind as type,
    coalesce(
        announced_at, moment_of(bounce.timestamp), moment_of(complaint.timestamp), moment_of(delivery.timestamp),
        moment_of(open.timestamp), moment_of(click.timestamp), moment_of(deliveryDelay.timestamp),
        moment_of(subscription.timestamp), moment_of(mail.timestamp)
    ) as occurred_at,
    filled(recipient) as recipient,
    filled(mail.messageId) as message_id,
    case when kind = 'clicked' then filled(click.link) end as url,
    position_of(click.linkTags.link_position[1]) as link_position,
    case when kind = 'bounced' then bounce_type_of('amazon_ses', bounce.bounceType) end as bounce_type,
    reject_reason,
    smtp_status_of(part.status, diagnostic) as smtp_status,
    diagnostic,
    case kind
        when 'complained' then filled(complaint.userAgent)
        when 'opened' then filled(open.userAgent)
        when 'clicked' then filled(click.userAgent)
    end as user_agent,
    case when by_customer(kind) then coalesce(filled(open.ipAddress), filled(click.ipAddress)) end as ip,
    coalesce(
        key_of(known.campaign_id), key_of(known.campaign), key_of(mail.tags.campaign_id[1]),
        key_of(mail.tags.campaign[1]), first_key_of(tags)
    ) as campaign_id,
    coalesce(
        key_of(known.customer_id), key_of(known.customer), key_of(mail.tags.customer_id[1]),
        key_of(mail.tags.customer[1])
    ) as customer_id,
    coalesce(tags, []) as tags,
    case when json_type(metadata) = 'OBJECT' then cast(metadata as json) else '{}' end as metadata,
    cast(null as boolean) as provider_machine,
    payload
from diagnosed;
