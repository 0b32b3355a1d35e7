"""featureflag.co's server-side SDK with the names of ffc-server-python-sdk: change the import, and nothing else.

from burgee.featureflagco import get, set_config
from burgee.featureflagco.config import Config

set_config(Config(env_secret, base_uri=event_url, streaming_uri=streaming_url))
client = get()
client.variation("checkout", {"key": "u-1", "name": "Ada"}, default="classic")
"""

from __future__ import annotations

from .._datasync.shared import Shared
from .client import FFCClient
from .config import Config

__all__ = ["Config", "FFCClient", "get", "set_config", "start_wait"]

start_wait: float = 15
"""How long get() waits for the first flags, in seconds."""

_shared = Shared(FFCClient)


def get() -> FFCClient:
    """Return the client that the whole program shares, and make it when it is asked for the first time."""
    return _shared.get(start_wait)


def set_config(config: Config) -> None:
    """Set what the shared client is made with. If there is one, another one takes its place at once."""
    _shared.set_config(config, start_wait)
