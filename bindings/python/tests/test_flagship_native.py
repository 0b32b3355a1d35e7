"""Visitors and flags of the extension, below burgee.flagship."""

from __future__ import annotations

import gc
import json
import sys
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from flagship_server import API_KEY, ENV_ID, FlagshipServer, campaign, environment

from burgee import _native
from burgee._session import call, close_session, open_session, result

OK, NOT_READY, NOT_FOUND, PARSE_ERROR, INVALID_HANDLE = 0, 1, 3, 4, 11
QUEUED, NO_CONSENT, NO_SUCH_FLAG = 1, 4, 5

VALUES: dict[str, Any] = {
    "text": "blue",
    "empty": "",
    "long": "x" * 2000,
    "whole": 42,
    "huge": 2**80,
    "float": 1.0,
    "yes": True,
    "no": False,
    "object": {"a": [1, {"b": None}]},
    "list": [1, [2]],
    "null": None,
}
DOCUMENT = environment(*(campaign(key, value) for key, value in VALUES.items()))


class Session(_native.Session):
    """An open client, whose child processes have one as well."""

    def _revived(self, reply: bytes) -> None:
        pass


class Visitor(_native.FlagshipVisitor):
    """Keeps what it is told: the flag's key, and the numbers."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def _told(self, flag: _native.FlagshipFlag, *numbers: Any) -> None:
        self.told.append((flag.key, *numbers))


def visitor_of(session: _native.Session, **params: Any) -> Visitor:
    visitor = Visitor()
    made = call(session, "flagship.visitor.new", {"id": "u", "consent": True, **params})
    visitor._bind(session, made["visitor"])
    assert call(session, "flagship.visitor.fetch", {"visitor": visitor._handle}) == {"done": True, "error": None}
    return visitor


@pytest.fixture(scope="module")
def server() -> Iterator[FlagshipServer]:
    local = FlagshipServer()
    local.replace(DOCUMENT)
    yield local
    local.close()


def opened(server: FlagshipServer, **options: Any) -> _native.Session:
    session = Session()
    urls = {"cdn_url": server.cdn_url, "decision_url": server.decision_url, "events_url": server.events_url}
    named = {"env_id": ENV_ID, "api_key": API_KEY, "decision_mode": "bucketing", "polling_interval": 0}
    open_session(session, {"backend": "flagship", "sdk": "python", **urls, **named, **options})
    return session


@pytest.fixture(scope="module")
def session(server: FlagshipServer) -> Iterator[_native.Session]:
    client = opened(server)
    yield client
    close_session(client)


def value(visitor: Visitor, key: Any, default: Any, *args: Any, **kwargs: Any) -> Any:
    return _native.FlagshipFlag(visitor, key, default).value(*args, **kwargs)


def same(a: object, b: object) -> bool:
    return type(a) is type(b) and a == b


# The vendor's rule: isinstance(default, type(value)).
ACCEPTED: dict[str, set[type]] = {
    "text": {str},
    "whole": {int, bool},
    "huge": {int, bool},
    "float": {float},
    "yes": {bool},
    "object": {dict},
    "list": {list},
    "null": {type(None)},
}
LENIENT: dict[str, set[type]] = {
    "text": {str, type(None)},
    "whole": {int, float, type(None)},
    "huge": {int, float, type(None)},
    "float": {int, float, type(None)},
    "yes": {bool, type(None)},
    "object": {dict, type(None)},
    "list": {list, type(None)},
    "null": {type(None)},
}


@pytest.mark.parametrize("lenient", [False, True])
def test_a_default_of_the_right_type_is_replaced(session: _native.Session, lenient: bool) -> None:
    visitor = visitor_of(session)
    visitor._lenient = lenient
    for key, accepted in (LENIENT if lenient else ACCEPTED).items():
        for default in ["default", 0, 10**5000, 0.5, True, None, {}, [], (), object(), b""]:
            visitor.told.clear()
            got = value(visitor, key, default)
            if type(default) in accepted:
                assert same(got, VALUES[key]), (key, type(default))
                assert visitor.told == []
            else:
                assert got is default, (key, type(default))
                # To the lenient, null is no value, and nobody need hear of that.
                assert visitor.told == ([] if lenient and key == "null" else [(key, OK, 1, 2, QUEUED, False)])


def test_values_of_every_size(session: _native.Session) -> None:
    visitor = visitor_of(session)
    for key, expected in VALUES.items():
        for _ in range(3):
            code, status, fetch_status, reason, exposure, got, identity = visitor._read(key, None, False)
            assert (code, status, fetch_status, reason, exposure) == (OK, 1, 2, 0, 0)
            assert same(got, expected)
            assert identity != 0
    assert value(visitor, "text", "") is value(visitor, "text", "other")


def test_values_that_can_be_changed_are_new_each_time(session: _native.Session) -> None:
    visitor = visitor_of(session)
    first = value(visitor, "object", {})
    first["a"][1]["b"] = "changed"
    first["a"].append(2)
    assert value(visitor, "object", {}) == VALUES["object"]
    value(visitor, "list", [])[1].append(3)
    assert value(visitor, "list", []) == VALUES["list"]


def test_what_is_unusual_is_told(session: _native.Session) -> None:
    visitor = visitor_of(session)
    assert value(visitor, "gone", 5) == 5
    assert value(visitor, "gone", 5, False) == 5
    assert value(visitor, None, 5) == 5
    assert value(visitor, "\ud800", 5) == 5
    silent = visitor_of(session, consent=False)
    assert value(silent, "text", "") == "blue"
    assert value(silent, "text", "", False) == "blue"
    assert visitor.told == [
        ("gone", NOT_FOUND, 0, 2, NO_SUCH_FLAG, False),
        ("gone", NOT_FOUND, 0, 2, 0, False),
        (None, NOT_FOUND, 0, 0, 0, False),
        ("\ud800", NOT_FOUND, 0, 0, 0, False),
    ]
    assert silent.told == [("text", OK, 1, 2, NO_CONSENT, True)]


def test_a_failing_listener_changes_nothing(session: _native.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", heard.append)

    class Failing(_native.FlagshipVisitor):
        def _told(self, *_: Any) -> None:
            raise ValueError("on purpose")

    class Interrupted(_native.FlagshipVisitor):
        def _told(self, *_: Any) -> None:
            raise KeyboardInterrupt

    assert _native.FlagshipFlag(Failing(), "k", 5).value() == 5
    assert [str(one.exc_value) for one in heard] == ["on purpose"]
    heard.clear()
    with pytest.raises(KeyboardInterrupt):
        _native.FlagshipFlag(Interrupted(), "k", 5).value()
    assert _native.FlagshipFlag(_native.FlagshipVisitor(), "k", 5).value() == 5


def test_the_arguments_of_value(server: FlagshipServer, session: _native.Session) -> None:
    visitor = visitor_of(session, id="arguments")
    flag = _native.FlagshipFlag(visitor, key="text", default="")
    for args, kwargs in [
        ((False,), {}),
        ((), {"visitor_exposed": False}),
        ((), {"user_exposed": False}),
        ((True, False), {}),
        ((), {"visitor_exposed": True, "user_exposed": 0}),
    ]:
        assert flag.value(*args, **kwargs) == "blue"
    assert call(session, "flagship.flush") == {"flushed": True}
    assert "arguments" not in {body["vid"] for body in server.activations()}
    flag.value(False, user_exposed=True)
    flag.value(visitor_exposed=1)
    assert call(session, "flagship.flush") == {"flushed": True}
    assert [body["vid"] for body in server.activations() if body["vid"] == "arguments"] == ["arguments"] * 2
    for arguments in [(1, 2, 3), ()]:
        with pytest.raises(TypeError):
            flag.value(*arguments, nonsense=1)
    assert (flag.key, flag.default_value, flag.visitor) == ("text", "", visitor)
    for name in ("key", "default_value", "visitor"):
        with pytest.raises(AttributeError):
            setattr(flag, name, None)
    for wrong in [(), (visitor, "text"), (5, "text", ""), (visitor, "text", "", 1)]:
        with pytest.raises(TypeError):
            _native.FlagshipFlag(*wrong)  # type: ignore[arg-type]


def test_the_vendor_is_told_the_default(server: FlagshipServer) -> None:
    client = opened(server, report_exposures=True)
    visitor = visitor_of(client)
    defaults = [
        ("", ""),
        ("grün", "grün"),
        (-5, -5),
        (2**70, 2**70),
        (1.0, 1.0),
        (-1e16, -1e16),
        (1e21, 1e21),
        (0.1, 0.1),
        (True, True),
        (None, None),
        ({"a": [1.5]}, {"a": [1.5]}),
        ((1, 2), [1, 2]),
        ({}, {}),
        ([], []),
        # What JSON or UTF-8 cannot say.
        (float("nan"), None),
        (float("inf"), None),
        ([float("nan")], None),
        ("\ud800", None),
        (10**5000, None),
        (object(), None),
    ]
    for default, _ in defaults:
        value(visitor, "text", default)
    assert call(client, "flagship.flush") == {"flushed": True}
    heard: list[Any] = []
    while len(heard) < len(defaults):
        where = client._where
        assert where is not None
        event = result(_native.wait(*where, 20000) or b"")
        assert event is not None, heard
        if event["type"] == "visitor_exposed":
            heard.append(event["exposure"]["fromFlag"]["defaultValue"])
    assert len(heard) == len(defaults)
    for got, (default, expected) in zip(heard, defaults):
        assert same(got, expected), (default, got)
    close_session(client)


def knows(session: _native.Session, handle: int) -> bool:
    reply = session._call("flagship.visitor.state", json.dumps({"visitor": handle}).encode())
    return b"INVALID_HANDLE" not in reply


def test_a_visitor_that_is_gone_is_closed(session: _native.Session) -> None:
    visitor = visitor_of(session)
    handle = visitor._handle
    assert knows(session, handle)
    heard: list[Any] = []
    gone = weakref.ref(visitor, heard.append)
    del visitor
    assert (gone(), heard) == (None, [gone])
    assert not knows(session, handle)
    visitor = visitor_of(session)
    handle = visitor._handle
    visitor.cycle = [visitor, _native.FlagshipFlag(visitor, "text", visitor)]  # type: ignore[attr-defined]
    gone = weakref.ref(visitor)
    del visitor
    gc.collect()
    assert gone() is None
    assert not knows(session, handle)


def test_binding_anew_closes_the_visitor_of_before(session: _native.Session) -> None:
    visitor = visitor_of(session)
    handle = visitor._handle
    made = call(session, "flagship.visitor.new", {"id": "w", "consent": True})["visitor"]
    visitor._bind(session, made)
    assert (knows(session, handle), knows(session, made)) == (False, True)
    assert visitor._handle == made
    visitor._bind(session, 0)
    assert not knows(session, made)
    assert (visitor._handle, visitor._read("text", "", True)[0]) == (0, INVALID_HANDLE)
    for wrong in [(None, 1), (session, "1"), (session,)]:
        with pytest.raises(TypeError):
            visitor._bind(*wrong)  # type: ignore[arg-type]


def test_visitors_without_a_client(server: FlagshipServer) -> None:
    unbound = Visitor()
    assert value(unbound, "text", "default") == "default"
    assert unbound.told == [("text", INVALID_HANDLE, 0, 0, 0, False)]
    client = opened(server)
    visitor = visitor_of(client)
    close_session(client)
    assert value(visitor, "text", "default") == "default"
    assert visitor.told == [("text", INVALID_HANDLE, 0, 0, 0, False)]
    del visitor  # its client is closed: there is nothing to do
    never = Session()
    visitor = Visitor()
    visitor._bind(never, 5)
    assert value(visitor, "text", "default") == "default"


def test_python_code_in_a_default_can_unbind_the_visitor(session: _native.Session) -> None:
    visitor = visitor_of(session)

    class Unbinding(dict):  # type: ignore[type-arg]
        __iter__ = None  # so that copying it asks for its keys

        def keys(self) -> Any:
            visitor._bind(session, 0)
            return super().keys()

    default = Unbinding(a=1)
    assert value(visitor, "object", default) is default
    assert visitor.told == [("object", INVALID_HANDLE, 0, 0, 0, False)]

    class Interrupting:
        @property
        def __class__(self) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        value(visitor_of(session), "text", Interrupting())


@pytest.mark.skipif(not hasattr(sys, "set_int_max_str_digits"), reason="this Python refuses none")
def test_a_number_that_python_refuses_is_no_value() -> None:
    client = Session()
    digits = "9" * 6000
    text = json.dumps(environment(campaign("number", 123454321))).replace("123454321", digits)
    open_session(client, {"backend": "flagship", "sdk": "python", "document": text})
    visitor = visitor_of(client)
    assert value(visitor, "number", 5, False) == 5
    assert visitor.told == [("number", PARSE_ERROR, 1, 2, 0, False)]
    assert visitor._read("number", 5, False)[:6] == (PARSE_ERROR, 1, 2, 0, 0, None)
    close_session(client)
