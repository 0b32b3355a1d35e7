"""Starting burgee.flagship with the local server, and what programs give it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flagship_server import API_KEY, ENV_ID, PATIENCE, FlagshipServer

from burgee.flagship import Flagship, LogLevel, Visitor
from burgee.flagship.cache_manager import CacheManager, HitCacheImplementation, VisitorCacheImplementation
from burgee.flagship.config import Bucketing, DecisionApi
from burgee.flagship.log_manager import LogManager


class Problems(LogManager):
    """Keeps what is told of warnings and errors."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.exceptions: list[Exception] = []

    def log(self, tag: str, level: LogLevel, message: str) -> None:
        if level.value >= LogLevel.WARNING.value:
            self.messages.append(message)

    def exception(self, tag: str, exception: Any, traceback: str) -> None:  # type: ignore[override]
        self.exceptions.append(exception)


def where(server: FlagshipServer) -> dict[str, str]:
    return {"decision_url": server.decision_url, "cdn_url": server.cdn_url, "events_url": server.events_url}


@contextmanager
def started(
    server: FlagshipServer, kind: type[Bucketing] | type[DecisionApi] = Bucketing, **options: Any
) -> Iterator[Problems]:
    """The SDK, started for the environment of the server. Yields what it has complained about."""
    problems = options.setdefault("log_manager", Problems())
    Flagship.start(ENV_ID, API_KEY, kind(**{**where(server), **options}))
    try:
        yield problems
    finally:
        Flagship.stop()


def fetched(visitor_id: str, **options: Any) -> Visitor:
    visitor = Flagship.new_visitor(visitor_id, **options)
    visitor.fetch_flags()
    return visitor


def flags_of(visitor: Visitor) -> dict[str, Any]:
    """A visitor's flags as the vectors have them: read one by one, with a default of the same type."""
    flags = {}
    for described in visitor._ask("flags", {})["flags"]:
        flag = visitor.get_flag(described["key"], other(described["value"]))
        metadata = flag.metadata().toJson()
        metadata["slug"] = metadata.pop("campaignSlug")
        assert flag.exists()
        flags[flag.key] = {"value": flag.value(False), **metadata}
    return flags


def other(value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    return {str: f"{value}?", dict: {"other": 1}, list: ["other"], type(None): None}[type(value)]


class Recorder(CacheManager, VisitorCacheImplementation, HitCacheImplementation):
    """A cache that keeps the calls to it."""

    def __init__(self, records: Any = None, hits: Any = None) -> None:
        super().__init__(timeout=int(PATIENCE * 1000))
        self.calls: list[list[Any]] = []
        self.records: dict[str, Any] = dict(records or {})
        self.hits: dict[str, Any] = dict(hits or {})
        self._more = threading.Condition()

    def _call(self, *call: Any) -> None:
        with self._more:
            self.calls.append(list(call))
            self._more.notify_all()

    def wait(self, name: str, count: int = 1) -> None:
        """Wait for so many calls of a method."""
        with self._more:
            enough = self._more.wait_for(lambda: sum(call[0] == name for call in self.calls) >= count, PATIENCE)
            assert enough, self.calls

    def open_database(self, env_id: str) -> None:
        self._call("open_database", env_id)

    def close_database(self) -> None:
        self._call("close_database")

    async def cache_visitor(self, visitor_id: str, data: Any) -> None:
        self.records[visitor_id] = data
        self._call("cache_visitor", visitor_id, data)

    async def lookup_visitor(self, visitor_id: str) -> Any:
        self._call("lookup_visitor", visitor_id)
        return self.records.get(visitor_id)

    async def flush_visitor(self, visitor_id: str) -> None:
        self.records.pop(visitor_id, None)
        self._call("flush_visitor", visitor_id)

    def cache_hits(self, hits: Any) -> None:
        self.hits.update(hits)
        self._call("cache_hits", hits)

    async def lookup_hits(self) -> Any:
        self._call("lookup_hits")
        return self.hits

    def flush_hits(self, hits_ids: Any) -> None:
        for id_ in hits_ids:
            self.hits.pop(id_, None)
        self._call("flush_hits", hits_ids)

    def flush_all_hits(self) -> None:
        self.hits.clear()
        self._call("flush_all_hits")
