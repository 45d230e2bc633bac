"""The command line, run in this process."""

from collections.abc import Callable
from unittest.mock import patch

from typer.testing import CliRunner

from mailsight.__main__ import app
from mailsight.errors import MailsightError
from mailsight.loading import child
from mailsight.loading.derive import Progress
from mailsight.loading.merge import LoadSummary


def run(*arguments: object) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of a command. Its loads run in this process, which is faster."""
    with patch.object(child, "load", _load):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(result.exception, MailsightError):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def _load(load: Callable[..., LoadSummary], progress: Progress) -> LoadSummary:
    return load(progress=progress)
