"""How a client fares."""

from __future__ import annotations

from .._datasync.provider import StatusProvider
from .interfaces import DataUpdateStatusProvider
from .status_types import ErrorInfo, State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .status_types import StateType

__all__ = ["DataUpdateStatusProviderIml"]


class DataUpdateStatusProviderIml(StatusProvider, DataUpdateStatusProvider):
    """How a client fares, and waiting for it. The name is spelt as in featureflag.co's SDK."""

    @property
    def current_state(self) -> StateType:
        """The state of the client."""
        return self._cell.read()[0]

    @property
    def state(self) -> State:
        """The state of the client with everything that belongs to it; the SDK has no such thing."""
        state, since, failure = self._cell.read()
        return State(state, since, None if failure is None else ErrorInfo(*failure))

    def update_state(self, new_state: StateType, error: ErrorInfo | None = None) -> None:
        """Go into another state. INTERRUPTED before the first OK stays INITIALIZING, with the error."""
        if new_state:
            self._cell.update(new_state, None if error is None else (error.error_type, error.message))

    def wait_for_OKState(self, timeoutInSeconds: float = 0) -> bool:  # noqa: N802, N803 - featureflag.co's names
        """Wait until the state is OK, timeoutInSeconds at most; without limit for None, 0 and less.

        Returns False after the time-out, and as soon as the state is OFF.
        """
        return self._cell.wait_until_ok(timeoutInSeconds)
