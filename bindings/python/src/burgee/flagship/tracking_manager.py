"""How hits are sent."""

from __future__ import annotations

from enum import Enum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["CacheStrategy", "ClosingStrategy", "TrackingManagerConfig"]


class CacheStrategy(Enum):
    """When the hit cache is told what is pending."""

    CONTINUOUS_CACHING = "CONTINUOUS_CACHING"
    """Of every hit: when it comes, and when it has been sent."""
    PERIODIC_CACHING = "PERIODIC_CACHING"
    """Of everything that is pending, after each batch."""


class ClosingStrategy(Enum):
    """What becomes of pending hits when the SDK is stopped."""

    BATCH_PENDING_HITS = "BATCH_PENDING_HITS"
    """They are sent."""
    CACHE_PENDING_HITS = "CACHE_PENDING_HITS"
    """They stay in the hit cache for the next start."""


# What the engine calls them.
_STRATEGIES = {CacheStrategy.CONTINUOUS_CACHING: "continuous", CacheStrategy.PERIODIC_CACHING: "periodic"}
_CLOSING = {ClosingStrategy.BATCH_PENDING_HITS: "send", ClosingStrategy.CACHE_PENDING_HITS: "cache"}


class TrackingManagerConfig:
    """How hits are sent. What has the wrong type or is out of range is replaced by its default.

    Attributes:
        max_pool_size: so many hits leave together, 0 to 5000; 0: each at once.
        time_interval: no hit waits longer for others; in milliseconds, 200 to 10800000.
        strategy: the argument cache_strategy: when the hit cache is told what is pending.
        closing_strategy: what becomes of pending hits when the SDK is stopped.
        timeout: in milliseconds. It is only kept: the timeout of DecisionApi and Bucketing counts for every request.
    """

    def __init__(self, **kwargs: Any) -> None:
        """Take max_pool_size, time_interval, cache_strategy, closing_strategy and timeout."""
        self._warnings: list[str] = []
        self.max_pool_size = self._number(kwargs, "max_pool_size", 0, 5000, 20)
        self.time_interval = self._number(kwargs, "time_interval", 200, 10_800_000, 10_000)
        strategy, closing = kwargs.get("cache_strategy"), kwargs.get("closing_strategy")
        self.strategy = strategy if isinstance(strategy, CacheStrategy) else CacheStrategy.CONTINUOUS_CACHING
        self.closing_strategy = closing if isinstance(closing, ClosingStrategy) else ClosingStrategy.BATCH_PENDING_HITS
        self.timeout = self._number(kwargs, "timeout", 1, 10_800_000, 200)

    def _number(self, given: dict[str, Any], name: str, least: int, most: int, default: int) -> int:
        value = given.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            return default
        if least <= value <= most:
            return value
        self._warnings.append(f"{name} must be from {least} to {most}, not {value}: it is {default}")
        return default

    def _options(self) -> dict[str, Any]:
        return {
            "pool_max_size": self.max_pool_size,
            "batch_interval": self.time_interval / 1000,
            "cache_strategy": _STRATEGIES[self.strategy],
            "closing_strategy": _CLOSING[self.closing_strategy],
        }
