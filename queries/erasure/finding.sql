-- Erasing people: the rows of the old database that are theirs or mention them.

-- name: attach_old(file)!
-- Opens the database that is rewritten.
attach :file as old (read_only);

-- name: find_erased#
-- old_pairs: the customers of the old database, with their addresses. erased_ids, erased_addresses, erased_names: what it has of
-- the list, with what stands for it.
create or replace temp view old_pairs as
select customer_id, lower(email) as address from old.customers
union all
select customer_id, lower(email) from old.messages
union all
select customer_id, lower(recipient) from old.events
union all
select customer_id, lower(unnest([email, known_email])) from old.recipients;
create or replace temp table erased_ids as
select v.customer_id, e.nobody, e.person, e.is_asked
from (
    select distinct customer_id
    from (
        select customer_id from old_pairs
        union all
        select customer_id from old.customer_changes
        union all
        select customer_id from old.archived_mails
    )
    where customer_id is not null and not starts_with(customer_id, 'erased-')
) as v
join erased as e on e.kind = 'customer' and e.key_hash = identity_hash('customer', v.customer_id);
create or replace temp table erased_addresses as
select v.address, e.nobody, e.person, e.is_asked
from (
    select distinct address
    from (
        select address from old_pairs
        union all
        select lower(earlier ->> '$.email') from old.customer_changes
    )
    where address is not null and not starts_with(address, 'erased-')
) as v
join erased as e on e.kind = 'address' and e.key_hash = identity_hash('address', v.address);
create or replace temp table erased_names as
select v.customer_id, min(v.name) as name
from (
    select customer_id, name from old.customers
    union all
    select customer_id, name from old.recipients
) as v
semi join erased_ids using (customer_id)
where name is not null
group by v.customer_id;

-- name: unlisted()
-- What is not on the list, and belongs to something that is (`unlisted_in`).
select * from unlisted_in('old_pairs', 'erased_ids', 'erased_addresses');

-- name: rename_erased#
-- renamed: the messages of the people on the list, with what stands for the customer. erased_numbers: their events.
create temp table renamed as
select p.campaign_id, p.customer_id, i.nobody
from (
    select campaign_id, customer_id from old.messages
    union
    select campaign_id, customer_id from old.recipients
    union
    select campaign_id, customer_id from old.message_events
    union
    select campaign_id, customer_id from old.archived_mails
) as p
join erased_ids as i using (customer_id);
create temp table erased_numbers as
select event_number from old.message_events where customer_id in (select customer_id from erased_ids)
union
select event_number
from old.events
where customer_id in (select customer_id from erased_ids) or lower(recipient) in (select address from erased_addresses);

-- name: address_domains()
-- The domains of all addresses, with the number of addresses there.
select lower(split_part(address, '@', -1)) as domain, count(distinct lower(address)) as addresses
from (select coalesce(email, known_email) as address from old.recipients)
where contains(address, '@')
group by domain;

-- name: list_erased#
-- What is rewritten of renamed messages, row by row.

-- past_unmatched, past_refused: what is removed because it is old. An erasure removes nothing.
create temp table if not exists past_unmatched (event_number bigint);
create temp table if not exists past_refused (row bigint);
-- erased_messages: the ids of their messages, with all other ids. An id may be that of other people's messages too.
create temp table erased_messages as
with own as (
    select message_id from old.messages semi join renamed using (campaign_id, customer_id) where message_id is not null
    union
    select message_id from old.events semi join erased_numbers using (event_number) where message_id is not null
),
linked as (
    from own
    union
    select a.other_id from old.message_aliases as a semi join own using (message_id)
    union
    select a.message_id from old.message_aliases as a semi join own on own.message_id = a.other_id
)
select
    message_id, nobodys_id('message', message_id) as nobody,
    message_id in (
        select message_id from old.messages anti join renamed using (campaign_id, customer_id) where message_id is not null
    ) as is_shared
from linked
where not starts_with(message_id, 'erased-');
-- erased_urls: the URLs that they clicked, each with what stands for it: itself if somebody else clicked it too.
create temp table erased_urls as
with clicked as (
    select distinct coalesce(me.url, e.url) as url
    from old.events as e
    semi join erased_numbers using (event_number)
    left join old.message_events as me using (event_number)
    where e.type = 'clicked' and coalesce(me.url, e.url) is not null and me.link_position is null
),
of_others as (
    select c.url
    from clicked as c
    semi join (
        select url from old.events where type = 'clicked' and event_number not in (select event_number from erased_numbers)
        union all
        select url from old.message_events where type = 'clicked' and event_number not in (select event_number from erased_numbers)
    ) as o on o.url = c.url
)
select url, if(url in (from of_others), url, nobodys_url(url)) as nobody from clicked;
-- erased_agents: the user agents that nobody else has.
create temp table erased_agents as
select distinct user_agent
from old.events semi join erased_numbers using (event_number)
where user_agent is not null
except
select user_agent from old.events anti join erased_numbers using (event_number) where user_agent is not null;
-- erased_events: their events, as they are from now on. A click keeps the link that it was attributed to, by that link's URL.
create temp table erased_events as
select
    e.event_number,
    nobodys_event_id(
        e.event_id, e.provider, e.campaign_id, e.customer_id, e.message_id, e.recipient, e.type, e.occurred_at, e.url
    ) as event_id,
    coalesce(i.nobody, p.nobody, e.customer_id) as customer_id, coalesce(m.nobody, e.message_id) as message_id,
    coalesce(a.nobody, e.recipient) as recipient,
    case
        when e.type <> 'clicked' then null
        when me.link_position is not null then l.url
        else u.nobody
    end as url,
    nobodys_text(e.diagnostic, coalesce(e.recipient, r.email, r.known_email), r.name, coalesce(me.customer_id, e.customer_id))
        as diagnostic,
    if(g.user_agent is null, e.user_agent, nobodys_agent(e.user_agent)) as user_agent,
    truncated_ip(e.ip) as ip
from old.events as e
semi join erased_numbers using (event_number)
left join (from old.message_events semi join erased_numbers using (event_number)) as me using (event_number)
left join old.campaigns as c on c.campaign_id = me.campaign_id
left join old.links as l on l.content_id = c.content_id and l.link_position = me.link_position
left join erased_ids as i on i.customer_id = e.customer_id
left join renamed as p on p.campaign_id = me.campaign_id and p.customer_id = me.customer_id and p.customer_id = e.customer_id
left join erased_messages as m on m.message_id = e.message_id
left join erased_addresses as a on a.address = lower(e.recipient)
left join erased_urls as u on u.url = coalesce(me.url, e.url)
left join erased_agents as g on g.user_agent = e.user_agent
left join (from old.recipients semi join renamed using (campaign_id, customer_id)) as r
    on r.campaign_id = me.campaign_id and r.customer_id = me.customer_id;
-- erased_contents: the copies of e-mails that only they received.
create temp table erased_contents as
select content_id
from (
    select content_id from old.messages semi join renamed using (campaign_id, customer_id)
    union
    select content_id from old.archived_mails semi join renamed using (campaign_id, customer_id)
)
where content_id is not null
    and content_id not in (select content_id from old.campaigns where content_id is not null)
    and content_id not in (
        select content_id from old.messages anti join renamed using (campaign_id, customer_id) where content_id is not null
    )
    and content_id not in (select content_id from old.archived_mails anti join renamed using (campaign_id, customer_id));

-- name: erased_words(words)
-- The addresses, ids and names by which texts mention the people on the list, as far as they tell who it is; of `words` too.
select word
from (select unnest(cast(:words as varchar[])) as word)
where contains(word, '@') or trim(word) like '% %' or is_telling(word)
union
select address as word from erased_addresses where contains(address, '@')
union
-- As they are written: Base64 and digests differ with the capitals.
select address
from (
    select email as address from old.customers
    union all
    select email from old.messages
    union all
    select recipient from old.events
) as v
where contains(address, '@') and address <> lower(address) and lower(address) in (select address from erased_addresses)
union
select customer_id from erased_ids where is_telling(customer_id)
union
select n.name
from (
    select name from old.customers semi join erased_ids using (customer_id)
    union
    select earlier ->> '$.name' from old.customer_changes semi join erased_ids using (customer_id)
    union
    select name from old.recipients semi join erased_ids using (customer_id)
) as n
where trim(n.name) like '% %'
    and plain_name(n.name) not in (
        select plain_name(name) from old.customers anti join erased_ids using (customer_id) where name is not null
    );

-- name: list_mentions#
-- refused_mentions: the rejected rows that mention people on the list, with the words that do. old_texts: what else may mention
-- them, by table and row. mentions_found: the rows in which a regular expression matches.
create temp view refused_texts as
select rowid as row, concat_ws(' ', file, reason, refused.row) as text from old.refused;
create temp table refused_mentions as from mentions('refused_texts');
create temp view old_texts as
select
    'campaigns' as place, rowid as row,
    concat_ws(
        chr(10), name, subject, preheader, from_name, from_email, array_to_string(tags, chr(10)), cast(selection as varchar)
    ) as text
from old.campaigns
union all
select 'campaign_headers', rowid, concat_ws(chr(10), name, subject, from_name, from_email) from old.campaign_headers
union all
select 'customers', rowid, cast(attributes as varchar) from old.customers where attributes is not null
union all
select 'customer_changes', rowid, cast(earlier as varchar) from old.customer_changes
union all
select 'contents', rowid, concat_ws(chr(10), html, text) from old.contents
union all
select 'links', rowid, concat_ws(chr(10), url, label) from old.links
union all
select 'messages', rowid, concat_ws(chr(10), not_sent_detail, cast(merge_fields as varchar))
from old.messages where not_sent_detail is not null or merge_fields is not null
union all
select 'events', rowid, concat_ws(chr(10), url, diagnostic, cast(payload as varchar))
from old.events where url is not null or diagnostic is not null or payload is not null
union all
select 'erased events', event_number, url from erased_events where url is not null
union all
select 'archived_mails', rowid, concat_ws(chr(10), headers, cast(attachments as varchar)) from old.archived_mails
union all
select 'refused', rowid, concat_ws(chr(10), file, reason, refused.row) from old.refused
union all
select 'loads', rowid, array_to_string(files, chr(10)) from old.loads
union all
select 'message_events', rowid, url from old.message_events where url is not null
union all
select 'recipients', rowid, concat_ws(chr(10), not_sent_detail, bounce_reason, cast(subject_fields as varchar))
from old.recipients where not_sent_detail is not null or bounce_reason is not null or subject_fields is not null
union all
select 'link_clicks', rowid, url from old.link_clicks where url is not null;
-- selection_ids: the selections with their ids, however short these are.
create temp table selection_ids as
select s.row, list(distinct i.customer_id) as ids
from (select rowid as row, unnest(values_in(selection)) as value from old.campaigns where selection is not null) as s
join erased_ids as i on i.customer_id = s.value
group by s.row;
create temp table mentions_found (place varchar, row bigint, pattern varchar);

-- name: add_mentions(pattern)!
-- Adds the rows in which this regular expression matches.
insert into mentions_found by name
select place, row, cast(:pattern as varchar) as pattern from old_texts where regexp_matches(text, cast(:pattern as varchar));

-- name: group_mentions#
-- mentioned: each such row, with all expressions that match.
create temp table mentioned as
select place, row, list(pattern) as patterns from mentions_found group by place, row;

-- name: erased_counts()^
-- How many rows are rewritten or removed, by what they are called on screens.
select
    (select count(*) from old.customers semi join erased_ids using (customer_id)) as customers,
    (select count(*) from old.messages semi join renamed using (campaign_id, customer_id)) as messages,
    (select count(*) from erased_numbers) as events,
    (select count(*) from old.archived_mails semi join renamed using (campaign_id, customer_id)) as "e-mails",
    (
        select count(*)
        from (select row from refused_mentions union select row from mentioned where place = 'refused')
    ) as "rejected rows",
    (
        select count(*)
        from mentioned
        where place = 'loads'
            or (place = 'contents' and row not in (
                select c.rowid from old.contents as c semi join erased_contents using (content_id)
            ))
            or (place = 'customers' and row not in (
                select c.rowid from old.customers as c semi join erased_ids using (customer_id)
            ))
            or (place = 'messages' and row not in (
                select m.rowid from old.messages as m semi join renamed using (campaign_id, customer_id)
            ))
            or (place = 'events' and row not in (
                select e.rowid from old.events as e semi join erased_numbers using (event_number)
            ))
    ) + (
        select count(*)
        from (
            select place, row from mentioned where place in ('campaigns', 'campaign_headers')
            union
            select 'campaigns', row from selection_ids
        )
    ) as "other mentions";
