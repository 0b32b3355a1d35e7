"""Listeners that are told of changed flags."""

from __future__ import annotations

from abc import ABC, abstractmethod

from .common_types import FBUser
from .interfaces import Notice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from .._datasync.broadcaster import Broadcaster

    Evaluate = Callable[[str, dict[str, Any], Any], Any]

__all__ = [
    "FLAG_CHANGE_NOTICE_TYPE",
    "FlagChangedListener",
    "FlagChangedNotice",
    "FlagTracker",
    "FlagValueChangedListener",
    "FlagValueMaybeChangedListener",
]

FLAG_CHANGE_NOTICE_TYPE = "flag_change_notice"


class FlagChangedNotice(Notice):
    """A flag, or a segment that it uses, has changed."""

    def __init__(self, flag_key: str) -> None:
        self._flag_key = flag_key

    @property
    def notice_type(self) -> str:
        """FLAG_CHANGE_NOTICE_TYPE."""
        return FLAG_CHANGE_NOTICE_TYPE

    @property
    def flag_key(self) -> str:
        """The flag's key."""
        return self._flag_key


class FlagChangedListener(ABC):
    """Is told of changed flags."""

    @abstractmethod
    def on_flag_change(self, notice: FlagChangedNotice) -> None:
        """Take notice. Called on a thread of its own; taking long delays other listeners, and nothing else."""


class FlagValueChangedListener(FlagChangedListener):
    """Calls a function when the value that a flag has for a user has changed."""

    def __init__(
        self,
        flag_key: str,
        user: dict[str, Any],
        evaluate_fn: Evaluate,
        flag_value_changed_fn: Callable[[str, Any, Any], object],
    ) -> None:
        self._flag_key = flag_key
        self._user = user
        self._evaluate = evaluate_fn
        self._call = flag_value_changed_fn
        self._value = evaluate_fn(flag_key, user, None)

    def on_flag_change(self, notice: FlagChangedNotice) -> None:
        """Evaluate, and compare with the value before."""
        if notice.flag_key == self._flag_key:
            before, self._value = self._value, self._evaluate(self._flag_key, self._user, None)
            if before != self._value:
                self._call(self._flag_key, before, self._value)


class FlagValueMaybeChangedListener(FlagChangedListener):
    """Calls a function when the value that a flag has for a user may have changed."""

    def __init__(
        self,
        flag_key: str,
        user: dict[str, Any],
        evaluate_fn: Evaluate,
        flag_value_maybe_changed_fn: Callable[[str, Any], object],
    ) -> None:
        self._flag_key = flag_key
        self._user = user
        self._evaluate = evaluate_fn
        self._call = flag_value_maybe_changed_fn

    def on_flag_change(self, notice: FlagChangedNotice) -> None:
        """Evaluate."""
        if notice.flag_key == self._flag_key:
            self._call(self._flag_key, self._evaluate(self._flag_key, self._user, None))


class FlagTracker:
    """Registers listeners.

    Their functions run on one thread of their own, one after the other. What they raise is logged.
    """

    def __init__(self, flag_change_broadcaster: Broadcaster, evaluate_fn: Evaluate, version: Callable[[], int]) -> None:
        self._broadcaster = flag_change_broadcaster
        self._evaluate = evaluate_fn
        self._version = version

    def add_flag_value_changed_listener(
        self, flag_key: str, user: dict[str, Any], flag_value_changed_fn: Callable[[str, Any, Any], object]
    ) -> FlagValueChangedListener:
        """Have a function called with key, previous and current value, when the value has changed."""
        self._check(flag_key, user, flag_value_changed_fn)
        version = self._version()
        listener = FlagValueChangedListener(flag_key, user, self._evaluate, flag_value_changed_fn)
        self._broadcaster.add(listener, version)
        return listener

    def add_flag_value_maybe_changed_listener(
        self, flag_key: str, user: dict[str, Any], flag_value_maybe_changed_fn: Callable[[str, Any], object]
    ) -> FlagValueMaybeChangedListener:
        """Have a function called with key and current value, when the flag or a segment that it uses has changed."""
        self._check(flag_key, user, flag_value_maybe_changed_fn)
        listener = FlagValueMaybeChangedListener(flag_key, user, self._evaluate, flag_value_maybe_changed_fn)
        self._broadcaster.add(listener, self._version())
        return listener

    # FeatBit's documentation calls it so in one place.
    add_flag_value_may_changed_listener = add_flag_value_maybe_changed_listener

    def add_flag_changed_listener(self, listener: FlagChangedListener) -> None:
        """Have a listener told of every flag that changes."""
        if not callable(getattr(listener, "on_flag_change", None)):
            raise ValueError("listener must have a method on_flag_change")
        self._broadcaster.add(listener, self._version())

    def remove_flag_change_notifier(self, listener: FlagChangedListener) -> None:
        """Tell a listener no more. Raises ValueError for one that is not registered, while others are."""
        self._broadcaster.remove(listener)

    def _check(self, flag_key: str, user: dict[str, Any], function: object) -> None:
        if not isinstance(flag_key, str) or not flag_key:
            raise ValueError("flag_key must be a non-empty string")
        FBUser.from_dict(user)
        if not callable(function):
            raise ValueError("flag_value_changed_fn must be a callable function")
