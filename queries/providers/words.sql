-- Shared by all providers' mappings. docs/providers.md lists what each field is read from.

-- name: set_provider_words(words)!
-- Sets what the providers' words mean: a JSON object with `meanings`, an object from word to meaning for each table of words
-- (such as `sendgrid.event`), and `bounces`, one from word to hard or soft for each provider. They come from the providers'
-- records.
set variable provider_words = cast(
    cast(:words as json) as struct(
        meanings map(varchar, map(varchar, struct(type varchar, reason varchar, is_event boolean))),
        bounces map(varchar, map(varchar, varchar))
    )
);

-- name: create_provider_words#
-- Creates the macros that every mapping uses, once per connection.
-- `plain_word` is a word as tables have it: in lower case, with single blanks, and none or dots at its ends.
-- `meaning_of` is what a word means in one of the tables, null for nothing: a type, a reject reason, and whether it is an
-- event. `*` in a table stands for any other word.
-- `moment_of` reads a number (`moment_of_number`), or ISO 8601 (UTC by default); null for anything else.
-- `value_of` is a value, null if it stands for the lack of one. `identifier_of` is a provider's own id, which is never 0.
-- `campaign_of` and `customer_of` are ids that the sender chose, without blanks around them; null if nothing is left.
-- `smtp_status_of` is the enhanced status code (RFC 3463) that the provider gives, else the first one in a diagnostic,
-- but not part of an IP address such as 5.1.1.7.
-- `bounce_type_of` is hard or soft, for one of the provider's words; null for any other word.
create or replace temp macro plain_word(word) as
    lower(trim(regexp_replace(word, '[\t-\r \x{A0}]+', ' ', 'g'), ' .'));
-- Words without blanks and dots are plain but for their case. That is faster to check than to make them plain.
create or replace temp macro known_meaning_of(name, word) as coalesce(
    getvariable('provider_words').meanings[name][lower(word)],
    case
        when not regexp_full_match(word, '[!--/-~]*')
            then getvariable('provider_words').meanings[name][plain_word(word)]
    end
);
create or replace temp macro meaning_of(name, word) as case
    when word <> '' then coalesce(known_meaning_of(name, word), known_meaning_of(name, '*'))
end;
create or replace temp macro meaning_of_either(name, word, other) as coalesce(
    known_meaning_of(name, word), known_meaning_of(name, other),
    case when word <> '' or other <> '' then known_meaning_of(name, '*') end
);
create or replace temp macro type_of(meaning) as struct_extract(meaning, 'type');
create or replace temp macro moment_of_iso(value) as case
    when regexp_full_match(
        value,
        '[1-8][0-9]{3}-[0-9]{2}-[0-9]{2}([ T]([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?( ?(Z|UTC|GMT|[+-][01][0-9](:?[0-9]{2})?))?)?'
    ) then try_cast(
        regexp_replace(regexp_replace(value, ' ?(Z|UTC|GMT)$', 'Z'), ' ([+-])', '\1') as timestamptz
    ) at time zone 'UTC'
end;
-- Only ISO 8601 has a hyphen. That is faster to check than the form.
create or replace temp macro moment_of(value) as case
    when contains(value, '-') then moment_of_iso(value)
    when is_number(value) then moment_of_number(try_cast(value as double))
end;
-- `case` rather than `nullif`, here and below: `nullif` computes its value twice, even if it is not needed.
create or replace temp macro filled(value) as case when value <> '' then value end;
create or replace temp macro value_of(value) as case when not says_nothing(value) then value end;
create or replace temp macro identifier_of(value) as case
    when not says_nothing(value) and (value[1] not in ('0', '-') or not regexp_full_match(value, '[0-]+')) then value
end;
create or replace temp macro key_of(value) as case
    when value <> '' and not starts_with(value, ' ') and not ends_with(value, ' ') then value
    when trim(value, ' ') <> '' then trim(value, ' ')
end;
create or replace temp macro campaign_of(value) as case when identifier_of(value) is not null then key_of(value) end;
create or replace temp macro customer_of(value) as case when not says_nothing(value) then key_of(value) end;
create or replace temp macro smtp_status_of(status, diagnostic) as case
    when regexp_full_match(status, '[245]\.[0-9]{1,3}\.[0-9]{1,3}') then status
    else regexp_extract_all(
        diagnostic, '(?:^|[^0-9.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:$|[^0-9.]|\.$|\.[^0-9])', 1
    )[1]
end;
create or replace temp macro bounce_type_of(provider, word) as
    getvariable('provider_words').bounces[provider][plain_word(word)];
-- `texts_of` is a list of texts, where the provider may send a single text instead.
create or replace temp macro texts_of(list, alone) as
    list_filter(coalesce(list, [alone]), lambda item: item <> '');
-- The first is a campaign nearly always, so the list is searched only if it isn't.
create or replace temp macro first_key_of(texts) as coalesce(
    campaign_of(texts[1]),
    case when len(texts) > 1 then
        list_filter(list_transform(texts, lambda item: campaign_of(item)), lambda item: item is not null)[1]
    end
);
-- The JSON values in a record: the items of a list, else the record itself.
create or replace temp macro items_of(record) as case
    when starts_with(record, '{') or json_type(record) <> 'ARRAY' then [record]
    else from_json(record, '["JSON"]')
end;
-- Why a payload is not an event of a provider: it is not an object, or lacks what every event of the provider has.
create or replace temp macro no_event(label, payload, lacking) as
    'not an event of ' || label || ': it '
    || if(json_type(payload) = 'OBJECT', 'has no ' || lacking, 'is not a JSON object');
-- Events caused by the customer. In any other event, the IP address is a mail server's.
create or replace temp macro by_customer(type) as
    type in ('opened', 'clicked', 'unsubscribed', 'subscribed', 'complained');
create or replace temp macro position_of(value) as case
    when regexp_full_match(value, '[0-9]{1,9}') then try_cast(value as integer)
end;
create or replace temp macro yes_or_no(value) as case plain_word(value) when 'true' then true when 'false' then false end;
-- `object_at` is an object in a payload, `object_of` also the text of one; an empty one if it is missing.
create or replace temp macro object_of(value) as case
    when json_type(value) = 'OBJECT' then value
    when json_type(value) = 'VARCHAR' and json_type(try_cast(value ->> '$' as json)) = 'OBJECT'
        then cast(value ->> '$' as json)
    else cast('{}' as json)
end;
create or replace temp macro object_at(payload, name) as
    case when json_type(payload -> name) = 'OBJECT' then payload -> name else cast('{}' as json) end;
-- The address in a header such as `Ann <ann@example.com>`, if there is only one.
create or replace temp macro address_of(header) as case
    when not contains(header, ',') then filled(trim(regexp_replace(header, '^.*<([^<>]*)>.*$', '\1')))
end;
-- Amazon SES: `json_in` parses a text as JSON; null if it isn't. `data_of` is the data of a record of Kinesis or Firehose, and
-- `json_in_base64` the JSON in it, if it has at most 300 objects and lists. `held_by` lists the messages in what Lambda gets from
-- SNS, SQS or Kinesis, in what a program receives from SQS, or in what Firehose delivers; null for anything else.
create or replace temp macro json_in(value) as
    case when json_valid(value) then nullif(cast(value as json), 'null') end;
create or replace temp macro text_at(value, path) as
    case when json_type(value, path) = 'VARCHAR' then json_extract_string(value, path) end;
-- Searching the text is faster than looking for the keys, which may be written with \u.
create or replace temp macro may_have(value, ends) as
    contains(cast(value as varchar), ends) or contains(cast(value as varchar), '\u');
create or replace temp macro data_of(value) as case
    when may_have(value, 'ata"') and json_extract(value, '$.mail') is null
        then coalesce(text_at(value, '$.kinesis.data'), text_at(value, '$.data'), text_at(value, '$.Data'))
end;
create or replace temp macro json_in_base64(value) as case
    when regexp_full_match(value, '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?')
        and length(regexp_replace(try(decode(from_base64(value))), '[^{\[]+', '', 'g')) <= 300
        then json_in(try(decode(from_base64(value))))
end;
create or replace temp macro held_by(value) as list_transform(
    [{
        'parts': from_json(
            value, '{"Records": ["JSON"], "Messages": ["JSON"], "Sns": "JSON", "body": "VARCHAR"}'
        ),
        'records': case
            when may_have(value, 'records"') then from_json(json_extract(value, '$.records'), '["JSON"]')
        end,
        'data': json_in_base64(data_of(value))
    }],
    lambda held: coalesce(
        held.parts.Records,
        held.records,
        list_transform(held.parts.Messages, lambda message: coalesce(json_in(message ->> 'Body'), message)),
        case when json_type(held.parts.Sns) = 'OBJECT' then [held.parts.Sns] end,
        case when held.data is not null then [held.data] end,
        case when json_in(held.parts.body) is not null then [json_in(held.parts.body)] end
    )
)[1];
