"""Opening, calling and closing: what the clients of this package have in common."""

from __future__ import annotations

import _thread
import os
import sys

from . import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Mapping
    from typing import Any, Callable, TypeVar
    from weakref import WeakSet

    T = TypeVar("T")

_LIBRARY = {"win32": "burgee.dll", "cygwin": "burgee.dll", "darwin": "libburgee.dylib"}

# How often the main thread looks for signals while it waits. Only Windows needs it: elsewhere a signal ends the wait.
_SLICE = 0.1


def library_path() -> str:
    """Return the engine's library: that of the environment variable BURGEE_LIBRARY, else the one in this package."""
    own = os.path.join(os.path.dirname(__file__), _LIBRARY.get(sys.platform, "libburgee.so"))
    return os.environ.get("BURGEE_LIBRARY") or own


def open_session(session: _native.Session, options: Mapping[str, Any]) -> dict[str, Any]:
    """Open a client of the engine and return its status. Waits for its first flags; Ctrl-C ends the wait.

    Raises:
        InvalidConfigError: an option is unknown or has a wrong value; the message names it.
    """
    from ._values import encode
    from .errors import InvalidConfigError, InvalidRequestError

    given = {name: _option(name, value) for name, value in options.items() if value is not None}
    try:
        text = encode(given)
    except (InvalidRequestError, TypeError, ValueError) as problem:
        raise InvalidConfigError(
            "INVALID_CONFIG", f"options: {_culprit(given)} cannot be passed on: {problem}"
        ) from None
    _native.load(library_path())
    opened = interruptible(lambda: result(_native.open(text)), undo=_close_opened)
    session._attach(opened["client"])
    status: dict[str, Any] = opened["status"]
    if status.get("events") is not None:
        _close_at_exit(session)
    return status


def replace_session(session: _native.Session, options: bytes) -> None:
    """Open another client of the engine in place of the open one, which is closed. Evaluation goes on throughout."""
    opened = result(_native.open(options))
    before = session._where
    session._attach(opened["client"])
    if before is not None:
        interruptible(lambda: _end(before))


def _culprit(options: Mapping[str, Any]) -> str:
    """Return the name of the first option that has no JSON text."""
    from ._values import encode
    from .errors import InvalidRequestError

    for name, value in options.items():
        try:
            encode({name: value})
        except (InvalidRequestError, TypeError, ValueError):
            return name
    return "an option"


def _close_opened(opened: dict[str, Any]) -> None:
    stray = _native.Session()
    stray._attach(opened["client"])
    close_session(stray)


def close_session(session: _native.Session, wait: bool = True) -> bool:
    """Close a client: within milliseconds, or once its events are sent. Returns whether it was open in this process.

    Without wait, events are sent on another thread, for whose end the end of the program waits.
    """
    where = session._detach()
    if where is None:
        return False
    if not getattr(session, "_sends", False):
        _end(where)
    elif wait:
        interruptible(lambda: _end(where))
    else:
        _close_later(where)
    return True


def _end(where: tuple[int, int]) -> None:
    """Close a client of the engine, and log which events it lost."""
    reply = _native.close(*where)
    if reply is not None and b'"lost"' in reply:
        import logging

        logging.getLogger("burgee").error(result(reply)["lost"])


# Clients that send events, and closings that are under way on threads of their own.
_sending: WeakSet[_native.Session] | None = None
_closing: list[LockType] = []


def _close_at_exit(session: _native.Session) -> None:
    """Have a client closed at the end of the program if nobody does it before, so that its events are sent."""
    global _sending
    session._sends = True
    if _sending is None:
        import atexit
        import weakref

        _sending = weakref.WeakSet()
        atexit.register(_close_all)
        _close_with_process()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_at_fork)
    _sending.add(session)


def _close_all() -> None:
    """Close all clients at the same time: each may wait for its server."""
    for session in list(_sending or ()):
        where = session._detach()
        if where is not None:
            _close_later(where)
    for done in list(_closing):
        done.acquire()


def _close_with_process(_: object = None) -> None:
    """Do the same in a process that multiprocessing has started: it may end without atexit, but not without this."""
    util, process = sys.modules.get("multiprocessing.util"), sys.modules.get("multiprocessing.process")
    if util is not None and process is not None and process.parent_process() is not None:
        util.Finalize(None, _close_all, exitpriority=0)


def _at_fork() -> None:
    _closing.clear()  # threads of the parent
    util = sys.modules.get("multiprocessing.util")
    if util is not None and not getattr(_close_with_process, "known", False):
        _close_with_process.known = True  # type: ignore[attr-defined]
        # Not yet: the process drops the finalizers of its parent first.
        util.register_after_fork(_close_all, _close_with_process)


def _close_later(where: tuple[int, int]) -> None:
    done = _thread.allocate_lock()
    done.acquire()
    _closing.append(done)

    def run() -> None:
        try:
            _end(where)
        finally:
            _closing.remove(done)
            done.release()

    try:
        _thread.start_new_thread(run, ())
    except RuntimeError:  # the interpreter is ending, and starts no more threads
        run()


def call(session: _native.Session, method: str, params: Mapping[str, Any] | None = None) -> Any:
    """Call a method of the engine that does not wait for anything."""
    from ._values import encode

    return result(session._call(method, encode(params or {})))


def result(reply: bytes) -> Any:
    """Return what a reply holds, or raise the error it holds."""
    from ._values import loads
    from .errors import from_reply

    envelope = loads(reply)
    if "error" in envelope:
        raise from_reply(reply)
    return envelope["ok"]


def _option(name: str, value: Any) -> Any:
    """Return an option as the engine's JSON has it."""
    if hasattr(value, "total_seconds"):  # a timedelta
        amount = value.total_seconds() * (1000 if name.endswith("_ms") else 1)
        return int(amount) if amount == int(amount) else amount
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value


class _Call:
    """One call on a thread of its own. ``lock`` is free when it has ended."""

    __slots__ = ("abandoned", "failure", "guard", "lock", "value")

    def __init__(self) -> None:
        self.lock = _thread.allocate_lock()
        self.guard = _thread.allocate_lock()
        self.lock.acquire()
        self.abandoned = False
        self.value: Any = None
        self.failure: BaseException | None = None

    def run(self, function: Callable[[], Any], undo: Callable[[Any], None] | None) -> None:
        value = None
        try:
            value = function()
        except BaseException as failure:
            self.failure = failure
        with self.guard:
            self.value = value
            unwanted = self.abandoned
            self.lock.release()
        if unwanted and self.failure is None and undo is not None:
            undo(value)

    def abandon(self, undo: Callable[[Any], None] | None) -> None:
        with self.guard:
            ended = self.lock.acquire(False)
            self.abandoned = True
        if ended and self.failure is None and undo is not None:
            undo(self.value)


def interruptible(function: Callable[[], T], undo: Callable[[T], None] | None = None) -> T:
    """Call a function that may block for long, so that signal handlers run meanwhile and Ctrl-C ends the wait.

    undo gets what the function returns after its caller has gone. Only the main thread runs signal handlers, so any
    other thread just calls the function.
    """
    import threading

    if threading.get_ident() != threading.main_thread().ident:
        return function()
    pending = _Call()
    try:
        _thread.start_new_thread(pending.run, (function, undo))
    except RuntimeError:  # the interpreter is ending, and starts no more threads
        return function()
    try:
        while not pending.lock.acquire(timeout=_SLICE):
            pass
    except BaseException:
        pending.abandon(undo)
        raise
    if pending.failure is not None:
        raise pending.failure
    return pending.value  # type: ignore[no-any-return]
