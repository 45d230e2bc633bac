-- name: migrate_to_3#
-- Gives recipients what finds and shows a customer without a join, and adds the counts per hour and behind Apple's proxy.

-- recipients: rewritten as a whole, because DuckDB holds all changed rows of an update in memory.
alter table recipients add column customer_hash usmallint;
alter table recipients add column subject_fields json;
alter table recipients add column is_archived boolean;
alter table recipients add column name varchar;
alter table recipients add column known_email varchar;
create table recipients_before as from recipients;
truncate recipients;
insert into recipients by name
select
    r.* replace (
        cast(md5_number_lower(r.customer_id) & 65535 as usmallint) as customer_hash,
        case when regexp_matches(ca.subject, '\{\{|\*\||%.+%') then m.merge_fields end as subject_fields,
        m.content_id is not null as is_archived,
        cu.name as name,
        case when r.email is null then cu.email end as known_email
    )
from recipients_before as r
left join messages as m using (campaign_id, customer_id)
left join campaigns as ca using (campaign_id)
left join customers as cu using (customer_id)
order by r.campaign_id, r.customer_id;
drop table recipients_before;
alter table recipients alter column customer_hash set not null;
alter table recipients alter column is_archived set not null;

-- campaign_hours: opens and clicks, and first opens and first clicks, per hour since the campaign was sent.
create table campaign_hours (
    campaign_id varchar not null, audience varchar not null, hour integer not null, opens bigint not null,
    clicks bigint not null, opened bigint not null, clicked bigint not null
);
insert into campaign_hours by name
with starts as (
    select t.campaign_id, coalesce(t.sent_at, e.first_event_at) as started_at
    from (select distinct campaign_id, sent_at from campaign_totals) as t
    left join (
        select campaign_id, min(occurred_at) as first_event_at from message_events group by campaign_id
    ) as e using (campaign_id)
),
moments as (
    select campaign_id, machine is null as is_human, occurred_at as moment, type as what
    from message_events
    where type in ('opened', 'clicked')
),
counted as (
    select campaign_id, 'all' as audience, moment, what from moments
    union all
    select campaign_id, 'human', moment, what from moments where is_human
    union all
    select campaign_id, 'all', all_first_opened_at, 'first open' from recipients where delivered
    union all
    select campaign_id, 'human', human_first_opened_at, 'first open' from recipients where delivered
    union all
    select campaign_id, 'all', all_first_clicked_at, 'first click' from recipients where delivered
    union all
    select campaign_id, 'human', human_first_clicked_at, 'first click' from recipients where delivered
)
select
    c.campaign_id, c.audience, greatest(date_diff('second', s.started_at, c.moment) // 3600, 0) as hour,
    count(*) filter (c.what = 'opened') as opens,
    count(*) filter (c.what = 'clicked') as clicks,
    count(*) filter (c.what = 'first open') as opened,
    count(*) filter (c.what = 'first click') as clicked
from counted as c
join starts as s using (campaign_id)
where c.moment is not null
group by all
order by c.campaign_id, c.audience, hour;

-- apple_opens: delivered mails whose pictures Apple's proxy loaded, and all others.
create table apple_opens (
    campaign_id varchar not null, proxied bigint not null, unseen bigint not null, seen_delivered bigint not null,
    seen_opened bigint not null, human_received bigint not null, all_opened bigint not null
);
insert into apple_opens by name
with proxied as (
    select distinct campaign_id, customer_id
    from message_events
    where type = 'opened' and machine = 'apple_privacy'
),
delivered as (
    select
        r.campaign_id, r.human_status, r.all_status, p.customer_id is not null as is_proxied,
        r.human_opens + r.human_clicks > 0 as is_opened
    from recipients as r
    left join proxied as p using (campaign_id, customer_id)
    where r.delivered
)
select
    campaign_id,
    count(*) filter (is_proxied) as proxied,
    count(*) filter (is_proxied and not is_opened) as unseen,
    count(*) filter (not is_proxied) as seen_delivered,
    count(*) filter (not is_proxied and is_opened) as seen_opened,
    count(*) filter (is_proxied and not is_opened and human_status = 'received') as human_received,
    count(*) filter (is_proxied and not is_opened and all_status = 'opened') as all_opened
from delivered
group by campaign_id
order by campaign_id;

update schema_version set version = 3;
