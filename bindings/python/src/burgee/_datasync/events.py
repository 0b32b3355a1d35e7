"""Events: what a vendor hears of users."""

from __future__ import annotations

import time
from abc import abstractmethod

from .jsonable import Jsonable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, TypeVar

    # Calls of the engine: the method without the name of the backend, and its params.
    Calls = list[tuple[str, dict[str, Any]]]

    E = TypeVar("E", bound="Event")


def now() -> int:
    """Return the time in Unix milliseconds."""
    return round(time.time() * 1000)


class Event(Jsonable):
    """Something that the vendor is to hear of a user."""

    def __init__(self, user: Any) -> None:
        self._user = user

    @abstractmethod
    def add(self: E, *elements: Any) -> E:
        """Add what belongs to the event, and return the event."""

    @property
    @abstractmethod
    def is_send_event(self) -> bool:
        """Whether there is anything in it."""

    def _calls(self) -> Calls:
        """Return the calls by which the engine takes the event; an event of the host's own is none of its business."""
        return []


class ListEvent(Event):
    """An event that consists of elements."""

    _element: ClassVar[type]
    _member: ClassVar[str]  # which member of the payload they are

    def __init__(self, user: Any) -> None:
        super().__init__(user)
        self._elements: list[Any] = []

    def add(self: E, *elements: Any) -> E:
        """Add elements. What is no element of this kind of event is left out."""
        self._elements += [one for one in elements if isinstance(one, self._element)]  # type: ignore[attr-defined]
        return self

    @property
    def is_send_event(self) -> bool:
        """Whether any element was added."""
        return bool(self._elements)

    def to_json_dict(self) -> dict[str, Any]:
        """Return the event as it is posted."""
        return {"user": self._user.to_json_dict(), self._member: [one.to_json_dict() for one in self._elements]}


class FlagEvents(ListEvent):
    """The user was served variations of flags. An element has _exposure, which is how the engine takes it."""

    def _calls(self) -> Calls:
        context = self._user._context()
        return [("expose", {"context": context, **element._exposure()}) for element in self._elements]


class Counted:
    """One value that is to be counted.

    Attributes:
        event_name: what happened.
        value: how much counts for it.
        route: a word of the vendor's, as type and app_type.
    """

    route = "index/metric"
    type = "CustomEvent"
    app_type = "pythonserverside"

    def __init__(self, event_name: str, value: float) -> None:
        self.event_name = event_name
        self.value = value

    def to_json_dict(self) -> dict[str, Any]:
        """Return the value as events have it."""
        return {
            "eventName": self.event_name,
            "numericValue": self.value,
            "route": self.route,
            "type": self.type,
            "appType": self.app_type,
        }


class CountedEvents(ListEvent):
    """The user did something that is counted."""

    def _calls(self) -> Calls:
        metrics = {metric.event_name: metric.value for metric in self._elements}
        return [("track_metrics", {"context": self._user._context(), "metrics": metrics})]
