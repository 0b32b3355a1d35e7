"""The storages that come with the package."""

from __future__ import annotations

from .._datasync.parts import NoItems
from .._datasync.storage import Items
from .interfaces import DataStorage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .category import Category

__all__ = ["InMemoryDataStorage", "NullDataStorage"]


class InMemoryDataStorage(Items, DataStorage):
    """Items in memory."""

    def get(self, kind: Category, key: str) -> dict[str, Any] | None:
        """Return an item that is there and not archived."""
        return self.find(kind, key)

    def get_all(self, kind: Category) -> Mapping[str, dict[str, Any]]:
        """Return the items of a kind that are not archived."""
        return self.find_all(kind)


class NullDataStorage(NoItems, DataStorage):
    """Keeps nothing: a client with it finds no flag."""

    def get(self, kind: Category, key: str) -> dict[str, Any] | None:  # noqa: ARG002
        """Return None."""
        return None

    def get_all(self, kind: Category) -> Mapping[str, dict[str, Any]]:  # noqa: ARG002
        """Return nothing."""
        return {}
