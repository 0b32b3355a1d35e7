"""The state of a client as its vendor's SDK tells it, and waiting for it."""

from __future__ import annotations

import threading
import time
from enum import Enum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

    Failure = Optional[tuple[str, str]]

DATA_STORAGE_INIT_ERROR = "Data Storage init error"
DATA_STORAGE_UPDATE_ERROR = "Data Storage update error"
REQUEST_INVALID_ERROR = "Request invalid"
DATA_INVALID_ERROR = "Received Data invalid"
NETWORK_ERROR = "Network error"
RUNTIME_ERROR = "Runtime error"
WEBSOCKET_ERROR = "WebSocket error"
UNKNOWN_ERROR = "Unknown error"
UNKNOWN_CLOSE_CODE = "Unknown close code"
SYSTEM_ERROR = "System error"
SYSTEM_QUIT = "System quit"


class StateType(Enum):
    """What the flags of a client are worth."""

    INITIALIZING = 1  # no flags so far
    OK = 2  # connected
    INTERRUPTED = 3  # not connected; the flags may be out of date, and the client tries to connect
    OFF = 4  # not connected, and the client will not try again


# The engine's states. Those without flags are all INITIALIZING: an interruption before the first OK counts as that.
_OF_ENGINE = {
    "NOT_READY": StateType.INTERRUPTED,
    "ERROR": StateType.INTERRUPTED,
    "STALE": StateType.INTERRUPTED,
    "READY": StateType.OK,
    "FATAL": StateType.OFF,
    "CLOSED": StateType.OFF,
}


class StateCell:
    """The current state. ``failure`` is the type and the text of the last error, ``since`` seconds since 1970."""

    def __init__(self) -> None:
        self.type = StateType.INITIALIZING
        self.since = time.time()
        self.failure: Failure = None
        self._changed = threading.Condition()

    def update(self, new: StateType, failure: Failure = None, since: float | None = None) -> None:
        """Go into a state, by the SDKs' rules: without an error, the same state again changes nothing."""
        with self._changed:
            if new is StateType.INTERRUPTED and self.type is StateType.INITIALIZING:
                new = StateType.INITIALIZING
            if new is self.type and failure is None:
                return
            if new is not self.type:
                self.since = time.time() if since is None else since
            self.type, self.failure = new, failure
            self._changed.notify_all()

    def read(self) -> tuple[StateType, float, Failure]:
        """Return type, since and failure, as they belong together."""
        with self._changed:
            return self.type, self.since, self.failure

    def update_from_engine(self, status: dict[str, Any]) -> StateType:
        """Go into the state that stands for a status of the engine, and return it."""
        state = _OF_ENGINE.get(status["state"], StateType.INTERRUPTED)
        failure = None
        if state is not StateType.OK and status["error"] is not None:
            failure = (status.get("errorKind") or UNKNOWN_ERROR, status["error"])
        self.update(state, failure)
        return state

    def wait_until_ok(self, timeout: float | None) -> bool:
        """Wait for OK or OFF, timeout seconds at most; without limit for None, 0 and less. Returns whether it is OK."""
        limit = timeout if timeout is not None and timeout > 0 else None
        with self._changed:
            self._changed.wait_for(lambda: self.type in (StateType.OK, StateType.OFF), limit)
            return self.type is StateType.OK

    def forked(self) -> None:
        """Forget who waited in the parent process."""
        self._changed = threading.Condition()
