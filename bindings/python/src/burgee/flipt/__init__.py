"""Flipt's client-side evaluation with the names of flipt-client: change the import, and nothing else.

from burgee.flipt import FliptClient
from burgee.flipt.models import ClientOptions

with FliptClient(opts=ClientOptions(url="http://localhost:8080")) as client:
    client.evaluate_variant("theme", "user-1", {"plan": "pro"})
"""

from __future__ import annotations

from . import errors, models
from ._client import FliptClient, FliptEvaluationClient

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._aio import AsyncFliptClient

__all__ = ["AsyncFliptClient", "FliptClient", "FliptEvaluationClient", "errors", "models"]


def __getattr__(name: str) -> object:
    if name == "AsyncFliptClient":  # not at import: asyncio takes longer than everything else together
        from ._aio import AsyncFliptClient

        return AsyncFliptClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
