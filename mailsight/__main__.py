"""What `python -m mailsight` and the command `mailsight` run."""

from mailsight.commands import console, dashboard, files, loads  # noqa: F401  # the last three register commands
from mailsight.errors import MailsightError

app = console.app


def run() -> None:
    """Runs the command line; an error that people can fix is reported in a line, without a traceback."""
    try:
        app()
    except MailsightError as error:
        console.messages.print(f"{error.title}: {error}", markup=False, style="red")
        raise SystemExit(1) from None


if __name__ == "__main__":
    run()
