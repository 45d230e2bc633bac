-- Publishing a database file, and opening it as a reader does.

-- name: attach(file)!
-- Opens a database file read-only in an instance of its own.
attach :file as served (read_only);

-- name: use_attached#
-- Makes the attached file the database of this connection.
use served;

-- name: lock_down#
-- Leaves nothing but the attached file: no other file can be read or written, and no setting can be changed.
detach memory;
set enable_external_access = false;
set lock_configuration = true;

-- name: blocks()^
-- How many blocks the file has, how many of them hold data, and their size. Blocks at the end that hold none may be missing.
select total_blocks, used_blocks, block_size from pragma_database_size() where database_name = current_catalog();

-- name: last_metadata_block()^
-- The last block of the file that describes tables.
select max(block_id) as block from pragma_metadata_info();

-- name: last_data_block(quoted)^
-- The last block of the file with rows of a table, whose name is quoted; null if it has none.
select max(greatest(block_id, list_max(additional_block_ids))) as block from pragma_storage_info(:quoted);

-- name: last_load()^
-- When the newest data was loaded; null if nothing was.
select max(loaded_at) as loaded_at from loads;

-- name: table_names()
-- The names of all tables.
select table_name
from duckdb_tables()
where database_name = current_catalog() and not temporary
order by table_name;

-- name: table_size()
-- How many rows a table (`{table}`, with the name `{name}`) has, and the row number after its last row.
select {name} as name, count(*) as rows, coalesce(max(rowid), -1) + 1 as end_row from {table};

-- name: read_rows(start)^
-- Reads every value of a table (`{table}`) from a row number on. Only the parts of the file with these rows are read.
select bit_xor(hash(stored)) as content from {table} as stored where rowid >= :start;

-- name: checkpoint#
-- Writes everything that DuckDB's log holds into the database file.
checkpoint;
