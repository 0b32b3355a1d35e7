"""What an event processor of the host's may post with."""

from __future__ import annotations

from .._datasync.sender import JSONSender
from .interfaces import Sender

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .config import Config


class DefaultSender(Sender):
    """Posts with the environment's secret. A request that fails is made again, as the Config says."""

    def __init__(self, config: Config) -> None:
        headers = {
            "Authorization": config.env_secret,
            "User-Agent": "fb-python-server-sdk",
            "Content-Type": "application/json",
        }
        self._sender = JSONSender(
            "burgee.featbit", headers, config.http, config.events_max_retries, config.events_retry_interval
        )

    def postJson(self, url: str, json_str: str, fetch_response: bool = True) -> str | None:  # noqa: N802 - as FeatBit
        """Post. Returns the answer's body if it is wanted; None when nobody answered with status 200."""
        body = self._sender.post_json(url, json_str)
        return body if fetch_response else None

    def stop(self) -> None:
        """Make no request again that fails from now on."""
        self._sender.stop()
