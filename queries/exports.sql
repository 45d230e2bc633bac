-- Complete lists for download: the rows that the screens show page by page, in the same order.

-- name: named_customers(campaign_id, addresses, ids)
-- The customers whom an anonymous report must not name: those with one of these addresses (lower case), and those of the
-- campaign with one of these ids.
select customer_id, name from customers
where lower(email) in (select unnest(cast(:addresses as varchar[])))
union
select customer_id, name from recipients
where campaign_id = :campaign_id and customer_id in (select unnest(cast(:ids as varchar[])));

-- name: exported_customers(campaign_id, audience)
-- All customers of the grid that match its filters, in its order.
select * exclude (row) from recipients_grid(:campaign_id, :audience)
where {conditions}
order by {order};

-- name: exported_customers_count(campaign_id, audience)^
-- How many customers match the grid's filters.
select count(*) as total from recipients_grid(:campaign_id, :audience) where {conditions};

-- name: event_parts(campaign_id, audience, parts)
-- Splits the customers who match the grid's filters into equal parts: the last customer_id of each, in order.
select max(customer_id) as last
from (
    select customer_id, ntile(cast(:parts as bigint)) over (order by customer_id) as part
    from recipients_grid(:campaign_id, :audience)
    where {conditions}
) as numbered
group by part
order by last;

-- name: exported_events(campaign_id, audience, after, last)
-- All events of the messages to customers who match the grid's filters, customer by customer and in order, for the customers
-- after `after` up to and including `last`.
select
    me.customer_id, me.occurred_at, me.type, coalesce(e.recipient, r.email) as recipient, me.url, me.link_position,
    l.label, me.machine, e.bounce_type, e.reject_reason, e.smtp_status, e.diagnostic, e.user_agent, e.ip, e.provider,
    e.message_id, e.event_id
from message_events as me
join events as e using (event_number)
left join recipients as r on r.campaign_id = me.campaign_id and r.customer_id = me.customer_id
left join campaigns as c on c.campaign_id = me.campaign_id
left join links as l on l.content_id = c.content_id and l.link_position = me.link_position
where me.campaign_id = :campaign_id and me.customer_id > :after and me.customer_id <= :last
    and me.customer_id in (select customer_id from recipients_grid(:campaign_id, :audience) where {conditions})
order by me.customer_id, me.occurred_at, me.event_number;

-- name: exported_events_count(campaign_id, audience)^
-- How many events the messages to customers who match the grid's filters have.
select count(*) as total
from message_events
where campaign_id = :campaign_id
    and customer_id in (select customer_id from recipients_grid(:campaign_id, :audience) where {conditions});

-- name: exported_customer_events(customer_id, campaign_id)
-- All events of a customer's messages, newest campaign first and in order; of one campaign only if campaign_id is given.
with same_hash as materialized (
    select rowid as row, customer_id from recipients where customer_hash = customer_hash(:customer_id)
)
select
    me.campaign_id, coalesce(c.name, me.campaign_id) as name, me.occurred_at, me.type,
    coalesce(e.recipient, r.email) as recipient, me.url, me.link_position, l.label, me.machine, e.bounce_type,
    e.reject_reason, e.smtp_status, e.diagnostic, e.user_agent, e.ip, e.provider, e.message_id, e.event_id
from recipients as r
join message_events as me on me.campaign_id = r.campaign_id and me.customer_id = r.customer_id
join events as e using (event_number)
left join known_campaigns() as c on c.campaign_id = r.campaign_id
left join links as l on l.content_id = c.content_id and l.link_position = me.link_position
where r.rowid in (select row from same_hash where customer_id = :customer_id)
    and (cast(:campaign_id as varchar) is null or r.campaign_id = :campaign_id)
order by coalesce(r.sent_at, c.sent_at) desc nulls first, me.campaign_id, me.occurred_at, me.event_number;
