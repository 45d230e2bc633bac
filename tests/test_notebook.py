"""The notebook for analysts runs from top to bottom on the sample data."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.waiting import PATIENCE_SECONDS
from tooling.servers import PROJECT

NOTEBOOK = PROJECT / "docs" / "analysis.ipynb"


@pytest.mark.slow
def test_the_notebook_runs(shown_database: Path, keeps: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILSIGHT_DATABASE", str(shown_database))
    notebook = nbformat.read(NOTEBOOK, as_version=4)

    folder = {"metadata": {"path": NOTEBOOK.parent}}
    NotebookClient(
        notebook,
        timeout=PATIENCE_SECONDS,
        startup_timeout=PATIENCE_SECONDS,
        resources=folder,
        record_timing=False,
    ).execute()
    if keeps:
        nbformat.write(notebook, NOTEBOOK)

    with_output = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs]
    assert len(with_output) == 4
