"""Starting and stopping the SDK, and making visitors."""

from __future__ import annotations

from ._checks import check
from ._engine import ENGINE
from .config import DecisionApi, _FlagshipConfig
from .errors import InitializationParamError
from .visitor import Visitor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .status import Status


class Flagship:
    """The SDK. There is one in a program; its methods need no instance."""

    @staticmethod
    def start(env_id: str, api_key: str, configuration: _FlagshipConfig | None = None) -> None:
        """Start the SDK for an environment, with DecisionApi() unless there is another configuration.

        If it was started before it is stopped first. Visitors that were made before, or before the first start, work
        with the new configuration.

        Raises:
            InitializationParamError: env_id or api_key is empty, or an option of Burgee's own makes no sense.
            ParamTypeError: an argument has the wrong type.
        """
        check("start", "env_id", env_id, str)
        check("start", "api_key", api_key, str)
        check("start", "configuration", configuration, [_FlagshipConfig, None])
        if not env_id or not api_key:
            raise InitializationParamError
        ENGINE.start(env_id, api_key, DecisionApi() if configuration is None else configuration)

    @staticmethod
    def stop() -> None:
        """Send what is pending, or leave it in the hit cache, and stop. The end of the program does the same."""
        ENGINE.stop()

    @staticmethod
    def config() -> _FlagshipConfig:
        """Return what the SDK was started with."""
        return ENGINE.config

    @staticmethod
    def status() -> Status:
        """Return how far the SDK has come."""
        return ENGINE.status()

    @staticmethod
    def new_visitor(visitor_id: str, **kwargs: Any) -> Visitor:
        """Make a visitor.

        Args:
            visitor_id: the visitor's id.
            **kwargs: instance_type, a Visitor.Instance, NEW_INSTANCE unless it is given; authenticated, False unless it
                is given; consent, True unless it is given; context, a dict of attributes. A value of the wrong type
                is replaced by the default.
        """
        return Visitor(visitor_id, **kwargs)

    @staticmethod
    def get_visitor() -> Visitor | None:
        """Return the visitor that was last made as a SINGLE_INSTANCE since the start."""
        return ENGINE.visitor
