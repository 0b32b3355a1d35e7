"""The unified surface: one client for every backend."""

from __future__ import annotations

import sys
import warnings

from . import _native
from ._session import call, close_session, interruptible, open_session, result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from types import TracebackType
    from typing import Any, Callable, Union

    from ._records import Change, Explanation, Flag, Status

    Context = Union[None, Mapping[str, Any], _native.EvaluationContext]
    Unsubscribe = Callable[[], None]


class Client(_native.Client):
    """An open client. Make one with burgee.open.

    Evaluation (boolean, string, number, object, details) takes no lock and does no I/O, and never raises because of a
    flag: it answers the default that the caller gives, and details says why. A context is a dict, in which
    "targetingKey" is the targeting key, or an EvaluationContext; the argument targeting_key counts before both.

    A client may be used from any thread, and in a forked child, which goes on with the flags of its parent.
    """

    def __init__(self) -> None:
        self._listeners: dict[object, tuple[str, Callable[[Any], object]]] = {}
        self._state = ""
        self._version = 0

    def all(self, context: Context = None, *, targeting_key: str | None = None) -> dict[str, _native.ResolutionDetails]:
        """Evaluate every flag. Returns the decisions by flag key; a flag without a value has the value None."""
        from ._values import context_json

        reply = call(self, "all", {"context": context_json(context, targeting_key)})
        return {flag["key"]: _resolution(flag) for flag in reply["flags"]}

    def flags(self) -> list[Flag]:
        """Describe every flag, by key, without evaluating it."""
        from ._records import Flag

        return [Flag._of(flag) for flag in call(self, "flags")["flags"]]

    def explain(self, key: str, context: Context = None, *, targeting_key: str | None = None) -> Explanation:
        """Evaluate a flag and return every step of the decision; ``print()`` it, or read its trace."""
        from ._records import Explanation
        from ._values import context_json

        reply = call(self, "explain", {"key": key, "context": context_json(context, targeting_key)})
        return Explanation(reply["trace"], reply["text"])

    def track(
        self, event: str, value: float | None = None, context: Context = None, *, targeting_key: str | None = None
    ) -> bool:
        """Tell the vendor of something that a user did. Returns False where the backend takes no events."""
        from ._values import context_json

        params: dict[str, Any] = {"event": event, "context": context_json(context, targeting_key)}
        if value is not None:
            params["value"] = value
        return bool(call(self, "track", params)["accepted"])

    def flush(self, timeout: float | timedelta = 1.0) -> bool:
        """Wait, at most timeout seconds, until all events have been sent. Returns whether they have."""
        seconds = timeout if isinstance(timeout, (int, float)) else timeout.total_seconds()
        return bool(self.call("flush", {"timeout_ms": int(seconds * 1000)})["flushed"])

    def refresh(self) -> bool:
        """Fetch the flags now and wait for the end of the fetch. Returns whether any flag changed."""
        return bool(self.call("refresh")["changed"])

    def call(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """Call a method of the engine or of the backend by name, such as "flipt.snapshot". May block."""
        return interruptible(lambda: call(self, method, params))

    @property
    def status(self) -> Status:
        """What the flags are worth now."""
        from ._records import State, Status
        from .errors import InvalidHandleError

        try:
            return Status._of(call(self, "status"))
        except InvalidHandleError:
            return Status(State.CLOSED)

    def on_change(self, callback: Callable[[Change], object]) -> Unsubscribe:
        """Call back, on a thread of the client, after flags were added, removed or redefined.

        Returns a function that ends this. What a callback raises is logged.
        """
        return self._subscribe("change", callback)

    def on_status(self, callback: Callable[[Status], object]) -> Unsubscribe:
        """Call back, on a thread of the client, when its state changes. Otherwise as on_change."""
        return self._subscribe("status", callback)

    def close(self) -> None:
        """Close the client; once is enough. Evaluation then answers the caller's default.

        Takes milliseconds, unless events are waiting: these are sent first, which close_wait_ms bounds.
        """
        close_session(self)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(
        self, _close: Callable[..., bool] = close_session, _ending: Callable[[], bool] = sys.is_finalizing
    ) -> None:
        # The end of the process closes everything; modules that this needs may be gone by then.
        if not _ending() and _close(self, wait=False):
            warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self, stacklevel=2)

    def __repr__(self) -> str:
        return f"<burgee.Client {'closed' if self._where is None else 'open'}>"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a client cannot be pickled; open one in each process, or use the start method fork")

    def _subscribe(self, kind: str, callback: Callable[[Any], object]) -> Unsubscribe:
        if not callable(callback):
            raise TypeError(f"the callback must be callable, not {callback!r}")
        token = object()
        self._listeners[token] = (kind, callback)
        listeners = self._listeners

        def unsubscribe() -> None:
            listeners.pop(token, None)

        return unsubscribe

    def _handle_event(self, event: dict[str, Any]) -> None:
        """Call the listeners of an event; each, also when another one raises."""
        from ._records import Change, Status

        kind = event["type"]
        if not self._is_news(event):
            return
        listeners = [callback for wanted, callback in list(self._listeners.values()) if wanted == kind]
        if not listeners:
            return
        news: Any = Status._of(event["status"]) if kind == "status" else Change(tuple(event["flags"]), event["version"])
        for callback in listeners:
            _tell(callback, news)

    def _is_news(self, event: dict[str, Any]) -> bool:
        """Whether the listeners do not know yet: what open() has waited for stands in the first events as well."""
        if event["type"] == "change":
            return bool(event["version"] > self._version)
        if event["type"] != "status" or event["status"]["state"] == self._state:
            return False
        self._state = event["status"]["state"]
        return True

    def _listen(self, status: dict[str, Any]) -> None:
        from ._events import start

        self._state, self._version = status["state"], status["version"]
        if self._where is not None:
            start(self, self._where)

    def _revived(self, reply: bytes) -> None:
        """Listen again: the extension has opened this client anew in a forked child, with this reply."""
        self._listen(result(reply)["status"])


def _tell(callback: Callable[[Any], object], news: Any) -> None:
    try:
        callback(news)
    except Exception:
        import logging

        logging.getLogger("burgee").exception("the listener %r raised", callback)


def _resolution(flag: dict[str, Any]) -> _native.ResolutionDetails:
    return _native.ResolutionDetails(
        flag["key"],
        flag["value"],
        flag.get("variant"),
        flag["reason"],
        flag.get("errorCode"),
        flag.get("errorDetails"),
        flag["metadata"],
    )


def open(backend: str = "flipt", **options: Any) -> Client:  # noqa: A001 - as in gzip.open
    """Open a client of a backend and wait until its first flags are there or the first fetch has failed.

    Args:
        backend: "flipt", "featbit", "featureflagco", or "file" for Flipt's flags in a local file.
        **options: those of the backend, such as url, namespace and update_interval (seconds or a timedelta) of Flipt,
            or env_secret, streaming_url and event_url of FeatBit; and those that all share: start_wait_ms (15000 at
            most; 0 returns at once), cache_path, log_level, max_body_bytes, proxy, file, document. Where the vendor
            hears of evaluations also disable_events, spool_path and close_wait_ms.

    Raises:
        InvalidConfigError: an option is unknown or has a wrong value; the message names it.
    """
    client = Client()
    client._listen(open_session(client, {"backend": backend, **options}))
    return client
