"""The parts of a client that a program may replace by its own."""

from __future__ import annotations

from abc import ABC, abstractmethod

from .._datasync.interfaces import EventProcessor, Reporting, Sender, Storing, UpdateProcessor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .category import Category
    from .status_types import State

__all__ = ["DataStorage", "DataUpdateStatusProvider", "EventProcessor", "Notice", "Sender", "UpdateProcessor"]


class DataStorage(Storing):
    """Keeps flags and segments."""

    __doc__ = Storing.__doc__

    @abstractmethod
    def get(self, kind: Category, key: str) -> dict[str, Any] | None:
        """Return an item that is there and not archived."""

    @abstractmethod
    def get_all(self, kind: Category) -> Mapping[str, dict[str, Any]]:
        """Return the items of a kind that are not archived."""

    @abstractmethod
    def stop(self) -> None:
        """Let go of what the storage needs."""


class DataUpdateStatusProvider(Reporting):
    """What an update processor reports to."""

    @property
    @abstractmethod
    def current_state(self) -> State:
        """The state of the client."""

    @abstractmethod
    def update_state(self, new_state: State) -> None:
        """Go into another state."""


class Notice(ABC):
    """Something that listeners are told."""

    @property
    @abstractmethod
    def notice_type(self) -> str:
        """What kind of notice it is."""
