"""The parts of a client that a program may replace by its own, as far as they are the same for both vendors."""

from __future__ import annotations

from abc import ABC, abstractmethod

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .storage import Item


class Storing(ABC):
    """Keeps flags and segments.

    Items are dicts with at least id, timestamp (Unix milliseconds) and isArchived. A storage hides archived items, and
    is used by several threads. Burgee evaluates from its own memory: what a storage holds when a client starts is
    loaded, and what arrives later is written to it.
    """

    @abstractmethod
    def init(self, all_data: Mapping[Any, Mapping[str, Item]], version: int = 0) -> None:
        """Replace everything, if version is higher than that of the storage."""

    @abstractmethod
    def upsert(self, kind: Any, key: str, item: Item, version: int = 0) -> None:
        """Add or replace one item."""

    @property
    @abstractmethod
    def initialized(self) -> bool:
        """Whether the storage was ever filled."""

    @property
    @abstractmethod
    def latest_version(self) -> int:
        """The time of the newest item, in Unix milliseconds."""


class Reporting(ABC):
    """What an update processor reports to."""

    @abstractmethod
    def init(self, all_data: Mapping[Any, Mapping[str, Item]], version: int = 0) -> bool:
        """Replace all flags and segments. Returns False when the storage fails."""

    @abstractmethod
    def upsert(self, kind: Any, key: str, item: Item, version: int = 0) -> bool:
        """Add or replace one flag or segment. Returns False when the storage fails."""

    @property
    @abstractmethod
    def initialized(self) -> bool:
        """Whether there were ever any flags."""

    @property
    @abstractmethod
    def latest_version(self) -> int:
        """The time of the newest flag or segment, in Unix milliseconds."""

    @abstractmethod
    def wait_for_OKState(self, timeout: float) -> bool:  # noqa: N802 - the vendors' name
        """Wait until the state is OK."""


class UpdateProcessor(ABC):
    """A source of flags.

    It is made of a Config, a DataUpdateStatusProvider and a threading.Event, which it sets once there are flags.
    """

    @abstractmethod
    def start(self) -> None:
        """Begin."""

    @abstractmethod
    def stop(self) -> None:
        """End."""

    @property
    @abstractmethod
    def initialized(self) -> bool:
        """Whether there were ever any flags."""


class EventProcessor(ABC):
    """What becomes of events. It is made of a Config and, for FeatBit, of a Sender."""

    @abstractmethod
    def send_event(self, event: Any) -> None:
        """Take an event. Called on the thread that evaluates."""

    @abstractmethod
    def flush(self) -> None:
        """Send soon what was taken."""

    @abstractmethod
    def stop(self) -> None:
        """Send what was taken, and end."""


class Sender(ABC):
    """Posts JSON."""

    @abstractmethod
    def postJson(self, url: str, json_str: str, fetch_response: bool = True) -> str | None:  # noqa: N802 - as the vendors
        """Post. Returns the answer's body if it is wanted."""

    @abstractmethod
    def stop(self) -> None:
        """Make no more requests."""
