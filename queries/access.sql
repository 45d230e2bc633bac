-- Everything that is known of a person, for their request: the rows of each table, as they are stored. `customer_ids` are all
-- of theirs, `addresses` too, in lower case.

-- name: known_customers_rows(customer_ids)
-- Their details.
select * from customers where customer_id in (select unnest(cast(:customer_ids as varchar[]))) order by customer_id;

-- name: known_customer_changes(customer_ids)
-- What was known earlier: JSON merge patches from the newer to the older values.
select * from customer_changes
where customer_id in (select unnest(cast(:customer_ids as varchar[])))
order by changed_at, customer_id;

-- name: known_messages(customer_ids)
-- What was sent to them, or why not.
select * from messages
where customer_id in (select unnest(cast(:customer_ids as varchar[])))
order by sent_at, campaign_id, customer_id;

-- name: known_recipients(customer_ids)
-- What is derived of each message.
select * from recipients
where customer_id in (select unnest(cast(:customer_ids as varchar[])))
order by sent_at, campaign_id, customer_id;

-- name: known_events(customer_ids, addresses)
-- What happened to their messages, or at their addresses.
select *
from events
where customer_id in (select unnest(cast(:customer_ids as varchar[])))
    or lower(recipient) in (select unnest(cast(:addresses as varchar[])))
    or event_number in (
        select event_number from message_events where customer_id in (select unnest(cast(:customer_ids as varchar[])))
    )
order by occurred_at, event_number;

-- name: known_message_events(customer_ids)
-- The message that each event was attributed to.
select * from message_events
where customer_id in (select unnest(cast(:customer_ids as varchar[])))
order by occurred_at, event_number;

-- name: known_archived_mails(customer_ids)
-- The copies of e-mails that they received, with their contents.
select a.*, c.html, c.text
from (
    select
        coalesce(m.campaign_id, a.campaign_id) as campaign_id, coalesce(m.customer_id, a.customer_id) as customer_id,
        coalesce(a.content_id, m.content_id) as content_id, a.headers, a.attachments, a.charset, a.signature, a.size_bytes
    from (from messages where customer_id in (select unnest(cast(:customer_ids as varchar[])))) as m
    full join (from archived_mails where customer_id in (select unnest(cast(:customer_ids as varchar[])))) as a
        on a.campaign_id = m.campaign_id and a.customer_id = m.customer_id
) as a
join contents as c using (content_id)
order by campaign_id, customer_id;

-- name: known_message_aliases(customer_ids)
-- Other ids of their messages.
select a.*
from message_aliases as a
where a.message_id in (
    select message_id from messages where customer_id in (select unnest(cast(:customer_ids as varchar[])))
    union
    select e.message_id
    from events as e
    semi join (
        select event_number from message_events where customer_id in (select unnest(cast(:customer_ids as varchar[])))
    ) as me using (event_number)
)
order by message_id, other_id;

-- name: known_mentions(texts)
-- Rejected rows that contain one of these texts, in lower case.
select kind, file, line, reason, row
from refused
where exists(
    select 1
    from (select unnest(cast(:texts as varchar[])) as text)
    where contains(lower(concat_ws(' ', reason, refused.row)), text)
)
order by file, line;

-- name: known_selections(texts)
-- Campaigns whose criteria contain one of these texts, in lower case.
select campaign_id, cast(selection as varchar) as selection
from campaigns
where exists(
    select 1
    from (select unnest(cast(:texts as varchar[])) as text)
    where contains(lower(cast(selection as varchar)), text)
)
order by campaign_id;
