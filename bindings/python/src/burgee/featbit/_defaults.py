"""The caller's defaults. The extension asks here for those that are no scalars."""

from __future__ import annotations

import json
from collections.abc import Iterable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def check(default: Any) -> None:
    """Raise ValueError for a default that is no value of a flag, and TypeError for one that JSON cannot express."""
    if isinstance(default, str):
        return
    if isinstance(default, Iterable):
        json.dumps(default)
        return
    try:
        float(str(default))
    except ValueError:
        raise ValueError("value type is not supported") from None


def echo(default: Any) -> Any:
    """Return a default as the caller gets it: one that can be changed as a copy, in the form that JSON gives it."""
    return json.loads(json.dumps(default)) if isinstance(default, Iterable) else default
