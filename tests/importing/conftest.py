"""Real databases."""

from tests.support.postgresql import postgresql, postgresql_server

__all__ = ["postgresql", "postgresql_server"]
