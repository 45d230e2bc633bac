-- name: migrate_to_5#
-- Adds the source of imported campaigns, how far each source was read, and totals that other senders report.
alter table campaigns add column source varchar;
create table reported_totals (
    campaign_id varchar not null, source varchar not null, as_of timestamp, recipients bigint, sent bigint,
    delivered bigint, bounces bigint, hard_bounces bigint, soft_bounces bigint, opened bigint, opens bigint,
    clicked bigint, clicks bigint, unsubscribed bigint, complained bigint, orders bigint, revenue double,
    currency varchar
);
create table imports (source varchar not null, place varchar not null, name varchar not null, value varchar not null);

update schema_version set version = 5;
