-- From the files of a bundle to staged rows: typed values, and a refusal, which is the reason for rejecting the row or null.

-- name: create_staging#
-- Temporary tables for the rows of one load, and the macros that read their values.

-- trimmed: the value without surrounding blanks. Most need no trimming, and checking both ends first takes a third of the time.
create temp macro blanks() as E' \t\n\r\xC2\xA0';
create temp macro trimmed(value) as if(
    contains(blanks(), left(value, 1)) or contains(blanks(), right(value, 1)), trim(value, blanks()), value
);
-- word: a trimmed value, or null if nothing is left or it stands for the lack of a value, as "NULL" does.
create temp macro word(trimmed) as case when not says_nothing(trimmed) then trimmed end;
-- is_empty: whether a value in JSON says nothing.
create temp macro is_empty(value) as coalesce(says_nothing(trimmed(value ->> '$')), true);

-- identifier: a word, or null if it consists of zeros, as programs write it for "no campaign". Customers may have the number 0.
create temp macro identifier(word) as case
    when left(word, 1) not in ('0', '-') or not regexp_full_match(word, '[0-]+') then word
end;

-- moment: a timestamp from ISO 8601 (extended or basic, UTC unless it names a zone) or from a number (`moment_of_number`).
-- Null if it is neither, or if its year is not between 1900 and 2199.
create temp macro extended_moment(value) as case
    when regexp_full_match(value, '(19|20|21)\d\d-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[-+]\d\d(:?\d\d)?)?)?')
        then try_cast(value as timestamptz) at time zone 'UTC'
end;
create temp macro basic_moment(value) as case
    when regexp_full_match(value, '(19|20|21)\d{6}(T\d{4}(\d\d(\.\d+)?)?(Z|[-+]\d\d(:?\d\d)?)?)?')
        then try_cast(
            regexp_replace(
                regexp_replace(value, '^(\d{4})(\d\d)(\d\d)', '\1-\2-\3'),
                'T(\d\d)(\d\d)',
                case when regexp_matches(value, 'T\d{6}') then 'T\1:\2:' else 'T\1:\2' end
            ) as timestamptz
        ) at time zone 'UTC'
end;
create temp macro epoch_moment(value) as case
    when is_number(value) and not regexp_full_match(value, '(19|20|21)\d{6}')
        then moment_of_number(try_cast(value as double))
end;
create temp macro iso_spelling(value) as replace(
    regexp_replace(regexp_replace(upper(value), ' ?(UTC|GMT|Z)$', 'Z'), ' ([-+])', '\1'), ',', '.'
);
-- The most common format comes first: once one fits, the others are not tried.
create temp macro moment(value) as coalesce(
    extended_moment(value),
    list_transform([iso_spelling(value)], lambda iso: coalesce(extended_moment(iso), basic_moment(iso)))[1],
    epoch_moment(value)
);

-- fields_in, object_with: the fields of a JSON object, and an object of fields.
create temp macro fields_in(record) as list_transform(
    list_zip(json_keys(record), json_extract(record, '$.*')), lambda field: {'name': field[1], 'value': field[2]}
);
create temp macro object_with(fields) as to_json(map_from_entries(fields));
-- may_have_empties: whether some value of a record may say nothing; `others` are more values that count as such.
create temp macro may_have_empties(record, others) as regexp_matches(
    cast(record as varchar),
    '(?i)"\s*:\s*(' || others || '"\s*([(<]?null[)>]?|\\\\n|nil|none|undefined|nan|#?n/a|--?|\[\]|\{\})?\s*"|\[\s*\]|\{\s*\})'
);
-- is_blank_row: whether no field of a record says anything, as in the empty rows below a spreadsheet's table. No rows.
create temp macro is_blank_row(record) as
    json_type(record) = 'OBJECT'
    and len(list_filter(json_extract(record, '$.*'), lambda value: not is_empty(value))) = 0;
-- attributes_of: the fields of a record that are not columns of the table and say something; `known` has a null for each
-- column, which removes them. An empty value leaves what was known.
create temp macro attributes_of(record, known) as nullif(
    if(
        may_have_empties(record, ''),
        json_merge_patch('{}', json_merge_patch(
            object_with(list_filter(fields_in(record), lambda field: not is_empty(field.value))), cast(known as json)
        )),
        json_merge_patch('{}', json_merge_patch(record, cast(known as json)))
    ),
    '{}'
);
-- empties_of: those that say nothing, as they are. They leave what was known.
create temp macro empties_of(record, known) as nullif(
    if(
        may_have_empties(record, 'null|'),
        object_with(list_filter(
            fields_in(record),
            lambda field: is_empty(field.value) and not list_contains(json_keys(cast(known as json)), field.name)
        )),
        null
    ),
    '{}'
);

create temp table staged_campaigns (
    file varchar, ordinal bigint, refusal varchar, campaign_id varchar, name varchar, subject varchar,
    preheader varchar, from_name varchar, from_email varchar, sent_at timestamp, tags varchar[], selection json,
    template varchar, source varchar, merge_language varchar, language_of_source varchar
);
create temp table staged_customers (
    file varchar, ordinal bigint, refusal varchar, customer_id varchar, email varchar, name varchar, language varchar,
    country varchar, created_at timestamp, attributes json, empties json
);
create temp table staged_messages (
    file varchar, ordinal bigint, refusal varchar, campaign_id varchar, customer_id varchar, message_id varchar,
    email varchar, sent_at timestamp, not_sent_reason varchar, not_sent_detail varchar, merge_fields json,
    content varchar
);
create temp table staged_events (
    file varchar, ordinal bigint, refusal varchar, event_id varchar, provider varchar, campaign_id varchar,
    customer_id varchar, message_id varchar, recipient varchar, type varchar, occurred_at timestamp, url varchar,
    link_position integer, bounce_type varchar, reject_reason varchar, smtp_status varchar, diagnostic varchar,
    user_agent varchar, ip varchar, provider_machine boolean, payload json, method varchar
);
create temp table staged_totals (
    file varchar, ordinal bigint, refusal varchar, campaign_id varchar, source varchar, as_of timestamp,
    recipients bigint, sent bigint, delivered bigint, bounces bigint, hard_bounces bigint, soft_bounces bigint,
    opened bigint, opens bigint, clicked bigint, clicks bigint, unsubscribed bigint, complained bigint, orders bigint,
    revenue double, currency varchar
);
create temp table staged_mails (
    file varchar, ordinal bigint, refusal varchar, campaign_id varchar, customer_id varchar, rank integer, content_id varchar,
    headers varchar, attachments json, charset varchar, signature varchar, size_bytes bigint
);
-- withdrawn: the stored rows that `withdraw` deletes, with the campaigns that have to be counted again.
create temp table withdrawn (kind varchar, campaign_id varchar);
-- staged_aliases: other ids of the messages of erased people, as message_aliases.
create temp table staged_aliases (message_id varchar, other_id varchar);
-- header_ids: the Message-IDs among the sender's headers in a payload (`set_provider_ids`).
create temp macro header_ids(provider, payload) as list_transform(
    list_filter(
        from_json(
            payload -> getvariable('provider_ids').headers[provider], '[{"name": "VARCHAR", "value": "VARCHAR"}]'
        ),
        lambda header: lower(header.name) = 'message-id'
    ),
    lambda header: header.value
);
-- other_ids: the ids that an event's message may have elsewhere.
create temp macro other_ids(message_id, provider, payload) as list_distinct(flatten(list_transform(
    list_concat(
        [message_id],
        list_transform(
            coalesce(getvariable('provider_ids').others[provider], []), lambda path: payload ->> path
        ),
        coalesce(header_ids(provider, payload), [])
    ),
    lambda id: [id, trim(id, '<>'), '<' || trim(id, '<>') || '>']
)));
create temp table content_files (
    file varchar, path varchar, refusal varchar, content_id varchar, subject varchar, from_name varchar, from_email varchar,
    headers varchar, attachments json, charset varchar, signature varchar, size_bytes bigint
);

-- name: create_records#
-- read_records: the records of the file being read, or of several small ones, of which `place` (from 0) is the number; records:
-- those that `choose_records` chose. words_of returns their values as words, with their file; `structure` is a JSON object with the
-- columns of the table and their types. It trims them in a step of its own: each macro around another one repeats it for each
-- mention of its argument, and planning that took longer than a small load.
create temp table read_records (place integer default 0, ordinal bigint, record json);
set variable read_files = cast([] as varchar[]);
set variable chosen_records = {'first': 1, 'last': 0};
create temp view records as
from read_records
where ordinal between getvariable('chosen_records').first and getvariable('chosen_records').last;
create temp macro words_of(structure) as table
with fields as (
    select place, ordinal, record, unnest(from_json(record, structure)) from records
),
bare as (
    select place, ordinal, record, trimmed(columns(* exclude (place, ordinal, record))) from fields
)
select
    getvariable('read_files')[place + 1] as file, ordinal, record, word(columns(* exclude (place, ordinal, record)))
from bare;

-- name: clear_records()!
-- Empties records for the next file.
truncate read_records;

-- name: read_csv_file(path, delimiter, columns)!
-- Reads a CSV file, all values as text. `columns` maps the names of its columns to varchar. Fails on the first malformed row.
-- Nothing is detected, because DuckDB then may skip lines. Without a limit, each of its buffers holds 16 of the longest lines:
-- 256 MB.
insert into read_records by name
select row_number() over () as ordinal, to_json(packed) as record
from (
    select struct_pack(*columns(*)) as packed
    from read_csv(
        :path, auto_detect = false, header = true, columns = :columns, delim = :delimiter, quote = '"', escape = '"',
        comment = '', strict_mode = true, max_line_size = 16777216, buffer_size = 33554432
    )
);

-- name: read_ndjson_file(path)!
-- Reads a file with one JSON value per line. Fails on the first malformed line.
insert into read_records by name
select row_number() over () as ordinal, json as record from read_ndjson_objects(:path);

-- name: read_json_file(path)!
-- Reads a JSON array, or JSON values one after another.
insert into read_records by name
select row_number() over () as ordinal, json as record from read_json_objects(:path, format = 'auto');

-- name: parquet_shape(path)^
-- What a Parquet file says about itself: rows, columns, and the bytes that the names of columns and of the fields in them
-- take in a row as JSON. has_number: whether one has the name that `read_parquet_file` needs for the numbers of rows.
select
    (select sum(num_rows) from parquet_file_metadata(:path)) as rows,
    count(*) filter (coalesce(num_children, 0) = 0) as columns,
    sum(strlen(name) + 6) as name_bytes, max(strlen(name)) as longest_name,
    bool_or(lower(name) = 'file_row_number') as has_number
from parquet_schema(:path);

-- name: parquet_bytes(path)^
-- The size of all values as text. Repeated values are stored once in a Parquet file, which its metadata hides; DuckDB counts
-- them without writing them out.
select list_sum([*columns(*)]) as bytes
from (select sum(strlen(cast(columns(*) as varchar))) from read_parquet(:path));

-- name: read_parquet_file(path)!
-- Reads a Parquet file. It numbers its own rows, so all cores can read it; row_number() would need a single one.
insert into read_records by name
select file_row_number + 1 as ordinal, to_json(row) as record
from (
    select file_row_number, struct_pack(*columns(* exclude (file_row_number))) as row
    from read_parquet(:path, file_row_number = true)
);

-- name: read_counted_parquet_file(path)!
-- Reads a Parquet file with a column called file_row_number, so that DuckDB can't number the rows in the file.
insert into read_records by name
select row_number() over () as ordinal, to_json(struct_pack(*columns(*))) as record from read_parquet(:path);

-- name: parquet_file_bytes(paths)
-- As `parquet_bytes`, of each file that has rows.
select file_index as place, list_sum([*columns(* exclude (file_index))]) as bytes
from (
    select file_index, sum(strlen(cast(columns(*) as varchar))) from read_parquet(:paths) group by file_index
);

-- name: read_parquet_files(paths)!
-- Reads Parquet files with the same columns and types.
insert into read_records by name
select file_index as place, file_row_number + 1 as ordinal, to_json(row) as record
from (
    select file_index, file_row_number, struct_pack(*columns(* exclude (file_row_number))) as row
    from read_parquet(:paths, file_row_number = true)
);

-- name: refuse_parquet_rows(path, kind, file, place)^
-- Adds rows of a Parquet file to new_refusals, as JSON, under the file's name and place. The loader registers `wanted` with
-- their ordinals (from 1) and the reasons. Returns their number.
insert into new_refusals by name
select
    :place as place, :kind as kind, :file as file, ordinal as line, reason, cast(to_json(row) as varchar) as row
from (
    select row_number() over () as ordinal, struct_pack(*columns(*)) as row from read_parquet(:path)
)
join wanted using (ordinal);

-- name: read_batch()!
-- Takes over records that were read in Python. The loader registers `batch`.
insert into read_records by name from batch;

-- name: name_files(files)!
-- Sets the paths of the files that are being read, under which their rows are staged.
set variable read_files = :files;

-- name: record_range()^
-- The first and the last ordinal, and the length of the longest record in bytes.
select
    coalesce(min(ordinal), 1) as first, coalesce(max(ordinal), 0) as last,
    coalesce(max(strlen(cast(record as varchar))), 0) as longest
from read_records;

-- name: remove_long_records(most)
-- Removes records of more than `most` bytes; returns their ordinals. Queries work on 2,048 rows at a time and hold several
-- copies of them.
delete from read_records where strlen(cast(record as varchar)) > :most
returning ordinal;

-- name: record_parts(most)
-- Ranges of ordinals, each with records of about `most` bytes, in order.
select min(ordinal) as first, max(ordinal) as last
from (
    select ordinal, sum(strlen(cast(record as varchar))) over (order by ordinal) // :most as part from read_records
)
group by part
order by part;

-- name: choose_records(first, last)!
-- Chooses the records to work on by ordinal.
set variable chosen_records = {'first': cast(:first as bigint), 'last': cast(:last as bigint)};

-- name: lenient_records()^
-- Whether any record is one that DuckDB reads although it may not be JSON, or that Python refuses: other values than objects, a
-- comma before a bracket, NaN and Infinity, numbers that are too large, values that may be nested deeply (300 brackets).
select
    exists(
        from read_records
        where left(cast(record as varchar), 1) <> '{'
            or regexp_matches(cast(record as varchar), ',\s*[\]}]|[:\[,]\s*-?[nNiI][aAnN][nNfF]|\d[eE]\+?\d{3}')
            or (
                strlen(cast(record as varchar)) > 1000
                and (
                    regexp_matches(cast(record as varchar), '\d{300}')
                    or strlen(translate(cast(record as varchar), '[{', '')) <= strlen(cast(record as varchar)) - 300
                )
            )
    ) as are_lenient;

-- name: record_names(most)
-- The column names that the first `most` of the chosen records use, at most a thousand of each file.
select place, name
from (
    select distinct place, left(unnest(json_keys(record)), 100) as name
    from (select place, record from records where json_type(record) = 'OBJECT' limit :most)
)
qualify row_number() over (partition by place order by name) <= 1000
order by place, name;

-- name: rename_columns(names)!
-- Renames the fields of the chosen records. `names` is a JSON object with the new names of those that change: the column that each
-- spells, and a plain name for records that have a field with that column's own name. Of several fields with the same name, the
-- first that says something counts. Records without a field to rename stay as they are.
update read_records
set record = renamed.record
from (
    with plain as (
        select
            *, json_keys(record) as given,
            list_transform(json_keys(record), lambda name: coalesce(names[name].plain, name)) as plain
        from records,
            (select from_json(:names, '"MAP(VARCHAR,STRUCT(plain VARCHAR,spelled VARCHAR))"') as names)
        where json_type(record) = 'OBJECT' and list_has_any(json_keys(record), map_keys(names))
    ),
    fields as (
        select
            place, ordinal,
            list_transform(given, lambda name, position: if(
                list_contains(plain, names[name].spelled),
                plain[position],
                coalesce(names[name].spelled, name)
            )) as field_names,
            json_extract(record, '$.*') as field_values
        from plain
    ),
    weighed as (
        select
            *, list_distinct(field_names) as own_names,
            list_transform(field_values, lambda value: not coalesce(says_nothing(value ->> '$'), true)) as say_something
        from fields
    ),
    chosen as (
        select
            place, ordinal, own_names, field_names, field_values,
            list_where(field_names, say_something) as telling_names, list_where(field_values, say_something) as telling_values
        from weighed
    )
    select
        place, ordinal,
        to_json(
            case when len(own_names) = len(field_names) then map(field_names, field_values)
            else map(
                own_names,
                list_transform(own_names, lambda name: telling_values[nullif(list_position(telling_names, name), 0)])
            ) end
        ) as record
    from chosen
) as renamed
where read_records.place = renamed.place and read_records.ordinal = renamed.ordinal;

-- name: write_whole_ids()!
-- Writes ids of the chosen records that are whole numbers without a fraction. Programs that keep numbers as floating point write 1042 as 1042.0.
update read_records
set record = regexp_replace(
    cast(record as varchar),
    '("(?:campaign_id|customer_id|message_id|event_id)"\s*:\s*-?\d{1,15})\.0+(\s*[,}])', '\1\2', 'g'
)
where ordinal between getvariable('chosen_records').first and getvariable('chosen_records').last
    and contains(cast(record as varchar), '.0') and regexp_matches(
    cast(record as varchar), '"(?:campaign_id|customer_id|message_id|event_id)"\s*:\s*-?\d{1,15}\.0+\s*[,}]'
);

-- name: stage_campaigns(structure)!
-- A selection that is not JSON is kept as a JSON string, a sentence for people.
insert into staged_campaigns by name
select
    file,
    ordinal,
    case
        when json_type(record) <> 'OBJECT' then 'not a JSON object'
        when campaign_id is null then 'no campaign_id'
        when sent_at is not null and moment(sent_at) is null then 'unreadable time in sent_at: ' || sent_at
    end as refusal,
    campaign_id, name, subject, preheader, from_name, from_email,
    moment(sent_at) as sent_at,
    case
        when json_valid(tags) and json_type(tags) = 'ARRAY' then cast(cast(tags as json) as varchar[])
        else list_filter(list_transform(string_split_regex(tags, '[,;|]'), lambda tag: word(trimmed(tag))), lambda tag: tag is not null)
    end as tags,
    case
        when selection is null then null
        when json_valid(selection) then cast(selection as json)
        else to_json(selection)
    end as selection,
    template, source, merge_language
from (select * replace (identifier(campaign_id) as campaign_id) from words_of(:structure))
where campaign_id is not null or not is_blank_row(record);

-- name: stage_customers(structure, known, has_types)!
-- Whatever is not a column of the table becomes an attribute: `known` is a JSON object with a null for each column. A file whose
-- values have types knows which of them are empty; an empty cell of others may be unknown.
insert into staged_customers by name
select
    file,
    ordinal,
    case
        when json_type(record) <> 'OBJECT' then 'not a JSON object'
        when customer_id is null then 'no customer_id'
        when created_at is not null and moment(created_at) is null
            then 'unreadable time in created_at: ' || created_at
    end as refusal,
    customer_id, email, name, language, country,
    moment(created_at) as created_at,
    attributes_of(record, :known) as attributes,
    if(:has_types, empties_of(record, :known), null) as empties
from words_of(:structure)
where customer_id is not null or not is_blank_row(record);

-- name: stage_messages(structure, reasons)!
-- A not_sent_reason outside the vocabulary becomes "other", with the original as its detail.
insert into staged_messages by name
select
    file,
    ordinal,
    case
        when json_type(record) <> 'OBJECT' then 'not a JSON object'
        when campaign_id is null then 'no campaign_id'
        when customer_id is null then 'no customer_id'
        when sent_at is not null and moment(sent_at) is null then 'unreadable time in sent_at: ' || sent_at
        when merge_fields is not null and (not json_valid(merge_fields) or json_type(merge_fields) <> 'OBJECT')
            then 'merge_fields is not a JSON object'
    end as refusal,
    campaign_id, customer_id, message_id, email,
    moment(sent_at) as sent_at,
    case
        when not_sent_reason is null or list_contains(:reasons, lower(not_sent_reason))
            then lower(not_sent_reason)
        else 'other'
    end as not_sent_reason,
    coalesce(
        not_sent_detail,
        case when not list_contains(:reasons, lower(not_sent_reason)) then not_sent_reason end
    ) as not_sent_detail,
    case when json_valid(merge_fields) then cast(merge_fields as json) end as merge_fields,
    content
from (
    select * replace (identifier(campaign_id) as campaign_id, identifier(message_id) as message_id)
    from words_of(:structure)
)
where coalesce(campaign_id, customer_id) is not null or not is_blank_row(record);

-- name: stage_events(structure, types, bounce_types)!
-- A payload that is not JSON is kept as a JSON string.
insert into staged_events by name
with timed as (
    select
        * replace (
            identifier(event_id) as event_id, identifier(campaign_id) as campaign_id,
            identifier(message_id) as message_id
        ),
        moment(occurred_at) as moment
    from words_of(:structure)
    where type is not null or not is_blank_row(record)
)
select
    file,
    ordinal,
    case
        when json_type(record) <> 'OBJECT' then 'not a JSON object'
        when coalesce(customer_id, message_id, recipient) is null
            then 'no customer_id, message_id or recipient'
        when type is null then 'no type'
        when not list_contains(:types, lower(type)) then 'unknown type: ' || type
        when occurred_at is null then 'no occurred_at'
        when moment is null then 'unreadable time in occurred_at: ' || occurred_at
        when link_position is not null and coalesce(try_cast(link_position as integer), -1) < 0
            then 'link_position is not a whole number from 0: ' || link_position
    end as refusal,
    event_id, provider, campaign_id, customer_id, message_id, recipient,
    lower(type) as type,
    moment as occurred_at,
    url,
    try_cast(link_position as integer) as link_position,
    case when list_contains(:bounce_types, lower(bounce_type)) then lower(bounce_type) end as bounce_type,
    lower(reject_reason) as reject_reason,
    smtp_status, diagnostic, user_agent, ip,
    try_cast(provider_machine as boolean) as provider_machine,
    case
        when payload is null then null
        when json_valid(payload) then cast(payload as json)
        else to_json(payload)
    end as payload,
    upper(coalesce(
        method,
        case when contains(payload, 'HEAD') and json_valid(payload)
            then coalesce(payload ->> '$.method', payload ->> '$.http_method', payload ->> '$.request_method') end
    )) as method
from timed;

-- name: stage_totals(structure, counts)!
-- `counts` are the columns with whole numbers. Programs that keep numbers as floating point write 1042 as 1042.0.
insert into staged_totals by name
with totals as (
    select
        * replace (identifier(campaign_id) as campaign_id),
        list_filter(
            list_zip(:counts, [
                recipients, sent, delivered, bounces, hard_bounces, soft_bounces, opened, opens, clicked, clicks,
                unsubscribed, complained, orders
            ]),
            lambda count: not coalesce(regexp_full_match(count[2], '\d{1,15}(\.0+)?'), true)
        )[1] as unreadable
    from words_of(:structure)
)
select
    file,
    ordinal,
    case
        when json_type(record) <> 'OBJECT' then 'not a JSON object'
        when campaign_id is null then 'no campaign_id'
        when source is null then 'no source'
        when as_of is not null and moment(as_of) is null then 'unreadable time in as_of: ' || as_of
        when unreadable is not null then unreadable[1] || ' is not a whole number: ' || unreadable[2]
        when revenue is not null and not coalesce(isfinite(try_cast(revenue as double)), false)
            then 'revenue is not a number: ' || revenue
    end as refusal,
    campaign_id,
    lower(source) as source,
    moment(as_of) as as_of,
    try_cast(
        columns(* exclude (file, ordinal, record, unreadable, campaign_id, source, as_of, revenue, currency)) as bigint
    ),
    try_cast(revenue as double) as revenue,
    upper(currency) as currency
from totals
where campaign_id is not null or not is_blank_row(record);

-- name: staged_languages()
-- What may name the merge language of staged campaigns, each name once: their own, and the program that they are from.
select distinct name
from (select unnest([merge_language, source]) as name from staged_campaigns where refusal is null)
where name is not null;

-- name: unknown_languages(place, ordinal, most)
-- The next campaigns after a place and ordinal with a merge language that nobody knows. The loader registers `placed_files` and
-- `languages`, which maps each name to the language's, or to null.
select place, ordinal, merge_language
from staged_campaigns join placed_files using (file) join languages on merge_language = languages.name
where (place, ordinal) > (:place, :ordinal) and languages.language is null and refusal is null
order by place, ordinal
limit :most;

-- name: replace_languages#
-- Replaces the names of merge languages by those in `languages`, and adds the language of the program that a campaign is from.
update staged_campaigns set merge_language = l.language from languages as l where merge_language = l.name;
update staged_campaigns set language_of_source = l.language from languages as l where source = l.name;

-- name: encoded_words(after, most)
-- The subjects and names that may hold encoded words (RFC 2047), each once, in order: the next ones after this text.
select distinct text
from (
    select unnest([name, subject, preheader, from_name]) as text from staged_campaigns
    union all
    select name from staged_customers
)
where contains(text, '=?') and contains(text, '?=') and text > :after
order by text
limit :most;

-- name: replace_encoded_words#
-- Replaces subjects and names. The loader registers `decoded`, which maps each `source` to its text.
update staged_campaigns set name = d.text from decoded as d where name = d.source;
update staged_campaigns set subject = d.text from decoded as d where subject = d.source;
update staged_campaigns set preheader = d.text from decoded as d where preheader = d.source;
update staged_campaigns set from_name = d.text from decoded as d where from_name = d.source;
update staged_customers set name = d.text from decoded as d where name = d.source;

-- name: staged_paths(file, path, most)
-- The e-mail files that staged rows name, each once, in order: the next ones after this file and path.
select file, path
from (
    select file, template as path from staged_campaigns where template is not null and refusal is null
    union
    select file, content as path from staged_messages where content is not null and refusal is null
)
where (file, path) > (:file, :path)
order by all
limit :most;

-- name: staged_path_count()^
-- How many e-mail files staged rows name.
select count(*) as paths
from (
    select file, template as path from staged_campaigns where template is not null and refusal is null
    union
    select file, content as path from staged_messages where content is not null and refusal is null
);

-- name: rejected_rows(kind, place, ordinal, most)
-- The next rejected rows of a kind after a place and ordinal. The loader registers `placed_files`, which has the place of each file.
select place, ordinal, refusal
from query_table('staged_' || :kind) join placed_files using (file)
where refusal is not null and (place, ordinal) > (:place, :ordinal)
order by place, ordinal
limit :most;
