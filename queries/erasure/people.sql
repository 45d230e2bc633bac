-- Erasing people: who a person is, and what is stored of them.

-- name: customers_at(addresses)
-- The customers with one of these addresses (in lower case): now, earlier, or in a message or event.
with wanted as (select unnest(cast(:addresses as varchar[])) as address)
select distinct customer_id
from (
    select customer_id from customers where lower(email) in (from wanted)
    union all
    select customer_id from customer_changes where lower(earlier ->> '$.email') in (from wanted)
    union all
    select customer_id from messages where lower(email) in (from wanted)
    union all
    select customer_id from events where customer_id is not null and lower(recipient) in (from wanted)
    union all
    select customer_id from recipients where lower(email) in (from wanted) or lower(known_email) in (from wanted)
);

-- name: addresses_of(customer_ids)
-- The addresses of these customers, in lower case: now, earlier, and in their messages and events.
with wanted as (select unnest(cast(:customer_ids as varchar[])) as customer_id)
select distinct lower(address) as address
from (
    select email as address from customers where customer_id in (from wanted)
    union all
    select earlier ->> '$.email' from customer_changes where customer_id in (from wanted)
    union all
    select email from messages where customer_id in (from wanted)
    union all
    select recipient from events where customer_id in (from wanted)
    union all
    select unnest([email, known_email]) from recipients where customer_id in (from wanted)
    union all
    select e.recipient
    from events as e
    semi join (select event_number from message_events where customer_id in (from wanted)) as own using (event_number)
)
where address is not null;

-- name: names_of(customer_ids)
-- The full names of these customers, now and earlier, as far as they have several words, and no other customer has the same.
with wanted as (select unnest(cast(:customer_ids as varchar[])) as customer_id)
select distinct name
from (
    select name from customers where customer_id in (from wanted)
    union all
    select earlier ->> '$.name' from customer_changes where customer_id in (from wanted)
    union all
    select name from recipients where customer_id in (from wanted)
)
where trim(name) like '% %'
    and lower(trim(name)) not in (
        select lower(trim(name)) from customers where name is not null and customer_id not in (from wanted)
    );

-- name: known_customers(customer_ids)
-- Those of these ids that the database has.
with wanted as (select unnest(cast(:customer_ids as varchar[])) as customer_id)
select distinct customer_id
from (
    select customer_id from customers
    union all
    select customer_id from messages
    union all
    select customer_id from events
    union all
    select customer_id from recipients
)
where customer_id in (from wanted);

-- name: domains_of_others(domains, addresses)
-- Those of these domains at which other customers than those with these addresses have one.
with wanted as (select unnest(cast(:domains as varchar[])) as domain),
theirs as (select unnest(cast(:addresses as varchar[])) as address)
select distinct domain
from (
    select distinct lower(coalesce(email, known_email)) as address from recipients
    union
    select lower(email) from customers
)
cross join lateral (select split_part(address, '@', -1) as domain) as at_domain
where contains(address, '@') and domain in (from wanted) and address not in (from theirs);

-- name: mentioned()
-- The numbers of texts that mention somebody on the list, with the words that do. The caller registers `texts`.
select row, words from mentions('texts') order by row;

-- name: rows_of(customer_ids, addresses)
-- How many rows of these people each table has.
with ids as (select unnest(cast(:customer_ids as varchar[])) as customer_id),
addresses as (select unnest(cast(:addresses as varchar[])) as address)
select 'customers' as name, count(*) as rows from customers where customer_id in (from ids)
union all
select 'messages', count(*) from messages where customer_id in (from ids)
union all
select 'events', count(*)
from (
    select event_number from events where customer_id in (from ids) or lower(recipient) in (from addresses)
    union
    select event_number from message_events where customer_id in (from ids)
)
union all
select 'e-mails', count(*) from archived_mails where customer_id in (from ids);
