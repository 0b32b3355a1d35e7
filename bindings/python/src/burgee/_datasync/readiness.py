"""Whether evaluation has something to go by."""

from __future__ import annotations

import threading
import weakref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .client import SyncedClient


class Readiness(threading.Event):
    """Set once: when there are flags, or when it is known that there will be none."""

    def __init__(self, client: SyncedClient) -> None:
        super().__init__()
        self._client = weakref.ref(client)

    def set(self) -> None:
        """Let evaluation ask the engine."""
        client = self._client()
        if client is not None:
            client._ready = True
        super().set()

    def give_up(self, ready: bool) -> None:
        """Let nobody wait any longer, and evaluation ask the engine if the vendor's client would."""
        if ready:
            self.set()
        else:
            super().set()

    def forked(self) -> None:
        """Forget who waited in the parent process."""
        getattr(self, "_at_fork_reinit", lambda: None)()
