"""The cache in a SQLite file, in the layout of the vendor's SDK: either reads what the other has written."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import contextmanager

from .cache_manager import CacheManager, HitCacheImplementation, VisitorCacheImplementation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .cache_manager import Record

_TABLES = (
    "CREATE TABLE IF NOT EXISTS VISITORS (visitor_id TEXT UNIQUE PRIMARY KEY, data TEXT, last_update INTEGER)",
    "CREATE TABLE IF NOT EXISTS HITS (id TEXT UNIQUE, visitor_id TEXT, data TEXT)",
    "CREATE TABLE IF NOT EXISTS DB_INFO (id INTEGER UNIQUE, creation_date INTEGER, version INTEGER)",
)
_VERSION = 1
_PATIENCE = 5.0  # seconds, for another process that writes
_AT_ONCE = 500  # parameters of a statement; old versions of SQLite have a limit of 999


class SqliteCacheManager(CacheManager, VisitorCacheImplementation, HitCacheImplementation):
    """Keeps everything in the file {local_db_path}/{env_id}-cache.db.

    Fit for one process at a time: whoever starts sends all hits that it finds there. For many processes there is
    burgee.flagship.redis.

    Attributes:
        local_db_path: a folder, which is made when it is not there.
    """

    def __init__(self, **kwargs: Any) -> None:
        """Take local_db_path, "./cache/" unless it is given, and timeout."""
        super().__init__(**kwargs)
        self.local_db_path: str = os.fspath(kwargs.get("local_db_path") or "./cache/")
        self._file: str | None = None

    def open_database(self, env_id: str) -> None:
        """Make the folder and the tables that are missing."""
        os.makedirs(self.local_db_path, exist_ok=True)
        self._file = os.path.join(self.local_db_path, f"{env_id}-cache.db")
        with self._connection() as connection:
            for table in _TABLES:
                connection.execute(table)
            connection.execute("INSERT OR REPLACE INTO DB_INFO VALUES (0, ?, ?)", (_now(), _VERSION))

    def close_database(self) -> None:
        """Do nothing: a connection is closed after every call."""

    async def cache_visitor(self, visitor_id: str, data: Record) -> None:
        """Keep a record."""
        with self._connection() as connection:
            row = (visitor_id, json.dumps(data), _now())
            connection.execute("INSERT OR REPLACE INTO VISITORS VALUES (?, ?, ?)", row)

    async def lookup_visitor(self, visitor_id: str) -> Record | None:
        """Return a record, or None."""
        with self._connection() as connection:
            found = connection.execute("SELECT data FROM VISITORS WHERE visitor_id = ?", (visitor_id,)).fetchone()
        return None if found is None else json.loads(found[0])

    async def flush_visitor(self, visitor_id: str) -> None:
        """Forget a record."""
        with self._connection() as connection:
            connection.execute("DELETE FROM VISITORS WHERE visitor_id = ?", (visitor_id,))

    def cache_hits(self, hits: dict[str, Record]) -> None:
        """Keep hits."""
        rows = [(id_, hit["data"]["visitorId"], json.dumps(hit)) for id_, hit in hits.items()]
        with self._connection() as connection:
            connection.executemany("INSERT OR REPLACE INTO HITS VALUES (?, ?, ?)", rows)

    async def lookup_hits(self) -> dict[str, Record]:
        """Return all hits."""
        with self._connection() as connection:
            rows = connection.execute("SELECT id, data FROM HITS").fetchall()
        return {id_: json.loads(data) for id_, data in rows}

    def flush_hits(self, hits_ids: list[str]) -> None:
        """Forget hits."""
        ids = list(hits_ids)
        with self._connection() as connection:
            for start in range(0, len(ids), _AT_ONCE):
                some = ids[start : start + _AT_ONCE]
                connection.execute(f"DELETE FROM HITS WHERE id IN ({','.join('?' * len(some))})", some)

    def flush_all_hits(self) -> None:
        """Forget all hits."""
        with self._connection() as connection:
            connection.execute("DELETE FROM HITS")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction."""
        if self._file is None:
            raise RuntimeError("open_database was not called")
        connection = sqlite3.connect(self._file, timeout=_PATIENCE)
        try:
            with connection:
                yield connection
        finally:
            connection.close()


def _now() -> int:
    return int(time.time() * 1000)
