-- The list of campaigns, and campaigns side by side. These queries read what loads have counted, never messages or events, so
-- their cost depends only on the number of campaigns. A campaign known only from messages or events has its id as its
-- name. {conditions} and {order} are fragments from reports/search.py, which binds their values; {cor}, {cto} and {ctr} are
-- the rates of figures/metrics.py.

-- name: campaign_list(audience, start, size)
-- The campaigns that match, in the requested order: `size` of them from `start` on, or all if size is null. A campaign is
-- planned if it is listed, has no send time, and nothing was sent: its customers are not "not sent" yet. What it sold is as
-- the program with the newest figures reports it.
with newest_sales as (
    select campaign_id, source, as_of as at, orders, revenue, currency
    from reported_totals
    where orders > 0 or revenue > 0
    qualify row_number() over (partition by campaign_id order by as_of desc nulls last, source) = 1
),
listed as (
    select
        t.campaign_id, coalesce(c.name, t.campaign_id) as name, c.subject, t.sent_at, coalesce(c.tags, []) as tags,
        t.selected, t.sent, t.not_sent, t.undeliverable, t.delivered, t.opened, t.clicked, t.unsubscribed, t.complained,
        t.opted_out, t.opens, t.clicks, {cor} as cor, {cto} as cto, {ctr} as ctr,
        coalesce(c.is_listed, false) and t.sent is not distinct from 0 and t.sent_at is null as planned,
        t.reported_by, t.reported_at, t.reported, s.source as sales_source, s.at as sales_at, s.orders, s.revenue, s.currency
    from campaign_totals as t
    left join known_campaigns() as c using (campaign_id)
    left join newest_sales as s using (campaign_id)
    where t.audience = :audience
)
from listed
where {conditions}
order by {order}
limit :size offset :start;

-- name: campaign_list_totals(audience)^
-- All campaigns that match, together: their number, the sums of their known counts (null if all are unknown), and the highest of
-- each rate with the sums of its two sides, of the campaigns that have it. The customers of planned campaigns are counted apart.
-- reported: how many campaigns have figures of another program; sources: of which; sold: how many are said to have sold something.
with listed as (
    select
        t.*, {cor} as cor, {cto} as cto, {ctr} as ctr,
        coalesce(c.name, t.campaign_id) as name, c.subject, coalesce(c.tags, []) as tags,
        coalesce(c.is_listed, false) and t.sent is not distinct from 0 and t.sent_at is null as planned
    from campaign_totals as t
    left join known_campaigns() as c using (campaign_id)
    where t.audience = :audience
),
matching as (
    -- The customers of planned campaigns don't count.
    select * replace (if(planned, 0, selected) as selected, if(planned, 0, not_sent) as not_sent), selected as all_selected
    from listed
    where {conditions}
)
select
    count(*) as campaigns,
    list(distinct reported_by order by reported_by) filter (reported_by is not null) as sources,
    count(*) filter (reported_by is not null) as reported,
    count(*) filter (
        campaign_id in (select campaign_id from reported_totals where orders > 0 or revenue > 0)
    ) as sold,
    max(cor) as cor, max(cto) as cto, max(ctr) as ctr,
    coalesce(sum(all_selected) filter (planned), 0) as planned,
    coalesce(sum({cor.numerator}) filter (cor is not null), 0) as cor_part,
    coalesce(sum({cor.denominator}) filter (cor is not null), 0) as cor_whole,
    coalesce(sum({cto.numerator}) filter (cto is not null), 0) as cto_part,
    coalesce(sum({cto.denominator}) filter (cto is not null), 0) as cto_whole,
    coalesce(sum({ctr.numerator}) filter (ctr is not null), 0) as ctr_part,
    coalesce(sum({ctr.denominator}) filter (ctr is not null), 0) as ctr_whole,
    if(count(*) > 0 and count(columns(['selected', 'sent', 'not_sent', 'undeliverable', 'delivered', 'opened', 'clicked',
        'unsubscribed', 'complained', 'opted_out', 'opens', 'clicks'])) = 0, null, coalesce(sum(columns(['selected', 'sent',
        'not_sent', 'undeliverable', 'delivered', 'opened', 'clicked', 'unsubscribed', 'complained', 'opted_out', 'opens',
        'clicks'])), 0))
from matching;

-- name: campaign_tags()
-- The tags of all campaigns, each once.
select distinct unnest(tags) as tag from campaigns order by tag;

-- name: campaign_count()^
-- The number of campaigns.
select count(*) as campaigns from campaign_totals where audience = 'all';

-- name: campaign_trends(campaign_ids, audience, hours)
-- The opens of these campaigns in each of their first hours. Hours without opens are left out.
select campaign_id, hour, opens
from campaign_hours
where campaign_id in (select unnest(cast(:campaign_ids as varchar[])))
    and audience = :audience and hour < :hours and opens > 0;

-- name: compared_campaigns(campaign_ids, audience)
-- These campaigns with their counts, and what they sold as in campaign_list; unknown ids are left out.
with newest_sales as (
    select campaign_id, source, as_of as at, orders, revenue, currency
    from reported_totals
    where orders > 0 or revenue > 0
    qualify row_number() over (partition by campaign_id order by as_of desc nulls last, source) = 1
)
select
    t.*, coalesce(c.name, t.campaign_id) as name, c.subject, coalesce(c.tags, []) as tags,
    coalesce(c.is_listed, false) and t.sent is not distinct from 0 and t.sent_at is null as planned,
    s.source as sales_source, s.at as sales_at, s.orders, s.revenue, s.currency
from campaign_totals as t
left join known_campaigns() as c using (campaign_id)
left join newest_sales as s using (campaign_id)
where t.campaign_id in (select unnest(cast(:campaign_ids as varchar[]))) and t.audience = :audience;

-- name: compared_hours(campaign_ids, audience)
-- First-time openers and clickers of these campaigns, per hour since each was sent.
select campaign_id, hour, opened, clicked
from campaign_hours
where campaign_id in (select unnest(cast(:campaign_ids as varchar[]))) and audience = :audience
order by campaign_id, hour;

-- name: campaigns_before(campaign_ids, audience, most, smallest, same_age_hours)
-- For each of these campaigns (later_id), oldest first: names and counts of the last `most` campaigns that the same domain sent before
-- it, to `smallest` customers or more. If it is younger than `same_age_hours`, their customers who opened and clicked are
-- those who did so up to its age; see campaign_age. Within an hour, opens and clicks count as evenly spread. Reported opens and
-- clicks have no hours, and include those of machines, so without machines they are compared only with each other.
with horizon as (
    select least((select max(loaded_at) from loads), (select max(last_at) from event_counts)) as known_until
),
sent_campaigns as (
    select
        t.campaign_id, t.sent_at, t.sent, lower(split_part(c.from_email, '@', -1)) as sender,
        if(list_contains(t.reported, 'opened'), t.reported_at, h.known_until) as known_until,
        :audience = 'all' or list_contains(t.reported, 'opened') as has_machines
    from campaign_totals as t
    left join known_campaigns() as c using (campaign_id)
    cross join horizon as h
    where t.audience = :audience and t.sent_at is not null
),
last_ones as (
    select
        l.campaign_id as later_id, any_value(epoch(l.known_until - l.sent_at) / 3600) as later_age,
        struct_extract(unnest(max(row(e.sent_at, e.campaign_id), :most)), 2) as campaign_id
    from sent_campaigns as l
    join sent_campaigns as e
        on e.sender is not distinct from l.sender and e.sent_at < l.sent_at and e.has_machines = l.has_machines
    where l.campaign_id in (select unnest(cast(:campaign_ids as varchar[]))) and e.sent >= :smallest
    group by l.campaign_id
),
before as (
    select
        o.later_id, o.later_age, coalesce(c.name, t.campaign_id) as name, t.*
    from last_ones as o
    join campaign_totals as t on t.campaign_id = o.campaign_id and t.audience = :audience
    left join known_campaigns() as c on c.campaign_id = o.campaign_id
),
by_then as (
    select
        b.later_id, b.campaign_id,
        sum(h.opened * greatest(least(b.later_age - h.hour, 1), 0)) as opened,
        sum(h.clicked * greatest(least(b.later_age - h.hour, 1), 0)) as clicked
    from before as b
    join campaign_hours as h on h.campaign_id = b.campaign_id and h.audience = :audience
    where b.later_age < :same_age_hours
    group by b.later_id, b.campaign_id
)
select
    b.* replace (
        case
            when b.later_age >= :same_age_hours or b.later_age is null then b.opened
            when not list_contains(b.reported, 'opened') then cast(round(coalesce(t.opened, 0)) as bigint)
        end as opened,
        case
            when b.later_age >= :same_age_hours or b.later_age is null then b.clicked
            when not list_contains(b.reported, 'clicked') then cast(round(coalesce(t.clicked, 0)) as bigint)
        end as clicked
    )
from before as b
left join by_then as t on t.later_id = b.later_id and t.campaign_id = b.campaign_id
order by b.later_id, b.sent_at, b.campaign_id;
