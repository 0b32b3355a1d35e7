"""Burgee evaluates feature flags in the process: one engine behind every vendor's flags.

    import burgee

    with burgee.open(url="http://localhost:8080") as client:
        client.boolean("dark-mode", False, {"targetingKey": "user-1", "plan": "pro"})

burgee.aio is the same for asyncio. burgee.flipt, burgee.featbit and burgee.featureflagco have the names of the
vendors' own clients.
"""

from __future__ import annotations

from ._client import Client, open  # noqa: A004 - as in gzip.open
from ._native import EvaluationContext, ResolutionDetails
from ._records import Change, Explanation, Flag, State, Status
from .errors import BurgeeError

__all__ = [
    "BurgeeError",
    "Change",
    "Client",
    "EvaluationContext",
    "Explanation",
    "Flag",
    "ResolutionDetails",
    "State",
    "Status",
    "__version__",
    "open",
]

__version__ = "0.1.0"
