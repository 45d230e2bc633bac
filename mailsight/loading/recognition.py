"""Which provider event files come from, judging by the beginning of their contents."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import partial
from io import BytesIO
from itertools import islice
from typing import BinaryIO
from urllib.parse import parse_qsl

from mailsight.bounded import pool
from mailsight.errors import WorkFailed
from mailsight.providers import checking
from mailsight.providers.record import Provider

from . import avro_files, payload_files, unpacking

# How much is looked at: of each file, packed and unpacked, and of all files.
MAX_BYTES = 2**20
MAX_VALUES = 20
MAX_FILES = 20
MAX_FIELDS = 100
_BETWEEN_VALUES = re.compile(r"[\s,\[\ufeff]*")


def providers_of(files: Sequence[BinaryIO]) -> list[Provider]:
    """The providers whose events the files seem to contain: usually one. Empty if none is recognised.

    Leaves each file at its start.
    """
    recognised: dict[Provider, None] = {}
    for file in files[:MAX_FILES]:
        for value in islice(_values(_beginning(file)), MAX_VALUES):
            candidates = checking.candidates(_payload(value))
            if len(candidates) == 1:
                recognised[candidates[0]] = None
    return list(recognised)


def _beginning(file: BinaryIO) -> str:
    file.seek(0)
    raw = file.read(MAX_BYTES)
    file.seek(0)
    if unpacking.is_packed(raw):
        try:
            raw = pool.run(partial(unpacking.beginning_of, BytesIO(raw), MAX_BYTES), lane=pool.FAST)
        except WorkFailed:
            return ""
    if raw.startswith(avro_files.MAGIC):
        return json.dumps(avro_files.schema_of(BytesIO(raw)))
    if not unpacking.is_packed(raw):  # what was packed twice stays packed
        raw = unpacking.beginning_of(BytesIO(raw), MAX_BYTES)
    return raw.decode("utf-8", "replace")


def _values(text: str) -> Iterator[object]:
    """The JSON values at the beginning, whether in a list, one per line, or one after the other."""
    decoder, place = json.JSONDecoder(), 0
    while match := _BETWEEN_VALUES.match(text, place):
        try:
            value, place = decoder.raw_decode(text, match.end())
        except (ValueError, RecursionError):
            return
        yield value


def _payload(value: object) -> object:
    """The payload in a captured request; any other value is one itself."""
    try:
        request = payload_files.request(value)
    except ValueError:
        return value
    try:
        if request.is_form:
            return dict(parse_qsl(request.body.decode("utf-8", "replace"), max_num_fields=MAX_FIELDS))
        return json.loads(request.body)
    except (ValueError, RecursionError):
        return None
