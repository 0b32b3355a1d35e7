"""Objects with a JSON form."""

from __future__ import annotations

from abc import ABC, abstractmethod

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Jsonable(ABC):
    """Has a JSON form, as a dict and as text."""

    __slots__ = ()

    @abstractmethod
    def to_json_dict(self) -> dict[str, Any]:
        """Return the form as a dict."""

    def to_json_str(self) -> str:
        """Return the form as text."""
        import json

        return json.dumps(self.to_json_dict())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.to_json_dict()!r})"
