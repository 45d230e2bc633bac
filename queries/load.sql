-- From staged rows to the tables of facts. Loading a row again changes nothing; a value replaces the stored one, an empty
-- value leaves it. Of several rows with the same key the last value wins, in the order of files, then of rows.

-- name: add_content_files()!
-- Which e-mail each staged row names, with the subject and the sender that its file has, or why it can't be read; of a raw
-- e-mail also the columns of archived_mails. The loader registers `files`.
insert into content_files by name from files;

-- name: merge_contents#
-- Stores the e-mails that staged rows name, each once however many rows use it, without mentions of erased people. The loader
-- registers `read_contents` and `read_links`.
insert into links by name
select
    content_id, link_position, without_words(url, getvariable('erased_patterns')) as url,
    without_words(label, getvariable('erased_patterns')) as label
from read_links anti join contents using (content_id)
order by content_id, link_position;
insert into contents by name
select
    content_id, without_words(html, getvariable('erased_patterns')) as html,
    without_words(text, getvariable('erased_patterns')) as text
from read_contents anti join contents using (content_id);

-- name: known_contents()
-- Which of these e-mails are stored. The loader registers `wanted`.
select content_id from wanted semi join contents using (content_id);

-- name: refuse_missing_contents#
-- Rejects the rows whose e-mail could not be read.
update staged_campaigns set refusal = unreadable.refusal
from content_files as unreadable
where unreadable.refusal is not null and staged_campaigns.refusal is null
    and staged_campaigns.file = unreadable.file and staged_campaigns.template = unreadable.path;
update staged_messages set refusal = unreadable.refusal
from content_files as unreadable
where unreadable.refusal is not null and staged_messages.refusal is null
    and staged_messages.file = unreadable.file and staged_messages.content = unreadable.path;

-- name: number_staged()^
-- numbered: the staged rows of all kinds, numbered from 0, each with its kind and row. Returns how many there are.
create or replace temp table numbered as
select row_number() over () - 1 as number, kind, row, false as is_accepted
from (
    select 'campaigns' as kind, rowid as row from staged_campaigns where refusal is null
    union all
    select 'customers' as kind, rowid as row from staged_customers where refusal is null
    union all
    select 'messages' as kind, rowid as row from staged_messages where refusal is null
    union all
    select 'events' as kind, rowid as row from staged_events where refusal is null
    union all
    select 'totals' as kind, rowid as row from staged_totals where refusal is null
    union all
    select 'e-mails' as kind, rowid as row from staged_mails where refusal is null
);
select count(*) as rows from numbered;

-- name: choose_staged(first, last)!
-- failed_rows: all numbered rows but the accepted ones and those from `first` to `last`. For a trial, which is undone.
create temp table failed_rows as
select number, 'not in this trial' as reason
from numbered
where not is_accepted and number not between :first and :last;

-- name: accept_staged(first, last)!
-- Accepts the numbered rows from `first` to `last`.
update numbered set is_accepted = true where number between :first and :last;

-- name: reject_staged#
-- Rejects numbered rows. `failed_rows` has their numbers, with the reasons.
update staged_campaigns set refusal = f.reason
from failed_rows as f join numbered as n using (number)
where n.kind = 'campaigns' and staged_campaigns.rowid = n.row;
update staged_customers set refusal = f.reason
from failed_rows as f join numbered as n using (number)
where n.kind = 'customers' and staged_customers.rowid = n.row;
update staged_messages set refusal = f.reason
from failed_rows as f join numbered as n using (number)
where n.kind = 'messages' and staged_messages.rowid = n.row;
update staged_events set refusal = f.reason
from failed_rows as f join numbered as n using (number)
where n.kind = 'events' and staged_events.rowid = n.row;
update staged_totals set refusal = f.reason
from failed_rows as f join numbered as n using (number)
where n.kind = 'totals' and staged_totals.rowid = n.row;
update staged_mails set refusal = f.reason
from failed_rows as f join numbered as n using (number)
where n.kind = 'e-mails' and staged_mails.rowid = n.row;

-- name: set_loaded_at(loaded_at)!
-- The time of this load, for what it adds.
set variable loaded_at = cast(:loaded_at as timestamp);

-- name: set_earlier_aside#
-- earlier_*: what the files of an import gave when they were read with other settings, unless they give the same now. The loader
-- registers `earlier_files`, the files with these rows.
create temp macro earlier_rows(staged) as table
select * exclude (file, ordinal, refusal) from query_table(staged) semi join earlier_files using (file) where refusal is null
except
select * exclude (file, ordinal, refusal) from query_table(staged) anti join earlier_files using (file) where refusal is null;
create temp table earlier_campaigns as from earlier_rows('staged_campaigns');
delete from staged_campaigns where file in (from earlier_files);
create temp table earlier_customers as from earlier_rows('staged_customers');
delete from staged_customers where file in (from earlier_files);
create temp table earlier_messages as from earlier_rows('staged_messages');
delete from staged_messages where file in (from earlier_files);
create temp table earlier_events as from earlier_rows('staged_events');
delete from staged_events where file in (from earlier_files);
create temp table earlier_totals as from earlier_rows('staged_totals');
delete from staged_totals where file in (from earlier_files);

-- name: withdraw#
-- Deletes the rows in earlier_* that are stored exactly as they were given; the rows of this load are then merged as if those had
-- never been there. What something else has added to stays, and so do events that came live (their payload differs), e-mails,
-- and campaigns and customers that other rows name.
create temp table withdrawn_events as
select e.event_number, e.campaign_id
from events as e
semi join earlier_events as o
    on o.event_id = e.event_id and o.type = e.type and o.occurred_at = e.occurred_at
    and o.provider is not distinct from e.provider and o.campaign_id is not distinct from e.campaign_id
    and o.customer_id is not distinct from e.customer_id and o.message_id is not distinct from e.message_id
    and lower(o.recipient) is not distinct from lower(e.recipient) and o.url is not distinct from e.url
    and cast(stored_ips(cast(o.payload as varchar), o.ip) as json) is not distinct from e.payload;
insert into withdrawn by name select 'events' as kind, campaign_id from withdrawn_events;
insert into withdrawn by name
select distinct 'counted' as kind, campaign_id from message_events semi join withdrawn_events using (event_number);
delete from events where event_number in (select event_number from withdrawn_events);
delete from message_events where event_number in (select event_number from withdrawn_events);
delete from unattributed where event_number in (select event_number from withdrawn_events);
delete from event_counts;
insert into event_counts by name
select
    coalesce(provider, '') as provider, type, count(*) as events, min(occurred_at) as first_at, max(occurred_at) as last_at
from events
group by all
order by provider, type;
create temp table withdrawn_messages as
select m.campaign_id, m.customer_id
from messages as m
semi join earlier_messages as o
    on o.campaign_id = m.campaign_id and o.customer_id = m.customer_id
    and o.message_id is not distinct from m.message_id and o.email is not distinct from m.email
    and o.sent_at is not distinct from m.sent_at and o.not_sent_reason is not distinct from m.not_sent_reason
    and o.not_sent_detail is not distinct from m.not_sent_detail and o.merge_fields is not distinct from m.merge_fields
anti join archived_mails as a on a.campaign_id = m.campaign_id and a.customer_id = m.customer_id
where m.content_id is null;
insert into withdrawn by name select 'messages' as kind, campaign_id from withdrawn_messages;
delete from messages using withdrawn_messages as w
where messages.campaign_id = w.campaign_id and messages.customer_id = w.customer_id;
create temp table withdrawn_totals as
from reported_totals
intersect
from earlier_totals;
insert into withdrawn by name select 'totals' as kind, campaign_id from withdrawn_totals;
delete from reported_totals using withdrawn_totals as w
where reported_totals.campaign_id = w.campaign_id and reported_totals.source = w.source;
create temp table withdrawn_campaigns as
select c.campaign_id
from campaigns as c
semi join earlier_campaigns as o
    on o.campaign_id = c.campaign_id and o.name is not distinct from c.name and o.subject is not distinct from c.subject
    and o.preheader is not distinct from c.preheader and o.from_name is not distinct from c.from_name
    and o.from_email is not distinct from c.from_email and o.sent_at is not distinct from c.sent_at
    and o.tags is not distinct from c.tags and o.selection is not distinct from c.selection
    and o.source is not distinct from c.source
where c.content_id is null and (
    c.campaign_id in (select campaign_id from staged_campaigns where refusal is null)
    or c.campaign_id not in (
        select campaign_id from messages
        union
        select campaign_id from reported_totals
        union
        select campaign_id from events where campaign_id is not null
    )
);
insert into withdrawn by name select 'campaigns' as kind, campaign_id from withdrawn_campaigns;
delete from campaigns where campaign_id in (from withdrawn_campaigns);
create temp table withdrawn_customers as
select c.customer_id
from customers as c
semi join earlier_customers as o
    on o.customer_id = c.customer_id and o.email is not distinct from c.email and o.name is not distinct from c.name
    and o.language is not distinct from c.language and o.country is not distinct from c.country
    and o.created_at is not distinct from c.created_at
    and json_merge_patch('{}', coalesce(o.attributes, '{}')) = json_merge_patch('{}', coalesce(c.attributes, '{}'))
where c.customer_id not in (select customer_id from customer_changes) and (
    c.customer_id in (select customer_id from staged_customers where refusal is null)
    or c.customer_id not in (
        select customer_id from messages
        union
        select customer_id from events where customer_id is not null
    )
);
insert into withdrawn by name select 'customers' as kind, null as campaign_id from withdrawn_customers;
delete from customers where customer_id in (from withdrawn_customers);

-- name: withdrawn_counts()
-- How many stored rows of each kind were deleted.
select kind, count(*) as rows from withdrawn group by kind;

-- name: merge_campaigns#
-- merged_campaigns: one row per campaign in this load, as it is from now on; `stored` is its row so far, all null for a new
-- campaign. A subject and a sender that no row has come from the e-mail.
create temp table merged_campaigns as
with latest as (
    select
        s.campaign_id,
        arg_max(s.name, s.rowid) as name, arg_max(s.subject, s.rowid) as subject,
        arg_max(s.preheader, s.rowid) as preheader, arg_max(s.from_name, s.rowid) as from_name,
        arg_max(s.from_email, s.rowid) as from_email, arg_max(s.sent_at, s.rowid) as sent_at,
        arg_max(s.tags, s.rowid) as tags, arg_max(s.selection, s.rowid) as selection,
        arg_max(s.source, s.rowid) as source, arg_max(s.merge_language, s.rowid) as merge_language,
        arg_max(s.language_of_source, s.rowid) as language_of_source,
        arg_max(f.content_id, s.rowid) as content_id, arg_max(f.subject, s.rowid) as subject_in_mail,
        arg_max(if(s.from_email is null or s.from_email = f.from_email, f.from_name, null), s.rowid) as name_in_mail,
        arg_max(f.from_email, s.rowid) as email_in_mail
    from staged_campaigns as s
    left join content_files as f on f.file = s.file and f.path = s.template
    where s.refusal is null
    group by s.campaign_id
),
merged as (
    select
        l.campaign_id,
        coalesce(l.name, c.name) as name, coalesce(l.subject, c.subject, l.subject_in_mail) as subject,
        coalesce(l.preheader, c.preheader) as preheader, coalesce(l.from_name, c.from_name, l.name_in_mail) as from_name,
        coalesce(l.from_email, c.from_email, l.email_in_mail) as from_email, coalesce(l.sent_at, c.sent_at) as sent_at,
        coalesce(l.tags, c.tags) as tags, coalesce(l.selection, c.selection) as selection,
        coalesce(l.content_id, c.content_id) as content_id, coalesce(l.source, c.source) as source,
        coalesce(l.merge_language, c.merge_language, l.language_of_source) as merge_language,
        c as stored
    from latest as l left join campaigns as c using (campaign_id)
)
select
    * exclude (stored),
    stored.campaign_id is null as is_new,
    struct_pack(*columns(* exclude (stored))) is distinct from stored as is_changed
from merged;
delete from campaigns using merged_campaigns as m where campaigns.campaign_id = m.campaign_id and m.is_changed;
insert into campaigns by name
select * exclude (is_new, is_changed) from merged_campaigns where is_changed order by campaign_id;

-- name: merge_customers#
-- merged_customers: one row per customer in this load, as merged_campaigns. Attributes are merged one by one: first those of
-- up to a thousand rows of a customer, because each step copies what has been merged so far.
-- with_empties: what is known of a customer, and which values are known to be empty, unless others are known.
create temp macro with_empties(attributes, empties) as case
    when empties is null or list_has_all(json_keys(attributes), json_keys(empties)) then attributes
    when attributes is null then empties
    else object_with(list_concat(
        list_filter(fields_in(empties), lambda field: not list_contains(json_keys(attributes), field.name)), fields_in(attributes)
    ))
end;
create temp table merged_customers as
with parts as (
    select
        customer_id, max(row) as row, list_reduce(list(attributes order by row), lambda a, b: json_merge_patch(a, b)) as attributes
    from (
        select customer_id, rowid as row, attributes, row_number() over (partition by customer_id order by rowid) // 1000 as part
        from staged_customers
        where refusal is null and attributes is not null
            and customer_id in (
                select customer_id from staged_customers where refusal is null
                group by customer_id having min(attributes) <> max(attributes)
            )
    )
    group by customer_id, part
),
repeated as (
    select customer_id, list_reduce(list(attributes order by row), lambda a, b: json_merge_patch(a, b)) as attributes
    from parts
    group by customer_id
),
latest as (
    select
        customer_id,
        arg_max(email, rowid) as email, arg_max(name, rowid) as name, arg_max(language, rowid) as language,
        arg_max(country, rowid) as country, arg_max(created_at, rowid) as created_at,
        coalesce(any_value(r.attributes), arg_max(s.attributes, s.rowid)) as attributes,
        arg_max(s.empties, s.rowid) as empties
    from staged_customers as s left join repeated as r using (customer_id)
    where refusal is null
    group by customer_id
),
merged as (
    select
        l.customer_id,
        coalesce(l.email, c.email) as email, coalesce(l.name, c.name) as name,
        coalesce(l.language, c.language) as language, coalesce(l.country, c.country) as country,
        coalesce(l.created_at, c.created_at) as created_at,
        with_empties(
            case
                when l.attributes is null or c.attributes is null then coalesce(l.attributes, c.attributes)
                -- A patch moves the fields that it names to the end, so known values alone would count as a change.
                when l.attributes = c.attributes or list_has_all(fields_in(c.attributes), fields_in(l.attributes))
                    then c.attributes
                else json_merge_patch(c.attributes, l.attributes)
            end,
            l.empties
        ) as attributes,
        if(c.customer_id is null, getvariable('loaded_at'), c.known_since) as known_since,
        l.empties, c as stored
    from latest as l left join customers as c using (customer_id)
)
select
    * exclude (stored),
    stored.customer_id is null as is_new,
    struct_pack(*columns(* exclude (empties, stored))) is distinct from stored as is_changed
from merged;
-- fields_of: the columns and attributes of a customer as one object. No attribute has a column's name.
create temp macro fields_of(attributes, customer) as json_merge_patch(
    coalesce(attributes, '{}'),
    to_json(struct_pack(
        email := customer.email, name := customer.name, language := customer.language, country := customer.country,
        created_at := customer.created_at
    ))
);
-- with_emptied: a merge patch that also names the changed attributes that were known to be empty, since its own nulls stand for
-- what was not known.
create temp macro emptied(earlier, before) as list_transform(
    list_filter(
        fields_in(before), lambda field: json_type(field.value) = 'NULL' and list_contains(json_keys(earlier), field.name)
    ),
    lambda field: field.name
);
create temp macro with_emptied(earlier, before) as if(
    contains(cast(before as varchar), 'null') and len(emptied(earlier, before)) > 0,
    json_merge_patch(earlier, json_object('', emptied(earlier, before))),
    earlier
);
insert into customer_changes by name
select customer_id, getvariable('loaded_at') as changed_at, earlier, customer_hash(customer_id) as customer_hash
from (
    select
        m.customer_id,
        if(
            m.attributes is not distinct from c.attributes,
            json_merge_patch_diff(fields_of('{}', m), fields_of('{}', c)),
            -- What turns out to be empty is no change.
            with_emptied(
                json_merge_patch_diff(fields_of(m.attributes, m), fields_of(with_empties(c.attributes, m.empties), c)),
                c.attributes
            )
        ) as earlier
    from merged_customers as m join customers as c using (customer_id)
    where m.is_changed
)
where earlier <> '{}'
order by customer_hash, customer_id;
delete from customers using merged_customers as m where customers.customer_id = m.customer_id and m.is_changed;
insert into customers by name
select * exclude (empties, is_new, is_changed) from merged_customers where is_changed order by customer_id;

-- name: merge_messages#
-- merged_mails: one row per message with an e-mail in this load; is_changed: whether archived_mails gets another row. Of
-- several mails of an archive, the one that was matched most surely counts, then the last.
create temp table merged_mails as
with latest as (
    select s.campaign_id, s.customer_id, max(s.rowid) as row
    from staged_messages as s
    join content_files as f on f.file = s.file and f.path = s.content
    where s.refusal is null and f.content_id is not null
    group by s.campaign_id, s.customer_id
),
archived as (
    select campaign_id, customer_id, arg_max(rowid, row(-rank, rowid)) as row
    from staged_mails
    where refusal is null
    group by campaign_id, customer_id
),
mails as (
    select
        s.campaign_id, s.customer_id, if(f.headers is null, null, f.content_id) as content_id, f.headers, f.attachments,
        f.charset, f.signature, f.size_bytes, false as is_from_archive
    from latest as l
    join staged_messages as s on s.rowid = l.row
    join content_files as f on f.file = s.file and f.path = s.content
    union all
    select
        s.campaign_id, s.customer_id, s.content_id, s.headers, s.attachments, s.charset, s.signature, s.size_bytes,
        true as is_from_archive
    from archived as a
    join staged_mails as s on s.rowid = a.row
)
select
    m.*,
    a.campaign_id is null as is_new,
    row(m.content_id, m.headers, m.attachments, m.charset, m.signature, m.size_bytes)
    is distinct from row(a.content_id, a.headers, a.attachments, a.charset, a.signature, a.size_bytes) as is_changed
from mails as m
left join archived_mails as a on a.campaign_id = m.campaign_id and a.customer_id = m.customer_id;
delete from archived_mails using merged_mails as m
where archived_mails.campaign_id = m.campaign_id and archived_mails.customer_id = m.customer_id and m.is_changed;
insert into archived_mails by name
select * exclude (is_from_archive, is_new, is_changed)
from merged_mails
where is_changed and headers is not null
order by campaign_id, customer_id;
-- merged_messages: one row per message in this load, as merged_campaigns.
create temp table merged_messages as
with latest as (
    select
        s.campaign_id, s.customer_id,
        arg_max(s.message_id, s.rowid) as message_id, arg_max(s.email, s.rowid) as email,
        arg_max(s.sent_at, s.rowid) as sent_at, arg_max(s.not_sent_reason, s.rowid) as not_sent_reason,
        arg_max(s.not_sent_detail, s.rowid) as not_sent_detail, arg_max(s.merge_fields, s.rowid) as merge_fields,
        arg_max(f.content_id, s.rowid) as content_id
    from staged_messages as s
    left join content_files as f on f.file = s.file and f.path = s.content
    where s.refusal is null
    group by s.campaign_id, s.customer_id
),
merged as (
    select
        l.campaign_id, l.customer_id,
        coalesce(l.message_id, m.message_id) as message_id, coalesce(l.email, m.email) as email,
        coalesce(l.sent_at, m.sent_at) as sent_at,
        coalesce(l.not_sent_reason, m.not_sent_reason) as not_sent_reason,
        coalesce(l.not_sent_detail, m.not_sent_detail) as not_sent_detail,
        coalesce(l.merge_fields, m.merge_fields) as merge_fields,
        coalesce(l.content_id, m.content_id) as content_id,
        m as stored
    from latest as l left join messages as m using (campaign_id, customer_id)
)
select
    merged.* exclude (stored),
    stored.campaign_id is null as is_new,
    struct_pack(*columns(merged.* exclude (stored))) is distinct from stored or coalesce(mails.is_changed, false) as is_changed
from merged
left join merged_mails as mails using (campaign_id, customer_id);
delete from messages using merged_messages as m
where messages.campaign_id = m.campaign_id and messages.customer_id = m.customer_id and m.is_changed and not m.is_new;
insert into messages by name
select * exclude (is_new, is_changed) from merged_messages where is_changed order by campaign_id, customer_id;
-- A message may be listed with its Message-ID; its events have only the part before the @.
insert into message_aliases by name
select split_part(trim(message_id, '<>'), '@', 1) as message_id, message_id as other_id
from merged_messages
where is_changed and list_bool_or(list_transform(
    getvariable('provider_ids').hosts,
    lambda host: ends_with('.' || split_part(trim(message_id, '<>'), '@', 2), '.' || host)
))
except
select message_id, other_id from message_aliases;

-- name: set_provider_ids(ids)!
-- What `merge_events` knows about the providers' ids, as a JSON object: `shared` names the providers whose event ids cover
-- several recipients, `others` says for each provider where its payloads have a message's other ids, and `headers` where they
-- have the sender's headers (JSON paths). `hosts` are domains: a provider's Message-IDs have its id before the @, and one of
-- these domains or a subdomain after it.
set variable provider_ids = cast(
    cast(:ids as json) as struct(
        shared varchar[], others map(varchar, varchar[]), headers map(varchar, varchar), hosts varchar[]
    )
);

-- name: merge_events#
-- Adds the events that are new. Two events are the same if they have the same provider and event_id or, without one, the
-- same provider, campaign, customer, message, recipient, type, time and URL. Where an event_id covers several recipients
-- (`set_provider_ids`), the recipient is part of the key. New events get an event_number, our short key, above
-- last_event_number.
set variable last_event_number = (select coalesce(max(event_number), 0) from events);
create temp macro event_scope(provider, recipient) as coalesce(lower(provider), '') || ' ' || case
    when list_contains(getvariable('provider_ids').shared, provider) then coalesce(lower(recipient), '')
    else ''
end;
-- Few events come twice. A hash finds those that might, and only these are compared in full.
create temp table possible_duplicates as
with keyed as (
    select
        rowid as row,
        if(
            event_id is not null,
            hash(event_id, event_scope(provider, recipient)),
            hash(provider, campaign_id, customer_id, message_id, lower(recipient), type, occurred_at, url)
        ) as key
    from staged_events
    where refusal is null
)
select row from keyed semi join (select key from keyed group by key having count(*) > 1) using (key);
create temp table known_events as
select row
from (
    select
        s.rowid as row,
        if(
            s.event_id is not null,
            row_number() over (partition by s.event_id, event_scope(s.provider, s.recipient) order by s.rowid),
            row_number() over (
                partition by
                    s.event_id, s.provider, s.campaign_id, s.customer_id, s.message_id, lower(s.recipient), s.type,
                    s.occurred_at, s.url
                order by s.rowid
            )
        ) as occurrence
    from staged_events as s semi join possible_duplicates as d on d.row = s.rowid
)
where occurrence > 1
union
select s.rowid as row
from staged_events as s
semi join events as e
    on e.event_id = s.event_id and event_scope(e.provider, e.recipient) = event_scope(s.provider, s.recipient)
union
select s.rowid as row
from staged_events as s
semi join events as e
    on e.type = s.type and e.occurred_at = s.occurred_at and e.event_id is null and s.event_id is null
    and e.provider is not distinct from s.provider and e.campaign_id is not distinct from s.campaign_id
    and e.customer_id is not distinct from s.customer_id and e.message_id is not distinct from s.message_id
    and lower(e.recipient) is not distinct from lower(s.recipient) and e.url is not distinct from s.url;
insert into events by name
select
    getvariable('last_event_number') + 1 + s.rowid as event_number,
    s.* exclude (file, ordinal, refusal)
        replace (stored_ip(ip) as ip, cast(stored_ips(cast(payload as varchar), ip) as json) as payload),
    cast(null as varchar) as machine
from staged_events as s
anti join known_events as k on k.row = s.rowid
where s.refusal is null;
-- A mail has several ids, and a list of messages may have any of them. Only an event that names no campaign needs them.
insert into message_aliases by name
select message_id, other_id
from (
    select message_id, unnest(other_ids(message_id, provider, payload)) as other_id
    from staged_events as s
    anti join known_events as k on k.row = s.rowid
    where s.refusal is null and s.campaign_id is null and s.message_id is not null and s.provider is not null
        and not starts_with(s.message_id, 'erased-')
)
where other_id <> message_id and trim(other_id, '<>') <> ''
union
from staged_aliases
except
select message_id, other_id from message_aliases;
create temp view new_events as
select event_number, provider, campaign_id, customer_id, message_id, type, occurred_at
from events
where event_number > getvariable('last_event_number');
create temp table counted_events as
select
    coalesce(provider, '') as provider, type, count(*) as events, min(occurred_at) as first_at,
    max(occurred_at) as last_at
from new_events
group by all
union all by name
from event_counts;
delete from event_counts;
insert into event_counts by name
select provider, type, sum(events) as events, min(first_at) as first_at, max(last_at) as last_at
from counted_events
group by provider, type
order by provider, type;

-- name: merge_totals#
-- merged_totals: one row per campaign and source in this load, as merged_campaigns. The newest value counts, by as_of and then
-- by the order of loads and rows.
create temp table merged_totals as
with known as (
    select t.*, 0 as place, true as is_stored
    from reported_totals as t
    semi join (from staged_totals where refusal is null) as s using (campaign_id, source)
    union all by name
    select * exclude (file, ordinal, refusal), rowid + 1 as place, false as is_stored
    from staged_totals
    where refusal is null
),
merged as (
    select
        campaign_id, source, max(as_of) as as_of,
        arg_max(
            columns(* exclude (campaign_id, source, as_of, place, is_stored)),
            {'as_of': coalesce(as_of, timestamp '-infinity'), 'place': place}
        ),
        bool_or(is_stored) as is_stored
    from known
    group by campaign_id, source
)
select
    m.* exclude (is_stored),
    not is_stored as is_new,
    struct_pack(*columns(m.* exclude (is_stored))) is distinct from r as is_changed
from merged as m
left join reported_totals as r using (campaign_id, source);
delete from reported_totals using merged_totals as m
where reported_totals.campaign_id = m.campaign_id and reported_totals.source = m.source and m.is_changed;
insert into reported_totals by name
select * exclude (is_new, is_changed) from merged_totals where is_changed order by campaign_id, source;

-- name: create_refusals#
-- The rejected rows of the load; place is the order of their files.
create temp table new_refusals (place bigint, kind varchar, file varchar, line bigint, reason varchar, row varchar);

-- name: add_refusals()!
-- Adds rejected rows that were read in Python. The loader registers `more_refusals`.
insert into new_refusals by name from more_refusals;

-- name: first_refusals(most, length)
-- The first rejected rows by file and line, with the start of each row.
select kind, file, line, reason, left(row, :length) as row
from new_refusals
where kind <> 'files'
order by place, line, rowid
limit :most;

-- name: refused_parts(most)
-- Ranges of the rejected rows, each with about `most` bytes.
select min(id) as first, max(id) as last
from (select rowid as id, sum(strlen(row)) over (order by rowid) // :most as part from new_refusals)
group by part
order by part;

-- name: merge_refused(first, last)^
-- Keeps the rejected rows of a range, each once, and returns how many are new.
insert into refused by name
select kind, file, line, reason, row from new_refusals where rowid between :first and :last
except
select kind, file, line, reason, row from refused;

-- name: load_summary()
-- One row per kind: rows read, rows rejected, keys that are new, and known keys with something new.
select
    'campaigns' as kind,
    (select count(*) from staged_campaigns) as rows,
    (select count(*) from staged_campaigns where refusal is not null) as refused,
    count(*) filter (is_new) as new,
    count(*) filter (is_changed and not is_new) as changed
from merged_campaigns
union all by name
select
    'customers' as kind,
    (select count(*) from staged_customers) as rows,
    (select count(*) from staged_customers where refusal is not null) as refused,
    count(*) filter (is_new) as new,
    count(*) filter (is_changed and not is_new) as changed
from merged_customers
union all by name
select
    'messages' as kind,
    (select count(*) from staged_messages) as rows,
    (select count(*) from staged_messages where refusal is not null) as refused,
    count(*) filter (is_new) as new,
    count(*) filter (is_changed and not is_new) as changed
from merged_messages
union all by name
select
    'events' as kind,
    (select count(*) from staged_events) as rows,
    (select count(*) from staged_events where refusal is not null) as refused,
    (select count(*) from new_events) as new,
    0 as changed
union all by name
select
    'totals' as kind,
    (select count(*) from staged_totals) as rows,
    (select count(*) from staged_totals where refusal is not null) as refused,
    count(*) filter (is_new) as new,
    count(*) filter (is_changed and not is_new) as changed
from merged_totals
union all by name
select
    'e-mails' as kind,
    (select count(*) from staged_mails) as rows,
    (select count(*) from staged_mails where refusal is not null) as refused,
    count(*) filter (is_new) as new,
    count(*) filter (is_changed and not is_new) as changed
from merged_mails
where is_from_archive;

-- name: record_load#
-- Records what was loaded, when and from where. Webhooks are loaded every half minute, so all of one day's webhooks share one
-- row per kind. The loader registers `load_rows`.
create temp table todays_webhooks as
select l.*
from loads as l
semi join load_rows as r
    on l.source = 'webhooks' and r.source = l.source and cast(l.loaded_at as date) = cast(r.loaded_at as date);
delete from loads using todays_webhooks as t where loads.source = t.source and loads.loaded_at = t.loaded_at;
insert into loads by name
select
    max(loaded_at) as loaded_at, source, any_value(files) as files, kind, sum(rows) as rows, sum(new) as new,
    sum(changed) as changed, sum(refused) as refused
from (from todays_webhooks union all by name from load_rows)
group by source, kind
order by kind;

-- name: merge_positions#
-- Keeps how far the tables of a source were read; returns how many positions moved. The loader registers `new_positions`.
create temp table moved_positions as
select source, place, name, value from new_positions
except
select source, place, name, value from imports;
delete from imports using moved_positions as m
where imports.source = m.source and imports.place = m.place and imports.name = m.name;
insert into imports by name select source, place, name, value from moved_positions;
select count(*) as moved from moved_positions;

-- name: begin_transaction#
-- Starts a transaction: the statements until it ends take effect together or not at all.
begin transaction;

-- name: commit_transaction#
-- Ends the transaction; its statements take effect.
commit;

-- name: roll_back_transaction#
-- Ends the transaction as if it had not begun.
rollback;
