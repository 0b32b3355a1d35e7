"""The process that the engine is a guest of: it ends when it wants to, and its signals are its own."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from conftest import LocalServer, run_python, start_python

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

EVALUATING_THREADS = """
import threading
def spin():
    while True:
        client.string("theme", "", CONTEXT)
for _ in range(3):
    threading.Thread(target=spin, daemon=True).start()
"""


@pytest.mark.parametrize("threads", ["", EVALUATING_THREADS], ids=["alone", "beside-daemon-threads"])
@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("pass", 0),
        ("sys.exit(5)", 5),
        ("raise ValueError('on purpose')", 1),
        ("os._exit(6)", 6),
        ("import atexit; atexit.register(lambda: print(client.boolean('dark', False, CONTEXT)))", 0),
        ("import atexit; atexit.register(client.close)", 0),
        ("import atexit; atexit.register(lambda: burgee.open(document=DOCUMENT))", 0),
    ],
)
def test_ends(end: str, status: int, threads: str) -> None:
    code = "client = burgee.open(document=DOCUMENT)\nassert client.boolean('dark', False, CONTEXT)\n"
    for _ in range(3):
        run_python(code + threads + "\n" + end, status=status, timeout=60)


@pytest.mark.parametrize(("end", "status"), [("pass", 0), ("sys.exit(5)", 5), ("os._exit(6)", 6)])
def test_ends_while_a_thread_opens_a_client(server: LocalServer, end: str, status: int) -> None:
    server.fail({"kind": "hang", "times": -1})
    code = f"""
import threading, time
threading.Thread(target=lambda: burgee.open(url=sys.argv[1], start_wait_ms=3600000), daemon=True).start()
time.sleep(0.3)
{end}
"""
    run_python(code, server.url, status=status, timeout=60)


def test_ends_while_a_client_fetches(server: LocalServer) -> None:
    server.fail({"kind": "hang", "times": -1})
    code = "client = burgee.open(url=sys.argv[1], start_wait_ms=0)\nassert client.status.state == 'NOT_READY'"
    run_python(code, server.url, timeout=60)


def test_warns_of_an_open_client_only_when_it_is_forgotten() -> None:
    code = "burgee.open(document=DOCUMENT)"
    process = start_python(code, flags=("-X", "dev"))
    _, err = process.communicate(timeout=60)
    assert "ResourceWarning: unclosed <burgee.Client" in err
    process = start_python("client = " + code, flags=("-X", "dev"))
    _, err = process.communicate(timeout=60)
    assert err == ""


@posix
@pytest.mark.parametrize("call", ["burgee.open(url=sys.argv[1], start_wait_ms=3600000)", "hanging.refresh()"])
def test_ctrl_c_ends_what_blocks(server: LocalServer, call: str) -> None:
    server.fail({"kind": "hang", "times": -1})
    code = f"""
hanging = burgee.open(url=sys.argv[1], start_wait_ms=0)
print("ready", flush=True)
try:
    {call}
except KeyboardInterrupt:
    print("interrupted", flush=True)
    hanging.close()
"""
    process = start_python(code, server.url)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    for _ in range(100):  # the interpreter may not be in the call yet, and the program has nothing else to interrupt
        if any(request["path"] for request in server.requests()):
            break
    threading_wait(0.3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert out == "interrupted\n", err
    assert process.returncode == 0, err


def threading_wait(seconds: float) -> None:
    import threading

    threading.Event().wait(seconds)


@posix
def test_handlers_of_the_host_run() -> None:
    code = """
import signal, threading
counts = {}
def count(number, frame):
    counts[number] = counts.get(number, 0) + 1
numbers = [signal.SIGTERM, signal.SIGUSR1, signal.SIGALRM, signal.SIGHUP, signal.SIGURG, signal.SIGUSR2, signal.SIGINT]
for number in numbers[:3]:
    signal.signal(number, count)
client = burgee.open(document=DOCUMENT)
for number in numbers[3:]:
    signal.signal(number, count)
for _ in range(200):
    for number in numbers:
        os.kill(os.getpid(), number)
        client.string("theme", "", CONTEXT)
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
before = counts[signal.SIGALRM]
while counts[signal.SIGALRM] < before + 500:
    assert client.string("theme", "", CONTEXT) == "amber"
signal.setitimer(signal.ITIMER_REAL, 0)
assert all(counts[number] >= 200 for number in numbers), counts
"""
    run_python(code)


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGHUP])
def test_signals_without_a_handler_end_the_process(number: int) -> None:
    code = """
client = burgee.open(document=DOCUMENT)
print("ready", flush=True)
while True:
    client.string("theme", "", CONTEXT)
"""
    process = start_python(code)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == -number


@posix
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_of_the_host_is_reported_as_ever(when: str) -> None:
    enable = "import faulthandler; faulthandler.enable()\n"
    code = "client = burgee.open(document=DOCUMENT)\nclient.string('theme', '', CONTEXT)\n"
    crash = "import ctypes; ctypes.string_at(16)"
    process = start_python((enable + code if when == "before" else code + enable) + crash)
    _, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGSEGV
    assert "Fatal Python error: Segmentation fault" in err


@posix
def test_a_broken_pipe_is_an_error_of_python() -> None:
    code = """
client = burgee.open(document=DOCUMENT)
for _ in range(50):
    read, write = os.pipe()
    os.close(read)
    try:
        os.write(write, b"x")
        raise AssertionError("no error")
    except BrokenPipeError:
        os.close(write)
"""
    run_python(code)


def test_nothing_is_written_to_the_standard_streams(server: LocalServer) -> None:
    server.fail({"kind": "answer", "status": 403, "times": -1})
    code = """
client = burgee.open(url=sys.argv[1], log_level="debug", start_wait_ms=2000)
import logging
logging.getLogger("burgee").addHandler(logging.NullHandler())
client.close()
"""
    process = start_python(code, server.url)
    out, err = process.communicate(timeout=60)
    assert out == ""
    assert "panic" not in err


def test_the_proxy_is_that_of_the_environment(server: LocalServer) -> None:
    """Also when the host set it after it started, which a Go library does not see by itself."""
    code = """
os.environ["HTTP_PROXY"] = sys.argv[1]
os.environ.pop("NO_PROXY", None); os.environ.pop("no_proxy", None)
with burgee.open(url="http://flags.invalid") as client:
    print(client.status.state)
"""
    environment = {"http_proxy": "", "no_proxy": "", "NO_PROXY": ""}
    run_python(code, server.url, env=environment)
    assert [request for request in server.requests() if "flags.invalid" in str(request)]


def test_an_import_loads_neither_the_engine_nor_much_else() -> None:
    code = """
import burgee._native
assert burgee._native.version() is None
heavy = {"asyncio", "ctypes", "dataclasses", "inspect", "json", "logging", "pydantic", "threading", "typing"}
print(sorted(heavy & set(sys.modules)))
"""
    bare = f"import sys, os\nimport burgee\n{code}"
    import subprocess

    done = subprocess.run(
        [sys.executable, "-S", "-c", bare], capture_output=True, text=True, env=environment_of_tests()
    )
    assert done.stdout == "[]\n", done.stderr


def environment_of_tests() -> dict[str, str]:
    """With the folder of the installed package on the path, since -S leaves out site-packages."""
    import burgee

    return {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(burgee.__file__))}
