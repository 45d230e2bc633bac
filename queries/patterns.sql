-- One campaign broken down by mailbox provider, by mail program and by hour of the week.

-- name: mailbox_domains(campaign_id, audience)
-- One row per domain of the customers' addresses: the counts of metrics.Counts, the five statuses, and how many of the
-- undeliverable mails last bounced hard or soft. domain is null for customers without an address, and empty for addresses
-- without an @.
with customers_alike as (
    -- There are few combinations of these values, so grouping by them first halves the time.
    select
        case
            when contains(address, '@') then lower(split_part(address, '@', -1))
            when trim(address) <> '' then ''
        end as domain,
        sent, delivered, bounce_type, complained,
        if(:audience = 'all', unsubscribed, human_unsubscribed) as has_unsubscribed,
        if(:audience = 'all', all_opens + all_clicks, human_opens + human_clicks) > 0 as has_opened,
        if(:audience = 'all', all_clicks, human_clicks) > 0 as has_clicked,
        if(:audience = 'all', all_status, human_status) as status,
        count(*) as customers,
        sum(if(:audience = 'all', all_opens, human_opens)) as opens,
        sum(if(:audience = 'all', all_clicks, human_clicks)) as clicks
    from (
        select *, coalesce(email, known_email) as address
        from recipients
        where campaign_id = :campaign_id
    )
    group by all
)
select
    domain,
    sum(customers) as selected,
    sum(customers) filter (sent) as sent,
    sum(customers) filter (not sent) as not_sent,
    sum(customers) filter (sent and not delivered) as undeliverable,
    sum(customers) filter (delivered) as delivered,
    sum(customers) filter (delivered and has_opened) as opened,
    sum(customers) filter (delivered and has_clicked) as clicked,
    sum(customers) filter (has_unsubscribed) as unsubscribed,
    sum(customers) filter (complained) as complained,
    sum(customers) filter (has_unsubscribed or complained) as opted_out,
    sum(opens) as opens,
    sum(clicks) as clicks,
    sum(customers) filter (status = 'not_received') as status_not_received,
    sum(customers) filter (status = 'received') as status_received,
    sum(customers) filter (status = 'opened') as status_opened,
    sum(customers) filter (status = 'clicked') as status_clicked,
    sum(customers) filter (status = 'opted_out') as status_opted_out,
    sum(customers) filter (sent and not delivered and bounce_type = 'hard') as hard,
    sum(customers) filter (sent and not delivered and bounce_type = 'soft') as soft
from customers_alike
group by domain
order by selected desc, domain;

-- name: bounced_domains(campaign_id)
-- One row per domain (as above), type and reason of the last bounce: how many customers' mails did not arrive.
select
    case
        when contains(address, '@') then lower(split_part(address, '@', -1))
        when trim(address) <> '' then ''
    end as domain,
    bounce_type, bounce_reason, count(*) as customers
from (
    select bounce_type, bounce_reason, coalesce(email, known_email) as address
    from recipients
    where campaign_id = :campaign_id and sent and not delivered
)
group by domain, bounce_type, bounce_reason
order by customers desc, bounce_reason, domain, bounce_type;

-- name: campaign_agents(campaign_id, audience)
-- One row per user agent, with the opens and clicks it made. Events by machines have no user agent here: they are grouped by
-- machine, the rule of docs/machines.md that they matched. Both are empty rather than null.
select
    coalesce(me.machine, '') as machine,
    if(me.machine is null, coalesce(e.user_agent, ''), '') as user_agent,
    count(*) filter (me.type = 'opened') as opens,
    count(*) filter (me.type = 'clicked') as clicks
from message_events as me
join events as e using (event_number)
where me.campaign_id = :campaign_id and me.type in ('opened', 'clicked') and (:audience = 'all' or me.machine is null)
group by all
order by opens + clicks desc, machine, user_agent;

-- name: program_use(campaign_id, audience, machines, user_agents, opened_in, clicked_in, devices)
-- How many events and customers: for opens and for clicks (is_open) as a whole, by program and by device. A customer who used
-- several programs counts in each. The lists run in parallel and say what each row of campaign_agents is: the program that
-- shows the mail, the one that opens its links, and the device, each as a number that the caller chose.
with agents as (
    select
        unnest(cast(:machines as varchar[])) as machine,
        unnest(cast(:user_agents as varchar[])) as user_agent,
        unnest(cast(:opened_in as utinyint[])) as opened_in,
        unnest(cast(:clicked_in as utinyint[])) as clicked_in,
        unnest(cast(:devices as utinyint[])) as device
),
requests as (
    select
        me.customer_id,
        me.type = 'opened' as is_open,
        coalesce(me.machine, '') as machine,
        if(me.machine is null, coalesce(e.user_agent, ''), '') as user_agent
    from message_events as me
    join events as e using (event_number)
    where me.campaign_id = :campaign_id and me.type in ('opened', 'clicked') and (:audience = 'all' or me.machine is null)
),
uses as (
    select customer_id, is_open, if(is_open, opened_in, clicked_in) as program, device
    from requests join agents using (machine, user_agent)
)
select is_open, program, device, count(*) as events, count(distinct customer_id) as customers
from uses
group by grouping sets ((is_open), (is_open, program), (is_open, device));

-- name: week_hours(campaign_id, audience)
-- Opens and clicks per quarter of an hour (UTC), by the time zone and country of the customers who made them. Quarters,
-- because some zones are 15, 30 or 45 minutes off the hour. time_zone is the customer's attribute time_zone, else timezone.
with customer_places as (
    select
        customer_id, country,
        coalesce(json_extract_string(attributes, '$.time_zone'), json_extract_string(attributes, '$.timezone')) as time_zone
    from customers
)
select
    p.time_zone, p.country,
    time_bucket(interval 15 minutes, me.occurred_at) as quarter_hour,
    count(*) filter (me.type = 'opened') as opens,
    count(*) filter (me.type = 'clicked') as clicks
from message_events as me
left join customer_places as p using (customer_id)
where me.campaign_id = :campaign_id and me.type in ('opened', 'clicked') and (:audience = 'all' or me.machine is null)
group by all;
