-- Erasing people: each table of the old database without them. docs/personal-data.md says what is kept, and why.

-- name: rewrite_campaigns#
-- They say "erased" where they mention a person.
insert into campaigns by name
select c.* replace (
    without_words(c.name, m.patterns) as name, without_words(c.subject, m.patterns) as subject,
    without_words(c.preheader, m.patterns) as preheader, without_words(c.from_name, m.patterns) as from_name,
    email_without_words(c.from_email, m.patterns) as from_email,
    list_transform(c.tags, lambda tag: without_words(tag, m.patterns)) as tags,
    json_without_values(json_without_words(c.selection, m.patterns), s.ids) as selection
)
from old.campaigns as c
left join mentioned as m on m.place = 'campaigns' and m.row = c.rowid
left join selection_ids as s on s.row = c.rowid;

-- name: rewrite_customers#
-- Countries and time zones are counted by the hour of the week.
insert into customers by name
select c.* replace (
    coalesce(i.nobody, c.customer_id) as customer_id,
    if(i.nobody is null, c.email, coalesce(a.nobody, if(c.email is null, null, ''))) as email,
    if(i.nobody is null, c.name, null) as name, if(i.nobody is null, c.language, null) as language,
    if(i.nobody is null, c.created_at, null) as created_at,
    if(i.nobody is null, json_without_words(c.attributes, m.patterns), nobodys_attributes(c.attributes)) as attributes,
    if(i.nobody is null, c.known_since, null) as known_since
)
from old.customers as c
left join erased_ids as i using (customer_id)
left join erased_addresses as a on a.address = lower(c.email)
left join mentioned as m on m.place = 'customers' and m.row = c.rowid;

-- name: rewrite_customer_changes#
-- That a customer changed is known, but not how.
insert into customer_changes by name
select c.* replace (
    coalesce(i.nobody, c.customer_id) as customer_id,
    if(i.nobody is null, coalesce(json_without_words(c.earlier, m.patterns), '{}'), '{}') as earlier,
    if(i.nobody is null, c.customer_hash, customer_hash(i.nobody)) as customer_hash
)
from old.customer_changes as c
left join erased_ids as i using (customer_id)
left join mentioned as m on m.place = 'customer_changes' and m.row = c.rowid;

-- name: rewrite_contents#
-- Without the copies that only erased people received.
insert into contents by name
select c.* replace (without_words(c.html, m.patterns) as html, without_words(c.text, m.patterns) as text)
from old.contents as c
left join mentioned as m on m.place = 'contents' and m.row = c.rowid
where c.content_id not in (select content_id from erased_contents);

-- name: rewrite_links#
-- Without the links of such copies.
insert into links by name
select l.* replace (without_words(l.url, m.patterns) as url, without_words(l.label, m.patterns) as label)
from old.links as l
left join mentioned as m on m.place = 'links' and m.row = l.rowid
where l.content_id not in (select content_id from erased_contents);

-- name: rewrite_messages#
-- That they were sent, and when, is counted.
insert into messages by name
select m.* replace (
    coalesce(i.nobody, m.customer_id) as customer_id,
    if(i.nobody is null, m.message_id, coalesce(x.nobody, m.message_id)) as message_id,
    if(i.nobody is null, m.email, coalesce(a.nobody, if(m.email is null, null, ''))) as email,
    if(i.nobody is null, without_words(m.not_sent_detail, w.patterns), null) as not_sent_detail,
    if(i.nobody is null, json_without_words(m.merge_fields, w.patterns), null) as merge_fields,
    if(i.nobody is null, m.content_id, null) as content_id
)
from old.messages as m
left join renamed as i using (campaign_id, customer_id)
left join erased_messages as x on x.message_id = m.message_id
left join erased_addresses as a on a.address = lower(m.email)
left join mentioned as w on w.place = 'messages' and w.row = m.rowid;

-- name: rewrite_events#
-- What happened, when and to which link is counted. Events of others may mention an erased person.
insert into events by name
select e.* replace (
    if(x.event_number is null, e.event_id, x.event_id) as event_id,
    if(x.event_number is null, e.customer_id, x.customer_id) as customer_id,
    if(x.event_number is null, e.message_id, x.message_id) as message_id,
    if(x.event_number is null, e.recipient, x.recipient) as recipient,
    if(x.event_number is null, without_words(e.url, m.patterns), without_words(x.url, o.patterns)) as url,
    if(x.event_number is null, without_words(e.diagnostic, m.patterns), x.diagnostic) as diagnostic,
    if(x.event_number is null, e.user_agent, x.user_agent) as user_agent,
    if(x.event_number is null, e.ip, x.ip) as ip,
    if(x.event_number is null, json_without_words(e.payload, m.patterns), null) as payload
)
from old.events as e
left join erased_events as x using (event_number)
left join mentioned as m on m.place = 'events' and m.row = e.rowid
left join mentioned as o on o.place = 'erased events' and o.row = e.event_number
where e.event_number not in (select event_number from past_unmatched);

-- name: rewrite_archived_mails#
-- Without their mails.
insert into archived_mails by name
select a.* replace (
    without_words(a.headers, m.patterns) as headers,
    coalesce(json_without_words(a.attachments, m.patterns), '[]') as attachments
)
from old.archived_mails as a
anti join renamed using (campaign_id, customer_id)
left join mentioned as m on m.place = 'archived_mails' and m.row = a.rowid;

-- name: rewrite_kept_variants#
-- Which variant somebody got is counted.
insert into kept_variants by name
select v.* replace (coalesce(i.nobody, v.customer_id) as customer_id)
from old.kept_variants as v
left join renamed as i using (campaign_id, customer_id);

-- name: renamed_campaigns()
-- The campaigns of renamed messages that were sent.
select distinct campaign_id
from old.recipients semi join renamed using (campaign_id, customer_id)
where sent and not starts_with(customer_id, 'erased-')
order by campaign_id;

-- name: keep_variants(keys, variant_ids)!
-- Adds the variants that people of renamed messages got, by their keys. It takes the parameters of variant_keys too.
insert into kept_variants by name
with recipients as (select r.*, r.rowid from old.recipients as r semi join renamed using (campaign_id, customer_id)),
messages as (from old.messages), archived_mails as (from old.archived_mails), customers as (from old.customers),
customer_changes as (select *, rowid from old.customer_changes), campaigns as (from old.campaigns),
kept_variants as (from old.kept_variants)
select k.campaign_id, i.nobody as customer_id, v.variant_id
from ({query variant_keys}) as k
join renamed as i on i.campaign_id = k.campaign_id and i.customer_id = k.customer_id
join (
    select unnest(cast(:keys as varchar[])) as key, unnest(cast(:variant_ids as varchar[])) as variant_id
) as v on v.key = k.key
where not k.is_erased;

-- name: rewrite_message_aliases#
-- Ids that are also those of other people's messages stay as well.
insert into message_aliases by name
select message_id, other_id
from old.message_aliases
where not coalesce(message_id in (select message_id from erased_messages where not is_shared), false)
    and not coalesce(other_id in (select message_id from erased_messages where not is_shared), false)
union all by name
select m.nobody as message_id, o.nobody as other_id
from old.message_aliases as a
join erased_messages as m on m.message_id = a.message_id
join erased_messages as o on o.message_id = a.other_id;

-- name: rewrite_reported_totals#
-- Totals name nobody.
insert into reported_totals by name from old.reported_totals;

-- name: rewrite_imports#
-- Positions name nobody.
insert into imports by name from old.imports;

-- name: rewrite_refused#
-- Why a row was rejected is known, but not the row.
insert into refused by name
select r.* replace (
    if(x.row is null and m.row is null, r.file, nobodys_file(r.file, x.words, m.patterns)) as file,
    if(x.row is null and m.row is null, r.row, '') as row,
    if(x.row is null and m.row is null, r.reason, nobodys_reason(r.reason, x.words, m.patterns)) as reason
)
from old.refused as r
left join refused_mentions as x on x.row = r.rowid
left join mentioned as m on m.place = 'refused' and m.row = r.rowid
where r.rowid not in (select row from past_refused);

-- name: rewrite_loads#
-- A file may have the name of a person.
insert into loads by name
select l.* replace (list_transform(l.files, lambda file: without_words(file, m.patterns)) as files)
from old.loads as l left join mentioned as m on m.place = 'loads' and m.row = l.rowid;

-- name: rewrite_message_events#
-- As events.
insert into message_events by name
select me.* replace (
    coalesce(i.nobody, me.customer_id) as customer_id,
    if(x.event_number is null, without_words(me.url, m.patterns), without_words(x.url, o.patterns)) as url
)
from old.message_events as me
left join renamed as i using (campaign_id, customer_id)
left join erased_events as x using (event_number)
left join mentioned as m on m.place = 'message_events' and m.row = me.rowid
left join mentioned as o on o.place = 'erased events' and o.row = me.event_number;

-- name: rewrite_recipients#
-- Everything that is counted stays.
insert into recipients by name
select r.* replace (
    coalesce(i.nobody, r.customer_id) as customer_id,
    if(i.nobody is null, r.email, coalesce(a.nobody, if(r.email is null, null, ''))) as email,
    if(i.nobody is null, r.name, null) as name,
    if(i.nobody is null, r.known_email, coalesce(k.nobody, if(r.known_email is null, null, ''))) as known_email,
    if(i.nobody is null, r.customer_hash, customer_hash(i.nobody)) as customer_hash,
    if(i.nobody is null, json_without_words(r.subject_fields, m.patterns), null) as subject_fields,
    if(i.nobody is null, r.is_archived, false) as is_archived,
    if(i.nobody is null, without_words(r.not_sent_detail, m.patterns), null) as not_sent_detail,
    if(i.nobody is null, without_words(r.bounce_reason, m.patterns), nobodys_text(
        r.bounce_reason, coalesce(r.email, r.known_email), r.name, r.customer_id
    )) as bounce_reason
)
from old.recipients as r
left join renamed as i using (campaign_id, customer_id)
left join erased_addresses as a on a.address = lower(r.email)
left join erased_addresses as k on k.address = lower(r.known_email)
left join mentioned as m on m.place = 'recipients' and m.row = r.rowid;

-- name: rewrite_link_clicks#
-- A URL that nobody else clicked says nothing but its host.
insert into link_clicks by name
select k.* replace (
    without_words(if(k.link_position is null, coalesce(u.nobody, k.url), k.url), m.patterns) as url
)
from old.link_clicks as k
left join erased_urls as u on u.url = k.url
left join mentioned as m on m.place = 'link_clicks' and m.row = k.rowid;

-- name: rewrite_campaign_totals#
-- Figures stay as they are.
insert into campaign_totals by name from old.campaign_totals;

-- name: rewrite_campaign_hours#
-- Figures stay as they are.
insert into campaign_hours by name from old.campaign_hours;

-- name: rewrite_apple_opens#
-- Figures stay as they are.
insert into apple_opens by name from old.apple_opens;

-- name: rewrite_campaign_headers#
-- As campaigns.
insert into campaign_headers by name
select h.* replace (
    without_words(h.name, m.patterns) as name, without_words(h.subject, m.patterns) as subject,
    without_words(h.from_name, m.patterns) as from_name, email_without_words(h.from_email, m.patterns) as from_email
)
from old.campaign_headers as h
left join mentioned as m on m.place = 'campaign_headers' and m.row = h.rowid;

-- name: rewrite_machine_counts#
-- Figures stay as they are.
insert into machine_counts by name from old.machine_counts;

-- name: rewrite_event_counts#
-- Without what is removed.
insert into event_counts by name
select c.* replace (c.events - coalesce(p.events, 0) as events)
from old.event_counts as c
left join (
    select coalesce(provider, '') as provider, type, count(*) as events
    from old.events semi join past_unmatched using (event_number)
    group by all
) as p using (provider, type)
where c.events > coalesce(p.events, 0);

-- name: rewrite_unattributed#
-- The events without a message are the same, unless they are removed.
insert into unattributed by name
from old.unattributed where event_number not in (select event_number from past_unmatched);
