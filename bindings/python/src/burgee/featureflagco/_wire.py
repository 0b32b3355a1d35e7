"""featureflag.co's items in messages and in storages, where they look alike."""

from __future__ import annotations

from .._datasync.wire import Wire
from .category import FFC_FEATURE_FLAGS, FFC_SEGMENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .category import Category

    Item = dict[str, Any]


class FeatureFlagCoWire(Wire):
    """featureflag.co's items."""

    flags = FFC_FEATURE_FLAGS
    segments = FFC_SEGMENTS

    def stored(self, kind: Category, item: Item) -> tuple[str, Item]:  # noqa: ARG002
        """Return an item as a storage holds it, and under which key."""
        if item["isArchived"]:
            item = {name: item[name] for name in ("id", "timestamp", "isArchived")}
        return item["id"], item

    def sent(self, kind: Category, key: str, item: Item) -> Item:  # noqa: ARG002
        """Return an item as a message holds it."""
        return {name: value for name, value in item.items() if name != "cat"}


WIRE = FeatureFlagCoWire()
