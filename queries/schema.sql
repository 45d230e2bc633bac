-- The tables of a Mailsight database. docs/data.md explains each column.
-- There are no indexes: tables are stored sorted by campaign_id, so that DuckDB's zone maps skip all other campaigns,
-- and keys are kept unique by load.sql and proved by check_* before a generation is published.

-- name: create_schema#
-- The six tables of facts, what was refused, and the tables that are derived from the facts for each touched campaign.
-- Times are in UTC.
create table schema_version (version integer not null);

create table campaigns (
    campaign_id varchar not null, name varchar, subject varchar, preheader varchar, from_name varchar,
    from_email varchar, sent_at timestamp, tags varchar[], selection json, content_id varchar
);
create table customers (
    customer_id varchar not null, email varchar, name varchar, language varchar, country varchar,
    created_at timestamp, attributes json
);
create table contents (content_id varchar not null, html varchar, text varchar);
create table links (content_id varchar not null, link_position integer not null, url varchar, label varchar);
create table messages (
    campaign_id varchar not null, customer_id varchar not null, message_id varchar, email varchar, sent_at timestamp,
    not_sent_reason varchar, not_sent_detail varchar, merge_fields json, content_id varchar
);
-- event_number is ours: a short key for events, of which some have no event_id. machine: null, or the rule of
-- docs/machines.md by which no person did it.
create table events (
    event_number bigint not null, event_id varchar, provider varchar, campaign_id varchar, customer_id varchar,
    message_id varchar, recipient varchar, type varchar not null, occurred_at timestamp not null, url varchar,
    link_position integer, bounce_type varchar, reject_reason varchar, smtp_status varchar, diagnostic varchar,
    user_agent varchar, ip varchar, provider_machine boolean, machine varchar, payload json, method varchar
);
create table refused (kind varchar not null, file varchar not null, line bigint, reason varchar not null, row varchar);
-- What was loaded when and from where, a row per load and kind; all that webhooks brought on one day is one.
create table loads (
    loaded_at timestamp not null, source varchar not null, files varchar[] not null, kind varchar not null,
    rows bigint not null, new bigint not null, changed bigint not null, refused bigint not null
);

-- Derived: each event at the message it belongs to, once. link_position is the link of the mail that was clicked,
-- also where the event told only a URL; null for a URL that the mail does not hold.
create table message_events (
    campaign_id varchar not null, customer_id varchar not null, event_number bigint not null, type varchar not null,
    occurred_at timestamp not null, url varchar, link_position integer, machine varchar
);
-- Derived: a row per message, sent or not; implied where only events tell of it. all_* counts every event, human_*
-- leaves out those that machines made. customer_hash is customer_hash(customer_id); subject_fields are the message's merge
-- fields where the campaign's subject may name one; is_archived: the message has a copy of its own. name is the customer's,
-- known_email the customer's where the message has no email: a million customers are sorted and searched without a join.
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
-- Derived: a row per clicked link of a campaign and audience; link_position is null for URLs that the mail does not hold.
-- unplaced: those of the clicks that told only a URL, so that any link of the mail with this URL may be the clicked one.
create table link_clicks (
    campaign_id varchar not null, audience varchar not null, link_position integer, url varchar,
    clicks bigint not null, clickers bigint not null, unplaced bigint not null
);
-- Derived: a row per campaign and audience, with the counts of metrics.Counts and the five states. sent_at is when
-- sending began: what the campaign says, else its first message.
create table campaign_totals (
    campaign_id varchar not null, audience varchar not null, selected bigint not null, sent bigint not null,
    not_sent bigint not null, undeliverable bigint not null, delivered bigint not null, opened bigint not null,
    clicked bigint not null, unsubscribed bigint not null, complained bigint not null, opted_out bigint not null,
    opens bigint not null, clicks bigint not null,
    status_not_received bigint not null, status_received bigint not null, status_opened bigint not null,
    status_clicked bigint not null, status_opted_out bigint not null, sent_at timestamp
);
-- Derived: a row per campaign, audience and hour in which somebody opened or clicked. hour: whole hours since sending
-- began, 0 also for what was before it; since the first event where no time of sending is known. opens and clicks are
-- events; opened and clicked are delivered messages by the hour of their first open or click, and of their first click.
create table campaign_hours (
    campaign_id varchar not null, audience varchar not null, hour integer not null, opens bigint not null,
    clicks bigint not null, opened bigint not null, clicked bigint not null
);
-- Derived: a row per campaign with the delivered mails whose pictures Apple's proxy loaded, and all others; opened: by a
-- person. unseen: nobody else loaded the pictures or clicked; of these, what state they are in for each audience.
create table apple_opens (
    campaign_id varchar not null, proxied bigint not null, unseen bigint not null, seen_delivered bigint not null,
    seen_opened bigint not null, human_received bigint not null, all_opened bigint not null
);
-- Derived: how many events of each type each rule of docs/machines.md found, per campaign.
create table machine_counts (
    campaign_id varchar not null, reason varchar not null, type varchar not null, events bigint not null
);
-- Derived: a row per provider and type of event, and the events that found no message yet.
create table event_counts (
    provider varchar not null, type varchar not null, events bigint not null, first_at timestamp not null,
    last_at timestamp not null
);
create table unattributed (event_number bigint not null);

-- name: create_macros#
-- What several queries share. Every load creates them again, so that a migration need not.

-- Two bytes of a customer's id. A scan over all campaigns compares these first, and the id itself only in the few rows that
-- match. MD5, because DuckDB's own hash may change between versions.
create or replace macro customer_hash(id) as cast(md5_number_lower(id) & 65535 as usmallint);

-- The columns of the customers' grid for one campaign and audience. Customers who were not mailed have the status not_sent.
create or replace macro recipients_grid(of_campaign, audience) as table
select
    rowid as row, customer_id, coalesce(name, '') as name, coalesce(email, known_email, '') as email,
    coalesce(if(audience = 'all', all_status, human_status), 'not_sent') as status,
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
