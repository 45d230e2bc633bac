"""Serialised PHP values, written by PHP or by somebody who means harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.importing.databases import php
from tests.support.sender_tables import serialised


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("N;", None),
        ("b:1;", True),
        ("b:0;", False),
        ("i:-42;", -42),
        ("d:0.5;", 0.5),
        ('s:6:"Zoë 👋"', None),
        ('s:9:"Zoë 👋";', "Zoë 👋"),
        ('a:2:{i:0;s:1:"a";s:1:"k";a:0:{}}', {0: "a", "k": {}}),
        ('s:4:"Zoë";', "Zoë"),  # lengths of another character set
        ('s:3:"a"b";', 'a"b'),
        ('a:1:{i:0;O:8:"DateTime":1:{s:4:"date";s:1:"x";}}', {0: None}),
        ('a:2:{i:0;C:3:"Abc":5:{12345}i:1;i:7;}', {0: None, 1: 7}),
        ('a:3:{i:0;R:1;i:1;r:2;i:2;E:5:"A:Bcd";}', {0: None, 1: None, 2: None}),
        ("", None),
        (None, None),
        ("a:99999999999:{}", None),
        ('s:99999999999:"a";', "a"),
        ("a:-1:{}", {}),
        ("i:" + "9" * 500 + ";", None),
        ("a:1:{a:0:{}i:1;}", None),
        ("a:1:{i:0;" * 1_000 + "}" * 1_000, None),
        ('O:9:"Evil\\Thing":1:{s:1:"x";i:1;}', None),
        ("<?php", None),
    ],
)
def test_a_value(text: str | None, value: object) -> None:
    assert php.read(text) == value


@given(st.text(alphabet='abiNdsOaC:;{}"0123456789é', max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    php.read(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda values: st.dictionaries(st.integers() | st.text(), values, max_size=4),
        max_leaves=20,
    )
)
def test_what_is_written_is_read(value: object) -> None:
    assert php.read(serialised(value)) == value
