"""FeatBit's client, under FeatBit's names."""

from __future__ import annotations

import json

from .._datasync.broadcaster import Broadcaster
from .._datasync.client import SyncedClient
from ._sender import DefaultSender
from ._wire import WIRE, check_message
from .common_types import AllFlagStates, EvalDetail, FBUser
from .config import Config
from .evaluator import REASON_CLIENT_NOT_READY, REASON_USER_NOT_SPECIFIED
from .event_processor import DefaultEventProcessor, NullEventProcessor
from .event_types import FlagEvent, FlagEventVariation, Metric, MetricEvent, Served, UserEvent
from .flag_change_notification import FlagChangedNotice, FlagTracker
from .status import DataUpdateStatusProviderImpl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .common_types import FBEvent
    from .interfaces import EventProcessor

__all__ = ["FBClient"]


class FBClient(SyncedClient):
    """A client of FeatBit, as fbclient.client.FBClient. One is enough for a program.

    Waits start_wait seconds for the first flags, and goes on without them after that; 0 or less: not at all. It is a
    context manager, may be used from any thread, and goes on in a forked child with the flags of its parent.

    Raises:
        ValueError: config is no Config, or holds what nothing can be done with; the text names it.
    """

    _vendor = "featbit"
    _wire = WIRE
    _detail_type = EvalDetail

    def __init__(self, config: Config, start_wait: float = 15.0) -> None:
        if not isinstance(config, Config):
            raise ValueError("Config is not valid")
        if not config.is_offline:
            config.validate()
        self._broadcaster = Broadcaster("burgee.featbit")
        self._open(config, DataUpdateStatusProviderImpl, start_wait)

    if TYPE_CHECKING:

        def variation(self, key: str, user: dict[str, Any], default: Any = None) -> Any:
            """Return the flag's value for the user, or default when there is none."""

        def variation_detail(self, key: str, user: dict[str, Any], default: Any = None) -> EvalDetail:
            """Return the flag's value for the user, or default when there is none, and how it came about."""

        @property
        def update_status_provider(self) -> DataUpdateStatusProviderImpl:
            """How the client fares, and waiting for it."""

    @property
    def initialize(self) -> bool:
        """Whether there are flags, or it is known that there will be none; update_status_provider knows which."""
        return self._readiness.is_set()

    @property
    def flag_tracker(self) -> FlagTracker:
        """Registers listeners that are told of changed flags."""
        return FlagTracker(self._broadcaster, self.variation, self._version)

    def _variation_detail_told(self, key: str, user: dict[str, Any], default: Any = None) -> EvalDetail:
        _, reason, value, key_name, name, *_ = self._evaluate_told(key, user, default)
        return EvalDetail(reason, value, key_name, name)

    def get_all_latest_flag_variations(self, user: dict[str, Any]) -> AllFlagStates:
        """Return the decisions about all flags. They count as evaluated when they are taken out of the result."""
        if not self._ready:
            return AllFlagStates(False, REASON_CLIENT_NOT_READY, {}, self._send)
        try:
            event_user = FBUser.from_dict(user)
        except ValueError as problem:
            self._log.warning("%s", problem)
            return AllFlagStates(False, REASON_USER_NOT_SPECIFIED, {}, self._send)
        data: dict[EvalDetail, FBEvent] = {}
        for key in self._keys():
            outcome = self._evaluate(key, user, None, False)
            if not outcome[0]:
                return AllFlagStates(False, outcome[1], data, self._send)
            data[EvalDetail(outcome[1], outcome[2], key, outcome[4])] = _flag_event(event_user, outcome)
        return AllFlagStates(True, "OK", data, self._send)

    def identify(self, user: dict[str, Any]) -> None:
        """Tell FeatBit that there is this user."""
        event_user = self._event_user(user)
        if event_user is not None:
            self._send(UserEvent(event_user))

    def track_metric(self, user: dict[str, Any], event_name: str, metric_value: float = 1.0) -> None:
        """Count something that a user did. Experiments count it after the user was served one of their flags."""
        self._track(user, {event_name: metric_value})

    def track_metrics(self, user: dict[str, Any], metrics: Mapping[str, float]) -> None:
        """Count several things that a user did."""
        if isinstance(metrics, dict):
            self._track(user, metrics)
        else:
            self._log.warning("metrics must be a dict, not %r", metrics)

    def initialize_from_external_json(self, json_str: str) -> bool:
        """Use the flags of a text, as FeatBit's server answers it at latest-all. Returns whether they are used.

        Only offline: otherwise it is False. The text replaces all flags that there were.

        Raises:
            json.JSONDecodeError: it is no JSON.
            KeyError: a flag or a segment lacks something that it must have.
        """
        if not self.is_offline():
            return False
        message = json.loads(json_str)
        if not check_message(message):
            return False
        self._update_engine(message)
        own = self._config._own_storage
        if own is not None:
            items = WIRE.items(message)
            own.init(items, WIRE.newest(items))
        return True

    def stop(self) -> None:
        """Close the client, once its events have been sent. Evaluation goes on with the flags that it has."""
        super().stop()
        self._broadcaster.stop()

    def _track(self, user: dict[str, Any], metrics: Mapping[str, float]) -> None:
        event_user = self._event_user(user)
        if event_user is not None:
            self._send_metrics(MetricEvent(event_user), Metric, metrics)

    def _make_user(self, user: dict[str, Any]) -> FBUser:
        return FBUser.from_dict(user)

    def _make_sink(self) -> EventProcessor | None:
        make = self._config.event_processor_imp
        if make in (None, DefaultEventProcessor, NullEventProcessor):
            return None
        sink: EventProcessor = make(self._config, DefaultSender(self._config))
        return sink

    def _tell(self, user: Any, outcome: tuple[Any, ...]) -> None:
        self._sink.send_event(_flag_event(FBUser.from_dict(user), outcome))

    def _announce(self, flags: list[str], version: int) -> None:
        self._broadcaster.broadcast([FlagChangedNotice(key) for key in flags], version)

    def _forked(self) -> None:
        super()._forked()
        self._broadcaster.forked()


def _flag_event(user: FBUser, outcome: tuple[Any, ...]) -> FlagEvent:
    _, reason, _, key, _, variation, value, in_experiment = outcome
    return FlagEvent(user).add(FlagEventVariation(Served(variation, value, reason, in_experiment, key)))
