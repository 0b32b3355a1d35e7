"""The states of a client."""

from __future__ import annotations

from typing import NamedTuple

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
    "ErrorInfo",
    "State",
    "StateType",
]


class ErrorInfo(NamedTuple):
    """What went wrong: one of the texts above, and a text for people."""

    error_type: str
    message: str


class State(NamedTuple):
    """A state, since when the client has been in it, in seconds since 1970, and the last error in it."""

    state_type: StateType
    state_since: float
    error_info: ErrorInfo | None = None
