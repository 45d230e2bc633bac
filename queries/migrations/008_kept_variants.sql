-- name: migrate_to_8#
-- Keeps the variant of an e-mail that erased people got. It is known from now on: of those erased earlier, nothing is left.
create table kept_variants (campaign_id varchar not null, customer_id varchar not null, variant_id varchar not null);

update schema_version set version = 8;
