"""Real databases."""

from tests.support.listmonk import listmonk_database
from tests.support.mariadb import mariadb, mariadb_server
from tests.support.postgresql import postgresql, postgresql_server

__all__ = ["listmonk_database", "mariadb", "mariadb_server", "postgresql", "postgresql_server"]
