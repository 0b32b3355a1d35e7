"""What the SDK is started with."""

from __future__ import annotations

from .cache_manager import CacheManager, HitCacheImplementation, VisitorCacheImplementation
from .decision_mode import DecisionMode
from .log_manager import FlagshipLogManager, LogLevel, LogManager
from .status_listener import StatusListener
from .tracking_manager import TrackingManagerConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

    from typing_extensions import Unpack

    from ._options import Options

__all__ = ["Bucketing", "DecisionApi"]


class _FlagshipConfig:
    """What DecisionApi and Bucketing have in common.

    Times are in milliseconds. A value of the wrong type is replaced by its default, as in the vendor's SDK, and so is
    what is 0 or empty. Burgee's own options, such as decision_url and spool_path, are described in
    burgee.flagship._options.Options; what cannot be done with one of them is an InitializationParamError of
    Flagship.start().

    Attributes:
        env_id: of the environment, once the SDK was started with this.
        api_key: of the environment, once the SDK was started with this.
        decision_mode: who decides.
        timeout: of a request; default 2000.
        polling_interval: between two requests for the environment file, 100 at least; negative: there is only one.
            Default 60000.
        log_level: which messages there are, as LogLevel says; default ALL.
        log_manager: takes them.
        status_listener: is told how far the SDK has come; None: nobody is.
        tracking_manager_config: how hits are sent.
        cache_manager: remembers visitors and hits; None: nobody does.
    """

    _mode: ClassVar[DecisionMode]

    def __init__(self, **kwargs: Unpack[Options]) -> None:
        from ._options import check_own

        given: dict[str, Any] = dict(kwargs)
        self.decision_mode = self._mode
        self.env_id = _taken(given, "env_id", str, "")
        self.api_key = _taken(given, "api_key", str, "")
        self.timeout: float = _taken(given, "timeout", (int, float), 2000)
        self.polling_interval: float = _taken(given, "polling_interval", (int, float), 60000)
        self.log_level: LogLevel = _taken(given, "log_level", LogLevel, LogLevel.ALL)
        manager = _taken(given, "log_manager", LogManager, None)
        self.log_manager: LogManager = FlagshipLogManager(self.log_level) if manager is None else manager
        self.status_listener: StatusListener | None = _taken(given, "status_listener", StatusListener, None)
        self.cache_manager: CacheManager | None = _taken(given, "cache_manager", CacheManager, None)
        tracking = _taken(given, "tracking_manager_config", TrackingManagerConfig, None)
        # An example of the vendor's documentation passes the class, and what it would be made with beside it.
        loose = {name: given.pop(name) for name in _TRACKING if name in given}
        self.tracking_manager_config: TrackingManagerConfig = (
            TrackingManagerConfig(**loose) if tracking is None else tracking
        )
        self._own, self._unknown = check_own(given)

    def __str__(self) -> str:
        settings = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        settings["api_key"] = "..." if self.api_key else ""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in settings.items())})"

    def _engine_options(self) -> dict[str, Any]:
        """Return the options of the engine, but those that say where it is."""
        from ._options import _LONGEST, engine_options, milliseconds

        cache = self.cache_manager
        timeout = milliseconds("timeout", self.timeout)
        options = {
            "decision_mode": "bucketing" if self.decision_mode is DecisionMode.BUCKETING else "decision_api",
            "targeting": "python",
            "fetch_timeout": timeout / 1000,
            "request_timeout": timeout / 1000,
            "tracking": self.tracking_manager_config._options(),
            "visitor_cache": isinstance(cache, VisitorCacheImplementation),
            "hit_cache": isinstance(cache, HitCacheImplementation),
            "start_wait_ms": int(min(timeout, 15000)),
        }
        if cache is not None:
            options["cache_timeout"] = cache.timeout / 1000
        if self.decision_mode is DecisionMode.BUCKETING:
            interval = milliseconds("polling_interval", self.polling_interval, -_LONGEST)
            options["polling_interval"] = max(interval, _SHORTEST) / 1000 if interval > 0 else 0
        options.update(engine_options(self._own))
        return options


_SHORTEST = 100  # milliseconds between two requests
_TRACKING = ("max_pool_size", "time_interval", "cache_strategy", "closing_strategy")


def _taken(given: dict[str, Any], name: str, kind: Any, default: Any) -> Any:
    """Take an argument out of those that were given."""
    value = given.pop(name, None)
    return value if value and isinstance(value, kind) and not isinstance(value, bool) else default


class DecisionApi(_FlagshipConfig):
    """Has the vendor's server decide, which is asked whenever flags are fetched.

    Arguments and attributes are those of the base class.
    """

    _mode = DecisionMode.DECISION_API


class Bucketing(_FlagshipConfig):
    """Decides in this process, by an environment file that is polled.

    Flagship.start() waits for the first file, as long as timeout says, but 15 seconds at most; with start_wait=0 not at
    all. Arguments and attributes are those of the base class.
    """

    _mode = DecisionMode.BUCKETING
