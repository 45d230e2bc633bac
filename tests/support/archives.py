"""Raw e-mails and mailboxes for archives."""

from collections.abc import Mapping

FROM = b"From shop@shop.example Tue Apr 14 09:00:00 2026\n"


def raw_mail(to: str = "ann@mail.example", body: str = "<p>Hi", **fields: str | None) -> bytes:
    """An HTML mail; an underscore in a field's name stands for a hyphen, and None leaves a field out."""
    header: Mapping[str, str | None] = {
        "From": "The Shop <shop@shop.example>",
        "To": to,
        "Subject": "Hi",
        "Date": "Tue, 14 Apr 2026 09:00:30 +0000",
        "Content-Type": "text/html; charset=utf-8",
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    lines = [f"{name}: {value}" for name, value in header.items() if value is not None]
    return "\n".join([*lines, "", body, ""]).encode()


def mailbox(*mails: bytes) -> bytes:
    return b"".join(FROM + mail + b"\n" for mail in mails)
