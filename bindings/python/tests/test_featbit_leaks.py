"""Nothing grows in the clients of FeatBit and featureflag.co: descriptors, threads, memory, references."""

from __future__ import annotations

import sys

import pytest
from conftest import run_python
from datasync_server import FEATBIT_MESSAGE, FEATBIT_SECRET, DataSyncServer
from test_leaks import MEASURE

linux = pytest.mark.skipif(sys.platform != "linux", reason="measures with /proc")

SETUP = (
    MEASURE
    + """
import json
from datasync_server import FEATBIT_MESSAGE, featbit_flag, message
from burgee.featbit import FBClient
from burgee.featbit.config import Config
def offline(**options):
    client = FBClient(Config("s", "http://a", "ws://a", offline=True, **options))
    assert client.initialize_from_external_json(json.dumps(FLAGS))
    return client
FLAGS = message([featbit_flag("a"), featbit_flag("n", "2.5", "number"), featbit_flag("j", '{"a":[1,{"b":[]}]}', "json"),
                 featbit_flag("b", "true", "boolean"), featbit_flag("o", isEnabled=False, disabledVariationId="none")])
USER = {"key": "u", "name": "N"}
"""
)


@linux
@pytest.mark.parametrize(
    "cycle",
    [
        "offline().stop()",
        "offline()",
        "FBClient(Config('s', 'http://127.0.0.1:9', 'ws://127.0.0.1:9'), start_wait=0).stop()",
        "FBClient(Config('s', 'http://127.0.0.1:9', 'ws://127.0.0.1:9'), start_wait=0)",
        "listening()",
    ],
    ids=["stopped", "forgotten", "stopped-while-connecting", "forgotten-while-connecting", "forgotten-with-listeners"],
)
def test_hundreds_of_clients(cycle: str) -> None:
    code = f"""
def listening():
    client = offline()
    client.flag_tracker.add_flag_value_changed_listener("a", USER, print)
    return client
def cycles(count):
    for _ in range(count):
        client = {cycle}
        del client
    settle()
cycles(200)
for _ in range(3):  # a leak grows each time; a heap may grow once
    before = (descriptors(), threads(), resident())
    cycles(400)
    after = (descriptors(), threads(), resident())
    if after[2] <= before[2] + (8 << 20):
        break
assert after[0] <= before[0] + 2, (before, after)
assert after[1] <= before[1] + 3, (before, after)
assert after[2] <= before[2] + (8 << 20), (before, after)
"""
    run_python(SETUP + code, timeout=300)


@linux
def test_many_evaluations() -> None:
    code = """
from decimal import Decimal
client = offline(defaults={"of the settings": [1]})
users = [USER, {**USER, "d": Decimal("1.5"), "big": 10**30, "f": 1.5, "g": 1 / 3, "i": 5, "b": True, "n": None, "l": [1]},
         {**USER, 5: 1}, {**USER, "self": 1}, {"key": "u"}, None, {**USER, "s": "\\ud800"}, {"key": 5, "name": "n"}]
def evaluate(count):
    for i in range(count):
        for key in ("a", "n", "j", "b", "o", "missing", "", None, "of the settings"):
            user = users[i % len(users)]
            client.variation(key, user, (1, {"x": 2}))
            client.variation_detail(key, user, default="x").to_json_dict()
            client._evaluate(key, user, 5, False)
            client.is_flag_known(key)
        for default in (object(), {1}):
            try:
                client.variation("a", USER, default)
            except (ValueError, TypeError):
                pass
        try:
            client.get_all_latest_flag_variations(user).get("a")
        except TypeError:
            pass
evaluate(800)
gc.collect()
objects, memory = len(gc.get_objects()), resident()
watched = [None, True, False, USER, "", type(client.variation_detail("a", USER)), "a", "flag not found", "flag name unknown"]
references = [sys.getrefcount(one) for one in watched]
evaluate(4000)
gc.collect()
assert len(gc.get_objects()) <= objects + 50, (objects, len(gc.get_objects()))
assert resident() <= memory + (4 << 20), (memory, resident())
for before, one in zip(references, watched):
    assert abs(sys.getrefcount(one) - before) < 500, (one, before, sys.getrefcount(one))
"""
    run_python(SETUP + code, timeout=300)


@linux
def test_a_million_users() -> None:
    """Nothing is kept of users that were evaluated, and their events are sent or dropped."""
    code = """
client = FBClient(Config(sys.argv[3], sys.argv[1], sys.argv[2], log_level="error"))
assert client.initialize
def evaluate(first, last):
    variation = client.variation
    for number in range(first, last):
        variation("a", {"key": f"user-{number}", "name": "N", "mail": f"{number}@example.org", "age": number}, "")
evaluate(0, 50_000)
client.flush()
gc.collect()
memory = resident()
evaluate(50_000, 1_050_000)
gc.collect()
grown = resident() - memory
assert grown <= 12 << 20, (memory, grown)
client.stop()
"""
    server = DataSyncServer("featbit", "--count-events")
    try:
        server.replace(FEATBIT_MESSAGE)
        run_python(SETUP + code, server.url, server.socket_url, FEATBIT_SECRET, timeout=300)
    finally:
        server.close()


@linux
def test_memory_that_cannot_be_had() -> None:
    code = """
import _testcapi
client = offline()
user = {**USER, **{f"a{i}": i * 1.5 for i in range(100)}, "big": 10**30}
def calls():
    for key in ("a", "n", "j", "b", "o", "missing"):
        # Defaults that are copied go through json.dumps, which crashes then in some versions of Python.
        client.variation(key, user, 1.5)
        client.variation_detail(key, user, "x")
    client.is_flag_known("a")
calls()
failed = 0
for start in range(120):
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
    run_python(SETUP + code)
