-- Erasing people: who they are, and a database without them. docs/personal-data.md says what is kept, and why.

-- name: set_erasure_key(inner, outer)!
-- The installation's key, padded for the two rounds of an HMAC, in hexadecimal.
set variable erasure_key = {'inner': from_hex(:inner), 'outer': from_hex(:outer)};

-- name: create_erasure_macros#
-- What erasing and later loads share: both must turn a row into the same row.

-- keyed_hash: HMAC-SHA-256 of a value of a kind, which only this installation can compute.
create or replace temp macro keyed_hash(kind, value) as sha256(
    getvariable('erasure_key').outer
    || from_hex(sha256(getvariable('erasure_key').inner || encode(kind || ':' || value)))
);
-- plain_address, plain_name: spellings of the same address or name.
create or replace temp macro plain_address(address) as lower(nfc_normalize(trim(address)));
create or replace temp macro plain_name(name) as lower(nfc_normalize(
    trim(regexp_replace(name, '[\s"“”„«»<>(),;:!?.]+', ' ', 'g'))
));
-- identity_hash: the hash by which the list has an id, an address or a name, however it is spelled.
create or replace temp macro identity_hash(kind, value) as keyed_hash(
    kind, case kind when 'address' then plain_address(value) when 'name' then plain_name(value) else nfc_normalize(trim(value)) end
);
-- nobodys_id: what stands for the id of an erased person's message or event. The same id always gives the same, so a message
-- still finds its events, and an event that arrives again is known.
create or replace temp macro nobodys_id(kind, id) as 'erased-' || left(keyed_hash(kind, id), 32);
-- past_id, past_address: what stands for a customer and an address in what is older than the retention keeps. domains: those
-- that say little about a person.
create or replace temp macro past_id(id) as 'erased-past-' || left(keyed_hash('past', id), 24);
create or replace temp macro past_address(address, domains) as past_id(plain_address(address)) || case
    when not contains(address, '@') then ''
    when list_contains(domains, lower(split_part(address, '@', -1))) then '@' || lower(split_part(address, '@', -1))
    else '@' || past_id(lower(split_part(address, '@', -1))) || '.invalid'
end;
-- nobodys_event_id: as above. An event without an id gets one made of what tells events apart, in which the part after the
-- second hyphen stands for the URL.
create or replace temp macro nobodys_event_id(
    event_id, provider, campaign_id, customer_id, message_id, recipient, type, occurred_at, url
) as case
    when event_id is not null then nobodys_id('event', event_id)
    else 'erased-' || left(keyed_hash('url', coalesce(url, '')), 16) || '-' || left(
        keyed_hash('event', cast(to_json([
            provider, campaign_id, customer_id, message_id, lower(recipient), type, cast(occurred_at as varchar), url
        ]) as varchar)), 32
    )
end;
-- nobodys_attributes: the attributes that figures need: the time zone, and why an address was suppressed.
create or replace temp macro nobodys_attributes(attributes) as nullif(
    json_merge_patch('{}', json_object(
        'time_zone', attributes ->> '$.time_zone', 'timezone', attributes ->> '$.timezone',
        'suppressed', attributes ->> '$.suppressed', 'suppressed_at', attributes ->> '$.suppressed_at'
    )),
    '{}'
);
-- nobodys_url: a URL that tells nothing but its host, and differs for different URLs.
create or replace temp macro nobodys_url(url) as
    coalesce(nullif(regexp_extract(url, '^https?://[^/?#@\s]+', 0, 'i'), '') || '/', '')
    || 'erased-' || left(keyed_hash('url', url), 16);
-- nobodys_text: a server's reply without addresses, and without this name, this id and the local part of this address.
create or replace temp macro without_word(text, word, least) as if(
    word is null or length(word) < least, text, regexp_replace(text, '(?i)' || regexp_escape(word), '…', 'g')
);
create or replace temp macro nobodys_text(text, address, name, id) as without_word(
    without_word(
        without_word(
            regexp_replace(text, '[^\s<>"'';,:()]+(@|%40)[^\s<>"'';,:()]+', '…@…', 'gi'), name, 4
        ),
        id, 4
    ),
    split_part(address, '@', 1), 6
);
-- truncated_ip: the /24 of an IPv4 address, the /48 of an IPv6 address; see the macro `network`.
create or replace temp macro truncated_ip(ip) as case
    when regexp_full_match(ip, '(.*:)?\d{1,3}(\.\d{1,3}){3}') then regexp_replace(ip, '\d+$', '0')
    when contains(ip, ':') then array_to_string(
        list_transform(
            list_slice(string_split(split_part(lower(ip), '::', 1), ':') || ['0', '0', '0'], 1, 3),
            lambda part: coalesce(nullif(ltrim(part, '0'), ''), '0')
        ),
        ':'
    ) || '::'
end;
-- stored_ip, stored_ips: an IP address, and a text in which there may be this one and others, with as much of them as the setting
-- allows.
create or replace temp macro stored_ip(ip) as case getvariable('ip_addresses')
    when 'none' then null when 'truncated' then truncated_ip(ip) else ip
end;
create or replace temp macro stored_ips(text, ip) as case
    when coalesce(getvariable('ip_addresses'), 'full') = 'full' then text
    else regexp_replace(
        regexp_replace(
            if(length(ip) > 2, replace(text, ip, coalesce(stored_ip(ip), '')), text),
            '\b(\d{1,3}\.\d{1,3}\.\d{1,3}\.)\d{1,3}\b', if(getvariable('ip_addresses') = 'truncated', '\1' || '0', ''), 'g'
        ),
        '(?i)\b([\da-f]{1,4}:[\da-f]{1,4}:[\da-f]{0,4}):[\da-f]{0,4}:[\da-f:]*[\da-f]\b',
        if(getvariable('ip_addresses') = 'truncated', '\1::', ''), 'g'
    )
end;
-- nobodys_agent: a user agent without minor versions, which may tell people apart.
create or replace temp macro nobodys_agent(user_agent) as
    regexp_replace(user_agent, '(\d+)[._]\d[\d._]*', '\1.0', 'g');
-- without_words: a text that says "erased" wherever one of these regular expressions matches (loading/spellings.py).
create or replace temp macro without_words(text, patterns) as if(
    patterns is null,
    text,
    list_reduce(
        list_prepend(cast(text as varchar), patterns), lambda said, pattern: regexp_replace(said, pattern, '\1erased', 'g')
    )
);
-- json_without_words: the same of JSON, in which a number may be an id.
create or replace temp macro json_without_words(value, patterns) as if(
    patterns is null,
    value,
    try_cast(
        regexp_replace(without_words(cast(value as varchar), patterns), '([:\[,]\s*)erased(\s*[,}\]])', '\1"erased"\2', 'g')
        as json
    )
);
-- values_in, json_without_values: the values in JSON, and JSON in which some of them are "erased". A short id, such as 1042, is
-- recognised where it is a value of a selection.
create or replace temp macro values_in(value) as
    regexp_extract_all(cast(value as varchar), '[:\[,]\s*"?([^"\[\]{},:]+)"?', 1);
create or replace temp macro json_without_values(value, ids) as try_cast(
    list_reduce(
        -- Twice, because a comma can't be of two matches.
        list_prepend(cast(value as varchar), list_concat(coalesce(ids, []), coalesce(ids, []))),
        lambda said, id: regexp_replace(
            said, '([:\[,]\s*)"?' || regexp_escape(id) || '"?(\s*[,}\]])', '\1"erased"\2', 'g'
        )
    )
    as json
);
-- email_without_words: the same of a sender, whose domain says which campaigns a role may see.
create or replace temp macro email_without_words(email, patterns) as if(
    patterns is null or without_words(email, patterns) = email,
    email,
    'erased@' || split_part(email, '@', -1)
);
-- nobodys_file, nobodys_reason: the name of a file, and the reason for rejecting a row, without these words and patterns.
create or replace temp macro nobodys_file(file, words, patterns) as list_reduce(
    list_prepend(without_words(file, patterns), coalesce(words, [])), lambda said, word: replace(said, word, 'erased')
);
create or replace temp macro nobodys_reason(reason, words, patterns) as
    nobodys_file(regexp_replace(reason, ': .*', ''), words, patterns);
-- decoded: a text, as it is and as it reads in other encodings: percent signs, JSON's and HTML's escapes, quoted-printable, Base64.
create or replace temp macro percent_decoded(text) as coalesce(
    try(url_decode(text)), replace(replace(replace(replace(text, '%40', '@'), '%2B', '+'), '%2E', '.'), '%20', ' ')
);
create or replace temp macro json_decoded(text) as coalesce(
    try(
        cast('"' || replace(replace(replace(text, '\"', '"'), '"', '\u0022'), chr(10), '\n') || '"' as json) ->> '$'
    ),
    replace(text, '\u0040', '@')
);
create or replace temp macro base64_decoded(text) as list_aggregate(list_transform(
    regexp_extract_all(regexp_replace(text, '([A-Za-z0-9+/])\r?\n([A-Za-z0-9+/])', '\1\2', 'g'), '[A-Za-z0-9+/_-]{16,}'),
    lambda token: coalesce(
        try(decode(from_base64(
            rpad(translate(token, '-_', '+/'), cast(4 * ceil(length(token) / 4) as integer), '=')
        ))),
        ''
    )
), 'string_agg', ' ');
create or replace temp macro decoded(text) as concat_ws(
    chr(10),
    text,
    if(contains(text, '%'), percent_decoded(percent_decoded(text)), null),
    if(contains(text, '+') and regexp_matches(text, '[=&]'), percent_decoded(replace(text, '+', ' ')), null),
    if(contains(text, '\'), json_decoded(text), null),
    if(contains(text, '&#'), replace(replace(text, '&#64;', '@'), '&#x40;', '@'), null),
    if(
        regexp_matches(text, '=(\r?\n|[0-9A-F]{2}|\?)'),
        percent_decoded(
            replace(regexp_replace(regexp_replace(text, '=\r?\n', '', 'g'), '=([0-9A-F]{2})', '%\1', 'g'), '_', ' ')
        ),
        null
    ),
    base64_decoded(text)
);
-- addresses_in: what may be an address, or a digest of one, in a text.
create or replace temp macro addresses_in(text) as list_concat(
    list_transform(
        regexp_extract_all(text, '[^\s"'',;:<>(){}\[\]=&?|/\\]+@[^\s"'',;:<>(){}\[\]=&?|/\\!*#]+'), lambda word: trim(word, '.')
    ),
    if(
        contains(text, ''''),
        regexp_extract_all(text, '[^\s",;:<>(){}\[\]=&?|/\\]+''[^\s",;:<>(){}\[\]=&?|/\\]*@[\pL\pN.-]*[\pL\pN]'),
        []
    ),
    if(
        contains(text, '"@'),
        list_transform(
            regexp_extract_all(text, '\\?"[^"@\\]{1,64}\\?"@[\pL\pN.-]*[\pL\pN]'), lambda word: replace(word, '\"', '"')
        ),
        []
    ),
    regexp_extract_all(text, '(?i)\b(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})\b')
);
-- addresses_in_payload: the same, in a payload: these are many and long.
create or replace temp macro addresses_in_payload(text) as addresses_in(if(
    contains(text, '%') or contains(text, '\'), concat_ws(' ', text, percent_decoded(text), json_decoded(text)), text
));
-- words_in: what may be an address, an id or a name in a text, such as a row that was rejected, or the fields of a customer.
create or replace temp macro words_in(text) as list_concat(
    addresses_in(decoded(text)),
    regexp_extract_all(decoded(text), '[^\s"'',;|<>(){}\[\]=&?]+'),
    regexp_extract_all(decoded(text), '[\pL\pN_.~+-]{5,}'),
    list_transform(
        regexp_extract_all(decoded(text), '[^"'',;|<>{}\[\]\t\r\n]*[^\s"'',;|<>{}\[\]][ ][^\s"'',;|<>{}\[\]][^"'',;|<>{}\[\]\t\r\n]*'),
        lambda cell: trim(cell)
    ),
    phrases_in(decoded(text))
);
-- phrases_in: two to four words of a text that follow each other, from a capital letter or one without capitals: perhaps a name.
create or replace temp macro phrases_in(text) as flatten(flatten(list_transform(
    [regexp_extract_all(text, '[^\s"“”„«»<>(){}\[\],;:!?=&|.]+')],
    lambda words: list_transform(
        list_filter(range(1, len(words)), lambda start: not regexp_matches(words[start], '^[a-z0-9]')),
        lambda i: [
            trim(array_to_string(list_slice(words, i, i + 1), ' '), '''’'), trim(array_to_string(list_slice(words, i, i + 2), ' '), '''’'),
            trim(array_to_string(list_slice(words, i, i + 3), ' '), '''’')
        ]
    )
)));
-- is_telling: whether an id stands for a customer wherever it is written. A short number, such as 1042, may be anything.
create or replace temp macro is_telling(id) as
    contains(id, '@') or regexp_full_match(id, '\d{8,}') or (length(id) > 4 and regexp_matches(id, '\d') and regexp_matches(id, '\D'));
-- ids_in: the values of a row that are ids by their names, or all of a row without names.
create or replace temp macro ids_in(text) as if(
    regexp_matches(text, '"\s*:'),
    regexp_extract_all(
        text, '(?i)"[^"]*(?:id|key|customer|user|contact|subscriber|person)[^"]*"\s*:\s*"?([^"\s,}\]]+)', 1
    ),
    regexp_extract_all(text, '[^\s"'',;|<>(){}\[\]=&?]+')
);

-- name: create_erased#
-- The list of erased people, for the queries below. The caller registers `erased_keys`.
create or replace temp table erased as select key_hash, kind, nobody, person, is_asked from erased_keys;
-- word_hashes: the hashes by which the list may have a word of a text.
create or replace temp macro word_hashes(word) as [
    case when contains(word, '@') or length(word) > 15 or is_telling(word) then identity_hash('address', word) end,
    case when is_telling(word) then identity_hash('customer', word) end,
    case when contains(word, ' ') then identity_hash('name', word) end
];
-- listed_words: the words in texts in which anybody may be mentioned that name somebody on the list.
create or replace temp macro listed_words(texts) as table
select distinct word
from (
    select word, unnest(word_hashes(word)) as key_hash
    from (select distinct unnest(words_in(text)) as word from (select distinct text from query_table(texts)))
)
where key_hash in (select key_hash from erased);
-- mentions: the rows of such texts that mention somebody on the list, with the words that do. What a row calls an id counts,
-- however short it is.
create or replace temp macro mentions(texts) as table
select row, list(distinct word) as words
from (
    select row, word
    from (select row, unnest(words_in(text)) as word from query_table(texts))
    where word in (select word from listed_words(texts))
    union all
    select row, word
    from (select row, unnest(ids_in(text)) as word from query_table(texts))
    where length(word) > 2 and identity_hash('customer', word) in (select key_hash from erased)
)
group by row;
-- unlisted_in: what is not on the list, but belongs to something that somebody named: a customer's other address, another customer
-- at an address. `pairs` are customers with their addresses, `ids` and `addresses` those of them that are on the list.
create or replace temp macro unlisted_in(pairs, ids, addresses) as table
with known as (
    select
        p.customer_id, p.address, i.is_asked as by_id, i.person as person_of_id, i.nobody as nobodys_id,
        a.is_asked as by_address, a.person, a.nobody
    from (
        select distinct customer_id, address
        from query_table(pairs)
        where customer_id is not null and address is not null
    ) as p
    left join query_table(ids) as i on i.customer_id = p.customer_id
    left join query_table(addresses) as a on a.address = p.address
)
select
    'address' as kind, address as value, min(person_of_id) as person, min(if(customer_id = address, nobodys_id, null)) as nobody
from known
where by_id and person is null
group by address
union all
select 'customer', customer_id, min(person), min(if(customer_id = address, nobody, null))
from known
where by_address and person_of_id is null
group by customer_id;

-- name: keyed_hashes()
-- The hash of each value. The caller registers `identities`, with a kind and a value each.
select kind, value, identity_hash(kind, value) as key_hash from identities;

-- name: customers_at(addresses)
-- The customers with one of these addresses (in lower case): now, earlier, or in a message or event.
with wanted as (select unnest(cast(:addresses as varchar[])) as address)
select distinct customer_id
from (
    select customer_id from customers where lower(email) in (from wanted)
    union all
    select customer_id from customer_changes where lower(earlier ->> '$.email') in (from wanted)
    union all
    select customer_id from messages where lower(email) in (from wanted)
    union all
    select customer_id from events where customer_id is not null and lower(recipient) in (from wanted)
    union all
    select customer_id from recipients where lower(email) in (from wanted) or lower(known_email) in (from wanted)
);

-- name: addresses_of(customer_ids)
-- The addresses of these customers, in lower case: now, earlier, and in their messages and events.
with wanted as (select unnest(cast(:customer_ids as varchar[])) as customer_id)
select distinct lower(address) as address
from (
    select email as address from customers where customer_id in (from wanted)
    union all
    select earlier ->> '$.email' from customer_changes where customer_id in (from wanted)
    union all
    select email from messages where customer_id in (from wanted)
    union all
    select recipient from events where customer_id in (from wanted)
    union all
    select unnest([email, known_email]) from recipients where customer_id in (from wanted)
    union all
    select e.recipient
    from events as e
    semi join (select event_number from message_events where customer_id in (from wanted)) as own using (event_number)
)
where address is not null;

-- name: names_of(customer_ids)
-- The full names of these customers, now and earlier, as far as they have several words, and no other customer has the same.
with wanted as (select unnest(cast(:customer_ids as varchar[])) as customer_id)
select distinct name
from (
    select name from customers where customer_id in (from wanted)
    union all
    select earlier ->> '$.name' from customer_changes where customer_id in (from wanted)
    union all
    select name from recipients where customer_id in (from wanted)
)
where trim(name) like '% %'
    and lower(trim(name)) not in (
        select lower(trim(name)) from customers where name is not null and customer_id not in (from wanted)
    );

-- name: known_customers(customer_ids)
-- Those of these ids that the database has.
with wanted as (select unnest(cast(:customer_ids as varchar[])) as customer_id)
select distinct customer_id
from (
    select customer_id from customers
    union all
    select customer_id from messages
    union all
    select customer_id from events
    union all
    select customer_id from recipients
)
where customer_id in (from wanted);

-- name: domains_of_others(domains, addresses)
-- Those of these domains at which other customers than those with these addresses have one.
with wanted as (select unnest(cast(:domains as varchar[])) as domain),
theirs as (select unnest(cast(:addresses as varchar[])) as address)
select distinct domain
from (
    select distinct lower(coalesce(email, known_email)) as address from recipients
    union
    select lower(email) from customers
)
cross join lateral (select split_part(address, '@', -1) as domain) as at_domain
where contains(address, '@') and domain in (from wanted) and address not in (from theirs);

-- name: mentioned()
-- The numbers of texts that mention somebody on the list, with the words that do. The caller registers `texts`.
select row, words from mentions('texts') order by row;

-- name: rows_of(customer_ids, addresses)
-- How many rows of these people each table has.
with ids as (select unnest(cast(:customer_ids as varchar[])) as customer_id),
addresses as (select unnest(cast(:addresses as varchar[])) as address)
select 'customers' as name, count(*) as rows from customers where customer_id in (from ids)
union all
select 'messages', count(*) from messages where customer_id in (from ids)
union all
select 'events', count(*)
from (
    select event_number from events where customer_id in (from ids) or lower(recipient) in (from addresses)
    union
    select event_number from message_events where customer_id in (from ids)
)
union all
select 'e-mails', count(*) from archived_mails where customer_id in (from ids);

-- name: attach_old(file)!
-- Opens the database that is rewritten.
attach :file as old (read_only);

-- name: find_erased#
-- old_pairs: the customers of the old database, with their addresses. erased_ids, erased_addresses, erased_names: what it has of
-- the list, with what stands for it.
create or replace temp view old_pairs as
select customer_id, lower(email) as address from old.customers
union all
select customer_id, lower(email) from old.messages
union all
select customer_id, lower(recipient) from old.events
union all
select customer_id, lower(unnest([email, known_email])) from old.recipients;
create or replace temp table erased_ids as
select v.customer_id, e.nobody, e.person, e.is_asked
from (
    select distinct customer_id
    from (
        select customer_id from old_pairs
        union all
        select customer_id from old.customer_changes
        union all
        select customer_id from old.archived_mails
    )
    where customer_id is not null and not starts_with(customer_id, 'erased-')
) as v
join erased as e on e.kind = 'customer' and e.key_hash = identity_hash('customer', v.customer_id);
create or replace temp table erased_addresses as
select v.address, e.nobody, e.person, e.is_asked
from (
    select distinct address
    from (
        select address from old_pairs
        union all
        select lower(earlier ->> '$.email') from old.customer_changes
    )
    where address is not null and not starts_with(address, 'erased-')
) as v
join erased as e on e.kind = 'address' and e.key_hash = identity_hash('address', v.address);
create or replace temp table erased_names as
select v.customer_id, min(v.name) as name
from (
    select customer_id, name from old.customers
    union all
    select customer_id, name from old.recipients
) as v
semi join erased_ids using (customer_id)
where name is not null
group by v.customer_id;

-- name: unlisted()
-- What is not on the list, and belongs to something that is (`unlisted_in`).
select * from unlisted_in('old_pairs', 'erased_ids', 'erased_addresses');

-- name: rename_erased#
-- renamed: the messages of the people on the list, with what stands for the customer. erased_numbers: their events.
create temp table renamed as
select p.campaign_id, p.customer_id, i.nobody
from (
    select campaign_id, customer_id from old.messages
    union
    select campaign_id, customer_id from old.recipients
    union
    select campaign_id, customer_id from old.message_events
    union
    select campaign_id, customer_id from old.archived_mails
) as p
join erased_ids as i using (customer_id);
create temp table erased_numbers as
select event_number from old.message_events where customer_id in (select customer_id from erased_ids)
union
select event_number
from old.events
where customer_id in (select customer_id from erased_ids) or lower(recipient) in (select address from erased_addresses);

-- name: address_domains()
-- The domains of all addresses, with the number of addresses there.
select lower(split_part(address, '@', -1)) as domain, count(distinct lower(address)) as addresses
from (select coalesce(email, known_email) as address from old.recipients)
where contains(address, '@')
group by domain;

-- name: past_people(events_before)
-- The messages that have a person, although nothing has happened to them since, and those of past_customers, whose parameter it
-- takes too. A null keeps all.
with past_customers as ({query past_customers})
select r.campaign_id, r.customer_id
from recipients as r
left join campaigns as c on c.campaign_id = r.campaign_id
anti join (
    select campaign_id, customer_id from message_events where occurred_at >= cast(:events_before as timestamp)
) as e on e.campaign_id = r.campaign_id and e.customer_id = r.customer_id
where coalesce(r.sent_at, c.sent_at) < cast(:events_before as timestamp)
    and coalesce(c.sent_at, r.sent_at) < cast(:events_before as timestamp)
    and not starts_with(r.customer_id, 'erased-')
union
select r.campaign_id, r.customer_id from recipients as r semi join past_customers using (customer_id);

-- name: past_customers(customers_before)
-- The customers to whom nothing was sent, of whom nothing has happened, and of whom nothing new was known since. Whether a customer
-- is as old as that must be known.
with latest as (
    select customer_id, greatest(created_at, known_since) as heard_at from customers
    union all
    select customer_id, changed_at from customer_changes
    union all
    select r.customer_id, greatest(r.sent_at, c.sent_at)
    from recipients as r left join campaigns as c on c.campaign_id = r.campaign_id
    union all
    select customer_id, occurred_at from message_events
    union all
    select customer_id, occurred_at from events where customer_id is not null
)
select customer_id
from latest semi join customers using (customer_id)
where cast(:customers_before as timestamp) is not null and not starts_with(customer_id, 'erased-')
group by customer_id
having max(heard_at) < cast(:customers_before as timestamp);

-- name: past_unmatched(unmatched_before)
-- The events without a message that are older. A null keeps all.
select event_number
from unattributed semi join (
    select event_number from events where occurred_at < cast(:unmatched_before as timestamp)
) as e using (event_number);

-- name: past_refused(unmatched_before)
-- The rejected rows that were loaded earlier, by the file that they are in. Of files that no load lists, only that some load has
-- them is known, so they are as new as the last.
select r.rowid as row
from refused as r
left join (
    select file, max(loaded_at) as loaded_at
    from (select unnest(files) as file, loaded_at from loads)
    group by file
) as l on l.file = r.file
where coalesce(
    try_cast(regexp_extract(r.file, '^webhooks/(\d{4}-\d\d-\d\d)T', 1) as timestamp),
    l.loaded_at,
    (select max(loaded_at) from loads)
) < cast(:unmatched_before as timestamp);

-- name: past_counts()^
-- How many of each these are, by what they are called on screens. It takes all of their parameters.
select
    (select count(*) from ({query past_people})) as messages,
    (select count(*) from ({query past_customers})) as customers,
    (select count(*) from ({query past_unmatched})) as "unmatched events",
    (select count(*) from ({query past_refused})) as "rejected rows";

-- name: find_past(domains)!
-- past: these messages of the old database. `domains` are those that addresses keep. It takes the parameters of past_people too.
create temp table past as
with recipients as (from old.recipients), campaigns as (from old.campaigns), message_events as (from old.message_events),
customers as (from old.customers), customer_changes as (from old.customer_changes), events as (from old.events)
select campaign_id, customer_id, past_id(customer_id) as nobody, cast(:domains as varchar[]) as domains
from ({query past_people});

-- name: find_past_customers()!
-- erased_ids: these customers, with what stands for each. It takes the parameter of past_customers.
create temp table erased_ids as
with recipients as (from old.recipients), campaigns as (from old.campaigns), message_events as (from old.message_events),
customers as (from old.customers), customer_changes as (from old.customer_changes), events as (from old.events)
select customer_id, past_id(customer_id) as nobody, cast(null as varchar) as person, false as is_asked
from ({query past_customers});

-- name: find_past_unmatched()!
-- past_unmatched: these events. It takes the parameter of the query of that name.
create temp table past_unmatched as
with unattributed as (from old.unattributed), events as (from old.events)
{query past_unmatched};

-- name: find_past_refused()!
-- past_refused: these rows. It takes the parameter of the query of that name.
create temp table past_refused as
with refused as (select *, rowid from old.refused), loads as (from old.loads)
{query past_refused};

-- name: rename_past#
-- As find_erased, rename_erased and list_mentions, for what is past: nobody is on the list.
create temp table renamed as select campaign_id, customer_id, nobody from past;
create temp table erased_numbers as
select event_number from old.message_events semi join past using (campaign_id, customer_id);
create temp table erased_addresses as
select address, past_address(address, (select any_value(domains) from past)) as nobody
from (
    select lower(email) as address from old.messages semi join past using (campaign_id, customer_id)
    union
    select lower(unnest([email, known_email])) from old.recipients semi join past using (campaign_id, customer_id)
    union
    select lower(recipient) from old.events semi join erased_numbers using (event_number)
    union
    select lower(email) from old.customers semi join past using (customer_id)
    union
    select lower(email) from old.customers semi join erased_ids using (customer_id)
)
where address is not null;
create temp table refused_mentions (row bigint, words varchar[]);
create temp table mentioned (place varchar, row bigint, patterns varchar[]);
create temp table selection_ids (row bigint, ids varchar[]);

-- name: keep_past_places#
-- Nobodies have the country and time zone of the customer, by which opens are counted.
insert into customers by name
select
    past_id(c.customer_id) as customer_id, any_value(a.nobody) as email, any_value(c.country) as country,
    any_value(nobodys_attributes(c.attributes)) as attributes
from old.customers as c
semi join past using (customer_id)
left join erased_addresses as a on a.address = lower(c.email)
where past_id(c.customer_id) not in (select customer_id from customers)
group by c.customer_id;

-- name: list_erased#
-- What is rewritten of renamed messages, row by row.

-- past_unmatched, past_refused: what is removed because it is old. An erasure removes nothing.
create temp table if not exists past_unmatched (event_number bigint);
create temp table if not exists past_refused (row bigint);
-- erased_messages: the ids of their messages, with all other ids. An id may be that of other people's messages too.
create temp table erased_messages as
with own as (
    select message_id from old.messages semi join renamed using (campaign_id, customer_id) where message_id is not null
    union
    select message_id from old.events semi join erased_numbers using (event_number) where message_id is not null
),
linked as (
    from own
    union
    select a.other_id from old.message_aliases as a semi join own using (message_id)
    union
    select a.message_id from old.message_aliases as a semi join own on own.message_id = a.other_id
)
select
    message_id, nobodys_id('message', message_id) as nobody,
    message_id in (
        select message_id from old.messages anti join renamed using (campaign_id, customer_id) where message_id is not null
    ) as is_shared
from linked
where not starts_with(message_id, 'erased-');
-- erased_urls: the URLs that they clicked, each with what stands for it: itself if somebody else clicked it too.
create temp table erased_urls as
with clicked as (
    select distinct coalesce(me.url, e.url) as url
    from old.events as e
    semi join erased_numbers using (event_number)
    left join old.message_events as me using (event_number)
    where e.type = 'clicked' and coalesce(me.url, e.url) is not null and me.link_position is null
),
of_others as (
    select c.url
    from clicked as c
    semi join (
        select url from old.events where type = 'clicked' and event_number not in (select event_number from erased_numbers)
        union all
        select url from old.message_events where type = 'clicked' and event_number not in (select event_number from erased_numbers)
    ) as o on o.url = c.url
)
select url, if(url in (from of_others), url, nobodys_url(url)) as nobody from clicked;
-- erased_agents: the user agents that nobody else has.
create temp table erased_agents as
select distinct user_agent
from old.events semi join erased_numbers using (event_number)
where user_agent is not null
except
select user_agent from old.events anti join erased_numbers using (event_number) where user_agent is not null;
-- erased_events: their events, as they are from now on. A click keeps the link that it was attributed to, by that link's URL.
create temp table erased_events as
select
    e.event_number,
    nobodys_event_id(
        e.event_id, e.provider, e.campaign_id, e.customer_id, e.message_id, e.recipient, e.type, e.occurred_at, e.url
    ) as event_id,
    coalesce(i.nobody, p.nobody, e.customer_id) as customer_id, coalesce(m.nobody, e.message_id) as message_id,
    coalesce(a.nobody, e.recipient) as recipient,
    case
        when e.type <> 'clicked' then null
        when me.link_position is not null then l.url
        else u.nobody
    end as url,
    nobodys_text(e.diagnostic, coalesce(e.recipient, r.email, r.known_email), r.name, coalesce(me.customer_id, e.customer_id))
        as diagnostic,
    if(g.user_agent is null, e.user_agent, nobodys_agent(e.user_agent)) as user_agent,
    truncated_ip(e.ip) as ip
from old.events as e
semi join erased_numbers using (event_number)
left join (from old.message_events semi join erased_numbers using (event_number)) as me using (event_number)
left join old.campaigns as c on c.campaign_id = me.campaign_id
left join old.links as l on l.content_id = c.content_id and l.link_position = me.link_position
left join erased_ids as i on i.customer_id = e.customer_id
left join renamed as p on p.campaign_id = me.campaign_id and p.customer_id = me.customer_id and p.customer_id = e.customer_id
left join erased_messages as m on m.message_id = e.message_id
left join erased_addresses as a on a.address = lower(e.recipient)
left join erased_urls as u on u.url = coalesce(me.url, e.url)
left join erased_agents as g on g.user_agent = e.user_agent
left join (from old.recipients semi join renamed using (campaign_id, customer_id)) as r
    on r.campaign_id = me.campaign_id and r.customer_id = me.customer_id;
-- erased_contents: the copies of e-mails that only they received.
create temp table erased_contents as
select content_id
from (
    select content_id from old.messages semi join renamed using (campaign_id, customer_id)
    union
    select content_id from old.archived_mails semi join renamed using (campaign_id, customer_id)
)
where content_id is not null
    and content_id not in (select content_id from old.campaigns where content_id is not null)
    and content_id not in (
        select content_id from old.messages anti join renamed using (campaign_id, customer_id) where content_id is not null
    )
    and content_id not in (select content_id from old.archived_mails anti join renamed using (campaign_id, customer_id));

-- name: erased_words(words)
-- The addresses, ids and names by which texts mention the people on the list, as far as they tell who it is; of `words` too.
select word
from (select unnest(cast(:words as varchar[])) as word)
where contains(word, '@') or trim(word) like '% %' or is_telling(word)
union
select address as word from erased_addresses where contains(address, '@')
union
select customer_id from erased_ids where is_telling(customer_id)
union
select n.name
from (
    select name from old.customers semi join erased_ids using (customer_id)
    union
    select earlier ->> '$.name' from old.customer_changes semi join erased_ids using (customer_id)
    union
    select name from old.recipients semi join erased_ids using (customer_id)
) as n
where trim(n.name) like '% %'
    and plain_name(n.name) not in (
        select plain_name(name) from old.customers anti join erased_ids using (customer_id) where name is not null
    );

-- name: list_mentions#
-- refused_mentions: the rejected rows that mention people on the list, with the words that do. old_texts: what else may mention
-- them, by table and row. mentions_found: the rows in which a regular expression matches.
create temp view refused_texts as
select rowid as row, concat_ws(' ', file, reason, refused.row) as text from old.refused;
create temp table refused_mentions as from mentions('refused_texts');
create temp view old_texts as
select
    'campaigns' as place, rowid as row,
    concat_ws(
        chr(10), name, subject, preheader, from_name, from_email, array_to_string(tags, chr(10)), cast(selection as varchar)
    ) as text
from old.campaigns
union all
select 'customers', rowid, cast(attributes as varchar) from old.customers where attributes is not null
union all
select 'customer_changes', rowid, cast(earlier as varchar) from old.customer_changes
union all
select 'contents', rowid, concat_ws(chr(10), html, text) from old.contents
union all
select 'links', rowid, concat_ws(chr(10), url, label) from old.links
union all
select 'messages', rowid, concat_ws(chr(10), not_sent_detail, cast(merge_fields as varchar))
from old.messages where not_sent_detail is not null or merge_fields is not null
union all
select 'events', rowid, concat_ws(chr(10), url, diagnostic, cast(payload as varchar))
from old.events where url is not null or diagnostic is not null or payload is not null
union all
select 'erased events', event_number, url from erased_events where url is not null
union all
select 'archived_mails', rowid, concat_ws(chr(10), headers, cast(attachments as varchar)) from old.archived_mails
union all
select 'refused', rowid, concat_ws(chr(10), file, reason, refused.row) from old.refused
union all
select 'loads', rowid, array_to_string(files, chr(10)) from old.loads
union all
select 'message_events', rowid, url from old.message_events where url is not null
union all
select 'recipients', rowid, concat_ws(chr(10), not_sent_detail, bounce_reason, cast(subject_fields as varchar))
from old.recipients where not_sent_detail is not null or bounce_reason is not null or subject_fields is not null
union all
select 'link_clicks', rowid, url from old.link_clicks where url is not null;
-- selection_ids: the selections with their ids, however short these are.
create temp table selection_ids as
select s.row, list(distinct i.customer_id) as ids
from (select rowid as row, unnest(values_in(selection)) as value from old.campaigns where selection is not null) as s
join erased_ids as i on i.customer_id = s.value
group by s.row;
create temp table mentions_found (place varchar, row bigint, pattern varchar);

-- name: add_mentions(pattern)!
-- Adds the rows in which this regular expression matches.
insert into mentions_found by name
select place, row, cast(:pattern as varchar) as pattern from old_texts where regexp_matches(text, cast(:pattern as varchar));

-- name: group_mentions#
-- mentioned: each such row, with all expressions that match.
create temp table mentioned as
select place, row, list(pattern) as patterns from mentions_found group by place, row;

-- name: erased_counts()^
-- How many rows are rewritten or removed, by what they are called on screens.
select
    (select count(*) from old.customers semi join erased_ids using (customer_id)) as customers,
    (select count(*) from old.messages semi join renamed using (campaign_id, customer_id)) as messages,
    (select count(*) from erased_numbers) as events,
    (select count(*) from old.archived_mails semi join renamed using (campaign_id, customer_id)) as "e-mails",
    (
        select count(*)
        from (select row from refused_mentions union select row from mentioned where place = 'refused')
    ) as "rejected rows",
    (
        select count(*)
        from mentioned
        where place = 'loads'
            or (place = 'contents' and row not in (
                select c.rowid from old.contents as c semi join erased_contents using (content_id)
            ))
            or (place = 'customers' and row not in (
                select c.rowid from old.customers as c semi join erased_ids using (customer_id)
            ))
            or (place = 'messages' and row not in (
                select m.rowid from old.messages as m semi join renamed using (campaign_id, customer_id)
            ))
            or (place = 'events' and row not in (
                select e.rowid from old.events as e semi join erased_numbers using (event_number)
            ))
    ) + (
        select count(*)
        from (select row from mentioned where place = 'campaigns' union select row from selection_ids)
    ) as "other mentions";

-- name: rewrite_campaigns#
-- They say "erased" where they mention a person.
insert into campaigns by name
select c.* replace (
    without_words(c.name, m.patterns) as name, without_words(c.subject, m.patterns) as subject,
    without_words(c.preheader, m.patterns) as preheader, without_words(c.from_name, m.patterns) as from_name,
    email_without_words(c.from_email, m.patterns) as from_email,
    list_transform(c.tags, lambda tag: without_words(tag, m.patterns)) as tags,
    json_without_values(json_without_words(c.selection, m.patterns), s.ids) as selection
)
from old.campaigns as c
left join mentioned as m on m.place = 'campaigns' and m.row = c.rowid
left join selection_ids as s on s.row = c.rowid;

-- name: rewrite_customers#
-- Countries and time zones are counted by the hour of the week.
insert into customers by name
select c.* replace (
    coalesce(i.nobody, c.customer_id) as customer_id,
    if(i.nobody is null, c.email, coalesce(a.nobody, if(c.email is null, null, ''))) as email,
    if(i.nobody is null, c.name, null) as name, if(i.nobody is null, c.language, null) as language,
    if(i.nobody is null, c.created_at, null) as created_at,
    if(i.nobody is null, json_without_words(c.attributes, m.patterns), nobodys_attributes(c.attributes)) as attributes,
    if(i.nobody is null, c.known_since, null) as known_since
)
from old.customers as c
left join erased_ids as i using (customer_id)
left join erased_addresses as a on a.address = lower(c.email)
left join mentioned as m on m.place = 'customers' and m.row = c.rowid;

-- name: rewrite_customer_changes#
-- That a customer changed is known, but not how.
insert into customer_changes by name
select c.* replace (
    coalesce(i.nobody, c.customer_id) as customer_id,
    if(i.nobody is null, coalesce(json_without_words(c.earlier, m.patterns), '{}'), '{}') as earlier,
    if(i.nobody is null, c.customer_hash, customer_hash(i.nobody)) as customer_hash
)
from old.customer_changes as c
left join erased_ids as i using (customer_id)
left join mentioned as m on m.place = 'customer_changes' and m.row = c.rowid;

-- name: rewrite_contents#
-- Without the copies that only erased people received.
insert into contents by name
select c.* replace (without_words(c.html, m.patterns) as html, without_words(c.text, m.patterns) as text)
from old.contents as c
left join mentioned as m on m.place = 'contents' and m.row = c.rowid
where c.content_id not in (select content_id from erased_contents);

-- name: rewrite_links#
-- Without the links of such copies.
insert into links by name
select l.* replace (without_words(l.url, m.patterns) as url, without_words(l.label, m.patterns) as label)
from old.links as l
left join mentioned as m on m.place = 'links' and m.row = l.rowid
where l.content_id not in (select content_id from erased_contents);

-- name: rewrite_messages#
-- That they were sent, and when, is counted.
insert into messages by name
select m.* replace (
    coalesce(i.nobody, m.customer_id) as customer_id,
    if(i.nobody is null, m.message_id, coalesce(x.nobody, m.message_id)) as message_id,
    if(i.nobody is null, m.email, coalesce(a.nobody, if(m.email is null, null, ''))) as email,
    if(i.nobody is null, without_words(m.not_sent_detail, w.patterns), null) as not_sent_detail,
    if(i.nobody is null, json_without_words(m.merge_fields, w.patterns), null) as merge_fields,
    if(i.nobody is null, m.content_id, null) as content_id
)
from old.messages as m
left join renamed as i using (campaign_id, customer_id)
left join erased_messages as x on x.message_id = m.message_id
left join erased_addresses as a on a.address = lower(m.email)
left join mentioned as w on w.place = 'messages' and w.row = m.rowid;

-- name: rewrite_events#
-- What happened, when and to which link is counted. Events of others may mention an erased person.
insert into events by name
select e.* replace (
    if(x.event_number is null, e.event_id, x.event_id) as event_id,
    if(x.event_number is null, e.customer_id, x.customer_id) as customer_id,
    if(x.event_number is null, e.message_id, x.message_id) as message_id,
    if(x.event_number is null, e.recipient, x.recipient) as recipient,
    if(x.event_number is null, without_words(e.url, m.patterns), without_words(x.url, o.patterns)) as url,
    if(x.event_number is null, without_words(e.diagnostic, m.patterns), x.diagnostic) as diagnostic,
    if(x.event_number is null, e.user_agent, x.user_agent) as user_agent,
    if(x.event_number is null, e.ip, x.ip) as ip,
    if(x.event_number is null, json_without_words(e.payload, m.patterns), null) as payload
)
from old.events as e
left join erased_events as x using (event_number)
left join mentioned as m on m.place = 'events' and m.row = e.rowid
left join mentioned as o on o.place = 'erased events' and o.row = e.event_number
where e.event_number not in (select event_number from past_unmatched);

-- name: rewrite_archived_mails#
-- Without their mails.
insert into archived_mails by name
select a.* replace (
    without_words(a.headers, m.patterns) as headers,
    coalesce(json_without_words(a.attachments, m.patterns), '[]') as attachments
)
from old.archived_mails as a
anti join renamed using (campaign_id, customer_id)
left join mentioned as m on m.place = 'archived_mails' and m.row = a.rowid;

-- name: rewrite_message_aliases#
-- Ids that are also those of other people's messages stay as well.
insert into message_aliases by name
select message_id, other_id
from old.message_aliases
where not coalesce(message_id in (select message_id from erased_messages where not is_shared), false)
    and not coalesce(other_id in (select message_id from erased_messages where not is_shared), false)
union all by name
select m.nobody as message_id, o.nobody as other_id
from old.message_aliases as a
join erased_messages as m on m.message_id = a.message_id
join erased_messages as o on o.message_id = a.other_id;

-- name: rewrite_reported_totals#
-- Totals name nobody.
insert into reported_totals by name from old.reported_totals;

-- name: rewrite_imports#
-- Positions name nobody.
insert into imports by name from old.imports;

-- name: rewrite_refused#
-- Why a row was rejected is known, but not the row.
insert into refused by name
select r.* replace (
    if(x.row is null and m.row is null, r.file, nobodys_file(r.file, x.words, m.patterns)) as file,
    if(x.row is null and m.row is null, r.row, '') as row,
    if(x.row is null and m.row is null, r.reason, nobodys_reason(r.reason, x.words, m.patterns)) as reason
)
from old.refused as r
left join refused_mentions as x on x.row = r.rowid
left join mentioned as m on m.place = 'refused' and m.row = r.rowid
where r.rowid not in (select row from past_refused);

-- name: rewrite_loads#
-- A file may have the name of a person.
insert into loads by name
select l.* replace (list_transform(l.files, lambda file: without_words(file, m.patterns)) as files)
from old.loads as l left join mentioned as m on m.place = 'loads' and m.row = l.rowid;

-- name: rewrite_message_events#
-- As events.
insert into message_events by name
select me.* replace (
    coalesce(i.nobody, me.customer_id) as customer_id,
    if(x.event_number is null, without_words(me.url, m.patterns), without_words(x.url, o.patterns)) as url
)
from old.message_events as me
left join renamed as i using (campaign_id, customer_id)
left join erased_events as x using (event_number)
left join mentioned as m on m.place = 'message_events' and m.row = me.rowid
left join mentioned as o on o.place = 'erased events' and o.row = me.event_number;

-- name: rewrite_recipients#
-- Everything that is counted stays.
insert into recipients by name
select r.* replace (
    coalesce(i.nobody, r.customer_id) as customer_id,
    if(i.nobody is null, r.email, coalesce(a.nobody, if(r.email is null, null, ''))) as email,
    if(i.nobody is null, r.name, null) as name,
    if(i.nobody is null, r.known_email, coalesce(k.nobody, if(r.known_email is null, null, ''))) as known_email,
    if(i.nobody is null, r.customer_hash, customer_hash(i.nobody)) as customer_hash,
    if(i.nobody is null, json_without_words(r.subject_fields, m.patterns), null) as subject_fields,
    if(i.nobody is null, r.is_archived, false) as is_archived,
    if(i.nobody is null, without_words(r.not_sent_detail, m.patterns), null) as not_sent_detail,
    if(i.nobody is null, without_words(r.bounce_reason, m.patterns), nobodys_text(
        r.bounce_reason, coalesce(r.email, r.known_email), r.name, r.customer_id
    )) as bounce_reason
)
from old.recipients as r
left join renamed as i using (campaign_id, customer_id)
left join erased_addresses as a on a.address = lower(r.email)
left join erased_addresses as k on k.address = lower(r.known_email)
left join mentioned as m on m.place = 'recipients' and m.row = r.rowid;

-- name: rewrite_link_clicks#
-- A URL that nobody else clicked says nothing but its host.
insert into link_clicks by name
select k.* replace (
    without_words(if(k.link_position is null, coalesce(u.nobody, k.url), k.url), m.patterns) as url
)
from old.link_clicks as k
left join erased_urls as u on u.url = k.url
left join mentioned as m on m.place = 'link_clicks' and m.row = k.rowid;

-- name: rewrite_campaign_totals#
-- Figures stay as they are.
insert into campaign_totals by name from old.campaign_totals;

-- name: rewrite_campaign_hours#
-- Figures stay as they are.
insert into campaign_hours by name from old.campaign_hours;

-- name: rewrite_apple_opens#
-- Figures stay as they are.
insert into apple_opens by name from old.apple_opens;

-- name: rewrite_machine_counts#
-- Figures stay as they are.
insert into machine_counts by name from old.machine_counts;

-- name: rewrite_event_counts#
-- Without what is removed.
insert into event_counts by name
select c.* replace (c.events - coalesce(p.events, 0) as events)
from old.event_counts as c
left join (
    select coalesce(provider, '') as provider, type, count(*) as events
    from old.events semi join past_unmatched using (event_number)
    group by all
) as p using (provider, type)
where c.events > coalesce(p.events, 0);

-- name: rewrite_unattributed#
-- The events without a message are the same, unless they are removed.
insert into unattributed by name
from old.unattributed where event_number not in (select event_number from past_unmatched);
