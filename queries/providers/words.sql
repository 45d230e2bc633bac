-- Shared by all providers' mappings. docs/providers.md lists what each field is read from.

-- name: set_bounce_words(words)!
-- Sets the words for hard and soft bounces, for `bounce_type_of`: a JSON object with an object from word to type for
-- each provider. They come from the providers' records.
set variable bounce_words = cast(cast(:words as json) as map(varchar, map(varchar, varchar)));

-- name: create_provider_words#
-- Creates the macros that every mapping uses, once per connection.
-- `moment_of` reads seconds or milliseconds since 1970, or ISO 8601 (UTC by default); null for anything else.
-- `key_of` is an id without blanks around it; null if nothing is left.
-- `smtp_status_of` is the enhanced status code (RFC 3463) that the provider gives, else the first one in a diagnostic,
-- but not part of an IP address such as 5.1.1.7.
-- `bounce_type_of` is hard or soft, for one of the provider's words; null for any other word.
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
-- `case` rather than `nullif`, here and below: `nullif` computes its value twice, even if it is not needed.
create or replace temp macro filled(value) as case when value <> '' then value end;
create or replace temp macro key_of(value) as case
    when value <> '' and not starts_with(value, ' ') and not ends_with(value, ' ') then value
    when trim(value, ' ') <> '' then trim(value, ' ')
end;
create or replace temp macro smtp_status_of(status, diagnostic) as case
    when regexp_full_match(status, '[245]\.[0-9]{1,3}\.[0-9]{1,3}') then status
    else regexp_extract_all(
        diagnostic, '(?:^|[^0-9.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:$|[^0-9.]|\.$|\.[^0-9])', 1
    )[1]
end;
create or replace temp macro bounce_type_of(provider, word) as getvariable('bounce_words')[provider][word];
-- `texts_of` is a list of texts, where the provider may send a single text instead.
create or replace temp macro texts_of(list, alone) as
    list_filter(coalesce(list, [alone]), lambda item: item <> '');
create or replace temp macro first_key_of(texts) as
    list_filter(list_transform(texts, lambda item: trim(item, ' ')), lambda item: item <> '')[1];
-- The JSON values in a record: the items of a list, else the record itself.
create or replace temp macro items_of(record) as case
    when starts_with(record, '{') or json_type(record) <> 'ARRAY' then [record]
    else from_json(record, '["JSON"]')
end;
-- Events caused by the customer. In any other event, the IP address is a mail server's.
create or replace temp macro by_customer(type) as
    type in ('opened', 'clicked', 'unsubscribed', 'subscribed', 'complained');
create or replace temp macro position_of(value) as case
    when regexp_full_match(value, '[0-9]{1,9}') then try_cast(value as integer)
end;
create or replace temp macro yes_or_no(value) as case value when 'true' then true when 'false' then false end;
-- An object in a payload; an empty one if it is missing.
create or replace temp macro object_at(payload, name) as
    case when json_type(payload -> name) = 'OBJECT' then payload -> name else cast('{}' as json) end;
-- The address in a header such as `Ann <ann@example.com>`, if there is only one.
create or replace temp macro address_of(header) as case
    when not contains(header, ',') then filled(trim(regexp_replace(header, '^.*<([^<>]*)>.*$', '\1')))
end;
