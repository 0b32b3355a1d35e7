"""What the SDK is to remember beyond the process, and where."""

from __future__ import annotations

from abc import ABC, abstractmethod

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Any, Optional, Union

    Record = dict[str, Any]
    Done = Union[None, Awaitable[None]]
    Found = Union[Optional[Record], Awaitable[Optional[Record]]]

__all__ = ["CacheManager", "HitCacheImplementation", "SqliteCacheManager", "VisitorCacheImplementation"]


class VisitorCacheImplementation(ABC):
    """Keeps what was decided for visitors: a program that restarts goes on with the same variations.

    Every method may be a coroutine function or a plain one. They are called on threads of the SDK's own, and coroutines
    run in an event loop of its own, whether or not the program has one. Calls for one visitor come one after the other.
    What a method raises goes to the log manager, and the SDK does without. A record is a dict that JSON can hold, with
    the members "version" and "data".
    """

    @abstractmethod
    def cache_visitor(self, visitor_id: str, data: Record) -> Done:
        """Keep the record of a visitor in place of the one that there may be."""

    @abstractmethod
    def lookup_visitor(self, visitor_id: str) -> Found:
        """Return the record of a visitor, or None. Making a visitor waits for it, within the time of the manager."""

    @abstractmethod
    def flush_visitor(self, visitor_id: str) -> Done:
        """Forget a visitor, who has withdrawn consent."""


class HitCacheImplementation(ABC):
    """Keeps hits that have not been sent yet: a program that restarts sends them.

    What is said of VisitorCacheImplementation counts here as well.
    """

    @abstractmethod
    def cache_hits(self, hits: dict[str, Record]) -> Done:
        """Keep hits, by their ids."""

    @abstractmethod
    def lookup_hits(self) -> Found:
        """Return all hits, by their ids."""

    @abstractmethod
    def flush_hits(self, hits_ids: list[str]) -> Done:
        """Forget hits."""

    @abstractmethod
    def flush_all_hits(self) -> Done:
        """Forget all hits."""


class CacheManager(ABC):
    """Extend it together with VisitorCacheImplementation, HitCacheImplementation or both.

    Attributes:
        timeout: how long a lookup may take, in milliseconds. All other calls may take 10 seconds.
        env_id: of the environment, once the SDK was started with this.
    """

    timeout: int = 100
    env_id: str = ""

    def __init__(self, **kwargs: Any) -> None:
        """Take timeout; 100 unless it is given."""
        timeout = kwargs.get("timeout")
        self.timeout = timeout if isinstance(timeout, int) and timeout > 0 else 100

    @abstractmethod
    def open_database(self, env_id: str) -> Done:
        """Prepare for an environment. Called by Flagship.start()."""

    @abstractmethod
    def close_database(self) -> Done:
        """Let go of everything. Called by Flagship.stop(), after the last call of another method."""


def __getattr__(name: str) -> Any:
    # Programs without a SQLite cache do not load the module sqlite3, which some builds of Python lack.
    if name == "SqliteCacheManager":
        from ._sqlite import SqliteCacheManager

        return SqliteCacheManager
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


if TYPE_CHECKING:
    from ._sqlite import SqliteCacheManager
