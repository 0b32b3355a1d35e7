"""Makes an environment in which two programs differ so small that a person sees why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Members without which a file makes no sense, or another one.
KEPT = [
    "id",
    "variationGroups",
    "targeting",
    "targetingGroups",
    "targetings",
    "operator",
    "key",
    "variations",
    "modifications",
]
KEPT += ["allocation", "type", "document", "visitor", "campaigns", "context", "value"]
# Objects whose keys are free.
MAPS = ["value", "context", "history"]


def shrink(case: dict[str, Any], differs: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Leave out of a case that differs whatever does not matter to that."""
    while True:
        smaller = next(filter(differs, _smaller(case)), None)
        if smaller is None:
            return case
        case = smaller


def _smaller(case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the case without one of its parts, large ones first."""
    for path in sorted(_paths(case, ()), key=len):
        yield _without(case, path)


def _paths(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        free = bool(path) and path[-1] in MAPS
        for name, each in value.items():
            if free or name not in KEPT:
                yield (*path, name)
            yield from _paths(each, (*path, name))
    elif isinstance(value, list):
        half = (len(value) + 1) // 2
        if half > 1:
            yield (*path, slice(half))
            yield (*path, slice(half, None))
        for at, each in enumerate(value):
            yield (*path, at)
            yield from _paths(each, (*path, at))


def _without(value: Any, path: tuple[Any, ...]) -> Any:
    first, rest = path[0], path[1:]
    copied = value.copy()
    if rest:
        copied[first] = _without(value[first], rest)
    else:
        del copied[first]
    return copied
