"""The one client that a program shares: get() and set_config() of both vendors."""

from __future__ import annotations

import os
import threading
from typing import Generic, Protocol, TypeVar


class Stoppable(Protocol):
    """A client."""

    def stop(self) -> None:
        """Close it."""


C = TypeVar("C", bound=Stoppable)
S = TypeVar("S")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable


class Shared(Generic[C, S]):
    """A client that is made when it is first asked for."""

    def __init__(self, make: Callable[[S, float], C]) -> None:
        self._make = make
        self._settings: S | None = None
        self._client: C | None = None
        self._forked()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forked)

    def _forked(self) -> None:
        self._lock = threading.RLock()  # another thread of the parent may have held it

    def set_config(self, settings: S, start_wait: float) -> None:
        """Use other settings: at once, if there is a client, and otherwise for the one to come."""
        with self._lock:
            self._settings = settings
            if self._client is not None:
                before, self._client = self._client, None
                before.stop()
                self._client = self._make(settings, start_wait)

    def get(self, start_wait: float) -> C:
        """Return the client, and make it if there is none yet."""
        with self._lock:
            if self._client is None:
                if self._settings is None:
                    raise Exception("config is not initialized")
                self._client = self._make(self._settings, start_wait)
            return self._client
