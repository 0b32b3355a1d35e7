"""Nothing grows: descriptors, threads, memory, references."""

from __future__ import annotations

import sys

import pytest
from conftest import run_python

MEASURE = """
import gc, threading
def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")
def descriptors():
    return len(os.listdir("/proc/self/fd"))
def threads():
    return len(os.listdir("/proc/self/task"))
def settle():
    # Threads of closed clients end on their own.
    for _ in range(200):
        gc.collect()
        if not any(thread.name == "burgee-events" for thread in threading.enumerate()):
            return
        threading.Event().wait(0.02)
    raise AssertionError(threading.enumerate())
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="measures with /proc")


@linux
@pytest.mark.parametrize(
    "cycle",
    [
        "burgee.open(document=DOCUMENT).close()",
        "burgee.open(url='http://127.0.0.1:9', start_wait_ms=0).close()",
        "FliptClient(ClientOptions(document=DOCUMENT))",
    ],
    ids=["close", "close-while-fetching", "forgotten"],
)
def test_a_thousand_clients(cycle: str) -> None:
    code = f"""
def cycles(count):
    for _ in range(count):
        client = {cycle}
        del client
    settle()
cycles(300)
before = (descriptors(), threads(), resident())
cycles(1000)
after = (descriptors(), threads(), resident())
assert after[0] <= before[0] + 2, (before, after)
assert after[1] <= before[1] + 3, (before, after)
assert after[2] <= before[2] + (8 << 20), (before, after)
"""
    run_python(MEASURE + code, timeout=300)


@linux
def test_many_evaluations() -> None:
    code = """
client = burgee.open(document=DOCUMENT)
flipt = FliptClient(ClientOptions(document=DOCUMENT))
nested = {**CONTEXT, "nested": {"a": [1]}, "big": 2**80, "n": 1.5}
def evaluate(count):
    for i in range(count):
        client.boolean("dark", False, CONTEXT)
        client.string("theme", "", nested, targeting_key=f"user-{i}")
        client.number("number", 0, CONTEXT)
        client.object("theme", {}, CONTEXT)
        client.boolean("dark", False, {"a": float("nan")})
        details = client.details("theme", "", burgee.EvaluationContext("u", CONTEXT))
        details.flag_metadata
        client.details("missing", "", {"a": "\\ud800"})
        response = flipt.evaluate_variant("theme", "u", CONTEXT)
        response.timestamp, response.segment_keys
        flipt.evaluate_boolean("dark", "u", nested)
        for key in ("missing", "", "dark"):
            try:
                flipt.evaluate_variant(key, "u", nested)
            except Exception:
                pass
        try:
            client.boolean("dark", False, {"a": object()})
        except TypeError:
            pass
evaluate(3000)
gc.collect()
objects, memory = len(gc.get_objects()), resident()
types = [type(client.details("dark", 0)), type(flipt.evaluate_boolean("dark", "u")), burgee.EvaluationContext]
watched = [None, True, False, CONTEXT, "", *types, type(flipt.evaluate_variant("theme", "u"))]
references = [sys.getrefcount(one) for one in watched]
evaluate(20000)
gc.collect()
assert len(gc.get_objects()) <= objects + 50, (objects, len(gc.get_objects()))
assert resident() <= memory + (4 << 20), (memory, resident())
for before, one in zip(references, watched):
    assert abs(sys.getrefcount(one) - before) < 1000, (one, before, sys.getrefcount(one))
"""
    run_python(MEASURE + code, timeout=300)


@linux
def test_new_flags_do_not_pile_up() -> None:
    """A client keeps Python objects of the results it has seen; those of replaced flags must not stay for ever."""
    code = """
from conftest import variant_flag, make_document
client = burgee.open(document=DOCUMENT)
def replace(first, count):
    for i in range(first, first + count):
        flags = make_document(*(variant_flag(f"flag-{j}", f"variant-{i}-{j}", "x" * 1000) for j in range(30)))
        client.call("update", {"document": flags})
        for j in range(30):
            assert client.string(f"flag-{j}", "", CONTEXT) == f"variant-{i}-{j}"
replace(0, 700)
gc.collect()
memory = resident()
replace(700, 1200)
gc.collect()
assert resident() <= memory + (16 << 20), (memory, resident())
"""
    run_python(MEASURE + code, timeout=300)


@linux
def test_memory_that_cannot_be_had() -> None:
    """Where Python reports exhausted memory, the extension does too, and goes on afterwards."""
    code = """
import _testcapi
client = burgee.open(document=DOCUMENT)
flipt = FliptClient(ClientOptions(document=DOCUMENT))
context = {**CONTEXT, **{f"a{i}": i for i in range(100)}}
def calls():
    client.details("theme", "", CONTEXT).flag_metadata
    client.object("theme", {}, context)
    burgee.EvaluationContext("u", context)
    response = flipt.evaluate_variant("theme", "u", context)
    response.timestamp, response.segment_keys
calls()
failed = 0
for start in range(60):
    try:
        _testcapi.set_nomemory(start, start + 1)
        try:
            calls()
        finally:
            _testcapi.remove_mem_hooks()
    except MemoryError:
        failed += 1
assert failed > 10, failed
calls()
"""
    pytest.importorskip("_testcapi")
    run_python(MEASURE + code)
