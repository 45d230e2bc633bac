-- The keys of this installation.

-- name: secret_key(name)^
-- The key of that name.
select key from secret_keys where name = :name;

-- name: create_secret_key(name, key)!
-- Keeps a new key, unless there is one already.
insert into secret_keys (name, key) values (:name, :key) on conflict do nothing;
