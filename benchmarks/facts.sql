-- Generates the facts of a big sender inside the database. The distributions are those of mailsight/sample/traffic.py, but
-- based on hashes instead of random numbers, so that campaigns can be generated in parts and are the same every time.

-- name: begin#
-- chance: a reproducible number from 0 to 1 for each message and purpose.
create temp macro chance(campaign, customer, purpose) as
    cast(hash(campaign * 4000037 + customer, purpose) % 1000003 as double) / 1000003;
create temp table agents as
select row_number() over () - 1 as number, on_click, on_open
from (values
    ('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
     'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)'),
    ('Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36',
     'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)'),
    ('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
     'Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0.17928; ms-office; MSOffice 16)'),
    ('Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
     'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.3.0'),
    ('Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
     'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148'),
    ('Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-A546B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36',
     'Mozilla/5.0 (Linux; Android 13; SM-A546B) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.0.0 Mobile Safari/537.36'),
    ('Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
     'Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148')
) as t(on_click, on_open);
create temp table refusals as
from (values
    (0.40, 'hard', '5.1.1', '550 5.1.1 The email account that you tried to reach does not exist'),
    (0.60, 'hard', '5.1.10', '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup'),
    (0.80, 'soft', '4.2.2', '452 4.2.2 The recipient''s inbox is out of storage space'),
    (0.92, 'soft', '4.7.0', '421 4.7.0 Temporarily deferred due to unusual sending patterns'),
    (1.01, 'hard', '5.7.1', '550 5.7.1 Message rejected due to local policy')
) as t(up_to, bounce_type, smtp_status, diagnostic);

-- name: add_customers#
-- `population` must be registered: the customers to add.
insert into customers by name
select
    customer_id, nullif(email, '') as email, name, language, country, created_at,
    {'loyalty_tier': loyalty_tier, 'birth_year': birth_year, 'home_airport': home_airport}::json as attributes
from population
order by customer_id;

-- name: add_mailings#
-- These must be registered: `mailings`, the campaigns with their number of messages; `designs` and `design_links`, their
-- e-mails and links.
create temp table mailing as select * from mailings;
create temp table appeal as select * from design_links;
insert into campaigns by name
select
    campaign_id, name, subject, preheader, 'Sunwise Travel' as from_name,
    'hello@mail.sunwise.example' as from_email, sent_at, tags, cast(selection as json) as selection, content_id
from mailing order by campaign_id;
insert into contents select content_id, html, null from designs order by content_id;
insert into links select content_id, link_position, url, label from appeal order by content_id, link_position;

-- name: numbered_customers#
-- The customers, numbered from 0.
create temp table numbered as
select row_number() over (order by customer_id) - 1 as customer, customer_id, email from customers;

-- name: no_implied#
-- Every message is listed, so none is derived from events.
create temp table known_messages (
    campaign_id varchar, customer_id varchar, message_id varchar, email varchar, sent boolean, implied boolean
);

-- name: choose_part#
-- Selects the campaigns of one part for the next statements.
create or replace temp table part as select * from mailing where part = $part;
create or replace temp table touched as select campaign_id from part;

-- name: make_messages#
-- Selects customers and decides what happens to each message: the time of each event, or null. Steps of 7,919 through all
-- customers visit each of them once.
create or replace temp table outcomes as
with selected as (
    select
        p.campaign_id, p.number as campaign, p.content_id, p.sent_at as began_at,
        (i * 7919 + p.number * 104729) % $customers as customer, i
    from part as p, range(p.messages) as t(i)
),
sending as (
    select
        s.*, n.customer_id, n.email,
        case
            when n.email is null then 'no_address'
            when chance(campaign, s.customer, 1) < 0.012 then 'opted_out'
            when chance(campaign, s.customer, 1) < 0.018 then 'bounced_before'
            when chance(campaign, s.customer, 1) < 0.028 then 'no_consent'
            when chance(campaign, s.customer, 1) < 0.034 then 'frequency_cap'
            when chance(campaign, s.customer, 1) < 0.036 then 'invalid_address'
        end as not_sent_reason,
        began_at + to_milliseconds(i * 3) as left_at,
        chance(campaign, s.customer, 2) as fate,
        -- Some people open nearly everything; most open little.
        power(chance(0, s.customer, 3), 2.2) as eagerness,
        chance(0, s.customer, 4) < 0.25 as has_apple,
        cast(hash(s.customer, 5) % 7 as integer) as agent,
        '10.' || s.customer % 223 || '.' || (s.customer // 223) % 251 || '.' || (s.customer // 55973) as ip
    from selected as s join numbered as n on n.customer = s.customer
),
arrived as (
    select
        *,
        not_sent_reason is null and fate >= 0.015 as arrives,
        if(arrives, left_at + to_milliseconds(800 + cast(19000 * chance(campaign, customer, 6) as bigint)), null)
            as delivered_at,
        if(
            arrives and chance(campaign, customer, 7) < 0.72 * eagerness,
            delivered_at + to_milliseconds(120000 + cast(
                -28800000 * ln(1 - 0.99999 * chance(campaign, customer, 8)) as bigint)),
            null
        ) as opened_at
    from sending
)
select
    *,
    if(arrives and has_apple, delivered_at + to_milliseconds(60000 + cast(900000 * chance(campaign, customer, 9) as bigint)), null)
        as fetched_at,
    if(chance(campaign, customer, 10) < 0.3,
        opened_at + to_milliseconds(3600000 + cast(90000000 * chance(campaign, customer, 11) as bigint)), null)
        as opened_again_at,
    if(chance(campaign, customer, 12) < 0.2,
        opened_at + to_milliseconds(15000 + cast(60000 * chance(campaign, customer, 13) as bigint)), null) as clicked_at,
    if(chance(campaign, customer, 14) < 0.3,
        clicked_at + to_milliseconds(60000 + cast(240000 * chance(campaign, customer, 15) as bigint)), null)
        as clicked_again_at,
    if(chance(campaign, customer, 16) < 0.006,
        opened_at + to_milliseconds(400000 + cast(90000 * chance(campaign, customer, 17) as bigint)), null)
        as unsubscribed_at,
    if(arrives and chance(campaign, customer, 18) < 0.0003,
        delivered_at + to_milliseconds(1000000 + cast(9000000 * chance(campaign, customer, 19) as bigint)), null)
        as complained_at
from arrived;
insert into messages by name
select
    campaign_id, customer_id, email, if(not_sent_reason is null, left_at, null) as sent_at, not_sent_reason
from outcomes
order by campaign_id, customer_id;

-- name: make_events#
-- Adds the events of the part, in the order of the tables.
create or replace temp table happened as
with occurrences as (
    select campaign_id, customer_id, 'delivered' as type, delivered_at as occurred_at, null as ip, null as user_agent,
        null as link, null as content_id, null as refusal, null as machine
    from outcomes where delivered_at is not null
    union all
    select campaign_id, customer_id, 'bounced', left_at + to_milliseconds(2500), null, null, null, null,
        chance(campaign, customer, 20), null
    from outcomes where not_sent_reason is null and fate < 0.015
    union all
    select campaign_id, customer_id, 'deferred', left_at + to_milliseconds(300), null, null, null, null, null, null
    from outcomes where arrives and fate > 0.98
    union all
    select campaign_id, customer_id, 'opened', fetched_at, '17.58.' || customer % 64 || '.' || customer % 251,
        'Mozilla/5.0', null, null, null, 'apple_privacy'
    from outcomes where fetched_at is not null
    union all
    select campaign_id, customer_id, 'opened', opened_at, ip, on_open, null, null, null, null
    from outcomes join agents as a on a.number = agent where opened_at is not null
    union all
    select campaign_id, customer_id, 'opened', opened_again_at, ip, on_open, null, null, null, null
    from outcomes join agents as a on a.number = agent where opened_again_at is not null
    union all
    select campaign_id, customer_id, 'clicked', clicked_at, ip, on_click, chance(campaign, customer, 21), content_id, null, null
    from outcomes join agents as a on a.number = agent where clicked_at is not null
    union all
    select campaign_id, customer_id, 'clicked', clicked_again_at, ip, on_click, chance(campaign, customer, 22), content_id, null, null
    from outcomes join agents as a on a.number = agent where clicked_again_at is not null
    union all
    select campaign_id, customer_id, 'unsubscribed', unsubscribed_at, ip, on_click, null, null, null, null
    from outcomes join agents as a on a.number = agent where unsubscribed_at is not null
    union all
    select campaign_id, customer_id, 'complained', complained_at, null, null, null, null, null, null
    from outcomes where complained_at is not null
)
select
    $first + row_number() over (order by t.campaign_id, t.customer_id, t.occurred_at, t.type) as event_number,
    t.campaign_id, t.customer_id, t.type, t.occurred_at, l.url, l.link_position, t.ip, t.user_agent, t.machine,
    r.bounce_type, r.smtp_status, r.diagnostic
from occurrences as t
left join appeal as l on l.content_id = t.content_id and t.link >= l.chosen_from and t.link < l.chosen_to
asof left join refusals as r on t.refusal < r.up_to
order by event_number;
insert into events by name
select *, 'mailgun' as provider from happened order by event_number;
insert into message_events
select campaign_id, customer_id, event_number, type, occurred_at, url, link_position, machine
from happened order by event_number;

-- name: last_event()
select coalesce(max(event_number), 0) from happened;

-- name: finish#
-- Records the load.
insert into event_counts
select provider, type, count(*), min(occurred_at), max(occurred_at) from events group by all order by all;
insert into loads
select now(), 'benchmark', ['generated in the database'], kind, rows, rows, 0, 0
from (
    select 'campaigns' as kind, count(*) as rows from campaigns
    union all select 'customers', count(*) from customers
    union all select 'messages', count(*) from messages
    union all select 'events', count(*) from events
);
