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

-- name: known_refusals(pattern)
-- Rejected rows in which this regular expression matches.
select kind, file, line, reason, row
from refused
where regexp_matches(concat_ws(chr(10), file, reason, refused.row), cast(:pattern as varchar))
order by file, line;

-- name: known_selections(pattern)
-- Campaigns in whose criteria this regular expression matches, and what it matches: the rest may be about others.
select campaign_id, regexp_extract(cast(selection as varchar), cast(:pattern as varchar)) as mention
from campaigns
where regexp_matches(cast(selection as varchar), cast(:pattern as varchar))
order by campaign_id;

-- name: known_mentions(pattern, customer_ids)
-- Where a regular expression matches in what is stored of others and of campaigns, and what it matches: not the rest of the text,
-- which may be about somebody else.
with theirs as (select unnest(cast(:customer_ids as varchar[])) as id),
texts as (
    select
        'campaigns' as table_name, campaign_id,
        concat_ws(chr(10), name, subject, preheader, from_name, from_email, array_to_string(tags, chr(10))) as text
    from campaigns
    union all
    select 'campaign_headers', campaign_id, concat_ws(chr(10), name, subject, from_name, from_email) from campaign_headers
    union all
    select 'customers', null, cast(attributes as varchar) from customers where customer_id not in (select id from theirs)
    union all
    select 'customer_changes', null, cast(earlier as varchar)
    from customer_changes where customer_id not in (select id from theirs)
    union all
    select 'messages', campaign_id, concat_ws(chr(10), not_sent_detail, cast(merge_fields as varchar))
    from messages where customer_id not in (select id from theirs)
    union all
    select 'archived_mails', campaign_id, concat_ws(chr(10), headers, cast(attachments as varchar))
    from archived_mails where customer_id not in (select id from theirs)
    union all
    select 'events', campaign_id, concat_ws(chr(10), url, diagnostic, cast(payload as varchar))
    from events
    where coalesce(customer_id, '') not in (select id from theirs) and event_number not in (
        select event_number from message_events where customer_id in (select id from theirs)
    )
    union all
    select 'contents', c.campaign_id, concat_ws(chr(10), o.html, o.text)
    from contents as o
    left join (
        select content_id, campaign_id from campaigns
        union
        select content_id, campaign_id from messages where customer_id not in (select id from theirs)
        union
        select content_id, campaign_id from archived_mails where customer_id not in (select id from theirs)
    ) as c on c.content_id = o.content_id
    where c.campaign_id is not null
    union all
    select 'loads', null, array_to_string(files, chr(10)) from loads
)
select table_name as "table", campaign_id, regexp_extract(text, cast(:pattern as varchar)) as mention
from texts
where regexp_matches(text, cast(:pattern as varchar))
order by all;
