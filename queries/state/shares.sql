-- Links to one campaign's report for people without an account. mailsight/state/shares.py says what the columns hold.

-- name: create_share(share_id, token_hash, campaign_id, audience, created_by, role, tags, sender_domains, claims, created_at, expires_at)!
-- Adds a link.
insert into shares (
    share_id, token_hash, campaign_id, audience, created_by, role, tags, sender_domains, claims, created_at, expires_at
)
values (
    :share_id, :token_hash, :campaign_id, :audience, :created_by, :role, :tags, :sender_domains, :claims, :created_at, :expires_at
);

-- name: share(token_hash, now)^
-- The link with this hash, unless it has ended.
select * from shares where token_hash = :token_hash and revoked_at is null and expires_at > :now;

-- name: shares_of_campaign(campaign_id, now)
-- The links to a campaign's report that have not ended, newest first.
select * from shares
where campaign_id = :campaign_id and revoked_at is null and expires_at > :now
order by created_at desc, share_id;

-- name: shares_by(person)
-- All links that a person created, newest first.
select campaign_id, audience, claims, created_at, expires_at, revoked_at, views
from shares
where created_by = :person
order by created_at desc, share_id;

-- name: count_view(share_id)!
-- Counts that somebody opened a link.
update shares set views = views + 1 where share_id = :share_id;

-- name: revoke_share(share_id, now, person)!
-- Ends a link.
update shares set revoked_at = :now, revoked_by = :person where share_id = :share_id and revoked_at is null;

-- name: update_claims_of_shares(person, claims)!
-- Notes what somebody's claims are now, for the links that they created, even under another address.
update shares set claims = :claims
where claims <> :claims and (
    created_by = :person
    or json_extract(claims, '$.sub') = json_extract(:claims, '$.sub')
    and json_extract(claims, '$.iss') is json_extract(:claims, '$.iss')
);

-- name: forget_old_shares(before)!
-- Removes the links that ended before a moment.
delete from shares where min(expires_at, coalesce(revoked_at, expires_at)) < :before;
