"""Threads that call the program's own code: status listeners, log managers, caches."""

from __future__ import annotations

import asyncio
import inspect
import threading
from contextlib import suppress
from queue import SimpleQueue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Any, Callable

    Job = Callable[[], object]

_MANY = 10_000  # jobs that wait behind one that hangs


class Worker:
    """Does jobs in their order on a thread, which starts with the first one and keeps no process alive."""

    def __init__(self, name: str, report: Callable[[BaseException], object]) -> None:
        self._name = name
        self._report = report
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._running = threading.RLock()  # held by a job
        self._retired = False

    def put(self, job: Job) -> bool:
        """Have a job done. Returns False, and drops it, when too many are waiting."""
        if self._jobs.qsize() >= _MANY:
            return False
        self._jobs.put(job)
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # the interpreter is ending, and starts no more threads
                    self._do(self._jobs.get())
                else:
                    self._thread = thread
        return True

    def settle(self, seconds: float) -> bool:
        """Wait until everything that was put so far is done; not in a job, which would wait for itself.

        Returns False when that takes longer.
        """
        if self._thread is None or self.is_current():
            return True
        done = threading.Event()
        return self.put(done.set) and done.wait(seconds)

    def retire(self) -> None:
        """Have the thread end after everything that was put so far, if that ever ends."""
        self.put(self._retire)

    def _retire(self) -> None:
        self._retired = True

    def hold(self, seconds: float) -> bool:
        """Keep jobs from running until release. Returns False when one runs for longer than that."""
        return self._running.acquire(timeout=seconds)

    def release(self) -> None:
        """End hold."""
        self._running.release()

    def is_current(self) -> bool:
        """Whether the caller is a job of this worker."""
        return self._thread is threading.current_thread()

    def _work(self) -> None:
        while not self._retired:
            self._do(self._jobs.get())

    def _do(self, job: Job) -> None:
        try:
            with self._running:
                job()
        except BaseException as problem:  # one that wants to end this thread must not harm the others
            with suppress(BaseException):  # nor must a log manager that wants to
                self._report(problem)


class News:
    """What has been told so far."""

    def __init__(self) -> None:
        self._told: set[object] = set()
        self._more = threading.Condition()

    def add(self, what: object) -> None:
        """Note something, and wake those who wait for it."""
        with self._more:
            self._told.add(what)
            self._more.notify_all()

    def wait(self, what: object, seconds: float) -> None:
        """Wait until something has been told."""
        with self._more:
            self._more.wait_for(lambda: what in self._told, seconds)


class Coroutines:
    """Runs coroutines in an event loop of its own, so that the caller may itself be one of a running loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def finish(self, value: Any, seconds: float) -> Any:
        """Return a value, or what it yields when it is awaitable.

        Raises:
            asyncio.TimeoutError: that took too long.
        """
        if not inspect.isawaitable(value):
            return value
        if self._thread is threading.current_thread():  # a coroutine has called the SDK, and meanwhile no other runs
            return _elsewhere(value, seconds)
        loop = self._running()
        if loop is None:
            return asyncio.run(_within(value, seconds))
        return asyncio.run_coroutine_threadsafe(_within(value, seconds), loop).result()

    def _running(self) -> asyncio.AbstractEventLoop | None:
        with self._lock:
            if self._loop is None:
                loop = asyncio.new_event_loop()
                thread = threading.Thread(target=loop.run_forever, name="burgee-coroutines", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # the interpreter is ending, and starts no more threads
                    loop.close()
                    return None
                self._loop, self._thread = loop, thread
            return self._loop


def _elsewhere(value: Awaitable[Any], seconds: float) -> Any:
    """Return what an awaitable yields, in an event loop that ends with it."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as other:
        return other.submit(asyncio.run, _within(value, seconds)).result()


async def _within(value: Awaitable[Any], seconds: float) -> Any:
    return await asyncio.wait_for(value, seconds)
