-- name: migrate_to_4#
-- Adds a message's other ids. They are known from now on: the ids in the payloads of earlier events stay there.
create table message_aliases (message_id varchar not null, other_id varchar not null);

update schema_version set version = 4;
