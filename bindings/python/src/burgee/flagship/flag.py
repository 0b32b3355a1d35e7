"""A flag of a visitor."""

from __future__ import annotations

from .. import _native
from ._codes import OK, READABLE
from .flag_metadata import FlagMetadata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .visitor import Visitor

__all__ = ["Flag"]


class Flag(_native.FlagshipFlag):
    """A flag of a visitor, as Visitor.get_flag returns it. It shows what the visitor's last fetch has brought.

    Attributes:
        key: of the flag.
        default_value: what stands in for a value.
        visitor: whose flag it is.
    """

    __slots__ = ()

    visitor: Visitor

    if TYPE_CHECKING:

        def value(self, visitor_exposed: bool = True, user_exposed: bool | None = None) -> Any:
            """Return the flag's value, or default_value if there is none of the same type.

            The vendor hears that the visitor has seen the flag, unless visitor_exposed is False. The vendor's
            documentation calls that argument user_exposed.
            """

    def visitor_exposed(self) -> None:
        """Tell the vendor that the visitor has seen the flag."""
        read = self.visitor._read_anew(self.key, self.default_value, True)
        self.visitor._told_exposure(self.key, read[4])

    def exists(self) -> bool:
        """Whether the visitor has the flag. The type of its value does not count."""
        read = self.visitor._read_anew(self.key, None, False)
        return read[0] == OK and read[1] in READABLE

    def metadata(self) -> FlagMetadata:
        """Return the campaign that the flag comes from."""
        return FlagMetadata(self.visitor._ask("flag", {"key": self.key}).get("metadata") or {})

    def __repr__(self) -> str:
        return f"Flag({self.key!r}, {self.default_value!r})"
