-- E-mails and their links.

-- name: content(content_id)^
-- An e-mail as it was sent.
select html, text from contents where content_id = :content_id;

-- name: template_sizes(campaign_ids)
-- How many characters the mail of each of these campaigns has, in this order.
with wanted as (
    select unnest(cast(:campaign_ids as varchar[])) as campaign_id, generate_subscripts(cast(:campaign_ids as varchar[]), 1) as place
)
select c.campaign_id, coalesce(length(o.html), 0) + coalesce(length(o.text), 0) as characters
from wanted
join campaigns as c using (campaign_id)
left join contents as o using (content_id)
order by place;

-- name: templates(campaign_ids)
-- The texts of these campaigns' mails, and their merge languages.
select c.campaign_id, c.merge_language, o.html, c.subject, c.preheader, c.from_name, o.text
from campaigns as c
left join contents as o using (content_id)
where c.campaign_id in (select unnest(cast(:campaign_ids as varchar[])));
