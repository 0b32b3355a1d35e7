"""Flags and segments in memory, as the vendors' storages hold them: items by kind and identity."""

from __future__ import annotations

import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Item = dict[str, Any]


class Items:
    """The default storage of both vendors.

    An item that arrives is taken when it is newer than its own copy. The vendors' own storages compare with the newest
    item of all, and lose updates by that.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kinds: Mapping[Any, Mapping[str, Item]] = {}
        self._version = 0
        self._initialized = False

    def init(self, all_data: Mapping[Any, Mapping[str, Item]], version: int = 0) -> None:
        """Replace everything, if there is something and it is newer."""
        with self._lock:
            if all_data and version > self._version:
                self._kinds = {kind: dict(items) for kind, items in all_data.items()}
                self._version = version
                self._initialized = True

    def upsert(self, kind: Any, key: str, item: Item, version: int = 0) -> None:
        """Add or replace one item, if it is newer than the one that is there."""
        with self._lock:
            items = self._kinds.get(kind, {})
            known = items.get(key)
            if known is None or known["timestamp"] < version:
                self._kinds = {**self._kinds, kind: {**items, key: item}}
                self._version = max(self._version, version)
                self._initialized = True

    def find(self, kind: Any, key: str) -> Item | None:
        """Return an item that is there and not archived."""
        item = self._kinds.get(kind, {}).get(key)
        return None if item is None or item["isArchived"] else item

    def find_all(self, kind: Any) -> dict[str, Item]:
        """Return the items of a kind that are not archived."""
        return {key: item for key, item in self._kinds.get(kind, {}).items() if not item["isArchived"]}

    @property
    def initialized(self) -> bool:
        """Whether anything was ever taken."""
        return self._initialized

    @property
    def latest_version(self) -> int:
        """The time of the newest item, in Unix milliseconds."""
        return self._version

    def stop(self) -> None:
        """Do nothing."""
