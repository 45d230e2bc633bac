-- What a person with a limited role may read (warehouse/scope.py): views that stand in for the tables of the served file.
-- {scope} is the name of the scope's catalog. {of_campaigns}, {of_customers} and {of_events} are joins that leave only its
-- campaigns, their customers and their events, or nothing if it isn't limited. {customers} and {all} are true or false: whether
-- single people, and all campaigns, may be seen. {attributes} and {earlier} are what is shown of these columns, and {with_names} the
-- join that they need. Every table needs a view here; tests/warehouse/test_scope.py fails without one.

-- name: create_scope#
-- An empty catalog in memory for the views.
attach ':memory:' as {scope} (compress);

-- name: use_scope#
-- Makes the scope's views the tables of this connection.
use {scope};

-- name: scoped_campaigns(tags, sender_domains)!
-- The campaigns of the scope: those with one of the tags, or sent from one of the domains or a subdomain.
create table {scope}.campaign_ids as
select campaign_id
from served.campaigns
where list_has_any(coalesce(tags, []), cast(:tags as varchar[]))
    or list_bool_or(list_transform(
        cast(:sender_domains as varchar[]),
        lambda allowed: ends_with('.' || lower(split_part(from_email, '@', -1)), '.' || allowed)
    ))
order by campaign_id;

-- name: scoped_customers#
-- The customers of the scope: those of its campaigns, sent or not.
create table {scope}.customer_ids as
select distinct customer_id from served.recipients semi join {scope}.campaign_ids using (campaign_id) order by customer_id;

-- name: scoped_attributes(names)!
-- The attributes of customers that the scope shows, if it doesn't show all. It always shows time zones, for opens by hour of the week.
create table {scope}.attribute_names as select cast(:names as varchar[]) || ['time_zone', 'timezone'] as names;

-- name: scoped_macros#
-- fields_of: those fields of a JSON object that have one of these names. changed_of: the same of a change of a customer, in which
-- columns are fields too, and the field without a name lists fields.
create macro {scope}.fields_of(value, names) as cast(
    map_from_entries(list_transform(
        list_filter(map_entries(cast(value as map(varchar, json))), lambda field: list_contains(names, field.key)),
        lambda field: struct_pack(
            key := field.key,
            value := if(field.key = '', to_json(list_intersect(try_cast(field.value as varchar[]), names)), field.value)
        )
    ))
    as json
);
create macro {scope}.changed_of(earlier, names) as
    {scope}.fields_of(earlier, names || ['email', 'name', 'language', 'country', 'created_at', '']);

-- name: scoped_views#
-- One view for each table.
create view {scope}.schema_version as from served.schema_version;
create view {scope}.campaigns as
select * replace (if({customers}, selection, null) as selection) from served.campaigns {of_campaigns};
create view {scope}.customers as
select
    customer_id, if({customers}, email, null) as email, if({customers}, name, null) as name, language, country,
    created_at,
    -- Time zones are counted by the hour of the week.
    if(
        {customers}, {attributes},
        json_object('time_zone', coalesce(attributes->>'$.time_zone', attributes->>'$.timezone'))
    ) as attributes,
    known_since
from served.customers {of_customers} {with_names};
create view {scope}.customer_changes as
select customer_changes.rowid, customer_changes.* replace ({earlier} as earlier)
from served.customer_changes {of_customers} {with_names}
where {customers};
-- Ids of e-mails are hashes, so one knows only those of campaigns and messages that one may see.
create view {scope}.contents as
from served.contents
where {customers} or content_id in (select content_id from served.campaigns);
create view {scope}.links as
from served.links
where {customers} or content_id in (select content_id from served.campaigns);
create view {scope}.messages as
select * replace (
    if({customers}, email, null) as email, if({customers}, not_sent_detail, null) as not_sent_detail,
    if({customers}, merge_fields, null) as merge_fields, if({customers}, content_id, null) as content_id
)
from served.messages {of_campaigns};
create view {scope}.message_events as
select * replace (if({customers}, url, null) as url) from served.message_events {of_campaigns};
-- Those of its messages, whatever campaign they name, if they name one.
create view {scope}.events as
select * replace (
    if({customers}, recipient, null) as recipient, if({customers}, ip, null) as ip, if({customers}, payload, null) as payload,
    if({customers}, url, null) as url, if({customers}, diagnostic, null) as diagnostic
)
from served.events {of_events};
create view {scope}.archived_mails as from served.archived_mails {of_campaigns} where {customers};
create view {scope}.kept_variants as from served.kept_variants {of_campaigns} where {customers};
create view {scope}.message_aliases as from served.message_aliases where {all} and {customers};
create view {scope}.reported_totals as from served.reported_totals {of_campaigns};
create view {scope}.imports as from served.imports where {all} and {customers};
create view {scope}.refused as from served.refused where {all} and {customers};
-- When the newest data was loaded says how old the figures are.
create view {scope}.loads as
select * replace (
    if({all}, rows, 0) as rows, if({all}, new, 0) as new, if({all}, changed, 0) as changed, if({all}, refused, 0) as refused,
    if({all}, files, []) as files
)
from served.loads;
-- The part of an address before the @ is personal, the mailbox provider behind it is counted.
create view {scope}.recipients as
select rowid, * replace (
    if({customers}, email, regexp_replace(email, '^.*@', '@', 's')) as email,
    if({customers}, known_email, regexp_replace(known_email, '^.*@', '@', 's')) as known_email,
    if({customers}, name, null) as name,
    if({customers}, not_sent_detail, null) as not_sent_detail,
    if({customers}, bounce_reason, regexp_replace(bounce_reason, '\S*@\S*', '…@…', 'g')) as bounce_reason,
    if({customers}, subject_fields, null) as subject_fields
)
from served.recipients {of_campaigns};
-- URLs that the mail doesn't contain may be a customer's own.
create view {scope}.link_clicks as
select * replace (if({customers} or link_position is not null, url, null) as url) from served.link_clicks {of_campaigns};
create view {scope}.campaign_totals as from served.campaign_totals {of_campaigns};
create view {scope}.campaign_hours as from served.campaign_hours {of_campaigns};
create view {scope}.apple_opens as from served.apple_opens {of_campaigns};
create view {scope}.campaign_headers as from served.campaign_headers {of_campaigns};
create view {scope}.machine_counts as from served.machine_counts {of_campaigns};
create view {scope}.event_counts as
select * replace (if({all}, events, 0) as events) from served.event_counts;
create view {scope}.unattributed as from served.unattributed where {all} and {customers};

-- name: drop_scope#
-- Removes a scope that could not be made.
detach {scope};
