"""The command that serves the dashboard. Streamlit runs in its own process, so the other commands don't load it."""

import os
import subprocess
import sys
from typing import Annotated

import typer

from mailsight import settings

from .console import Database, app, database_path
from .loads import sample_


# All other options are passed on to Streamlit.
@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(
    context: typer.Context,
    with_sample: Annotated[
        bool, typer.Option("--sample", help="Create sample data first if there is no database.")
    ] = False,
    database: Database = None,
) -> None:
    """Serve the dashboard. All other options are passed on to Streamlit, such as --server.port 8080."""
    path = database_path(context, database)
    if with_sample and not path.exists():
        sample_(context, database=path)
    os.environ["MAILSIGHT_DATABASE"] = str(path)
    command = [sys.executable, "-m", "streamlit", "run", str(settings.PROJECT / "app.py"), *context.args]
    if os.name == "posix":  # replace this process, so that signals reach the server
        os.execv(sys.executable, command)  # noqa: S606
    raise typer.Exit(subprocess.call(command))
