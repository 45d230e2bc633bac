-- The database as a whole.

-- name: schema_version()^
-- The version of the tables.
select version from schema_version;

-- name: set_up#
-- Makes UTC the time zone, and leaves progress bars to the command line.
set timezone = 'UTC';
set enable_progress_bar = false;

-- name: table_rows()
-- The number of rows in each table of facts.
select 'campaigns' as name, count(*) as rows from campaigns
union all
-- Without those who stand for somebody in old messages.
select 'customers', count(*) from customers where not starts_with(customer_id, 'erased-past-')
union all
select 'customer_changes', count(*) from customer_changes
union all
select 'contents', count(*) from contents
union all
select 'messages', count(*) from messages
union all
select 'events', count(*) from events
union all
select 'reported_totals', count(*) from reported_totals;

-- name: refused_rows_by_reason()
-- How many rows were rejected per file and reason, with the first line of each.
select file, regexp_replace(reason, ': .*', '') as reason, count(*) as rows, min(line) as first_line
from refused
group by all
order by file, rows desc, reason;

-- name: unattributed_count()^
-- How many events have no campaign so far: they name none, and no message has their message_id.
select count(*) as events from unattributed;
