-- What erasing and later loads share: how people are recognised, and what stands in their place.

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
-- html_decoded: decodes at most 200 different numbers of HTML, because each of them takes a pass over the text.
create or replace temp macro html_decoded(text) as list_reduce(
    list_prepend(
        replace(text, '&apos;', ''''),
        list_slice(list_distinct(regexp_extract_all(text, '&#(?:\d{1,6}|[xX][0-9a-fA-F]{1,5});')), 1, 200)
    ),
    lambda said, number: replace(said, number, coalesce(try(chr(cast(
        replace(lower(regexp_extract(number, '[xX]?[0-9a-fA-F]+')), 'x', '0x') as integer
    ))), ''))
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
    if(contains(text, '+') and regexp_matches(text, '[=&%]'), percent_decoded(replace(text, '+', ' ')), null),
    if(contains(text, '\'), json_decoded(text), null),
    if(contains(text, '\\'), json_decoded(json_decoded(text)), null),
    if(contains(text, '&#') or contains(text, '&apos;'), html_decoded(text), null),
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
