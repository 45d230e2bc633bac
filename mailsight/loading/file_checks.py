"""Files that people name, and where links lead."""

import os
import stat
from pathlib import Path


def problem(path: Path, root: Path | None = None) -> str | None:
    """Why a file must not be read, as the end of a sentence: it isn't a regular file, or a link out of `root`.

    None if all is well. Without a root, links may lead anywhere.
    """
    try:
        target = path.resolve(strict=True)
        mode = target.stat().st_mode
        is_inside = root is None or target.is_relative_to(root.resolve())
    except RuntimeError:  # before Python 3.13, for links that lead in a circle
        return "is a link that leads in a circle"
    except FileNotFoundError:
        return "is a link to a file that does not exist" if os.path.islink(path) else "does not exist"  # noqa: PTH114  # never raises
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        return f"can't be read: {getattr(error, 'strerror', None) or error}"
    if not is_inside:
        return "is a link that leads out of the folder"
    return None if stat.S_ISREG(mode) else "is not a regular file"
