"""What a wheel depends on: the direct requirements of requirements.txt, with fixes allowed."""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_INDIRECT = "# Brought along"
_PIN = re.compile(r"^([\w.-]+)==([\w.]+)", re.MULTILINE)


class RequirementsHook(MetadataHookInterface):
    def update(self, metadata: dict[str, Any]) -> None:
        """Adds the dependencies to the project's metadata."""
        text = Path(self.root, "requirements.txt").read_text(encoding="utf-8")
        metadata["dependencies"] = [
            # 2.0.1 allows 2.0.2, not 2.1; a version of one part (a date) allows later ones.
            f"{name}{'~=' if '.' in version else '>='}{version}"
            for name, version in _PIN.findall(text.partition(_INDIRECT)[0])
        ]
