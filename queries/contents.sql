-- E-mails and their links.

-- name: content(content_id)^
-- An e-mail as it was sent.
select html, text from contents where content_id = :content_id;
