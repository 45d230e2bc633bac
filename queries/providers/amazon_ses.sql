-- Amazon SES: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html

-- name: map_amazon_ses#
-- A row for each recipient of each event in `records`, in the envelopes of SNS or EventBridge or bare, as Firehose writes
-- it, and in what SQS, Lambda, Kinesis and Firehose put around them. Inbound mail is not an event, nor are SNS's messages about
-- itself.
create or replace temp view normalized as
with items as (
    select place, unnest(items_of(record)) as item from records
),
received as (
    select place, item, held_by(item) as held from items
),
parts as (
    select place, held is not null as is_part, unnest(coalesce(held, [item])) as part from received
),
envelopes as (
    select place, unnest(coalesce(case when is_part then held_by(part) end, [part])) as envelope from parts
),
opened as (
    select
        place, envelope,
        unnest(from_json(envelope, '{
            "Type": "VARCHAR", "MessageId": "VARCHAR", "Timestamp": "VARCHAR", "Message": "VARCHAR",
            "SubscribeURL": "VARCHAR"
        }'))
    from envelopes
),
messages as (
    select
        place,
        case when Type = 'Notification' then identifier_of(MessageId) end as event_id,
        moment_of(Timestamp) as announced_at,
        case
            when Type = 'SubscriptionConfirmation'
                then 'Amazon SNS asks whether it may send events here. To let it, open this address once: '
                    || SubscribeURL
            when Type <> 'Notification' then 'a message of Amazon SNS of an unknown type: ' || Type
            when Type is null and data_of(envelope) is not null
                then 'the data of this record is not JSON in Base64'
        end as notice,
        case
            when coalesce(Type, '') <> 'Notification' then envelope
            when json_valid(Message) then cast(Message as json)
            else coalesce(to_json(Message), envelope)
        end as message
    from opened
    where
        coalesce(Type, '') <> 'UnsubscribeConfirmation'
        and (
            coalesce(Type, '') <> 'Notification'
            or Message is distinct from 'Successfully validated SNS topic for Amazon SES event publishing.'
        )
),
bridged as (
    select
        *,
        from_json(message, '{"detail-type": "VARCHAR", "id": "VARCHAR", "time": "VARCHAR", "detail": "JSON"}')
            as bridge
    from messages
),
unbridged as (
    select *, bridge."detail-type" <> '' and json_type(bridge.detail) = 'OBJECT' as is_bridged from bridged
),
payloads as (
    select
        place, notice,
        coalesce(event_id, case when is_bridged then identifier_of(bridge.id) end) as event_id,
        coalesce(announced_at, case when is_bridged then moment_of(bridge.time) end) as announced_at,
        case when is_bridged then bridge."detail-type" end as detail_type,
        case when is_bridged then bridge.detail else message end as payload
    from unbridged
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
                "timestamp": "VARCHAR", "delayType": "VARCHAR",
                "delayedRecipients": [{"emailAddress": "VARCHAR", "status": "VARCHAR", "diagnosticCode": "VARCHAR"}]
            },
            "complaint": {
                "timestamp": "VARCHAR", "complaintFeedbackType": "VARCHAR",
                "complaintSubType": "VARCHAR",
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
            "subscription": {
                "timestamp": "VARCHAR",
                "newTopicPreferences": {
                    "unsubscribeAll": "VARCHAR",
                    "topicSubscriptionStatus": [{"topicName": "VARCHAR", "subscriptionStatus": "VARCHAR"}]
                },
                "oldTopicPreferences": {
                    "unsubscribeAll": "VARCHAR",
                    "topicSubscriptionStatus": [{"topicName": "VARCHAR", "subscriptionStatus": "VARCHAR"}]
                }
            }
        }'))
    from payloads
),
described as (
    select
        *,
        plain_word(coalesce(filled(eventType), filled(notificationType))) as word,
        meaning_of_either('amazon_ses.event', eventType, notificationType) as said,
        list_filter(
            subscription.newTopicPreferences.topicSubscriptionStatus,
            lambda topic: topic.subscriptionStatus in ('OptIn', 'OptOut')
                and not coalesce(
                    list_contains(subscription.oldTopicPreferences.topicSubscriptionStatus, topic), false
                )
        ) as changed_topics,
        case
            when len(list_filter(changed_topics, lambda topic: topic.subscriptionStatus = 'OptOut')) > 0
                then 'OptOut'
            when len(changed_topics) > 0
                or (
                    subscription.oldTopicPreferences.unsubscribeAll = 'true'
                    and subscription.newTopicPreferences.unsubscribeAll = 'false'
                )
                then 'OptIn'
        end as topics
    from fields
),
read as (
    select
        described.*,
        case coalesce(said.type, 'unknown')
            when 'unknown'
                then coalesce(
                    meaning_of('amazon_ses.unsubscribe_all', subscription.newTopicPreferences.unsubscribeAll),
                    meaning_of('amazon_ses.topics', topics)
                )
            when 'bounced' then meaning_of('amazon_ses.bounce_type', bounce.bounceSubType)
            when 'complained' then meaning_of('amazon_ses.complaint_type', complaint.complaintSubType)
        end as added,
        coalesce(type_of(added), said.type, 'unknown') as kind,
        coalesce(struct_extract(added, 'reason'), said.reason) as reject_reason,
        coalesce(bounce.bouncedRecipients, deliveryDelay.delayedRecipients) as parts,
        list_filter(case word
            when 'bounce' then list_transform(bounce.bouncedRecipients, lambda part: part.emailAddress)
            when 'complaint' then list_transform(complaint.complainedRecipients, lambda part: part.emailAddress)
            when 'delivery' then delivery.recipients
            else mail.destination
        end, lambda address: address <> '') as recipients,
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
    from described
    where
        coalesce(said.is_event, true)
        and coalesce(struct_extract(meaning_of('amazon_ses.detail_type', detail_type), 'is_event'), true)
),
by_recipient as (
    select
        * exclude (recipients),
        unnest(if(notice is not null or coalesce(len(recipients), 0) = 0, [null], recipients)) as recipient
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
                case
                    when word = 'bounce' then filled(bounce.bounceType) || ': ' || filled(bounce.bounceSubType)
                    when word = 'complaint' then complaint.complaintFeedbackType
                    when word = 'delivery' then delivery.smtpResponse
                    when word = 'deliverydelay' then deliveryDelay.delayType
                    when word = 'reject' then reject.reason
                    when word = 'rendering failure' then failure.errorMessage
                end
            )
        ) as diagnostic
    from with_part
)
select
    place,
    case
        when notice is not null then notice
        when recipient is null then no_event('Amazon SES', payload, 'recipient')
    end as refusal,
    event_id,
    kind as type,
    coalesce(
        moment_of(bounce.timestamp), moment_of(complaint.timestamp), moment_of(delivery.timestamp),
        moment_of(open.timestamp), moment_of(click.timestamp), moment_of(deliveryDelay.timestamp),
        moment_of(subscription.timestamp), moment_of(mail.timestamp), announced_at
    ) as occurred_at,
    value_of(recipient) as recipient,
    identifier_of(mail.messageId) as message_id,
    value_of(click.link) as url,
    position_of(click.linkTags.link_position[1]) as link_position,
    case when kind = 'bounced' then bounce_type_of('amazon_ses', bounce.bounceType) end as bounce_type,
    reject_reason,
    smtp_status_of(part.status, diagnostic) as smtp_status,
    diagnostic,
    case when by_customer(kind) then coalesce(filled(open.userAgent), filled(click.userAgent)) end as user_agent,
    case when by_customer(kind) then coalesce(filled(open.ipAddress), filled(click.ipAddress)) end as ip,
    coalesce(
        campaign_of(known.campaign_id), campaign_of(known.campaign),
        campaign_of(mail.tags.campaign_id[1]), campaign_of(mail.tags.campaign[1]),
        first_key_of(tags)
    ) as campaign_id,
    coalesce(
        customer_of(known.customer_id), customer_of(known.customer),
        customer_of(mail.tags.customer_id[1]), customer_of(mail.tags.customer[1])
    ) as customer_id,
    coalesce(tags, []) as tags,
    case when json_type(metadata) = 'OBJECT' then cast(metadata as json) else '{}' end as metadata,
    cast(null as boolean) as provider_machine,
    payload
from diagnosed;
