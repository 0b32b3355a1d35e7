"""How far the SDK has come."""

from __future__ import annotations

from enum import Enum

__all__ = ["Status"]


class Status(Enum):
    """How far the SDK has come."""

    NOT_INITIALIZED = 0
    """It was not started, or it was stopped."""
    STARTING = 10
    """It is starting."""
    POLLING = 20
    """It waits for its first environment file."""
    PANIC = 30
    """Everything is switched off on the platform, apart from fetching flags."""
    READY = 100
    """It works."""
