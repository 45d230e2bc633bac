-- An e-mail sender's schema in PostgreSQL, like listmonk's schema.sql: a row per view and per click, indexed by campaign and
-- subscriber. Then the dashboard's questions as queries. Views and clicks by machines count like all others.

-- name: tables#
create table subscribers (
    id integer primary key, uuid text not null unique, email text, name text not null, attribs jsonb not null,
    created_at timestamp not null
);
create table campaigns (
    id integer primary key, name text not null, subject text not null, tags text[] not null, started_at timestamp not null
);
create table links (id integer primary key, url text not null);
create table campaign_subscribers (
    campaign_id integer not null, subscriber_id integer not null, status text not null, reason text, sent_at timestamp
);
create table campaign_views (
    id bigint generated always as identity primary key, campaign_id integer not null, subscriber_id integer not null,
    created_at timestamp not null
);
create table link_clicks (
    id bigint generated always as identity primary key, campaign_id integer not null, link_id integer not null,
    subscriber_id integer not null, created_at timestamp not null
);
create table bounces (
    id bigint generated always as identity primary key, subscriber_id integer not null, campaign_id integer not null,
    type text not null, meta text, created_at timestamp not null
);

-- name: indexes#
create unique index on campaign_subscribers (campaign_id, subscriber_id);
create index on campaign_subscribers (subscriber_id);
create index on campaign_views (campaign_id, subscriber_id);
create index on campaign_views (subscriber_id);
create index on campaign_views (created_at);
create index on link_clicks (campaign_id, subscriber_id);
create index on link_clicks (subscriber_id);
create index on link_clicks (link_id);
create index on link_clicks (created_at);
create index on bounces (campaign_id, subscriber_id);
create index on bounces (subscriber_id);
vacuum analyze;

-- name: results
-- The newest twenty campaigns: sent, delivered, customers who opened, customers who clicked.
with page as (select id, name, started_at from campaigns order by started_at desc, id desc limit 20)
select
    p.name, s.sent, s.sent - coalesce(b.bounced, 0), coalesce(v.opened, 0), coalesce(c.clicked, 0)
from page as p
join (
    select campaign_id, count(*) filter (where status = 'sent') as sent
    from campaign_subscribers where campaign_id in (select id from page) group by campaign_id
) as s on s.campaign_id = p.id
left join (
    select campaign_id, count(distinct subscriber_id) as bounced
    from bounces where campaign_id in (select id from page) group by campaign_id
) as b on b.campaign_id = p.id
left join (
    select campaign_id, count(distinct subscriber_id) as opened
    from campaign_views where campaign_id in (select id from page) group by campaign_id
) as v on v.campaign_id = p.id
left join (
    select campaign_id, count(distinct subscriber_id) as clicked
    from link_clicks where campaign_id in (select id from page) group by campaign_id
) as c on c.campaign_id = p.id
order by p.started_at desc, p.id desc;

-- name: opens
-- Customers by the hour since send in which they first opened.
select floor(extract(epoch from f.at - c.started_at) / 3600)::integer as hour, count(*)
from (
    select campaign_id, subscriber_id, min(created_at) as at
    from campaign_views where campaign_id = :campaign group by campaign_id, subscriber_id
) as f
join campaigns as c on c.id = f.campaign_id
group by hour order by hour;

-- name: links
-- Clicks and clickers of each link.
select link_id % 1000 as link_position, count(*), count(distinct subscriber_id)
from link_clicks where campaign_id = :campaign
group by link_id order by link_position;

-- name: recipients
-- A page of the customers who opened and have "an" in their name, most clicks first, with the number of all of them.
select s.uuid, coalesce(c.clicks, 0) as clicks, count(*) over () as total
from campaign_subscribers as m
join subscribers as s on s.id = m.subscriber_id
join (
    select subscriber_id, count(*) as opens from campaign_views where campaign_id = :campaign group by subscriber_id
) as v on v.subscriber_id = m.subscriber_id
left join (
    select subscriber_id, count(*) as clicks from link_clicks where campaign_id = :campaign group by subscriber_id
) as c on c.subscriber_id = m.subscriber_id
where m.campaign_id = :campaign and s.name ilike '%an%'
order by clicks desc, s.uuid collate "C"
limit 100;
