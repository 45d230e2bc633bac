-- E-mails and their links.

-- name: links_of_content(content_id)
-- The links of an e-mail in the order of the document.
select link_position, url, label from links where content_id = :content_id order by link_position;

-- name: content(content_id)^
-- One e-mail as it was sent.
select html, text from contents where content_id = :content_id;
