-- Sign-ins that people ended by signing out.

-- name: end_sign_in(sign_in_hash, expires_at)!
-- Ends a sign-in, until it would have expired anyway.
insert into ended_sign_ins (sign_in_hash, expires_at) values (:sign_in_hash, :expires_at)
on conflict do update set expires_at = max(expires_at, excluded.expires_at);

-- name: ended_sign_in(sign_in_hash)^
-- A sign-in, if it was ended.
select expires_at from ended_sign_ins where sign_in_hash = :sign_in_hash;

-- name: forget_ended_sign_ins(now)!
-- Forgets those that have expired.
delete from ended_sign_ins where expires_at < :now;
