"""Being told how far the SDK has come."""

from __future__ import annotations

from .status import Status

__all__ = ["StatusListener"]


class StatusListener:
    """Is told how far the SDK has come. Extend it, and pass an instance to DecisionApi or Bucketing."""

    def on_status_changed(self, new_status: Status) -> None:
        """Take notice of another status.

        Called on a thread of the SDK's own, one call after the other. What it raises goes to the log manager.
        """
