-- The list of campaigns, and some of them side by side. Its cost follows the number of campaigns: it reads what loads have
-- counted, never messages or events. A campaign that only messages or events tell of has its id for a name. {conditions}
-- and {order} are fragments of campaign_search.py, which binds their values; {cor}, {cto} and {ctr} are those of metrics.py.

-- name: campaign_list(audience, start, size)
-- The campaigns that fit, a row each, in the order asked for: `size` of them from `start` on, all where there is no size.
with listed as (
    select
        t.campaign_id, coalesce(c.name, t.campaign_id) as name, c.subject, t.sent_at, coalesce(c.tags, []) as tags,
        t.selected, t.sent, t.not_sent, t.undeliverable, t.delivered, t.opened, t.clicked, t.unsubscribed, t.complained,
        t.opted_out, t.opens, t.clicks, {cor} as cor, {cto} as cto, {ctr} as ctr
    from campaign_totals as t
    left join campaigns as c using (campaign_id)
    where t.audience = :audience
)
from listed
where {conditions}
order by {order}
limit :size offset :start;

-- name: campaign_list_totals(audience)^
-- The campaigns that fit, together: how many there are, the sums of their counts, the largest of each rate.
with listed as (
    select
        t.*, {cor} as cor, {cto} as cto, {ctr} as ctr,
        coalesce(c.name, t.campaign_id) as name, c.subject, coalesce(c.tags, []) as tags
    from campaign_totals as t
    left join campaigns as c using (campaign_id)
    where t.audience = :audience
)
select
    count(*) as campaigns,
    max(cor) as cor, max(cto) as cto, max(ctr) as ctr,
    coalesce(sum(columns(['selected', 'sent', 'not_sent', 'undeliverable', 'delivered', 'opened', 'clicked',
        'unsubscribed', 'complained', 'opted_out', 'opens', 'clicks'])), 0)
from listed
where {conditions};

-- name: campaign_tags()
-- Every tag that a campaign has, once.
select distinct unnest(tags) as tag from campaigns order by tag;

-- name: campaign_count()^
-- How many campaigns there are.
select count(*) as campaigns from campaign_totals where audience = 'all';

-- name: campaign_trends(campaign_ids, audience, hours)
-- The opens of some campaigns in each of their first hours; hours without any are left out.
select campaign_id, hour, opens
from campaign_hours
where campaign_id in (select unnest(cast(:campaign_ids as varchar[]))) and audience = :audience and hour < :hours and opens > 0;

-- name: compared_campaigns(campaign_ids, audience)
-- Some campaigns by their ids; those that are not known are left out.
select t.*, coalesce(c.name, t.campaign_id) as name, c.subject, coalesce(c.tags, []) as tags
from campaign_totals as t
left join campaigns as c using (campaign_id)
where t.campaign_id in (select unnest(cast(:campaign_ids as varchar[]))) and t.audience = :audience;

-- name: compared_hours(campaign_ids, audience)
-- Who opened and who clicked for the first time, in each hour since sending began, of some campaigns.
select campaign_id, hour, opened, clicked
from campaign_hours
where campaign_id in (select unnest(cast(:campaign_ids as varchar[]))) and audience = :audience
order by campaign_id, hour;
