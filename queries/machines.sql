-- Which opens, clicks and unsubscriptions machines made (docs/machines.md), for the touched campaigns. Each rule adds the
-- events that it finds to `suspected`; of an event's reasons the first in the order of machines.RULES counts.

-- name: gather_agents()
-- The user agents of touched campaigns, each once.
select distinct e.user_agent
from message_events as me
semi join touched using (campaign_id)
join events as e using (event_number)
where me.type in ('opened', 'clicked') and e.user_agent is not null;

-- name: gather_requests#
-- What could be a machine's: an event a row, with all that the rules look at. `agents` is registered: what each user
-- agent is. at: microseconds since 1970. link: which link of the mail it was; those that lead to the same address are
-- one. network: /24 of IPv4, /48 of IPv6.
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
create or replace temp table requests as
with places as (
    select
        c.campaign_id, l.link_position,
        min(l.link_position) over (partition by c.campaign_id, l.url) as first_position
    from campaigns as c
    semi join touched using (campaign_id)
    join links as l using (content_id)
)
select
    me.campaign_id, me.customer_id, me.event_number, me.type, epoch_us(me.occurred_at) as at,
    if(me.type = 'clicked', hash(p.first_position, if(p.first_position is null, me.url, null)), null) as link,
    a.kind, e.user_agent, network(e.ip) as network, e.ip, e.provider, e.provider_machine, e.method
from message_events as me
semi join touched using (campaign_id)
join events as e using (event_number)
left join agents as a on a.user_agent = e.user_agent
left join places as p on p.campaign_id = me.campaign_id and p.link_position = me.link_position
where me.type in ('opened', 'clicked', 'unsubscribed');
create or replace temp table suspected (event_number bigint, reason varchar);
create or replace temp table named_ips (ip varchar, network varchar);

-- name: name_ips#
-- The addresses in networks that are named: `networks` is registered, each with its first and last address as numbers,
-- and none of the same name in another. An address of IPv4 has the number that it has in IPv6.
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
insert into named_ips
select i.ip, n.network
from (
    select ip, ip_number(ip) as number
    from (select distinct ip from requests where network is not null)
    where number is not null
) as i
cross join (select distinct network from networks) as named
asof join (
    select network, cast(first as uhugeint) as first, cast(last as uhugeint) as last from networks
) as n on n.network = named.network and i.number >= n.first
where i.number <= n.last;

-- name: find_apple_privacy#
-- Opens by Apple's proxy: by its agent, or from its addresses with nothing that names a browser.
insert into suspected
select event_number, 'apple_privacy'
from requests
where type = 'opened' and (
    kind = 'bare'
    or (
        ip in (select ip from named_ips where network = 'apple')
        and not regexp_matches(coalesce(user_agent, ''), 'Safari|Chrome|Firefox|Edg|OPR')
    )
);

-- name: find_gmail_prefetch#
-- Pictures that Gmail loads in advance.
insert into suspected
select event_number, 'gmail_prefetch' from requests where type <> 'unsubscribed' and kind = 'gmail_prefetch';

-- name: find_head_request#
-- Requests for the headers only.
insert into suspected
select event_number, 'head_request' from requests where type <> 'unsubscribed' and method = 'HEAD';

-- name: find_scanner_agent#
-- By the user agent.
insert into suspected
select event_number, 'scanner_agent'
from requests
where type <> 'unsubscribed' and (kind = 'scanner_agent' or (kind = 'bare' and type = 'clicked'));

-- name: find_own_network#
-- From a network that is named as machines'.
insert into suspected
select event_number, 'own_network'
from requests
where type <> 'unsubscribed' and ip in (select ip from named_ips where network = 'machine');

-- name: find_provider#
-- By the provider's own verdict.
insert into suspected
select event_number, 'provider' from requests where type <> 'unsubscribed' and provider_machine;

-- name: find_empty_agent(told_agents_percent)!
-- Requests without a user agent, where the provider tells it of most opens or clicks of the campaign.
insert into suspected
select event_number, 'empty_agent'
from requests
where type <> 'unsubscribed'
qualify user_agent is null
    and 100 * count(*) filter (user_agent is not null) over (partition by campaign_id, provider, type)
    >= :told_agents_percent * count(*) over (partition by campaign_id, provider, type)
    and count(*) filter (user_agent is not null) over (partition by campaign_id, provider, type) > 0;

-- name: judge#
-- Writes the verdicts where they differ from what was known. `reasons` is registered: each rule and its place.
create or replace temp table verdicts as
with found as (
    select s.event_number, min_by(s.reason, r.place) as machine
    from suspected as s join reasons as r on r.name = s.reason
    group by s.event_number
)
select me.event_number, found.machine
from message_events as me
semi join touched using (campaign_id)
left join found using (event_number)
where me.machine is distinct from found.machine;
update message_events set machine = v.machine
from verdicts as v
where message_events.event_number = v.event_number;
update events set machine = v.machine
from verdicts as v
where events.event_number = v.event_number;

-- name: replace_machine_counts#
-- How many events of each type each rule found, per campaign.
delete from machine_counts where campaign_id in (from touched);
insert into machine_counts
select campaign_id, machine, type, count(*)
from message_events semi join touched using (campaign_id)
where machine is not null
group by campaign_id, machine, type
order by campaign_id, machine, type;
