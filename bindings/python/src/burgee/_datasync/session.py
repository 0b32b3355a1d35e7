"""A client of the engine that only sends events."""

from __future__ import annotations

import logging

from .. import _native
from .._events import start
from .._session import call, close_session, open_session
from ..errors import BurgeeError
from .interfaces import EventProcessor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

    from .config import SyncedConfig
    from .events import Event

_NOTHING = {"messageType": "data-sync", "data": {"eventType": "full", "featureFlags": [], "segments": []}}


class EventSession(_native.Session):
    """Sends events as the settings of a client say; an offline client sends none."""

    def __init__(self, vendor: str, config: SyncedConfig) -> None:
        self._vendor = vendor
        options = config._options(False, not config.is_offline)
        # That the host takes the events is no reason not to send those that it passes on.
        open_session(self, {"backend": vendor, "document": _NOTHING, **options})
        self._revived()

    def send(self, event: Event) -> None:
        """Queue an event."""
        for method, params in event._calls():
            self._ask(f"{self._vendor}.{method}", params)

    def flush(self) -> None:
        """Have all events sent soon. Does not wait."""
        self._ask("flush", {"timeout_ms": 0})

    def stop(self) -> None:
        """Send what is queued, and end."""
        close_session(self)

    def _ask(self, method: str, params: dict[str, Any]) -> None:
        try:
            call(self, method, params)
        except BurgeeError as problem:
            logging.getLogger(f"burgee.{self._vendor}").warning("%s: %s", method, problem)

    def _handle_event(self, event: dict[str, Any]) -> None:
        """Take no notice."""

    def _revived(self, _reply: bytes | None = None) -> None:
        """Wait for log messages; again, when the extension has opened this client anew in a forked child."""
        if self._where is not None:
            start(self, self._where)


class EngineEventProcessor(EventProcessor):
    """Leaves events to the engine. A client without an event processor of the host's does so by itself."""

    _vendor: ClassVar[str]

    def __init__(self, config: SyncedConfig, *_: object) -> None:
        self._session = EventSession(self._vendor, config)

    def send_event(self, event: Event) -> None:
        """Queue an event."""
        self._session.send(event)

    def flush(self) -> None:
        """Have all events sent soon. Does not wait."""
        self._session.flush()

    def stop(self) -> None:
        """Send what is queued, and end."""
        self._session.stop()
