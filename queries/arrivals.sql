-- What a load must not store: erased people, who become nobody again, and more of IP addresses than the setting allows.

-- name: set_ip_addresses(keep)!
-- How much of IP addresses is stored: full, truncated or none.
set variable ip_addresses = cast(:keep as varchar);

-- name: find_arrivals#
-- arriving_pairs: the customers of the staged rows, with their addresses. arriving_ids, arriving_addresses: what these have of
-- the list of erased people, with what stands for it.
create or replace temp view arriving_pairs as
select customer_id, lower(email) as address from staged_customers
union all
select customer_id, lower(email) from staged_messages
union all
select customer_id, lower(recipient) from staged_events;
create or replace temp table arriving_ids as
select v.customer_id, e.nobody, e.person, e.is_asked
from (select distinct customer_id from arriving_pairs) as v
join erased as e on e.kind = 'customer' and e.key_hash = identity_hash('customer', v.customer_id);
create or replace temp table arriving_addresses as
select v.address, e.nobody, e.person, e.is_asked
from (select distinct address from arriving_pairs) as v
join erased as e on e.kind = 'address' and e.key_hash = identity_hash('address', v.address);

-- name: has_past()^
-- Whether messages or customers have lost their person because they are old.
select
    exists(select 1 from recipients where starts_with(customer_id, 'erased-past-'))
    or exists(select 1 from customers where starts_with(customer_id, 'erased-past-')) as has_past;

-- name: find_past_arrivals#
-- past_pairs, past_addresses: which customers and addresses in staged rows are of such messages, with what stands for them.
-- past_customers: the customers in staged rows who are known from such messages only.
create temp table past_messages as
select campaign_id, customer_id, coalesce(email, known_email) as email
from recipients
where starts_with(customer_id, 'erased-past-');
create temp table past_pairs as
select s.campaign_id, s.customer_id, p.customer_id as nobody
from (
    select campaign_id, customer_id from staged_messages
    union
    select campaign_id, customer_id from staged_events
) as s
join past_messages as p on p.campaign_id = s.campaign_id and p.customer_id = past_id(s.customer_id)
where s.campaign_id in (select campaign_id from past_messages);
create temp table past_addresses as
select s.campaign_id, s.address, p.email as nobody
from (
    select campaign_id, lower(email) as address from staged_messages
    union
    select campaign_id, lower(recipient) from staged_events
) as s
join past_messages as p
    on p.campaign_id = s.campaign_id and split_part(p.email, '@', 1) = past_id(plain_address(s.address))
where s.campaign_id in (select campaign_id from past_messages);
create temp table past_customers as
select s.rowid as row, c.customer_id as nobody, c.email
from staged_customers as s
join (from customers where starts_with(customer_id, 'erased-past-')) as c on c.customer_id = past_id(s.customer_id)
anti join customers as k on k.customer_id = s.customer_id
anti join recipients as r on r.customer_id = s.customer_id
anti join (
    select campaign_id, customer_id from staged_messages
    union
    select campaign_id, customer_id from staged_events where customer_id is not null
    except
    select campaign_id, customer_id from past_pairs
) as n on n.customer_id = s.customer_id;

-- name: unlisted_arrivals()
-- What is not on the list, and arrives beside something that is (`unlisted_in`).
select * from unlisted_in('arriving_pairs', 'arriving_ids', 'arriving_addresses');

-- name: erase_arrivals#
-- Makes the staged rows of erased people nobody's, as the rewrite of each table in queries/erasure/rewriting.sql does.
create temp table arriving_selections as
select row, list(distinct value) as ids
from (select rowid as row, unnest(values_in(selection)) as value from staged_campaigns where selection is not null)
where identity_hash('customer', value) in (select key_hash from erased where kind = 'customer')
group by row;
update staged_campaigns
set selection = json_without_values(selection, s.ids)
from arriving_selections as s
where staged_campaigns.rowid = s.row;

update staged_customers
set customer_id = coalesce(i.nobody, customer_id), email = coalesce(a.nobody, if(email is null, null, '')), name = null,
    language = null, created_at = null, attributes = nobodys_attributes(attributes), empties = null
from (
    select s.rowid as row, i.nobody from staged_customers as s join arriving_ids as i using (customer_id)
) as i
left join (
    select s.rowid as row, a.nobody from staged_customers as s join arriving_addresses as a on a.address = lower(s.email)
) as a using (row)
where staged_customers.rowid = i.row;
update staged_customers
set customer_id = p.nobody, email = p.email, name = null, language = null, created_at = null,
    attributes = nobodys_attributes(attributes), empties = null
from past_customers as p
where staged_customers.rowid = p.row;

-- arriving_events, arriving_rows: their events, and their messages. arriving_messages: the ids of these, with what stands for each.
-- is_past: whether they only belong to an old message that has lost its person.
create temp table arriving_events as
select rowid as row, false as is_past
from staged_events
where customer_id in (select customer_id from arriving_ids) or lower(recipient) in (select address from arriving_addresses);
insert into arriving_events by name
select row, true as is_past
from (
    select s.rowid as row
    from staged_events as s
    semi join past_pairs as p on p.campaign_id = s.campaign_id and p.customer_id = s.customer_id
    union
    select s.rowid as row
    from staged_events as s
    semi join past_addresses as p on p.campaign_id = s.campaign_id and p.address = lower(s.recipient)
    where s.customer_id is null
)
where row not in (select row from arriving_events);
create temp table arriving_rows as
select s.rowid as row, i.nobody, false as is_past from staged_messages as s join arriving_ids as i using (customer_id)
union all
select s.rowid as row, p.nobody, true as is_past
from staged_messages as s
join past_pairs as p on p.campaign_id = s.campaign_id and p.customer_id = s.customer_id
where s.customer_id not in (select customer_id from arriving_ids);
create temp table arriving_messages as
with own as (
    select message_id from staged_messages where rowid in (select row from arriving_rows)
    union
    select message_id from staged_events where rowid in (select row from arriving_events)
),
erased_before as (
    select message_id from messages where starts_with(message_id, 'erased-')
    union
    select message_id from events where starts_with(message_id, 'erased-')
    union
    select other_id from message_aliases where starts_with(other_id, 'erased-')
),
others as (
    select distinct message_id
    from staged_events
    where message_id is not null and message_id not in (from own where message_id is not null)
        and message_id not in (select message_id from messages where message_id is not null)
        and message_id not in (select message_id from staged_messages where message_id is not null)
)
select message_id, nobodys_id('message', message_id) as nobody
from (
    select message_id from own where message_id is not null
    union
    select message_id from others where nobodys_id('message', message_id) in (from erased_before)
);
insert into arriving_events by name
select rowid as row, false as is_past
from staged_events
where customer_id is null and recipient is null and message_id in (select message_id from arriving_messages);

-- Other ids of their messages, as merge_events adds those of others.
insert into staged_aliases by name
select nobodys_id('message', message_id) as message_id, nobodys_id('message', other_id) as other_id
from (
    select message_id, unnest(other_ids(message_id, provider, payload)) as other_id
    from staged_events
    where rowid in (select row from arriving_events) and campaign_id is null and message_id is not null and provider is not null
)
where other_id <> message_id and trim(other_id, '<>') <> '';

-- A clicked URL stays if it is a link's or somebody else's. Else it becomes that of a link that differs only after the question
-- mark, or says nothing but its host.
create temp table arriving_urls as
with clicked as (
    select distinct campaign_id, url
    from staged_events
    where type = 'clicked' and url is not null and rowid in (select row from arriving_events)
),
kept as (
    select url from clicked semi join links using (url)
    union
    select url from clicked semi join (select url from events where type = 'clicked') as e using (url)
    union
    select url
    from clicked
    semi join (select url from staged_events where type = 'clicked' and rowid not in (select row from arriving_events)) as e using (url)
),
linked as (
    select k.campaign_id, k.url, min(l.url) as link_url
    from clicked as k
    join campaigns as c on c.campaign_id = k.campaign_id
    join links as l on l.content_id = c.content_id and split_part(l.url, '?', 1) = split_part(k.url, '?', 1)
    group by k.campaign_id, k.url
)
select
    k.campaign_id, k.url,
    case when k.url in (from kept) then k.url else coalesce(l.link_url, nobodys_url(k.url)) end as nobody
from clicked as k
left join linked as l on l.campaign_id is not distinct from k.campaign_id and l.url = k.url;

update staged_events
set event_id = x.event_id, customer_id = x.customer_id, message_id = x.message_id, recipient = x.recipient, url = x.url,
    diagnostic = x.diagnostic, user_agent = x.user_agent, ip = x.ip, payload = null
from (
    select
        e.rowid as row,
        nobodys_event_id(
            e.event_id, e.provider, e.campaign_id, e.customer_id, e.message_id, e.recipient, e.type, e.occurred_at, e.url
        ) as event_id,
        coalesce(i.nobody, p.nobody, e.customer_id) as customer_id, coalesce(m.nobody, e.message_id) as message_id,
        coalesce(a.nobody, pa.nobody, if(x.is_past, past_id(plain_address(e.recipient)), e.recipient)) as recipient,
        if(e.type = 'clicked', u.nobody, null) as url,
        nobodys_text(e.diagnostic, e.recipient, null, e.customer_id) as diagnostic,
        nobodys_agent(e.user_agent) as user_agent, truncated_ip(e.ip) as ip
    from staged_events as e
    join arriving_events as x on x.row = e.rowid
    left join arriving_ids as i on i.customer_id = e.customer_id
    left join past_pairs as p on x.is_past and p.campaign_id = e.campaign_id and p.customer_id = e.customer_id
    left join past_addresses as pa on x.is_past and pa.campaign_id = e.campaign_id and pa.address = lower(e.recipient)
    left join arriving_messages as m on m.message_id = e.message_id
    left join arriving_addresses as a on a.address = lower(e.recipient)
    left join arriving_urls as u on u.url = e.url and u.campaign_id is not distinct from e.campaign_id
) as x
where staged_events.rowid = x.row;

update staged_messages
set customer_id = x.nobody, message_id = x.message_id, email = x.email, not_sent_detail = null, merge_fields = null, content = null
from (
    select
        r.row, r.nobody, coalesce(m.nobody, s.message_id) as message_id,
        case when s.email is not null then coalesce(a.nobody, pa.nobody, if(r.is_past, past_id(plain_address(s.email)), '')) end
            as email
    from staged_messages as s
    join arriving_rows as r on r.row = s.rowid
    left join arriving_messages as m on m.message_id = s.message_id
    left join arriving_addresses as a on a.address = lower(s.email)
    left join past_addresses as pa on r.is_past and pa.campaign_id = s.campaign_id and pa.address = lower(s.email)
) as x
where staged_messages.rowid = x.row;

-- name: shorten_refused_ips()!
-- Rejected rows are stored with as much of IP addresses as the setting allows.
update new_refusals
set row = stored_ips(row, null), reason = stored_ips(reason, null)
where coalesce(getvariable('ip_addresses'), 'full') <> 'full';

-- name: create_erased_list#
-- Nobody is on the list, until it is read.
create temp table if not exists erased (key_hash varchar, kind varchar, nobody varchar, person varchar, is_asked boolean);

-- name: has_erased()^
-- Whether anybody is on the list.
select exists(from erased) as has_erased;

-- name: set_patterns(patterns)!
-- The regular expressions for `without_words` in this load; null if nobody is mentioned.
set variable erased_patterns = cast(:patterns as varchar[]);

-- name: find_arriving_texts#
-- arriving_texts: what may mention people in the staged rows, by table and row. Payloads are long, and looked through for
-- addresses only.
create or replace temp view arriving_texts as
select
    'campaigns' as place, rowid as row,
    concat_ws(
        chr(10), name, subject, preheader, from_name, from_email, array_to_string(tags, chr(10)), cast(selection as varchar)
    ) as text
from staged_campaigns
union all
select 'customers', rowid, concat_ws(chr(10), cast(attributes as varchar), cast(empties as varchar))
from staged_customers where attributes is not null or empties is not null
union all
select 'messages', rowid, concat_ws(chr(10), not_sent_detail, cast(merge_fields as varchar))
from staged_messages where not_sent_detail is not null or merge_fields is not null
union all
select 'events', rowid, concat_ws(chr(10), url, diagnostic) from staged_events where url is not null or diagnostic is not null
union all
select 'contents', rowid, concat_ws(chr(10), subject, from_name, from_email, headers, cast(attachments as varchar))
from content_files
union all
select 'mails', rowid, concat_ws(chr(10), headers, cast(attachments as varchar)) from staged_mails;
create or replace temp view arriving_payloads as
select rowid as row, cast(payload as varchar) as text from staged_events where payload is not null;

-- name: arriving_words()
-- The words in these texts that name somebody on the list. A name that another customer has tells nobody.
with words as (
    select word from listed_words('arriving_texts')
    union
    select word
    from (
        select word, identity_hash('address', word) as key_hash
        from (select distinct unnest(addresses_in_payload(text)) as word from arriving_payloads)
    )
    where key_hash in (select key_hash from erased)
)
select word
from words
where not contains(word, ' ') or contains(word, '@') or (
    plain_name(word) not in (select plain_name(name) from customers where name is not null)
    and plain_name(word) not in (select plain_name(name) from staged_customers where name is not null)
);

-- name: erase_mentions#
-- Takes these words out of the staged rows (`set_patterns`).
create temp table arriving_mentions as
select place, row
from arriving_texts
where without_words(text, getvariable('erased_patterns')) <> text
union all
select 'payloads', row
from arriving_payloads
where without_words(text, getvariable('erased_patterns')) <> text;
update staged_campaigns
set name = without_words(name, getvariable('erased_patterns')), subject = without_words(subject, getvariable('erased_patterns')),
    preheader = without_words(preheader, getvariable('erased_patterns')),
    from_name = without_words(from_name, getvariable('erased_patterns')),
    from_email = email_without_words(from_email, getvariable('erased_patterns')),
    tags = list_transform(tags, lambda tag: without_words(tag, getvariable('erased_patterns'))),
    selection = json_without_words(selection, getvariable('erased_patterns'))
where rowid in (select row from arriving_mentions where place = 'campaigns');
update staged_customers
set attributes = json_without_words(attributes, getvariable('erased_patterns')),
    empties = json_without_words(empties, getvariable('erased_patterns'))
where rowid in (select row from arriving_mentions where place = 'customers');
update staged_messages
set not_sent_detail = without_words(not_sent_detail, getvariable('erased_patterns')),
    merge_fields = json_without_words(merge_fields, getvariable('erased_patterns'))
where rowid in (select row from arriving_mentions where place = 'messages');
update staged_events
set url = without_words(url, getvariable('erased_patterns')),
    diagnostic = without_words(diagnostic, getvariable('erased_patterns'))
where rowid in (select row from arriving_mentions where place = 'events');
update staged_events
set payload = json_without_words(payload, getvariable('erased_patterns'))
where rowid in (select row from arriving_mentions where place = 'payloads');
update content_files
set subject = without_words(subject, getvariable('erased_patterns')),
    from_name = without_words(from_name, getvariable('erased_patterns')),
    from_email = email_without_words(from_email, getvariable('erased_patterns')),
    headers = without_words(headers, getvariable('erased_patterns')),
    attachments = coalesce(json_without_words(attachments, getvariable('erased_patterns')), '[]')
where rowid in (select row from arriving_mentions where place = 'contents');
update staged_mails
set headers = without_words(headers, getvariable('erased_patterns')),
    attachments = coalesce(json_without_words(attachments, getvariable('erased_patterns')), '[]')
where rowid in (select row from arriving_mentions where place = 'mails');

-- name: words_of_mails#
-- The words in e-mails that name somebody on the list, and are no other customer's name. The loader registers `read_contents`
-- and `read_links`, as for `merge_contents`.
create or replace temp view mail_texts as
select concat_ws(chr(10), html, text) as text from read_contents
union all
select concat_ws(chr(10), url, label) from read_links;
select word
from listed_words('mail_texts')
where not contains(word, ' ') or contains(word, '@')
    or plain_name(word) not in (select plain_name(name) from customers where name is not null);

-- name: erased_refusals#
-- Of rows that are rejected, those that mention an erased person are stored without their text, as `rewrite_refused` does.
create or replace temp view arriving_refusals as
select rowid as row, concat_ws(' ', file, reason, new_refusals.row) as text from new_refusals;
create or replace temp table refusal_mentions as from mentions('arriving_refusals');
update new_refusals
set row = '', file = nobodys_file(file, m.words, null), reason = nobodys_reason(reason, m.words, null)
from refusal_mentions as m
where new_refusals.rowid = m.row;

-- name: erased_identities()
-- The numbers of those that are on the list. The loader registers `identities`, with a number, a kind and a value each.
select distinct number from identities where identity_hash(kind, value) in (select key_hash from erased);
