"""Users, and the results of evaluations."""

from __future__ import annotations

from .._datasync.events import Event
from .._datasync.jsonable import Jsonable
from .._datasync.users import attribute_texts, present_text, split_user
from .._native import Decision
from .evaluator import FLAG_NAME_UNKNOWN, REASON_FLAG_NOT_FOUND

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import KeysView, Mapping
    from typing import Any, Callable

__all__ = ["AllFlagStates", "BasicFlagState", "EvalDetail", "FBEvent", "FBUser", "FlagState", "Jsonfy"]

Jsonfy = Jsonable

_HIDDEN = ("key", "keyid", "name")


class FBUser(Jsonable):
    """A user, all of whose attributes are texts: booleans are True and False.

    Attributes that are neither text nor boolean nor number do not count.

    Raises:
        ValueError: key or name is no text, or blank.
    """

    def __init__(self, key: str | None, name: str | None, **kwargs: Any) -> None:
        self._key = present_text(key, "key")
        self._name = present_text(name, "name")
        self._customs = attribute_texts(kwargs, _HIDDEN, booleans=True)

    @staticmethod
    def from_dict(user: dict[str, Any]) -> FBUser:
        """Make a user of a dict with key (or keyid), name and any others."""
        (key, name), customs = split_user(user, ("name",))
        return FBUser(key, name, **customs)

    def get(self, prop: str, default: str | None = None) -> str | None:
        """Return an attribute. Those that are built in are found whatever the case of their names."""
        if not isinstance(prop, str):
            return default
        built_in = prop.lower()
        if built_in in ("key", "keyid"):
            return self._key
        return self._name if built_in == "name" else self._customs.get(prop, default)

    def to_json_dict(self) -> dict[str, Any]:
        """Return the user as events have it."""
        customs = [{"name": name, "value": value} for name, value in self._customs.items()]
        return {"keyId": self._key, "name": self._name, "customizedProperties": customs}

    def _context(self) -> dict[str, str]:
        """Return the user as the engine takes one."""
        return {**self._customs, "name": self._name, "targetingKey": self._key}


class EvalDetail(Decision, Jsonable):
    """One decision.

    Attributes:
        reason: how it came about, or why variation is the caller's default.
        variation: the flag's value.
        key_name: the flag's key.
        name: the flag's name.
    """

    __slots__ = ()

    def __init__(self, reason: str, variation: Any, key_name: str | None = None, name: str | None = None) -> None:
        self._reason = reason
        self._variation = variation
        self._key_name = key_name
        self._name = name

    @property
    def reason(self) -> str:
        """How the decision came about, or why there was none."""
        return self._reason

    @property
    def variation(self) -> Any:
        """The flag's value, or the caller's default."""
        return self._variation

    @property
    def key_name(self) -> str | None:
        """The flag's key."""
        return self._key_name

    @property
    def name(self) -> str | None:
        """The flag's name."""
        return self._name

    def __reduce__(self) -> tuple[Any, ...]:
        return EvalDetail, (self._reason, self._variation, self._key_name, self._name)

    def to_json_dict(self) -> dict[str, Any]:
        """Return the decision as a dict."""
        return {
            "reason": self._reason,
            "variation": self._variation,
            "keyName": self._key_name,
            "name": self._name,
        }


class BasicFlagState:
    """Whether something succeeded, and otherwise why not."""

    def __init__(self, success: bool, reason: str) -> None:
        self._success = success
        self._reason = "OK" if success else reason

    @property
    def success(self) -> bool:
        """Whether it succeeded."""
        return self._success

    @property
    def reason(self) -> str:
        """OK, or what went wrong."""
        return self._reason


class FlagState(BasicFlagState, Jsonable):
    """One decision, and whether it succeeded."""

    def __init__(self, success: bool, reason: str, data: EvalDetail) -> None:
        super().__init__(success, reason)
        self._data = data

    @property
    def data(self) -> EvalDetail:
        """The decision."""
        return self._data

    def to_json_dict(self) -> dict[str, Any]:
        """Return everything as a dict."""
        return {"success": self.success, "reason": self.reason, "data": self._data.to_json_dict()}


class AllFlagStates(BasicFlagState, Jsonable):
    """The decisions about all flags for one user. A flag counts as evaluated each time that it is asked for here."""

    def __init__(
        self,
        success: bool,
        reason: str,
        data: Mapping[EvalDetail, FBEvent],
        event_handler: Callable[[FBEvent], object],
    ) -> None:
        super().__init__(success, reason)
        self._flags = {detail.key_name: (detail, event) for detail, event in data.items()}
        self._event_handler = event_handler

    def keys(self) -> KeysView[str | None]:
        """Return the keys of the flags, in the order of the storage."""
        return self._flags.keys()

    def get_variation(self, key_name: str, default: Any = None) -> Any:
        """Return a flag's value."""
        return self.get(key_name, default).variation

    def get(self, key_name: str, default: Any = None) -> EvalDetail:
        """Return the decision about a flag."""
        found = self._flags.get(key_name)
        if found is None:
            return EvalDetail(REASON_FLAG_NOT_FOUND, default, key_name, FLAG_NAME_UNKNOWN)
        detail, event = found
        self._event_handler(event)
        return detail

    def to_json_dict(self) -> dict[str, Any]:
        """Return everything as a dict. The flags do not count as evaluated by that."""
        return {
            "success": self.success,
            "message": self.reason,
            "data": [detail.to_json_dict() for detail, _ in self._flags.values()],
        }


class FBEvent(Event):
    """Something that FeatBit is to hear of a user."""
