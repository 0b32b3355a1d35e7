"""Flipt's client for asyncio."""

from __future__ import annotations

from ..aio import offload
from ._client import FliptClient

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType
    from typing import Any

    from .models import AuthenticationStrategy, BatchEvaluationResponse, ClientOptions, EvaluationRequest, FlagList


class AsyncFliptClient:
    """FliptClient for asyncio: ``await AsyncFliptClient.open(opts)``.

    Evaluation is not awaited, because it never blocks; its methods, arguments and errors are those of FliptClient.
    """

    def __init__(self, client: FliptClient) -> None:
        self._client = client
        self.namespace_key = client.namespace_key
        # The extension's own methods: evaluation costs here what it costs there.
        self.evaluate_variant = client.evaluate_variant
        self.evaluate_boolean = client.evaluate_boolean

    @classmethod
    async def open(cls, opts: ClientOptions | None = None) -> AsyncFliptClient:
        """Open a client. A cancelled open leaves nothing behind."""
        return cls(await offload(lambda: FliptClient(opts), undo=FliptClient.close))

    def evaluate_batch(self, requests: Iterable[EvaluationRequest]) -> BatchEvaluationResponse:
        """Evaluate flags of both types."""
        return self._client.evaluate_batch(requests)

    def list_flags(self) -> FlagList:
        """Describe every flag, by key."""
        return self._client.list_flags()

    def get_snapshot(self) -> str:
        """Return the flags as text for the option snapshot: base64."""
        return self._client.get_snapshot()

    def update_authentication(self, authentication: AuthenticationStrategy | Mapping[str, Any] | None) -> None:
        """Use another token from the next request on; None: no token."""
        self._client.update_authentication(authentication)

    @property
    def last_error(self) -> str | None:
        """The last failure since the flags were current; None when there was none."""
        return self._client.last_error

    async def refresh(self) -> bool:
        """Fetch the flags now and wait for the end of the fetch. Returns whether any flag changed."""
        return await offload(self._client.refresh)

    async def close(self) -> None:
        """Close the client, within milliseconds; once is enough."""
        await offload(self._client.close)

    async def __aenter__(self) -> AsyncFliptClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncFliptClient of {self._client!r}>"
