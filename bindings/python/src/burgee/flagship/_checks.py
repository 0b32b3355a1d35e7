"""Arguments that must be of certain types."""

from __future__ import annotations

from .errors import ParamTypeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar, Union

    Expected = Union[type, list[Any]]
    T = TypeVar("T")


def check(function: str, name: str, value: T, expected: Expected) -> T:
    """Return the value of an argument. A list of types, in which None may stand, means any of them.

    Raises:
        ParamTypeError: it has another type.
    """
    types = expected if isinstance(expected, list) else [expected]
    if any(value is None if kind is None else isinstance(value, kind) for kind in types):
        return value
    raise ParamTypeError(f"Parameter '{name}' for function '{function}' is not valid. Expecting {expected} type.")
