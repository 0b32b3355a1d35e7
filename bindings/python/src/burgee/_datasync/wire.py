"""Data-sync messages, and the items that a storage of the host's holds."""

from __future__ import annotations

from abc import ABC, abstractmethod

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .storage import Item

    Items = dict[Any, dict[str, Item]]


class Wire(ABC):
    """How one vendor's items look in a message and in a storage. flags and segments are the kinds of a storage."""

    flags: Any
    segments: Any

    @abstractmethod
    def stored(self, kind: Any, item: Item) -> tuple[str, Item]:
        """Return an item of a message as a storage holds it, and under which key."""

    @abstractmethod
    def sent(self, kind: Any, key: str, item: Item) -> Item:
        """Return an item of a storage as a message holds it."""

    def message(self, flags: Mapping[str, Item], segments: Mapping[str, Item]) -> dict[str, Any]:
        """Return the message with everything that a storage holds."""
        return {
            "messageType": "data-sync",
            "data": {
                "eventType": "full",
                "featureFlags": [self.sent(self.flags, key, item) for key, item in flags.items()],
                "segments": [self.sent(self.segments, key, item) for key, item in segments.items()],
            },
        }

    def items(self, message: Mapping[str, Any]) -> Items:
        """Return what a message holds, as a storage takes it."""
        data = message["data"]
        return {
            self.flags: dict(self.stored(self.flags, item) for item in data["featureFlags"]),
            self.segments: dict(self.stored(self.segments, item) for item in data["segments"]),
        }

    @staticmethod
    def newest(items: Mapping[Any, Mapping[str, Item]]) -> int:
        """Return the time of the newest item, in Unix milliseconds; 0 when there is none."""
        return max((item["timestamp"] for kind in items.values() for item in kind.values()), default=0)
