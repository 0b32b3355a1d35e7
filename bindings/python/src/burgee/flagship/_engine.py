"""The one SDK of the process: a client of the engine that visitors belong to, and one for each start."""

from __future__ import annotations

import os
import threading

from .._session import call, close_session, open_session
from .._uwsgi import check_uwsgi
from ..errors import InvalidConfigError
from ._caching import Caches
from ._connection import Connection
from ._logs import Logs
from ._workers import News, Worker
from .config import DecisionApi
from .decision_mode import DecisionMode
from .errors import InitializationParamError
from .log_manager import LogLevel
from .status import Status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from .config import _FlagshipConfig
    from .visitor import Visitor

_SDK = {"backend": "flagship", "sdk": "python", "sdk_instance": "burgee.flagship"}
_PATIENCE = 1.0  # seconds, for the status listener while the SDK starts
_LAST_PATIENCE = 5.0  # seconds, for the cache manager when the SDK is stopped


class Engine:
    """What the SDK is made of. There is one in a process, which opens its first client when it is first needed.

    Attributes:
        visitor: the one that was made as SINGLE_INSTANCE.
    """

    def __init__(self) -> None:
        self._epoch = 0
        self._pid = os.getpid()
        self.visitor: Visitor | None = None
        self._session: Connection | None = None
        self._started: Connection | None = None
        self._config: _FlagshipConfig | None = None
        self._logs: Logs | None = None
        self._exits = False
        self._caches = Caches(self._answer, lambda: self.logs)
        self._renew()
        if hasattr(os, "register_at_fork"):
            caches = self._caches
            os.register_at_fork(
                before=caches.before_fork, after_in_parent=caches.after_fork, after_in_child=self._forked
            )

    def _renew(self) -> None:
        self._lock = threading.RLock()
        self.making = threading.RLock()  # held while a visitor is made again
        self._stale = False
        self._news = News()
        self._worker = Worker("burgee-listener", lambda problem: self.logs.exception("LISTENER", problem))

    def _forked(self) -> None:
        self._pid = os.getpid()
        self._renew()
        self._caches.forked()
        self._epoch += 1
        self._stale = self._session is not None

    @property
    def epoch(self) -> int:
        """Changes with every fork, after which visitors have to be made again."""
        self._notice_fork()
        return self._epoch

    def _notice_fork(self) -> None:
        if self._pid != os.getpid():  # C code has forked, as uWSGI does, and nobody was told
            self._forked()

    @property
    def config(self) -> _FlagshipConfig:
        """What the SDK was started with."""
        if self._config is None:
            self._config = DecisionApi()
        return self._config

    @property
    def logs(self) -> Logs:
        """Where messages go."""
        if self._logs is None:
            config = self.config
            self._logs = Logs(config.log_manager, config.log_level, config._own.get("minimum_log_level"))
        return self._logs

    @property
    def local(self) -> bool:
        """Whether fetching flags waits for nobody."""
        config = self.config
        return config.decision_mode is DecisionMode.BUCKETING and config.cache_manager is None

    @property
    def lenient(self) -> bool:
        """Whether a default counts for values of other types."""
        return self.config._own.get("strict_types") is False

    @property
    def runs(self) -> bool:
        """Whether the SDK was started."""
        return self._started is not None

    @property
    def session(self) -> Connection:
        """The client that visitors belong to."""
        self._notice_fork()
        if self._session is None or self._stale:
            with self._lock:
                self._open()
        assert self._session is not None
        return self._session

    def _open(self) -> None:
        if self._session is None:
            session = Connection(self)
            open_session(session, {**_SDK, "start": False})
            session._revived()
            self._session = session
        elif self._stale:
            call(self._session, "flagship.status")  # this alone makes the extension open it anew
            if self._started is not None:
                call(self._started, "status")
            self._stale = False

    def call(self, method: str, params: dict[str, Any]) -> Any:
        """Call a method of the engine."""
        return call(self.session, method, params)

    def _answer(self, answer: dict[str, Any]) -> bool:
        """Answer a request of the engine. Somebody waits for that, and may have a lock."""
        return self._session is not None and bool(call(self._session, "flagship.cache.answer", answer)["taken"])

    def status(self) -> Status:
        """Return how far the SDK has come."""
        return Status.NOT_INITIALIZED if self._session is None else Status(self.call("flagship.status", {})["status"])

    def decides(self) -> bool:
        """Whether flags can be fetched."""
        return self.status() in (Status.READY, Status.PANIC)

    def start(self, env_id: str, api_key: str, config: _FlagshipConfig) -> None:
        """Start the SDK, after it was stopped if it had been started before."""
        options = config._engine_options()
        with self._lock:
            self._end()
            config.env_id, config.api_key = env_id, api_key
            self._config, self._logs = config, None
            self._news = News()
            try:
                check_uwsgi()
            except ValueError as problem:
                self.logs.error("INITIALIZATION", str(problem))
            for name in config._unknown:
                self.logs.log("INITIALIZATION", LogLevel.WARNING, f"{type(config).__name__} has no option {name}")
            for warning in config.tracking_manager_config._warnings:
                self.logs.log("INITIALIZATION", LogLevel.WARNING, warning)
            session = self.session
            self._caches.open(config.cache_manager, env_id)
            started = Connection(self)
            try:
                open_session(started, {**_SDK, "env_id": env_id, "api_key": api_key, **options})
            except InvalidConfigError as problem:
                self._caches.close(_LAST_PATIENCE)
                self._config = self._logs = None
                raise InitializationParamError(str(problem)) from None
            started._revived()
            self._started = started
            if not self._exits:
                self._exits = True
                import atexit

                atexit.register(self.stop)
        self._hear(Status(call(session, "flagship.status")["status"]), _PATIENCE)
        self._worker.settle(_PATIENCE)  # uWSGI may fork now, and then no other thread must have the GIL

    def stop(self) -> None:
        """Send what is pending, and stop."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        started, self._started = self._started, None
        self.visitor = None
        if started is None:
            return
        if close_session(started):
            # Everything that the engine wants of the cache manager lies in front of what is told of this visitor.
            mark = {"id": "mark", "consent": False, "quiet": True, "listens": True}
            visitor = self.call("flagship.visitor.new", mark)["visitor"]
            self._hear(visitor, _LAST_PATIENCE)
            self.call("flagship.visitor.close", {"visitor": visitor})
            self._caches.close(_LAST_PATIENCE)
            self._worker.settle(_PATIENCE)
        else:  # in a forked child that has not used the SDK: the database is the parent's
            self._caches.leave()
        self._config = self._logs = None

    def _hear(self, what: Status | int, seconds: float) -> None:
        """Wait until the engine has told of a visitor, or the program was told of a status."""
        if not self._worker.is_current():  # that is told of a status right now, and of nothing else meanwhile
            self._news.wait(what, seconds)

    def forget(self, visitor_id: str) -> None:
        """Have the cache manager forget a visitor."""
        if self.config.cache_manager is not None:
            self._caches.forget(visitor_id)

    def handle_log(self, level: int, message: str) -> None:
        """Pass a message of the engine on."""
        self._tell(lambda: self.logs.log("SDK", LogLevel(level), message))

    def handle(self, event: dict[str, Any]) -> None:
        """Pass an event on to the thread that it concerns."""
        kind = event["type"]
        if kind == "cache_request":
            self._caches.request(event)
        elif kind == "sdk_status":
            self._tell(lambda: self._announce(Status(event["status"])))
        elif kind == "fetch_status":
            self._news.add(event["visitor"])
        elif kind == "lost":
            self._tell(lambda: self.logs.error("SDK", f"{event['count']} events of the engine came too fast"))

    def _tell(self, job: Callable[[], object]) -> None:
        self._worker.put(job)

    def _announce(self, status: Status) -> None:
        try:
            self.logs.log("STATUS", LogLevel.INFO, f"the status is {status.name}")
            listener = self.config.status_listener
            if listener is not None:
                listener.on_status_changed(status)
        finally:
            self._news.add(status)


ENGINE = Engine()
