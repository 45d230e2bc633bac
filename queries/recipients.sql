-- The customers of a campaign: one row per message, sent or not.

-- name: recipient_rows(campaign_id, audience)
-- The rowids of the customers who match the grid's filters, in its order. {conditions} and {order} are fragments over the
-- grid's columns from the allow-list of reports/grid.py, which binds their values.
select row from recipients_grid(:campaign_id, :audience)
where {conditions}
order by {order};

-- name: recipient_row(campaign_id, customer_id)^
-- The rowid of a customer, or no row if the campaign did not select them.
select rowid as row from recipients where campaign_id = :campaign_id and customer_id = :customer_id;

-- name: recipients_at(campaign_id, audience, rows)
-- The customers with these rowids, in this order.
select g.* exclude (row)
from recipients_grid(:campaign_id, :audience) as g
join (select unnest(:rows) as row, generate_subscripts(:rows, 1) as position) as requested using (row)
order by requested.position;
