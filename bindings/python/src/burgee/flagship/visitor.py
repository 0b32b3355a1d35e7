"""Visitors."""

from __future__ import annotations

import json
from enum import Enum

from ._context import usable
from ._engine import ENGINE
from ._handle import VisitorHandle
from .flag import Flag
from .hits import Hit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Visitor"]


class Visitor(VisitorHandle):
    """A visitor, as Flagship.new_visitor makes it. It may be used from any thread, and in a forked child.

    What goes wrong is told to the log manager; nothing is raised.
    """

    class Instance(Enum):
        """What becomes of a visitor that is made."""

        SINGLE_INSTANCE = 0
        """Flagship.get_visitor() returns it from now on."""
        NEW_INSTANCE = 1
        """It is only returned."""

    def __init__(self, visitor_id: str, **kwargs: Any) -> None:
        """Take instance_type, authenticated, consent and context, as Flagship.new_visitor does."""
        consent, authenticated = kwargs.get("consent"), kwargs.get("authenticated")
        super().__init__(visitor_id, consent is not False, authenticated is True, kwargs.get("context"))
        if kwargs.get("instance_type") is Visitor.Instance.SINGLE_INSTANCE:
            ENGINE.visitor = self

    @property
    def visitor_id(self) -> str:
        """The current id."""
        return self._visitor_id

    @property
    def anonymous_id(self) -> str | None:
        """The id from before logging in; None: the visitor is not logged in."""
        return self._anonymous_id

    @property
    def is_authenticated(self) -> bool:
        """Whether the visitor is logged in."""
        return self._anonymous_id is not None

    @property
    def has_consented(self) -> bool:
        """Whether the visitor agrees to be tracked."""
        return self._consent

    @property
    def context(self) -> dict[str, Any]:
        """A copy of the context, with what the SDK has added."""
        return self._ask("state", {}).get("context") or {}

    @property
    def assignations(self) -> dict[str, str]:
        """The variation of each variation group that was decided so far."""
        return self._ask("state", {}).get("assignments") or {}

    @property
    def exposed_variations(self) -> list[str]:
        """The ids of the variations that the visitor has seen."""
        return self._ask("state", {}).get("exposed") or []

    def update_context(self, context: Any) -> None:
        """Add attributes: a dict, or a pair of key and value. Flags have to be fetched again for that to count.

        Keys are texts or members of FlagshipContext, values are texts, numbers and booleans.
        """
        added = usable(context, ENGINE.logs)
        if added and not self._refused("UPDATE_CONTEXT", self._ask("update_context", {"context": added})):
            self._given.update(added)

    def fetch_flags(self) -> None:
        """Have the flags decided anew, and wait for that. They stay as they were when it fails."""
        self._fetch()

    def get_flag(self, key: str, default: Any) -> Flag:
        """Return a flag. Its value is default when the visitor does not have it."""
        return Flag(self, key, default)

    def send_hit(self, hit: Hit) -> None:
        """Tell the vendor what the visitor did. It is sent soon, together with others."""
        if not isinstance(hit, Hit):
            self._error("SEND_HIT", "send_hit() param must be a subclass of Hit.")
            return
        self._refused("SEND_HIT", self._ask("send", {"hit": hit._members()}))

    def set_consent(self, consent: bool) -> None:
        """Say whether the visitor agrees to be tracked. The vendor is told, also when it is as before."""
        self._consent = bool(consent)
        self._ask("consent", {"consent": self._consent})

    def authenticate(self, visitor_id: str) -> None:
        """Log the visitor in. Flags have to be fetched again for that to count."""
        id_ = "" if visitor_id is None else str(visitor_id)
        self._identify("AUTHENTICATE", self._ask("authenticate", {"id": id_}))

    def unauthenticate(self) -> None:
        """Log the visitor out: the id is the one from before. Flags have to be fetched again for that to count."""
        self._identify("UNAUTHENTICATE", self._ask("unauthenticate", {}))

    def _identify(self, tag: str, reply: dict[str, Any]) -> None:
        if not self._refused(tag, reply):
            self._visitor_id, self._anonymous_id = reply["id"], reply["anonymousId"]

    def _refused(self, tag: str, reply: dict[str, Any]) -> bool:
        """Log why a call was refused. Returns whether it was, or failed."""
        why = reply.get("why") or reply.get("refused")
        if why:
            self._error(tag, f"refused: {why}")
        return bool(why) or not reply

    def cache_visitor(self) -> None:
        """Do nothing: the engine caches a visitor whenever something was decided."""

    def lookup_visitor(self) -> None:
        """Do nothing: the engine looks a visitor up when it is made."""

    def flush_visitor(self) -> None:
        """Have the cache manager forget the visitor."""
        ENGINE.forget(self._visitor_id)

    def flush_hits(self) -> None:
        """Do nothing: the engine takes back hits when consent is withdrawn."""

    def __str__(self) -> str:
        flags = self._ask("flags", {}).get("flags") or []
        shown = {
            "visitor_id": self._visitor_id,
            "anonymous_id": self._anonymous_id,
            "has_consented": self._consent,
            "is_authenticated": self.is_authenticated,
            "context": self.context,
            "flags": {flag["key"]: flag["value"] for flag in flags},
            "assignations": self.assignations,
            "exposed_variations": self.exposed_variations,
        }
        return json.dumps(shown, indent=4, ensure_ascii=False)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._visitor_id!r}>"
