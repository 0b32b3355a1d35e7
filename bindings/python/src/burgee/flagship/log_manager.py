"""What the SDK has to say."""

from __future__ import annotations

import logging
from datetime import datetime
from enum import Enum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["FlagshipLogManager", "LogLevel", "LogManager"]


class LogLevel(Enum):
    """How important a message is, and as the option log_level which messages there are.

    As in the vendor's SDK, a message passes when its number is not larger than that of log_level: with ERROR there are
    messages of ERROR, WARNING, INFO and DEBUG, but none of CRITICAL. The option minimum_log_level is the other way
    round, as elsewhere.
    """

    ALL = 100
    CRITICAL = 50
    ERROR = 40
    WARNING = 30
    INFO = 20
    DEBUG = 10
    NONE = 0


class LogManager:
    """Takes messages. Extend it, and pass an instance to DecisionApi or Bucketing.

    Messages come from any thread. What a method raises is logged under "burgee.flagship" and harms nobody.
    """

    def log(self, tag: str, level: LogLevel, message: str) -> None:
        """Take a message. tag says which part of the SDK it comes from."""

    def exception(self, *args: Any) -> None:
        """Take an exception that the SDK has caught, and its traceback as a text. No log level holds it back.

        May be defined as exception(self, exception, traceback), as the vendor's documentation has it, or as
        exception(self, tag, exception, traceback), as its SDK has it.
        """


class FlagshipLogManager(LogManager):
    """Writes to the logger "Flagship": to stderr, unless the program has configured logging."""

    def __init__(self, level: LogLevel = LogLevel.ALL) -> None:
        self.log_level = level
        self.logger = logging.getLogger("Flagship")
        if not self.logger.hasHandlers():
            handler = logging.StreamHandler()
            handler.setFormatter(_Coloured())
            self.logger.addHandler(handler)
            self.logger.setLevel(logging.DEBUG)

    def log(self, tag: str, level: LogLevel, message: str) -> None:
        """Write a message."""
        self.logger.log(level.value, "[%s] %s", tag, message)

    def exception(self, *args: Any) -> None:
        """Write an exception, without its traceback."""
        tag, exception, _traceback = args
        self.log(tag, LogLevel.CRITICAL, str(exception))


_COLOURS = {50: 89, 40: 91, 30: 93, 20: 94, 10: 96}


class _Coloured(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created).strftime("%d-%m-%Y %H:%M:%S")
        colour = _COLOURS.get(record.levelno, 0)
        return f"\033[{colour}m[{when}][Flagship]{record.getMessage()}\033[0m"
