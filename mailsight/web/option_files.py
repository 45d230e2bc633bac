"""Streamlit's config.toml: checked once, when the server starts, and never read again.

Streamlit ignores a file that it can't parse, and reads a changed one while it runs. Both would change what the doors
rely on: the base path, under which they know Streamlit's routes, and the format of the logs, which masks secrets.
"""

import os
import tomllib
from collections.abc import Iterable
from pathlib import Path

from mailsight.errors import BadSetting


def contents(paths: Iterable[Path]) -> dict[Path, str]:
    """The texts of the files that Streamlit reads. Raises `BadSetting` for one that it can't read."""
    texts = {}
    for path in paths:
        if os.path.exists(path):  # noqa: PTH110  # as Streamlit does: a folder that can't be opened has no file
            texts[path] = _text(path)
    return texts


def _text(path: Path) -> str:
    if not os.path.isfile(path):  # noqa: PTH113  # opening a pipe would block
        raise _refusal(path, "it is a folder" if path.is_dir() else "it is not a file")
    try:
        text = path.read_text(encoding="utf-8")
        tomllib.loads(text)
    except OSError as error:
        raise _refusal(path, f"the file can't be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise _refusal(path, "the file is not UTF-8 text") from error
    except (ValueError, RecursionError) as error:
        raise _refusal(path, f"the file is not valid TOML: {error}") from error
    return text


def _refusal(path: Path, problem: str) -> BadSetting:
    return BadSetting(f"{path}: {problem}.", next_step="Correct it and start again.")
