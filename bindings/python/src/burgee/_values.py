"""Values that are no plain JSON, on their way to the engine. The extension asks for this only when it meets one."""

from __future__ import annotations

import json
from collections.abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Union

    Plain = Union[None, bool, int, float, str, dict[Any, Any], list[Any], tuple[Any, ...]]


def loads(text: str | bytes) -> Any:
    """Return what JSON text holds. A whole number with more digits than Python reads is a float."""
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(text, parse_int=_whole)


def _whole(digits: str) -> float:
    try:
        return int(digits)
    except ValueError:
        return float(digits)


def _unwrap(value: Any) -> Any:
    """Return the JSON value that stands for value. Raises TypeError when there is none."""
    from datetime import date, time
    from decimal import Decimal
    from enum import Enum
    from uuid import UUID

    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() and value.as_tuple().exponent == 0 else float(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return list(value)
    raise TypeError(f"{type(value).__name__} {value!r}")


_PLAIN = (type(None), bool, int, float, str, dict, list, tuple)


def plain(name: str, value: Any) -> Plain:
    """Return the value as exactly one of the types of Plain. Raises TypeError, naming the attribute."""
    try:
        while type(value) not in _PLAIN:
            value = _built_in(value)
    except TypeError as problem:
        raise TypeError(f"attribute {name!r} is no value of JSON: {problem}") from None
    return value  # type: ignore[no-any-return]


def _built_in(value: Any) -> Any:
    """Take one step towards a value of a built-in type."""
    if not hasattr(value, "_value_"):  # an Enum of strings or integers is one of those as well
        if isinstance(value, str):
            return str.__str__(value)
        kinds: tuple[type, ...] = (int, float, dict, list, tuple)
        for kind in kinds:
            if isinstance(value, kind):
                return kind(value)
    return _unwrap(value)


def dumps(name: str, value: Any) -> str:
    """Return the JSON text of a dict, list or tuple. Raises InvalidContextError or TypeError, naming the attribute."""
    from .errors import InvalidContextError

    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_unwrap)
    except (ValueError, RecursionError) as problem:
        raise InvalidContextError("INVALID_CONTEXT", f"attribute {name!r}: {problem}") from None
    except TypeError as problem:
        raise TypeError(f"attribute {name!r} is no value of JSON: {problem}") from None


def context_parts(context: Any) -> dict[str, Any]:
    """Return the members of a context that is neither a dict nor an EvaluationContext.

    Mappings are taken, and whatever has OpenFeature's ``targeting_key`` and ``attributes``.
    """
    if isinstance(context, Mapping):
        return dict(context)
    try:
        members = dict(context.attributes)
        key = context.targeting_key
    except AttributeError:
        raise TypeError(f"the context must be a mapping or an EvaluationContext, not {context!r}") from None
    if key is not None:
        members["targetingKey"] = key
    return members


def context_json(context: Any, targeting_key: str | None = None) -> dict[str, Any]:
    """Return a context as the engine's JSON has it."""
    members = {} if context is None else context_parts(context)
    if targeting_key is not None:
        members["targetingKey"] = targeting_key
    return {name: plain(name, value) if type(value) not in _PLAIN else value for name, value in members.items()}


def encode(params: Mapping[str, Any]) -> bytes:
    """Return the JSON text of a call's params. Raises InvalidRequestError for what JSON cannot hold."""
    from .errors import InvalidRequestError

    try:
        text = json.dumps(params, allow_nan=False, separators=(",", ":"), default=_unwrap)
    except (ValueError, RecursionError) as problem:
        raise InvalidRequestError("INVALID_REQUEST", str(problem)) from None
    except TypeError as problem:
        raise TypeError(f"no value of JSON: {problem}") from None
    return text.encode()
