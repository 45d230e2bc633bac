-- Retention: what is so old that it loses its person, or is removed.

-- name: past_people(events_before)
-- The messages that have a person, although nothing has happened to them since, and those of past_customers, whose parameter it
-- takes too. A null keeps all.
with past_customers as ({query past_customers})
select r.campaign_id, r.customer_id
from recipients as r
left join campaigns as c on c.campaign_id = r.campaign_id
anti join (
    select campaign_id, customer_id from message_events where occurred_at >= cast(:events_before as timestamp)
) as e on e.campaign_id = r.campaign_id and e.customer_id = r.customer_id
where coalesce(r.sent_at, c.sent_at) < cast(:events_before as timestamp)
    and coalesce(c.sent_at, r.sent_at) < cast(:events_before as timestamp)
    and not starts_with(r.customer_id, 'erased-')
union
select r.campaign_id, r.customer_id from recipients as r semi join past_customers using (customer_id);

-- name: past_customers(customers_before)
-- The customers to whom nothing was sent, of whom nothing has happened, and of whom nothing new was known since. Whether a customer
-- is as old as that must be known.
with latest as (
    select customer_id, greatest(created_at, known_since) as heard_at from customers
    union all
    select customer_id, changed_at from customer_changes
    union all
    select r.customer_id, greatest(r.sent_at, c.sent_at)
    from recipients as r left join campaigns as c on c.campaign_id = r.campaign_id
    union all
    select customer_id, occurred_at from message_events
    union all
    select customer_id, occurred_at from events where customer_id is not null
)
select customer_id
from latest semi join customers using (customer_id)
where cast(:customers_before as timestamp) is not null and not starts_with(customer_id, 'erased-')
group by customer_id
having max(heard_at) < cast(:customers_before as timestamp);

-- name: past_unmatched(unmatched_before)
-- The events without a message that are older. A null keeps all.
select event_number
from unattributed semi join (
    select event_number from events where occurred_at < cast(:unmatched_before as timestamp)
) as e using (event_number);

-- name: past_refused(unmatched_before)
-- The rejected rows that were loaded earlier, by the file that they are in. Of files that no load lists, only that some load has
-- them is known, so they are as new as the last.
select r.rowid as row
from refused as r
left join (
    select file, max(loaded_at) as loaded_at
    from (select unnest(files) as file, loaded_at from loads)
    group by file
) as l on l.file = r.file
where coalesce(
    try_cast(regexp_extract(r.file, '^webhooks/(\d{4}-\d\d-\d\d)T', 1) as timestamp),
    l.loaded_at,
    (select max(loaded_at) from loads)
) < cast(:unmatched_before as timestamp);

-- name: past_counts()^
-- How many of each these are, by what they are called on screens. It takes all of their parameters.
select
    (select count(*) from ({query past_people})) as messages,
    (select count(*) from ({query past_customers})) as customers,
    (select count(*) from ({query past_unmatched})) as "unmatched events",
    (select count(*) from ({query past_refused})) as "rejected rows";

-- name: find_past(domains)!
-- past: these messages of the old database. `domains` are those that addresses keep. It takes the parameters of past_people too.
create temp table past as
with recipients as (from old.recipients), campaigns as (from old.campaigns), message_events as (from old.message_events),
customers as (from old.customers), customer_changes as (from old.customer_changes), events as (from old.events)
select campaign_id, customer_id, past_id(customer_id) as nobody, cast(:domains as varchar[]) as domains
from ({query past_people});

-- name: find_past_customers()!
-- erased_ids: these customers, with what stands for each. It takes the parameter of past_customers.
create temp table erased_ids as
with recipients as (from old.recipients), campaigns as (from old.campaigns), message_events as (from old.message_events),
customers as (from old.customers), customer_changes as (from old.customer_changes), events as (from old.events)
select customer_id, past_id(customer_id) as nobody, cast(null as varchar) as person, false as is_asked
from ({query past_customers});

-- name: find_past_unmatched()!
-- past_unmatched: these events. It takes the parameter of the query of that name.
create temp table past_unmatched as
with unattributed as (from old.unattributed), events as (from old.events)
{query past_unmatched};

-- name: find_past_refused()!
-- past_refused: these rows. It takes the parameter of the query of that name.
create temp table past_refused as
with refused as (select *, rowid from old.refused), loads as (from old.loads)
{query past_refused};

-- name: rename_past#
-- As find_erased, rename_erased and list_mentions, for what is past: nobody is on the list.
create temp table renamed as select campaign_id, customer_id, nobody from past;
create temp table erased_numbers as
select event_number from old.message_events semi join past using (campaign_id, customer_id);
create temp table erased_addresses as
select address, past_address(address, (select any_value(domains) from past)) as nobody
from (
    select lower(email) as address from old.messages semi join past using (campaign_id, customer_id)
    union
    select lower(unnest([email, known_email])) from old.recipients semi join past using (campaign_id, customer_id)
    union
    select lower(recipient) from old.events semi join erased_numbers using (event_number)
    union
    select lower(email) from old.customers semi join past using (customer_id)
    union
    select lower(email) from old.customers semi join erased_ids using (customer_id)
)
where address is not null;
create temp table refused_mentions (row bigint, words varchar[]);
create temp table mentioned (place varchar, row bigint, patterns varchar[]);
create temp table selection_ids (row bigint, ids varchar[]);

-- name: keep_past_places#
-- Nobodies have the country and time zone of the customer, by which opens are counted.
insert into customers by name
select
    past_id(c.customer_id) as customer_id, any_value(a.nobody) as email, any_value(c.country) as country,
    any_value(nobodys_attributes(c.attributes)) as attributes
from old.customers as c
semi join past using (customer_id)
left join erased_addresses as a on a.address = lower(c.email)
where past_id(c.customer_id) not in (select customer_id from customers)
group by c.customer_id;
