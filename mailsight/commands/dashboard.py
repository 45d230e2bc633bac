"""The command that serves the dashboard. Streamlit starts in a process of its own, so no other command loads it."""

import os
import subprocess
import sys
from typing import Annotated

import typer

from mailsight import settings

from .console import Database, app, database_path
from .loads import sample_


# What is left on the line goes to Streamlit.
@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(
    context: typer.Context,
    with_sample: Annotated[
        bool, typer.Option("--sample", help="Make sample data first if there is no database.")
    ] = False,
    database: Database = None,
) -> None:
    """Serve the dashboard. Any other option goes to Streamlit: --server.port 8080."""
    path = database_path(context, database)
    if with_sample and not path.exists():
        sample_(context, database=path)
    os.environ["MAILSIGHT_DATABASE"] = str(path)
    command = [sys.executable, "-m", "streamlit", "run", str(settings.PROJECT / "app.py"), *context.args]
    if os.name == "posix":  # the server takes this process's place, so signals reach it
        os.execv(sys.executable, command)  # noqa: S606
    raise typer.Exit(subprocess.call(command))
