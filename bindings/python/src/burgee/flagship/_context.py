"""Contexts, as programs write them and as the engine takes them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from .flagship_context import FlagshipContext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._logs import Logs

_TAG = "UPDATE_CONTEXT"
_MOST_BITS = 1024  # what is larger than every float has no order among numbers, and may have no text


def entries(context: Any) -> dict[Any, Any]:
    """Return the entries of a dict or of a pair of key and value. Anything else has none."""
    if isinstance(context, Mapping):
        return dict(context)
    if isinstance(context, tuple) and len(context) == 2:
        try:
            return {context[0]: context[1]}
        except TypeError:  # such a key cannot be that of an attribute either
            return {}
    return {}


def usable(context: Any, logs: Logs) -> dict[str, Any]:
    """Return the attributes of a context that have a name and a value. The others are logged and left out.

    The engine checks what is predefined and reserved.
    """
    attributes = {}
    for key, value in entries(context).items():
        name = key.value[0] if isinstance(key, FlagshipContext) else key
        if not isinstance(name, str) or not name:
            logs.error(_TAG, f"a context key must be a text that is not empty, not {name!r}")
        elif not isinstance(value, (str, int, float)) or (isinstance(value, float) and not math.isfinite(value)):
            logs.error(_TAG, f"the context value of {name} must be a str, an int, a float or a bool, not {value!r}")
        elif isinstance(value, int) and value.bit_length() > _MOST_BITS:
            logs.error(_TAG, f"the context value of {name} is too large")
        else:
            attributes[name] = value
    return attributes
