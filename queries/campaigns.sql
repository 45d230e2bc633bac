-- The list of campaigns. Its cost follows the number of campaigns: it reads campaign_totals, never messages or events.

-- name: campaign_list(audience, search, since, until, tags)
-- A row per campaign that fits the search, newest first (planned ones before all); a campaign that only messages or
-- events tell of has its id for a name. An empty search, no dates and no tags fit all; several tags must all be there.
select
    t.campaign_id, coalesce(c.name, t.campaign_id) as name, c.subject, t.sent_at, coalesce(c.tags, []) as tags,
    t.selected, t.sent, t.not_sent, t.undeliverable, t.delivered, t.opened, t.clicked, t.unsubscribed, t.complained,
    t.opted_out, t.opens, t.clicks
from campaign_totals as t
left join campaigns as c using (campaign_id)
where t.audience = :audience
    and (
        :search = ''
        or contains(lower(coalesce(c.name, t.campaign_id)), lower(:search))
        or contains(lower(coalesce(c.subject, '')), lower(:search))
        or contains(lower(t.campaign_id), lower(:search))
    )
    and (cast(:since as timestamp) is null or t.sent_at >= cast(:since as timestamp))
    and (cast(:until as timestamp) is null or t.sent_at < cast(:until as timestamp))
    and list_has_all(coalesce(c.tags, []), cast(:tags as varchar[]))
order by t.sent_at desc nulls first, name, t.campaign_id;

-- name: campaign_tags()
-- Every tag that a campaign has, once.
select distinct unnest(tags) as tag from campaigns order by tag;

-- name: campaign_count()^
-- How many campaigns there are.
select count(*) as campaigns from campaign_totals where audience = 'all';
