-- The tables of a Mailsight database. docs/data.md explains every column.
-- There are no indexes. Tables are stored sorted by campaign_id, so DuckDB's zone maps skip all other campaigns. Loads keep
-- the keys unique, and failed_checks proves it before a generation is published.

-- name: create_schema#
-- The eleven tables of facts, the rejected rows, and the tables derived from the facts. All times are UTC.
create table schema_version (version integer not null);

create table campaigns (
    campaign_id varchar not null, name varchar, subject varchar, preheader varchar, from_name varchar,
    from_email varchar, sent_at timestamp, tags varchar[], selection json, content_id varchar,
    source varchar, merge_language varchar
);
-- known_since: the load that first stored the customer; null for one from before version 7.
create table customers (
    customer_id varchar not null, email varchar, name varchar, language varchar, country varchar,
    created_at timestamp, attributes json, known_since timestamp
);
-- What loads changed of customers. earlier: a JSON merge patch (RFC 7396) that turns the columns and attributes after the change
-- back into those before it; null for what was not known, or known to be empty if the list "" has its name. Rows stay in the order
-- of loads, and are sorted by customer_hash within each, so a customer's are found without reading those of others.
create table customer_changes (
    customer_id varchar not null, changed_at timestamp not null, earlier json not null, customer_hash usmallint not null
);
create table contents (content_id varchar not null, html varchar, text varchar);
create table links (content_id varchar not null, link_position integer not null, url varchar, label varchar);
create table messages (
    campaign_id varchar not null, customer_id varchar not null, message_id varchar, email varchar, sent_at timestamp,
    not_sent_reason varchar, not_sent_detail varchar, merge_fields json, content_id varchar
);
-- event_number is our short key, since events may lack an event_id. machine is the rule of docs/machines.md that caught the
-- event, or null for a person's.
create table events (
    event_number bigint not null, event_id varchar, provider varchar, campaign_id varchar, customer_id varchar,
    message_id varchar, recipient varchar, type varchar not null, occurred_at timestamp not null, url varchar,
    link_position integer, bounce_type varchar, reject_reason varchar, smtp_status varchar, diagnostic varchar,
    user_agent varchar, ip varchar, provider_machine boolean, machine varchar, payload json, method varchar
);
-- The raw e-mails that customers received: one row per message of which one was loaded. It counts before the content of the
-- message.
create table archived_mails (
    campaign_id varchar not null, customer_id varchar not null, content_id varchar not null, headers varchar not null,
    attachments json not null, charset varchar, signature varchar, size_bytes bigint not null
);
-- Which variant of an e-mail each erased person got, because the values that decided it are gone. customer_id: what stands
-- for the person.
create table kept_variants (campaign_id varchar not null, customer_id varchar not null, variant_id varchar not null);
-- A message's other ids, by the id that its events have: from events that name no campaign, and Message-IDs that a provider
-- made of that id.
create table message_aliases (message_id varchar not null, other_id varchar not null);
-- A campaign's totals as another program reports them, for campaigns whose recipients it doesn't name.
create table reported_totals (
    campaign_id varchar not null, source varchar not null, as_of timestamp, recipients bigint, sent bigint,
    delivered bigint, bounces bigint, hard_bounces bigint, soft_bounces bigint, opened bigint, opens bigint,
    clicked bigint, clicks bigint, unsubscribed bigint, complained bigint, orders bigint, revenue double,
    currency varchar
);
-- How far the tables of each source were read: the next import starts at the value. place: its address without a password. If
-- it is empty, the name identifies contents that were read, and the value holds the settings with which they were last read, or
-- a hash of them if the name is that of the contents alone.
create table imports (source varchar not null, place varchar not null, name varchar not null, value varchar not null);
-- Rows that could not be loaded, with the reason.
create table refused (kind varchar not null, file varchar not null, line bigint, reason varchar not null, row varchar);
-- What was loaded, when and from where: one row per load and kind. All of one day's webhooks count as one load.
create table loads (
    loaded_at timestamp not null, source varchar not null, files varchar[] not null, kind varchar not null,
    rows bigint not null, new bigint not null, changed bigint not null, refused bigint not null
);

-- Derived: every event of a message, once. link_position is the link that was clicked, also if the event has only a URL; null
-- for a URL that the mail does not contain.
create table message_events (
    campaign_id varchar not null, customer_id varchar not null, event_number bigint not null, type varchar not null,
    occurred_at timestamp not null, url varchar, link_position integer, machine varchar
);
-- Derived: one row per message, sent or not. implied: known from events only. all_* counts every event, human_* leaves out
-- those by machines. subject_fields are the merge fields, if the campaign's subject may use one. is_archived: the message has
-- an e-mail of its own. name and known_email (only if the message has no address) are copied from the customer, so that the
-- grid can sort and search a million customers without a join. customer_hash: see the macro of that name.
create table recipients (
    campaign_id varchar not null, customer_id varchar not null, email varchar, implied boolean not null,
    sent_at timestamp, sent boolean not null, delivered boolean not null, not_sent_reason varchar,
    not_sent_detail varchar, bounced_at timestamp, bounce_type varchar, bounce_reason varchar,
    unsubscribed boolean not null, complained boolean not null,
    all_status varchar, all_opens bigint not null, all_clicks bigint not null, all_links_clicked bigint not null,
    all_first_opened_at timestamp, all_last_opened_at timestamp, all_first_clicked_at timestamp,
    all_last_clicked_at timestamp,
    human_status varchar, human_opens bigint not null, human_clicks bigint not null,
    human_links_clicked bigint not null, human_first_opened_at timestamp, human_last_opened_at timestamp,
    human_first_clicked_at timestamp, human_last_clicked_at timestamp, human_unsubscribed boolean not null,
    customer_hash usmallint not null, subject_fields json, is_archived boolean not null, name varchar,
    known_email varchar
);
-- Derived: one row per campaign, audience and clicked link; link_position is null for URLs that the mail does not contain.
-- unplaced: the clicks with only a URL, which any link of the mail with that URL may have received.
create table link_clicks (
    campaign_id varchar not null, audience varchar not null, link_position integer, url varchar,
    clicks bigint not null, clickers bigint not null, unplaced bigint not null
);
-- Derived: one row per campaign and audience, with the counts of metrics.Counts and the five statuses. sent_at is the start of
-- sending: the campaign's own time, else that of its first message. reported: the counts that are as reported_by reports them,
-- at reported_at. Null counts are unknown.
create table campaign_totals (
    campaign_id varchar not null, audience varchar not null, selected bigint, sent bigint, not_sent bigint,
    undeliverable bigint, delivered bigint, opened bigint, clicked bigint, unsubscribed bigint, complained bigint,
    opted_out bigint, opens bigint, clicks bigint,
    status_not_received bigint, status_received bigint, status_opened bigint, status_clicked bigint,
    status_opted_out bigint, sent_at timestamp,
    reported_by varchar, reported_at timestamp, reported varchar[]
);
-- Derived: one row per campaign, audience and hour with an open or click. hour counts from the start of sending, or from the
-- first event if that is unknown; what happened earlier counts in hour 0. opens and clicks are events. opened and clicked are
-- delivered messages, counted in the hour of their first open or click, and of their first click.
create table campaign_hours (
    campaign_id varchar not null, audience varchar not null, hour integer not null, opens bigint not null,
    clicks bigint not null, opened bigint not null, clicked bigint not null
);
-- Derived: one row per campaign. proxied: delivered mails whose pictures Apple's proxy loaded; unseen: those of them that no
-- person opened or clicked; human_received and all_opened: the unseen by their status in each audience. seen_*: all other
-- delivered mails, and those of them that a person opened.
create table apple_opens (
    campaign_id varchar not null, proxied bigint not null, unseen bigint not null, seen_delivered bigint not null,
    seen_opened bigint not null, human_received bigint not null, all_opened bigint not null
);
-- Derived: what the events of a campaign say about its e-mail, if campaigns doesn't. known_campaigns combines both.
create table campaign_headers (
    campaign_id varchar not null, name varchar, subject varchar, from_name varchar, from_email varchar
);
-- Derived: how many events of each type each rule of docs/machines.md caught, per campaign.
create table machine_counts (
    campaign_id varchar not null, reason varchar not null, type varchar not null, events bigint not null
);
-- Derived: one row per provider and type of event.
create table event_counts (
    provider varchar not null, type varchar not null, events bigint not null, first_at timestamp not null,
    last_at timestamp not null
);
-- Derived: the events without a message so far.
create table unattributed (event_number bigint not null);

-- name: create_macros#
-- What several queries share. Every load creates them again, so that a migration need not.

-- Two bytes of a customer's id. A scan over all campaigns compares these first, and the id itself only in the few rows that
-- match. MD5, because DuckDB's own hash may change between versions.
create or replace macro customer_hash(id) as cast(md5_number_lower(id) & 65535 as usmallint);

-- The campaigns with their subjects and senders, from campaigns or else from events. is_listed: whether campaigns has them.
create or replace macro known_campaigns() as table
select
    campaign_id, coalesce(c.name, h.name) as name, coalesce(c.subject, h.subject) as subject, c.preheader,
    if(c.from_email <> h.from_email, c.from_name, coalesce(c.from_name, h.from_name)) as from_name,
    coalesce(c.from_email, h.from_email) as from_email, c.sent_at, c.tags, c.selection, c.content_id, c.source,
    c.merge_language, c.campaign_id is not null as is_listed
from campaigns as c
full join campaign_headers as h using (campaign_id);

-- What other programs report of campaigns, as the counts of metrics.Counts; null if unknown. Of the messages sent, delivered
-- and bounced, two give the third. Who both unsubscribed and complained counts twice in opted_out: reports don't tell.
create or replace macro reported_counts() as table
with bounced as (
    select * replace (coalesce(bounces, hard_bounces + soft_bounces) as bounces) from reported_totals
),
mailed as (
    select * replace (coalesce(sent, delivered + bounces) as sent) from bounced
)
select
    campaign_id, source, as_of,
    recipients as selected, sent,
    case when recipients >= sent then recipients - sent end as not_sent,
    coalesce(bounces, case when sent >= delivered then sent - delivered end) as undeliverable,
    coalesce(delivered, case when sent >= bounces then sent - bounces end) as delivered,
    opened, clicked, unsubscribed, complained, unsubscribed + complained as opted_out, opens, clicks
from mailed
where coalesce(recipients, sent, delivered, bounces, opened, opens, clicked, clicks, unsubscribed, complained) is not null;

-- The columns of the customers' grid for one campaign and audience. Customers who were not mailed have the status planned if
-- the campaign is only planned (see the query campaign_list), else not_sent.
create or replace macro recipients_grid(of_campaign, audience) as table
select
    rowid as row, customer_id, coalesce(name, '') as name, coalesce(email, known_email, '') as email,
    coalesce(
        if(audience = 'all', all_status, human_status),
        (
            select 'planned' from campaign_totals as t semi join campaigns as c using (campaign_id)
            where t.campaign_id = of_campaign and t.audience = 'all' and t.sent = 0 and t.sent_at is null
        ),
        'not_sent'
    ) as status,
    not_sent_reason, sent_at,
    if(audience = 'all', all_first_opened_at, human_first_opened_at) as first_opened_at,
    if(audience = 'all', all_opens, human_opens) as opens,
    if(audience = 'all', all_first_clicked_at, human_first_clicked_at) as first_clicked_at,
    if(audience = 'all', all_clicks, human_clicks) as clicks,
    if(audience = 'all', all_links_clicked, human_links_clicked) as links_clicked,
    coalesce(bounce_reason, '') as bounce_reason
from recipients
where campaign_id = of_campaign;

-- name: set_schema_version(version)!
-- Records the version of a new database's tables.
insert into schema_version (version) values (:version);
