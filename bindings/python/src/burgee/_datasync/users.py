"""Users as the vendors' clients see them: every attribute is a text. The extension reads users by the same rules."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any


def attribute_text(value: object, booleans: bool) -> str | None:
    """Return the text of an attribute's value: of texts, of what float() takes, and of booleans where they count."""
    if isinstance(value, bool):
        return str(value) if booleans else None
    try:
        text = str(value)
        if not isinstance(value, str):
            float(text)
    except ValueError:
        return None
    return text


def attribute_texts(customs: Mapping[str, object], hidden: Iterable[str], booleans: bool) -> dict[str, str]:
    """Return the texts of those attributes that count. hidden are names of built-in ones, in lower case."""
    texts = {}
    for name, value in customs.items():
        text = None if name.lower() in hidden else attribute_text(value, booleans)
        if text is not None:
            texts[name] = text
    return texts


def present_text(value: object, name: str) -> str:
    """Return a text that must be there and not be blank. Raises ValueError, naming it."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is not valid")
    return value


def split_user(user: object, built_in: Iterable[str]) -> tuple[list[Any], dict[Any, Any]]:
    """Return key and built-in members of a user's dict, and the others. Raises ValueError for what is no dict."""
    if not isinstance(user, dict):
        raise ValueError("user is not valid")
    others = dict(user)
    key, key_id = others.pop("key", None), others.pop("keyid", None)
    return [key or key_id, *(others.pop(name, None) for name in built_in)], others
