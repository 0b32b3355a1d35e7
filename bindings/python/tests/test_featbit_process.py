"""Events of processes that end, fork or are killed: each is sent, and none twice."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import run_python, start_python
from datasync_server import FEATBIT_MESSAGE, FEATBIT_SECRET, DataSyncServer

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")

SETUP = f"""
from burgee.featbit.client import FBClient
from burgee.featbit.config import Config
url = sys.argv[1]
def config(**options):
    options.setdefault("events_flush_interval", 3)
    return Config({FEATBIT_SECRET!r}, url, url.replace("http", "ws"), **options)
def evaluate(client, key, count):
    for _ in range(count):
        assert client.variation("a", {{"key": key, "name": "N"}}) == "A"
"""


@pytest.fixture
def server() -> Iterator[DataSyncServer]:
    local = DataSyncServer("featbit")
    local.replace(FEATBIT_MESSAGE)
    yield local
    local.close()


# Events are sent at once in portions of 50, and what is left waits for 3 s.
@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("pass", 0),
        ("sys.exit(3)", 3),
        ("raise ValueError('on purpose')", 1),
        ("client.stop()", 0),
        ("del client", 0),
        ("import gc; client.cycle = client; del client; gc.collect()", 0),
        ("import threading; threading.Thread(target=evaluate, args=(client, 'u', 0)).start()", 0),
        ("import atexit; atexit.register(evaluate, client, 'u', 0)", 0),
    ],
)
def test_the_end_of_a_program(server: DataSyncServer, end: str, status: int) -> None:
    run_python(SETUP + f"client = FBClient(config())\nevaluate(client, 'u', 120)\n{end}", server.url, status=status)
    assert server.event_users(120) == {"u": 120}


def test_the_end_of_a_program_of_the_unified_client(server: DataSyncServer) -> None:
    code = f"""
client = burgee.open("featbit", env_secret={FEATBIT_SECRET!r}, event_url=sys.argv[1], streaming_url=sys.argv[1],
                     events_flush_interval=3)
for _ in range(120):
    assert client.string("a", "", {{"targetingKey": "u"}}) == "A"
"""
    run_python(code, server.url)
    assert server.event_users(120) == {"u": 120}


def test_a_server_that_is_gone_does_not_hold_up_the_end(server: DataSyncServer) -> None:
    server.fail({"kind": "hang", "path": "insight", "times": -1})
    run_python(
        SETUP + "client = FBClient(config(close_wait_ms=200))\nevaluate(client, 'u', 10)", server.url, timeout=60
    )
    assert server.event_users() == {}


@posix
def test_a_spool_survives_a_kill(server: DataSyncServer, tmp_path: Path) -> None:
    server.fail({"kind": "answer", "status": 503, "path": "insight", "times": -1})
    code = """
client = FBClient(config(spool_path=sys.argv[2]))
def written(at_least):
    while (size := client._ask("status", {})["events"]["spoolBytes"]) < at_least:
        pass
    return size
evaluate(client, "u", 1)
one = written(1)
evaluate(client, "u", 1)
another = written(one + 1) - one  # all events are as long as the second
evaluate(client, "u", 998)
written(one + 999 * another)
print("written", flush=True)
sys.stdin.read()
"""
    process = start_python(SETUP + code, server.url, str(tmp_path / "spool"), stdin=-1)
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert server.event_users() == {}
    server.control("DELETE", "/faults")
    run_python(SETUP + "FBClient(config(spool_path=sys.argv[2])).stop()", server.url, str(tmp_path / "spool"))
    assert server.event_users(1000) == {"u": 1000}


CHILD = """
def child(work):
    pid = os.fork()
    if pid == 0:
        status = 99
        try:
            work()
            status = 0
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            sys.stdout.flush(); sys.stderr.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
"""


@forks
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    "end",
    [
        "client.stop()",
        "with client: pass",
        "del globals()['client']; import gc; gc.collect(); from burgee._session import _close_all; _close_all()",
    ],
)
def test_a_forked_child_sends_its_own_events(server: DataSyncServer, end: str) -> None:
    code = f"""
client = FBClient(config())
evaluate(client, "parent", 50)
def work():
    evaluate(client, "child", 20)
    assert client.initialize
    assert client.update_status_provider.wait_for_OKState(60)
    {end}
assert child(work) == 0
assert child(lambda: client.stop()) == 0  # one that never used it
evaluate(client, "parent", 10)
assert client.update_status_provider.current_state.state_type.name == "OK"
client.stop()
"""
    run_python(SETUP + CHILD + code, server.url)
    assert server.event_users(80) == {"parent": 60, "child": 20}


@forks
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_that_leaves_normally(server: DataSyncServer) -> None:
    code = """
client = FBClient(config())
evaluate(client, "parent", 5)
pid = os.fork()
if pid == 0:
    evaluate(client, "child", 7)
else:
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
"""
    run_python(SETUP + code, server.url)
    assert server.event_users(12) == {"parent": 5, "child": 7}


@forks
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_listeners_and_states_in_a_child(server: DataSyncServer) -> None:
    code = """
import json, threading, urllib.request
client = FBClient(config())
seen = []
done = threading.Event()
client.flag_tracker.add_flag_value_changed_listener("a", {"key": "u", "name": "N"}, lambda *a: (seen.append(a), done.set()))
held = client.update_status_provider._cell._changed
held.acquire()  # as if another thread were just waiting
def work():
    evaluate(client, "child", 1)
    assert client.update_status_provider.wait_for_OKState(60)
    body = json.dumps({"variations": [{"id": "v", "value": "A2"}, {"id": "s", "value": ""}]}).encode()
    request = urllib.request.Request(sys.argv[2] + "/flag?key=a", body, method="PATCH")
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).read()
    assert done.wait(60)
    assert seen == [("a", "A", "A2")], seen
assert child(work) == 0
held.release()
assert done.wait(60)
"""
    run_python(SETUP + CHILD + code, server.url, server._control)


@forks
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(server: DataSyncServer, tmp_path: Path, method: str) -> None:
    """A process of multiprocessing ends without the handlers of atexit."""
    script = tmp_path / "script.py"
    script.write_text(
        "import multiprocessing, os, sys\n"
        + SETUP
        + """
shared = None
def task(number):
    client = shared or FBClient(config())
    evaluate(client, f"u-{number}", 10)
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[2])
    if sys.argv[2] == "fork":
        shared = FBClient(config())
    processes = [context.Process(target=task, args=(number,)) for number in range(3)]
    for process in processes: process.start()
    for process in processes: process.join()
    assert [process.exitcode for process in processes] == [0] * 3
"""
    )
    import subprocess

    done = subprocess.run(
        [sys.executable, str(script), server.url, method], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert server.event_users(30) == {f"u-{number}": 10 for number in range(3)}


@posix
def test_ctrl_c_ends_the_wait_for_flags(server: DataSyncServer) -> None:
    server.fail({"kind": "hang", "times": -1})
    code = """
print("waiting", flush=True)
try:
    FBClient(config(), start_wait=3600)
except KeyboardInterrupt:
    print("interrupted")
"""
    process = start_python(SETUP + code, server.url)
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    server.wait(requests=1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (out, err, process.returncode) == ("interrupted\n", "", 0)
