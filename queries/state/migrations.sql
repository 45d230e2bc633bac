-- The tables of the dashboard's own state, in SQLite: what people and operators do, not what was loaded. All times are seconds
-- since 1970, UTC. docs/architecture.md says why it is a file of its own.

-- name: upgrade_state_to_1#
-- The first version.
-- Random keys of this installation, such as the one that hashes erased addresses. Created when first needed.
create table secret_keys (name text primary key, key blob not null) strict, without rowid;

-- Who did what. person: the address, or the id at the identity provider; empty without sign-in. campaign_id, customer_id: whom and
-- what it concerns, or empty. details: JSON without personal data of customers.
create table audit (
    entry integer primary key autoincrement, occurred_at real not null, person text not null, role text not null,
    action text not null, campaign_id text not null, customer_id text not null, details text not null
) strict;
-- The time comes last in each, and after it the entry, so a search reads its page in order.
create index audit_by_time on audit (occurred_at);
create index audit_by_person on audit (person, occurred_at);
create index audit_by_action on audit (action, occurred_at);
create index audit_by_campaign on audit (campaign_id, occurred_at) where campaign_id <> '';
create index audit_by_customer on audit (customer_id, occurred_at) where customer_id <> '';

-- Entries before this moment have expired. They are removed when it moves, and nothing else removes or changes an entry.
create table audit_expiry (only_row integer primary key check (only_row = 1), expired_before real not null) strict;
insert into audit_expiry (only_row, expired_before) values (1, 0);
create trigger audit_expires after update on audit_expiry begin
    delete from audit where occurred_at < new.expired_before;
end;
create trigger audit_keeps_entries before delete on audit
when old.occurred_at >= (select expired_before from audit_expiry) begin
    select raise(abort, 'Entries of the audit are not removed.');
end;
-- Erasing a customer puts a keyed hash in place of their id; nothing else changes.
create trigger audit_keeps_values before update on audit
when not (
    old.customer_id <> '' and new.customer_id glob 'erased:*'
    and (old.entry, old.occurred_at, old.person, old.role, old.action, old.campaign_id, old.details)
    is (new.entry, new.occurred_at, new.person, new.role, new.action, new.campaign_id, new.details)
) begin
    select raise(abort, 'Entries of the audit are not changed.');
end;
-- What `insert or replace` replaces is removed without asking the trigger above.
create trigger audit_replaces_nothing before insert on audit
when exists (select 1 from audit where entry = new.entry) begin
    select raise(abort, 'Entries of the audit are not replaced.');
end;

-- What identifies people who were erased, as keyed hashes, so that later loads leave it out. kind: customer (an id), address or
-- name. nobody: the random value that stands for it in the database. person: random, shared by all that was erased of a person.
-- is_asked: somebody named it; otherwise a load met it beside something that was named. is_done: no file holds it any more.
create table erased (
    key_hash text primary key, kind text not null, nobody text not null, person text not null, is_asked integer not null,
    is_done integer not null, erased_at real not null
) strict, without rowid;

-- Links to one campaign's report for people without an account. Only a hash of what the link contains is stored. role, tags and
-- sender_domains (JSON lists): what whoever shared it could see. claims: JSON, what the configuration gives them a role for.
create table shares (
    share_id text primary key, token_hash blob not null unique, campaign_id text not null, audience text not null,
    created_by text not null, role text not null, tags text not null, sender_domains text not null, claims text not null,
    created_at real not null, expires_at real not null, revoked_at real, revoked_by text, views integer not null default 0
) strict, without rowid;
create index shares_by_campaign on shares (campaign_id);
create index shares_by_person on shares (created_by);

-- Tokens for the HTTP API. Only their hashes are stored. tags and sender_domains are JSON lists: the limits of the role. issuer:
-- what the identity provider said about the person that gave them their role, as JSON; null for the command line.
create table api_tokens (
    token_id text primary key, token_hash blob not null unique, name text not null, person text not null, issuer text,
    role text not null, tags text not null, sender_domains text not null, created_at real not null, expires_at real not null,
    revoked_at real, last_used_at real
) strict, without rowid;

-- Sign-ins that people ended by signing out, until they would have expired. They are ended in every process.
create table ended_sign_ins (sign_in_hash blob primary key, expires_at real not null) strict, without rowid;

-- When people who are signed in last did something, to the minute.
create table activity (sign_in_hash blob primary key, seen_at real not null) strict, without rowid;

-- name: upgrade_state_to_2#
-- Which column of a table is what, by what stands for its header. They were files before: mailsight/state/mappings.py takes these over.
create table mappings (header_key text primary key, mapping text not null, kept_at real not null) strict, without rowid;
