-- From the tables of an older version to those of the next; each load begins with what the database still lacks.

-- name: migrate_1#
-- What the page Data shows, the provider's own verdict on who opened or clicked, and what the rules need and find.
-- `python -m mailsight classify` applies these to what was loaded before.
alter table events add column provider_machine boolean;
alter table events add column method varchar;
alter table recipients add column human_unsubscribed boolean;
update recipients set human_unsubscribed = unsubscribed;
alter table recipients alter column human_unsubscribed set not null;
create table machine_counts (
    campaign_id varchar not null, reason varchar not null, type varchar not null, events bigint not null
);
create table loads (
    loaded_at timestamp not null, source varchar not null, files varchar[] not null, kind varchar not null,
    rows bigint not null, new bigint not null, changed bigint not null, refused bigint not null
);
create table event_counts (
    provider varchar not null, type varchar not null, events bigint not null, first_at timestamp not null,
    last_at timestamp not null
);
insert into event_counts
select coalesce(provider, ''), type, count(*), min(occurred_at), max(occurred_at) from events group by all;
create table unattributed (event_number bigint not null);
insert into unattributed
select event_number from events anti join message_events using (event_number) where campaign_id is null;
alter table campaign_totals add column sent_at timestamp;
update campaign_totals as t
set sent_at = coalesce(
    (select c.sent_at from campaigns as c where c.campaign_id = t.campaign_id),
    (select min(r.sent_at) from recipients as r where r.campaign_id = t.campaign_id and r.sent)
);
update schema_version set version = 2;

-- name: migrate_2#
-- What finds a customer among all campaigns' rows, and tables that warehouse.py has derived for all campaigns.
create macro customer_hash(id) as cast(md5_number_lower(id) & 65535 as usmallint);
alter table recipients rename to older_recipients;
create table recipients (
    campaign_id varchar not null, customer_id varchar not null, email varchar, implied boolean not null,
    sent_at timestamp, sent boolean not null, delivered boolean not null, not_sent_reason varchar,
    not_sent_detail varchar, bounced_at timestamp, bounce_type varchar, bounce_reason varchar,
    unsubscribed boolean not null, complained boolean not null,
    all_status varchar, all_opens bigint not null, all_clicks bigint not null, all_links_clicked bigint not null,
    all_first_opened_at timestamp, all_last_opened_at timestamp, all_first_clicked_at timestamp,
    all_last_clicked_at timestamp,
    human_status varchar, human_opens bigint not null, human_clicks bigint not null,
    human_links_clicked bigint not null, human_first_opened_at timestamp, human_last_opened_at timestamp,
    human_first_clicked_at timestamp, human_last_clicked_at timestamp, human_unsubscribed boolean not null,
    customer_hash usmallint not null, subject_fields json, is_archived boolean not null, name varchar,
    known_email varchar
);
insert into recipients
select r.*, customer_hash(r.customer_id), m.subject_fields, coalesce(m.is_archived, false), c.name,
    case when r.email is null then c.email end
from older_recipients as r
left join customers as c using (customer_id)
left join (
    select
        m.campaign_id, m.customer_id, m.content_id is not null as is_archived,
        case when regexp_matches(c.subject, '\{\{|\*\||%.+%') then m.merge_fields end as subject_fields
    from messages as m
    left join campaigns as c using (campaign_id)
    where is_archived or subject_fields is not null
) as m using (campaign_id, customer_id)
order by r.campaign_id, r.customer_id;
drop table older_recipients;
-- The columns of the customers' grid for one campaign and audience. A customer who was not mailed has status not_sent.
create or replace macro recipients_grid(of_campaign, audience) as table
select
    rowid as row, customer_id, coalesce(name, '') as name, coalesce(email, known_email, '') as email,
    coalesce(if(audience = 'all', all_status, human_status), 'not_sent') as status,
    not_sent_reason, sent_at,
    if(audience = 'all', all_first_opened_at, human_first_opened_at) as first_opened_at,
    if(audience = 'all', all_opens, human_opens) as opens,
    if(audience = 'all', all_first_clicked_at, human_first_clicked_at) as first_clicked_at,
    if(audience = 'all', all_clicks, human_clicks) as clicks,
    if(audience = 'all', all_links_clicked, human_links_clicked) as links_clicked,
    coalesce(bounce_reason, '') as bounce_reason
from recipients
where campaign_id = of_campaign;
create table campaign_hours (
    campaign_id varchar not null, audience varchar not null, hour integer not null, opens bigint not null,
    clicks bigint not null, opened bigint not null, clicked bigint not null
);
create table apple_opens (
    campaign_id varchar not null, proxied bigint not null, unseen bigint not null, seen_delivered bigint not null,
    seen_opened bigint not null, human_received bigint not null, all_opened bigint not null
);
update schema_version set version = 3;
