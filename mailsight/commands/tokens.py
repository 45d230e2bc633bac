"""Commands that create, list and revoke tokens for the HTTP API. People create theirs in the dashboard."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from mailsight.errors import WrongUsage
from mailsight.state import audit, tokens
from mailsight.state.audit import COMMAND_LINE, Action
from mailsight.state.tokens import ID_LENGTH, MAX_DAYS, Token
from mailsight.vocabulary import Role

from .console import Database, app, database_path, messages

token_app = typer.Typer(help="Create, list and revoke tokens for the HTTP API.", no_args_is_help=True)
app.add_typer(token_app, name="token")


@token_app.command("create")
def create_(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What the token is for, such as the program that uses it.")],
    role: Annotated[
        Role, typer.Option(help="What it may read: figures only (reader), or also customers.")
    ] = Role.READER,
    days: Annotated[int, typer.Option(min=1, max=MAX_DAYS, help="After how many days it ends.")] = 90,
    tag: Annotated[list[str] | None, typer.Option(help="Only campaigns with this tag (repeatable).")] = None,
    sender_domain: Annotated[
        list[str] | None, typer.Option(help="Only campaigns sent from this domain (repeatable).")
    ] = None,
    database: Database = None,
) -> None:
    """Create a token and print it, once."""
    if not name.strip():
        raise WrongUsage("The token has no name.", next_step="Name what uses it.")
    path = database_path(context, database)
    token, text = tokens.create(
        name,
        person=COMMAND_LINE,
        issuer=None,
        role=role,
        days=days,
        tags=tag or (),
        sender_domains=sender_domain or (),
    )
    # First, because nobody gets access without a trace.
    audit.by_command(path, Action.ISSUED_TOKEN, token=token.token_id, until=f"{token.expires_at:%Y-%m-%d}")
    tokens.beside(path).add(token, text)
    print(text)
    messages.print(
        f"Token {token.token_id} lasts until {token.expires_at:%Y-%m-%d}. It is not shown again.",
        markup=False,
    )


@token_app.command("list")
def list_(context: typer.Context, database: Database = None) -> None:
    """List all tokens, newest first, but not their secret texts."""
    # What `revoke` needs is never cut off.
    token_id = Column("token", no_wrap=True, min_width=ID_LENGTH)
    table = Table(token_id, "name", "created by", "may read", "until", "last used", "state")
    now = datetime.now(UTC)
    for token in tokens.beside(database_path(context, database)).all():
        table.add_row(
            token.token_id,
            token.name,
            token.person,
            ", ".join([token.role.value, *sorted(token.tags), *sorted(token.sender_domains)]),
            f"{token.expires_at:%Y-%m-%d}",
            f"{token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never",
            _state(token, now),
        )
    Console().print(table)


@token_app.command("revoke")
def revoke_(
    context: typer.Context,
    token_id: Annotated[str, typer.Argument(help="The id that `token list` shows.")],
    database: Database = None,
) -> None:
    """Revoke a token: its next request is refused."""
    path = database_path(context, database)
    kept = tokens.beside(path)
    token = kept.get(token_id)
    audit.by_command(path, Action.REVOKED_TOKEN, token=token.token_id)
    kept.revoke(token)
    messages.print(f"Revoked the token {token.name} ({token.token_id}).", markup=False)


def _state(token: Token, now: datetime) -> str:
    if token.revoked_at:
        return "revoked"
    return "valid" if token.is_valid(now) else "ended"
