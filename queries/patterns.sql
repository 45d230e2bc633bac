-- One campaign, looked at in another way: by mailbox provider, by mail program, by the hours of the week.

-- name: mailbox_domains(campaign_id, audience)
-- A row per domain of the customers' addresses: the counts of metrics.Counts, the five states, and undeliverable once
-- more, by the type of the last bounce. domain is null where there is no address, empty where it has no @.
with alike as (
    -- Counted once for all customers that are alike, since there are few kinds: that halves the time.
    select
        case when contains(email, '@') then split_part(email, '@', -1) when trim(email) <> '' then '' end as domain,
        sent, delivered, bounce_type, complained,
        if(:audience = 'all', r.unsubscribed, r.human_unsubscribed) as unsubscribed,
        if(:audience = 'all', r.all_opens + r.all_clicks, r.human_opens + r.human_clicks) > 0 as opened,
        if(:audience = 'all', r.all_clicks, r.human_clicks) > 0 as clicked,
        if(:audience = 'all', r.all_status, r.human_status) as status,
        count(*) as customers,
        sum(if(:audience = 'all', r.all_opens, r.human_opens)) as opens,
        sum(if(:audience = 'all', r.all_clicks, r.human_clicks)) as clicks
    from (
        select r.* replace (coalesce(r.email, c.email) as email)
        from recipients as r
        left join (
            -- All customers are read only where an address is missing.
            from customers
            where customer_id in (select customer_id from recipients where campaign_id = :campaign_id and email is null)
        ) as c using (customer_id)
        where r.campaign_id = :campaign_id
    ) as r
    group by all
)
select
    lower(domain) as domain,
    sum(customers) as selected,
    sum(customers) filter (sent) as sent,
    sum(customers) filter (not sent) as not_sent,
    sum(customers) filter (sent and not delivered) as undeliverable,
    sum(customers) filter (delivered) as delivered,
    sum(customers) filter (delivered and opened) as opened,
    sum(customers) filter (delivered and clicked) as clicked,
    sum(customers) filter (unsubscribed) as unsubscribed,
    sum(customers) filter (complained) as complained,
    sum(customers) filter (unsubscribed or complained) as opted_out,
    sum(opens) as opens,
    sum(clicks) as clicks,
    sum(customers) filter (status = 'not_received') as status_not_received,
    sum(customers) filter (status = 'received') as status_received,
    sum(customers) filter (status = 'opened') as status_opened,
    sum(customers) filter (status = 'clicked') as status_clicked,
    sum(customers) filter (status = 'opted_out') as status_opted_out,
    sum(customers) filter (sent and not delivered and bounce_type = 'hard') as hard,
    sum(customers) filter (sent and not delivered and bounce_type = 'soft') as soft
from alike
group by lower(domain)
order by selected desc, domain;

-- name: bounced_domains(campaign_id)
-- What was told of the mails that did not arrive: a row per domain of their addresses (as above), type and reason of
-- their last bounce.
with bounced as (
    select r.bounce_type, r.bounce_reason, coalesce(r.email, c.email) as email
    from recipients as r
    left join (
        from customers where customer_id in (select customer_id from recipients where campaign_id = :campaign_id and email is null)
    ) as c using (customer_id)
    where r.campaign_id = :campaign_id and r.sent and not r.delivered
)
select
    case
        when trim(email) = '' then null
        when contains(email, '@') then lower(split_part(email, '@', -1))
        when email is not null then ''
    end as domain,
    bounce_type, bounce_reason, count(*) as customers
from bounced
group by domain, bounce_type, bounce_reason
order by customers desc, bounce_reason, domain, bounce_type;

-- name: used_agents(campaign_id, audience)
-- What a campaign's opens and clicks were made with, and how many of each: the user agent; where no person did it, the
-- rule that told so and a line break, which no agent holds.
select
    coalesce(me.machine || chr(10), e.user_agent, '') as agent,
    count(*) filter (me.type = 'opened') as opens,
    count(*) filter (me.type = 'clicked') as clicks
from message_events as me
join events as e using (event_number)
where me.campaign_id = :campaign_id and me.type in ('opened', 'clicked') and (:audience = 'all' or me.machine is null)
group by agent
order by opens + clicks desc, agent;

-- name: used_together(campaign_id, audience, agents, opened_in, clicked_in, devices)
-- How many customers used what: of each set of programs and devices, as bits of the numbers that stand for each agent at
-- the same place of the lists.
with told as (
    select
        unnest(:agents) as agent,
        cast(1 as ubigint) << cast(unnest(:opened_in) as ubigint) as opened_in,
        cast(1 as ubigint) << cast(unnest(:clicked_in) as ubigint) as clicked_in,
        cast(1 as ubigint) << cast(unnest(:devices) as ubigint) as device
),
customer as (
    select
        me.customer_id,
        bit_or(if(me.type = 'opened', t.opened_in, 0)) as opened_in,
        bit_or(if(me.type = 'clicked', t.clicked_in, 0)) as clicked_in,
        bit_or(if(me.type = 'opened', t.device, 0)) as opened_on,
        bit_or(if(me.type = 'clicked', t.device, 0)) as clicked_on
    from message_events as me
    join events as e using (event_number)
    join told as t on t.agent = coalesce(me.machine || chr(10), e.user_agent, '')
    where me.campaign_id = :campaign_id and me.type in ('opened', 'clicked') and (:audience = 'all' or me.machine is null)
    group by me.customer_id
)
select opened_in, clicked_in, opened_on, clicked_on, count(*) as customers
from customer
group by opened_in, clicked_in, opened_on, clicked_on;

-- name: week_hours(campaign_id, audience)
-- Opens and clicks in each quarter of an hour, counted from 1970 in UTC, for each time zone and country of the customers
-- who did it; time_zone is the customer's attribute of that name, or timezone.
with place as (
    select
        customer_id, country,
        coalesce(json_extract_string(attributes, '$.time_zone'), json_extract_string(attributes, '$.timezone')) as time_zone
    from customers
)
select
    p.time_zone, p.country,
    cast(epoch(me.occurred_at) as bigint) // 900 as quarter,
    count(*) filter (me.type = 'opened') as opens,
    count(*) filter (me.type = 'clicked') as clicks
from message_events as me
left join place as p using (customer_id)
where me.campaign_id = :campaign_id and me.type in ('opened', 'clicked') and (:audience = 'all' or me.machine is null)
group by all;
