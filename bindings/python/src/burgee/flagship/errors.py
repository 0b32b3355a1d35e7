"""What can go wrong.

Programs catch InitializationParamError and ParamTypeError. The others are only ever passed to the log manager; those
about parsing and formats never occur, and are there for programs that import them.
"""

from __future__ import annotations

__all__ = [
    "FlagExpositionNotFoundException",
    "FlagNotFoundException",
    "FlagTypeException",
    "FlagshipException",
    "FlagshipParsingError",
    "HitCacheFormatException",
    "HitCacheTimeoutException",
    "InitializationParamError",
    "ParamTypeError",
    "VisitorCacheFormatException",
    "VisitorCacheTimeoutException",
]


class FlagshipException(Exception):  # noqa: N818 - the vendor's name
    """The base of the errors that are raised, for programs that catch all of them."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class InitializationParamError(FlagshipException):
    """The SDK cannot be started with what start() was given."""

    def __init__(self, message: str = "env_id and api_key must not be empty") -> None:
        super().__init__(f"[Initialization Param Error] {message}")


class ParamTypeError(FlagshipException):
    """An argument has the wrong type."""


class FlagshipParsingError(Exception):
    """What the vendor's server sent cannot be understood."""

    def __init__(self, message: str) -> None:
        super().__init__(f"[ParsingError] {message}")


class FlagNotFoundException(Exception):  # noqa: N818 - this and the following are the vendor's names
    """A flag was read that the visitor does not have."""

    def __init__(self, visitor_id: object, flag_key: object) -> None:
        super().__init__(f"[FlagNotFoundError] visitor {visitor_id} has no flag {flag_key}")


class FlagTypeException(Exception):  # noqa: N818
    """A flag was read with a default of another type."""

    def __init__(self, visitor_id: object, flag_key: object) -> None:
        super().__init__(
            f"[FlagTypeError] the flag {flag_key} of visitor {visitor_id} has a value of another type than the default"
        )


class FlagExpositionNotFoundException(Exception):  # noqa: N818
    """A flag was to be exposed that the visitor does not have."""

    def __init__(self, visitor_id: object, flag_key: object) -> None:
        super().__init__(f"[FlagNotFoundError] visitor {visitor_id} has no flag {flag_key} that could be exposed")


class VisitorCacheFormatException(Exception):  # noqa: N818
    """A visitor cache holds something else than it was given."""

    def __init__(self, visitor_id: object) -> None:
        super().__init__(f"[VisitorCacheFormatError] the record of visitor {visitor_id} cannot be read")


class HitCacheFormatException(Exception):  # noqa: N818
    """A hit cache holds something else than it was given."""

    def __init__(self, hit_id: object) -> None:
        super().__init__(f"[HitCacheFormatError] the hit {hit_id} cannot be read")


class VisitorCacheTimeoutException(Exception):  # noqa: N818
    """A visitor cache did not answer in time."""

    def __init__(self, method_name: str, visitor_id: object) -> None:
        super().__init__(
            f"[VisitorCacheTimeoutError] {method_name} of the cache manager took too long for visitor {visitor_id}"
        )


class HitCacheTimeoutException(Exception):  # noqa: N818
    """A hit cache did not answer in time."""

    def __init__(self, method_name: str) -> None:
        super().__init__(f"[HitCacheTimeoutError] {method_name} of the cache manager took too long")
