"""What an update processor reports to, and what tells a program how its client fares."""

from __future__ import annotations

import logging

from .status import DATA_STORAGE_INIT_ERROR, DATA_STORAGE_UPDATE_ERROR, StateCell, StateType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Callable

    from .mirror import Storage
    from .storage import Item


class StatusProvider:
    """Everything about both vendors' status providers but the form of a state."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._cell = StateCell()

    def init(self, all_data: Mapping[Any, Mapping[str, Item]], version: int = 0) -> bool:
        """Replace all flags and segments. Returns False, and is interrupted, when the storage fails."""
        return self._store(DATA_STORAGE_INIT_ERROR, lambda: self._storage.init(all_data, version))

    def upsert(self, kind: Any, key: str, item: Item, version: int = 0) -> bool:
        """Add or replace one flag or segment. Fails as init does."""
        return self._store(DATA_STORAGE_UPDATE_ERROR, lambda: self._storage.upsert(kind, key, item, version))

    def _store(self, error_type: str, store: Callable[[], None]) -> bool:
        try:
            store()
        except Exception as problem:
            logging.getLogger("burgee").exception("%s", error_type)
            self._cell.update(StateType.INTERRUPTED, (error_type, str(problem)))
            return False
        return True

    def get_all(self, kind: Any) -> Mapping[str, Item]:
        """Return the flags or the segments that are not archived."""
        return self._storage.get_all(kind)

    @property
    def initialized(self) -> bool:
        """Whether there were ever any flags."""
        return self._storage.initialized

    @property
    def latest_version(self) -> int:
        """The time of the newest flag or segment, in Unix milliseconds."""
        return self._storage.latest_version
