"""The states of a client."""

from __future__ import annotations

import time

from .._datasync.status import (
    DATA_INVALID_ERROR,
    DATA_STORAGE_INIT_ERROR,
    DATA_STORAGE_UPDATE_ERROR,
    NETWORK_ERROR,
    REQUEST_INVALID_ERROR,
    RUNTIME_ERROR,
    SYSTEM_ERROR,
    SYSTEM_QUIT,
    UNKNOWN_CLOSE_CODE,
    UNKNOWN_ERROR,
    WEBSOCKET_ERROR,
    StateType,
)

__all__ = [
    "DATA_INVALID_ERROR",
    "DATA_STORAGE_INIT_ERROR",
    "DATA_STORAGE_UPDATE_ERROR",
    "NETWORK_ERROR",
    "REQUEST_INVALID_ERROR",
    "RUNTIME_ERROR",
    "SYSTEM_ERROR",
    "SYSTEM_QUIT",
    "UNKNOWN_CLOSE_CODE",
    "UNKNOWN_ERROR",
    "WEBSOCKET_ERROR",
    "ErrorTrack",
    "State",
    "StateType",
]


class ErrorTrack:
    """What went wrong.

    Attributes:
        error_type: one of the texts above.
        message: for people.
    """

    def __init__(self, error_type: str, message: str) -> None:
        self._error_type = error_type
        self._message = message

    @property
    def error_type(self) -> str:
        """The kind of error."""
        return self._error_type

    @property
    def message(self) -> str:
        """What went wrong, for people."""
        return self._message

    def __repr__(self) -> str:
        return f"ErrorTrack({self._error_type!r}, {self._message!r})"


class State:
    """A state, and since when the client has been in it, in seconds since 1970."""

    def __init__(self, state_type: StateType, state_since: float, error_track: ErrorTrack | None = None) -> None:
        self._state_type = state_type
        self._state_since = state_since
        self._error_track = error_track

    @property
    def state_type(self) -> StateType:
        """INITIALIZING, OK, INTERRUPTED or OFF."""
        return self._state_type

    @property
    def state_since(self) -> float:
        """When the client came into this state, in seconds since 1970."""
        return self._state_since

    @property
    def error_track(self) -> ErrorTrack | None:
        """The last error in this state; None when there was none."""
        return self._error_track

    @staticmethod
    def intializing_state() -> State:
        """Return the first state. The name is spelt as in FeatBit's SDK."""
        return State(StateType.INITIALIZING, time.time())

    @staticmethod
    def ok_state() -> State:
        """Return the state of a client that is connected."""
        return State(StateType.OK, time.time())

    @staticmethod
    def interrupted_state(error_type: str, message: str) -> State:
        """Return the state of a client that has lost its connection."""
        return State(StateType.INTERRUPTED, time.time(), ErrorTrack(error_type, message))

    @staticmethod
    def normal_off_state() -> State:
        """Return the state of a client that was stopped."""
        return State(StateType.OFF, time.time())

    @staticmethod
    def error_off_state(error_type: str, message: str) -> State:
        """Return the state of a client that has given up."""
        return State(StateType.OFF, time.time(), ErrorTrack(error_type, message))

    def __repr__(self) -> str:
        return f"State({self._state_type.name}, {self._state_since!r}, {self._error_track!r})"
