"""Forked children go on with the flags of their parent, on an engine of their own.

A Go runtime that was inherited across a fork answers single evaluations most of the time, so a child here must make its
engine collect garbage, start goroutines, use timers and talk TLS: many evaluations, and a refresh over https.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import LocalServer, run_python

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

WORK = """
def work(client, rounds=20000):
    # Enough to make the engine collect its garbage, beside goroutines, timers and TLS.
    for i in range(rounds):
        if client.string("theme", "", CONTEXT, targeting_key=f"user-{i}") != "amber":
            return 1
    for i in range(20):
        client.refresh()
        client.explain("theme", CONTEXT)
        if len(client.all(CONTEXT)) != 3:
            return 2
    state = client.status
    return 0 if state.state == "READY" and state.flags == 3 else 3

def child(function, *arguments):
    # Returns the exit status of a child that runs the function.
    pid = os.fork()
    if pid == 0:
        status = 99
        try:
            status = function(*arguments)
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            sys.stdout.flush(); sys.stderr.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

client = burgee.open(url=sys.argv[1], tls_config={"ca_cert_file": sys.argv[2]}, update_interval=0.1)
assert work(client, 100) == 0
"""


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory, flag_file: Path) -> Iterator[tuple[str, str]]:
    """The URL of an https server and the file of its CA."""
    folder = tmp_path_factory.mktemp("tls")
    local = LocalServer("--file", str(flag_file), "--tls", str(folder))
    yield local.url, str(folder / "ca.pem")
    local.close()


def fork_python(code: str, secure: tuple[str, str], **options: object) -> str:
    return run_python(WORK + code, *secure, **options)  # type: ignore[arg-type]


def test_children_and_their_parent_evaluate(secure: tuple[str, str]) -> None:
    code = """
for _ in range(10):
    assert child(work, client) == 0
assert work(client) == 0
client.close()
"""
    fork_python(code, secure)


def test_children_of_children(secure: tuple[str, str]) -> None:
    code = """
def nested(depth):
    if depth == 0:
        return work(client)
    first = work(client, 1000) if depth % 2 else 0
    return first or child(nested, depth - 1)
assert child(nested, 5) == 0
assert work(client) == 0
"""
    fork_python(code, secure)


def test_a_child_needs_no_server(secure: tuple[str, str], flag_file: Path) -> None:
    """The flags are there at once, also when nobody answers any more."""
    local = LocalServer("--file", str(flag_file))
    code = """
plain = burgee.open(url=sys.argv[3])
flipt = FliptClient(ClientOptions(url=sys.argv[3], update_interval=3600))
import os, signal
os.kill(int(sys.argv[4]), signal.SIGKILL)
def look():
    first = plain.details("theme", "", CONTEXT)
    return 0 if first.value == "amber" and flipt.evaluate_boolean("dark", "u", CONTEXT).enabled else 1
assert look() == 0
assert child(look) == 0
"""
    run_python(WORK + code, *secure, local.url, str(local.process.pid))
    local.process.wait(30)


def test_multiprocessing_pool(secure: tuple[str, str]) -> None:
    code = """
import multiprocessing
flipt = FliptClient(ClientOptions(document=DOCUMENT))
def task(number):
    response = flipt.evaluate_variant("theme", f"user-{number}", CONTEXT)
    return work(client, 500), response
if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(4) as pool:
        answers = pool.map(task, range(40), chunksize=1)
    assert all(status == 0 for status, _ in answers), answers
    assert {response.variant_key for _, response in answers} == {"amber"}
    assert work(client) == 0
"""
    fork_python(code, secure)


def test_executor_that_forks_while_threads_evaluate(secure: tuple[str, str]) -> None:
    code = """
import threading
stop = threading.Event()
def spin():
    while not stop.is_set():
        work(client, 200)
threads = [threading.Thread(target=spin) for _ in range(4)]
for thread in threads: thread.start()
statuses = []
def fork_from_a_thread():
    statuses.extend(child(work, client, 3000) for _ in range(5))
second = threading.Thread(target=fork_from_a_thread)
second.start()
statuses.extend(child(work, client, 3000) for _ in range(5))
second.join()
stop.set()
for thread in threads: thread.join()
assert statuses == [0] * 10, statuses
"""
    fork_python(code, secure, timeout=300)


def test_threads_of_a_child_share_one_client(secure: tuple[str, str]) -> None:
    code = """
import threading
def many():
    results = []
    barrier = threading.Barrier(8)
    def run():
        barrier.wait()
        results.append(work(client, 2000))
    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return 0 if results == [0] * 8 else 1
assert child(many) == 0
"""
    fork_python(code, secure)


def test_fork_that_python_does_not_see(secure: tuple[str, str]) -> None:
    code = """
import ctypes
libc = ctypes.PyDLL(None)
libc.fork.restype = ctypes.c_int
for _ in range(5):
    pid = libc.fork()
    if pid == 0:
        os._exit(work(client))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
"""
    fork_python(code, secure)


@pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine != "x86_64", reason="a system call of Linux on x86-64"
)
def test_fork_that_the_c_library_does_not_see(secure: tuple[str, str]) -> None:
    """The raw system call runs no fork handler at all; the engine itself answers that it was forked."""
    code = """
import ctypes
libc = ctypes.PyDLL(None)
libc.syscall.restype = ctypes.c_long
pid = libc.syscall(ctypes.c_long(57))
if pid == 0:
    os._exit(work(client))
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
"""
    fork_python(code, secure)


def test_copy_in_a_file_where_memory_files_cannot_be_had(secure: tuple[str, str], tmp_path: Path) -> None:
    code = """
import resource
def without():
    # A limit on file sizes also bounds memory files; the copy in a file meets it as well and must say so.
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        client.boolean("dark", False, CONTEXT)
    except burgee.errors.ForkedError as problem:
        return 0 if "spawn" in str(problem) and os.listdir(sys.argv[3]) == [] else 4
    return 5
assert child(without) == 0
assert work(client) == 0
"""
    run_python(WORK + code, *secure, str(tmp_path), env={"TMPDIR": str(tmp_path)})


def test_listeners_and_log_messages_in_a_child(secure: tuple[str, str], server: LocalServer) -> None:
    code = """
import threading, json
seen, changes = threading.Event(), []
plain = burgee.open(url=sys.argv[3], update_interval=3600)
plain.on_change(lambda change: (changes.append(change), seen.set()))
def listen():
    assert plain.boolean("dark", False, CONTEXT)
    control = json.loads(sys.argv[4])
    import urllib.request
    request = urllib.request.Request(control + "/document?namespace=default", method="PUT",
        data=json.dumps({"namespace": {"key": "default"}, "flags": []}).encode())
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).read()
    assert plain.refresh()
    seen.wait(30)
    return 0 if [change.flags for change in changes] == [("dark", "number", "theme")] else 1
assert child(listen) == 0
assert changes == []
"""
    run_python(WORK + code, *secure, server.url, json.dumps(server._control))


def test_finalizers_in_a_child_leave_the_dead_engine_alone(secure: tuple[str, str]) -> None:
    code = """
import gc
def finalize():
    global client
    client.close()  # belongs to the copy that died
    assert client.details("dark", True).error_code == "INVALID_HANDLE"
    del client
    gc.collect()
    return work(burgee.open(url=sys.argv[1], tls_config={"ca_cert_file": sys.argv[2]}))
assert child(finalize) == 0
assert work(client) == 0
"""
    fork_python(code, secure)


def test_child_that_leaves_normally(secure: tuple[str, str]) -> None:
    code = """
pid = os.fork()
status = work(client)
if pid == 0:
    sys.exit(status + 7)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
sys.exit(status)
"""
    fork_python(code, secure)


def test_client_opened_before_the_library_is_used_by_the_parent_only(secure: tuple[str, str]) -> None:
    """A library that no parent loaded is loaded plainly in the child."""
    code = """
pid = os.fork()
if pid == 0:
    client = burgee.open(document=DOCUMENT)
    os._exit(0 if client.boolean("dark", False, CONTEXT) else 1)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
"""
    run_python(code)


def test_subprocesses(secure: tuple[str, str]) -> None:
    code = """
import subprocess
for i in range(20):
    assert subprocess.run(["true"], preexec_fn=(lambda: None) if i % 2 else None).returncode == 0
assert work(client) == 0
"""
    fork_python(code, secure)


GUNICORN_APP = """
import os, sys
import burgee
sys.path.insert(0, {tests!r})
from conftest import CONTEXT
client = burgee.open(url={url!r}, update_interval=0.1)
assert client.string("theme", "", CONTEXT) == "amber"

def application(environ, start_response):
    for i in range(20000):
        value = client.string("theme", "", CONTEXT, targeting_key=str(i))
    changed = client.refresh()
    body = f"{{value}} {{client.status.state}} {{os.getpid()}}".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
"""


def ask(port: int, count: int = 12) -> set[str]:
    """Ask a web server until it answers, then often. Returns the process ids of its workers."""
    import http.client
    import time

    workers = set()
    for _ in range(200):
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=60).connect()
            break
        except OSError:
            time.sleep(0.05)
    for _ in range(count):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/")
        value, state, worker = connection.getresponse().read().decode().split()
        assert (value, state) == ("amber", "READY")
        workers.add(worker)
        connection.close()
    return workers


def free_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def check_web_server(command: list[str], port: int, folder: Path) -> None:
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        assert str(process.pid) not in ask(port)
    finally:
        process.terminate()
        _, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err


def gunicorn_command(port: int) -> list[str]:
    """The command that serves app.py of the working directory."""
    pytest.importorskip("gunicorn")
    return [sys.executable, "-m", "gunicorn", "--preload", "-w", "3", "-b", f"127.0.0.1:{port}", "app"]


def test_gunicorn_preload(server: LocalServer, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "app.py").write_text(GUNICORN_APP.format(tests=str(Path(__file__).parent), url=server.url))
    check_web_server(gunicorn_command(port), port, tmp_path)


def uwsgi_command(port: int) -> list[str]:
    """The command that serves app.py of the working directory."""
    uwsgi = Path(sys.executable).with_name("uwsgi")
    if not uwsgi.exists():
        pytest.skip("uwsgi is not installed")
    return [
        str(uwsgi),
        f"--http-socket=127.0.0.1:{port}",
        "--master",
        "--processes=3",
        "--enable-threads",
        "--need-app",
        "--die-on-term",
        f"--virtualenv={sys.prefix}",
        "--wsgi-file=app.py",
    ]


def test_uwsgi(server: LocalServer, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "app.py").write_text(GUNICORN_APP.format(tests=str(Path(__file__).parent), url=server.url))
    check_web_server(uwsgi_command(port), port, tmp_path)
