"""What holds a visitor of the engine: making it, asking about it, and saying what reading its flags has met."""

from __future__ import annotations

from uuid import uuid4

from .. import _native
from .._session import interruptible
from ..errors import BurgeeError
from ._codes import (
    EXPOSED_NOT_FOUND,
    EXPOSURE_NOT_READY,
    EXPOSURE_PANIC,
    FORKED,
    NOT_FOUND,
    OK,
    PANIC,
    PARSE_ERROR,
    REFUSED,
)
from ._context import usable
from ._engine import ENGINE
from .errors import FlagExpositionNotFoundException, FlagNotFoundException, FlagTypeException
from .status import Status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NOT_READY = "the SDK is not started"
_NO_FILE = "the environment file has not been received yet"
_IN_PANIC = "the SDK is in panic mode"


class VisitorHandle(_native.FlagshipVisitor):
    """A visitor of the engine."""

    def __init__(self, visitor_id: Any, consent: bool, authenticated: bool, context: Any) -> None:
        self._visitor_id = _identifier(visitor_id)
        self._anonymous_id: str | None = None
        self._consent = consent
        self._given = usable(context, ENGINE.logs)
        self._fetched = False
        self._make({"authenticated": authenticated})

    def _make(self, more: dict[str, Any]) -> None:
        """Have the engine make the visitor."""
        session, self._epoch = ENGINE.session, ENGINE.epoch
        params = {"id": self._visitor_id, "consent": self._consent, "context": self._given, **more}
        made = ENGINE.call("flagship.visitor.new", params)
        self._bind(session, made["visitor"])
        self._visitor_id, self._anonymous_id = made["id"], made["anonymousId"]
        self._lenient = ENGINE.lenient

    def _again(self) -> None:
        """Make the visitor in a forked child, whose engine does not know it."""
        epoch = ENGINE.epoch
        with ENGINE.making:
            if self._epoch == epoch:
                return
            self._make({"quiet": True, "anonymous_id": self._anonymous_id or ""})
            if self._fetched and ENGINE.local:
                self._fetch()

    def _ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Call a method of the engine about this visitor. What fails is logged, and answered with nothing."""
        try:
            if self._epoch != ENGINE.epoch:
                self._again()
            return ENGINE.call(f"flagship.visitor.{method}", {"visitor": self._handle, **params}) or {}
        except (BurgeeError, TypeError) as problem:
            self._error(method.upper(), str(problem))
            return {}

    def _fetch(self) -> None:
        self._fetched = True
        self._lenient = ENGINE.lenient
        reply = self._ask("fetch", {"wait": False}) if ENGINE.local else {"done": False}
        if reply.get("done") is False:
            reply = interruptible(lambda: self._ask("fetch", {"wait": True}))
        if reply.get("error") and not ENGINE.decides():  # everything else is logged by the engine
            polling = ENGINE.status() is Status.POLLING
            self._error("FETCH_FLAGS", _NO_FILE if polling else str(reply["error"]))

    def _told(
        self, flag: _native.FlagshipFlag, code: int, status: int, _fetch: int, exposure: int, matches: bool
    ) -> None:
        """Log what reading a flag has met. In a forked child the flag is read anew after this."""
        if code == FORKED:
            self._again()
        elif status == PANIC or exposure == EXPOSURE_PANIC:
            self._error("GET_FLAG", f"flag {flag.key}: {_IN_PANIC}")
        elif code == OK:
            if not matches:
                ENGINE.logs.exception("GET_FLAG", FlagTypeException(self._visitor_id, flag.key))
            self._told_exposure(flag.key, exposure)
        elif code == PARSE_ERROR:
            self._error("GET_FLAG", f"flag {flag.key}: its value cannot be read")
        elif status == NOT_FOUND and ENGINE.runs:
            ENGINE.logs.exception("GET_FLAG", FlagNotFoundException(self._visitor_id, flag.key))
        else:
            self._error("GET_FLAG", f"flag {flag.key}: {_NOT_READY}")

    def _told_exposure(self, key: str, exposure: int) -> None:
        if exposure == EXPOSURE_NOT_READY:
            self._error("EXPOSE_FLAG", f"flag {key}: {_NOT_READY}")
        elif exposure == EXPOSURE_PANIC:
            self._error("EXPOSE_FLAG", f"flag {key}: {_IN_PANIC}")
        elif exposure == EXPOSED_NOT_FOUND:
            ENGINE.logs.exception("EXPOSE_FLAG", FlagExpositionNotFoundException(self._visitor_id, key))
        elif exposure in REFUSED:
            self._error("EXPOSE_FLAG", f"flag {key} is not exposed: {REFUSED[exposure]}")

    def _read_anew(self, key: str, default: Any, expose: bool) -> tuple[int, int, int, int, int, Any, int]:
        """Read a flag, in a forked child after the visitor has been made there."""
        read = self._read(key, default, expose)
        if read[0] == FORKED:
            self._again()
            read = self._read(key, default, expose)
        return read

    def _error(self, tag: str, message: str) -> None:
        ENGINE.logs.error(tag, f"visitor {self._visitor_id}: {message}")


def _identifier(visitor_id: Any) -> str:
    """Return an id as a text. Without one there is a random one: visitors that share an id would all be one."""
    if visitor_id is None or visitor_id == "":
        ENGINE.logs.error("NEW_VISITOR", "the visitor has no id, and gets a random one")
        return str(uuid4())
    return visitor_id if isinstance(visitor_id, str) else str(visitor_id)
