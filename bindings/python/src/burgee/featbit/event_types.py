"""Events: what FeatBit hears of users."""

from __future__ import annotations

from .._datasync.events import Counted, CountedEvents, FlagEvents, now
from .common_types import FBEvent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._datasync.events import Calls

__all__ = ["FlagEvent", "FlagEventVariation", "Metric", "MetricEvent", "Served", "UserEvent"]


class Served:
    """What a user was served, as the vendor's data has it.

    Attributes:
        id: of the variation.
        value: of the variation, a text in all but odd data.
        reason: how the decision came about.
        is_send_to_expt: whether it counts for an experiment.
        key_name: the flag's key.
    """

    def __init__(self, id: str, value: Any, reason: str, is_send_to_expt: bool, key_name: str) -> None:  # noqa: A002
        self.id = id
        self.value = value
        self.reason = reason
        self.is_send_to_expt = is_send_to_expt
        self.key_name = key_name


class FlagEventVariation:
    """One evaluation, at the time of now."""

    def __init__(self, variation: Served) -> None:
        self.variation = variation
        self.timestamp = now()

    def to_json_dict(self) -> dict[str, Any]:
        """Return the evaluation as events have it."""
        served = self.variation
        return {
            "featureFlagKey": served.key_name,
            "sendToExperiment": served.is_send_to_expt,
            "timestamp": self.timestamp,
            "variation": {"id": served.id, "value": served.value, "reason": served.reason},
        }

    def _exposure(self) -> dict[str, Any]:
        served = self.variation
        return {
            "key": served.key_name,
            "variation": served.id,
            "value": served.value,
            "reason": served.reason,
            "in_experiment": served.is_send_to_expt,
            "timestamp": self.timestamp,
        }


class FlagEvent(FlagEvents, FBEvent):
    """The user was served variations of flags."""

    _element = FlagEventVariation
    _member = "variations"


class Metric(Counted):
    """One value that is to be counted, at the time of now."""

    def __init__(self, event_name: str, value: float) -> None:
        super().__init__(event_name, value)
        self.timestamp = now()

    def to_json_dict(self) -> dict[str, Any]:
        """Return the value as events have it."""
        return {**super().to_json_dict(), "timestamp": self.timestamp}


class MetricEvent(CountedEvents, FBEvent):
    """The user did something that is counted."""

    _element = Metric
    _member = "metrics"


class UserEvent(FBEvent):
    """There is this user."""

    def add(self, *elements: Any) -> UserEvent:  # noqa: ARG002 - there is nothing to add
        """Return the event."""
        return self

    @property
    def is_send_event(self) -> bool:
        """True."""
        return True

    def to_json_dict(self) -> dict[str, Any]:
        """Return the event as it is posted."""
        return {"user": self._user.to_json_dict()}

    def _calls(self) -> Calls:
        return [("identify", {"context": self._user._context()})]
