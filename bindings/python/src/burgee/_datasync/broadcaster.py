"""Telling listeners, on a thread of their own."""

from __future__ import annotations

import logging
import threading
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# How long stop waits for a listener that is being told something, in seconds.
_STOP_WAIT = 1.0


class Broadcaster:
    """Tells listeners one after the other. There is a thread only while there is something to tell."""

    def __init__(self, logger: str) -> None:
        self._log = logging.getLogger(logger)
        self._listeners: list[tuple[Any, int]] = []  # with the version of the flags that each knew when it came
        self._pending: deque[Any] = deque()
        self._stopped = False
        self.forked()

    def forked(self) -> None:
        """Forget the thread of the parent process. Versions are counted anew."""
        self._listeners = [(listener, 0) for listener, _ in self._listeners]
        self._idle = threading.Condition()
        self._thread: threading.Thread | None = None
        self._pending.clear()

    def add(self, listener: Any, version: int) -> None:
        """Tell a listener of what changes after a version of the flags."""
        with self._idle:
            self._listeners.append((listener, version))

    def remove(self, listener: Any) -> None:
        """Tell a listener no more. Raises ValueError for one that is not registered, while others are."""
        with self._idle:
            if self._listeners:
                registered = [known for known, _ in self._listeners]
                del self._listeners[registered.index(listener)]

    def broadcast(self, notices: list[Any], version: int) -> None:
        """Have all listeners told that these flags are others in a version. Does not wait for them."""
        with self._idle:
            if self._stopped or not self._listeners:
                return
            self._pending.extend((notice, version) for notice in notices)
            if self._thread is not None:
                return
            self._thread = threading.Thread(target=self._run, name="burgee-listeners", daemon=True)
            thread = self._thread
        try:
            thread.start()
        except RuntimeError:  # the interpreter is ending, and starts no more threads
            self.forked()

    def stop(self) -> None:
        """Tell nothing more. Waits a second at most for a listener that is being told something."""
        with self._idle:
            self._stopped = True
            self._pending.clear()
            if self._thread is not None and self._thread is not threading.current_thread():
                self._idle.wait_for(lambda: self._thread is None, _STOP_WAIT)

    def _run(self) -> None:
        while True:
            with self._idle:
                if not self._pending:
                    self._thread = None
                    self._idle.notify_all()
                    return
                notice, version = self._pending.popleft()
                listeners = [listener for listener, known in self._listeners if known < version]
            for listener in listeners:
                try:
                    listener.on_flag_change(notice)
                except BaseException:  # also SystemExit: it would end the thread of all listeners
                    self._log.exception("the listener %r raised", listener)
