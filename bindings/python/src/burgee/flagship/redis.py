"""A cache in Redis, for programs of many processes.

from burgee.flagship.redis import RedisCacheManager

Flagship.start(env_id, api_key, Bucketing(cache_manager=RedisCacheManager.from_url("redis://localhost:6379/0")))

Install it as burgee[redis], or bring a client of your own.
"""

from __future__ import annotations

import inspect
import json
import socket

from .cache_manager import CacheManager, HitCacheImplementation, VisitorCacheImplementation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Any, Callable

    from .cache_manager import Done, Found, Record

__all__ = ["RedisCacheManager"]

_HITS_LAST = 4 * 60 * 60  # seconds: the vendor takes no older ones


class RedisCacheManager(CacheManager, VisitorCacheImplementation, HitCacheImplementation):
    """Keeps records of visitors for all processes together, and pending hits for each of them.

    Keys are {prefix}:{env_id}:visitor:{visitor_id}, a JSON text each, and {prefix}:{env_id}:hits:{instance}, a hash of
    JSON texts.

    Attributes:
        client: a redis.Redis or a redis.asyncio.Redis. The latter must not be used in another event loop, because the
            SDK has one of its own.
        ttl: how long the record of a visitor is kept after its last change, in seconds; None: for ever.
        prefix: what all keys begin with.
        instance: whose hits are meant. Whoever starts sends all hits that wait under the same name, so processes that
            run at the same time should differ in it, and a process should have the same one after a restart, such as
            the name of its pod and the number of its worker. Unless it is given: the name of the host.
    """

    def __init__(
        self,
        client: Any,
        *,
        ttl: int | None = None,
        prefix: str = "burgee-flagship",
        instance: str | None = None,
        timeout: int = 100,
    ) -> None:
        super().__init__(timeout=timeout)
        self.client = client
        self.ttl = ttl
        self.prefix = prefix
        self.instance = socket.gethostname() if instance is None else instance

    @classmethod
    def from_url(cls, url: str, **options: Any) -> RedisCacheManager:
        """Return a manager with a client of its own for a URL such as redis://localhost:6379/0."""
        from redis import Redis

        return cls(Redis.from_url(url), **options)

    def open_database(self, env_id: str) -> None:
        """Begin with an environment. The client connects when it is first used."""
        self.env_id = env_id

    def close_database(self) -> None:
        """Leave the client open: it may be used by others, and by the next start."""

    def cache_visitor(self, visitor_id: str, data: Record) -> Done:
        """Keep a record."""
        return _done(self.client.set(self._visitor(visitor_id), json.dumps(data), ex=self.ttl))

    def lookup_visitor(self, visitor_id: str) -> Found:
        """Return a record, or None."""
        found: Found = _then(self.client.get(self._visitor(visitor_id)), _read)
        return found

    def flush_visitor(self, visitor_id: str) -> Done:
        """Forget a record."""
        return _done(self.client.delete(self._visitor(visitor_id)))

    def cache_hits(self, hits: dict[str, Record]) -> Done:
        """Keep hits."""
        if not hits:
            return None
        both = self.client.pipeline(transaction=True)
        both.hset(self._hits(), mapping={id_: json.dumps(hit) for id_, hit in hits.items()})
        both.expire(self._hits(), _HITS_LAST)
        return _done(both.execute())

    def lookup_hits(self) -> Found:
        """Return all hits of the instance."""
        found: Found = _then(self.client.hgetall(self._hits()), _read_all)
        return found

    def flush_hits(self, hits_ids: list[str]) -> Done:
        """Forget hits."""
        return _done(self.client.hdel(self._hits(), *hits_ids)) if hits_ids else None

    def flush_all_hits(self) -> Done:
        """Forget all hits of the instance."""
        return _done(self.client.delete(self._hits()))

    def _visitor(self, visitor_id: str) -> str:
        return f"{self.prefix}:{self.env_id}:visitor:{visitor_id}"

    def _hits(self) -> str:
        return f"{self.prefix}:{self.env_id}:hits:{self.instance}"


def _then(reply: Any, read: Callable[[Any], Any]) -> Any:
    """Read a reply, or return what reads it when it has come."""
    if not inspect.isawaitable(reply):
        return read(reply)

    async def later(coming: Awaitable[Any]) -> Any:
        return read(await coming)

    return later(reply)


def _done(reply: Any) -> Done:
    result: Done = _then(reply, lambda _: None)
    return result


def _read(text: str | bytes | None) -> Record | None:
    record: Record | None = None if text is None else json.loads(text)
    return record


def _read_all(texts: dict[Any, Any]) -> dict[str, Any]:
    # Ids are bytes, unless the client decodes replies.
    return {id_.decode() if isinstance(id_, bytes) else id_: json.loads(text) for id_, text in texts.items()}
