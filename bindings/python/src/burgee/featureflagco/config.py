"""What a client is made with."""

from __future__ import annotations

import base64
import binascii

from .._datasync import config as shared
from .._datasync.settings import bounded, without_slashes
from .data_storage import InMemoryDataStorage, NullDataStorage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from threading import Event
    from typing import Any, Callable

    from typing_extensions import Unpack

    from .._datasync.extras import Extras
    from .._datasync.network import Credentials
    from .interfaces import DataStorage, DataUpdateStatusProvider, EventProcessor, UpdateProcessor

__all__ = ["Config", "HTTPConfig", "WebSocketConfig"]


class HTTPConfig(shared.HTTPConfig):
    """How events are posted, as in FeatBit; user and password of a proxy stand in its URL."""

    def __init__(
        self,
        connect_timeout: float | None = 5.0,
        read_timeout: float | None = 10.0,
        http_proxy: str | None = None,
        ca_certs: str | None = None,
        cert_file: str | None = None,
        disable_ssl_verification: bool = False,
    ) -> None:
        super().__init__(connect_timeout, read_timeout, http_proxy, None, ca_certs, cert_file, disable_ssl_verification)


class WebSocketConfig(shared.WebSocketConfig):
    """How the websocket is opened, as in FeatBit, and how many seconds there are between its pings."""

    ping_interval: float

    def __init__(
        self,
        timeout: float | None = 10.0,
        ping_interval: float | None = 10.0,
        sslopt: dict[str, Any] | None = None,
        proxy_type: str | None = None,
        proxy_host: str | None = None,
        proxy_port: str | int | None = None,
        proxy_auth: Credentials = None,
    ) -> None:
        super().__init__(bounded(timeout, 10.0, 10.0), sslopt, proxy_type, proxy_host, proxy_port, proxy_auth)
        self.ping_interval = bounded(ping_interval, 10.0, 10.0)


class Config(shared.SyncedConfig):
    """What a client is made with.

    Times are in seconds. What is out of range is brought into it, as featureflag.co's SDK does. Unless
    events_max_retries is given, events are sent as often as it takes. Burgee's own settings are keyword arguments:
    disable_events, spool_path, cache_path and others, which burgee._datasync.extras.Extras describes.

    Attributes:
        env_secret: the secret of the environment.
        events_url: where events are posted.
        streaming_url: where the websocket is opened.
        events_max_in_queue: how many events may wait to be sent.
        events_flush_interval: how long an event waits for others.
        events_retry_interval: before a failed request is made again; doubled each time.
        events_max_retries: how often it is.
        streaming_first_retry_delay: before the second attempt to connect; doubled each time.
        is_offline: no server is asked, and none hears of anything.
        data_storage: where flags and segments are kept.
        update_processor_imp: makes the source of flags; None: featureflag.co's server is it.
        event_processor_imp: makes what takes the events; None: featureflag.co's server gets them.
        http: how events are posted.
        websocket: how the websocket is opened.
    """

    events_url: str
    streaming_url: str
    data_storage: DataStorage
    update_processor_imp: Callable[[Config, DataUpdateStatusProvider, Event], UpdateProcessor] | None
    event_processor_imp: Callable[[Config], EventProcessor] | None
    http: HTTPConfig
    websocket: WebSocketConfig

    _null_storage = NullDataStorage

    def __init__(
        self,
        env_secret: str,
        base_uri: str = "https://api.featureflag.co",
        events_max_in_queue: int | None = 10000,
        events_flush_interval: float | None = 3.0,
        events_retry_interval: float | None = 0.1,
        events_max_retries: int | None = None,
        streaming_uri: str = "wss://api.featureflag.co",
        streaming_first_retry_delay: float | None = 1.0,
        offline: bool = False,
        data_storage: DataStorage | None = None,
        update_processor_imp: Callable[[Config, DataUpdateStatusProvider, Event], UpdateProcessor] | None = None,
        event_processor_imp: Callable[[Config], EventProcessor] | None = None,
        http: HTTPConfig | None = None,
        websocket: WebSocketConfig | None = None,
        defaults: dict[str, Any] | None = None,
        **extras: Unpack[Extras],
    ) -> None:
        self._keep(
            env_secret=env_secret,
            event_url=base_uri,
            streaming_url=streaming_uri,
            first_retry=streaming_first_retry_delay,
            max_in_queue=events_max_in_queue,
            flush_interval=bounded(events_flush_interval, 3.0, 10.0),
            retry_interval=events_retry_interval,
            max_retries=events_max_retries,
            offline=offline,
            storage=data_storage,
            make_storage=InMemoryDataStorage,
            update_processor_imp=update_processor_imp,
            event_processor_imp=event_processor_imp,
            http=HTTPConfig() if http is None else http,
            websocket=WebSocketConfig() if websocket is None else websocket,
            defaults=defaults,
            extras=extras,
            addresses={
                "events_url": f"{without_slashes(base_uri)}/api/public/track",
                "streaming_url": f"{without_slashes(streaming_uri)}/streaming",
            },
        )

    def copy_config_in_a_new_env(self, env_secret: str, defaults: dict[str, Any] | None = None) -> Config:
        """Return a copy for another environment. The default storage is made anew; a storage of the host's is shared.

        What is kept in a file belongs to one environment: the copy has no cache_path.
        """
        return self._copy(env_secret, defaults)

    def validate(self) -> None:
        """Raise ValueError for a secret that is no text in base64."""
        secret = self.env_secret
        if not isinstance(secret, str):
            raise ValueError("env secret is invalid")
        try:
            canonical = base64.b64encode(base64.b64decode(secret)).decode()
        except binascii.Error:
            canonical = ""
        if canonical != secret:
            raise ValueError("env secret is invalid")

    def _options(self, streams: bool, fed: bool) -> dict[str, Any]:
        options = super()._options(streams, fed)
        return {"ping_interval": self.websocket.ping_interval, **options} if streams else options
