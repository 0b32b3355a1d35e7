"""AB Tasty Flagship's Python SDK with its names: change the imports, and nothing else.

from burgee.flagship import Flagship
from burgee.flagship.config import Bucketing

Flagship.start(env_id, api_key, Bucketing())
visitor = Flagship.new_visitor("u-1", context={"plan": "pro"})
visitor.fetch_flags()
visitor.get_flag("checkout-layout", "classic").value()
"""

from __future__ import annotations

from ._flagship import Flagship
from .log_manager import LogLevel
from .status import Status
from .visitor import Visitor

__all__ = ["Flagship", "LogLevel", "Status", "Visitor"]
