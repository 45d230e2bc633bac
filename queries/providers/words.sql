-- What the mappings of all providers share. docs/providers.md tells what each field is read from.

-- name: create_provider_words#
-- The macros that every mapping uses, once for a connection.
-- `moment_of` reads seconds or milliseconds since 1970, or ISO 8601 (without a zone it is UTC); null when it is neither
-- of them.
-- `key_of` is an id without blanks around it; null when nothing is left.
-- `smtp_status_of` is the enhanced status code (RFC 3463) that was told, else the first in a diagnostic, where an
-- address such as 5.1.1.7 is none.
create or replace temp macro moment_of_seconds(value) as make_timestamp(
    cast(floor(value) as bigint) * 1000000 + cast(round_even((value - floor(value)) * 1e6, 0) as bigint)
);
create or replace temp macro moment_of_epoch(value) as case
    when value between -62135596800 and 1e11 then moment_of_seconds(value)
    when value between 1e11 and 253402300799999 then moment_of_seconds(value / 1000)
end;
create or replace temp macro moment_of(value) as coalesce(
    moment_of_epoch(try_cast(value as double)), try_cast(value as timestamptz) at time zone 'UTC'
);
-- `case` rather than `nullif`, here and below: that reckons its value twice, and also where nobody asks for it.
create or replace temp macro filled(value) as case when value <> '' then value end;
create or replace temp macro key_of(value) as case
    when value <> '' and not starts_with(value, ' ') and not ends_with(value, ' ') then value
    when trim(value, ' ') <> '' then trim(value, ' ')
end;
create or replace temp macro smtp_status_of(told, diagnostic) as case
    when regexp_full_match(told, '[245]\.[0-9]{1,3}\.[0-9]{1,3}') then told
    else regexp_extract_all(
        diagnostic, '(?:^|[^0-9.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:$|[^0-9.]|\.$|\.[^0-9])', 1
    )[1]
end;
-- `texts_of` is a list of texts, of which the provider may have sent one alone.
create or replace temp macro texts_of(list, alone) as
    list_filter(coalesce(list, [alone]), lambda item: item <> '');
create or replace temp macro first_key_of(texts) as
    list_filter(list_transform(texts, lambda item: trim(item, ' ')), lambda item: item <> '')[1];
-- The JSON values in a record: the items of a list, else itself.
create or replace temp macro items_of(record) as case
    when starts_with(record, '{') or json_type(record) <> 'ARRAY' then [record]
    else from_json(record, '["JSON"]')
end;
-- Who is at the other end of these; of the others, an address would be a mail server's.
create or replace temp macro by_customer(type) as
    type in ('opened', 'clicked', 'unsubscribed', 'subscribed', 'complained');
create or replace temp macro position_of(value) as case
    when regexp_full_match(value, '[0-9]{1,9}') then try_cast(value as integer)
end;
create or replace temp macro yes_or_no(value) as case value when 'true' then true when 'false' then false end;
-- An object of the provider's; where there is none, an empty one.
create or replace temp macro object_at(payload, name) as
    case when json_type(payload -> name) = 'OBJECT' then payload -> name else cast('{}' as json) end;
-- The address in a mail's header such as `Ann <ann@example.com>`, when there is only one.
create or replace temp macro address_of(header) as case
    when not contains(header, ',') then filled(trim(regexp_replace(header, '^.*<([^<>]*)>.*$', '\1')))
end;
