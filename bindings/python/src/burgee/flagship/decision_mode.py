"""Who decides."""

from __future__ import annotations

from enum import Enum

__all__ = ["DecisionMode"]


class DecisionMode(Enum):
    """Who decides which flags a visitor gets."""

    DECISION_API = "API"
    """The vendor's server, which is asked whenever flags are fetched."""
    BUCKETING = "BUCKETING"
    """This process, by the environment file that it polls."""
