-- From facts to the tables that the screens read, for the campaigns that a load touches only.

-- name: touch_campaigns#
-- touched: the campaigns whose figures this load can change. These are the campaigns it names, those it reaches through a
-- message_id, and those it reaches through a customer's address: of messages known from events only, and of messages that were
-- not sent, if the address is now suppressed. An event whose message is listed by id touches that message's campaign alone,
-- whatever campaign it names. Otherwise a tag shared by all mailings, taken for a campaign, would touch them all.
create temp table named_message_ids as
select message_id from merged_messages where is_changed and message_id is not null
union
select message_id from new_events where message_id is not null;
-- all_ids_in: the ids of a table, and the other ids of their messages. id_in_events: the id that a message's events have.
create temp macro all_ids_in(named) as table
with linked as (
    select message_id from query_table(named)
    union
    select a.message_id from message_aliases as a join query_table(named) as n on a.other_id = n.message_id
)
from linked
union
select a.other_id as message_id from message_aliases as a semi join linked using (message_id);
create temp table touched as
with new_message_ids as (from all_ids_in('named_message_ids')),
old_events as (
    select event_number
    from events semi join new_message_ids using (message_id)
    where event_number <= getvariable('last_event_number')
)
select distinct campaign_id from (
    select campaign_id from merged_campaigns where is_changed
    union all
    select campaign_id from merged_messages where is_changed
    union all
    select campaign_id from withdrawn
    union all
    select campaign_id from merged_totals where is_changed
    union all
    select campaign_id from merged_mails where is_changed
    union all
    select campaign_id from new_events
    where customer_id is not null
        or message_id is null
        or message_id not in (select message_id from messages where message_id is not null)
    union all
    select campaign_id from messages semi join new_message_ids using (message_id)
    union all
    select me.campaign_id from message_events as me semi join old_events using (event_number)
    union all
    select r.campaign_id from recipients as r
    semi join merged_customers as c on lower(r.email) = lower(c.email) and c.is_changed
    where r.implied
    union all
    select r.campaign_id from recipients as r
    semi join (
        select lower(email) as email from merged_customers where is_changed and attributes ->> '$.suppressed' is not null
    ) as c on c.email = lower(coalesce(r.email, r.known_email))
    where not r.sent
)
where campaign_id is not null;

-- name: touch_moved()!
-- Touches the campaigns that an event leaves or joins: both have to be counted again, and attribution repeated with what they
-- add. Returns how many were added.
insert into touched
select distinct campaign_id
from (
    select unnest([a.campaign_id, me.campaign_id]) as campaign_id
    from attributed as a join message_events as me using (event_number)
    where a.campaign_id <> me.campaign_id
        and (a.campaign_id in (from touched) or me.campaign_id in (from touched))
    union all
    select a.campaign_id from attributed as a semi join new_events using (event_number)
)
where campaign_id not in (from touched);

-- name: split_renamed()
-- renamed: the recipients of untouched campaigns whose customer now has another name or address, in parts of a million rows.
-- Returns the numbers of the parts.
create temp table renamed as
select
    r.rowid as row, m.name, case when r.email is null then m.email end as known_email,
    (row_number() over ()) // 1000000 as part
from recipients as r
join merged_customers as m using (customer_id)
where m.is_changed and r.campaign_id not in (from touched)
    and (r.name is distinct from m.name or (r.email is null and r.known_email is distinct from m.email));
select distinct part from renamed order by part;

-- name: rename_part(part)!
-- Updates names and addresses in one part of renamed.
update recipients set name = r.name, known_email = r.known_email
from renamed as r
where recipients.rowid = r.row and r.part = :part;

-- name: start_attribution#
-- The input of attribution: unmatched_events may belong to a touched campaign, known_messages are the messages they may match.
-- attributed is its result: the message, by campaign and customer, that each event belongs to.
create or replace temp table named_message_ids as
select message_id from messages semi join touched using (campaign_id) where message_id is not null
union
select message_id from events semi join touched using (campaign_id) where message_id is not null;
create or replace temp table message_ids as from all_ids_in('named_message_ids');

create or replace temp table unmatched_events as
select event_number, campaign_id, customer_id, message_id, lower(recipient) as recipient, occurred_at
from events
where campaign_id in (from touched) or message_id in (from message_ids);

create or replace temp table named_message_ids as
select distinct message_id from unmatched_events where message_id is not null;
create or replace temp table known_messages as
select campaign_id, customer_id, message_id, lower(email) as email, sent_at is not null as sent, false as implied
from messages
where campaign_id in (from touched) or message_id in (from all_ids_in('named_message_ids'));

-- A Message-ID stands for the id in its own text, and for that of a provider that sends through another one. The id that events
-- name counts.
create or replace temp table aliases as
select a.other_id, min_by(a.message_id, row(n.message_id is null, a.message_id)) as message_id
from message_aliases as a
semi join message_ids on message_ids.message_id = a.other_id
left join named_message_ids as n on n.message_id = a.message_id
group by a.other_id;

create or replace temp table attributed (event_number bigint, campaign_id varchar, customer_id varchar);

-- name: find_messages()^
-- One round of attribution: by campaign and customer, else by message_id, else by campaign and recipient. Any of its ids
-- finds a message. If several messages match, one with exactly this id comes first, then the event's own campaign, then its
-- own recipient, then messages that were sent. Returns how many events are left.
insert into attributed by name
select s.event_number, s.campaign_id, s.customer_id
from unmatched_events as s
semi join known_messages as k on k.campaign_id = s.campaign_id and k.customer_id = s.customer_id;
delete from unmatched_events where event_number in (select event_number from attributed);

insert into attributed by name
select event_number, message.campaign_id, message.customer_id
from (
    select
        s.event_number,
        min_by(
            {'campaign_id': k.campaign_id, 'customer_id': k.customer_id},
            row(
                k.message_id <> s.message_id, k.campaign_id is distinct from s.campaign_id,
                not coalesce(k.email = s.recipient, false), not k.sent, k.campaign_id, k.customer_id
            )
        ) as message
    from unmatched_events as s
    left join aliases as of_event on of_event.other_id = s.message_id
    join (
        select k.*, coalesce(a.message_id, k.message_id) as id_in_events
        from known_messages as k left join aliases as a on a.other_id = k.message_id
    ) as k
        on k.id_in_events = coalesce(of_event.message_id, s.message_id)
    group by s.event_number
);
delete from unmatched_events where event_number in (select event_number from attributed);

insert into attributed by name
select s.event_number, s.campaign_id, min_by(k.customer_id, row(not k.sent, k.customer_id)) as customer_id
from unmatched_events as s
join known_messages as k on k.campaign_id = s.campaign_id and k.email = s.recipient
group by s.event_number, s.campaign_id;
delete from unmatched_events where event_number in (select event_number from attributed);
select count(*) as unmatched from unmatched_events;

-- name: name_by_address#
-- Gives events with a campaign and an address a customer: the only one with this address, else the address itself.
update unmatched_events set customer_id = coalesce(a.customer_id, unmatched_events.recipient)
from (
    select
        s.recipient,
        case when count(distinct customers.customer_id) = 1 then min(customers.customer_id) end as customer_id
    from (
        select distinct recipient from unmatched_events
        where campaign_id is not null and customer_id is null and recipient is not null
    ) as s
    left join customers on lower(customers.email) = s.recipient
    group by s.recipient
) as a
where
    unmatched_events.recipient = a.recipient and unmatched_events.campaign_id is not null
    and unmatched_events.customer_id is null;

-- name: name_by_message_id#
-- Gives events that have nothing but a campaign and a message_id this id for a customer.
update unmatched_events set customer_id = message_id where campaign_id is not null and customer_id is null;

-- name: imply_messages#
-- Adds a message for each event with a campaign and a customer that no message list holds: the event shows that it was sent.
insert into known_messages by name
select distinct
    s.campaign_id, s.customer_id, s.message_id, s.recipient as email, true as sent, true as implied
from unmatched_events as s
anti join known_messages as k on k.campaign_id = s.campaign_id and k.customer_id = s.customer_id and not k.implied
where s.campaign_id is not null and s.customer_id is not null;

-- name: set_miscounted_links(providers)!
-- Names the providers whose link positions count only where the clicked URL agrees, for the queries below.
set variable providers_miscounting_links = cast(:providers as varchar[]);

-- name: clicked_urls(field_address)
-- The clicks in touched campaigns whose link has to be found by URL: campaign, its mail, and each URL once. Unreliable
-- positions (`set_miscounted_links`) are checked too if they lead to another URL. `has_field_links`: the mail has links whose
-- addresses match `field_address`, a pattern.
select distinct a.campaign_id, c.content_id, e.url, f.content_id is not null as has_field_links
from attributed as a
join events as e using (event_number)
join campaigns as c on c.campaign_id = a.campaign_id
left join links as l on l.content_id = c.content_id and l.link_position = e.link_position
left join (select distinct content_id from links where regexp_matches(url, :field_address)) as f
    on f.content_id = c.content_id
where e.type = 'clicked' and e.url is not null and c.content_id is not null
    and (
        l.link_position is null
        or (list_contains(getvariable('providers_miscounting_links'), e.provider) and e.url <> l.url)
    )
    and a.campaign_id in (from touched)
order by c.content_id, a.campaign_id, e.url;

-- name: values_of_clicks()
-- The values that were sent with a message in which each of `unplaced` was clicked: mail, campaign, URL and values.
select u.content_id, u.campaign_id, u.url, min_by(cast(m.merge_fields as varchar), m.customer_id) as merge_fields
from unplaced as u
join events as e on e.url = u.url and e.type = 'clicked'
join attributed as a on a.event_number = e.event_number and a.campaign_id = u.campaign_id
join messages as m on m.campaign_id = a.campaign_id and m.customer_id = a.customer_id
where m.merge_fields is not null
group by u.content_id, u.campaign_id, u.url
order by u.content_id, u.campaign_id, u.url;

-- name: clicked_wraps(wrapped)
-- The clicked URLs in touched campaigns that may be wrapped, each once: `wrapped` is an expression.
select distinct e.url
from attributed as a
join events as e using (event_number)
where e.type = 'clicked' and a.campaign_id in (from touched) and regexp_matches(e.url, :wrapped, 'i');

-- name: wrapped_links(wrapped)
-- The URLs of links in the e-mails of touched campaigns that may be wrapped, each once: they were loaded before Mailsight
-- knew this way of wrapping. `wrapped` is a regular expression.
select distinct l.url
from links as l
semi join (select content_id from campaigns semi join touched using (campaign_id)) using (content_id)
where regexp_matches(l.url, :wrapped, 'i');

-- name: unwrap_links#
-- Replaces the URLs of links with those inside. The loader registers `unwraps`.
update links set url = u.target from unwraps as u where links.url = u.url;

-- name: replace_message_events#
-- Attributes each event to its message. The loader registers `places`: the link of the mail for each of clicked_urls; and
-- `unwraps`: the URL inside each clicked URL that is wrapped, which takes its place from here on. Events without an event_id
-- that turn out to be the same event of the same message count once; those of erased people have an id that stands for their
-- URL (`nobodys_event_id`). attributed_before: the events that had a message until
-- now.
create temp table attributed_before as
select event_number from message_events semi join touched using (campaign_id);
delete from message_events where campaign_id in (from touched);

insert into message_events by name
with placed as (
    select
        a.campaign_id, a.customer_id, e.event_number, e.provider, e.type, e.occurred_at, e.machine,
        e.event_id is null or regexp_full_match(e.event_id, 'erased-\w+-\w+') as has_no_id,
        if(starts_with(e.event_id, 'erased-'), split_part(e.event_id, '-', 2), null) as erased_url,
        coalesce(u.target, e.url) as url,
        if(
            list_contains(getvariable('providers_miscounting_links'), e.provider) and by_url.url <> by_position.url,
            by_url.link_position,
            coalesce(by_position.link_position, p.link_position)
        ) as link_position
    from attributed as a
    join events as e using (event_number)
    left join campaigns as c on c.campaign_id = a.campaign_id
    left join links as by_position
        on by_position.content_id = c.content_id and by_position.link_position = e.link_position and e.type = 'clicked'
    left join places as p on p.campaign_id = a.campaign_id and p.url = e.url and e.type = 'clicked'
    left join unwraps as u on u.url = e.url and e.type = 'clicked'
    left join links as by_url on by_url.content_id = c.content_id and by_url.link_position = p.link_position
    where a.campaign_id in (from touched)
),
repeated as (
    select p.event_number
    from placed as p
    join (
        select provider, campaign_id, customer_id, type, occurred_at, url, erased_url, min(event_number) as first_event_number
        from placed
        where has_no_id
        group by all
        having count(*) > 1
    ) as same
        on p.campaign_id = same.campaign_id and p.customer_id = same.customer_id and p.type = same.type
        and p.occurred_at = same.occurred_at and p.provider is not distinct from same.provider
        and p.url is not distinct from same.url and p.erased_url is not distinct from same.erased_url
    where p.has_no_id and p.event_number <> same.first_event_number
)
select campaign_id, customer_id, event_number, type, occurred_at, url, link_position, machine
from placed anti join repeated using (event_number)
order by campaign_id, customer_id, occurred_at, event_number;

-- name: replace_unattributed#
-- Updates the events without a message: those that are new, that attribution left over, or that lost theirs.
delete from unattributed where event_number in (select event_number from attributed);
insert into unattributed
select event_number
from (
    select event_number from new_events
    union
    select event_number from unmatched_events
    union
    select event_number from attributed_before
)
anti join attributed using (event_number)
anti join unattributed using (event_number)
order by event_number;

-- name: forget_verdicts#
-- Clears the verdicts of events that no longer belong to a message, or that repeat another event.
update events set machine = null
where machine is not null and event_number in (
    select event_number
    from attributed_before
    anti join (select event_number from message_events semi join touched using (campaign_id)) using (event_number)
);

-- name: replace_recipients(proofs, reject_reasons, not_sent_reasons, template_marks)!
-- One row per selected customer. `proofs` are the types of events that prove sending; `reject_reasons` and `not_sent_reasons`
-- run in parallel: a provider's reason, and ours for it. A message without any reason has that of its address, if the
-- provider had suppressed it before the campaign. `template_marks` is a pattern for subjects that may have merge fields.
insert into recipients by name
with happened as (
    select
        me.campaign_id, me.customer_id,
        min(me.occurred_at) as first_event_at,
        coalesce(bool_or(list_contains(:proofs, me.type)), false) as proved,
        max(me.occurred_at) filter (me.type = 'sent') as last_sent_at,
        max(me.occurred_at) filter (me.type in ('rejected', 'failed')) as last_refused_at,
        max(me.occurred_at) filter (me.type = 'bounced') as last_bounced_at,
        max(me.occurred_at) filter (me.type in ('delivered', 'opened', 'clicked')) as last_arrived_at,
        coalesce(bool_or(me.type = 'unsubscribed'), false) as unsubscribed,
        coalesce(bool_or(me.type = 'unsubscribed' and me.machine is null), false) as human_unsubscribed,
        coalesce(bool_or(me.type = 'complained'), false) as complained,
        count(*) filter (me.type = 'opened') as all_opens,
        count(*) filter (me.type = 'clicked') as all_clicks,
        min(me.occurred_at) filter (me.type in ('opened', 'clicked')) as all_first_opened_at,
        max(me.occurred_at) filter (me.type in ('opened', 'clicked')) as all_last_opened_at,
        min(me.occurred_at) filter (me.type = 'clicked') as all_first_clicked_at,
        max(me.occurred_at) filter (me.type = 'clicked') as all_last_clicked_at,
        count(*) filter (me.type = 'opened' and me.machine is null) as human_opens,
        count(*) filter (me.type = 'clicked' and me.machine is null) as human_clicks,
        min(me.occurred_at) filter (me.type in ('opened', 'clicked') and me.machine is null) as human_first_opened_at,
        max(me.occurred_at) filter (me.type in ('opened', 'clicked') and me.machine is null) as human_last_opened_at,
        min(me.occurred_at) filter (me.type = 'clicked' and me.machine is null) as human_first_clicked_at,
        max(me.occurred_at) filter (me.type = 'clicked' and me.machine is null) as human_last_clicked_at
    from message_events as me
    semi join touched using (campaign_id)
    group by me.campaign_id, me.customer_id
),
clicked as (
    -- A link of the mail is one link, whatever its URL was for this customer. Any other URL is a link of its own.
    select
        campaign_id, customer_id,
        count(distinct coalesce(cast(link_position as varchar), 'u' || url, '')) as all_links_clicked,
        count(distinct coalesce(cast(link_position as varchar), 'u' || url, '')) filter (machine is null)
            as human_links_clicked
    from message_events semi join touched using (campaign_id)
    where type = 'clicked'
    group by campaign_id, customer_id
),
returned as (
    -- The last refusal and the last bounce of each message. If several happened at the same moment, their texts decide, so
    -- that the order of loading does not.
    select
        campaign_id, customer_id,
        max_by(
            event, row(occurred_at, event.type, coalesce(event.reject_reason, ''), coalesce(event.diagnostic, ''))
        ) filter (event.type <> 'bounced') as refusal,
        max_by(
            event,
            row(
                occurred_at, coalesce(event.diagnostic, ''), coalesce(event.smtp_status, ''),
                coalesce(event.bounce_type, '')
            )
        ) filter (event.type = 'bounced') as bounce
    from (
        select
            me.campaign_id, me.customer_id, me.occurred_at,
            {
                'type': e.type, 'reject_reason': e.reject_reason, 'diagnostic': e.diagnostic,
                'smtp_status': e.smtp_status, 'bounce_type': e.bounce_type
            } as event
        from message_events as me
        semi join touched using (campaign_id)
        join events as e using (event_number)
        where me.type in ('rejected', 'failed', 'bounced')
    )
    group by campaign_id, customer_id
),
implied as (
    select campaign_id, customer_id, min(email) as email
    from known_messages semi join touched using (campaign_id)
    where implied
    group by campaign_id, customer_id
),
selected as (
    select
        m.campaign_id, m.customer_id, m.email, m.sent_at, m.not_sent_reason, m.not_sent_detail, false as implied,
        case when regexp_matches(c.subject, :template_marks) then m.merge_fields end as subject_fields,
        m.content_id is not null as is_archived
    from messages as m
    semi join touched using (campaign_id)
    left join campaigns as c using (campaign_id)
    union all by name
    select campaign_id, customer_id, email, true as implied
    from implied
),
unexplained as (
    select m.campaign_id, m.customer_id, lower(coalesce(m.email, c.email)) as email
    from messages as m
    semi join touched using (campaign_id)
    left join customers as c using (customer_id)
    where m.sent_at is null and m.not_sent_reason is null
),
started as (
    select u.campaign_id, coalesce(any_value(c.sent_at), min(m.sent_at)) as sent_at
    from (select distinct campaign_id from unexplained) as u
    left join campaigns as c using (campaign_id)
    left join messages as m using (campaign_id)
    group by u.campaign_id
),
suppressed as (
    select
        u.campaign_id, u.customer_id,
        min_by({'reason': s.reason, 'detail': s.detail}, row(s.since, s.reason, coalesce(s.detail, ''))) as suppression
    from unexplained as u
    join (
        select
            lower(email) as email, attributes ->> '$.suppressed' as reason,
            nullif(attributes ->> '$.suppressed_detail', '') as detail,
            try_cast(attributes ->> '$.suppressed_at' as timestamptz) at time zone 'UTC' as since
        from customers
        where attributes ->> '$.suppressed' in (select unnest(cast(:not_sent_reasons as varchar[])))
    ) as s
        on s.email = u.email
    join started as b on b.campaign_id = u.campaign_id and s.since <= b.sent_at
    group by u.campaign_id, u.customer_id
),
sending as (
    select
        s.campaign_id, s.customer_id, s.email, s.implied, s.not_sent_reason, s.not_sent_detail, s.subject_fields,
        coalesce(s.is_archived, false) or a.content_id is not null as is_archived,
        r.refusal, r.bounce,
        case when s.implied then h.first_event_at else s.sent_at end as listed_sent_at,
        coalesce(h.proved, false)
        or coalesce(h.last_sent_at is not null and (h.last_refused_at is null or h.last_refused_at <= h.last_sent_at), false)
            as is_proved,
        h.last_refused_at is not null as is_refused,
        is_proved or (listed_sent_at is not null and not is_refused) as sent,
        h.* exclude (campaign_id, customer_id),
        c.all_links_clicked, c.human_links_clicked
    from selected as s
    left join happened as h using (campaign_id, customer_id)
    left join clicked as c using (campaign_id, customer_id)
    left join returned as r using (campaign_id, customer_id)
    left join archived_mails as a using (campaign_id, customer_id)
),
delivery as (
    select
        *,
        sent and not (last_bounced_at is not null and (last_arrived_at is null or last_arrived_at <= last_bounced_at))
            as delivered
    from sending
)
select
    d.campaign_id, d.customer_id, d.email, d.implied,
    case when d.sent then coalesce(d.listed_sent_at, d.first_event_at) end as sent_at,
    d.sent, d.delivered,
    case
        when d.sent then null
        else coalesce(
            d.not_sent_reason,
            map_extract_value(map(:reject_reasons, :not_sent_reasons), d.refusal.reject_reason),
            case when d.refusal.type = 'failed' then 'failed' end,
            x.suppression.reason,
            'other'
        )
    end as not_sent_reason,
    case when not d.sent then coalesce(d.not_sent_detail, d.refusal.diagnostic, x.suppression.detail) end as not_sent_detail,
    d.last_bounced_at as bounced_at,
    d.bounce.bounce_type as bounce_type,
    coalesce(d.bounce.diagnostic, d.bounce.smtp_status, d.bounce.bounce_type) as bounce_reason,
    d.sent and coalesce(d.unsubscribed, false) as unsubscribed,
    d.sent and coalesce(d.complained, false) as complained,
    case
        when not d.sent then null
        when d.unsubscribed or d.complained then 'opted_out'
        when d.delivered and d.all_clicks > 0 then 'clicked'
        when d.delivered and d.all_opens > 0 then 'opened'
        when d.delivered then 'received'
        else 'not_received'
    end as all_status,
    coalesce(d.all_opens, 0) as all_opens,
    coalesce(d.all_clicks, 0) as all_clicks,
    coalesce(d.all_links_clicked, 0) as all_links_clicked,
    d.all_first_opened_at, d.all_last_opened_at, d.all_first_clicked_at, d.all_last_clicked_at,
    case
        when not d.sent then null
        when d.human_unsubscribed or d.complained then 'opted_out'
        when d.delivered and d.human_clicks > 0 then 'clicked'
        when d.delivered and d.human_opens > 0 then 'opened'
        when d.delivered then 'received'
        else 'not_received'
    end as human_status,
    coalesce(d.human_opens, 0) as human_opens,
    coalesce(d.human_clicks, 0) as human_clicks,
    coalesce(d.human_links_clicked, 0) as human_links_clicked,
    d.human_first_opened_at, d.human_last_opened_at, d.human_first_clicked_at, d.human_last_clicked_at,
    d.sent and coalesce(d.human_unsubscribed, false) as human_unsubscribed,
    customer_hash(d.customer_id) as customer_hash, d.subject_fields, d.is_archived, c.name,
    case when d.email is null then c.email end as known_email
from delivery as d
left join customers as c on c.customer_id = d.customer_id
left join suppressed as x on x.campaign_id = d.campaign_id and x.customer_id = d.customer_id
order by d.campaign_id, d.customer_id;

-- name: split_touched(most)
-- parts: the touched campaigns with the events up to each, so that those of some `most` events are a part that can be judged or
-- counted in memory. Returns the numbers of the parts.
create or replace temp table parts as
with sizes as (
    select t.campaign_id, count(me.event_number) as events
    from touched as t left join message_events as me using (campaign_id)
    group by t.campaign_id
)
select campaign_id, sum(events) over (order by campaign_id) as up_to from sizes;
select distinct up_to // :most as part from parts order by part;

-- name: touch_part(part, most)!
-- Touches the campaigns of one part only.
create or replace temp table touched as select campaign_id from parts where up_to // :most = :part;

-- name: touch_parts#
-- Touches the campaigns of all parts again.
create or replace temp table touched as select campaign_id from parts;

-- name: forget_derived#
-- Removes what was derived for the touched campaigns, except message_events, which replaces its own rows.
delete from recipients where campaign_id in (from touched);
delete from link_clicks where campaign_id in (from touched);
delete from campaign_totals where campaign_id in (from touched);
delete from campaign_hours where campaign_id in (from touched);
delete from apple_opens where campaign_id in (from touched);

-- name: create_header_macros#
-- plain_words: the words of a text in lower case, without accents.
create or replace temp macro plain_words(text) as regexp_extract_all(strip_accents(lower(text)), '[\pL\pN]{2,}');

-- name: set_header_paths(paths)!
-- Where each provider's payloads have the name, the subject and the sender of their campaign: JSON paths.
set variable header_paths = cast(
    cast(:paths as json) as map(varchar, struct(name varchar[], subject varchar[], sender varchar[]))
);

-- name: shared_headers(sample)
-- What the events of touched campaigns without a subject or a sender agree on: `field` is name, subject or sender. The first
-- `sample` events of each type are read. Among the customers whose events have the field, at least half, and at least two, must
-- share the value; otherwise it is null. A subject that mentions its customer is personalised, so it counts for no value. A field
-- that fewer than two customers have is left out.
with lacking as (
    select campaign_id
    from touched left join campaigns as c using (campaign_id)
    where c.subject is null or c.from_email is null
),
chosen as (
    select unnest(min(event_number, :sample)) as event_number
    from message_events semi join lacking using (campaign_id)
    group by campaign_id, type
),
reporting as (
    select event_number, getvariable('header_paths')[provider] as paths, payload
    from events semi join chosen using (event_number)
    where list_contains(map_keys(getvariable('header_paths')), provider) and payload is not null
),
fields as (
    select
        event_number, payload, unnest(['name', 'subject', 'sender']) as field,
        unnest([paths.name, paths.subject, paths.sender]) as paths
    from reporting
),
headers as (
    select
        event_number, field,
        list_filter(
            list_transform(paths, lambda path: if(json_type(payload, path) = 'VARCHAR', trim(payload ->> path), null)),
            lambda value: not says_nothing(value)
        )[1] as value
    from fields
),
votes as (
    select distinct
        me.campaign_id, me.customer_id, h.field,
        case
            when h.field <> 'subject' then h.value
            when not list_has_any(plain_words(h.value), plain_words(concat_ws(
                ' ', r.name, split_part(coalesce(r.email, r.known_email), '@', 1)
            ))) and not contains(lower(h.value), lower(coalesce(r.name, h.value || ' '))) then h.value
        end as value
    from headers as h
    join message_events as me using (event_number)
    join recipients as r on r.campaign_id = me.campaign_id and r.customer_id = me.customer_id
    where h.value is not null
),
counted as (
    select campaign_id, field, value, count(*) as customers from votes group by campaign_id, field, value
)
select
    campaign_id, field,
    case
        when max(customers) filter (value is not null) >= greatest(2, sum(customers) / 2)
            then arg_max(value, row(customers, value)) filter (value is not null)
    end as value
from counted
group by campaign_id, field
having sum(customers) >= 2
order by campaign_id, field;

-- name: replace_campaign_headers#
-- Replaces what events say about campaigns. The loader registers `headers`.
delete from campaign_headers where campaign_id in (select campaign_id from headers);
insert into campaign_headers by name
select campaign_id, name, subject, from_name, from_email
from headers
where coalesce(name, subject, from_name, from_email) is not null
order by campaign_id;

-- name: replace_link_clicks#
-- Clicks and customers who clicked, per link of the mail and per URL that the mail does not contain. Only numbers pass through
-- the join with events: DuckDB 2.0.0 may fail on texts from one side of a large join (duckdb/duckdb#24807 looks alike).
create or replace temp table unplaced as
select me.event_number
from message_events as me
semi join touched using (campaign_id)
join events as e using (event_number)
where me.type = 'clicked' and me.link_position is not null and e.link_position is distinct from me.link_position;
insert into link_clicks by name
with clicks as (
    select
        a.audience, me.campaign_id, me.customer_id, me.link_position,
        case when me.link_position is null then me.url end as url,
        me.event_number in (from unplaced) as is_unplaced
    from message_events as me
    semi join touched using (campaign_id)
    cross join (values ('all'), ('human')) as a(audience)
    where me.type = 'clicked' and (a.audience = 'all' or me.machine is null)
)
select
    campaign_id, audience, link_position, url,
    count(*) as clicks, count(distinct customer_id) as clickers, count(*) filter (is_unplaced) as unplaced
from clicks
group by campaign_id, audience, link_position, url
order by campaign_id, audience, link_position, url;

-- name: replace_campaign_totals#
-- The counts of metrics.Counts and the five statuses. Every touched campaign gets its two rows, even without messages. Counts of
-- a campaign with reported totals are those if its recipients are unknown, or only those are known who did something: then
-- whatever no event tells is as reported. One source is used, the campaign's own if it has one, else the latest.
insert into campaign_totals by name
with per_audience as (
    select
        r.campaign_id, a.audience, r.sent, r.sent_at, r.delivered, r.complained,
        case when a.audience = 'all' then r.unsubscribed else r.human_unsubscribed end as unsubscribed,
        case when a.audience = 'all' then r.all_opens else r.human_opens end as opens,
        case when a.audience = 'all' then r.all_clicks else r.human_clicks end as clicks,
        case when a.audience = 'all' then r.all_status else r.human_status end as status
    from recipients as r
    semi join touched using (campaign_id)
    cross join (values ('all'), ('human')) as a(audience)
),
counted as (
    select
        campaign_id, audience,
        count(*) as selected,
        count(*) filter (sent) as sent,
        count(*) filter (not sent) as not_sent,
        count(*) filter (sent and not delivered) as undeliverable,
        count(*) filter (delivered) as delivered,
        count(*) filter (delivered and opens + clicks > 0) as opened,
        count(*) filter (delivered and clicks > 0) as clicked,
        count(*) filter (unsubscribed) as unsubscribed,
        count(*) filter (complained) as complained,
        count(*) filter (unsubscribed or complained) as opted_out,
        sum(opens) as opens,
        sum(clicks) as clicks,
        count(*) filter (status = 'not_received') as status_not_received,
        count(*) filter (status = 'received') as status_received,
        count(*) filter (status = 'opened') as status_opened,
        count(*) filter (status = 'clicked') as status_clicked,
        count(*) filter (status = 'opted_out') as status_opted_out,
        min(sent_at) filter (sent) as first_sent_at
    from per_audience
    group by campaign_id, audience
),
report as (
    select r.*
    from reported_counts() as r
    semi join touched using (campaign_id)
    left join campaigns as c using (campaign_id)
    qualify row_number() over (
        partition by r.campaign_id order by coalesce(r.source = lower(c.source), false) desc, r.as_of desc nulls last, r.source
    ) = 1
),
-- The types of events of campaigns with a report; a message that is listed counts as sent.
types as (
    select campaign_id, list(distinct type) as types
    from (
        select distinct campaign_id, type from message_events semi join report using (campaign_id)
        union
        select distinct campaign_id, 'sent' from recipients semi join report using (campaign_id) where not implied
    )
    group by campaign_id
),
listed as (
    -- A campaign counts if it is listed or has messages or reported totals; events of another campaign's messages may name it
    -- without any of these.
    select campaign_id, sent_at from campaigns semi join touched using (campaign_id)
    union all
    select campaign_id, null
    from (
        select campaign_id from counted
        union
        select campaign_id from reported_totals semi join touched using (campaign_id)
    )
    anti join campaigns using (campaign_id)
),
messages_counted as (
    select
        l.campaign_id, a.audience, n.campaign_id is null as is_empty, coalesce(l.sent_at, n.first_sent_at) as sent_at,
        coalesce(columns(n.* exclude (campaign_id, audience, first_sent_at)), 0)
    from listed as l
    cross join (values ('all'), ('human')) as a(audience)
    left join counted as n on n.campaign_id = l.campaign_id and n.audience = a.audience
),
-- c: the counts of the messages. r: those of the report that replaces or completes them, else null.
sides as (
    select
        c.campaign_id, c.audience, c.is_empty, c.sent_at, c, coalesce(t.types, []) as types,
        case
            when r.campaign_id is not null and (
                is_empty
                or r.sent > c.sent and not list_has_any(
                    t.types, ['queued', 'sent', 'delivered', 'deferred', 'rejected', 'failed']
                )
            ) then r
        end as r
    from messages_counted as c
    left join report as r on r.campaign_id = c.campaign_id
    left join types as t on t.campaign_id = c.campaign_id
),
-- The counts that are as reported.
taken as (
    select
        *,
        if(r is null, [], list_concat(
            ['selected', 'sent', 'not_sent', 'delivered'],
            list_filter(
                ['undeliverable', 'opens', 'clicked', 'clicks', 'unsubscribed', 'complained'],
                lambda key: not list_contains(types, case key
                    when 'undeliverable' then 'bounced' when 'opens' then 'opened' when 'clicks' then 'clicked' else key
                end)
            ),
            -- A click proves an open.
            if(not list_contains(types, 'opened') and (r.opened >= c.opened or c.opened = 0), ['opened'], []),
            if(list_has_all(types, ['unsubscribed', 'complained']), [], ['opted_out'])
        )) as reported
    from sides
),
mixed as (
    select
        * exclude (c, r, is_empty, types),
        r, c,
        if(r is null, c.selected, r.selected) as selected,
        if(r is null, c.sent, r.sent) as sent,
        if(r is null, c.not_sent, r.not_sent) as not_sent,
        case
            when not list_contains(reported, 'undeliverable') then c.undeliverable
            when is_empty or r.undeliverable <= r.sent - c.sent then r.undeliverable
        end as undeliverable,
        if(list_contains(reported, 'opened'), r.opened, c.opened) as opened,
        if(list_contains(reported, 'clicked'), r.clicked, c.clicked) as clicked,
        if(list_contains(reported, 'unsubscribed'), r.unsubscribed, c.unsubscribed) as unsubscribed,
        if(list_contains(reported, 'complained'), r.complained, c.complained) as complained,
        if(list_contains(reported, 'opens'), r.opens, c.opens) as opens,
        if(list_contains(reported, 'clicks'), r.clicks, c.clicks) as clicks,
        -- The customers whom no event names.
        if(r is null, 0, r.sent - c.sent) as unnamed,
        undeliverable - c.undeliverable as unnamed_bounced,
        -- Statuses need to know what each customer did.
        r is not null and (
            is_empty or undeliverable is null or list_has_any(reported, ['opened', 'clicked'])
            or unsubscribed <> c.unsubscribed or complained <> c.complained
        ) as is_unknown
    from taken
)
select
    campaign_id, audience, selected, sent, not_sent, undeliverable,
    case when r is null then c.delivered when c.sent = 0 then r.delivered else sent - undeliverable end as delivered,
    opened, clicked, unsubscribed, complained,
    if(list_contains(reported, 'opted_out'), unsubscribed + complained, c.opted_out) as opted_out,
    opens, clicks,
    if(is_unknown, null, c.status_not_received + unnamed_bounced) as status_not_received,
    if(is_unknown, null, c.status_received + unnamed - unnamed_bounced) as status_received,
    if(is_unknown, null, c.status_opened) as status_opened,
    if(is_unknown, null, c.status_clicked) as status_clicked,
    if(is_unknown, null, c.status_opted_out) as status_opted_out,
    sent_at, r.source as reported_by, r.as_of as reported_at, reported
from mixed
order by campaign_id, audience;

-- name: replace_campaign_hours()!
-- Opens and clicks, and first opens and first clicks of delivered messages, per hour since the campaign was sent.
insert into campaign_hours by name
with starts as (
    select t.campaign_id, coalesce(t.sent_at, e.first_event_at) as started_at
    from (select distinct campaign_id, sent_at from campaign_totals semi join touched using (campaign_id)) as t
    left join (
        select campaign_id, min(occurred_at) as first_event_at
        from message_events semi join touched using (campaign_id)
        group by campaign_id
    ) as e using (campaign_id)
),
firsts as (
    select
        r.campaign_id, a.audience,
        if(a.audience = 'all', r.all_first_opened_at, r.human_first_opened_at) as first_opened_at,
        if(a.audience = 'all', r.all_first_clicked_at, r.human_first_clicked_at) as first_clicked_at
    from recipients as r
    semi join touched using (campaign_id)
    cross join (values ('all'), ('human')) as a(audience)
    where r.delivered
),
moments as (
    select
        me.campaign_id, a.audience, me.occurred_at as moment,
        me.type = 'opened' as is_open, me.type = 'clicked' as is_click, false as is_first_open, false as is_first_click
    from message_events as me
    semi join touched using (campaign_id)
    cross join (values ('all'), ('human')) as a(audience)
    where me.type in ('opened', 'clicked') and (a.audience = 'all' or me.machine is null)
    union all
    select campaign_id, audience, first_opened_at, false, false, true, false
    from firsts
    where first_opened_at is not null
    union all
    select campaign_id, audience, first_clicked_at, false, false, false, true
    from firsts
    where first_clicked_at is not null
)
select
    m.campaign_id, m.audience, greatest(date_diff('second', s.started_at, m.moment) // 3600, 0) as hour,
    count(*) filter (is_open) as opens,
    count(*) filter (is_click) as clicks,
    count(*) filter (is_first_open) as opened,
    count(*) filter (is_first_click) as clicked
from moments as m
join starts as s using (campaign_id)
group by m.campaign_id, m.audience, hour
order by m.campaign_id, m.audience, hour;

-- name: replace_apple_opens()!
-- Per campaign, the delivered mails whose pictures Apple's proxy loaded, and all others: what opens can and can't show.
insert into apple_opens by name
with proxied as (
    select distinct campaign_id, customer_id
    from message_events semi join touched using (campaign_id)
    where type = 'opened' and machine = 'apple_privacy'
),
-- Without the campaigns of which only those customers are known who did something.
listed as (
    select campaign_id from campaign_totals semi join touched using (campaign_id) where audience = 'all' and reported = []
),
delivered as (
    select
        r.campaign_id, r.human_status, r.all_status, p.customer_id is not null as is_proxied,
        r.human_opens + r.human_clicks > 0 as is_opened
    from recipients as r
    semi join listed using (campaign_id)
    left join proxied as p using (campaign_id, customer_id)
    where r.delivered
)
select
    campaign_id,
    count(*) filter (is_proxied) as proxied,
    count(*) filter (is_proxied and not is_opened) as unseen,
    count(*) filter (not is_proxied) as seen_delivered,
    count(*) filter (not is_proxied and is_opened) as seen_opened,
    count(*) filter (is_proxied and not is_opened and human_status = 'received') as human_received,
    count(*) filter (is_proxied and not is_opened and all_status = 'opened') as all_opened
from delivered
group by campaign_id
order by campaign_id;

-- name: failed_checks()
-- One row for each rule that the touched campaigns break. There must be none.
select 'the counts of campaign ' || campaign_id || ' do not add up' as problem
from campaign_totals semi join touched using (campaign_id)
where reported = []
        and (selected <> sent + not_sent or sent <> undeliverable + delivered or clicked > opened or opened > delivered)
    or sent <> status_not_received + status_received + status_opened + status_clicked + status_opted_out
union all
select 'campaign ' || campaign_id || ' holds customer ' || customer_id || ' twice'
from recipients semi join touched using (campaign_id)
group by campaign_id, customer_id having count(*) > 1
union all
select 'event ' || event_number || ' counts twice'
from message_events semi join touched using (campaign_id)
group by event_number having count(*) > 1
union all
select 'customer ' || customer_id || ' changes twice in one load'
from customer_changes
where changed_at = getvariable('loaded_at')
group by customer_id having count(*) > 1
limit 10;
