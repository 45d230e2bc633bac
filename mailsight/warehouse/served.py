"""The warehouse that this process serves."""

from functools import cache

from mailsight import settings

from .reader import Warehouse


@cache
def warehouse() -> Warehouse:
    return Warehouse(settings.from_environment().database)
