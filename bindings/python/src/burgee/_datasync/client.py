"""The client behind FBClient and FFCClient: one open client of the engine, and the parts that a host may replace."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
import weakref
from math import isfinite

from .. import _native
from .._events import start
from .._session import call, close_session, open_session, replace_session, result
from .._uwsgi import check_uwsgi
from ..errors import BurgeeError, InvalidConfigError
from .mirror import EngineStorage, FedStorage, StorageWriter
from .readiness import Readiness
from .status import StateType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Any, Callable, ClassVar, TypeVar

    from .mirror import Storage
    from .provider import StatusProvider
    from .wire import Wire

    C = TypeVar("C", bound="SyncedClient")

# How long the engine may wait for the first flags, in seconds; we wait for the rest of start_wait. When it returns
# with flags, a child that is forked at once has them too. A child that has none waits as long, and lets no thread run.
_ENGINE_WAIT = 2

_clients: weakref.WeakSet[SyncedClient] = weakref.WeakSet()


def _after_fork() -> None:
    for client in list(_clients):
        client._forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class SyncedClient(_native.VariationClient):
    """Everything but what is one vendor's own.

    The flags come from the vendor's server; or from the host's update processor, if it has one; or, offline, from the
    host's storage or from nowhere.
    """

    _vendor: ClassVar[str]
    _wire: ClassVar[Wire]
    _detail_type: ClassVar[type[_native.Decision]]
    _ready_without_flags: ClassVar[bool] = True  # once it is known that there will be none
    _provider: StatusProvider

    def _open(self, config: Any, make_provider: Callable[[Storage], StatusProvider], start_wait: float) -> None:
        """Connect, and wait for flags. What is wrong with the settings is a ValueError."""
        check_uwsgi()
        self._config = config
        self._log = logging.getLogger(f"burgee.{self._vendor}")
        self._stopping = threading.Lock()
        self._stopped = False
        self._pid = os.getpid()
        self._status: dict[str, Any] = {}
        self._readiness = Readiness(self)
        self._processor: Any = None
        self._sink: Any = None
        self._writer: StorageWriter | None = None
        self._configure(self._vendor, config._defaults, getattr(self._log, "_cache", None), self._detail_type)
        _clients.add(self)
        try:
            deadline = time.monotonic() + start_wait
            self._connect(make_provider, start_wait)
            if start_wait > 0 and not self._readiness.wait(max(0, deadline - time.monotonic())):
                self._log.warning("no flags after %s s: evaluation answers defaults until there are some", start_wait)
        except BaseException:
            self._stopped = True
            close_session(self)
            raise

    def _connect(self, make_provider: Callable[[Storage], StatusProvider], start_wait: float) -> None:
        config = self._config
        self._sink = self._make_sink()
        if self._sink is not None:
            self.variation = self._variation_told  # type: ignore[method-assign]
            self.variation_detail = self._variation_detail_told  # type: ignore[method-assign]
        own: Storage | None = config._own_storage
        held = None if own is None else FedStorage(own, self._wire, self._update_engine)
        self._fed = config.update_processor_imp is not None or config._stores_nothing
        self._streams = not (self._fed or config.is_offline)
        if self._fed:
            held = held or FedStorage(config.data_storage, self._wire, self._update_engine)
            self._provider = make_provider(held)
        else:
            self._provider = make_provider(own or EngineStorage(self))
            self._writer = None if own is None else StorageWriter(own)
        options = config._options(self._streams, self._fed)
        if self._fed or (held is not None and held.holds_flags()):
            assert held is not None
            options["bootstrap" if self._streams else "document"] = held.message()
        if self._sink is not None:
            options["disable_events"] = True
        if self._streams:
            options["start_wait_ms"] = int(min(max(start_wait, 0), _ENGINE_WAIT) * 1000)
        try:
            status = open_session(self, {"backend": self._vendor, **options})
        except InvalidConfigError as problem:
            raise ValueError(problem.message) from None
        self._listen(status)
        self._begin()

    def _begin(self) -> None:
        """Start the host's source of flags; without one and without a server the client is ready as it is."""
        make_processor = self._config.update_processor_imp
        if make_processor is not None:
            self._processor = make_processor(self._config, self._provider, self._readiness)
            self._processor.start()
        elif not self._streams:
            self._readiness.set()
            self._provider._cell.update(StateType.OK)

    def _make_sink(self) -> Any:
        """Return the host's own event processor; None when the engine sends the events."""
        raise NotImplementedError

    def _tell(self, user: Any, outcome: tuple[Any, ...]) -> None:
        """Give the host's own event processor the event of an evaluation."""
        raise NotImplementedError

    def _announce(self, flags: list[str], version: int) -> None:
        """Tell the host's listeners that flags have changed."""

    def _version(self) -> int:
        """Return how many sets of flags there have been."""
        status = self._ask("status", {})
        return 0 if status is None else int(status["version"])

    def _make_user(self, user: Any) -> Any:
        """Return a user of the vendor's. Raises ValueError for what is none."""
        raise NotImplementedError

    def _event_user(self, user: Any) -> Any:
        """Return a user for an event; None for what is none, which is logged."""
        try:
            return self._make_user(user)
        except ValueError as problem:
            self._log.warning("nothing is sent: %s", problem)
            return None

    def _keys(self) -> list[str]:
        """Return the keys of all flags, in the order of the storage."""
        reply = self._ask(f"{self._vendor}.flag_keys", {})
        return [] if reply is None else list(reply["keys"])

    def _send_metrics(self, event: Any, make: Callable[[str, float], Any], metrics: Mapping[str, float]) -> None:
        """Send those metrics that a server takes. It refuses others together with the batch that they travel in."""
        for name, value in metrics.items():
            if not name:
                self._log.warning("a metric without a name is not counted")
            elif not isinstance(value, (int, float)) or isinstance(value, bool) or not isfinite(value):
                self._log.warning("the value of the metric %r must be a number, not %r", name, value)
            else:
                event.add(make(name, value))
        if event.is_send_event:
            self._send(event)

    def _send(self, event: Any) -> None:
        if self._sink is not None:
            self._sink.send_event(event)
        else:
            for method, params in event._calls():
                self._ask(f"{self._vendor}.{method}", params)

    def _update_engine(self, message: dict[str, Any]) -> None:
        call(self, "update", {"document": message})

    def _listen(self, status: dict[str, Any]) -> None:
        self._status = status
        self._follow()
        if self._where is not None:
            start(self, self._where)

    def _handle_event(self, event: dict[str, Any]) -> None:
        if event["type"] == "status":
            self._status = event["status"]
            self._follow()
        elif event["type"] == "change":
            self._follow()
            if not self._config.is_offline:
                self._announce(event["flags"], event["version"])

    def _follow(self) -> None:
        """Let storage, readiness and state follow the engine's status."""
        if not self._streams or self._stopped:
            return
        status = self._status
        cell = self._provider._cell
        has_flags = status["version"] > 0
        if self._writer is not None and has_flags:
            failure = self._writer.write(EngineStorage(self).read())
            if failure is not None:
                self._log.error("%s: %s", *failure)
                cell.update(StateType.INTERRUPTED, failure)
                return
        if has_flags or status["state"] == "READY":
            self._readiness.set()
        elif status["state"] == "FATAL":
            self._readiness.give_up(self._ready_without_flags)
        cell.update_from_engine(status)

    def _revived(self, reply: bytes) -> None:
        """Listen again: the extension has opened this client anew in a forked child, with this reply."""
        self._pid = os.getpid()
        status = result(reply)["status"]
        if self._streams and status["version"] == 0:
            self._ready = False  # the parent had just got its first flags, or none; so it is once there are some
        self._listen(status)

    def _forked(self) -> None:
        """Leave behind what threads of the parent may have held."""
        self._stopping = threading.Lock()
        self._readiness.forked()
        if hasattr(self, "_provider"):
            self._provider._cell.forked()

    def _evaluate_told(self, key: Any, user: Any, default: Any) -> tuple[Any, ...]:
        """Evaluate, and let whoever sends the events know."""
        sink = self._sink
        outcome = self._evaluate(key, user, default, sink is None)
        if sink is not None and outcome[0]:
            try:
                self._tell(user, outcome)
            except Exception:
                self._log.exception("the event processor raised")
        return outcome

    def _variation_told(self, key: str, user: dict[str, Any], default: Any = None) -> Any:
        return self._evaluate_told(key, user, default)[2]

    def _variation_detail_told(self, key: str, user: dict[str, Any], default: Any = None) -> Any:
        """As variation_detail; a subclass makes its result of the outcome."""
        raise NotImplementedError

    def _log_evaluation(self, key: Any, user: Any, value: Any) -> None:
        user_key = user.get("key") or user.get("keyid") if isinstance(user, dict) else user
        self._log.debug("flag %s for user %s: %r", key, user_key, value)

    def _log_failure(self, problem: BaseException) -> None:
        self._log.error("an evaluation failed", exc_info=problem)

    @property
    def update_status_provider(self) -> Any:
        """How the client fares, and waiting for it."""
        return self._provider

    def is_offline(self) -> bool:
        """Tell whether the client never asks a server."""
        return bool(self._config.is_offline)

    def is_flag_known(self, key: str) -> bool:
        """Tell whether there is such a flag now, and it is not archived."""
        return self._knows(key)

    def flush(self) -> None:
        """Have all events sent soon. Does not wait."""
        if self._sink is not None:
            self._sink.flush()
        else:
            self._ask("flush", {"timeout_ms": 0})

    def _ask(self, method: str, params: dict[str, Any]) -> Any:
        """Call the engine; what it refuses is logged, and answered by None."""
        try:
            return call(self, method, params)
        except BurgeeError as problem:
            # After stop that is to be expected, and a busy program would fill its log.
            self._log.log(logging.DEBUG if self._stopped else logging.WARNING, "%s: %s", method, problem)
            return None

    def stop(self) -> None:
        """Close the client, once its events have been sent. Evaluation goes on with the flags that it has."""
        with self._stopping:
            if self._stopped:
                return
            self._stopped = True
        self._stop_part(self._processor)
        self._freeze()
        self._stop_part(self._sink)
        self._stop_part(self._config._own_storage)
        self._provider._cell.update(StateType.OFF)

    def _stop_part(self, part: Any) -> None:
        """Stop a part of the host's, if there is one that can be stopped. What it raises does not end the rest."""
        try:
            stop = getattr(part, "stop", None)
            if stop is not None:
                stop()
        except Exception:
            self._log.exception("%r could not be stopped", part)

    def _freeze(self) -> None:
        """Put a client that neither asks nor sends in the place of the open one, which is closed."""
        if self._pid != os.getpid():  # a forked child that has not used the client: there is nothing to go on with
            close_session(self)
            return
        options = json.dumps({"backend": self._vendor, **self._config._options(False, False)})
        try:
            reply = self._call(f"{self._vendor}.document", b"{}")
            document = b"," + reply[len(b'{"ok":{') : -1] if reply.startswith(b'{"ok":{"document":{') else b"}"
            replace_session(self, options.encode()[:-1] + document)
        except BurgeeError as problem:
            self._log.debug("the flags cannot be kept: %s", problem)
            close_session(self)

    def __enter__(self: C) -> C:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __del__(
        self, _close: Callable[..., bool] = close_session, _ending: Callable[[], bool] = sys.is_finalizing
    ) -> None:
        # No warning: the vendors' clients do not warn, and threads of theirs keep such a client alive.
        if not _ending():
            _close(self, wait=False)

    def __repr__(self) -> str:
        return f"<burgee.{self._vendor} {type(self).__name__} {self._provider._cell.type.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a client cannot be pickled; make one in each process, or use the start method fork")
