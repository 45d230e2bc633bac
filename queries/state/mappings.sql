-- How the columns of tables were mapped. The key stands for a header; the mapping is TOML.

-- name: kept_mapping(header_key)^
-- The mapping of the tables with this header.
select mapping from mappings where header_key = :header_key;

-- name: kept_mappings()
-- All of them.
select header_key, mapping from mappings;

-- name: keep_mapping(header_key, mapping, kept_at)!
-- Keeps the mapping of a header in place of the last one.
insert into mappings (header_key, mapping, kept_at) values (:header_key, :mapping, :kept_at)
on conflict (header_key) do update set mapping = excluded.mapping, kept_at = excluded.kept_at;

-- name: take_over_mapping(header_key, mapping, kept_at)!
-- Keeps the mapping of a header, unless there is one.
insert into mappings (header_key, mapping, kept_at) values (:header_key, :mapping, :kept_at) on conflict do nothing;

-- name: correct_mapping(header_key, mapping)!
-- Changes the text of a mapping.
update mappings set mapping = :mapping where header_key = :header_key;

-- name: forget_mappings(kept)!
-- Removes all but the newest.
delete from mappings
where header_key not in (select header_key from mappings order by kept_at desc, header_key limit :kept);
