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
    """Somebody has switched everything off on the vendor's platform; only fetching flags goes on."""
    READY = 100
    """It works."""
