-- One campaign, looked at in another way: by mailbox provider, by mail program, by the hours of the week.

-- name: mailbox_domains(campaign_id, audience)
-- A row per domain of the customers' addresses: the counts of metrics.Counts, the five states, and undeliverable once
-- more, by the type of the last bounce. domain is null where there is no address, empty where it has no @.
with addressless as (
    -- Of those alone the address is looked up, which reads all customers.
    select r.customer_id, c.email
    from recipients as r join customers as c using (customer_id)
    where r.campaign_id = :campaign_id and r.email is null
),
recipient as (
    select
        r.sent, r.delivered, r.bounce_type, r.complained, coalesce(r.email, a.email) as email,
        if(:audience = 'all', r.unsubscribed, r.human_unsubscribed) as unsubscribed,
        if(:audience = 'all', r.all_opens, r.human_opens) as opens,
        if(:audience = 'all', r.all_clicks, r.human_clicks) as clicks,
        if(:audience = 'all', r.all_status, r.human_status) as status
    from recipients as r
    left join addressless as a using (customer_id)
    where r.campaign_id = :campaign_id
)
select
    case when trim(email) = '' then null when contains(email, '@') then lower(split_part(email, '@', -1)) else '' end as domain,
    count(*) as selected,
    count(*) filter (sent) as sent,
    count(*) filter (not sent) as not_sent,
    count(*) filter (sent and not delivered) as undeliverable,
    count(*) filter (delivered) as delivered,
    count(*) filter (delivered and opens + clicks > 0) as opened,
    count(*) filter (delivered and clicks > 0) as clicked,
    count(*) filter (unsubscribed) as unsubscribed,
    count(*) filter (complained) as complained,
    count(*) filter (unsubscribed or complained) as opted_out,
    cast(sum(opens) as bigint) as opens,
    cast(sum(clicks) as bigint) as clicks,
    count(*) filter (status = 'not_received') as status_not_received,
    count(*) filter (status = 'received') as status_received,
    count(*) filter (status = 'opened') as status_opened,
    count(*) filter (status = 'clicked') as status_clicked,
    count(*) filter (status = 'opted_out') as status_opted_out,
    count(*) filter (sent and not delivered and bounce_type = 'hard') as hard,
    count(*) filter (sent and not delivered and bounce_type = 'soft') as soft
from recipient
group by domain
order by selected desc, domain;
