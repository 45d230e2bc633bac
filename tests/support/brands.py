"""A company with two brands whose campaigns, customers and words are known, to see who is shown what."""

from pathlib import Path

from mailsight.loading import bundles
from tests.support.bundles import bundle, ndjson

# Words about single customers, wherever they are stored. None of them is a part of a mailbox provider's name.
PERSONAL = (
    "Annabel", "Birchwood", "annabel.b", "cust-annabel", "goldclub", "10.77.1.", "Dear-Annabel",  # of both brands
    "Carlotta", "carlotta.c", "cust-carlotta",  # of brand A only
    "born-1971", "asked-by-phone",
)  # fmt: skip
# Words of brand B: its campaign, and the customer who got nothing else.
OF_BRAND_B = (
    "camp-bravo", "Wintersale", "Warm gloves", "brand b", "bravo.example",
    "Benedikt", "benedikt.h", "cust-benedikt", "gloves.example", "only-bravo.example",
)  # fmt: skip
# What belongs to no campaign: the row of an unknown customer's event, and a rejected row.
KEPT = ("lost.person", "refused.person")

CAMPAIGN_A, CAMPAIGN_B = "camp-alpha", "camp-bravo"
CUSTOMERS = ("cust-annabel", "cust-benedikt", "cust-carlotta")

_FILES = {
    "campaigns.csv": "campaign_id,name,subject,from_email,tags,sent_at,template,selection\n"
    'camp-alpha,Spring,"Flowers for {{name}}",news@mail.alpha.example,"[""brand a""]",2026-04-14T09:00:00Z,'
    'contents/alpha.html,"{""field"": ""note"", ""operator"": ""equals"", ""value"": ""born-1971""}"\n'
    'camp-bravo,Wintersale,"Warm gloves",news@bravo.example,"[""brand b""]",2026-04-15T09:00:00Z,'
    "contents/bravo.html,\n",
    "customers.csv": "customer_id,email,name,attributes\n"
    "cust-annabel,annabel.b@home.example,Annabel Birchwood,"
    '"{""level"": ""goldclub"", ""time_zone"": ""Europe/Rome""}"\n'
    "cust-benedikt,benedikt.h@only-bravo.example,Benedikt Holm,\n"
    "cust-carlotta,carlotta.c@home.example,Carlotta Cole,\n",
    "messages.csv": "campaign_id,customer_id,message_id,sent_at,merge_fields,not_sent_reason,not_sent_detail\n"
    'camp-alpha,cust-annabel,m1,2026-04-14T09:00:00Z,"{""name"": ""Dear-Annabel""}",,\n'
    "camp-alpha,cust-carlotta,m2,,,opted_out,asked-by-phone\n"
    "camp-bravo,cust-annabel,m3,2026-04-15T09:00:00Z,,,\n"
    "camp-bravo,cust-benedikt,m4,2026-04-15T09:00:00Z,,,\n",
    "contents/alpha.html": "<html><body><p>Hello {{name}}</p>"
    '<a href="https://flowers.example/1">Roses</a><a href="https://flowers.example/2">Tulips</a></body></html>',
    "contents/bravo.html": '<html><body><a href="https://gloves.example/1">Gloves</a></body></html>',
}
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
_BOT = "python-requests/2.32"


def _event(kind: str, campaign_id: str, customer_id: str, minute: int, **more: str) -> dict[str, str]:
    moment = f"2026-04-{14 if campaign_id == CAMPAIGN_A else 15}T10:{minute:02}:00Z"
    return {
        "type": kind,
        "campaign_id": campaign_id,
        "customer_id": customer_id,
        "occurred_at": moment,
    } | more


_EVENTS = [
    _event("delivered", CAMPAIGN_A, "cust-annabel", 0),
    _event("opened", CAMPAIGN_A, "cust-annabel", 1, user_agent=_AGENT, ip="10.77.1.9"),
    _event("opened", CAMPAIGN_A, "cust-annabel", 2, user_agent=_BOT, ip="10.77.1.8"),
    _event("clicked", CAMPAIGN_A, "cust-annabel", 3, url="https://flowers.example/1", user_agent=_AGENT),
    _event("clicked", CAMPAIGN_A, "cust-annabel", 4, url="https://other.example/?to=annabel.b@home.example"),
    _event("opened", CAMPAIGN_B, "cust-annabel", 1, user_agent=_AGENT, ip="10.77.1.9"),
    _event("clicked", CAMPAIGN_B, "cust-benedikt", 5, url="https://gloves.example/1", user_agent=_AGENT),
    _event(
        "bounced", CAMPAIGN_B, "cust-annabel", 6,
        diagnostic="550 unknown user annabel.b@home.example (mailbox annabel.b of Annabel Birchwood)",
        bounce_type="hard",
    ),
    {"type": "opened", "occurred_at": "2026-04-15T11:00:00Z", "recipient": "lost.person@lost.example"},
    {"type": "opened", "occurred_at": "never", "recipient": "refused.person@lost.example"},
]  # fmt: skip


def database(folder: Path) -> Path:
    """The path of a database with both brands."""
    path = folder / "data" / "mailsight.duckdb"
    files = _FILES | {"events.ndjson": ndjson(*_EVENTS)}
    bundles.load(path, [bundle(folder / "bundle", files)])
    return path
