-- Which messages the mails of an archive are. The loader registers `mails`: some of them by number, with the ids, campaigns,
-- customers, recipients and time that their headers name (mime/tracing.py).

-- name: messages_by_id()
-- The messages with one of a mail's ids, any of which may be among their own, their other ids or those of their events.
-- is_recipient: whether the mail names the message's address as a recipient.
with wanted as (
    select number, unnest([id, '<' || id || '>']) as id from (select number, unnest(ids) as id from mails)
),
known as (
    from wanted
    union
    select w.number, a.message_id from wanted as w join message_aliases as a on a.other_id = w.id
),
linked as (
    from known
    union
    select k.number, a.other_id from known as k join message_aliases as a on a.message_id = k.id
),
named as (
    select l.number, m.campaign_id, m.customer_id from linked as l join messages as m on m.message_id = l.id
    union
    select l.number, me.campaign_id, me.customer_id
    from linked as l
    join events as e on e.message_id = l.id
    join message_events as me using (event_number)
)
select
    n.number, n.campaign_id, n.customer_id,
    coalesce(list_contains(m.recipients, lower(coalesce(r.email, r.known_email))), false) as is_recipient
from named as n
join mails as m using (number)
join recipients as r on r.campaign_id = n.campaign_id and r.customer_id = n.customer_id
order by n.number, n.campaign_id, n.customer_id;

-- name: messages_by_campaign()
-- The messages of the campaigns that a mail names by id or name, to the customers or recipients that it names. place: that of
-- the campaign among those that the mail names. A customer whose address isn't among the mail's recipients doesn't count.
with hints as (
    select number, unnest(campaigns) as name, generate_subscripts(campaigns, 1) as place from mails
),
known as (
    select t.campaign_id, lower(c.name) as name
    from campaign_totals as t left join known_campaigns() as c using (campaign_id)
    where t.audience = 'all'
),
unique_names as (
    select name, min(campaign_id) as campaign_id from known where name is not null group by name having count(*) = 1
),
named as (
    select number, campaign_id, min(place) as place
    from (
        select h.number, k.campaign_id, h.place from hints as h join known as k on k.campaign_id = h.name
        union all
        select h.number, u.campaign_id, h.place from hints as h join unique_names as u on u.name = lower(h.name)
    )
    group by number, campaign_id
),
customers_named as (select number, unnest(customers) as customer_id from mails),
addresses_named as (select number, unnest(recipients) as email from mails),
addressed as (
    select *, lower(coalesce(email, known_email)) as address
    from recipients
    where campaign_id in (select campaign_id from named)
),
fitting as (
    select n.number, n.place, a.campaign_id, a.customer_id, true as by_customer
    from named as n
    join customers_named as c using (number)
    join mails as m using (number)
    join addressed as a on a.campaign_id = n.campaign_id and a.customer_id = c.customer_id
    where a.address is null or m.recipients = [] or list_contains(m.recipients, a.address)
    union all
    select n.number, n.place, a.campaign_id, a.customer_id, false as by_customer
    from named as n
    join addresses_named as e using (number)
    join addressed as a on a.campaign_id = n.campaign_id and a.address = e.email
)
select number, place, campaign_id, customer_id, bool_or(by_customer) as by_customer
from fitting
group by number, place, campaign_id, customer_id
order by number, place, campaign_id, customer_id;

-- name: messages_by_recipient(seconds)
-- For each mail with a recipient to whom messages were sent: those that were sent within so many seconds of it.
with addresses as (select number, unnest(recipients) as email, sent_at from mails),
sent as (
    select
        a.number, r.campaign_id, r.customer_id, c.subject, lower(c.from_email) as sender,
        abs(epoch(r.sent_at) - epoch(a.sent_at)) as seconds
    from addresses as a
    join recipients as r on lower(coalesce(r.email, r.known_email)) = a.email
    left join known_campaigns() as c on c.campaign_id = r.campaign_id
    where r.sent
)
select
    number,
    coalesce(list(distinct {
        'campaign_id': campaign_id, 'customer_id': customer_id, 'subject': subject, 'sender': sender, 'seconds': seconds
    }) filter (seconds <= :seconds), []) as messages
from sent
group by number;

-- name: stage_mails()!
-- Adds mails whose message is known. The loader registers `matched`.
insert into staged_mails by name select *, cast(null as varchar) as refusal from matched;
