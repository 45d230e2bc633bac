"""Files as a browser uploads them."""

import io
import zipfile
from collections.abc import Mapping

CAMPAIGNS = b"campaign_id,name,template\nspring,Spring,contents/spring.html\n"
MAIL = b"<p>Hello</p>"
BUNDLE = {"campaigns.csv": CAMPAIGNS, "contents/spring.html": MAIL}


class UploadedFile(io.BytesIO):
    """A file as Streamlit hands it over."""

    def __init__(self, name: str, content: bytes = b"x") -> None:
        super().__init__(content)
        self.name = name


def zipped(
    files: Mapping[str, bytes], *, link: str | None = None, compression: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """A zip of these files; the one named `link` is a symbolic link."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", compression) as packed:
        for name, content in files.items():
            member = zipfile.ZipInfo(name)
            member.compress_type = compression
            if name == link:
                member.external_attr = 0o120777 << 16
            packed.writestr(member, content)
    return written.getvalue()
