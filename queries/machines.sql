-- Decides which opens, clicks and unsubscriptions of the touched campaigns machines made (docs/machines.md). Each rule adds
-- the events it catches to suspected; if several rules catch an event, the first in the order of machines.RULES counts.

-- name: has_requests()^
-- Whether any event of the touched campaigns is one that a machine could have made.
select exists(
    from message_events semi join touched using (campaign_id) where type in ('opened', 'clicked', 'unsubscribed')
) as has_requests;

-- name: gather_agents()
-- The user agents behind opens and clicks in touched campaigns, each once.
select distinct e.user_agent
from message_events as me
semi join touched using (campaign_id)
join events as e using (event_number)
where me.type in ('opened', 'clicked') and e.user_agent is not null;

-- name: gather_requests#
-- requests: one row per event that a machine could have made, with everything that the rules look at. The loader registers
-- `agents`, which says what each user agent is. time_us is in microseconds since 1970. network is the /24 of an IPv4 address,
-- the /48 of an IPv6 address. link is a hash of the clicked link; links of the mail with the same URL are one.
create or replace temp macro network(ip) as
    case
        when contains(ip, '.') then nullif(regexp_extract(ip, '(\d+\.\d+\.\d+)\.\d+$', 1), '')
        when contains(ip, ':') then array_to_string(
            list_transform(
                list_slice(string_split(split_part(lower(ip), '::', 1), ':') || ['0', '0', '0'], 1, 3),
                lambda part: coalesce(nullif(ltrim(part, '0'), ''), '0')
            ),
            ':'
        )
    end;
create or replace temp macro link_of(position, url) as hash(position, if(position is null, url, null));
create or replace temp macro unsubscribes(text) as regexp_matches(
    text,
    'unsub|opt-?_?out|remove|abmeld|abbestell|austrag|d[eé]s(inscri|abonn)|uitschrij|afmeld|darse de baja|disiscri|'
    || 'avregistr|avprenum|avmeld|frameld|wypis|odhl[aá]s|leiratkoz',
    'i'
);
create or replace temp table requests as
with link_places as (
    select
        c.campaign_id, l.link_position,
        min(l.link_position) over (partition by c.campaign_id, l.url) as first_position
    from campaigns as c
    semi join touched using (campaign_id)
    join links as l using (content_id)
)
select
    me.campaign_id, me.customer_id, me.event_number, me.type, epoch_us(me.occurred_at) as time_us,
    if(me.type = 'clicked', link_of(p.first_position, me.url), null) as link,
    a.kind, e.user_agent, network(e.ip) as network, e.ip, e.provider, e.provider_machine, e.method
from message_events as me
semi join touched using (campaign_id)
join events as e using (event_number)
left join agents as a on a.user_agent = e.user_agent
left join link_places as p on p.campaign_id = me.campaign_id and p.link_position = me.link_position
where me.type in ('opened', 'clicked', 'unsubscribed');
-- own_requests: the requests from the user's own program, not from an image proxy.
create or replace temp view own_requests as
from requests
where type in ('opened', 'clicked') and network is not null and kind is distinct from 'proxied'
    and kind is distinct from 'gmail_prefetch' and not (type = 'opened' and kind is not distinct from 'bare');
-- mail_links: the links of each campaign's e-mail, in the order of the document, and how many there are.
create or replace temp table mail_links as
select
    campaign_id, link_of(first_position, null) as link, is_unsubscribe,
    row_number() over (partition by campaign_id order by first_position) as place,
    count(*) over (partition by campaign_id) as links
from (
    select
        c.campaign_id, min(l.link_position) as first_position,
        bool_or(unsubscribes(l.url) or unsubscribes(coalesce(l.label, ''))) as is_unsubscribe
    from campaigns as c
    semi join touched using (campaign_id)
    join links as l using (content_id)
    where regexp_matches(l.url, '^https?://', 'i')
    group by c.campaign_id, l.url
);
-- unsubscribe_links: the clicked links that unsubscribe, by their address or label.
create or replace temp table unsubscribe_links as
select campaign_id, link from mail_links where is_unsubscribe
union
select campaign_id, link_of(null, url) as link
from (
    select distinct campaign_id, url
    from message_events semi join touched using (campaign_id)
    where type = 'clicked' and url is not null
)
where unsubscribes(url);
-- arrivals: when each message was delivered: its first delivered event, or else its first sent event, or else its sent_at.
create or replace temp table arrivals as
with logged as (
    select
        me.campaign_id, me.customer_id, bool_or(me.type = 'delivered') as is_delivery,
        epoch_us(coalesce(min(me.occurred_at) filter (me.type = 'delivered'), min(me.occurred_at))) as time_us
    from message_events as me
    semi join touched using (campaign_id)
    where me.type in ('delivered', 'sent')
    group by me.campaign_id, me.customer_id
)
from logged
union all by name
select m.campaign_id, m.customer_id, false as is_delivery, epoch_us(m.sent_at) as time_us
from messages as m
semi join touched using (campaign_id)
anti join logged as a on a.campaign_id = m.campaign_id and a.customer_id = m.customer_id
where m.sent_at is not null;
-- timed_campaigns: the campaigns whose times have seconds. Spreadsheets often have none, which makes all clicks of a minute
-- look simultaneous.
create or replace temp table timed_campaigns as
select campaign_id from requests group by campaign_id having bool_or(time_us % 60000000 <> 0);
-- message_domains: the domain of each clicked message's address, if known. The loader says which of them are companies'.
create or replace temp table message_domains as
select campaign_id, customer_id, min(lower(split_part(email, '@', -1))) as domain
from (
    select me.campaign_id, me.customer_id, e.recipient as email
    from message_events as me
    semi join touched using (campaign_id)
    join events as e using (event_number)
    where me.type = 'clicked'
    union all
    select m.campaign_id, m.customer_id, m.email
    from messages as m
    semi join (select campaign_id, customer_id from requests where type = 'clicked') using (campaign_id, customer_id)
)
where contains(email, '@')
group by campaign_id, customer_id;
create or replace temp table company_domains (domain varchar);
create or replace temp table suspected (event_number bigint, reason varchar);
-- first_opens: when a person seems to have opened each message first. Opens within arrival_seconds of delivery say nothing.
create or replace temp macro first_opens(arrival_seconds) as table
select r.campaign_id, r.customer_id, min(r.time_us) as time_us
from requests as r
left join arrivals as a on a.campaign_id = r.campaign_id and a.customer_id = r.customer_id
where r.type = 'opened' and (r.kind is null or r.kind in ('person', 'proxied'))
    and r.event_number not in (select event_number from suspected)
    and coalesce(r.time_us > a.time_us + cast(1000000 * arrival_seconds as bigint), true)
group by r.campaign_id, r.customer_id;
create or replace temp table named_ips (ip varchar, network varchar);

-- name: gather_domains()
-- The domains of the clicked messages in touched campaigns.
select distinct domain from message_domains;

-- name: name_companies#
-- company_domains: the domains in the table `domains`, which the loader registers.
insert into company_domains by name from domains;

-- name: name_ips#
-- named_ips: the IP addresses in a named network. The loader registers `networks`, each with its first and last
-- address as a number; networks of the same name don't overlap. IPv4 addresses have the numbers that they have in IPv6.
create or replace temp macro ip_number(ip) as
    case
        when contains(ip, '.') then list_reduce(
            list_transform(string_split(split_part(ip, ':', -1), '.'), lambda part: try_cast(part as uhugeint)),
            lambda number, part: 256 * number + part
        ) + 281470681743360
        else list_reduce(
            list_transform(
                string_split(split_part(ip, '::', 1), ':')
                || list_resize(
                    cast([] as varchar[]),
                    if(contains(ip, '::'), 8 - len(string_split(split_part(ip, '::', 1), ':'))
                        - len(string_split(split_part(ip, '::', 2), ':')), 0),
                    '0'
                )
                || if(contains(ip, '::'), string_split(split_part(ip, '::', 2), ':'), []),
                lambda part: if(part = '', 0, try_cast('0x' || part as uhugeint))
            ),
            lambda number, part: 65536 * number + part
        )
    end;
insert into named_ips by name
select i.ip, n.network
from (
    select ip, ip_number(ip) as number
    from (select distinct ip from requests where network is not null)
    where number is not null
) as i
cross join (select distinct network from networks) as names
asof join (
    select network, cast(first as uhugeint) as first, cast(last as uhugeint) as last from networks
) as n on n.network = names.network and i.number >= n.first
where i.number <= n.last;

-- name: find_apple_privacy#
-- Opens by Apple's privacy proxy: by its user agent, or from its addresses with a user agent that names no browser.
insert into suspected by name
select event_number, 'apple_privacy' as reason
from requests
where type = 'opened' and (
    kind = 'bare'
    or (
        ip in (select ip from named_ips where network = 'apple')
        and not regexp_matches(coalesce(user_agent, ''), 'Safari|Chrome|Firefox|Edg|OPR')
    )
);

-- name: find_gmail_prefetch#
-- Pictures that Gmail prefetched.
insert into suspected by name
select event_number, 'gmail_prefetch' as reason from requests where type <> 'unsubscribed' and kind = 'gmail_prefetch';

-- name: find_head_request#
-- HEAD requests, which ask for headers only.
insert into suspected by name
select event_number, 'head_request' as reason from requests where type <> 'unsubscribed' and method = 'HEAD';

-- name: find_scanner_agent#
-- User agents of scanners, crawlers and libraries.
insert into suspected by name
select event_number, 'scanner_agent' as reason
from requests
where type <> 'unsubscribed' and (kind = 'scanner_agent' or (kind = 'bare' and type = 'clicked'));

-- name: find_own_network#
-- Requests from networks that the settings name as machines.
insert into suspected by name
select event_number, 'own_network' as reason
from requests
where type <> 'unsubscribed' and ip in (select ip from named_ips where network = 'machine');

-- name: find_provider#
-- Events that the provider itself marked as made by a machine.
insert into suspected by name
select event_number, 'provider' as reason from requests where type <> 'unsubscribed' and provider_machine;

-- name: find_burst_links(burst_links, burst_links_seconds, burst_pair_seconds, unsubscribe_pair_seconds, burst_pause_seconds)!
-- Clicks on burst_links or more different links of a message within burst_links_seconds; or on two, within burst_pair_seconds if
-- the mail has only two links, or within unsubscribe_pair_seconds if one of them unsubscribes; and the clicks that follow without
-- a pause.
insert into suspected by name
with marked as (
    select
        r.campaign_id, r.customer_id, r.event_number, r.time_us, r.link,
        t.campaign_id is not null and u.link is not null as is_unsubscribe,
        t.campaign_id is not null and m.campaign_id is not null as is_of_two
    from requests as r
    left join timed_campaigns as t on t.campaign_id = r.campaign_id
    left join unsubscribe_links as u on u.campaign_id = r.campaign_id and u.link = r.link
    left join (select distinct campaign_id from mail_links where links = 2) as m on m.campaign_id = r.campaign_id
    where r.type = 'clicked'
),
clicks as (
    from marked
    semi join (
        select campaign_id, customer_id
        from marked
        group by campaign_id, customer_id
        having count(distinct link) >= if(bool_or(is_unsubscribe or is_of_two), least(2, :burst_links), :burst_links)
    ) using (campaign_id, customer_id)
),
counted as (
    select
        *,
        count(distinct link) over (
            partition by campaign_id, customer_id order by time_us
            range between current row and cast(1000000 * :burst_links_seconds as bigint) following
        ) >= :burst_links as begins,
        (is_of_two and min(link) over pair <> max(link) over pair)
        or (bool_or(is_unsubscribe) over leaving and min(link) over leaving <> max(link) over leaving) as begins_pair,
        time_us - lag(time_us) over (partition by campaign_id, customer_id order by time_us)
        > cast(1000000 * :burst_pause_seconds as bigint) as paused
    from clicks
    window
        pair as (
            partition by campaign_id, customer_id order by time_us
            range between current row and cast(1000000 * :burst_pair_seconds as bigint) following
        ),
        leaving as (
            partition by campaign_id, customer_id order by time_us
            range between current row and cast(1000000 * :unsubscribe_pair_seconds as bigint) following
        )
),
bursts as (
    select
        *,
        coalesce(bool_or(begins) over (
            partition by campaign_id, customer_id order by time_us
            range between cast(1000000 * :burst_links_seconds as bigint) preceding and current row
        ), false)
        or coalesce(bool_or(begins_pair) over (
            partition by campaign_id, customer_id order by time_us
            range between cast(1000000 * greatest(:burst_pair_seconds, :unsubscribe_pair_seconds) as bigint) preceding
            and current row
        ), false) as inside,
        count(*) filter (paused) over (partition by campaign_id, customer_id order by time_us) as run
    from counted
)
select event_number, 'burst_links' as reason
from bursts
qualify bool_or(inside) over (partition by campaign_id, customer_id, run);

-- name: find_burst_whole_mail(whole_mail_links, whole_mail_seconds, slow_links, slow_pause_seconds, visit_opened_seconds, arrival_seconds, unknown_mail_messages)!
-- Clicks on every link of the mail within whole_mail_seconds, or without a pause of slow_pause_seconds. With fewer links than
-- slow_links, only the former, and only if nobody opened the mail before. If the mail is unknown, its links are those
-- clicked in at least two messages, once enough messages were clicked. Scanners may skip the unsubscribe link of a mail with
-- many links. Another click on the same link within these seconds does not belong to the burst.
insert into suspected by name
with clicked as (
    select campaign_id, link, count(distinct customer_id) as customers
    from requests
    where type = 'clicked' and campaign_id not in (select campaign_id from mail_links)
    group by campaign_id, link
),
links_of as (
    select campaign_id, link, is_unsubscribe as may_miss from mail_links
    union all by name
    select campaign_id, link, false as may_miss
    from clicked
    where customers > 1 and campaign_id in (
        select campaign_id
        from requests
        where type = 'clicked'
        group by campaign_id
        having count(distinct customer_id) >= :unknown_mail_messages
    )
),
wanted as (
    select
        campaign_id,
        if(count(*) filter (not may_miss) >= 8, count(*) filter (not may_miss), count(*)) as links
    from links_of
    group by campaign_id
    having count(*) >= least(:whole_mail_links, :slow_links)
),
clicks as (
    select
        r.campaign_id, r.customer_id, r.event_number, r.time_us, l.link, w.links,
        w.links >= :slow_links
        or coalesce(o.time_us >= r.time_us - cast(1000000 * :visit_opened_seconds as bigint), true) as may_begin
    from requests as r
    semi join (
        select r.campaign_id, r.customer_id
        from requests as r
        join wanted as w using (campaign_id)
        where r.type = 'clicked'
        group by r.campaign_id, r.customer_id, w.links
        having count(distinct r.link) >= w.links
            and bool_or(r.event_number not in (select event_number from suspected))
    ) as many on many.campaign_id = r.campaign_id and many.customer_id = r.customer_id
    join wanted as w on w.campaign_id = r.campaign_id
    left join links_of as l on l.campaign_id = r.campaign_id and l.link = r.link
    left join first_opens(:arrival_seconds) as o on o.campaign_id = r.campaign_id and o.customer_id = r.customer_id
    where r.type = 'clicked'
),
first_clicks as (
    select
        *,
        link is not null and coalesce(
            time_us - lag(time_us) over (partition by campaign_id, customer_id, link order by time_us)
            > cast(1000000 * :whole_mail_seconds as bigint), true
        ) as is_first,
        time_us - lag(time_us) over (partition by campaign_id, customer_id order by time_us)
        > cast(1000000 * :slow_pause_seconds as bigint) as paused
    from clicks
),
counted as (
    select
        *,
        may_begin and links >= :whole_mail_links and count(distinct link) over following >= links as begins,
        max(time_us) filter (is_first) over following as ends,
        count(*) filter (paused) over (partition by campaign_id, customer_id order by time_us) as run
    from first_clicks
    window following as (
        partition by campaign_id, customer_id order by time_us
        range between current row and cast(1000000 * :whole_mail_seconds as bigint) following
    )
),
slow_visits as (
    select campaign_id, customer_id, run, max(first_us) as ends
    from (
        select campaign_id, customer_id, run, link, links, min(time_us) as first_us
        from counted
        where link is not null and links >= :slow_links
        group by campaign_id, customer_id, run, link, links
    )
    group by campaign_id, customer_id, run, links
    having count(*) >= links
)
select c.event_number, 'burst_whole_mail' as reason
from counted as c
left join slow_visits as v on v.campaign_id = c.campaign_id and v.customer_id = c.customer_id and v.run = c.run
qualify coalesce(c.time_us <= v.ends, false) or c.time_us <= max(c.ends) filter (c.begins) over (
    partition by c.campaign_id, c.customer_id order by c.time_us
    range between cast(1000000 * :whole_mail_seconds as bigint) preceding and current row
);

-- name: find_burst_networks(burst_networks, burst_networks_seconds, burst_pause_seconds)!
-- Opens and clicks of a message from burst_networks or more networks within burst_networks_seconds, and the requests that
-- follow without a pause.
insert into suspected by name
with seen as (
    select campaign_id, customer_id, event_number, time_us, network
    from own_requests
    semi join (
        select campaign_id, customer_id
        from own_requests
        group by campaign_id, customer_id
        having count(distinct network) >= :burst_networks
    ) using (campaign_id, customer_id)
),
counted as (
    select
        *,
        count(distinct network) over (
            partition by campaign_id, customer_id order by time_us
            range between current row and cast(1000000 * :burst_networks_seconds as bigint) following
        ) >= :burst_networks as begins,
        time_us - lag(time_us) over (partition by campaign_id, customer_id order by time_us)
        > cast(1000000 * :burst_pause_seconds as bigint) as paused
    from seen
),
bursts as (
    select
        *,
        coalesce(bool_or(begins) over (
            partition by campaign_id, customer_id order by time_us
            range between cast(1000000 * :burst_networks_seconds as bigint) preceding and current row
        ), false) as inside,
        count(*) filter (paused) over (partition by campaign_id, customer_id order by time_us) as run
    from counted
)
select event_number, 'burst_networks' as reason
from bursts
qualify bool_or(inside) over (partition by campaign_id, customer_id, run);

-- name: find_network_across(across_messages, across_seconds, across_percent)!
-- Requests right at delivery from a network that does the same to many messages of the campaign. Messages are grouped before
-- they are counted: DuckDB spills groups to disk, but not what it needs for count(distinct).
insert into suspected by name
with busy as (
    select campaign_id, type, network
    from (select distinct campaign_id, type, network, customer_id from own_requests)
    group by campaign_id, type, network
    having count(*) >= :across_messages
),
seen as (
    select
        r.campaign_id, r.customer_id, r.event_number, r.type, r.network,
        coalesce(abs(r.time_us - a.time_us) <= cast(1000000 * :across_seconds as bigint), false) as early
    from own_requests as r
    semi join busy as b on b.campaign_id = r.campaign_id and b.type = r.type and b.network = r.network
    left join arrivals as a on a.campaign_id = r.campaign_id and a.customer_id = r.customer_id
),
across as (
    select campaign_id, type, network
    from (
        select campaign_id, type, network, customer_id, bool_or(early) as early
        from seen
        group by campaign_id, type, network, customer_id
    )
    group by campaign_id, type, network
    having count(*) filter (early) >= :across_messages
        and 100 * count(*) filter (early) >= :across_percent * count(*)
)
select event_number, 'network_across' as reason
from seen semi join across using (campaign_id, type, network)
where early;

-- name: find_agent_across(across_messages, across_seconds, across_percent, visit_opened_seconds, arrival_seconds)!
-- Clicks right at delivery, before anybody opened the mail, that one user agent makes in many messages to the same company.
insert into suspected by name
with clicks as (
    select
        r.campaign_id, r.customer_id, r.event_number, r.user_agent, d.domain,
        coalesce(abs(r.time_us - a.time_us) <= cast(1000000 * :across_seconds as bigint), false)
        and coalesce(o.time_us >= r.time_us - cast(1000000 * :visit_opened_seconds as bigint), true) as early
    from requests as r
    semi join timed_campaigns using (campaign_id)
    join message_domains as d on d.campaign_id = r.campaign_id and d.customer_id = r.customer_id
    semi join company_domains as c on c.domain = d.domain
    left join arrivals as a on a.campaign_id = r.campaign_id and a.customer_id = r.customer_id
    left join first_opens(:arrival_seconds) as o on o.campaign_id = r.campaign_id and o.customer_id = r.customer_id
    where r.type = 'clicked' and r.user_agent is not null
),
across as (
    select campaign_id, domain, user_agent
    from clicks
    group by campaign_id, domain, user_agent
    having count(distinct customer_id) filter (early) >= :across_messages
        and 100 * count(distinct customer_id) filter (early) >= :across_percent * count(distinct customer_id)
)
select event_number, 'agent_across' as reason
from clicks semi join across using (campaign_id, domain, user_agent)
where early;

-- name: find_on_arrival(arrival_seconds, before_arrival_seconds)!
-- Clicks and unsubscriptions in the moment of delivery, sooner than a person can react; also just before it, because some
-- gateways visit the links before they accept the mail.
insert into suspected by name
select r.event_number, 'on_arrival' as reason
from requests as r
semi join timed_campaigns using (campaign_id)
join arrivals as a on a.campaign_id = r.campaign_id and a.customer_id = r.customer_id
where (r.type = 'clicked' or (r.type = 'unsubscribed' and r.method is distinct from 'POST'))
    and r.time_us <= a.time_us + cast(1000000 * :arrival_seconds as bigint)
    and r.time_us >= a.time_us - if(a.is_delivery, cast(1000000 * :before_arrival_seconds as bigint), 0);

-- name: find_first_visit(all_links_seconds, first_links, first_links_seconds, visit_pause_seconds, visit_opened_seconds, arrival_seconds)!
-- Clicks soon after delivery that follow each other without a pause, and are the first that happens to a message: on all links
-- of the mail, or on its first links, first_links or more, in the order of the document.
insert into suspected by name
with clicks as (
    select
        r.campaign_id, r.customer_id, r.event_number, r.time_us, l.place, l.links,
        r.time_us - lag(r.time_us) over (partition by r.campaign_id, r.customer_id order by r.time_us)
        > cast(1000000 * :visit_pause_seconds as bigint) as paused
    from requests as r
    semi join timed_campaigns using (campaign_id)
    semi join (
        select r.campaign_id, r.customer_id
        from requests as r
        join mail_links as l on l.campaign_id = r.campaign_id and l.link = r.link
        join arrivals as a on a.campaign_id = r.campaign_id and a.customer_id = r.customer_id
        where r.type = 'clicked'
        group by r.campaign_id, r.customer_id
        having count(distinct r.link) >= 2 and min(l.place) = 1
            and min(abs(r.time_us - a.time_us))
            <= cast(1000000 * greatest(:first_links_seconds, :all_links_seconds) as bigint)
            and bool_or(r.event_number not in (select event_number from suspected))
    ) as several on several.campaign_id = r.campaign_id and several.customer_id = r.customer_id
    left join mail_links as l on l.campaign_id = r.campaign_id and l.link = r.link
    where r.type = 'clicked'
),
runs as (
    select *, count(*) filter (paused) over (partition by campaign_id, customer_id order by time_us) as run
    from clicks
),
numbered as (
    select
        *, row_number() over (partition by campaign_id, customer_id, run order by first_us, place) as visited_as
    from (
        select campaign_id, customer_id, run, place, links, min(time_us) as first_us
        from runs
        where place is not null
        group by campaign_id, customer_id, run, place, links
    )
),
visits as (
    select
        campaign_id, customer_id, run, min(first_us) as begins, max(first_us) as ends,
        count(*) >= :first_links and bool_and(place = visited_as) as takes_first_links
    from numbered
    group by campaign_id, customer_id, run, links
    having takes_first_links or count(*) = links
),
first_visits as (
    select v.*
    from visits as v
    join arrivals as a on a.campaign_id = v.campaign_id and a.customer_id = v.customer_id
    anti join (
        from first_opens(:arrival_seconds)
        union all by name
        select campaign_id, customer_id, time_us
        from requests
        where type = 'clicked' and event_number not in (select event_number from suspected)
    ) as r
        on r.campaign_id = v.campaign_id and r.customer_id = v.customer_id
        and r.time_us < v.begins - cast(1000000 * :visit_opened_seconds as bigint)
    where abs(v.begins - a.time_us)
        <= cast(1000000 * if(v.takes_first_links, :first_links_seconds, :all_links_seconds) as bigint)
)
select r.event_number, 'first_visit' as reason
from runs as r
join first_visits as v on v.campaign_id = r.campaign_id and v.customer_id = r.customer_id and v.run = r.run
where r.time_us <= v.ends;

-- name: find_burst_open(burst_open_seconds, burst_open_network_seconds)!
-- Opens next to a click by a machine: by time alone, or within a longer time from the same network.
insert into suspected by name
with clicks as (
    select campaign_id, customer_id, time_us, network
    from requests semi join suspected using (event_number)
    where type = 'clicked'
),
opens as (
    select campaign_id, customer_id, event_number, time_us, network
    from requests semi join clicks using (campaign_id, customer_id)
    where type = 'opened' and kind is distinct from 'proxied'
)
select o.event_number, 'burst_open' as reason
from opens as o
asof join clicks as c
    on c.campaign_id = o.campaign_id and c.customer_id = o.customer_id
    and o.time_us + cast(1000000 * :burst_open_seconds as bigint) >= c.time_us
where c.time_us >= o.time_us - cast(1000000 * :burst_open_seconds as bigint)
union
select o.event_number, 'burst_open' as reason
from opens as o
asof join clicks as c
    on c.campaign_id = o.campaign_id and c.customer_id = o.customer_id and c.network = o.network
    and o.time_us + cast(1000000 * :burst_open_network_seconds as bigint) >= c.time_us
where c.time_us >= o.time_us - cast(1000000 * :burst_open_network_seconds as bigint);

-- name: find_unsubscribe_in_burst(unsubscribe_seconds)!
-- Unsubscriptions next to clicks if machines made all of these clicks.
insert into suspected by name
select u.event_number, 'unsubscribe_in_burst' as reason
from requests as u
join requests as c
    on c.campaign_id = u.campaign_id and c.customer_id = u.customer_id and c.type = 'clicked'
    and c.time_us between u.time_us - cast(1000000 * :unsubscribe_seconds as bigint)
    and u.time_us + cast(1000000 * :unsubscribe_seconds as bigint)
where u.type = 'unsubscribed' and u.method is distinct from 'POST'
group by u.event_number
having bool_and(c.event_number in (select event_number from suspected));

-- name: find_empty_agent(told_agents_percent)!
-- Requests without a user agent, where the provider reports it for most opens or clicks of the campaign.
insert into suspected by name
select event_number, 'empty_agent' as reason
from requests
where type <> 'unsubscribed'
qualify user_agent is null
    and 100 * count(*) filter (user_agent is not null) over (partition by campaign_id, provider, type)
    >= :told_agents_percent * count(*) over (partition by campaign_id, provider, type)
    and count(*) filter (user_agent is not null) over (partition by campaign_id, provider, type) > 0;

-- name: start_verdicts#
-- verdicts: the events whose verdict changes.
create or replace temp table verdicts (event_number bigint, machine varchar);

-- name: judge#
-- Writes the verdicts that changed. The loader registers `reasons`: each rule and its place in the order. Earlier verdicts on
-- events of erased people stay: what they rest on is gone.
create or replace temp table changed_verdicts as
with first_reasons as (
    select s.event_number, min_by(s.reason, r.place) as machine
    from suspected as s join reasons as r on r.name = s.reason
    group by s.event_number
)
select me.event_number, v.machine
from message_events as me
semi join touched using (campaign_id)
left join first_reasons as v using (event_number)
where me.machine is distinct from v.machine
    and not (
        starts_with(me.customer_id, 'erased-')
        and me.event_number <= coalesce(getvariable('last_event_number'), me.event_number)
    );
update message_events set machine = v.machine
from changed_verdicts as v
where message_events.campaign_id in (from touched) and message_events.event_number = v.event_number;
update events set machine = v.machine
from changed_verdicts as v
where events.event_number = v.event_number;
insert into verdicts by name from changed_verdicts;

-- name: replace_machine_counts#
-- How many events of each type each rule caught, per campaign.
delete from machine_counts where campaign_id in (from touched);
insert into machine_counts by name
select campaign_id, machine as reason, type, count(*) as events
from message_events semi join touched using (campaign_id)
where machine is not null
group by campaign_id, machine, type
order by campaign_id, machine, type;

-- name: touch_all#
-- Touches all campaigns.
create temp table touched as select campaign_id from campaign_totals where audience = 'all';

-- name: machine_totals()
-- How many events of each type machines made, per rule, in all campaigns.
select reason, type, cast(sum(events) as bigint) as events from machine_counts group by reason, type;

-- name: touch_judged()^
-- Keeps only the campaigns in which a verdict changed touched. Returns how many events have a new verdict.
delete from touched
where campaign_id not in (
    select me.campaign_id from message_events as me semi join verdicts using (event_number)
);
select count(*) as changed from verdicts;

-- name: recall_implied#
-- known_messages: the messages of touched campaigns that are known from events only.
create temp table known_messages as
select campaign_id, customer_id, email, implied
from recipients semi join touched using (campaign_id)
where implied;
