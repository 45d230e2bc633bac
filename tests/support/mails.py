"""Small raw mails, and files in Outlook's formats, for tests."""

import struct
from collections.abc import Mapping, Sequence

PIXEL = "R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


def part(kind: str, body: str | bytes, **fields: str) -> bytes:
    """A part of a mail, or a whole mail. Underscores in the names of fields stand for hyphens."""
    header = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in fields.items())
    raw = body if isinstance(body, bytes) else body.encode()
    return f"Content-Type: {kind}\n{header}\n".encode() + raw


def multipart(kind: str, *parts: bytes, boundary: str = "", **fields: str) -> bytes:
    """A multipart, such as "mixed", with its own boundary unless one is given."""
    boundary = boundary or f"b{sum(map(len, parts))}"
    delimiter = f"--{boundary}".encode()
    body = b"".join(delimiter + b"\n" + raw + b"\n" for raw in parts) + delimiter + b"--\n"
    return part(f'multipart/{kind}; boundary="{boundary}"', body, **fields)


def html(text: str, charset: str = "utf-8", **fields: str) -> bytes:
    return part(f"text/html; charset={charset}", text, **fields)


def plain(text: str, **fields: str) -> bytes:
    return part("text/plain; charset=utf-8", text, **fields)


def picture(**fields: str) -> bytes:
    return part("image/gif", PIXEL, Content_Transfer_Encoding="base64", **fields)


def link(name: str) -> str:
    return f'<p><a href="https://green.example/{name}">{name}</a></p>'


def mapi(properties: Mapping[int, bytes | int]) -> bytes:
    """MAPI properties as TNEF stores them. Each number is a property's id and type, such as 0x1013_0102."""
    raw = struct.pack("<I", len(properties))
    for number, value in properties.items():
        kind = number & 0xFFFF
        raw += struct.pack("<HH", kind, number >> 16)
        if isinstance(value, int):
            raw += struct.pack("<I", value)
        else:
            raw += struct.pack("<II", 1, len(value)) + value + b"\0" * (-len(value) % 4)
    return raw


def tnef(*attributes: tuple[int, bytes]) -> bytes:
    """A winmail.dat. An attribute of an attachment follows 0x9002, which starts the attachment."""
    raw = b"\x78\x9f\x3e\x22\x01\x00"
    for number, value in attributes:
        raw += struct.pack("<BHHI", 1, number, 0, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)
    return raw


_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SECTOR = 512
_NONE = 0xFFFFFFFF


def compound_file(streams: Mapping[str, bytes]) -> bytes:
    """A file of Microsoft's compound format (MS-CFB), such as .msg, with storages as in "folder/stream"."""
    tree: dict[str, object] = {}
    for path, value in streams.items():
        folder = tree
        *folders, name = path.split("/")
        for inner in folders:
            folder = folder.setdefault(inner, {})  # type: ignore[assignment]
        folder[name] = value
    entries: list[list[object]] = [["Root Entry", 5, _NONE, _NONE, _NONE, _END, 0]]
    data: list[bytes] = []

    def add(folder: Mapping[str, object], parent: int) -> None:
        """Entries of a storage as a list: each is the right-hand neighbour of the one before."""
        previous = None
        for name in sorted(folder, key=lambda name: (len(name), name.upper())):
            value = folder[name]
            number = len(entries)
            if isinstance(value, bytes):
                # Streams below 4,096 bytes belong elsewhere, so all are padded to that size.
                size = max(len(value), 4_096)
                start = sum(len(part) for part in data) // _SECTOR
                data.append(value.ljust(-(-size // _SECTOR) * _SECTOR, b"\0"))
                entries.append([name, 2, _NONE, _NONE, _NONE, start, size])
            else:
                entries.append([name, 1, _NONE, _NONE, _NONE, 0, 0])
            if previous is None:
                entries[parent][4] = number
            else:
                entries[previous][3] = number
            previous = number
            if not isinstance(value, bytes):
                add(value, number)  # type: ignore[arg-type]

    add(tree, 0)
    directory = b"".join(_entry(entry) for entry in entries)
    directory = directory.ljust(-(-len(directory) // _SECTOR) * _SECTOR, b"\0")
    chains = [len(part) // _SECTOR for part in (*data, directory)]
    sectors = sum(chains)
    fats = 1
    while fats * 128 < sectors + fats:
        fats += 1
    table: list[int] = []
    for length in chains:
        table += [*range(len(table) + 1, len(table) + length), _END]
    table += [_FAT] * fats
    table += [_FREE] * (fats * 128 - len(table))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, fats, sectors - chains[-1], 0, 4096, _END, 0, _END, 0)
    header += struct.pack(f"<{fats}I", *range(sectors, sectors + fats))
    header = header.ljust(_SECTOR, b"\xff")
    return header + b"".join(data) + directory + struct.pack(f"<{len(table)}I", *table)


def _entry(entry: Sequence[object]) -> bytes:
    name, kind, left, right, child, start, size = entry
    encoded = f"{name}\0".encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16xI8x8xIQ", encoded, len(encoded), kind, 1, left, right, child, 0, start, size
    )


def msg(streams: Mapping[str, bytes | str]) -> bytes:
    """An Outlook message: properties by id and type, such as "1000001F"; those of attachments as in "0/3701.0102"."""
    named: dict[str, bytes] = {}
    for path, value in streams.items():
        *folders, name = path.split("/")
        place = "".join(
            f"__attach_version1.0_#{int(folder):08X}/" if folder.isdigit() else f"__substg1.0_{folder}/"
            for folder in folders
        )
        raw = value.encode("utf-16-le") if isinstance(value, str) else value
        named[f"{place}__substg1.0_{name}"] = raw
    return compound_file(named)
