-- Who did what. mailsight/state/audit.py says what the columns hold.

-- name: record_in_audit(occurred_at, person, role, action, campaign_id, customer_id, details)!
-- Adds an entry.
insert into audit (occurred_at, person, role, action, campaign_id, customer_id, details)
values (:occurred_at, :person, :role, :action, :campaign_id, :customer_id, :details);

-- name: audit_entries(entries)
-- The newest entries that match.
select entry, occurred_at, person, role, action, campaign_id, customer_id, details
from audit
where {conditions}
order by occurred_at desc, entry desc
limit :entries;

-- name: audit_count()^
-- How many entries match.
select count(*) as entries from audit where {conditions};

-- name: expire_audit(before)!
-- Removes the entries before a moment. Does nothing if that was done.
update audit_expiry set expired_before = :before where expired_before < :before;

-- name: forget_customer_in_audit(customer_id, erased)!
-- Puts a keyed hash (`erased:...`) in place of a customer's id.
update audit set customer_id = :erased where customer_id = :customer_id;
