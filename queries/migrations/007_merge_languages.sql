-- name: migrate_to_7#
-- Adds the merge language of campaigns, and what loads change of customers. It is known from now on: of earlier changes, nothing
-- is left.
alter table campaigns add column merge_language varchar;
alter table customers add column known_since timestamp;
create table customer_changes (
    customer_id varchar not null, changed_at timestamp not null, earlier json not null, customer_hash usmallint not null
);

-- recipients: more subjects may use merge fields than those with the fields known so far. Whole campaigns are moved, because the
-- rows of each are sorted.
create temp table with_fields as
select r.* replace (m.merge_fields as subject_fields)
from recipients as r
join campaigns as c using (campaign_id)
left join messages as m using (campaign_id, customer_id)
where regexp_matches(c.subject, '[{\[]|::|##|~~|@@|(?:^|[^\w-])-[A-Za-z]\w*-')
    and not regexp_matches(c.subject, '\{\{|\*\||%.+%');
delete from recipients where campaign_id in (select campaign_id from with_fields);
insert into recipients by name from with_fields order by campaign_id, customer_id;
drop table with_fields;

-- archived_mails: what raw e-mails hold besides their contents. It is known from now on: load the mails again to have those of
-- earlier loads.
create table archived_mails (
    campaign_id varchar not null, customer_id varchar not null, content_id varchar not null, headers varchar not null,
    attachments json not null, charset varchar, signature varchar, size_bytes bigint not null
);

update schema_version set version = 7;
