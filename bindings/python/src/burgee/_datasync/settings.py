"""Settings of a client: read-only objects, and the way from them to the engine's options."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    S = TypeVar("S", bound="Settings")


class Settings:
    """Attributes that are set once, by ``_set``. A subclass may have more, which are its own business."""

    def _set(self, **values: Any) -> None:
        vars(self).update(values)
        vars(self)["_fixed"] = frozenset(values)

    def _changed(self: S, **values: Any) -> S:
        """Return a copy in which some attributes are others."""
        copy = type(self).__new__(type(self))
        vars(copy).update(vars(self))
        vars(copy).update(values)
        return copy

    def __setattr__(self, name: str, value: object) -> None:
        if name in vars(self).get("_fixed", ()):
            raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")
        super().__setattr__(name, value)


def bounded(value: float | None, default: float, most: float | None = None) -> float:
    """Return an amount as the vendor's client takes it: its default for nothing and less, and never above the most."""
    if value is None or value <= 0:
        return default
    return value if most is None else min(value, most)


def at_least(value: int | None, least: int) -> int:
    """Return a number, or the least one for nothing and less."""
    return least if value is None else max(value, least)


def without_slashes(url: str) -> str:
    """Return the base URL that a path is appended to."""
    return url.rstrip("/")


def has_address(url: str) -> bool:
    """Tell whether a URL has a scheme and a host."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc)
