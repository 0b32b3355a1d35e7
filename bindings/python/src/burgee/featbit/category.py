"""The kinds of items that a storage holds."""

from __future__ import annotations


class Category:
    """A kind of items."""

    def __init__(self, name: str, tag: str) -> None:
        self._name = name
        self._tag = tag

    @property
    def name(self) -> str:
        """What messages call the kind."""
        return self._name

    @property
    def tag(self) -> str:
        """A short name."""
        return self._tag

    def __repr__(self) -> str:
        return f"Category({self._name!r}, {self._tag!r})"


FEATURE_FLAGS = Category("featureFlags", "ff")
SEGMENTS = Category("segments", "seg")
DATATEST = Category("datatest", "test")

ALL_CATS = [FEATURE_FLAGS, SEGMENTS, DATATEST]
ALL_CAT_NAMES = [category.name for category in ALL_CATS]
