-- What differed between the customers of one campaign: the values that its mail's conditions ask for, and the copies loaded.

-- name: value_names(campaign_id, path, own, most)
-- The names of values, within the object at the path. own: those in the merge fields of the messages that were sent; otherwise
-- those among the attributes of the customers to whom it was sent, today and earlier. objects: whether some values are objects.
with sent_to as materialized (
    select customer_id from recipients where campaign_id = :campaign_id and sent
), named as (
    select json_extract(m.merge_fields, :path) as fields
    from messages as m semi join sent_to using (customer_id)
    where m.campaign_id = :campaign_id and :own
    union all
    select json_extract(c.attributes, :path) from customers as c semi join sent_to using (customer_id) where not :own
    union all
    select json_extract(x.earlier, :path) from customer_changes as x semi join sent_to using (customer_id) where not :own
), names as (
    select unnest(json_keys(fields)) as name, unnest(list_transform(json_extract(fields, '$.*'), lambda v: json_type(v))) as kind
    from named
    where json_type(fields) = 'OBJECT'
)
select name, bool_or(kind = 'OBJECT') as objects
from names
group by name
order by count(*) desc, name
limit :most;

-- name: values_with_markup(campaign_id, own_paths, known_paths, most)
-- The places among these paths, from 1, where some values are HTML, at most `most` different ones: blocks chosen for customers.
with sent_values as (
    select list_concat(
        json_extract_string(m.merge_fields, cast(:own_paths as varchar[])),
        json_extract_string(c.attributes, cast(:known_paths as varchar[]))
    ) as texts
    from recipients as r
    left join messages as m using (campaign_id, customer_id)
    left join customers as c using (customer_id)
    where r.campaign_id = :campaign_id and r.sent
), texts as (
    select unnest(texts) as text, generate_subscripts(texts, 1) as place from sent_values
)
select place
from texts
group by place
having bool_or(regexp_matches(text, '<[a-zA-Z]')) and count(distinct text) <= :most
order by place;

-- name: variant_keys(campaign_id, own_paths, known_paths, literals, numbers)
-- Everyone to whom the campaign was sent, with what decides which variant of its mail they got: their copy, what was kept when
-- they were erased, or else a key of the values at these paths. `own` are in the order of own_paths (of the merge fields) and
-- `known` in that of known_paths (of what was known of the customer when it was sent); null is missing. With literals, values
-- that neither these nor the numbers distinguish have the same key.
with given as (
    select
        cast(:known_paths as varchar[]) as known_paths,
        cast(:literals as varchar[]) as literals, cast(:numbers as double[]) as numbers
),
changed as (
    select x.customer_id, list(x.earlier order by x.rowid desc) as patches
    from customer_changes as x
    join recipients as r using (customer_id)
    left join campaigns as p on p.campaign_id = r.campaign_id
    where r.campaign_id = :campaign_id and r.sent and x.changed_at > coalesce(r.sent_at, p.sent_at)
        and len(cast(:known_paths as varchar[])) > 0
    group by x.customer_id
),
known as (
    select
        r.rowid as row, r.*, coalesce(a.content_id, m.content_id) as copy_id, starts_with(r.customer_id, 'erased-') as is_erased,
        v.variant_id as kept_variant, m.merge_fields, c.attributes, x.patches,
        json_merge_patch('{}', json_object(
            'customer_id', r.customer_id, 'email', coalesce(r.email, c.email), 'name', c.name, 'language', c.language,
            'country', c.country,
            'created_at', regexp_replace(cast(c.created_at as varchar), ' 00:00:00$', '')
        )) as columns
    from recipients as r
    left join messages as m using (campaign_id, customer_id)
    left join archived_mails as a on a.campaign_id = r.campaign_id and a.customer_id = r.customer_id
    left join kept_variants as v on v.campaign_id = r.campaign_id and v.customer_id = r.customer_id
    left join customers as c on c.customer_id = r.customer_id
    left join changed as x on x.customer_id = r.customer_id
    where r.campaign_id = :campaign_id and r.sent
),
valued as (
    select
        k.* exclude (merge_fields, attributes, columns, patches),
        json_extract(coalesce(merge_fields, '{}'), cast(:own_paths as varchar[])) as own,
        if(
            patches is null,
            list_transform(known_paths, lambda p: coalesce(json_extract(attributes, p), json_extract(columns, p))),
            json_extract(
                json_merge_patch(
                    list_reduce(
                        list_prepend(json_merge_patch(columns, coalesce(attributes, '{}')), patches),
                        lambda value, patch: json_merge_patch(value, patch)
                    ),
                    json_merge_patch('{}', json_object('email', k.email))
                ),
                cast(:known_paths as varchar[])
            )
        ) as known,
        literals, numbers
    from known as k cross join given
)
select
    * exclude (literals, numbers),
    coalesce(
        copy_id,
        if(is_erased, 'erased-' || coalesce(kept_variant, ''), null),
        md5(cast(list_transform(list_concat(own, known), lambda v: case
            when literals is null or v is null then cast(v as varchar)
            when json_type(v) in ('BOOLEAN', 'NULL') or v in ('[]', '{}') then cast(v as varchar)
            when json_type(v) in ('ARRAY', 'OBJECT') then json_type(v)
            else concat_ws(
                ' ', json_type(v), trim(v ->> '$') = '',
                cast(list_transform(literals, lambda l: [
                    contains(lower(v ->> '$'), l), lower(v ->> '$') = l, lower(v ->> '$') < l
                ]) as varchar),
                cast(list_transform(numbers, lambda n: sign(try_cast(v ->> '$' as double) - n)) as varchar)
            )
        end) as varchar))
    ) as key
from valued;

-- name: variant_values(campaign_id, most, most_clicks)
-- Everyone to whom the campaign was sent (with a null key); then those with the same key, the most frequent first. It takes the
-- parameters of variant_keys too. Each row has their counts, and their clicks as a list. customer_id: one who got it.
-- combinations: how many different values there are, listed or not.
with keyed as materialized (
    {query variant_keys}
),
combined as (
    select
        key, copy_id, is_erased, kept_variant, arg_min(own, customer_id) as own, arg_min(known, customer_id) as known,
        coalesce(min(customer_id) filter (delivered), min(customer_id)) as customer_id,
        count(*) as sent,
        count(*) filter (not delivered) as undeliverable,
        count(*) filter (delivered) as delivered,
        count(*) filter (complained) as complained,
        {
            'opened': count(*) filter (delivered and all_opens + all_clicks > 0),
            'clicked': count(*) filter (delivered and all_clicks > 0),
            'unsubscribed': count(*) filter (unsubscribed),
            'opted_out': count(*) filter (unsubscribed or complained),
            'opens': cast(coalesce(sum(all_opens), 0) as bigint), 'clicks': cast(coalesce(sum(all_clicks), 0) as bigint)
        } as of_all,
        {
            'opened': count(*) filter (delivered and human_opens + human_clicks > 0),
            'clicked': count(*) filter (delivered and human_clicks > 0),
            'unsubscribed': count(*) filter (human_unsubscribed),
            'opted_out': count(*) filter (human_unsubscribed or complained),
            'opens': cast(coalesce(sum(human_opens), 0) as bigint), 'clicks': cast(coalesce(sum(human_clicks), 0) as bigint)
        } as of_human
    from keyed
    group by grouping sets ((key, copy_id, is_erased, kept_variant), ())
),
shown as (
    select *, count(*) filter (copy_id is null and not is_erased) over () as combinations
    from combined
    qualify key is null
        or row_number() over (partition by key is null, copy_id is null, is_erased order by sent desc, customer_id) <= :most
),
clicks as (
    select
        k.key, e.link_position, if(e.link_position is null, left(coalesce(e.url, ''), 4000), null) as url,
        count(*) as all_clicks, count(distinct e.customer_id) as all_clickers,
        count(*) filter (e.machine is null) as human_clicks,
        count(distinct e.customer_id) filter (e.machine is null) as human_clickers
    from message_events as e
    join keyed as k on k.customer_id = e.customer_id
    semi join shown as s on s.key = k.key
    where e.campaign_id = :campaign_id and e.type = 'clicked'
    group by all
    order by all_clicks desc, k.key, e.link_position, url
    limit :most_clicks
),
listed as (
    select
        key,
        list({
            'link_position': link_position, 'url': url, 'all_clicks': all_clicks, 'all_clickers': all_clickers,
            'human_clicks': human_clicks, 'human_clickers': human_clickers
        }) as clicks
    from clicks
    group by key
)
select s.* replace (cast(s.own as varchar[]) as own, cast(s.known as varchar[]) as known), l.clicks
from shown as s
left join listed as l using (key)
order by s.key is not null, s.sent desc, s.customer_id;

-- name: variant_rows(keys)
-- The rowids of the customers with one of these keys. It takes the parameters of variant_keys too.
select row from ({query variant_keys}) where key in (select unnest(cast(:keys as varchar[]))) order by row;

-- name: copies(content_ids)
-- The HTML of these copies.
select content_id, html from contents where content_id in (select unnest(cast(:content_ids as varchar[])));

-- name: has_copies(campaign_id)^
-- Whether customers' own copies of this campaign's mail were loaded, or variants of it were kept.
select
    coalesce(bool_or(is_archived), false) or exists(from kept_variants where campaign_id = :campaign_id) as has_copies
from recipients
where campaign_id = :campaign_id and sent;
