-- The customers of a campaign: a row per message, sent or not.

-- name: recipient_rows(campaign_id, audience)
-- Where the customers who fit the grid's conditions stand in the table, in its order. {conditions} and {order} are
-- fragments over its columns from the allow-list of grids.py, which binds their values.
select row from recipients_grid(:campaign_id, :audience)
where {conditions}
order by {order};

-- name: recipients_at(campaign_id, audience, rows)
-- The customers who stand there, in this order.
select g.* exclude (row)
from recipients_grid(:campaign_id, :audience) as g
join (select unnest(:rows) as row, generate_subscripts(:rows, 1) as place) as wanted using (row)
order by wanted.place;
