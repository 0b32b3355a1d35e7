"""Messages on their way to the program's log manager."""

from __future__ import annotations

import logging
import traceback

from .log_manager import LogLevel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from .log_manager import LogManager


class Logs:
    """The log manager of the current configuration, and which messages it gets."""

    def __init__(self, manager: LogManager, level: LogLevel, minimum: LogLevel | None) -> None:
        self._manager = manager
        self._least, self._most = 1, level.value
        if minimum is LogLevel.NONE:
            self._most = 0
        elif minimum is not None:
            self._least, self._most = minimum.value % LogLevel.ALL.value, LogLevel.ALL.value
        self._tagged = _takes_tag(manager.exception)

    def log(self, tag: str, level: LogLevel, message: str) -> None:
        """Pass a message on, unless its level is filtered out."""
        if self._least <= level.value <= self._most:
            _guarded(self._manager.log, tag, level, message)

    def error(self, tag: str, message: str) -> None:
        """Pass on that something did not work."""
        self.log(tag, LogLevel.ERROR, message)

    def exception(self, tag: str, problem: BaseException) -> None:
        """Pass on what was raised. Log levels do not count here."""
        text = "".join(traceback.format_exception(type(problem), problem, problem.__traceback__))
        arguments = (tag, problem, text) if self._tagged else (problem, text)
        _guarded(self._manager.exception, *arguments)


def _guarded(function: Callable[..., Any], *arguments: Any) -> None:
    try:
        function(*arguments)
    except Exception:
        logging.getLogger("burgee.flagship").exception("the log manager raised")


def _takes_tag(function: Callable[..., Any]) -> bool:
    """Tell exception(tag, exception, traceback) from exception(exception, traceback)."""
    import inspect

    try:
        inspect.signature(function).bind("tag", None, "traceback")
    except TypeError:
        return False
    except ValueError:  # nothing is known of its arguments
        return True
    return True
