"""The storages that come with the package."""

from __future__ import annotations

from .._datasync.parts import NoItems
from .._datasync.storage import Items
from .interfaces import DataStorage, unchanged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .category import Category
    from .interfaces import Item, ItemChange, ItemsChange

__all__ = ["InMemoryDataStorage", "NullDataStorage"]


class InMemoryDataStorage(Items, DataStorage):
    """Items in memory."""

    def get(self, kind: Category, key: str, op: ItemChange = unchanged) -> Item | None:
        """Return what op makes of an item that is there and not archived; of None for another one."""
        return op(self.find(kind, key))

    def get_all(self, kind: Category, op: ItemsChange = unchanged) -> Mapping[str, Item]:
        """Return what op makes of the items of a kind that are not archived."""
        return op(self.find_all(kind))


class NullDataStorage(NoItems, DataStorage):
    """Keeps nothing: a client with it finds no flag."""

    def get(self, kind: Category, key: str, op: ItemChange = unchanged) -> Item | None:  # noqa: ARG002
        """Return None."""
        return None

    def get_all(self, kind: Category, op: ItemsChange = unchanged) -> Mapping[str, Item]:  # noqa: ARG002
        """Return nothing."""
        return {}
