-- Who was erased: see the table `erased`.

-- name: erased_keys()
-- Everything on the list.
select key_hash, kind, nobody, person, is_asked, is_done, erased_at from erased;

-- name: is_any_erased()^
-- A row if anybody is on the list.
select 1 as is_any from erased limit 1;

-- name: unfinished_erasure()^
-- A row if files may still hold something on the list.
select 1 as is_any from erased where is_done = 0 limit 1;

-- name: latest_erased()^
-- When somebody was last added to the list; null if it is empty.
select max(erased_at) as erased_at from erased;

-- name: add_erased(key_hash, kind, nobody, person, is_asked, erased_at)!
-- Adds to the list. What is on it stays, but somebody may have named it only now, and files may hold it again.
insert into erased (key_hash, kind, nobody, person, is_asked, is_done, erased_at)
values (:key_hash, :kind, :nobody, :person, :is_asked, 0, :erased_at)
on conflict (key_hash) do update
set is_asked = max(is_asked, excluded.is_asked), is_done = 0, erased_at = max(erased_at, excluded.erased_at);

-- name: finish_erasure()!
-- Notes that no file holds anything on the list any more.
update erased set is_done = 1 where is_done = 0;

-- name: reopen_erasures()!
-- Notes that files may hold everybody on the list again, because a backup is restored.
update erased set is_done = 0;

-- name: forget_erased(key_hash)!
-- Takes a person off the list: everything that was erased with this.
delete from erased where person in (select person from erased where key_hash = :key_hash);

-- name: audited_customers()
-- The ids of the customers that the audit names.
select distinct customer_id from audit where customer_id <> '';
