"""The event processors that come with the package."""

from __future__ import annotations

from .._datasync.parts import NullEventProcessor
from .._datasync.session import EngineEventProcessor

__all__ = ["DefaultEventProcessor", "NullEventProcessor"]


class DefaultEventProcessor(EngineEventProcessor):
    """Leaves events to the engine, for event processors of the host's that pass them on."""

    _vendor = "featbit"
