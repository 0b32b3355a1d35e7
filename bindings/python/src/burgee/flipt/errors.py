"""Flipt's errors, under Flipt's names."""

from __future__ import annotations

from ..errors import BurgeeError

__all__ = ["EvaluationError", "FliptError", "ValidationError"]


class FliptError(BurgeeError):
    """The base of Flipt's errors. It is made of a message, and takes a code of burgee.errors besides."""

    def __init__(self, message: str = "", code: str = "GENERAL") -> None:
        super().__init__(code, message)
        self.args = (message,)


class ValidationError(FliptError, ValueError):
    """An argument or an option has a wrong value; the message names it."""

    def __init__(self, message: str = "", code: str = "INVALID_REQUEST") -> None:
        super().__init__(message, code)


class EvaluationError(FliptError):
    """The engine cannot answer: an unknown flag, a flag of another type, flags that could not be fetched."""
