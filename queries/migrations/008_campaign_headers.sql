-- name: migrate_to_8#
-- Adds what events say about the mails of campaigns that are not listed. It is known from the next load of such a campaign on.
create table campaign_headers (
    campaign_id varchar not null, name varchar, subject varchar, from_name varchar, from_email varchar
);

update schema_version set version = 8;
