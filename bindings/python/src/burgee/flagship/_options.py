"""Options of Burgee's own, which DecisionApi and Bucketing take besides those of the vendor."""

from __future__ import annotations

from .errors import InitializationParamError
from .log_manager import LogLevel

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from typing import Any, TypedDict

    from .cache_manager import CacheManager
    from .log_manager import LogManager
    from .status_listener import StatusListener
    from .tracking_manager import CacheStrategy, ClosingStrategy, TrackingManagerConfig

    class VendorOptions(TypedDict, total=False):
        """Keyword arguments of DecisionApi and Bucketing that the vendor's SDK has."""

        timeout: float
        polling_interval: float
        log_level: LogLevel
        log_manager: LogManager | None
        status_listener: StatusListener | None
        tracking_manager_config: TrackingManagerConfig | type[TrackingManagerConfig] | None
        cache_manager: CacheManager | None
        env_id: str
        api_key: str
        max_pool_size: int
        time_interval: int
        cache_strategy: CacheStrategy
        closing_strategy: ClosingStrategy

    class Options(VendorOptions, total=False):
        """Those of Burgee's own. All are optional; times are in milliseconds.

        Attributes:
            decision_url: where decisions are asked for and exposures reported, with the path /v2 of the vendor's.
            cdn_url: where the environment file is.
            events_url: where hits are posted.
            strict_types: True, the default: a value counts only when its type is that of the caller's default, as in
                the vendor's SDK. False: the default None takes every value, and int and float are the same.
            minimum_log_level: messages of this level and above pass, instead of what log_level says.
            targeting: whose rules count: "python", the default, for the vendor's Python SDK, "javascript" for its
                JavaScript SDK, "decision_api" for its server.
            initial_bucketing: an environment file, as a dict or as JSON text, until the first one was fetched.
            start_wait: how long Flagship.start() waits for the first environment file; unless it is given: as long as
                timeout says, 15000 at most.
            close_wait: how long Flagship.stop() waits for hits to be sent; 5000 unless it is given, with a spool 1000.
            hit_deduplication_time: the same hit or exposure of a visitor is not sent twice within it; 0, the default:
                it is.
            fetch_flags_buffering_time: a fetch that comes so soon after a good one does nothing; 0, the default: it
                does.
            disable_events: no hits and exposures are sent.
            spool_path: a folder in which hits survive the process.
            spool_max_bytes: how large it may grow; 67108864 unless it is given.
            cache_path: a file that keeps the environment file for the next start.
            qa_mode: hits say that somebody is testing.
            tls_config: how servers are checked, as for burgee.open.
            proxy: through which servers are reached, as for burgee.open.
            max_body_bytes: how large an answer may be; 67108864 unless it is given.
            engine_log_level: debug, info, warn or error: what the engine logs at all; warn unless it is given.
        """

        decision_url: str
        cdn_url: str
        events_url: str
        strict_types: bool
        minimum_log_level: LogLevel
        targeting: str
        initial_bucketing: Mapping[str, Any] | str
        start_wait: float
        close_wait: float
        hit_deduplication_time: float
        fetch_flags_buffering_time: float
        disable_events: bool
        spool_path: str | os.PathLike[str]
        spool_max_bytes: int
        cache_path: str | os.PathLike[str]
        qa_mode: bool
        tls_config: Mapping[str, Any]
        proxy: Any
        max_body_bytes: int
        engine_log_level: str


# What the engine knows under the same name.
_SAME = (
    "decision_url",
    "cdn_url",
    "events_url",
    "targeting",
    "initial_bucketing",
    "disable_events",
    "spool_path",
    "spool_max_bytes",
    "cache_path",
    "qa_mode",
    "tls_config",
    "proxy",
    "max_body_bytes",
)
_MILLISECONDS = {"start_wait": "start_wait_ms", "close_wait": "close_wait_ms"}
_SECONDS = ("hit_deduplication_time", "fetch_flags_buffering_time")
_LONGEST = 31_622_400_000  # milliseconds, as in the engine
_OURS = ("strict_types", "minimum_log_level")


def check_own(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the options that are given, and the names of arguments that are none."""
    known = (*_SAME, *_MILLISECONDS, *_SECONDS, *_OURS, "engine_log_level")
    own = {name: value for name, value in given.items() if name in known and value is not None}
    return own, [name for name in given if name not in known]


def engine_options(own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options as the engine has them.

    Raises:
        InitializationParamError: one that is not for the engine, or that has to be converted for it, makes no sense.
    """
    _check("minimum_log_level", own, LogLevel)
    _check("strict_types", own, bool)
    options = {name: own[name] for name in _SAME if name in own}
    for name, called in _MILLISECONDS.items():
        if name in own:
            options[called] = int(milliseconds(name, own[name]))
    for name in _SECONDS:
        if name in own:
            options[name] = milliseconds(name, own[name]) / 1000
    if "engine_log_level" in own:
        options["log_level"] = own["engine_log_level"]
    return options


def milliseconds(name: str, value: Any, least: float = 0) -> float:
    """Return an amount of time that is a number. Raises InitializationParamError."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= _LONGEST:
        return value
    raise InitializationParamError(f"{name} is {value!r}, want milliseconds, at most {_LONGEST}")


def _check(name: str, own: Mapping[str, Any], kind: type) -> None:
    if name in own and not isinstance(own[name], kind):
        raise InitializationParamError(f"{name} is {own[name]!r}, want a {kind.__name__}")
