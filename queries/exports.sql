-- Lists to take along, whole: the rows that the screens show a page of, in the same order.

-- name: named_customers(campaign_id, addresses, ids)
-- The customers who have one of these addresses, in lower case, or whom the campaign selected and who have one of these ids:
-- what a report that is handed on must not say.
select customer_id, name from customers where list_contains(cast(:addresses as varchar[]), lower(email))
union
select r.customer_id, c.name
from recipients as r
left join customers as c using (customer_id)
where r.campaign_id = :campaign_id and list_contains(cast(:ids as varchar[]), r.customer_id);

-- name: exported_customers(campaign_id, audience)
-- The customers of the grid with its filters, in its order, whole.
select * exclude (row) from recipients_grid(:campaign_id, :audience)
where {conditions}
order by {order};

-- name: exported_customers_count(campaign_id, audience)^
-- How many customers fit the grid's conditions.
select count(*) as total from recipients_grid(:campaign_id, :audience) where {conditions};

-- name: event_parts(campaign_id, parts)
-- The campaign's customers in so many parts of equal size: the last of each, in order.
select max(customer_id) as last
from (
    select customer_id, ntile(cast(:parts as bigint)) over (order by customer_id) as part
    from recipients
    where campaign_id = :campaign_id
) as numbered
group by part
order by last;

-- name: exported_events(campaign_id, after, last)
-- Everything that happened to the messages of a campaign, customer by customer, in order: of those whose id comes after
-- this one, up to and including the last.
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
order by me.customer_id, me.occurred_at, me.event_number;

-- name: exported_events_count(campaign_id)^
-- How many events a campaign's messages have.
select count(*) as total from message_events where campaign_id = :campaign_id;

-- name: exported_customer_events(customer_id, campaign_id)
-- Everything that happened to the messages of a customer, newest campaign first, each in order; of one campaign where it
-- is named.
with likely as materialized (
    select rowid as row, customer_id from recipients where customer_hash = customer_hash(:customer_id)
)
select
    me.campaign_id, coalesce(c.name, me.campaign_id) as name, me.occurred_at, me.type,
    coalesce(e.recipient, r.email) as recipient, me.url, me.link_position, l.label, me.machine, e.bounce_type,
    e.reject_reason, e.smtp_status, e.diagnostic, e.user_agent, e.ip, e.provider, e.message_id, e.event_id
from recipients as r
join message_events as me on me.campaign_id = r.campaign_id and me.customer_id = r.customer_id
join events as e using (event_number)
left join campaigns as c on c.campaign_id = r.campaign_id
left join links as l on l.content_id = c.content_id and l.link_position = me.link_position
where r.rowid in (select row from likely where customer_id = :customer_id)
    and (cast(:campaign_id as varchar) is null or r.campaign_id = :campaign_id)
order by coalesce(r.sent_at, c.sent_at) desc nulls first, me.campaign_id, me.occurred_at, me.event_number;
