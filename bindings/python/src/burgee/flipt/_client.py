"""Flipt's clients, under Flipt's names."""

from __future__ import annotations

import sys
import warnings

from .. import _native
from .._events import start
from .._session import call, close_session, interruptible, open_session
from ..errors import BurgeeError, InvalidConfigError, InvalidHandleError
from .errors import EvaluationError, ValidationError
from .models import (
    AuthenticationStrategy,
    BatchEvaluationResponse,
    BooleanEvaluationResponse,
    ClientOptions,
    ErrorEvaluationResponse,
    EvaluationResponse,
    Flag,
    FlagList,
    FlagType,
    VariantEvaluationResponse,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType
    from typing import Any, Callable

    from .models import EvaluationRequest

_CLOSED = "error engine null pointer"  # Flipt's words


class FliptClient(_native.FliptClient):
    """A client of Flipt, as flipt_client.FliptClient.

    Makes no difference between a server that cannot be reached and one that can: evaluation raises what went wrong.
    More than Flipt's own: it is a context manager, survives a fork, and has update_authentication, refresh and
    last_error.

    Raises:
        ValidationError: an option is unknown or has a wrong value; the message names it.
    """

    def __init__(self, opts: ClientOptions | None = None) -> None:
        options = ClientOptions() if opts is None else opts
        if not isinstance(options, ClientOptions):
            raise ValidationError(f"opts must be ClientOptions, not {opts!r}")
        self.namespace_key: str = options.namespace or "default"
        try:
            open_session(self, options._engine_options())
        except InvalidConfigError as problem:
            raise ValidationError(problem.message, problem.code) from None
        self._revived()

    if TYPE_CHECKING:

        def evaluate_variant(
            self, flag_key: str, entity_id: str, context: Mapping[str, Any] | _native.EvaluationContext | None = None
        ) -> VariantEvaluationResponse:
            """Evaluate a variant flag."""

        def evaluate_boolean(
            self, flag_key: str, entity_id: str, context: Mapping[str, Any] | _native.EvaluationContext | None = None
        ) -> BooleanEvaluationResponse:
            """Evaluate a boolean flag."""

    def evaluate_batch(self, requests: Iterable[EvaluationRequest]) -> BatchEvaluationResponse:
        """Evaluate flags of both types.

        A flag that does not exist, or whose definition makes no sense, is an entry of its own; it raises nothing.
        """
        entries = [self._entry(request) for request in requests]
        if not entries:
            self.list_flags()  # raises what every call does while a failure hides the flags
        return BatchEvaluationResponse(responses=entries, request_duration_millis=0.0)

    def _entry(self, request: EvaluationRequest) -> EvaluationResponse:
        reason = "NOT_FOUND_ERROR_EVALUATION_REASON"
        try:
            response = self._evaluate_entry(request.flag_key, request.entity_id, request.context)
        except EvaluationError:
            # Only this flag's definition may be at fault, and that does not depend on the context.
            if self._ask("resolve", {"key": request.flag_key}).get("errorCode") != "PARSE_ERROR":
                raise
            response, reason = None, "UNKNOWN_ERROR_EVALUATION_REASON"
        if type(response) is VariantEvaluationResponse:
            return EvaluationResponse(type="VARIANT_EVALUATION_RESPONSE_TYPE", variant_evaluation_response=response)
        if type(response) is BooleanEvaluationResponse:
            return EvaluationResponse(type="BOOLEAN_EVALUATION_RESPONSE_TYPE", boolean_evaluation_response=response)
        missing = ErrorEvaluationResponse(flag_key=request.flag_key, namespace_key=self.namespace_key, reason=reason)
        return EvaluationResponse(type="ERROR_EVALUATION_RESPONSE_TYPE", error_evaluation_response=missing)

    def list_flags(self) -> FlagList:
        """Describe every flag, by key. Without any flags so far the list is empty under the error strategy fallback."""
        try:
            flags = self._ask("flags")["flags"]
        except EvaluationError as problem:
            if problem.code != "PROVIDER_NOT_READY":
                raise
            flags = []
        return FlagList(
            Flag(
                key=flag["key"],
                enabled=flag["enabled"],
                type=FlagType.BOOLEAN if flag["type"] == "boolean" else FlagType.VARIANT,
                description=flag.get("description"),
            )
            for flag in flags
        )

    def get_snapshot(self) -> str:
        """Return the flags as text for the option snapshot: base64."""
        return str(self._ask("flipt.snapshot")["snapshot"])

    def update_authentication(self, authentication: AuthenticationStrategy | Mapping[str, Any] | None) -> None:
        """Use another token from the next request on; None: no token."""
        if isinstance(authentication, AuthenticationStrategy):
            authentication = authentication.model_dump(exclude_none=True)
        self._ask("flipt.update_authentication", {"authentication": authentication or "none"})

    def refresh(self) -> bool:
        """Fetch the flags now and wait for the end of the fetch. Returns whether any flag changed."""
        return bool(interruptible(lambda: self._ask("refresh"))["changed"])

    @property
    def last_error(self) -> str | None:
        """The last failure since the flags were current; None when there was none."""
        error = self._ask("status")["error"]
        return None if error is None else str(error)

    def _ask(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        try:
            return call(self, method, params)
        except InvalidHandleError as problem:
            raise EvaluationError(_CLOSED, problem.code) from None
        except BurgeeError as problem:
            raise EvaluationError(problem.message, problem.code) from None

    def close(self) -> None:
        """Close the client, within milliseconds; once is enough."""
        close_session(self)

    def __enter__(self) -> FliptClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(
        self, _close: Callable[[_native.Session], bool] = close_session, _ending: Callable[[], bool] = sys.is_finalizing
    ) -> None:
        # No warning: Flipt's clients before 1.0 had no close() that a caller could have forgotten.
        if not _ending():
            _close(self)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a client cannot be pickled; make one in each process, or use the start method fork")

    def _handle_event(self, event: dict[str, Any]) -> None:
        """Take no notice: Flipt's client has no listeners."""

    def _revived(self, _reply: bytes | None = None) -> None:
        """Wait for log messages; again, when the extension has opened this client anew in a forked child."""
        if self._where is not None:
            start(self, self._where)


class FliptEvaluationClient(FliptClient):
    """FliptClient under the name, and with the arguments, that it had before version 1.0 of flipt-client.

    namespace counts before that of the options. The options may be given as opts, options or engine_opts.
    """

    def __init__(
        self,
        namespace: str | ClientOptions | None = None,
        opts: ClientOptions | None = None,
        *,
        options: ClientOptions | None = None,
        engine_opts: ClientOptions | None = None,
    ) -> None:
        warnings.warn(
            "FliptEvaluationClient is deprecated and will be removed in a future release. Use FliptClient instead.",
            DeprecationWarning,
            stacklevel=2,
        )
        given = [one for one in (opts, options, engine_opts) if one is not None]
        if isinstance(namespace, ClientOptions):  # the one argument of version 1.0 and later
            given.append(namespace)
            namespace = None
        if len(given) > 1:
            raise ValidationError("opts, options and engine_opts are one argument under three names; give it once")
        chosen = given[0] if given else ClientOptions()
        if namespace is not None and isinstance(chosen, ClientOptions):
            chosen = chosen.model_copy(update={"namespace": namespace})
        super().__init__(chosen)
