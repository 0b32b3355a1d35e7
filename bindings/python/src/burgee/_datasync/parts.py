"""Parts of a client that do nothing."""

from __future__ import annotations

from .interfaces import EventProcessor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class NullEventProcessor(EventProcessor):
    """Drops every event."""

    def __init__(self, *_: Any) -> None:
        """Take what every event processor is made of."""

    def send_event(self, event: Any) -> None:
        """Drop the event."""

    def flush(self) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""


class NoItems:
    """A storage that keeps nothing."""

    def init(self, all_data: Any, version: int = 0) -> None:
        """Do nothing."""

    def upsert(self, kind: Any, key: str, item: Any, version: int = 0) -> None:
        """Do nothing."""

    @property
    def initialized(self) -> bool:
        """True."""
        return True

    @property
    def latest_version(self) -> int:
        """0."""
        return 0

    def stop(self) -> None:
        """Do nothing."""
