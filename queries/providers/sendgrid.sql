-- SendGrid: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event

-- name: map_sendgrid#
-- A row for each event in `records`, which may hold events and batches of them.
-- Every field that is not SendGrid's own is metadata: `unique_args` and `custom_args` are mixed with its own fields.
create or replace temp view normalized as
with payloads as (
    select place, unnest(items_of(record)) as payload from records
),
fields as (
    select
        *,
        unnest(from_json(payload, '{
            "event": "VARCHAR", "sg_event_id": "VARCHAR", "timestamp": "VARCHAR", "email": "VARCHAR",
            "anymail_id": "VARCHAR", "smtp-id": "VARCHAR", "sg_message_id": "VARCHAR",
            "url": "VARCHAR", "url_offset": {"index": "VARCHAR", "type": "VARCHAR"},
            "type": "VARCHAR", "reason": "VARCHAR", "response": "VARCHAR", "status": "VARCHAR",
            "useragent": "VARCHAR", "ip": "VARCHAR", "sg_machine_open": "VARCHAR", "category": ["VARCHAR"],
            "campaign_id": "VARCHAR", "campaign": "VARCHAR", "customer_id": "VARCHAR", "customer": "VARCHAR",
            "marketing_campaign_id": "VARCHAR", "singlesend_id": "VARCHAR", "bounce_classification": "VARCHAR",
            "custom_args": {
                "campaign_id": "VARCHAR", "campaign": "VARCHAR", "customer_id": "VARCHAR", "customer": "VARCHAR"
            }
        }'))
    from payloads
),
described as (
    select
        *,
        meaning_of('sendgrid.event', event) as said,
        texts_of(category, payload ->> 'category') as tags,
        coalesce(filled(response), filled(reason), filled(bounce_classification)) as diagnostic,
        coalesce(identifier_of(anymail_id), identifier_of(sg_message_id), identifier_of("smtp-id")) as message
    from fields
),
read as (
    select
        *,
        coalesce(said.type, 'unknown') as kind,
        case
            when said.type = 'rejected'
                then coalesce(meaning_of_either('sendgrid.reason', reason, type).reason, said.reason)
        end as reject_reason
    from described
    where coalesce(said.is_event, true)
)
select
    place,
    case when event is null then no_event('SendGrid', payload, 'event') end as refusal,
    identifier_of(sg_event_id) as event_id,
    kind as type,
    moment_of(timestamp) as occurred_at,
    value_of(email) as recipient,
    filled(if(contains(message, '@'), message, split_part(message, '.', 1))) as message_id,
    value_of(url) as url,
    case when url_offset.type = 'html' then position_of(url_offset.index) end as link_position,
    case when kind = 'bounced' then bounce_type_of('sendgrid', type) end as bounce_type,
    reject_reason,
    smtp_status_of(status, diagnostic) as smtp_status,
    diagnostic,
    filled(useragent) as user_agent,
    case when by_customer(kind) then filled(ip) end as ip,
    coalesce(
        campaign_of(campaign_id), campaign_of(campaign),
        campaign_of(custom_args.campaign_id), campaign_of(custom_args.campaign),
        campaign_of(marketing_campaign_id), campaign_of(singlesend_id), first_key_of(tags)
    ) as campaign_id,
    coalesce(
        customer_of(customer_id), customer_of(customer),
        customer_of(custom_args.customer_id), customer_of(custom_args.customer)
    ) as customer_id,
    tags,
    json_merge_patch(payload, '{
        "anymail_id": null, "asm_group_id": null, "attempt": null, "category": null, "cert_err": null,
        "email": null, "event": null, "ip": null, "marketing_campaign_id": null, "marketing_campaign_name": null,
        "newsletter": null, "nlvx_campaign_id": null, "nlvx_campaign_split_id": null, "nlvx_user_id": null,
        "pool": null, "post_type": null, "reason": null, "response": null, "send_at": null, "sg_event_id": null,
        "sg_message_id": null, "smtp-id": null, "status": null, "timestamp": null, "tls": null, "type": null,
        "url": null, "url_offset": null, "useragent": null
    }') as metadata,
    yes_or_no(sg_machine_open) as provider_machine,
    payload
from read;
