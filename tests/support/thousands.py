"""A campaign whose counts have separators: sent to 1,200 customers, of whom 1,000 opened and clicked."""

from pathlib import Path

from mailsight.loading import bundles

_SENT = "2026-04-14T16:30:00Z"


def load(folder: Path) -> Path:
    """The database with the campaign `spring`, which was sent on a Tuesday."""
    (folder / "mail.html").write_text('<p><a href="https://shop.example/">Shop</a></p>')
    campaign = f"spring,Spring,hi@shop.example,{_SENT},mail.html"
    _write(folder / "campaigns.csv", "campaign_id,name,from_email,sent_at,template", [campaign])
    ids = [f"c{number}" for number in range(1200)]
    _write(
        folder / "messages.csv",
        "campaign_id,customer_id,sent_at",
        [f"spring,{customer},{_SENT}" for customer in ids],
    )
    _write(
        folder / "events.csv",
        "campaign_id,customer_id,type,occurred_at,url",
        [
            f"spring,{customer},{event}"
            for customer in ids[:1000]
            for event in (
                "opened,2026-04-14T17:00:00Z,",
                "clicked,2026-04-14T17:00:01Z,https://shop.example/",
            )
        ],
    )
    assert not bundles.load(folder / "mailsight.duckdb", [folder]).refusals
    return folder / "mailsight.duckdb"


def _write(file: Path, head: str, rows: list[str]) -> None:
    file.write_text("\n".join([head, *rows, ""]))
