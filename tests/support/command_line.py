"""The command line, run in this process."""

from typer.testing import CliRunner

from mailsight.__main__ import app
from mailsight.errors import MailsightError


def run(*arguments: object) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of a command."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(result.exception, MailsightError):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr
