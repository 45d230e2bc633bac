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
-- What happened in each hour; warehouse.py has it derived for all campaigns.
create table campaign_hours (
    campaign_id varchar not null, audience varchar not null, hour integer not null, opens bigint not null,
    clicks bigint not null, opened bigint not null, clicked bigint not null
);
update schema_version set version = 3;
