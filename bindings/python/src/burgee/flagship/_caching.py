"""What the engine wants of the program's cache manager."""

from __future__ import annotations

import asyncio
import time

from ._workers import Coroutines, Worker
from .errors import HitCacheTimeoutException, VisitorCacheTimeoutException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from ._logs import Logs
    from .cache_manager import CacheManager

    Event = dict[str, Any]

# The methods, and which members of a request are their arguments.
_METHODS = {
    "lookupVisitor": ("lookup_visitor", ("visitorId",)),
    "cacheVisitor": ("cache_visitor", ("visitorId", "record")),
    "flushVisitor": ("flush_visitor", ("visitorId",)),
    "lookupHits": ("lookup_hits", ()),
    "cacheHit": ("cache_hits", ("hits",)),
    "flushHits": ("flush_hits", ("keys",)),
    "flushAllHits": ("flush_all_hits", ()),
}
_LANES = 4  # visitors that are served at the same time
_PATIENCE = 10.0  # seconds, for everything that is no lookup
_LEAST_PATIENCE = 0.2  # seconds, for those who come last when everybody has to wait
_FORK_PATIENCE = 0.5  # seconds, for each call that is under way
_TAG = "CACHE"


class Caches:
    """Serves the engine's requests with the program's cache manager.

    Requests about one visitor are served in their order, and so are those about hits.
    """

    def __init__(self, answer: Callable[[dict[str, Any]], bool], logs: Callable[[], Logs]) -> None:
        self._answer = answer
        self._logs = logs
        self._manager: CacheManager | None = None
        self._renew()
        self._inherited = False

    def _renew(self) -> None:
        self._coroutines = Coroutines()
        # The first is for hits, the others for visitors.
        self._lanes = [self._lane(number) for number in range(1 + _LANES)]
        self._held: list[Worker] = []

    def _lane(self, number: int) -> Worker:
        return Worker(f"burgee-cache-{number}", self._report)

    def before_fork(self) -> None:
        """Let no call to the manager run: what it has locked, as in a database, would stay locked in the child."""
        self._held = [lane for lane in self._lanes if lane.hold(_FORK_PATIENCE)]

    def after_fork(self) -> None:
        """Let calls run again, in the parent."""
        for lane in self._held:
            lane.release()
        self._held = []

    def forked(self) -> None:
        """Begin anew in the child: the threads, and the locks that they had, are those of the parent."""
        self._renew()
        self._inherited = True

    def open(self, manager: CacheManager | None, env_id: str) -> None:
        """Have the manager open its database. What that raises is logged, and the manager is used all the same."""
        self._manager, self._inherited = manager, False
        if manager is not None:
            manager.env_id = env_id
            self._guarded(lambda: manager.open_database(env_id))

    def close(self, seconds: float) -> None:
        """Serve what is waiting, and have the manager close its database. Calls that hang are left to themselves."""
        until = time.monotonic() + seconds
        for number, lane in enumerate(self._lanes):
            if not lane.settle(max(until - time.monotonic(), _LEAST_PATIENCE)):
                lane.retire()
                self._lanes[number] = self._lane(number)
                self._coroutines = Coroutines()  # its event loop may be what hangs
        manager = self._manager
        self.leave()
        if manager is not None:
            self._guarded(manager.close_database)

    def leave(self) -> None:
        """Have nothing to do with the manager any more."""
        self._manager = None

    def request(self, event: Event) -> None:
        """Serve a request on the thread that it belongs to."""
        manager = self._manager
        if manager is None:
            self._reply(event, {"error": "the SDK has no cache manager"})
            return
        if self._inherited and event["operation"] == "lookupHits":
            self._reply(event, {"result": {}})  # what waits there is the parent's, which is going to send it
            return
        visitor = event.get("visitorId")
        lane = self._lanes[0 if visitor is None else 1 + hash(visitor) % _LANES]
        if not lane.put(lambda: self._serve(manager, event)):
            self._logs().error(_TAG, f"{event['operation']}: too many requests are waiting for the cache manager")
            self._reply(event, {"error": "too many requests are waiting"})

    def forget(self, visitor_id: str) -> None:
        """Have a visitor forgotten."""
        self.request({"operation": "flushVisitor", "visitorId": visitor_id})

    def _serve(self, manager: CacheManager, event: Event) -> None:
        name, members = _METHODS[event["operation"]]
        limit = _PATIENCE if "id" not in event else manager.timeout / 1000
        try:
            found = getattr(manager, name)(*(event[member] for member in members))
            answer = {"result": self._coroutines.finish(found, limit)}
        except asyncio.TimeoutError:
            answer = {"error": self._late(name, event)}
        except Exception as problem:
            self._report(problem)
            answer = {"error": f"{type(problem).__name__}: {problem}"}
        self._reply(event, answer)

    def _reply(self, event: Event, answer: dict[str, Any]) -> None:
        """Answer a request that waits for it."""
        if "id" not in event:
            return
        try:
            taken = self._answer({"id": event["id"], **answer})
        except Exception as problem:  # what the cache has found cannot be written as JSON
            self._report(problem)
            taken = self._answer({"id": event["id"], "error": str(problem)})
        if not taken and "error" not in answer:
            self._late(_METHODS[event["operation"]][0], event)

    def _late(self, name: str, event: Event) -> str:
        visitor = event.get("visitorId")
        problem = HitCacheTimeoutException(name) if visitor is None else VisitorCacheTimeoutException(name, visitor)
        self._report(problem)
        return str(problem)

    def _guarded(self, function: Callable[[], Any]) -> None:
        try:
            self._coroutines.finish(function(), _PATIENCE)
        except Exception as problem:
            self._report(problem)

    def _report(self, problem: BaseException) -> None:
        self._logs().exception(_TAG, problem)
