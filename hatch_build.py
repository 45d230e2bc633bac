"""Gives the wheel its dependencies: the direct requirements in requirements.txt, relaxed to allow fixes.

Those for imports are an extra.
"""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_IMPORT = "# What `mailsight import` reads with"
_INDIRECT = "# Required by the packages above"
_PIN = re.compile(r"^([\w.-]+)==([\w.]+)", re.MULTILINE)


class RequirementsHook(MetadataHookInterface):
    def update(self, metadata: dict[str, Any]) -> None:
        """Add the dependencies to the project's metadata."""
        text = Path(self.root, "requirements.txt").read_text(encoding="utf-8").partition(_INDIRECT)[0]
        needed, _, for_imports = text.partition(_IMPORT)
        metadata["dependencies"] = _relaxed(needed)
        metadata["optional-dependencies"] = {"import": _relaxed(for_imports)}


def _relaxed(text: str) -> list[str]:
    # 2.0.1 allows 2.0.2 but not 2.1; a version without dots (a date) allows all later ones.
    return [f"{name}{'~=' if '.' in version else '>='}{version}" for name, version in _PIN.findall(text)]
