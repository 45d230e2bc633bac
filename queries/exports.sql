-- Lists to take along, whole: the rows that the screens show a page of, in the same order.

-- name: exported_customers(campaign_id, audience)
-- The customers of the grid with its filters, in its order, whole.
select * from recipients_grid(:campaign_id, :audience)
where {conditions}
order by {order};

-- name: exported_customers_count(campaign_id, audience)^
-- How many customers fit the grid's conditions.
select count(*) as total from recipients_grid(:campaign_id, :audience) where {conditions};

-- name: exported_not_sent(campaign_id, reason, search)
-- The customers who were not mailed, and why: those with this reason (none fits all) of whom name, address, id or detail
-- holds the search.
select
    r.customer_id, c.name, coalesce(r.email, c.email) as email, r.not_sent_reason as reason, r.not_sent_detail as detail
from recipients as r
left join customers as c using (customer_id)
where r.campaign_id = :campaign_id and not r.sent
    and (cast(:reason as varchar) is null or r.not_sent_reason = :reason)
    and (
        :search = ''
        or contains(lower(r.customer_id), lower(:search))
        or contains(lower(c.name), lower(:search))
        or contains(lower(coalesce(r.email, c.email)), lower(:search))
        or contains(lower(r.not_sent_detail), lower(:search))
    )
order by c.name nulls last, r.customer_id;

-- name: exported_not_sent_count(campaign_id, reason, search)^
-- How many of the customers who were not mailed that is.
select count(*) as total
from recipients as r
left join customers as c using (customer_id)
where r.campaign_id = :campaign_id and not r.sent
    and (cast(:reason as varchar) is null or r.not_sent_reason = :reason)
    and (
        :search = ''
        or contains(lower(r.customer_id), lower(:search))
        or contains(lower(c.name), lower(:search))
        or contains(lower(coalesce(r.email, c.email)), lower(:search))
        or contains(lower(r.not_sent_detail), lower(:search))
    );

-- name: exported_events(campaign_id)
-- Everything that happened to the messages of a campaign, customer by customer, in order.
select
    me.customer_id, me.occurred_at, me.type, coalesce(e.recipient, r.email) as recipient, me.url, me.link_position,
    l.label, me.machine, e.bounce_type, e.reject_reason, e.smtp_status, e.diagnostic, e.user_agent, e.ip, e.provider,
    e.message_id, e.event_id
from message_events as me
join events as e using (event_number)
left join recipients as r on r.campaign_id = me.campaign_id and r.customer_id = me.customer_id
left join campaigns as c on c.campaign_id = me.campaign_id
left join links as l on l.content_id = c.content_id and l.link_position = me.link_position
where me.campaign_id = :campaign_id
order by me.customer_id, me.occurred_at, me.event_number;

-- name: exported_events_count(campaign_id)^
-- How many events a campaign's messages have.
select count(*) as total from message_events where campaign_id = :campaign_id;

-- name: exported_customer_events(customer_id, campaign_id)
-- Everything that happened to the messages of a customer, newest campaign first, each in order; of one campaign where it
-- is named.
select
    me.campaign_id, coalesce(c.name, me.campaign_id) as name, me.occurred_at, me.type,
    coalesce(e.recipient, r.email) as recipient, me.url, me.link_position, l.label, me.machine, e.bounce_type,
    e.reject_reason, e.smtp_status, e.diagnostic, e.user_agent, e.ip, e.provider, e.message_id, e.event_id
from message_events as me
join events as e using (event_number)
left join recipients as r on r.campaign_id = me.campaign_id and r.customer_id = me.customer_id
left join campaigns as c on c.campaign_id = me.campaign_id
left join links as l on l.content_id = c.content_id and l.link_position = me.link_position
where me.customer_id = :customer_id
    and (cast(:campaign_id as varchar) is null or me.campaign_id = :campaign_id)
order by coalesce(r.sent_at, c.sent_at) desc nulls first, me.campaign_id, me.occurred_at, me.event_number;
