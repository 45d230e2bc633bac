-- The customers of a campaign: a row per message, sent or not.

-- name: recipients_page(campaign_id, audience, start, size)
-- One block of the customers' grid. {conditions} and {order} are fragments over its columns from the allow-list of
-- grids.py, which binds their values.
select * from recipients_grid(:campaign_id, :audience)
where {conditions}
order by {order}
limit :size offset :start;

-- name: recipients_count(campaign_id, audience)^
-- How many customers fit the grid's conditions.
select count(*) as total from recipients_grid(:campaign_id, :audience) where {conditions};

-- name: recipients_found(campaign_id, audience)
-- All customers who fit the grid's conditions, in its order.
select * from recipients_grid(:campaign_id, :audience)
where {conditions}
order by {order};
