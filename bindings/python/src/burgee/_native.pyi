from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

_T = TypeVar("_T")

class EvaluationContext:
    def __init__(self, targeting_key: str | None = None, attributes: Mapping[str, Any] | None = None) -> None: ...
    @property
    def targeting_key(self) -> str | None: ...
    @property
    def attributes(self) -> dict[str, Any]: ...

_Context = Mapping[str, Any] | EvaluationContext | None

class ResolutionDetails:
    flag_key: str
    value: Any
    variant: str | None
    reason: str
    error_code: str | None
    error_message: str | None
    @property
    def flag_metadata(self) -> Mapping[str, Any]: ...
    def __init__(
        self,
        flag_key: str,
        value: Any,
        variant: str | None = None,
        reason: str = "UNKNOWN",
        error_code: str | None = None,
        error_message: str | None = None,
        flag_metadata: Mapping[str, Any] | None = None,
    ) -> None: ...

class Session:
    _sends: bool
    _where: tuple[int, int] | None
    def _attach(self, handle: int) -> None: ...
    def _call(self, method: str, params: bytes) -> bytes: ...
    def _detach(self) -> tuple[int, int] | None: ...

class Client(Session):
    def boolean(
        self, key: str, default: _T, context: _Context = None, *, targeting_key: str | None = None
    ) -> bool | _T: ...
    def string(
        self, key: str, default: _T, context: _Context = None, *, targeting_key: str | None = None
    ) -> str | _T: ...
    def number(
        self, key: str, default: _T, context: _Context = None, *, targeting_key: str | None = None
    ) -> int | float | _T: ...
    def object(self, key: str, default: _T, context: _Context = None, *, targeting_key: str | None = None) -> Any: ...
    def details(
        self, key: str, default: Any, context: _Context = None, *, targeting_key: str | None = None
    ) -> ResolutionDetails: ...

class VariantEvaluationResponse:
    flag_key: str
    reason: str
    variant_key: str
    variant_attachment: str | None
    request_duration_millis: float
    @property
    def match(self) -> bool: ...
    @property
    def segment_keys(self) -> list[str]: ...
    @property
    def timestamp(self) -> str: ...
    def __new__(
        cls,
        match: bool,
        segment_keys: Sequence[str],
        reason: str,
        flag_key: str,
        variant_key: str,
        variant_attachment: str | None = None,
        *,
        timestamp: str,
        request_duration_millis: float = 0.0,
    ) -> VariantEvaluationResponse: ...

class BooleanEvaluationResponse:
    flag_key: str
    reason: str
    request_duration_millis: float
    @property
    def enabled(self) -> bool: ...
    @property
    def segment_keys(self) -> list[str]: ...
    @property
    def timestamp(self) -> str: ...
    def __new__(
        cls,
        enabled: bool,
        flag_key: str,
        reason: str,
        segment_keys: Sequence[str],
        *,
        timestamp: str,
        request_duration_millis: float = 0.0,
    ) -> BooleanEvaluationResponse: ...

class FliptClient(Session):
    def evaluate_variant(self, flag_key: str, entity_id: str, context: _Context = None) -> Any: ...
    def evaluate_boolean(self, flag_key: str, entity_id: str, context: _Context = None) -> Any: ...
    def _evaluate_entry(self, flag_key: str, entity_id: str, context: _Context) -> Any: ...

class Decision:
    _id: int
    _reason: str
    _variation: Any
    _key_name: str | None
    _name: str | None

class VariationClient(Session):
    _ready: bool
    def variation(self, key: str, user: dict[str, Any], default: Any = None) -> Any: ...
    def variation_detail(self, key: str, user: dict[str, Any], default: Any = None) -> Any: ...
    def _evaluate(self, key: Any, user: Any, default: Any, exposure: bool) -> tuple[Any, ...]: ...
    def _knows(self, key: Any) -> bool: ...
    def _configure(self, vendor: str, defaults: Any, levels: Any, detail_type: type[Decision]) -> None: ...

class FlagshipVisitor:
    _lenient: bool
    @property
    def _handle(self) -> int: ...
    def _bind(self, session: Session, handle: int) -> None: ...
    def _read(self, key: str, fallback: Any, expose: bool) -> tuple[int, int, int, int, int, Any, int]: ...
    def _told(
        self, flag: FlagshipFlag, code: int, status: int, fetch_status: int, exposure: int, value_matches: bool
    ) -> None: ...

class FlagshipFlag:
    @property
    def visitor(self) -> Any: ...
    @property
    def key(self) -> str: ...
    @property
    def default_value(self) -> Any: ...
    def __init__(self, visitor: FlagshipVisitor, key: str, default: Any) -> None: ...
    def value(self, visitor_exposed: bool = True, user_exposed: bool | None = None) -> Any: ...

def load(path: str) -> None: ...
def open(options: bytes) -> bytes: ...  # noqa: A001
def wait(handle: int, generation: int, timeout_ms: int) -> bytes | None: ...
def close(handle: int, generation: int) -> bytes | None: ...
def version() -> str | None: ...
