"""The kinds of items that a storage holds."""

from __future__ import annotations


class Category:
    """A kind of items, and where a server has them."""

    def __init__(self, name: str, polling_api_url: str, streaming_api_url: str) -> None:
        self._name = name
        self._polling_api_url = polling_api_url
        self._streaming_api_url = streaming_api_url

    @property
    def name(self) -> str:
        """What messages call the kind."""
        return self._name

    @property
    def polling_api_url(self) -> str:
        """The path for asking."""
        return self._polling_api_url

    @property
    def streaming_api_url(self) -> str:
        """The path of the websocket."""
        return self._streaming_api_url

    def __repr__(self) -> str:
        return f"Category({self._name!r})"


FFC_FEATURE_FLAGS = Category("featureFlags", "/api/public/sdk/latest-feature-flags", "/streaming")
FFC_SEGMENTS = Category("segments", "/api/public/sdk/latest-feature-flags", "/streaming")

FFC_ALL_CATS = [FFC_FEATURE_FLAGS, FFC_SEGMENTS]
FFC_ALL_CAT_NAMES = [category.name for category in FFC_ALL_CATS]
