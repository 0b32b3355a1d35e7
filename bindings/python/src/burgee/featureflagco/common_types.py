"""Users, and the results of evaluations."""

from __future__ import annotations

from .._datasync.events import Event
from .._datasync.jsonable import Jsonable
from .._datasync.users import attribute_texts, present_text, split_user
from .._native import Decision
from .evaluator import FLAG_KEY_UNKNOWN, FLAG_NAME_UNKNOWN, FLAG_VALUE_UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import KeysView, Mapping
    from typing import Any, Callable

__all__ = ["AllFlagStates", "BasicFlagState", "EvalDetail", "FFCEvent", "FFCUser", "FlagState", "Jsonfy"]

Jsonfy = Jsonable

_BUILT_IN = ("name", "email", "country")
_HIDDEN = ("key", "keyid", *_BUILT_IN)
_NO_VARIATION = -1


class FFCUser(Jsonable):
    """A user, all of whose attributes are texts. Attributes that are neither text nor number do not count.

    Raises:
        ValueError: key is no text, or blank; or name, email or country, if they are given.
    """

    def __init__(
        self,
        key: str,
        name: str | None = None,
        email: str | None = None,
        country: str | None = None,
        **kwargs: Any,
    ) -> None:
        self._key = present_text(key, "key")
        given = {"name": name, "email": email, "country": country}
        self._built_in = {member: present_text(value, member) for member, value in given.items() if value}
        self._customs = attribute_texts(kwargs, _HIDDEN, booleans=False)

    @staticmethod
    def from_dict(user: dict[str, Any]) -> FFCUser:
        """Make a user of a dict with key (or keyid), and maybe name, email, country and any others."""
        built_in, customs = split_user(user, _BUILT_IN)
        return FFCUser(*built_in, **customs)

    def get(self, prop: str, default: str | None = None) -> str | None:
        """Return an attribute. Those that are built in are found in lower case and with capital letters."""
        if prop in ("key", "keyid", "KeyId"):
            return self._key
        if prop in _BUILT_IN or prop in ("Name", "Email", "Country"):
            return self._built_in.get(prop.lower(), default)
        return self._customs.get(prop, default)

    def to_json_dict(self) -> dict[str, Any]:
        """Return the user as events have it."""
        built_in = self._built_in
        return {
            "keyId": self._key,
            "userName": built_in.get("name", ""),
            "email": built_in.get("email", ""),
            "country": built_in.get("country", ""),
            "customizedProperties": [{"name": name, "value": value} for name, value in self._customs.items()],
        }

    def _context(self) -> dict[str, str]:
        """Return the user as the engine takes one."""
        return {**self._customs, **self._built_in, "targetingKey": self._key}


class EvalDetail(Decision, Jsonable):
    """One decision.

    Attributes:
        id: the number of the variation; -1 when variation is the caller's default.
        reason: how it came about, or why variation is the caller's default.
        variation: the flag's value, as it is in the data.
        key_name: the flag's key.
        name: the flag's name.
    """

    __slots__ = ()

    def __init__(
        self,
        id: int,  # noqa: A002 - featureflag.co's name
        reason: str,
        variation: Any,
        key_name: str | None = None,
        name: str | None = None,
    ) -> None:
        self._id = id
        self._reason = reason
        self._variation = variation
        self._key_name = key_name
        self._name = name

    @staticmethod
    def error(reason: str, variation: Any = None, key_name: str | None = None) -> EvalDetail:
        """Return what stands for an evaluation that failed."""
        value = FLAG_VALUE_UNKNOWN if variation is None else variation
        return EvalDetail(_NO_VARIATION, reason, value, key_name or FLAG_KEY_UNKNOWN, FLAG_NAME_UNKNOWN)

    @property
    def id(self) -> int:
        """The number of the variation; -1 when there is none."""
        return self._id

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

    @property
    def is_default_value(self) -> bool:
        """Whether variation is the caller's default."""
        return self._id == _NO_VARIATION

    @property
    def is_success(self) -> bool:
        """Whether variation is the flag's value."""
        return self._id != _NO_VARIATION

    @property
    def to_flag_state(self) -> FlagState:
        """The decision, and whether it succeeded."""
        return FlagState(self.is_success, self._reason, self)

    def __reduce__(self) -> tuple[Any, ...]:
        return EvalDetail, (self._id, self._reason, self._variation, self._key_name, self._name)

    def to_json_dict(self) -> dict[str, Any]:
        """Return the decision as a dict."""
        return {
            "id": self._id,
            "reason": self._reason,
            "variation": self._variation,
            "keyName": self._key_name,
            "name": self._name,
        }


class BasicFlagState:
    """Whether something succeeded, and otherwise why not."""

    def __init__(self, success: bool, message: str) -> None:
        self._success = success
        self._message = "OK" if success else message

    @property
    def success(self) -> bool:
        """Whether it succeeded."""
        return self._success

    @property
    def message(self) -> str:
        """OK, or what went wrong."""
        return self._message


class FlagState(BasicFlagState, Jsonable):
    """One decision, and whether it succeeded."""

    def __init__(self, success: bool, message: str, data: EvalDetail) -> None:
        super().__init__(success, message)
        self._data = data

    @property
    def data(self) -> EvalDetail:
        """The decision."""
        return self._data

    def to_json_dict(self) -> dict[str, Any]:
        """Return everything as a dict."""
        return {"success": self.success, "message": self.message, "data": self._data.to_json_dict()}


class AllFlagStates(BasicFlagState, Jsonable):
    """The decisions about all flags for one user. A flag counts as evaluated each time that it is asked for here."""

    def __init__(
        self,
        success: bool,
        message: str,
        data: Mapping[EvalDetail, FFCEvent | None],
        event_handler: Callable[[FFCEvent], object],
    ) -> None:
        super().__init__(success, message)
        self._flags = {detail.key_name: (detail, event) for detail, event in data.items()}
        self._event_handler = event_handler

    @property
    def key_names(self) -> KeysView[str | None]:
        """The keys of the flags, in the order of the storage."""
        return self._flags.keys()

    def get(self, key_name: str) -> EvalDetail | None:
        """Return the decision about a flag; None for an unknown one."""
        detail, event = self._flags.get(key_name, (None, None))
        if event is not None:
            self._event_handler(event)
        return detail

    def to_json_dict(self) -> dict[str, Any]:
        """Return everything as a dict. The flags do not count as evaluated by that."""
        details = [detail.to_json_dict() for detail, _ in self._flags.values()]
        return {"success": self.success, "message": self.message, "data": details}


class FFCEvent(Event):
    """Something that featureflag.co is to hear of a user."""
