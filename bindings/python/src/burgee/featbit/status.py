"""How a client fares."""

from __future__ import annotations

from .._datasync.provider import StatusProvider
from .interfaces import DataUpdateStatusProvider
from .status_types import ErrorTrack, State

__all__ = ["DataUpdateStatusProviderImpl"]


class DataUpdateStatusProviderImpl(StatusProvider, DataUpdateStatusProvider):
    """How a client fares, and waiting for it."""

    @property
    def current_state(self) -> State:
        """The state of the client."""
        state, since, failure = self._cell.read()
        return State(state, since, None if failure is None else ErrorTrack(*failure))

    def update_state(self, new_state: State) -> None:
        """Go into another state. INTERRUPTED before the first OK stays INITIALIZING, with the error."""
        if new_state:
            error = new_state.error_track
            failure = None if error is None else (error.error_type, error.message)
            self._cell.update(new_state.state_type, failure, new_state.state_since)

    def wait_for_OKState(self, timeout: float = 0) -> bool:  # noqa: N802 - FeatBit's name
        """Wait until the state is OK, timeout seconds at most; without limit for None, 0 and less.

        Returns False after the time-out, and as soon as the state is OFF.
        """
        return self._cell.wait_until_ok(timeout)
