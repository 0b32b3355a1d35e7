"""Visitors of the extension in forked children, in threads, and many of them."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest
from conftest import run_python
from test_flagship_native import DOCUMENT, VALUES, Session, value, visitor_of
from test_leaks import MEASURE, linux

from burgee._session import close_session, open_session


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("fork", ["os.fork()", "libc.syscall(ctypes.c_long(57))"], ids=["fork", "without handlers"])
def test_a_child_makes_its_visitors_again(fork: str) -> None:
    if "57" in fork and os.uname().machine != "x86_64":
        pytest.skip("the number is that of x86-64")
    code = f"""
import ctypes
from burgee import _native
from test_flagship_native import *
libc = ctypes.PyDLL(None)
client = Session()
open_session(client, {{"backend": "flagship", "sdk": "python", "document": DOCUMENT, "disable_events": True}})
class Child(Visitor):
    def _told(self, flag, code, *rest):
        super()._told(flag, code, *rest)
        if code == 13 and self.rebinds:
            made = call(client, "flagship.visitor.new", {{"id": "u", "consent": True, "quiet": True}})
            self._bind(client, made["visitor"])
            call(client, "flagship.visitor.fetch", {{"visitor": made["visitor"]}})
def bound(rebinds):
    visitor = Child()
    visitor.rebinds = rebinds
    visitor._bind(client, call(client, "flagship.visitor.new", {{"id": "u", "consent": True}})["visitor"])
    call(client, "flagship.visitor.fetch", {{"visitor": visitor._handle}})
    return visitor
first, second, third = bound(True), bound(False), bound(True)
assert [first._read(key, "", False)[5] for key in VALUES] == list(VALUES.values())
handle = first._handle
assert value(first, "text", "", False) == "blue"
pid = {fork}
if pid == 0:
    status = 1
    try:
        assert third._read("text", "", True) == (13, 0, 0, 0, 0, None, 0)
        assert third._handle == 0
        if {fork == "os.fork()"}:
            # The ids of its engine name other values.
            other = Session()
            red = environment(*(campaign(key, "red") for key in VALUES))
            open_session(other, {{"backend": "flagship", "document": red, "disable_events": True}})
            assert [visitor_of(other)._read(key, "", False)[5] for key in VALUES] == ["red"] * len(VALUES)
        assert value(first, "whole", 0, False) == 42
        assert value(first, "text", "", False) == "blue"
        assert first.told == [("whole", 13, 0, 0, 0, False)], first.told
        assert first._handle != 0 and knows(client, first._handle)
        assert value(second, "text", "default", False) == "default"
        assert second.told == [("text", 13, 0, 0, 0, False)], second.told
        assert second._handle == 0
        before = first._handle
        del second, third
        assert knows(client, before)
        status = 0
    finally:
        sys.stdout.flush(); sys.stderr.flush()
        os._exit(status)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
assert first._handle == handle and value(first, "text", "", False) == "blue" and first.told == []
"""
    run_python(code)


def test_threads_that_read_while_visitors_come_and_go() -> None:
    session = Session()
    open_session(session, {"backend": "flagship", "sdk": "python", "document": DOCUMENT})
    box = [visitor_of(session)]
    strange: list[Any] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            got = value(box[0], "object", {})
            if got != VALUES["object"]:
                strange.append(got)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for _ in range(500):
        box[0] = visitor_of(session)
    stop.set()
    for reader in readers:
        reader.join()
    close_session(session)
    assert strange == []


@linux
def test_a_hundred_thousand_visitors() -> None:
    code = """
import gc
from decimal import Decimal
from burgee import _native
from test_flagship_native import *
client = Session()
open_session(client, {"backend": "flagship", "sdk": "python", "document": DOCUMENT})
class Deaf(_native.FlagshipVisitor):
    __slots__ = ()
class Flag(_native.FlagshipFlag):
    pass
DEFAULTS = ["d", 0, 5, 2**70, 0.5, 2.0, float("nan"), True, None, {}, {"a": [1]}, [1], (1,), "\\ud800", object(), Decimal("1.5"), 10**5000]
def visit(count):
    for i in range(count):
        visitor = Deaf()
        handle = call(client, "flagship.visitor.new", {"id": f"v{i}", "consent": True, "context": {"n": i}})["visitor"]
        visitor._bind(client, handle)
        client._call("flagship.visitor.fetch", b'{"visitor":%d,"wait":false}' % handle)
        visitor._lenient = i % 2 == 0
        key = KEYS[i % len(KEYS)]
        for default in (DEFAULTS[i % len(DEFAULTS)], DEFAULTS[i // 7 % len(DEFAULTS)]):
            flag = Flag(visitor, key, default)
            flag.value()
            flag.value(user_exposed=False)
            visitor._read(key, default, True)
        if i % 3 == 0:
            visitor._bind(client, 0)
        if i % 50 == 0:
            try:
                Flag(visitor, key)
            except TypeError:
                pass
KEYS = [*VALUES, "missing", None, "\\ud800"]
visit(15000)
gc.collect()
objects, memory = len(gc.get_objects()), resident()
watched = [None, True, False, client, *DEFAULTS, *KEYS, Deaf, Flag]
references = [sys.getrefcount(one) for one in watched]
visit(100000)
gc.collect()
assert len(gc.get_objects()) <= objects + 50, (objects, len(gc.get_objects()))
assert resident() <= memory + (8 << 20), (memory, resident())
for before, one in zip(references, watched):
    assert abs(sys.getrefcount(one) - before) < 1000, (type(one), before, sys.getrefcount(one))
"""
    run_python(MEASURE + code, timeout=300)


@linux
def test_memory_that_cannot_be_had() -> None:
    """Where Python reports exhausted memory, the extension does too, and goes on afterwards."""
    code = """
import _testcapi
from burgee import _native
from test_flagship_native import *
client = Session()
open_session(client, {"backend": "flagship", "sdk": "python", "document": DOCUMENT})
def calls():
    client._detach()
    open_session(client, {"backend": "flagship", "sdk": "python", "document": DOCUMENT})
def reads(visitor):
    for key in ("long", "object", "huge", "gone"):
        for default in ("", 2**70, {}):  # not what json.dumps is asked for, which crashes in Python 3.12
            value(visitor, key, default)
            visitor._read(key, default, True)
failed = 0
for start in range(80):
    calls()  # values with new ids, which are not known yet
    visitor = visitor_of(client)
    try:
        _testcapi.set_nomemory(start, start + 1)
        try:
            reads(visitor)
        finally:
            _testcapi.remove_mem_hooks()
    except MemoryError:
        failed += 1
    reads(visitor)
assert failed > 10, failed
"""
    pytest.importorskip("_testcapi")
    run_python(MEASURE + code)
