"""Flipt's models, under Flipt's names."""

from __future__ import annotations

from enum import Enum

from .. import _native
from ._model import Model, boolean, dump, encode, member, model, text, wrong
from ._options import (
    AuthenticationStrategy,
    ClientOptions,
    ClientTokenAuthentication,
    EngineOpts,
    ErrorStrategy,
    FetchMode,
    JWTAuthentication,
    TlsConfig,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, ClassVar, TypeVar

    M = TypeVar("M", bound=Model)

__all__ = [
    "AuthenticationStrategy",
    "BatchEvaluationResponse",
    "BatchResult",
    "BooleanEvaluationResponse",
    "BooleanResult",
    "ClientOptions",
    "ClientTokenAuthentication",
    "EngineOpts",
    "ErrorEvaluationResponse",
    "ErrorStrategy",
    "EvaluationRequest",
    "EvaluationResponse",
    "FetchMode",
    "Flag",
    "FlagList",
    "FlagType",
    "JWTAuthentication",
    "ListFlagsResult",
    "TlsConfig",
    "VariantEvaluationResponse",
    "VariantResult",
    "model_from_json",
    "model_to_json",
]


class FlagType(str, Enum):
    """The two types of a flag."""

    BOOLEAN = "BOOLEAN_FLAG_TYPE"
    VARIANT = "VARIANT_FLAG_TYPE"


class EvaluationRequest(Model):
    """One request of a batch."""

    __slots__ = ("context", "entity_id", "flag_key")

    _fields: ClassVar[tuple[str, ...]] = ("flag_key", "entity_id", "context")

    def __init__(self, *, flag_key: str, entity_id: str, context: dict[str, Any]) -> None:
        self.flag_key = flag_key
        self.entity_id = entity_id
        self.context = context


def _adopt(response: Any, *fields: str) -> Any:
    """Give a type of the extension the methods of Model.

    It does not inherit them, because instances of a subclass made in Python are tracked by the garbage collector, which
    every evaluation would pay for.
    """
    response._fields = fields
    for name in _METHODS:
        setattr(response, name, vars(Model)[name])
    return response


_METHODS = [name for name, member in vars(Model).items() if callable(member) or isinstance(member, classmethod)]
_METHODS.append("__hash__")

if TYPE_CHECKING:

    class VariantEvaluationResponse(Model, _native.VariantEvaluationResponse):
        """The answer of evaluate_variant. Immutable."""

    class BooleanEvaluationResponse(Model, _native.BooleanEvaluationResponse):
        """The answer of evaluate_boolean. Immutable."""

else:
    VariantEvaluationResponse = _adopt(
        _native.VariantEvaluationResponse,
        "match",
        "segment_keys",
        "reason",
        "flag_key",
        "variant_key",
        "variant_attachment",
        "request_duration_millis",
        "timestamp",
    )
    BooleanEvaluationResponse = _adopt(
        _native.BooleanEvaluationResponse,
        "enabled",
        "flag_key",
        "reason",
        "request_duration_millis",
        "timestamp",
        "segment_keys",
    )


class ErrorEvaluationResponse(Model):
    """The entry of a batch for a flag that does not exist."""

    __slots__ = ("flag_key", "namespace_key", "reason")

    _fields: ClassVar[tuple[str, ...]] = ("flag_key", "namespace_key", "reason")

    def __init__(self, *, flag_key: str, namespace_key: str, reason: str) -> None:
        self.flag_key = flag_key
        self.namespace_key = namespace_key
        self.reason = reason


class EvaluationResponse(Model):
    """One entry of the answer to a batch: type says which of the three responses is there."""

    __slots__ = ("boolean_evaluation_response", "error_evaluation_response", "type", "variant_evaluation_response")

    _fields: ClassVar[tuple[str, ...]] = (
        "type",
        "boolean_evaluation_response",
        "variant_evaluation_response",
        "error_evaluation_response",
    )

    def __init__(
        self,
        *,
        type: str,  # noqa: A002 - Flipt's name
        boolean_evaluation_response: BooleanEvaluationResponse | None = None,
        variant_evaluation_response: VariantEvaluationResponse | None = None,
        error_evaluation_response: ErrorEvaluationResponse | None = None,
    ) -> None:
        self.type = type
        self.boolean_evaluation_response = model(boolean_evaluation_response, BooleanEvaluationResponse)
        self.variant_evaluation_response = model(variant_evaluation_response, VariantEvaluationResponse)
        self.error_evaluation_response = model(error_evaluation_response, ErrorEvaluationResponse)


class BatchEvaluationResponse(Model):
    """The answer of evaluate_batch: one response for each request, in their order."""

    __slots__ = ("request_duration_millis", "responses")

    _fields: ClassVar[tuple[str, ...]] = ("responses", "request_duration_millis")

    def __init__(self, *, responses: Iterable[EvaluationResponse], request_duration_millis: float) -> None:
        self.responses = [EvaluationResponse.model_validate(response) for response in responses]
        self.request_duration_millis = float(request_duration_millis)


class Flag(Model):
    """A flag, described without evaluating it."""

    __slots__ = ("description", "enabled", "key", "type")

    _fields: ClassVar[tuple[str, ...]] = ("key", "enabled", "type", "description")

    def __init__(
        self,
        *,
        key: str,
        enabled: bool,
        type: FlagType | str,  # noqa: A002 - Flipt's name
        description: str | None = None,
    ) -> None:
        cls = Flag
        self.key: str = text(cls, "key", key, optional=False)
        self.enabled: bool = boolean(cls, "enabled", enabled, optional=False)
        self.type = member(cls, "type", type, FlagType, optional=False)
        self.description: str | None = text(cls, "description", description)


class FlagList(Model):
    """A sequence of flags; root is the list itself."""

    __slots__ = ("root",)

    _fields: ClassVar[tuple[str, ...]] = ("root",)

    def __init__(self, root: Iterable[Any] = ()) -> None:
        self.root = [Flag.model_validate(flag) for flag in root]

    def __len__(self) -> int:
        return len(self.root)

    def __getitem__(self, index: Any) -> Any:
        return self.root[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.root)

    def model_dump(self, *, mode: str = "python", exclude_none: bool = False, **_: Any) -> Any:
        """Return the flags as a list of dicts."""
        return dump(self.root, mode, exclude_none)

    @classmethod
    def model_validate(cls, data: Any) -> FlagList:
        """Make a list of flags from a list of dicts."""
        if isinstance(data, FlagList):
            return data
        if not isinstance(data, (list, tuple)):
            raise wrong(cls, "root", data, "a list of flags")
        return cls(data)


class _Result(Model):
    """The envelope that versions of flipt-client before 0.11 returned."""

    __slots__ = ("error_message", "result", "status")

    _fields: ClassVar[tuple[str, ...]] = ("status", "result", "error_message")
    _kind: ClassVar[type[Model]] = Model

    def __init__(self, *, status: str, result: Any = None, error_message: str | None = None) -> None:
        self.status = status
        self.result: Any = model(result, self._kind)
        self.error_message = error_message


class VariantResult(_Result):
    """The envelope of a variant evaluation."""

    __slots__ = ()
    _kind: ClassVar[type[Model]] = VariantEvaluationResponse


class BooleanResult(_Result):
    """The envelope of a boolean evaluation."""

    __slots__ = ()
    _kind: ClassVar[type[Model]] = BooleanEvaluationResponse


class BatchResult(_Result):
    """The envelope of a batch."""

    __slots__ = ()
    _kind: ClassVar[type[Model]] = BatchEvaluationResponse


class ListFlagsResult(_Result):
    """The envelope of list_flags."""

    __slots__ = ()
    _kind: ClassVar[type[Model]] = FlagList


def model_to_json(model: Model, *, exclude_none: bool = False) -> str:
    """Return a model as JSON text."""
    return encode(model.model_dump(mode="json", exclude_none=exclude_none))


def model_from_json(cls: type[M], data: str | bytes) -> M:
    """Make a model from JSON text. Raises ValidationError."""
    return cls.model_validate_json(data)
