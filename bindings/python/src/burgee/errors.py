"""The errors of calls. An evaluation that fails raises none of them: it answers the caller's default."""

from __future__ import annotations

import builtins

__all__ = [
    "BurgeeError",
    "FlagNotFoundError",
    "ForkedError",
    "GeneralError",
    "InternalError",
    "InvalidConfigError",
    "InvalidContextError",
    "InvalidHandleError",
    "InvalidRequestError",
    "ParseError",
    "ProviderFatalError",
    "ProviderNotReadyError",
    "TargetingKeyMissingError",
    "TimeoutError",
    "TypeMismatchError",
    "UnknownMethodError",
]


class BurgeeError(Exception):
    """A call that failed.

    Attributes:
        code: what to branch on, such as "INVALID_CONFIG". The list is closed; every code has its subclass.
        message: what was found and what was wanted, for people.
    """

    code: str
    message: str

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message


class ProviderNotReadyError(BurgeeError):
    """There are no flags yet."""


class ProviderFatalError(BurgeeError):
    """There will be no flags: the vendor's side refuses for good."""


class FlagNotFoundError(BurgeeError):
    """No flag has the key."""


class ParseError(BurgeeError):
    """What the vendor's side answered, or the flag itself, cannot be understood."""


class TypeMismatchError(BurgeeError):
    """The flag has a value of another type than was asked for."""


class TargetingKeyMissingError(BurgeeError):
    """The flag cannot be decided without a targeting key."""


class InvalidContextError(BurgeeError):
    """The evaluation context holds what the engine cannot take, such as nan."""


class GeneralError(BurgeeError):
    """Anything else, such as a server that cannot be reached."""


class InvalidConfigError(BurgeeError):
    """An option is unknown or has a wrong value."""


class InvalidRequestError(BurgeeError):
    """The arguments of a call are not what the method takes."""


class InvalidHandleError(BurgeeError):
    """The client is closed."""


class UnknownMethodError(BurgeeError):
    """The backend has no such method."""


class ForkedError(BurgeeError):
    """The process was forked, and a fresh copy of the engine could not be loaded."""


class TimeoutError(BurgeeError, builtins.TimeoutError):  # noqa: A001 - the field's word; it is one of Python's as well
    """The time was over."""


class InternalError(BurgeeError):
    """A defect of Burgee."""


_BY_CODE: dict[str, type[BurgeeError]] = {
    "PROVIDER_NOT_READY": ProviderNotReadyError,
    "PROVIDER_FATAL": ProviderFatalError,
    "FLAG_NOT_FOUND": FlagNotFoundError,
    "PARSE_ERROR": ParseError,
    "TYPE_MISMATCH": TypeMismatchError,
    "TARGETING_KEY_MISSING": TargetingKeyMissingError,
    "INVALID_CONTEXT": InvalidContextError,
    "GENERAL": GeneralError,
    "INVALID_CONFIG": InvalidConfigError,
    "INVALID_REQUEST": InvalidRequestError,
    "INVALID_HANDLE": InvalidHandleError,
    "UNKNOWN_METHOD": UnknownMethodError,
    "FORKED": ForkedError,
    "TIMEOUT": TimeoutError,
    "INTERNAL": InternalError,
}


def error(code: str, message: str) -> BurgeeError:
    """Return the error of a code; a code that is not known gets the base class."""
    return _BY_CODE.get(code, BurgeeError)(code, message)


def from_reply(reply: bytes) -> BurgeeError:
    """Return the error of an ``{"error": ...}`` reply of the engine."""
    import json

    problem = json.loads(reply)["error"]
    return error(problem["code"], problem["message"])
