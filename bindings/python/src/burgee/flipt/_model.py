"""What Flipt's models have in common: the part of pydantic's surface that is used with them, without pydantic."""

from __future__ import annotations

from enum import Enum

from .errors import ValidationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import Any, ClassVar, TypeVar

    M = TypeVar("M", bound="Model")
    E = TypeVar("E", bound=Enum)


class Model:
    """A model's members are its ``_fields``, and keyword arguments of its constructor."""

    __slots__ = ()

    _fields: ClassVar[tuple[str, ...]] = ()

    def model_dump(
        self,
        *,
        mode: str = "python",
        include: Collection[str] | None = None,
        exclude: Collection[str] | None = None,
        exclude_none: bool = False,
    ) -> dict[str, Any]:
        """Return the members as a dict, models within as dicts as well; with mode "json", enums as their values."""
        dumped = {}
        for name in self._fields:
            value = self._dump_field(name)
            wanted = (include is None or name in include) and (exclude is None or name not in exclude)
            if wanted and not (exclude_none and value is None):
                dumped[name] = dump(value, mode, exclude_none)
        return dumped

    def model_dump_json(
        self,
        *,
        indent: int | None = None,
        include: Collection[str] | None = None,
        exclude: Collection[str] | None = None,
        exclude_none: bool = False,
    ) -> str:
        """Return the members as JSON text."""
        members = self.model_dump(mode="json", include=include, exclude=exclude, exclude_none=exclude_none)
        return encode(members, indent)

    def dict(self, **options: Any) -> dict[str, Any]:
        """Return what model_dump returns; the name of pydantic 1."""
        return self.model_dump(**options)

    def json(self, **options: Any) -> str:
        """Return what model_dump_json returns; the name of pydantic 1."""
        return self.model_dump_json(**options)

    @classmethod
    def model_validate(cls: type[M], data: Any) -> M:
        """Make a model from a dict. Members that are no fields are ignored."""
        if isinstance(data, cls):
            return data
        if not isinstance(data, dict):
            raise ValidationError(f"{cls.__name__} must be an object, not {data!r}")
        try:
            return cls(**{name: data[name] for name in cls._fields if name in data})
        except TypeError as problem:
            raise ValidationError(f"{cls.__name__}: {problem}") from None

    @classmethod
    def model_validate_json(cls: type[M], data: str | bytes | bytearray) -> M:
        """Make a model from JSON text."""
        from json import loads

        try:
            decoded = loads(data)
        except ValueError as problem:
            raise ValidationError(f"{cls.__name__}: {problem}") from None
        return cls.model_validate(decoded)

    parse_obj = model_validate
    parse_raw = model_validate_json

    def model_copy(self: M, *, update: dict[str, Any] | None = None) -> M:  # type: ignore[valid-type]
        """Return a copy, with some members changed."""
        members = {name: getattr(self, name) for name in self._fields}
        members.update(update or {})
        return type(self)(**members)

    def copy(self: M, *, update: dict[str, Any] | None = None) -> M:  # type: ignore[valid-type]
        """Return what model_copy returns; the name of pydantic 1."""
        return self.model_copy(update=update)

    def _dump_field(self, name: str) -> Any:
        return getattr(self, name)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        for name in self._fields:
            yield name, getattr(self, name)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._fields)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), {name: getattr(self, name) for name in self._fields})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._members_text(', ')})"

    def __str__(self) -> str:
        return self._members_text(" ")

    def _members_text(self, separator: str) -> str:
        return separator.join(f"{name}={_hide(name, getattr(self, name))!r}" for name in self._fields)


def _restore(cls: type[M], members: dict[str, Any]) -> M:
    return cls(**members)


class _Hidden:
    def __repr__(self) -> str:
        return "'**********'"


_SECRETS = ("auth_token", "client_key_data", "client_token", "jwt_token")


def _hide(name: str, value: Any) -> Any:
    return _Hidden() if name in _SECRETS and value is not None else value


def dump(value: Any, mode: str, exclude_none: bool) -> Any:
    """Return a value without models in it."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode=mode, exclude_none=exclude_none)
    if isinstance(value, Enum):
        return value.value if mode == "json" else value
    if isinstance(value, (list, tuple)):
        return [dump(item, mode, exclude_none) for item in value]
    return value


def encode(value: Any, indent: int | None = None) -> str:
    """Return JSON text as pydantic 2 writes it: compact, not escaped."""
    from json import dumps

    return dumps(value, ensure_ascii=False, indent=indent, separators=None if indent else (",", ":"))


def text(cls: type, name: str, value: Any, optional: bool = True) -> Any:
    """Return a str, or None if optional. Anything else is a ValidationError that names the member."""
    if isinstance(value, str) or (value is None and optional):
        return value
    raise wrong(cls, name, value, "a str")


def boolean(cls: type, name: str, value: Any, optional: bool = True) -> Any:
    """As text, for a bool."""
    if isinstance(value, bool) or (value is None and optional):
        return value
    raise wrong(cls, name, value, "a bool")


def member(cls: type, name: str, value: Any, kind: type[E], optional: bool = True) -> E | None:
    """As text, for a member of an enum or its value."""
    if value is None and optional:
        return None
    try:
        return kind(value)
    except ValueError:
        choices = " or ".join(repr(choice.value) for choice in kind)
        raise wrong(cls, name, value, choices) from None


def model(value: Any, kind: type[M], optional: bool = True) -> M | None:
    """As text, for a model or a dict of its members."""
    return None if value is None and optional else kind.model_validate(value)


def wrong(cls: type, name: str, value: Any, wanted: str) -> ValidationError:
    """Return the error for a member; it shows the value unless that is a secret."""
    return ValidationError(f"{cls.__name__}: {name} is {_hide(name, value)!r}, want {wanted}")


def refuse(cls: type, unknown: dict[str, Any]) -> None:
    """Raise for keyword arguments that are no fields."""
    if unknown:
        raise ValidationError(f"{cls.__name__}: {', '.join(sorted(unknown))} is not an option")
