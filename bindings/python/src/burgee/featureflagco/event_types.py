"""Events: what featureflag.co hears of users."""

from __future__ import annotations

from .._datasync.events import Counted, CountedEvents, FlagEvents, now
from .common_types import FFCEvent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._datasync.events import Calls
    from .common_types import EvalDetail

__all__ = ["FlagEvent", "FlagEventVariation", "Metric", "MetricEvent"]


class FlagEventVariation:
    """One evaluation, at the time of now."""

    def __init__(self, key_name: str, is_send_to_expt: bool, variation: EvalDetail) -> None:
        self.key_name = key_name
        self.is_send_to_expt = is_send_to_expt
        self.variation = variation
        self.timestamp = now()

    def to_json_dict(self) -> dict[str, Any]:
        """Return the evaluation as events have it."""
        detail = self.variation
        return {
            "featureFlagKeyName": self.key_name,
            "sendToExperiment": self.is_send_to_expt,
            "timestamp": self.timestamp,
            "variation": {"localId": detail.id, "variationValue": detail.variation, "reason": detail.reason},
        }

    def _exposure(self) -> dict[str, Any]:
        detail = self.variation
        return {
            "key": self.key_name,
            "variation": detail.id,
            "value": detail.variation,
            "reason": detail.reason,
            "in_experiment": self.is_send_to_expt,
            "timestamp": self.timestamp,
        }


class FlagEvent(FlagEvents, FFCEvent):
    """The user was served a flag, after those that it asks for, all in one event."""

    _element = FlagEventVariation
    _member = "userVariations"

    def _calls(self) -> Calls:
        if not self._elements:
            return []
        *asked, last = [element._exposure() for element in self._elements]
        for one in asked:
            del one["timestamp"]
        return [("expose", {"context": self._user._context(), **last, "prerequisites": asked})]


class Metric(Counted):
    """One value that is to be counted."""


class MetricEvent(CountedEvents, FFCEvent):
    """The user did something that is counted."""

    _element = Metric
    _member = "metrics"
