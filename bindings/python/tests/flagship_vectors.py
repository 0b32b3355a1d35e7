"""The vectors of AB Tasty Flagship: reading them, and comparing as they mean it."""

from __future__ import annotations

import re
from typing import Any

from datasync_vectors import load

_PLACEHOLDERS = {"qt": "<qt>", "timestamp": "<timestamp>"}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def vectors(name: str) -> Any:
    return load("flagship", f"{name}.json")


def shown(value: Any) -> Any:
    """A value with the placeholders that the vectors have for what varies."""
    if isinstance(value, dict):
        return {
            key: _PLACEHOLDERS[key] if key in _PLACEHOLDERS and isinstance(member, int) else _member(key, member)
            for key, member in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [shown(element) for element in value]
    return _UUID.sub("<uuid>", value) if isinstance(value, str) else value


def _member(key: str, member: Any) -> Any:
    seen = shown(member)
    return "<id>" if key == "id" and seen == "<uuid>" else seen
