-- name: migrate_to_2#
-- Adds the providers' own verdicts on machines, what the rules on machines read and count, and what the page Data shows.
-- `python -m mailsight classify` then applies the rules to events loaded before.
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
insert into event_counts by name
select
    coalesce(provider, '') as provider, type, count(*) as events, min(occurred_at) as first_at,
    max(occurred_at) as last_at
from events
group by all;
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
