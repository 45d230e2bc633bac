-- One customer and their contact history.

-- name: contact_rows(customer_id)
-- The rows of recipients that belong to the customer. same_hash is materialized because DuckDB would sometimes compare the ids
-- of all rows first.
with same_hash as materialized (
    select rowid as row, customer_id from recipients where customer_hash = customer_hash(:customer_id)
)
select row from same_hash where customer_id = :customer_id;

-- name: customer(customer_id, rows)^
-- The customer, or no row. One known only from messages or events has the address in `rows` that was mailed.
with mailed as (
    select count(*) > 0 as was_mailed, max(email) as email
    from recipients
    where rowid in (select unnest(cast(:rows as bigint[])))
)
select
    :customer_id as customer_id, coalesce(c.email, m.email) as email,
    c.name, c.language, c.country, c.created_at, cast(c.attributes as varchar) as attributes
from mailed as m
left join customers as c on c.customer_id = :customer_id
where c.customer_id is not null or m.was_mailed;

-- name: known_customer(customer_id)^
-- What is known of the customer today, and since when (null if unknown); no row if nothing was loaded of them.
select
    customer_id, email, name, language, country, cast(created_at as varchar) as created_at,
    cast(attributes as varchar) as attributes, known_since
from customers
where customer_id = :customer_id;

-- name: customer_changes(customer_id)
-- What loads changed of the customer, the last change first, with a merge patch back to the columns and attributes before it.
-- same_hash: see contact_rows.
with same_hash as materialized (
    select rowid as row, customer_id, changed_at, earlier
    from customer_changes
    where customer_hash = customer_hash(:customer_id)
)
select changed_at, cast(earlier as varchar) as earlier
from same_hash
where customer_id = :customer_id
order by row desc;

-- name: contacts(audience, rows)
-- The mails in `rows`, newest first. A mail that was not sent has the campaign's time. planned: see the query campaign_list.
select
    r.campaign_id, coalesce(c.name, r.campaign_id) as campaign_name, c.subject, c.merge_language, r.sent,
    r.customer_id, r.email as mailed_to, coalesce(r.sent_at, c.sent_at) as sent_at,
    coalesce(
        if(:audience = 'all', r.all_status, r.human_status),
        case when c.is_listed and t.sent = 0 and t.sent_at is null then 'planned' end,
        'not_sent'
    ) as status,
    r.not_sent_reason, r.not_sent_detail,
    if(:audience = 'all', r.all_first_opened_at, r.human_first_opened_at) as first_opened_at,
    if(:audience = 'all', r.all_opens, r.human_opens) as opens,
    if(:audience = 'all', r.all_first_clicked_at, r.human_first_clicked_at) as first_clicked_at,
    if(:audience = 'all', r.all_clicks, r.human_clicks) as clicks,
    if(:audience = 'all', r.all_links_clicked, r.human_links_clicked) as links_clicked,
    case when r.bounced_at is not null then coalesce(r.bounce_reason, '') end as bounce_reason,
    cast(r.subject_fields as varchar) as merge_fields,
    r.is_archived or c.content_id is not null as has_mail
from recipients as r
left join known_campaigns() as c using (campaign_id)
left join campaign_totals as t on t.campaign_id = r.campaign_id and t.audience = :audience
where r.rowid in (select unnest(cast(:rows as bigint[])))
order by coalesce(r.sent_at, c.sent_at) desc nulls first, r.campaign_id;

-- name: message_events(campaign_id, customer_id)
-- Everything that happened to one message, in order.
select
    me.occurred_at, me.type, me.url, me.link_position, l.label, me.machine, e.bounce_type, e.reject_reason,
    e.smtp_status, e.diagnostic, e.user_agent, e.ip, e.provider
from message_events as me
join events as e using (event_number)
left join campaigns as c on c.campaign_id = me.campaign_id
left join links as l on l.content_id = c.content_id and l.link_position = me.link_position
where me.campaign_id = :campaign_id and me.customer_id = :customer_id
order by me.occurred_at, me.event_number;

-- name: customer_mail(campaign_id, customer_id)^
-- What it takes to show the mail that a customer received, except what is known of them. No row if the campaign did not select
-- the customer.
select
    coalesce(a.content_id, m.content_id) as archived_id, a.headers as archived_headers, c.content_id as template_id,
    c.subject, c.preheader, c.from_name, c.from_email, c.merge_language, cast(m.merge_fields as varchar) as merge_fields,
    r.email as mailed_to, r.customer_id, r.sent, coalesce(r.sent_at, c.sent_at) as sent_at
from recipients as r
left join messages as m on m.campaign_id = r.campaign_id and m.customer_id = r.customer_id
left join archived_mails as a on a.campaign_id = r.campaign_id and a.customer_id = r.customer_id
left join known_campaigns() as c on c.campaign_id = r.campaign_id
where r.campaign_id = :campaign_id and r.customer_id = :customer_id;

-- name: received_mail(campaign_id, customer_id)^
-- What the raw e-mail of a message holds; no row if no such copy was loaded.
select a.headers, cast(a.attachments as varchar) as attachments, a.charset, a.signature, a.size_bytes, c.text
from archived_mails as a
left join contents as c using (content_id)
where a.campaign_id = :campaign_id and a.customer_id = :customer_id;

-- name: find_customers(customer_id, text, first, second, third, fourth, customers)
-- The customers with these four words (or empty texts) in their name, address or id, whatever the case and accents: the best
-- `customers` of them, each with the number of all that match. Exact matches first, then what starts with the text. A customer
-- known only from messages or events is found by `customer_id`.
with known as (
    select customer_id, name, email from customers where not starts_with(customer_id, 'erased-past-')
    union all
    select customer_id, max(name), max(email) from recipients
    where customer_hash = customer_hash(:customer_id) and customer_id = :customer_id
        and not exists (select 1 from customers where customers.customer_id = :customer_id)
    group by customer_id
), searched as (
    select customer_id, name, email, {plain concat_ws(' ', name, email, customer_id)} as words
    from known
), matching as (
    select customer_id, name, email, words
    from searched
    where contains(words, {plain :first}) and contains(words, {plain :second}) and contains(words, {plain :third})
        and contains(words, {plain :fourth})
)
select customer_id, name, email, (select count(*) from matching) as total
from matching
order by
    {plain customer_id} = {plain :text} or coalesce({plain email} = {plain :text}, false) desc,
    starts_with(words, {plain :text}) or coalesce(starts_with({plain email}, {plain :text}), false) desc,
    name, customer_id
limit :customers;

-- name: first_sent_customer(campaign_id)^
-- A customer to whom the campaign was sent, the first in the table; no row if there is none.
select customer_id from recipients where campaign_id = :campaign_id and sent limit 1;

-- name: customer_delivery(campaign_id, customer_id)^
-- Whether a message was sent and received, and why not. planned: see the query campaign_list.
select
    r.sent, r.delivered, r.not_sent_reason, r.not_sent_detail, r.bounce_reason, r.name,
    coalesce(r.email, r.known_email) as email,
    c.campaign_id is not null and t.sent = 0 and t.sent_at is null as planned
from recipients as r
left join campaigns as c using (campaign_id)
left join campaign_totals as t on t.campaign_id = r.campaign_id and t.audience = 'all'
where r.campaign_id = :campaign_id and r.customer_id = :customer_id;
