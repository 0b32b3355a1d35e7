"""What a client says about itself and its flags: small immutable objects."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from typing import Any


class Record:
    """The names in ``__slots__`` are the attributes, in the order of the constructor."""

    __slots__: tuple[str, ...] = ()

    def _fill(self, *values: Any) -> None:
        for name, value in zip(self.__slots__, values):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    __delattr__ = __setattr__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._values() == other._values()

    __hash__ = None  # type: ignore[assignment]

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __reduce__(self) -> tuple[type[Record], tuple[Any, ...]]:
        return type(self), self._values()

    def __repr__(self) -> str:
        members = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__name__}({members})"


class State:
    """The states of a client. They are plain strings."""

    NOT_READY = "NOT_READY"  # no flags yet
    READY = "READY"  # the flags were current when the other side was last asked
    STALE = "STALE"  # there are flags, and they may be out of date
    ERROR = "ERROR"  # no flags, and the last attempt to get some failed
    FATAL = "FATAL"  # no flags will be fetched any more, because the vendor refuses; those that are there keep working
    CLOSED = "CLOSED"


class Status(Record):
    """What the flags of a client are worth at one moment.

    Attributes:
        state: one of State.
        age: the time since the flags were last known to be current; None without flags.
        version: counts the rule sets of this client; 0 before the first.
        flags: how many flags there are.
        origin: where they came from: server, stream, file, inline, cache, restored; empty without flags.
        error: the last failure since the flags were current; None when there was none.
        backend: the name of the backend.
        error_kind: the vendor's name for the kind of error; None where it has none.
        since: when the client came into this state, in UTC; None when that is not known.
        events: what became of the events for the vendor: accepted, sent, pending and so on; None where none are sent.
    """

    __slots__ = (  # noqa: RUF023 - of the constructor
        "state",
        "age",
        "version",
        "flags",
        "origin",
        "error",
        "backend",
        "error_kind",
        "since",
        "events",
    )

    state: str
    age: timedelta | None
    version: int
    flags: int
    origin: str
    error: str | None
    backend: str
    error_kind: str | None
    since: datetime | None
    events: dict[str, Any] | None

    def __init__(
        self,
        state: str,
        age: timedelta | None = None,
        version: int = 0,
        flags: int = 0,
        origin: str = "",
        error: str | None = None,
        backend: str = "",
        error_kind: str | None = None,
        since: datetime | None = None,
        events: dict[str, Any] | None = None,
    ) -> None:
        self._fill(state, age, version, flags, origin, error, backend, error_kind, since, events)

    @classmethod
    def _of(cls, status: dict[str, Any]) -> Status:
        from datetime import datetime, timedelta, timezone

        age = status["ageMs"]
        return cls(
            status["state"],
            None if age < 0 else timedelta(milliseconds=age),
            status["version"],
            status["flags"],
            status["origin"],
            status["error"],
            status["backend"],
            status.get("errorKind"),
            datetime.fromtimestamp(status["since"] / 1000, timezone.utc) if "since" in status else None,
            status.get("events"),
        )


class Change(Record):
    """Flags were added, removed or redefined.

    Attributes:
        flags: their keys, in ascending order.
        version: of the new rule set.
    """

    __slots__ = ("flags", "version")

    flags: tuple[str, ...]
    version: int

    def __init__(self, flags: tuple[str, ...], version: int) -> None:
        self._fill(flags, version)


class Flag(Record):
    """A flag, described without evaluating it.

    Attributes:
        key: its key.
        type: boolean, string, number, object or variant.
        enabled: whether it is switched on.
        description: None when the backend has none.
        default_variant: the key of its default variant, or None.
        broken: why it cannot be evaluated; None when it can.
    """

    __slots__ = ("key", "type", "enabled", "description", "default_variant", "broken")  # noqa: RUF023 - of the constructor

    key: str
    type: str
    enabled: bool
    description: str | None
    default_variant: str | None
    broken: str | None

    def __init__(
        self,
        key: str,
        type: str,  # noqa: A002 - the field's word
        enabled: bool,
        description: str | None = None,
        default_variant: str | None = None,
        broken: str | None = None,
    ) -> None:
        self._fill(key, type, enabled, description, default_variant, broken)

    @classmethod
    def _of(cls, flag: dict[str, Any]) -> Flag:
        default = flag.get("defaultVariant")
        return cls(
            flag["key"],
            flag["type"],
            flag["enabled"],
            flag.get("description"),
            None if default is None else default["key"],
            flag.get("broken"),
        )


class Explanation(Record):
    """Every step of one decision.

    Attributes:
        trace: the steps as the engine's JSON has them.
        text: the same for a person; it is also what ``str()`` gives.
    """

    __slots__ = ("trace", "text")  # noqa: RUF023 - of the constructor

    trace: dict[str, Any]
    text: str

    def __init__(self, trace: dict[str, Any], text: str) -> None:
        self._fill(trace, text)

    def __str__(self) -> str:
        return self.text
