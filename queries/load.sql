-- From staged rows to facts. A row that is loaded again changes nothing; a value replaces what was known, an empty one
-- leaves it. Of several rows with one key the last value counts, so that the order of files decides and not their number.

-- name: merge_contents#
-- E-mails that staged rows name; `files`, `read_contents` and `read_links` are registered by the loader. Contents are
-- stored once however often they are used.
insert into content_files select file, path, content_id, refusal from files;
insert into links
select content_id, link_position, url, label from read_links anti join contents using (content_id)
order by content_id, link_position;
insert into contents
select content_id, html, text from read_contents anti join contents using (content_id);

-- name: refuse_missing_contents#
-- Refuses the rows whose e-mail could not be read.
update staged_campaigns set refusal = bad.refusal
from content_files as bad
where bad.refusal is not null and staged_campaigns.file = bad.file and staged_campaigns.template = bad.path
    and staged_campaigns.refusal is null;
update staged_messages set refusal = bad.refusal
from content_files as bad
where bad.refusal is not null and staged_messages.file = bad.file and staged_messages.content = bad.path
    and staged_messages.refusal is null;

-- name: merge_campaigns#
-- merged_campaigns: a row per campaign of this load, with what it says and what was known.
create temp table merged_campaigns as
with latest as (
    select
        s.campaign_id,
        arg_max(s.name, s.rowid) as name, arg_max(s.subject, s.rowid) as subject,
        arg_max(s.preheader, s.rowid) as preheader, arg_max(s.from_name, s.rowid) as from_name,
        arg_max(s.from_email, s.rowid) as from_email, arg_max(s.sent_at, s.rowid) as sent_at,
        arg_max(s.tags, s.rowid) as tags, arg_max(s.selection, s.rowid) as selection,
        arg_max(f.content_id, s.rowid) as content_id
    from staged_campaigns as s
    left join content_files as f on f.file = s.file and f.path = s.template
    where s.refusal is null
    group by s.campaign_id
)
select
    l.campaign_id,
    coalesce(l.name, c.name) as name, coalesce(l.subject, c.subject) as subject,
    coalesce(l.preheader, c.preheader) as preheader, coalesce(l.from_name, c.from_name) as from_name,
    coalesce(l.from_email, c.from_email) as from_email, coalesce(l.sent_at, c.sent_at) as sent_at,
    coalesce(l.tags, c.tags) as tags, coalesce(l.selection, c.selection) as selection,
    coalesce(l.content_id, c.content_id) as content_id,
    c.campaign_id is null as is_new,
    is_new
    or (l.name is not null and l.name is distinct from c.name)
    or (l.subject is not null and l.subject is distinct from c.subject)
    or (l.preheader is not null and l.preheader is distinct from c.preheader)
    or (l.from_name is not null and l.from_name is distinct from c.from_name)
    or (l.from_email is not null and l.from_email is distinct from c.from_email)
    or (l.sent_at is not null and l.sent_at is distinct from c.sent_at)
    or (l.tags is not null and l.tags is distinct from c.tags)
    or (l.selection is not null and l.selection is distinct from c.selection)
    or (l.content_id is not null and l.content_id is distinct from c.content_id) as is_changed
from latest as l left join campaigns as c using (campaign_id);
delete from campaigns using merged_campaigns as m where campaigns.campaign_id = m.campaign_id and m.is_changed;
insert into campaigns
select * exclude (is_new, is_changed) from merged_campaigns where is_changed order by campaign_id;

-- name: merge_customers#
-- merged_customers: a row per customer of this load; attributes are merged one by one.
create temp table merged_customers as
with latest as (
    select
        customer_id,
        arg_max(email, rowid) as email, arg_max(name, rowid) as name, arg_max(language, rowid) as language,
        arg_max(country, rowid) as country, arg_max(created_at, rowid) as created_at,
        arg_max(attributes, rowid) as attributes
    from staged_customers
    where refusal is null
    group by customer_id
)
select
    l.customer_id,
    coalesce(l.email, c.email) as email, coalesce(l.name, c.name) as name,
    coalesce(l.language, c.language) as language, coalesce(l.country, c.country) as country,
    coalesce(l.created_at, c.created_at) as created_at,
    case when l.attributes is null or c.attributes is null then coalesce(l.attributes, c.attributes)
        else json_merge_patch(c.attributes, l.attributes) end as attributes,
    c.customer_id is null as is_new,
    is_new
    or (l.email is not null and l.email is distinct from c.email)
    or (l.name is not null and l.name is distinct from c.name)
    or (l.language is not null and l.language is distinct from c.language)
    or (l.country is not null and l.country is distinct from c.country)
    or (l.created_at is not null and l.created_at is distinct from c.created_at)
    or (l.attributes is not null and json_merge_patch(c.attributes, l.attributes) is distinct from c.attributes)
        as is_changed
from latest as l left join customers as c using (customer_id);
delete from customers using merged_customers as m where customers.customer_id = m.customer_id and m.is_changed;
insert into customers
select * exclude (is_new, is_changed) from merged_customers where is_changed order by customer_id;

-- name: merge_messages#
-- merged_messages: a row per message of this load, with what it says and what was known.
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
)
select
    l.campaign_id, l.customer_id,
    coalesce(l.message_id, m.message_id) as message_id, coalesce(l.email, m.email) as email,
    coalesce(l.sent_at, m.sent_at) as sent_at, coalesce(l.not_sent_reason, m.not_sent_reason) as not_sent_reason,
    coalesce(l.not_sent_detail, m.not_sent_detail) as not_sent_detail,
    coalesce(l.merge_fields, m.merge_fields) as merge_fields, coalesce(l.content_id, m.content_id) as content_id,
    m.campaign_id is null as is_new,
    is_new
    or (l.message_id is not null and l.message_id is distinct from m.message_id)
    or (l.email is not null and l.email is distinct from m.email)
    or (l.sent_at is not null and l.sent_at is distinct from m.sent_at)
    or (l.not_sent_reason is not null and l.not_sent_reason is distinct from m.not_sent_reason)
    or (l.not_sent_detail is not null and l.not_sent_detail is distinct from m.not_sent_detail)
    or (l.merge_fields is not null and l.merge_fields is distinct from m.merge_fields)
    or (l.content_id is not null and l.content_id is distinct from m.content_id) as is_changed
from latest as l left join messages as m using (campaign_id, customer_id);
delete from messages using merged_messages as n
where messages.campaign_id = n.campaign_id and messages.customer_id = n.customer_id and n.is_changed and not n.is_new;
insert into messages
select * exclude (is_new, is_changed) from merged_messages where is_changed order by campaign_id, customer_id;

-- name: merge_events#
-- The same event twice counts once: by its event_id; without one, by provider, message, type, time and url. Amazon SES
-- tells of several customers in one notification: there, the recipient is a part of the event's key.
-- New events are those with an event_number, our short key, above last_event_number.
set variable last_event_number = (select coalesce(max(event_number), 0) from events);
create temp macro told_of(provider, recipient) as
    case when provider = 'amazon_ses' then coalesce(lower(recipient), '') else '' end;
-- Few events come twice. A short hash finds those that may, and only these are compared in full.
create temp table suspects as
with keyed as (
    select
        rowid as row,
        if(
            event_id is not null,
            hash(event_id, told_of(provider, recipient)),
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
            row_number() over (partition by s.event_id, told_of(s.provider, s.recipient) order by s.rowid),
            row_number() over (
                partition by
                    s.event_id, s.provider, s.campaign_id, s.customer_id, s.message_id, lower(s.recipient), s.type,
                    s.occurred_at, s.url
                order by s.rowid
            )
        ) as place
    from staged_events as s semi join suspects on suspects.row = s.rowid
)
where place > 1
union
select s.rowid as row
from staged_events as s
semi join events as e
    on e.event_id = s.event_id and told_of(e.provider, e.recipient) = told_of(s.provider, s.recipient)
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
    s.* exclude (file, ordinal, refusal),
    cast(null as varchar) as machine
from staged_events as s
anti join known_events as k on k.row = s.rowid
where s.refusal is null;
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

-- name: merge_refused()^
-- Keeps the refused rows, each once; `refused_rows` is registered by the loader. How many were not known before.
insert into refused
select kind, file, line, reason, row from refused_rows
except
select kind, file, line, reason, row from refused;

-- name: load_summary()
-- A row per kind: rows read, of these refused, keys that were new, keys that were known but say something new.
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
    0 as changed;

-- name: record_load#
-- Keeps what was loaded, when and from where; `load_rows` is registered by the loader. All that webhooks brought on one
-- day is one row a kind: they are loaded every half minute.
create temp table recorded as
select l.*
from loads as l
semi join load_rows as r
    on l.source = 'webhooks' and r.source = l.source and cast(l.loaded_at as date) = cast(r.loaded_at as date);
delete from loads using recorded as r where loads.source = r.source and loads.loaded_at = r.loaded_at;
insert into loads by name
select
    max(loaded_at) as loaded_at, source, any_value(files) as files, kind, sum(rows) as rows, sum(new) as new,
    sum(changed) as changed, sum(refused) as refused
from (from recorded union all by name from load_rows)
group by source, kind
order by kind;
