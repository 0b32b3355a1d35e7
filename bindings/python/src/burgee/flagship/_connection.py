"""The clients of the engine that the SDK opens."""

from __future__ import annotations

from .. import _native
from .._events import start as listen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Owner(Protocol):
        """Whom clients belong to."""

        def handle(self, event: dict[str, Any]) -> None: ...
        def handle_log(self, level: int, message: str) -> None: ...


class Connection(_native.Session):
    """A client of the engine, whose events go to its owner."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    def _handle_event(self, event: dict[str, Any]) -> None:
        self._owner.handle(event)

    def _handle_log(self, _logger: str, level: int, message: str) -> None:
        self._owner.handle_log(level, message)

    def _revived(self, _reply: bytes | None = None) -> None:
        """Wait for events; again, when the extension has opened this client anew in a forked child."""
        if self._where is not None:
            listen(self, self._where)
