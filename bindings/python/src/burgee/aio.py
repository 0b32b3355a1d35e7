"""The unified surface for asyncio.

    client = await burgee.aio.open(url="http://localhost:8080")
    async with client:
        client.boolean("dark-mode", False, {"targetingKey": "user-1"})

Evaluation is not awaited: it never blocks. What may block is, and runs on a thread that keeps no process alive.
"""

from __future__ import annotations

import _thread
import asyncio

from . import _client
from ._records import Change, Status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from datetime import timedelta
    from types import TracebackType
    from typing import Any, Callable, TypeVar, Union

    from ._client import Context, Unsubscribe
    from ._native import ResolutionDetails
    from ._records import Explanation, Flag

    T = TypeVar("T")
    Event = Union[Change, Status]

__all__ = ["Client", "open"]


class Client:
    """An open client for asyncio, made by ``await burgee.aio.open(...)``. Its methods are those of burgee.Client."""

    def __init__(self, client: _client.Client) -> None:
        self._client = client
        # The extension's own methods: evaluation costs here what it costs there.
        self.boolean = client.boolean
        self.string = client.string
        self.number = client.number
        self.object = client.object
        self.details = client.details

    def all(self, context: Context = None, *, targeting_key: str | None = None) -> dict[str, ResolutionDetails]:
        """Evaluate every flag. Returns the decisions by flag key."""
        return self._client.all(context, targeting_key=targeting_key)

    def flags(self) -> list[Flag]:
        """Describe every flag, by key, without evaluating it."""
        return self._client.flags()

    def explain(self, key: str, context: Context = None, *, targeting_key: str | None = None) -> Explanation:
        """Evaluate a flag and return every step of the decision."""
        return self._client.explain(key, context, targeting_key=targeting_key)

    def track(
        self, event: str, value: float | None = None, context: Context = None, *, targeting_key: str | None = None
    ) -> bool:
        """Tell the vendor of something that a user did. Only queues it."""
        return self._client.track(event, value, context, targeting_key=targeting_key)

    @property
    def status(self) -> Status:
        """What the flags are worth now."""
        return self._client.status

    async def flush(self, timeout: float | timedelta = 1.0) -> bool:
        """Wait, at most timeout seconds, until all events have been sent. Returns whether they have."""
        return await offload(lambda: self._client.flush(timeout))

    async def refresh(self) -> bool:
        """Fetch the flags now and wait for the end of the fetch. Returns whether any flag changed."""
        return await offload(self._client.refresh)

    async def call(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """Call a method of the engine or of the backend by name."""
        return await offload(lambda: self._client.call(method, params))

    async def close(self) -> None:
        """Close the client, once its events are sent; once is enough."""
        await offload(self._client.close)

    def on_change(self, callback: Callable[[Change], object]) -> Unsubscribe:
        """Call back, in the running loop, after flags were added, removed or redefined."""
        return self._client.on_change(_in_loop(callback))

    def on_status(self, callback: Callable[[Status], object]) -> Unsubscribe:
        """Call back, in the running loop, when the state changes."""
        return self._client.on_status(_in_loop(callback))

    async def events(self) -> AsyncIterator[Event]:
        """Iterate over changes and new states as they come, until the client is closed."""
        queue: asyncio.Queue[Event] = asyncio.Queue()
        unsubscribe = [self.on_change(queue.put_nowait), self.on_status(queue.put_nowait)]
        try:
            if self.status.state == "CLOSED":
                return
            while True:
                event = await queue.get()
                yield event
                if isinstance(event, Status) and event.state == "CLOSED":
                    return
        finally:
            for end in unsubscribe:
                end()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def open(backend: str = "flipt", **options: Any) -> Client:  # noqa: A001 - as burgee.open
    """Open a client; the arguments and errors are those of burgee.open. A cancelled open leaves nothing behind."""
    return Client(await offload(lambda: _client.open(backend, **options), undo=_client.Client.close))


def _in_loop(callback: Callable[[Any], object]) -> Callable[[Any], object]:
    loop = asyncio.get_running_loop()

    def call(news: Any) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(callback, news)

    return call


async def offload(function: Callable[[], T], undo: Callable[[T], None] | None = None) -> T:
    """Call a function that blocks on a thread of its own, which keeps neither loop nor process alive.

    undo gets what the function returns after the caller was cancelled.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def deliver(value: T | None, failure: BaseException | None) -> None:
        if future.cancelled():
            drop(value, failure)
        elif failure is not None:
            future.set_exception(failure)
        else:
            future.set_result(value)  # type: ignore[arg-type]

    def drop(value: T | None, failure: BaseException | None) -> None:
        if failure is None and undo is not None:
            undo(value)  # type: ignore[arg-type]

    def run() -> None:
        value: T | None = None
        failure: BaseException | None = None
        try:
            value = function()
        except BaseException as problem:
            failure = problem
        try:
            loop.call_soon_threadsafe(deliver, value, failure)
        except RuntimeError:  # the loop was closed meanwhile
            drop(value, failure)

    _thread.start_new_thread(run, ())
    return await future
