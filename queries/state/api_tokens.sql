-- Tokens for the HTTP API. The tokens themselves are not stored, only their hashes.

-- name: create_api_token(token_id, token_hash, name, person, issuer, role, tags, sender_domains, created_at, expires_at)!
-- Keeps a new token.
insert into api_tokens (
    token_id, token_hash, name, person, issuer, role, tags, sender_domains, created_at, expires_at
) values (
    :token_id, :token_hash, :name, :person, :issuer, :role, :tags, :sender_domains, :created_at, :expires_at
);

-- name: api_token(token_hash)^
-- The token with this hash, whether it may still be used or not.
select token_id, name, person, issuer, role, tags, sender_domains, created_at, expires_at, revoked_at, last_used_at
from api_tokens
where token_hash = :token_hash;

-- name: api_tokens()
-- All tokens, newest first.
select token_id, name, person, issuer, role, tags, sender_domains, created_at, expires_at, revoked_at, last_used_at
from api_tokens
order by created_at desc, token_id;

-- name: rename_api_token(token_id, name)!
-- Changes what a token is called.
update api_tokens set name = :name where token_id = :token_id;

-- name: forget_old_api_tokens(before)!
-- Removes the tokens that ended before a moment.
delete from api_tokens where min(expires_at, coalesce(revoked_at, expires_at)) < :before;

-- name: revoke_api_token(token_id, revoked_at)!
-- Revokes a token. The first time counts.
update api_tokens set revoked_at = :revoked_at where token_id = :token_id and revoked_at is null;

-- name: update_issuer_of_tokens(person, issuer)!
-- Notes what somebody's claims are now, for the tokens that they issued, even under another address.
update api_tokens set issuer = :issuer
where issuer <> :issuer and (
    person = :person
    or json_extract(issuer, '$.sub') = json_extract(:issuer, '$.sub')
    and json_extract(issuer, '$.iss') is json_extract(:issuer, '$.iss')
);

-- name: note_api_token_use(token_id, used_at)!
-- Notes when a token was last used.
update api_tokens set last_used_at = :used_at where token_id = :token_id;
