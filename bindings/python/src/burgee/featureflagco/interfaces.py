"""The parts of a client that a program may replace by its own."""

from __future__ import annotations

from abc import abstractmethod

from .._datasync.interfaces import EventProcessor, Reporting, Sender, Storing, UpdateProcessor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Callable, Optional

    from .category import Category
    from .status_types import ErrorInfo, StateType

    Item = dict[str, Any]
    ItemChange = Callable[[Optional[Item]], Optional[Item]]
    ItemsChange = Callable[[Mapping[str, Item]], Mapping[str, Item]]

__all__ = ["DataStorage", "DataUpdateStatusProvider", "EventProcessor", "Sender", "UpdateProcessor", "unchanged"]


def unchanged(value: Any) -> Any:
    """Return the value."""
    return value


class DataStorage(Storing):
    """Keeps flags and segments."""

    __doc__ = Storing.__doc__

    @abstractmethod
    def get(self, kind: Category, key: str, op: ItemChange = unchanged) -> Item | None:
        """Return what op makes of an item that is there and not archived; of None for another one."""

    @abstractmethod
    def get_all(self, kind: Category, op: ItemsChange = unchanged) -> Mapping[str, Item]:
        """Return what op makes of the items of a kind that are not archived."""


class DataUpdateStatusProvider(Reporting):
    """What an update processor reports to."""

    @property
    @abstractmethod
    def current_state(self) -> StateType:
        """The state of the client."""

    @abstractmethod
    def update_state(self, new_state: StateType, error: ErrorInfo | None = None) -> None:
        """Go into another state."""
