"""What the header fields of senders say: campaigns, customers, ids and recipients; and fields that say nonsense."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.mime import sender_headers
from mailsight.mime.sender_headers import ROWS, hints


def encoded(value: object) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("X-Campaign-ID", "spring", {"campaign": ["spring"]}),
        ("x-campaign", "mailchimpb00ccdbb39.a8d0ad03b7", {"campaign": ["a8d0ad03b7", "mailchimp-a8d0ad03b7"]}),
        ("X-CampaignID", "bm23_bfxrvmht", {"campaign": ["bm23_bfxrvmht", "mailchimp-bm23_bfxrvmht"]}),
        (
            "X-Mailgun-Variables",
            '{"campaign_id": "spring", "my": {"customer-id": 7, "other": "x"}}',
            {"campaign": ["spring"], "customer": ["7"]},
        ),
        ("X-Mailgun-Tag", "Spring sale", {"campaign": ["Spring sale"]}),
        ("X-Mailgun-Sid", encoded(["7221b", "ann@mail.example", "972c26"]), {"recipient": ["ann@mail.example"]}),
        (
            "X-SMTPAPI",
            '{"unique_args": {"customerId": "7"}, "category": ["Spring", "all"]}',
            {"campaign": ["Spring", "all"], "customer": ["7"]},
        ),
        ("X-MC-Metadata", '{"user_id": "7", "campaign": "spring"}', {"campaign": ["spring"], "customer": ["7"]}),
        ("X-MC-Tags", "spring, all", {"campaign": ["spring", "all"]}),
        ("X-PM-Message-Id", "746fccc3-8700", {"id": ["746fccc3-8700"]}),
        ("X-PM-Metadata-campaign-id", "spring", {"campaign": ["spring"]}),
        ("X-PM-Metadata-customer", "7", {"customer": ["7"]}),
        ("X-PM-Metadata-colour", "blue", {}),
        ("X-MSYS-API", '{"campaign_id": "a", "metadata": {"customer": "7"}}', {"campaign": ["a"], "customer": ["7"]}),
        (
            "X-MSFBL",
            "mV8s0GWu=|" + encoded({"message_id": "6688bf6d", "r": "ann@mail.example"}),
            {"id": ["6688bf6d"], "recipient": ["ann@mail.example"]},
        ),
        ("X-SES-MESSAGE-TAGS", "campaign=a, customer_id=7, colour=blue", {"campaign": ["a"], "customer": ["7"]}),
        ("X-Mailjet-Campaign", "spring", {"campaign": ["spring"]}),
        ("X-MJ-CustomID", "7", {"customer": ["7"], "id": ["7"]}),
        ("X-Listmonk-Campaign", "57b8f91b", {"campaign": ["57b8f91b", "listmonk-57b8f91b"]}),
        ("X-Listmonk-Subscriber", "57b8", {"customer": ["57b8", "listmonk-57b8"]}),
        ("X-EMAIL-ID", "3", {"campaign": ["3", "mautic-3"]}),
        ("X-MessageID", "5", {"campaign": ["5", "phplist-5"]}),
        ("X-ListMember", "ann@mail.example", {"recipient": ["ann@mail.example"]}),
        ("X-Mailin-Custom", "campaign:spring|customer_id:7|x", {"campaign": ["spring"], "customer": ["7"]}),
        (
            "X-Mailin-EID",
            quote(base64.b64encode(b"919~ann@mail.example~<1@relay.example>~mail.example").decode()),
            {"recipient": ["ann@mail.example"], "id": ["1@relay.example"]},
        ),
        ("X-Klaviyo-Campaign-Id", "K1", {"campaign": ["K1", "klaviyo-K1"]}),
        ("X-HubSpot-Campaign", "H1", {"campaign": ["H1", "hubspot-H1"]}),
        ("X-Roving-Id", "1115276745036.1949397254", {"customer": ["1949397254"]}),
        (
            "X-Mailer",
            "Mailchimp Mailer - **CIDa8d0ad03b7be24ad69fc**",
            {"campaign": ["a8d0ad03b7", "mailchimp-a8d0ad03b7"], "customer": ["be24ad69fc", "mailchimp-be24ad69fc"]},
        ),
        ("X-Mailer", "Thunderbird", {}),
        (
            "X-Report-Abuse",
            "report it here: https://mandrillapp.com/contact/abuse?id=31050260.18557e227bf247bd8addf26ad27e94ed",
            {"id": ["18557e227bf247bd8addf26ad27e94ed"]},
        ),
        ("Feedback-ID", "spring:7:news:shop", {"campaign": ["spring", "7", "news"]}),
        (
            "List-Id",
            '"Spring news" <news.shop.example>',
            {"campaign": ["Spring news", "news.shop.example", "news"]},
        ),
    ],
)  # fmt: skip
def test_a_field_of_a_sender(field: str, value: str, expected: dict[str, list[str]]) -> None:
    assert {kind: texts for kind, texts in hints([(field, value)]).items() if texts} == expected


def test_the_most_explicit_field_comes_first() -> None:
    header = [
        ("List-Id", "<news.example>"),
        ("Feedback-ID", "a:b:c"),
        ("X-Campaign-ID", "=?utf-8?q?Fr=C3=BChling?="),
    ]
    assert hints(header)["campaign"][0] == "Frühling"
    assert hints(header)["campaign"][1:3] == ["a", "b"]


def test_every_row_has_its_source() -> None:
    assert all(row.source and row.field == row.field.lower() for row in ROWS)
    assert len({row.field for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize(
    "value", ["{", "[" * 100_000, '{"campaign":' * 50 + "1" + "}" * 50, "x" * 1_000_000, ":" * 100_000]
)
def test_nonsense_gives_few_hints(value: str) -> None:
    for row in ROWS:
        found = hints([(row.field.replace("*", "campaign"), value)])
        assert sum(map(len, found.values())) < 200


@given(st.sampled_from([row.field for row in ROWS]), st.text(max_size=80))
def test_no_value_is_too_odd(field: str, value: str) -> None:
    for texts in sender_headers.hints([(field, value)]).values():
        assert all(text.strip() for text in texts)
