-- name: migrate_to_6#
-- Lets counts be unknown, or as another program reports them.
alter table campaign_totals alter column selected drop not null;
alter table campaign_totals alter column sent drop not null;
alter table campaign_totals alter column not_sent drop not null;
alter table campaign_totals alter column undeliverable drop not null;
alter table campaign_totals alter column delivered drop not null;
alter table campaign_totals alter column opened drop not null;
alter table campaign_totals alter column clicked drop not null;
alter table campaign_totals alter column unsubscribed drop not null;
alter table campaign_totals alter column complained drop not null;
alter table campaign_totals alter column opted_out drop not null;
alter table campaign_totals alter column opens drop not null;
alter table campaign_totals alter column clicks drop not null;
alter table campaign_totals alter column status_not_received drop not null;
alter table campaign_totals alter column status_received drop not null;
alter table campaign_totals alter column status_opened drop not null;
alter table campaign_totals alter column status_clicked drop not null;
alter table campaign_totals alter column status_opted_out drop not null;
alter table campaign_totals add column reported_by varchar;
alter table campaign_totals add column reported_at timestamp;
alter table campaign_totals add column reported varchar[];
update campaign_totals set reported = [];

update schema_version set version = 6;
