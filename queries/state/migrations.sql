-- The tables of the dashboard's own state, in SQLite: what people and operators do, not what was loaded. All times are seconds
-- since 1970, UTC. docs/architecture.md says why it is a file of its own.

-- name: upgrade_state_to_1#
-- The first version.
-- Random keys of this installation, such as the one that hashes erased addresses. Created when first needed.
create table secret_keys (name text primary key, key blob not null) strict, without rowid;

-- Who did what. person: the address, or the id at the identity provider; empty without sign-in. subject: the id of the campaign,
-- customer or file concerned. details: JSON without personal data of customers.
create table audit (
    entry integer primary key autoincrement, occurred_at real not null, person text not null, role text not null,
    action text not null, subject text not null, details text not null
) strict;
create index audit_by_time on audit (occurred_at);

-- People who were erased: keyed hashes of their ids and addresses, so that later loads leave them out.
create table erased (key_hash blob primary key, kind text not null, erased_at real not null) strict, without rowid;

-- Links to one campaign's report for people without an account.
create table shares (
    share_id text primary key, campaign_id text not null, audience text not null, created_by text not null,
    created_at real not null, expires_at real not null, revoked_at real, revoked_by text
) strict, without rowid;

-- Tokens for the HTTP API. Only their hashes are stored. tags and sender_domains are JSON lists: the limits of the role.
create table api_tokens (
    token_id text primary key, token_hash blob not null unique, name text not null, person text not null, role text not null,
    tags text not null, sender_domains text not null, created_at real not null, expires_at real not null, revoked_at real,
    last_used_at real
) strict, without rowid;

-- Sign-ins that people ended by signing out, until they would have expired. They are ended in every process.
create table ended_sign_ins (sign_in_hash blob primary key, expires_at real not null) strict, without rowid;

-- When people who are signed in last did something, to the minute.
create table activity (sign_in_hash blob primary key, seen_at real not null) strict, without rowid;
