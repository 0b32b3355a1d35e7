"""The update processor that comes with the package."""

from __future__ import annotations

from .interfaces import UpdateProcessor
from .status_types import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from threading import Event

    from .config import Config
    from .interfaces import DataUpdateStatusProvider

__all__ = ["NullUpdateProcessor"]


class NullUpdateProcessor(UpdateProcessor):
    """Brings no flags, and says that all is well: the flags are those of the storage."""

    def __init__(self, config: Config, dataUpdateStatusProvider: DataUpdateStatusProvider, ready: Event) -> None:  # noqa: ARG002, N803
        self._provider = dataUpdateStatusProvider
        self._ready = ready

    def start(self) -> None:
        """Make the client ready."""
        self._ready.set()
        self._provider.update_state(State.ok_state())

    def stop(self) -> None:
        """Do nothing."""

    @property
    def initialized(self) -> bool:
        """Whether start was called."""
        return self._ready.is_set()
