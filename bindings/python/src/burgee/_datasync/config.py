"""What a client is made with, as far as it is the same for both vendors."""

from __future__ import annotations

from .extras import check_extras, extras_for
from .network import network_options
from .parts import NullEventProcessor
from .settings import Settings, at_least, bounded, without_slashes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, TypeVar

    from .network import Credentials

    S = TypeVar("S", bound="SyncedConfig")


class HTTPConfig(Settings):
    """How events are posted.

    Times are in seconds. A proxy and certificates count for the websocket as well where they have to. What cannot be
    done as it is asked for is a ValueError when the client is made.

    Attributes:
        connect_timeout: for a connection.
        read_timeout: for an answer.
        http_proxy: URL of a proxy.
        http_proxy_auth: user and password for it, unless they stand in the URL.
        ca_certs: file of certificates that are trusted besides those of the system.
        cert_file: file with a certificate and its key, which the server is sent when it asks.
        disable_ssl_verification: accept any certificate.
    """

    connect_timeout: float
    read_timeout: float
    http_proxy: str | None
    http_proxy_auth: Credentials
    ca_certs: str | None
    cert_file: str | None
    disable_ssl_verification: bool

    def __init__(
        self,
        connect_timeout: float | None = 5.0,
        read_timeout: float | None = 10.0,
        http_proxy: str | None = None,
        http_proxy_auth: Credentials = None,
        ca_certs: str | None = None,
        cert_file: str | None = None,
        disable_ssl_verification: bool = False,
    ) -> None:
        self._set(
            connect_timeout=bounded(connect_timeout, 5.0),
            read_timeout=bounded(read_timeout, 10.0),
            http_proxy=http_proxy,
            http_proxy_auth=http_proxy_auth,
            ca_certs=ca_certs,
            cert_file=cert_file,
            disable_ssl_verification=disable_ssl_verification,
        )


class WebSocketConfig(Settings):
    """How the websocket is opened. What cannot be done as it is asked for is a ValueError when the client is made.

    Attributes:
        timeout: seconds until the websocket must be open, 10 at most.
        sslopt: cert_reqs, check_hostname, ca_certs, ca_cert_path, certfile and keyfile.
        proxy_type: http, socks5 or socks5h.
        proxy_host: of the proxy.
        proxy_port: of the proxy.
        proxy_auth: user and password for it.
        skip_utf8_validation: False; texts are always checked.
    """

    timeout: float
    sslopt: dict[str, Any] | None
    proxy_type: str | None
    proxy_host: str | None
    proxy_port: str | int | None
    proxy_auth: Credentials
    skip_utf8_validation: bool

    def __init__(
        self,
        timeout: float | None = 5.0,
        sslopt: dict[str, Any] | None = None,
        proxy_type: str | None = None,
        proxy_host: str | None = None,
        proxy_port: str | int | None = None,
        proxy_auth: Credentials = None,
    ) -> None:
        self._set(
            timeout=bounded(timeout, 5.0, 10.0),
            sslopt=sslopt,
            proxy_type=proxy_type,
            proxy_host=proxy_host,
            proxy_port=proxy_port,
            proxy_auth=proxy_auth,
            skip_utf8_validation=False,
        )


class SyncedConfig(Settings):
    """Everything about both vendors' Config but the names."""

    env_secret: str
    streaming_first_retry_delay: float
    events_max_in_queue: int
    events_flush_interval: float
    events_retry_interval: float
    events_max_retries: int
    is_offline: bool

    # Of the parts that a host may bring, those that stand for doing without.
    _null_storage: type = type(None)

    http: Any
    websocket: Any
    data_storage: Any
    update_processor_imp: Any
    event_processor_imp: Any

    def _keep(
        self,
        *,
        env_secret: str,
        event_url: str,
        streaming_url: str,
        first_retry: float | None,
        max_in_queue: int | None,
        flush_interval: float,
        retry_interval: float | None,
        max_retries: int | None,
        offline: bool,
        storage: Any,
        make_storage: Any,
        update_processor_imp: Any,
        event_processor_imp: Any,
        http: Any,
        websocket: Any,
        defaults: Mapping[str, Any] | None,
        extras: Mapping[str, Any],
        addresses: Mapping[str, str],
    ) -> None:
        """Take the arguments of the constructor, and bring into their ranges what is outside."""
        self._set(
            env_secret=env_secret,
            streaming_first_retry_delay=bounded(first_retry, 1.0, 60.0),
            events_max_in_queue=at_least(max_in_queue, 10000),
            events_flush_interval=flush_interval,
            events_retry_interval=bounded(retry_interval, 0.1, 1),
            events_max_retries=int(bounded(max_retries, 1, 3)),
            is_offline=offline,
            data_storage=make_storage() if storage is None else storage,
            update_processor_imp=update_processor_imp,
            event_processor_imp=event_processor_imp,
            http=http,
            websocket=websocket,
            **addresses,
        )
        self._event_url, self._streaming_url = without_slashes(event_url), without_slashes(streaming_url)
        self._limits_retries = max_retries is not None
        self._own_storage = storage
        self._make_storage = make_storage
        self._defaults = dict(defaults or {})
        self._extras = check_extras(extras)

    def _copy(self: S, env_secret: str, defaults: Mapping[str, Any] | None) -> S:
        """Return a copy for another environment, with the default storage anew; one of the host's is shared."""
        return self._changed(
            env_secret=env_secret,
            data_storage=self._make_storage() if self._own_storage is None else self._own_storage,
            _defaults=self._defaults if defaults is None else dict(defaults),
            _extras={name: value for name, value in self._extras.items() if name != "cache_path"},
        )

    def get_default_value(self, key: str, default: Any = None) -> Any:
        """Return the default of a flag, which counts before that of a call."""
        return self._defaults.get(key, default)

    @property
    def _stores_nothing(self) -> bool:
        return isinstance(self._own_storage, self._null_storage) and self._own_storage is not None

    def _options(self, streams: bool, fed: bool) -> dict[str, Any]:
        """Return the engine's options for a client that asks a server, that the host feeds, or that is offline."""
        options = extras_for(self._extras, streams, fed)
        if not streams and not fed:
            return {**options, "offline": True}
        options["env_secret"] = self.env_secret
        options["event_url"] = self._event_url
        options.update(self._event_options())
        if streams:
            options["streaming_url"] = self._streaming_url
            options["streaming_first_retry_delay"] = self.streaming_first_retry_delay
        websocket = self.websocket if streams else None
        options.update(network_options(self.http, websocket, self._event_url, self._streaming_url))
        return options

    def _event_options(self) -> dict[str, Any]:
        if self.event_processor_imp is NullEventProcessor:
            return {"disable_events": True}
        options: dict[str, Any] = {
            "events_max_in_queue": self.events_max_in_queue,
            "events_flush_interval": self.events_flush_interval,
            "events_retry_interval": self.events_retry_interval,
        }
        if self._limits_retries:
            options["events_max_retries"] = self.events_max_retries
        return options
