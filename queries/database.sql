-- The database as a whole.

-- name: schema_version()^
-- The version of the tables.
select version from schema_version;

-- name: lock_configuration#
-- From here on no statement can change a setting, such as to allow access to other files.
set lock_configuration = true;

-- name: set_up#
-- Times without a zone are UTC; the command line has a progress bar of its own.
set timezone = 'UTC';
set enable_progress_bar = false;

-- name: table_rows()
-- How many rows each table of facts holds.
select 'campaigns' as name, count(*) as rows from campaigns
union all
select 'customers', count(*) from customers
union all
select 'contents', count(*) from contents
union all
select 'messages', count(*) from messages
union all
select 'events', count(*) from events;

-- name: refused_rows_by_reason()
-- The refused rows per file and reason, with the first line of each.
select file, regexp_replace(reason, ': .*', '') as reason, count(*) as rows, min(line) as first_line
from refused
group by all
order by file, rows desc, reason;

-- name: unattributed_count()^
-- How many events found no campaign yet: they name none, and no message has their message_id.
select count(*) as events from unattributed;

-- name: configuration_locked()^
-- Whether the settings are locked already.
select current_setting('lock_configuration') as locked;
