"""burgee.flagship in processes that end, fork or are killed."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import run_python, start_python
from flagship_server import API_KEY, ENV_ID, FlagshipServer, campaign, environment

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SETUP = f"""
import json
from burgee.flagship import Flagship, Status, Visitor
from burgee.flagship.cache_manager import SqliteCacheManager
from burgee.flagship.config import Bucketing, DecisionApi
from burgee.flagship.hits import Screen
from burgee.flagship.log_manager import LogManager
class Telling(LogManager):
    def exception(self, exception, traceback):
        print(exception, flush=True)
where = json.loads(sys.argv[1])
def start(kind=Bucketing, **options):
    Flagship.start({ENV_ID!r}, {API_KEY!r}, kind(**{{**where, **options}}))
def visit(id_, **options):
    visitor = Flagship.new_visitor(id_, **options)
    visitor.fetch_flags()
    return visitor
"""


def serve() -> Iterator[FlagshipServer]:
    """A server with the flags f for everybody and b for whoever has the plan pro."""
    local = FlagshipServer()
    pro = [{"operator": "EQUALS", "key": "plan", "value": "pro"}]
    local.replace(environment(campaign("f", "on"), campaign("b", True, targetings=pro)))
    yield local
    local.close()


@pytest.fixture
def server() -> Iterator[FlagshipServer]:
    yield from serve()


def urls(server: FlagshipServer) -> str:
    return json.dumps({name: getattr(server, name) for name in ("decision_url", "cdn_url", "events_url")})


def screens(server: FlagshipServer, at_least: int) -> dict[str, int]:
    """How many screens each visitor has seen."""
    seen: dict[str, int] = {}
    for hit in server.hits(at_least):
        if hit["t"] == "SCREENVIEW":
            seen[hit["vid"]] = seen.get(hit["vid"], 0) + 1
    return seen


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("pass", 0),
        ("sys.exit(3)", 3),
        ("raise ValueError('on purpose')", 1),
        ("Flagship.stop()", 0),
        ("del visitor", 0),
        ("import threading; threading.Thread(target=visitor.send_hit, args=(Screen('late'),)).start()", 0),
        ("import atexit; atexit.register(visitor.send_hit, Screen('late'))", 0),
    ],
)
def test_the_end_of_a_program(server: FlagshipServer, end: str, status: int) -> None:
    code = "start()\nvisitor = visit('u')\nfor n in range(50): visitor.send_hit(Screen(str(n)))\nvisitor.get_flag('f', '').value()\n"
    run_python(SETUP + code + end, urls(server), status=status)
    assert screens(server, 52 + ("late" in end)) == {"u": 50 + ("late" in end)}
    assert [body["vid"] for body in server.activations(1)] == ["u"]


@pytest.mark.parametrize("strategy", ["CONTINUOUS_CACHING", "PERIODIC_CACHING"])
def test_the_end_of_a_program_with_a_cache(server: FlagshipServer, tmp_path: Path, strategy: str) -> None:
    code = f"""
from burgee.flagship.tracking_manager import CacheStrategy, TrackingManagerConfig
start(cache_manager=SqliteCacheManager(local_db_path=sys.argv[2]),
      tracking_manager_config=TrackingManagerConfig(cache_strategy=CacheStrategy.{strategy}))
visitor = visit("u")
visitor.send_hit(Screen("s"))
visitor.get_flag("f", "").value()
"""
    run_python(SETUP + code, urls(server), str(tmp_path))
    assert screens(server, 3) == {"u": 1}
    with sqlite3.connect(tmp_path / f"{ENV_ID}-cache.db") as connection:
        assert connection.execute("SELECT count(*) FROM HITS").fetchone() == (0,)
        (record,) = connection.execute("SELECT data FROM VISITORS WHERE visitor_id = 'u'").fetchone()
    connection.close()
    assert json.loads(record)["data"]["campaigns"][0]["exposed"] is True


def test_a_server_that_is_gone_does_not_hold_up_the_end(server: FlagshipServer) -> None:
    server.fail({"kind": "hang", "path": "/events", "times": -1})
    run_python(SETUP + "start(close_wait=200)\nvisit('u').send_hit(Screen('s'))", urls(server), timeout=60)
    assert screens(server, 0) == {}


def test_hits_that_a_server_has_not_taken_wait_in_the_cache(server: FlagshipServer, tmp_path: Path) -> None:
    code = "start(cache_manager=SqliteCacheManager(local_db_path=sys.argv[2]), close_wait=300)\nvisit('u')"
    server.fail({"kind": "answer", "status": 503, "path": "/events", "times": -1})
    run_python(SETUP + code + ".send_hit(Screen('s'))", urls(server), str(tmp_path))
    assert screens(server, 0) == {}
    server.control("DELETE", "/faults")
    again = """
from burgee.flagship.tracking_manager import TrackingManagerConfig
start(cache_manager=SqliteCacheManager(local_db_path=sys.argv[2]),
      tracking_manager_config=TrackingManagerConfig(time_interval=200))
sys.stdin.readline()
"""
    process = start_python(SETUP + again, urls(server), str(tmp_path), stdin=-1)
    assert screens(server, 3) == {"u": 1}
    process.communicate("\n")


@posix
def test_a_spool_survives_a_kill(server: FlagshipServer, tmp_path: Path) -> None:
    server.fail({"kind": "answer", "status": 503, "path": "/events", "times": -1})
    code = """
from burgee.flagship._engine import ENGINE
from burgee._session import call
start(spool_path=sys.argv[2])
visitor = visit("u")
for n in range(200):
    visitor.send_hit(Screen("s" * 10_000))
# One hit less would be shorter than that, whatever stands around its text.
while call(ENGINE._started, "status")["events"]["spoolBytes"] < 200 * 10_060:
    pass
print("written", flush=True)
sys.stdin.read()
"""
    process = start_python(SETUP + code, urls(server), str(tmp_path / "spool"), stdin=-1)
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    server.control("DELETE", "/faults")
    run_python(SETUP + "start(spool_path=sys.argv[2])\nFlagship.stop()", urls(server), str(tmp_path / "spool"))
    assert screens(server, 200) == {"u": 200}


@posix
def test_ctrl_c_ends_a_fetch(server: FlagshipServer) -> None:
    server.fail({"kind": "hang", "path": "/campaigns", "times": -1})
    code = """
start(DecisionApi, timeout=60_000)
visitor = Flagship.new_visitor("v1")
print("asks", flush=True)
try:
    visitor.fetch_flags()
except KeyboardInterrupt:
    print("interrupted", flush=True)
os._exit(0)
"""
    process = start_python(SETUP + code, urls(server))
    assert process.stdout is not None
    assert process.stdout.readline() == "asks\n"
    server.wait(requests=1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert out == "interrupted\n", err


def test_reading_flags_leaks_nothing(server: FlagshipServer) -> None:
    code = """
import gc, tracemalloc
start(disable_events=True)
def read():
    visitor = visit("v1", context={"plan": "pro"})
    for _ in range(20):
        visitor.get_flag("f", "").value()
        visitor.get_flag("b", None).exists()
        visitor.get_flag("f", "").metadata()
        visitor.update_context({"a": 1})
        visitor.send_hit(Screen("s"))
for _ in range(20):
    read()
gc.collect()
tracemalloc.start()
before = tracemalloc.get_traced_memory()[0]
for _ in range(100):
    read()
gc.collect()
assert tracemalloc.get_traced_memory()[0] - before < 50_000
"""
    run_python(SETUP + code, urls(server))


def test_any_value_survives(server: FlagshipServer) -> None:
    values: dict[str, Any] = {
        "i": 2**53,
        "neg": -1,
        "f": 0.1,
        "big": 1e300,
        "u": "日本 🎉",
        "deep": [[{"a": [None, True]}]],
    }
    server.replace(environment(*(campaign(key, value) for key, value in values.items())))
    code = """
start()
visitor = visit("v1")
expected = json.loads(sys.argv[2])
for key, value in expected.items():
    got = visitor.get_flag(key, type(value)()).value(False)
    assert got == value and type(got) is type(value), (key, got)
"""
    run_python(SETUP + code, urls(server), json.dumps(values))
