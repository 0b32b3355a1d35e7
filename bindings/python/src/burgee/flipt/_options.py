"""The models of what a client is opened with."""

from __future__ import annotations

import os
from enum import Enum

from ._model import Model, boolean, member, model, refuse, text, wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from typing import Any, ClassVar, Union

    Interval = Union[timedelta, int, float, None]


class FetchMode(str, Enum):
    """How flags are kept current."""

    POLLING = "polling"
    STREAMING = "streaming"


class ErrorStrategy(str, Enum):
    """What a failed fetch does to evaluation."""

    FAIL = "fail"
    FALLBACK = "fallback"


class AuthenticationStrategy(Model):
    """How the client proves who it is: one token, of either kind."""

    __slots__ = ("client_token", "jwt_token")

    _fields: ClassVar[tuple[str, ...]] = ("client_token", "jwt_token")

    client_token: str | None
    jwt_token: str | None

    def __init__(self, *, client_token: str | None = None, jwt_token: str | None = None) -> None:
        self.client_token = text(type(self), "client_token", client_token)
        self.jwt_token = text(type(self), "jwt_token", jwt_token)


class ClientTokenAuthentication(AuthenticationStrategy):
    """A client token of Flipt's."""

    __slots__ = ()

    _fields: ClassVar[tuple[str, ...]] = ("client_token",)

    def __init__(self, client_token: str) -> None:
        text(type(self), "client_token", client_token, optional=False)
        super().__init__(client_token=client_token)


class JWTAuthentication(AuthenticationStrategy):
    """A JSON web token."""

    __slots__ = ()

    _fields: ClassVar[tuple[str, ...]] = ("jwt_token",)

    def __init__(self, jwt_token: str) -> None:
        text(type(self), "jwt_token", jwt_token, optional=False)
        super().__init__(jwt_token=jwt_token)


class TlsConfig(Model):
    """Certificates. Text of a certificate counts before its file. The files must exist."""

    __slots__ = _fields = (
        "ca_cert_file",
        "ca_cert_data",
        "insecure_skip_verify",
        "insecure_skip_hostname_verify",
        "client_cert_file",
        "client_key_file",
        "client_cert_data",
        "client_key_data",
    )

    def __init__(
        self,
        *,
        ca_cert_file: str | None = None,
        ca_cert_data: str | None = None,
        insecure_skip_verify: bool | None = None,
        insecure_skip_hostname_verify: bool | None = None,
        client_cert_file: str | None = None,
        client_key_file: str | None = None,
        client_cert_data: str | None = None,
        client_key_data: str | None = None,
        **unknown: Any,
    ) -> None:
        cls = type(self)
        refuse(cls, unknown)
        self.ca_cert_file = _existing(cls, "ca_cert_file", ca_cert_file)
        self.ca_cert_data = text(cls, "ca_cert_data", ca_cert_data)
        self.insecure_skip_verify = boolean(cls, "insecure_skip_verify", insecure_skip_verify)
        self.insecure_skip_hostname_verify = boolean(
            cls, "insecure_skip_hostname_verify", insecure_skip_hostname_verify
        )
        self.client_cert_file = _existing(cls, "client_cert_file", client_cert_file)
        self.client_key_file = _existing(cls, "client_key_file", client_key_file)
        self.client_cert_data = text(cls, "client_cert_data", client_cert_data)
        self.client_key_data = text(cls, "client_key_data", client_key_data)


def _existing(cls: type, name: str, path: Any) -> Any:
    if path is None:
        return None
    path = text(cls, name, os.fspath(path) if isinstance(path, os.PathLike) else path)
    if not os.path.exists(path):
        raise wrong(cls, name, path, f"a file that exists: {name} does not exist: {path}")
    return path


class ClientOptions(Model):
    """Options of a client, all of them optional. Intervals are timedeltas, or int or float seconds.

    Those from cache_path on are Burgee's: cache_path keeps the last good flags on disk, file and document take the
    flags from a local file or from a dict instead of a server, log_level is debug, info, warn or error, proxy holds
    http, https and no, and start_wait_ms bounds the wait for the first flags.
    """

    __slots__ = _fields = (
        "environment",
        "namespace",
        "url",
        "request_timeout",
        "update_interval",
        "authentication",
        "reference",
        "fetch_mode",
        "error_strategy",
        "snapshot",
        "tls_config",
        "cache_path",
        "file",
        "document",
        "log_level",
        "proxy",
        "max_body_bytes",
        "start_wait_ms",
    )

    def __init__(
        self,
        *,
        environment: str | None = None,
        namespace: str | None = None,
        url: str | None = None,
        request_timeout: Interval = None,
        update_interval: Interval = None,
        authentication: AuthenticationStrategy | Mapping[str, Any] | None = None,
        reference: str | None = None,
        fetch_mode: FetchMode | str | None = None,
        error_strategy: ErrorStrategy | str | None = None,
        snapshot: str | None = None,
        tls_config: TlsConfig | Mapping[str, Any] | None = None,
        cache_path: str | os.PathLike[str] | None = None,
        file: str | os.PathLike[str] | None = None,
        document: Mapping[str, Any] | None = None,
        log_level: str | None = None,
        proxy: Mapping[str, str] | None = None,
        max_body_bytes: int | None = None,
        start_wait_ms: int | None = None,
        **unknown: Any,
    ) -> None:
        cls = type(self)
        refuse(cls, unknown)
        self.environment = text(cls, "environment", environment)
        self.namespace = text(cls, "namespace", namespace)
        self.url = text(cls, "url", url)
        self.request_timeout = _interval(cls, "request_timeout", request_timeout)
        self.update_interval = _interval(cls, "update_interval", update_interval)
        self.authentication = model(authentication, AuthenticationStrategy)
        self.reference = text(cls, "reference", reference)
        self.fetch_mode = member(cls, "fetch_mode", fetch_mode, FetchMode)
        self.error_strategy = member(cls, "error_strategy", error_strategy, ErrorStrategy)
        self.snapshot = text(cls, "snapshot", snapshot)
        self.tls_config = model(tls_config, TlsConfig)
        self.cache_path = cache_path
        self.file = file
        self.document = document
        self.log_level = log_level
        self.proxy = proxy
        self.max_body_bytes = max_body_bytes
        self.start_wait_ms = start_wait_ms

    def _dump_field(self, name: str) -> Any:
        value = getattr(self, name)
        is_interval = name in ("request_timeout", "update_interval") and value is not None
        return int(value.total_seconds()) if is_interval else value

    def _engine_options(self) -> dict[str, Any]:
        """Return the options as the engine takes them. Unlike in model_dump, fractions of seconds are kept."""
        options: dict[str, Any] = {}
        for name in self._fields:
            value = getattr(self, name)
            if isinstance(value, Model):
                value = value.model_dump(exclude_none=True)
            elif isinstance(value, Enum):
                value = value.value
            if value is not None:
                options[name] = value
        # What Flipt's own client does where nothing is said.
        options.setdefault("error_strategy", ErrorStrategy.FAIL.value)
        options.setdefault("start_wait_ms", 30000)
        return options


def _interval(cls: type, name: str, value: Any) -> timedelta | None:
    if value is None:
        return None
    from datetime import timedelta  # a third of the time that importing this module would take

    if isinstance(value, timedelta):
        interval = value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            interval = timedelta(seconds=value)
        except (OverflowError, ValueError):
            raise wrong(cls, name, value, "a timedelta, or seconds as int or float") from None
    else:
        raise wrong(cls, name, value, "a timedelta, or seconds as int or float")
    if interval < timedelta(0):
        raise wrong(cls, name, value, "no negative interval")
    return interval


class EngineOpts(ClientOptions):
    """ClientOptions under the name they had up to version 0.10 of flipt-client. auth_token is a client token."""

    __slots__ = ()

    def __init__(self, *, auth_token: str | None = None, **options: Any) -> None:
        if auth_token is not None:
            options.setdefault("authentication", ClientTokenAuthentication(auth_token))
        super().__init__(**options)
