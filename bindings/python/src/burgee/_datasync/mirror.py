"""Storages and the engine: what one of them knows, the other one gets to know."""

from __future__ import annotations

import weakref
from typing import Protocol

from .._session import call
from ..errors import BurgeeError
from .status import DATA_STORAGE_INIT_ERROR, DATA_STORAGE_UPDATE_ERROR
from .wire import Wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Callable

    from .client import SyncedClient
    from .storage import Item
    from .wire import Items


class Storage(Protocol):
    """What both vendors' storages have."""

    @property
    def initialized(self) -> bool: ...
    @property
    def latest_version(self) -> int: ...
    def init(self, all_data: Mapping[Any, Mapping[str, Item]], version: int = 0) -> None: ...
    def upsert(self, kind: Any, key: str, item: Item, version: int = 0) -> None: ...
    def get_all(self, kind: Any) -> Mapping[str, Item]: ...


class EngineStorage:
    """The engine's own flags, for reading."""

    def __init__(self, client: SyncedClient) -> None:
        self._client = weakref.ref(client)

    def _ask(self, method: str) -> dict[str, Any]:
        client = self._client()
        try:
            reply = None if client is None else call(client, f"{client._vendor}.{method}")
        except BurgeeError:  # no flags so far, or closed
            reply = None
        return reply or {}

    def read(self) -> Items:
        """Return everything, archived items included."""
        client = self._client()
        document = self._ask("document").get("document")
        return client._wire.items(document) if client is not None and document else {}

    def init(self, all_data: Mapping[Any, Mapping[str, Item]], version: int = 0) -> None:
        """Refuse: only a client with an update processor of the host's takes flags from outside."""
        raise NotImplementedError("this client gets its flags by itself")

    def upsert(self, kind: Any, key: str, item: Item, version: int = 0) -> None:
        """Refuse, as init does."""
        raise NotImplementedError("this client gets its flags by itself")

    def get_all(self, kind: Any) -> Mapping[str, Item]:
        """Return the items of a kind that are not archived."""
        return {key: item for key, item in self.read().get(kind, {}).items() if not item["isArchived"]}

    @property
    def initialized(self) -> bool:
        """Whether there are flags."""
        return self.latest_version > 0

    @property
    def latest_version(self) -> int:
        """The time of the newest item, in Unix milliseconds."""
        return int(self._ask("version").get("version", 0))


class FedStorage:
    """A storage that the host's update processor fills. After each change the engine gets what it holds."""

    def __init__(self, storage: Storage, wire: Wire, push: Callable[[dict[str, Any]], None]) -> None:
        self._storage = storage
        self._wire = wire
        self._push = push
        self._pushed = 0

    def holds_flags(self) -> bool:
        """Tell whether there is any flag."""
        return len(self._storage.get_all(self._wire.flags)) > 0

    def message(self) -> dict[str, Any]:
        """Return everything as a message."""
        wire = self._wire
        return wire.message(self._storage.get_all(wire.flags), self._storage.get_all(wire.segments))

    def _push_all(self) -> None:
        """Give the engine everything.

        It leaves aside what is not newer than what it has, and the storage knows better. So a segment that nobody uses
        is newer each time.
        """
        wire = self._wire
        flags, segments = self._storage.get_all(wire.flags), self._storage.get_all(wire.segments)
        self._pushed = max(self._pushed, wire.newest({wire.flags: flags, wire.segments: segments})) + 1
        mark = {"id": "", "timestamp": self._pushed, "isArchived": True}
        self._push(wire.message(flags, {**segments, "": mark}))

    def init(self, all_data: Mapping[Any, Mapping[str, Item]], version: int = 0) -> None:
        """Replace everything."""
        self._storage.init(all_data, version)
        self._push_all()

    def upsert(self, kind: Any, key: str, item: Item, version: int = 0) -> None:
        """Add or replace one item."""
        self._storage.upsert(kind, key, item, version)
        self._push_all()

    def get_all(self, kind: Any) -> Mapping[str, Item]:
        """Return the items of a kind that are not archived."""
        return self._storage.get_all(kind)

    @property
    def initialized(self) -> bool:
        """Whether the storage holds anything."""
        return self._storage.initialized

    @property
    def latest_version(self) -> int:
        """The version of the storage."""
        return self._storage.latest_version


class StorageWriter:
    """Writes what the engine has received into a storage of the host's: only what is new."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._written: dict[Any, dict[str, int]] = {}

    def write(self, items: Items) -> tuple[str, str] | None:
        """Write. Returns type and text of the error when the storage fails; the next call writes the rest."""
        times = {kind: {key: item["timestamp"] for key, item in items[kind].items()} for kind in items}
        gone = any(key not in times.get(kind, {}) for kind, known in self._written.items() for key in known)
        step = DATA_STORAGE_INIT_ERROR if gone or not self._written else DATA_STORAGE_UPDATE_ERROR
        try:
            if step is DATA_STORAGE_INIT_ERROR:
                self._storage.init(items, Wire.newest(items))
                self._written = times
            else:
                self._update(items)
        except Exception as problem:
            return step, str(problem)
        return None

    def _update(self, items: Items) -> None:
        for kind, known in self._written.items():
            changed = [key for key, item in items[kind].items() if known.get(key) != item["timestamp"]]
            for key in sorted(changed, key=lambda key: items[kind][key]["timestamp"]):
                item = items[kind][key]
                self._storage.upsert(kind, key, item, item["timestamp"])
                known[key] = item["timestamp"]
