"""Settings of Burgee's own, which both vendors' Config takes besides those of its vendor."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from typing import Any, TypedDict

    class Extras(TypedDict, total=False):
        """Keyword arguments of Config; all are optional.

        Attributes:
            disable_events: send nothing.
            spool_path: a folder in which events survive the process.
            spool_max_bytes: how large it may grow.
            close_wait_ms: how long stop() waits for events to be sent.
            cache_path: a file that keeps the last good flags for the next start.
            bootstrap: a data-sync message, as a dict: the flags until the server has answered.
            data_sync_mode: "streaming" or "polling".
            polling_url: where flags are polled, unless that is event_url.
            polling_interval: in seconds.
            ping_interval: seconds between the pings of the websocket.
            log_level: debug, info, warn or error: what the engine logs at all.
            max_body_bytes: how large a message may be.
            user_agent: what requests call this client.
        """

        disable_events: bool
        spool_path: str | os.PathLike[str]
        spool_max_bytes: int
        close_wait_ms: int
        cache_path: str | os.PathLike[str]
        bootstrap: Mapping[str, Any]
        data_sync_mode: str
        polling_url: str
        polling_interval: float
        ping_interval: float
        log_level: str
        max_body_bytes: int
        user_agent: str


_NAMES = (
    "disable_events",
    "spool_path",
    "spool_max_bytes",
    "close_wait_ms",
    "cache_path",
    "bootstrap",
    "data_sync_mode",
    "polling_url",
    "polling_interval",
    "ping_interval",
    "log_level",
    "max_body_bytes",
    "user_agent",
)
_OF_EVENTS = ("disable_events", "spool_path", "spool_max_bytes", "close_wait_ms", "user_agent")
_OF_ALL = ("log_level",)


def check_extras(extras: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that are given. Raises TypeError for others."""
    for name in extras:
        if name not in _NAMES:
            raise TypeError(f"Config() got an unexpected keyword argument {name!r}")
    return {name: value for name, value in extras.items() if value is not None}


def extras_for(extras: Mapping[str, Any], streams: bool, fed: bool) -> dict[str, Any]:
    """Return the settings that a client has use for: all, those of events, or those of any client."""
    names = _NAMES if streams else (*_OF_EVENTS, *_OF_ALL) if fed else _OF_ALL
    return {name: value for name, value in extras.items() if name in names}
