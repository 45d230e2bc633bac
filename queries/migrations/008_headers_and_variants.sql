-- name: migrate_to_8#
-- Adds what events say about the mails of campaigns that are not listed, and the variant of an e-mail that erased people got. The
-- former is known from the next load of such a campaign on, the latter from now on: of those erased earlier, nothing is left.
create table campaign_headers (
    campaign_id varchar not null, name varchar, subject varchar, from_name varchar, from_email varchar
);
create table kept_variants (campaign_id varchar not null, customer_id varchar not null, variant_id varchar not null);

update schema_version set version = 8;
