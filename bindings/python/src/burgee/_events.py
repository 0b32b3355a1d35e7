"""Events of a client: one thread for each, which logs what is to be logged and calls the listeners."""

from __future__ import annotations

from . import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType
    from typing import Any, Callable, Protocol
    from weakref import ReferenceType

    class Listening(Protocol):
        """A client that wants its events. With a method _handle_log it also wants what there is to log."""

        def _handle_event(self, event: dict[str, Any]) -> None: ...


_LEVELS = {"debug": 10, "info": 20, "warn": 30, "error": 40}  # of the module logging


def start(client: Listening, where: tuple[int, int]) -> None:
    """Start the thread of a client. It ends when the client is closed, and keeps neither it nor the process alive.

    On return the thread sleeps in the engine, without the GIL. uWSGI forks right after it has loaded an application,
    and a worker waits for ever if any other thread of the master has the GIL in that moment.
    """
    import threading
    import weakref

    from ._values import loads

    handle, generation = where
    found = weakref.ref(client)
    while _take(_native.wait(handle, generation, 0), found, loads):
        pass
    asleep = threading.Lock()
    asleep.acquire()
    arguments = (found, handle, generation, loads, asleep)
    thread = threading.Thread(target=_listen, args=arguments, name="burgee-events", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # the interpreter is ending, and starts no more threads
        return
    asleep.acquire()


def _listen(
    client: ReferenceType[Listening],
    handle: int,
    generation: int,
    loads: Callable[[bytes], Any],
    asleep: LockType,
) -> None:
    asleep.release()  # whoever waits for it needs the GIL, and gets it when the next line lets go of it
    while _take(_native.wait(handle, generation, -1), client, loads):
        pass


def _take(reply: bytes | None, client: ReferenceType[Listening], loads: Callable[[bytes], Any]) -> bool:
    """Deliver an event. Returns False when there is none and when it was the last."""
    event = None if reply is None else loads(reply).get("ok")
    if event is None or event["type"] == "closed":
        return False
    listener = client()
    if event["type"] == "log":
        log = getattr(listener, "_handle_log", _log)
        log(event["logger"], _LEVELS.get(event["level"], 30), event["message"])
    elif listener is not None:
        _deliver(listener, event)
    return True


def _log(logger: str, level: int, message: str) -> None:
    import logging

    logging.getLogger(logger).log(level, "%s", message)


def _deliver(listener: Listening, event: dict[str, Any]) -> None:
    try:
        listener._handle_event(event)
    except Exception:
        import logging

        logging.getLogger("burgee").exception("a listener raised")
