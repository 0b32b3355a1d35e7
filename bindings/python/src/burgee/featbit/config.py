"""What a client is made with."""

from __future__ import annotations

from .._datasync.config import HTTPConfig, SyncedConfig, WebSocketConfig
from .._datasync.settings import bounded, has_address, without_slashes
from .data_storage import InMemoryDataStorage, NullDataStorage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from threading import Event
    from typing import Any, Callable

    from typing_extensions import Unpack

    from .._datasync.extras import Extras
    from .interfaces import DataStorage, DataUpdateStatusProvider, EventProcessor, Sender, UpdateProcessor

__all__ = ["Config", "HTTPConfig", "WebSocketConfig"]


class Config(SyncedConfig):
    """What a client is made with. Mind the order: the URL of events comes before that of the websocket.

    Times are in seconds. What is out of range is brought into it, as FeatBit's SDK does. Unless events_max_retries is
    given, events are sent as often as it takes. Burgee's own settings are keyword arguments: disable_events,
    spool_path, cache_path and others, which burgee._datasync.extras.Extras describes.

    Attributes:
        env_secret: the secret of the environment.
        events_uri: where events are posted.
        streaming_uri: where the websocket is opened.
        streaming_first_retry_delay: before the second attempt to connect; doubled each time.
        events_max_in_queue: how many events may wait to be sent.
        events_flush_interval: how long an event waits for others.
        events_retry_interval: before a failed request is made again; doubled each time.
        events_max_retries: how often it is.
        is_offline: no server is asked, and none hears of anything.
        data_storage: where flags and segments are kept.
        update_processor_imp: makes the source of flags; None: FeatBit's server is it.
        event_processor_imp: makes what takes the events; None: FeatBit's server gets them.
        http: how events are posted.
        websocket: how the websocket is opened.
    """

    events_uri: str
    streaming_uri: str
    data_storage: DataStorage
    update_processor_imp: Callable[[Config, DataUpdateStatusProvider, Event], UpdateProcessor] | None
    event_processor_imp: Callable[[Config, Sender], EventProcessor] | None
    http: HTTPConfig
    websocket: WebSocketConfig

    _null_storage = NullDataStorage

    def __init__(
        self,
        env_secret: str,
        event_url: str,
        streaming_url: str,
        streaming_first_retry_delay: float | None = 1.0,
        events_max_in_queue: int | None = 10000,
        events_flush_interval: float | None = 1.0,
        events_retry_interval: float | None = 0.1,
        events_max_retries: int | None = None,
        offline: bool = False,
        data_storage: DataStorage | None = None,
        update_processor_imp: Callable[[Config, DataUpdateStatusProvider, Event], UpdateProcessor] | None = None,
        event_processor_imp: Callable[[Config, Sender], EventProcessor] | None = None,
        http: HTTPConfig | None = None,
        websocket: WebSocketConfig | None = None,
        defaults: dict[str, Any] | None = None,
        **extras: Unpack[Extras],
    ) -> None:
        self._keep(
            env_secret=env_secret,
            event_url=event_url,
            streaming_url=streaming_url,
            first_retry=streaming_first_retry_delay,
            max_in_queue=events_max_in_queue,
            flush_interval=bounded(events_flush_interval, 1.0, 3.0),
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
                "events_uri": f"{without_slashes(event_url)}/api/public/insight/track",
                "streaming_uri": f"{without_slashes(streaming_url)}/streaming",
            },
        )

    def copy_config_in_a_new_env(self, env_secret: str, defaults: dict[str, Any] | None = None) -> Config:
        """Return a copy for another environment. The default storage is made anew; a storage of the host's is shared.

        What is kept in a file belongs to one environment: the copy has no cache_path.
        """
        return self._copy(env_secret, defaults)

    def validate(self) -> None:
        """Raise ValueError for a secret or an address that nothing can be done with."""
        secret = self.env_secret
        if not isinstance(secret, str) or not secret or not secret.isascii():
            raise ValueError("env secret is invalid")
        if not has_address(self._event_url) or not has_address(self._streaming_url):
            raise ValueError("streaming or event url is invalid")
