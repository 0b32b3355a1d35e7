"""burgee.flagship in forked children: visitors, caches and listeners go on there."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import run_python
from flagship_server import ENV_ID, FlagshipServer, campaign, environment
from test_featbit_process import CHILD
from test_flagship_process import SETUP, forks, screens, serve, urls
from test_fork import check_web_server, free_port, gunicorn_command, uwsgi_command

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def server() -> Iterator[FlagshipServer]:
    yield from serve()


@forks
@pytest.mark.parametrize("mode", ["Bucketing", "DecisionApi"])
def test_a_visitor_works_in_a_forked_child(server: FlagshipServer, mode: str) -> None:
    code = f"""
start({mode})
anonymous = visit("v1", context={{"plan": "pro"}}, instance_type=Visitor.Instance.SINGLE_INSTANCE)
customer = visit("v2", context={{"plan": "free"}})
customer.authenticate("account")
customer.set_consent(False)
flag = anonymous.get_flag("b", False)
assert flag.value(False) is True
def work():
    assert Flagship.status() is Status.READY
    assert Flagship.get_visitor() is anonymous
    if {mode} is DecisionApi:
        anonymous.fetch_flags()
    assert flag.value() is True
    assert flag.exists() and flag.metadata().campaign_id == "c-b"
    assert anonymous.context["plan"] == "pro"
    anonymous.send_hit(Screen("child"))
    assert (customer.visitor_id, customer.anonymous_id) == ("account", "v2")
    assert customer.has_consented is False
    customer.update_context({{"plan": "pro"}})
    customer.fetch_flags()
    assert customer.get_flag("b", False).value() is True
    assert visit("new", context={{"plan": "pro"}}).get_flag("b", False).value() is True
    Flagship.stop()
    assert Flagship.status() is Status.NOT_INITIALIZED
for _ in range(3):
    assert child(work) == 0
assert flag.value() is True
assert customer.context["plan"] == "free"
anonymous.send_hit(Screen("parent"))
"""
    run_python(SETUP + CHILD + code, urls(server))
    hits = server.hits(5)
    assert sorted(hit["dl"] for hit in hits if hit["t"] == "SCREENVIEW") == ["child"] * 3 + ["parent"]
    consents = sorted((hit["vid"], hit["el"]) for hit in hits if hit["t"] == "EVENT")
    assert consents.count(("v1", "python:true")) == 1, "a visitor that is made again does not agree again"
    assert consents.count(("v2", "python:false")) == 1
    assert consents.count(("new", "python:true")) == 3
    activated = sorted(body["vid"] for body in server.activations(7))
    assert activated == ["new"] * 3 + ["v1"] * 4


@forks
def test_a_forked_child_is_started_anew(server: FlagshipServer) -> None:
    code = """
start()
visitor = visit("v1", context={"plan": "pro"})
def work():
    start(DecisionApi)
    visitor.fetch_flags()
    assert visitor.get_flag("b", False).value() is True
    Flagship.stop()
assert child(work) == 0
Flagship.stop()
def idle():
    assert Flagship.status() is Status.NOT_INITIALIZED
    assert visitor.get_flag("b", False).value() is False
    start()
    visitor.fetch_flags()
    assert visitor.get_flag("b", False).value() is True
    Flagship.stop()
assert child(idle) == 0
"""
    run_python(SETUP + CHILD + code, urls(server))
    assert [body["vid"] for body in server.activations(2)] == ["v1", "v1"]


@forks
def test_a_forked_child_before_anything_was_done(server: FlagshipServer) -> None:
    code = """
def work():
    start()
    assert visit("v1").get_flag("f", "").value() == "on"
    Flagship.stop()
assert child(work) == 0
assert Flagship.status() is Status.NOT_INITIALIZED
"""
    run_python(SETUP + CHILD + code, urls(server))


@forks
def test_caches_and_listeners_in_a_forked_child(server: FlagshipServer, tmp_path: Path) -> None:
    code = """
from burgee.flagship.status_listener import StatusListener
class Statuses(StatusListener):
    seen = []
    def on_status_changed(self, new_status):
        self.seen.append(new_status.name)
class Cache(SqliteCacheManager):
    def close_database(self):
        closed.append(os.getpid())
closed = []
start(cache_manager=Cache(local_db_path=sys.argv[2], timeout=10_000), status_listener=Statuses(), log_manager=Telling())
visit("v1")
def work():
    visitor = visit("v2")
    assert visitor.get_flag("f", "").value() == "on"
    Flagship.stop()
    assert closed == [os.getpid()]
    Statuses.seen.clear()
    start(DecisionApi, status_listener=Statuses())
    assert Statuses.seen == ["STARTING", "READY"], Statuses.seen
    Flagship.stop()
assert child(work) == 0
def idle():
    Flagship.stop()
    assert closed == []
assert child(idle) == 0
"""
    assert run_python(SETUP + CHILD + code, urls(server), str(tmp_path)) == ""
    with sqlite3.connect(tmp_path / f"{ENV_ID}-cache.db") as connection:
        visitors = [row[0] for row in connection.execute("SELECT visitor_id FROM VISITORS ORDER BY 1")]
    connection.close()
    assert visitors == ["v1", "v2"]


@forks
def test_no_call_to_a_cache_is_under_way_when_a_process_forks(server: FlagshipServer, tmp_path: Path) -> None:
    code = """
import threading
lock, locked = threading.Lock(), threading.Event()
class Cache(SqliteCacheManager):
    def cache_hits(self, hits):
        with lock:
            locked.set()
            threading.Event().wait(0.1)  # as long as a database takes
            super().cache_hits(hits)
start(cache_manager=Cache(local_db_path=sys.argv[2]))
Flagship.new_visitor("v1").send_hit(Screen("s"))
locked.wait()
def work():
    assert not lock.locked()
assert child(work) == 0
"""
    run_python(SETUP + CHILD + code, urls(server), str(tmp_path))


@forks
def test_a_forked_child_leaves_the_hits_of_its_parent_alone(server: FlagshipServer, tmp_path: Path) -> None:
    code = """
start(cache_manager=SqliteCacheManager(local_db_path=sys.argv[2], timeout=10_000), log_manager=Telling())
visitor = visit("v1")
visitor.send_hit(Screen("parent"))
def work():
    visitor.send_hit(Screen("child"))
    Flagship.stop()
for _ in range(3):
    assert child(work) == 0
"""
    assert run_python(SETUP + CHILD + code, urls(server), str(tmp_path)) == ""
    shown = sorted(hit["dl"] for hit in server.hits(6) if hit["t"] == "SCREENVIEW")
    assert shown == ["child"] * 3 + ["parent"]


@forks
def test_forking_while_threads_read(server: FlagshipServer) -> None:
    code = """
import threading
start()
visitor = visit("v1", context={"plan": "pro"})
done = False
def read():
    while not done:
        assert visitor.get_flag("b", False).value(False) is True
threads = [threading.Thread(target=read) for _ in range(4)]
for thread in threads:
    thread.start()
def work():
    assert visitor.get_flag("b", False).value(False) is True
    assert visit("v2").get_flag("f", "").value(False) == "on"
for _ in range(10):
    assert child(work) == 0
done = True
"""
    run_python(SETUP + CHILD + code, urls(server))


@forks
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_multiprocessing(server: FlagshipServer, tmp_path: Path, method: str) -> None:
    script = tmp_path / "program.py"
    script.write_text(
        "import multiprocessing, os, sys\n"
        + SETUP
        + f"""
def work(number):
    start()
    visitor = visit(f"w-{{number}}")
    visitor.send_hit(Screen("s"))

if __name__ == "__main__":
    multiprocessing.set_start_method({method!r})
    processes = [multiprocessing.Process(target=work, args=(number,)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
"""
    )

    done = subprocess.run(
        [sys.executable, str(script), urls(server)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert screens(server, 6) == {"w-0": 1, "w-1": 1, "w-2": 1}


APP = """
start()
visitor = visit("v1")
def application(environ, start_response):
    for n in range(2000):
        flag = visitor.get_flag("f", "")
    visitor.fetch_flags()
    assert visit("v2").get_flag("f", "").value() == flag.value()
    body = f"{flag.value()} {Flagship.status().name} {os.getpid()}".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
"""


@forks
@pytest.mark.parametrize("command", [gunicorn_command, uwsgi_command])
def test_behind_a_web_server_that_forks(
    server: FlagshipServer, tmp_path: Path, command: Callable[[int], list[str]]
) -> None:
    server.replace(environment(campaign("f", "amber")))
    port = free_port()
    setup = SETUP.replace("json.loads(sys.argv[1])", urls(server))
    (tmp_path / "app.py").write_text("import os, sys\n" + setup + APP)
    check_web_server(command(port), port, tmp_path)
