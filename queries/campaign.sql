-- One campaign: everything on its page except the grid of its customers, and the patterns.

-- name: campaign(campaign_id)^
-- The campaign, or no row. A campaign known only from messages or events has its id as its name.
select
    t.campaign_id, coalesce(c.name, t.campaign_id) as name, c.subject, c.preheader, c.from_name, c.from_email, t.sent_at,
    coalesce(c.tags, []) as tags, cast(c.selection as varchar) as selection, c.content_id,
    coalesce(c.is_listed, false) and t.sent is not distinct from 0 and t.sent_at is null as is_planned, c.source,
    c.merge_language
from campaign_totals as t
left join known_campaigns() as c using (campaign_id)
where t.campaign_id = :campaign_id and t.audience = 'all';

-- name: campaign_counts(campaign_id)
-- Two rows, one per audience: the counts and the five statuses.
select * from campaign_totals where campaign_id = :campaign_id;

-- name: campaign_age(campaign_id)^
-- The hours from a campaign's send time (since_start) and from its last message (since_last) to the newest event or load,
-- whichever is earlier: the time up to which the data says what happened. For reported opens, that is the report's time. Null if
-- either time is unknown.
with known as (
    select
        t.campaign_id, t.sent_at,
        if(
            list_contains(t.reported, 'opened'), t.reported_at,
            least((select max(loaded_at) from loads), (select max(last_at) from event_counts))
        ) as known_until
    from campaign_totals as t
    where t.campaign_id = :campaign_id and t.audience = 'all'
)
select
    epoch(k.known_until - k.sent_at) / 3600 as since_start,
    epoch(k.known_until - coalesce(
        (select max(r.sent_at) from recipients as r where r.campaign_id = k.campaign_id), k.sent_at
    )) / 3600 as since_last
from known as k;

-- name: campaign_customers(campaign_id)^
-- How many of the campaign's customers are known.
select count(*) as customers from recipients where campaign_id = :campaign_id;

-- name: reported_counts(campaign_id)
-- What other programs report of the campaign, each with its source and time; null counts are unknown.
select * from reported_counts() where campaign_id = :campaign_id order by source;

-- name: reported_sales(campaign_id)
-- What other programs report that the campaign sold, if anything.
select source, as_of as at, orders, revenue, currency
from reported_totals
where campaign_id = :campaign_id and (orders > 0 or revenue > 0)
order by source;

-- name: not_sent_reasons(campaign_id)
-- How many customers were not mailed, per reason.
select not_sent_reason as reason, count(*) as customers
from recipients
where campaign_id = :campaign_id and not sent
group by reason
order by customers desc, reason;

-- name: not_sent_customers(campaign_id, reason, search, start, size)
-- The customers who were not mailed, and why: those with this reason (null for any) whose name, address, id or detail contains
-- the search text. Returns `size` of them from `start` on, or all if size is null.
select customer_id, name, coalesce(email, known_email) as email, not_sent_reason as reason, not_sent_detail as detail
from recipients
where campaign_id = :campaign_id and not sent
    and (cast(:reason as varchar) is null or not_sent_reason = :reason)
    and (
        :search = ''
        or contains({plain customer_id}, {plain :search})
        or contains({plain name}, {plain :search})
        or contains({plain coalesce(email, known_email)}, {plain :search})
        or contains({plain not_sent_detail}, {plain :search})
    )
order by name nulls last, customer_id
limit :size offset :start;

-- name: not_sent_count(campaign_id, reason, search)^
-- How many customers not_sent_customers finds in all.
select count(*) as total
from recipients
where campaign_id = :campaign_id and not sent
    and (cast(:reason as varchar) is null or not_sent_reason = :reason)
    and (
        :search = ''
        or contains({plain customer_id}, {plain :search})
        or contains({plain name}, {plain :search})
        or contains({plain coalesce(email, known_email)}, {plain :search})
        or contains({plain not_sent_detail}, {plain :search})
    );

-- name: campaign_links(campaign_id, audience, most, length)
-- The links of the campaign's mail in document order, with their clicks: the first `most` and the `most` most clicked ones
-- (null: all), their URLs and labels cut to `length`. unplaced are the clicks that may belong to another link with the same
-- URL.
select * exclude (place)
from (
    select
        l.link_position, left(l.url, :length) as url, left(l.label, :length) as label,
        coalesce(k.clicks, 0) as clicks, coalesce(k.clickers, 0) as clickers, coalesce(k.unplaced, 0) as unplaced,
        row_number() over (order by coalesce(k.clicks, 0) desc, l.link_position) as place
    from campaigns as c
    join links as l on l.content_id = c.content_id
    left join link_clicks as k
        on k.campaign_id = c.campaign_id and k.audience = :audience and k.link_position = l.link_position
    where c.campaign_id = :campaign_id
)
where :most is null or place <= :most or link_position < :most
order by link_position;

-- name: other_links(campaign_id, audience, most, length)
-- Clicks on URLs that the mail does not contain, most clicked first: the first `most` (null: all), cut to `length`.
select left(coalesce(url, ''), :length) as url, clicks, clickers
from link_clicks
where campaign_id = :campaign_id and audience = :audience and link_position is null
order by clicks desc, url
limit :most;

-- name: link_totals(campaign_id, audience, badges)^
-- How many links the campaign's mail has and how often they were clicked: all, and those after the first `badges`. Then the
-- same of clicked URLs that the mail does not contain.
with inside as (
    select l.link_position, coalesce(k.clicks, 0) as clicks
    from campaigns as c
    join links as l on l.content_id = c.content_id
    left join link_clicks as k
        on k.campaign_id = c.campaign_id and k.audience = :audience and k.link_position = l.link_position
    where c.campaign_id = :campaign_id
),
outside as (
    select clicks from link_clicks
    where campaign_id = :campaign_id and audience = :audience and link_position is null
)
select
    (select count(*) from inside) as links,
    (select cast(coalesce(sum(clicks), 0) as bigint) from inside) as clicks,
    (select count(*) from inside where link_position >= :badges) as links_without_badge,
    (
        select cast(coalesce(sum(clicks), 0) as bigint) from inside where link_position >= :badges
    ) as clicks_without_badge,
    (select count(*) from outside) as other_links,
    (select cast(coalesce(sum(clicks), 0) as bigint) from outside) as other_clicks;

-- name: apple_opens(campaign_id)^
-- What Apple's proxy hides in a campaign. No row if nothing was delivered.
select * exclude (campaign_id) from apple_opens where campaign_id = :campaign_id;

-- name: machine_counts(campaign_id)
-- How many events of each type machines made, per reason.
select reason, type, events from machine_counts where campaign_id = :campaign_id;

-- name: machine_examples(campaign_id, reason, most)
-- Examples of the events that machines made for this reason: the first event of each customer, for `most` customers.
with examples as (
    select customer_id, event_number
    from message_events
    where campaign_id = :campaign_id and machine = :reason
    qualify row_number() over (partition by customer_id order by occurred_at, event_number) = 1
    order by occurred_at, event_number
    limit :most
)
select
    x.customer_id, coalesce(r.name, r.email, x.customer_id) as name, e.occurred_at, me.type, me.url, e.user_agent, e.ip
from examples as x
join message_events as me
    on me.campaign_id = :campaign_id and me.customer_id = x.customer_id and me.event_number = x.event_number
join events as e on e.event_number = x.event_number
left join recipients as r on r.campaign_id = :campaign_id and r.customer_id = x.customer_id
order by e.occurred_at, e.event_number;

-- name: timeline(campaign_id, audience)
-- Opens and clicks, and first-time openers and clickers, per hour since the campaign was sent.
select hour, opens, clicks, opened, clicked
from campaign_hours
where campaign_id = :campaign_id and audience = :audience
order by hour;
