-- When people who are signed in last did something, for the end of sign-ins that are left alone.

-- name: note_activity(sign_in_hash, seen_at)!
-- Notes the latest time.
insert into activity (sign_in_hash, seen_at) values (:sign_in_hash, :seen_at)
on conflict do update set seen_at = max(seen_at, excluded.seen_at);

-- name: last_activity(sign_in_hash)^
-- When somebody last did something.
select seen_at from activity where sign_in_hash = :sign_in_hash;

-- name: forget_activity(before)!
-- Removes the times of sign-ins that have ended.
delete from activity where seen_at < :before;
