-- How a value is read, whether it comes from a bundle or from a provider.

-- name: create_value_macros#
-- Creates macros, each with a twin in `mailsight/providers` that reads the same. A test compares them.

-- Whether a value stands for the lack of one: how programs, databases and people write it. Null for null.
create or replace temp macro says_nothing(value) as case
    when length(value) > 9 and not starts_with(value, ' ') then false
    -- None of them starts with another letter: searching the list takes longer.
    when value <> '' and not contains(' (<\#-[{nNuU', left(value, 1)) then false
    else list_contains(
        [
            '', 'null', '(null)', '<null>', '\n', 'nil', 'none', 'undefined', 'nan', 'n/a', '#n/a', '-', '--', '[]',
            '{}'
        ],
        lower(trim(value, ' '))
    )
end;
-- The time that a number means: seconds, milliseconds, microseconds or nanoseconds since 1970, or a spreadsheet's days since
-- 30 December 1899. Null for a number that is none of these between 1985 and 2200.
create or replace temp macro moment_of_seconds(value) as make_timestamp(
    cast(floor(value) as bigint) * 1000000 + cast(round_even((value - floor(value)) * 1e6, 0) as bigint)
);
create or replace temp macro moment_of_number(value) as case
    when value >= 5e8 and value < 7.2582912e9 then moment_of_seconds(value)
    when value >= 5e11 and value < 7.2582912e12 then moment_of_seconds(value / 1e3)
    when value >= 5e14 and value < 7.2582912e15 then moment_of_seconds(value / 1e6)
    when value >= 5e17 and value < 7.2582912e18 then moment_of_seconds(value / 1e9)
    when value >= 31048 and value < 109575
        then make_timestamp(cast(round_even((value - 25569) * 86400000, 0) as bigint) * 1000)
end;
create or replace temp macro is_number(value) as
    regexp_full_match(value, '[0-9]{1,19}(\.[0-9]*)?([Ee]\+?[0-9]{1,2})?');
