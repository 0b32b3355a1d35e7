"""featureflag.co's client, under featureflag.co's names."""

from __future__ import annotations

from .._datasync.client import SyncedClient
from .._datasync.status import StateType
from ._wire import WIRE
from .common_types import AllFlagStates, EvalDetail, FFCUser, FlagState
from .config import Config
from .evaluator import REASON_CLIENT_NOT_READY, REASON_USER_NOT_SPECIFIED
from .event_processor import DefaultEventProcessor, NullEventProcessor
from .event_types import FlagEvent, FlagEventVariation, Metric, MetricEvent
from .status import DataUpdateStatusProviderIml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .common_types import FFCEvent
    from .interfaces import EventProcessor

__all__ = ["FFCClient"]

# What is_enabled takes for yes and no, as the function of Python's former distutils.
_TRUTH = {
    **dict.fromkeys(("y", "yes", "t", "true", "on", "1"), 1),
    **dict.fromkeys(("n", "no", "f", "false", "off", "0"), 0),
}


class FFCClient(SyncedClient):
    """A client of featureflag.co, as ffcclient.client.FFCClient. One is enough for a program.

    Waits start_wait seconds for the first flags, and goes on without them after that; 0 or less: not at all. It is a
    context manager, may be used from any thread, and goes on in a forked child with the flags of its parent.

    Raises:
        ValueError: config is no Config, or holds what nothing can be done with; the text names it.
    """

    _vendor = "featureflagco"
    _wire = WIRE
    _detail_type = EvalDetail
    _ready_without_flags = False

    def __init__(self, config: Config, start_wait: float = 15) -> None:
        if not isinstance(config, Config):
            raise ValueError("Config is not valid")
        config.validate()
        self._open(config, DataUpdateStatusProviderIml, start_wait)

    if TYPE_CHECKING:

        def variation(self, key: str, user: dict[str, Any], default: Any = None) -> Any:
            """Return the flag's value for the user, or default when there is none."""

        @property
        def update_status_provider(self) -> DataUpdateStatusProviderIml:
            """How the client fares, and waiting for it."""

    @property
    def _update_status_provider(self) -> DataUpdateStatusProviderIml:
        """What the documentation of featureflag.co calls update_status_provider in one place."""
        return self.update_status_provider

    @property
    def initialize(self) -> bool:
        """Whether there are flags, and the client is connected or tries to be."""
        return self._ready and (self._provider._cell.type is not StateType.OFF or self.is_offline())

    def variation_detail(self, key: str, user: dict[str, Any], default: Any = None) -> FlagState:
        """Return the flag's value for the user, or default when there is none, and how it came about."""
        detail: EvalDetail = super().variation_detail(key, user, default)
        return detail.to_flag_state

    def _variation_detail_told(self, key: str, user: dict[str, Any], default: Any = None) -> FlagState:
        return _detail(self._evaluate_told(key, user, default)).to_flag_state

    def is_enabled(self, key: str, user: dict[str, Any]) -> bool:
        """Tell whether the flag's value is one of yes, true, on, 1 and the like: 1, or else 0 or False."""
        value = self._evaluate_told(key, user, "off")[2]
        return _TRUTH.get(str(value).lower(), False)  # type: ignore[return-value]

    def get_all_latest_flag_variations(self, user: dict[str, Any]) -> AllFlagStates:
        """Return the decisions about all flags. They count as evaluated when they are taken out of the result."""
        if not self._ready:
            return self._no_states(REASON_CLIENT_NOT_READY)
        try:
            event_user = FFCUser.from_dict(user)
        except ValueError as problem:
            self._log.warning("%s", problem)
            return self._no_states(REASON_USER_NOT_SPECIFIED)
        data: dict[EvalDetail, FFCEvent | None] = {}
        for key in self._keys():
            outcome = self._evaluate(key, user, None, False)
            if not outcome[0]:
                return self._no_states(outcome[1])
            detail = _detail(outcome)
            data[detail] = self._flag_event(event_user, outcome, detail)
        return AllFlagStates(True, "OK", data, self._send)

    def _no_states(self, reason: str) -> AllFlagStates:
        return AllFlagStates(False, reason, {EvalDetail.error(reason): None}, self._send)

    def track_metric(self, user: dict[str, Any], event_name: str, metric_value: float = 1.0) -> None:
        """Count something that a user did. Experiments count it after the user was served one of their flags.

        What is not above 0 does not count.
        """
        if event_name and metric_value <= 0:
            self._log.warning("the value of the metric %r must be above 0, not %r", event_name, metric_value)
        else:
            self._track(user, {event_name: metric_value})

    def track_metrics(self, user: dict[str, Any], metrics: Mapping[str, float]) -> None:
        """Count several things that a user did. What is not above 0 does not count; what is no number spoils it all."""
        if not isinstance(metrics, dict):
            self._log.warning("metrics must be a dict, not %r", metrics)
            return
        try:
            self._track(user, {name: value for name, value in metrics.items() if value > 0})
        except TypeError:
            self._log.exception("the values of metrics must be numbers")

    def _track(self, user: dict[str, Any], metrics: Mapping[str, float]) -> None:
        event_user = self._event_user(user)
        if event_user is not None:
            self._send_metrics(MetricEvent(event_user), Metric, metrics)

    def _make_user(self, user: dict[str, Any]) -> FFCUser:
        return FFCUser.from_dict(user)

    def _make_sink(self) -> EventProcessor | None:
        make = self._config.event_processor_imp
        if make in (None, DefaultEventProcessor, NullEventProcessor):
            return None
        sink: EventProcessor = make(self._config)
        return sink

    def _tell(self, user: Any, outcome: tuple[Any, ...]) -> None:
        self._sink.send_event(self._flag_event(FFCUser.from_dict(user), outcome, _detail(outcome)))

    def _flag_event(self, user: FFCUser, outcome: tuple[Any, ...], detail: EvalDetail) -> FlagEvent:
        """Make the event of an evaluation: first the flags that were evaluated on the way, then the flag itself."""
        event = FlagEvent(user)
        key = outcome[3]
        reply = self._ask("resolve", {"key": key, "context": user._context(), "exposure": False})
        for asked in () if reply is None else reply["metadata"].get("prerequisites", ()):
            served = EvalDetail(int(asked["variation"]), asked["reason"], asked["value"], asked["key"], "")
            event.add(FlagEventVariation(asked["key"], asked["in_experiment"], served))
        return event.add(FlagEventVariation(key, outcome[7], detail))


def _detail(outcome: tuple[Any, ...]) -> EvalDetail:
    success, reason, value, key, name, variation, *_ = outcome
    return EvalDetail(variation if success else -1, reason, value, key, name)
