"""burgee.flagship with a server: starting and stopping, fetching, flags, caches, messages."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flagship_sdk import Problems, Recorder, fetched, started, where
from flagship_server import API_KEY, ENV_ID, PATIENCE, FlagshipServer, campaign, environment

from burgee.flagship import Flagship, LogLevel, Status
from burgee.flagship.cache_manager import SqliteCacheManager
from burgee.flagship.config import Bucketing, DecisionApi
from burgee.flagship.errors import (
    FlagNotFoundException,
    InitializationParamError,
)
from burgee.flagship.hits import Screen
from burgee.flagship.status_listener import StatusListener
from burgee.flagship.tracking_manager import TrackingManagerConfig

FLAGS = environment(
    campaign("f", "on", slug="slug-f"),
    campaign("n", 5),
    campaign("r", 1.5),
    campaign("o", {"a": [1]}),
    campaign("e", None),
    campaign("b", True, targetings=[{"operator": "EQUALS", "key": "plan", "value": "pro"}]),
)
MODES = pytest.mark.parametrize("mode", [Bucketing, DecisionApi])


@pytest.fixture
def server() -> Iterator[FlagshipServer]:
    local = FlagshipServer()
    local.replace(FLAGS)
    yield local
    local.close()


class Statuses(StatusListener):
    """Keeps statuses, and waits for them."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._more = threading.Condition()

    def on_status_changed(self, new_status: Status) -> None:
        with self._more:
            self.seen.append(new_status.name)
            self._more.notify_all()

    def wait(self, *statuses: str) -> None:
        with self._more:
            assert self._more.wait_for(lambda: self.seen == list(statuses), PATIENCE), self.seen


@MODES
def test_a_program(server: FlagshipServer, mode: Any) -> None:
    assert Flagship.status() is Status.NOT_INITIALIZED
    assert Flagship.get_visitor() is None
    with started(server, mode) as problems:
        assert Flagship.status() is Status.READY
        visitor = fetched("v1", context={"plan": "free"})
        assert visitor.get_flag("f", "off").value() == "on"
        assert visitor.get_flag("b", False).value() is False
        visitor.update_context({"plan": "pro"})
        assert visitor.get_flag("b", False).value() is False
        visitor.fetch_flags()
        assert visitor.get_flag("b", False).value() is True
        assert visitor.get_flag("o", {}).value() == {"a": [1]}
        visitor.get_flag("o", {}).value()["a"].append(2)
        assert visitor.get_flag("o", {}).value() == {"a": [1]}
        assert isinstance(Flagship.config(), mode)
    assert Flagship.status() is Status.NOT_INITIALIZED
    assert [type(problem) for problem in problems.exceptions] == [FlagNotFoundException] * 2
    assert problems.messages == []
    assert [body["vaid"] for body in server.activations(5)] == ["va-f", "va-b", "va-o", "va-o", "va-o"]


def test_statuses_of_bucketing(server: FlagshipServer) -> None:
    statuses = Statuses()
    with started(server, Bucketing, status_listener=statuses, polling_interval=50):
        assert statuses.seen == ["STARTING", "POLLING", "READY"]
        server.replace({"panic": True})
        statuses.wait("STARTING", "POLLING", "READY", "PANIC")
        server.replace(FLAGS)
        statuses.wait("STARTING", "POLLING", "READY", "PANIC", "READY")
    assert statuses.seen[-1] == "READY", "stopping is not told"


def test_statuses_of_the_decision_api(server: FlagshipServer) -> None:
    statuses = Statuses()
    with started(server, DecisionApi, status_listener=statuses):
        assert statuses.seen == ["STARTING", "READY"]


def test_a_listener_may_use_the_sdk(server: FlagshipServer) -> None:
    class Fetching(Statuses):
        value: Any = None

        def on_status_changed(self, new_status: Status) -> None:
            if new_status is Status.READY:
                self.value = fetched("v1").get_flag("f", "off").value()
            super().on_status_changed(new_status)

    listener = Fetching()
    with started(server, Bucketing, status_listener=listener, cache_manager=Recorder()):
        assert listener.value == "on"


def test_a_listener_that_raises(server: FlagshipServer) -> None:
    class Raising(StatusListener):
        def on_status_changed(self, new_status: Status) -> None:
            raise SystemExit(new_status.name)

    with started(server, DecisionApi, status_listener=Raising()) as problems:
        assert Flagship.status() is Status.READY
    assert [str(problem) for problem in problems.exceptions] == ["STARTING", "READY"]


def test_starting_need_not_wait(server: FlagshipServer) -> None:
    server.fail({"kind": "hang", "path": "bucketing", "times": -1})
    statuses = Statuses()
    with started(
        server, Bucketing, status_listener=statuses, start_wait=0, timeout=1000, polling_interval=50
    ) as problems:
        assert Flagship.status() is Status.POLLING
        visitor = fetched("v1", context={"plan": "pro"})
        assert visitor.get_flag("f", "off").value() == "off"
        assert not visitor.get_flag("f", "off").exists()
        assert visitor.context["plan"] == "pro"
        assert "has not been received yet" in problems.messages[0]
        server.control("DELETE", "/faults")
        statuses.wait("STARTING", "POLLING", "READY")
        visitor.fetch_flags()
        assert visitor.get_flag("b", False).value() is True


def test_a_server_that_is_gone(server: FlagshipServer) -> None:
    server.fail({"kind": "refuse", "times": -1})
    with started(server, Bucketing, timeout=5000, close_wait=50):
        assert Flagship.status() is Status.POLLING
        assert fetched("v1").get_flag("f", "off").value() == "off"


def test_the_file_given_at_the_start(server: FlagshipServer) -> None:
    server.fail({"kind": "refuse", "times": -1})
    with started(server, Bucketing, initial_bucketing=FLAGS, timeout=100, close_wait=50):
        visitor = fetched("v1")
        assert visitor.get_flag("f", "off").value(False) == "on"


def test_a_visitor_from_before_the_start(server: FlagshipServer, caplog: pytest.LogCaptureFixture) -> None:
    visitor = Flagship.new_visitor("early", context={"plan": "pro"})
    flag = visitor.get_flag("b", False)
    assert flag.value() is False
    assert not flag.exists()
    assert not flag.metadata().exists()
    flag.visitor_exposed()
    visitor.fetch_flags()
    visitor.send_hit(Screen("s"))
    assert sum(record.levelname == "ERROR" for record in caplog.records) == 4
    with started(server):
        visitor.fetch_flags()
        assert flag.value() is True
        visitor.send_hit(Screen("s"))
    assert [hit["t"] for hit in server.hits(3)] == ["EVENT", "SEGMENT", "SCREENVIEW"]
    assert [body["vid"] for body in server.activations(1)] == ["early"]
    assert flag.value() is False, "without the SDK there are only defaults"


@MODES
def test_starting_again(server: FlagshipServer, mode: Any) -> None:
    other = FlagshipServer()
    other.replace(environment(campaign("f", "other")))
    cache = Recorder()
    with started(server, mode, cache_manager=cache):
        visitor = fetched("v1")
        assert visitor.get_flag("f", "off").value(False) == "on"
        with started(other, mode):
            assert cache.calls[-1] == ["close_database"]
            visitor.fetch_flags()
            assert visitor.get_flag("f", "off").value() == "other"
        assert len(server.hits(1)) >= 1
        assert other.activations(1)[0]["vid"] == "v1"
        assert server.activations() == []
    other.close()


def test_stopping_twice_and_without_a_start() -> None:
    Flagship.stop()
    Flagship.stop()
    assert Flagship.status() is Status.NOT_INITIALIZED
    assert isinstance(Flagship.config(), DecisionApi)


def test_an_option_that_makes_no_sense(server: FlagshipServer) -> None:
    with pytest.raises(InitializationParamError, match="cdn_url"):
        Flagship.start(ENV_ID, API_KEY, Bucketing(cdn_url="no address"))
    assert Flagship.status() is Status.NOT_INITIALIZED
    with started(server):
        assert Flagship.status() is Status.READY


def test_options_that_are_none_are_named(server: FlagshipServer) -> None:
    with started(server, tracking_manager_config=TrackingManagerConfig(max_pool_size=-1), decision_uri="x") as problems:
        pass
    assert problems.messages == [
        "Bucketing has no option decision_uri",
        "max_pool_size must be from 0 to 5000, not -1: it is 20",
    ]


def test_the_wrong_key(server: FlagshipServer) -> None:
    problems = Problems()
    Flagship.start(ENV_ID, "wrong", DecisionApi(log_manager=problems, **where(server)))
    assert fetched("v1").get_flag("f", "off").value() == "off"
    Flagship.stop()
    assert "403" in problems.messages[0]


@MODES
def test_inside_of_a_running_loop(server: FlagshipServer, mode: Any) -> None:
    cache = Recorder()

    async def program() -> Any:
        with started(server, mode, cache_manager=cache):
            visitor = fetched("v1")
            return visitor.get_flag("f", "off").value()

    assert asyncio.run(program()) == "on"
    assert cache.records["v1"]["data"]["assignationHistory"]["vg-f"] == "va-f"


def test_flags_of_an_earlier_program(server: FlagshipServer, tmp_path: Path) -> None:
    for expected in (False, True):
        cache = SqliteCacheManager(local_db_path=tmp_path / "cache", timeout=10_000)
        with started(server, DecisionApi, cache_manager=cache):
            visitor = Flagship.new_visitor("v1")
            flag = visitor.get_flag("f", "off")
            assert flag.exists() is expected, "known before the first fetch"
            visitor.fetch_flags()
            assert flag.value() == "on"
    with started(server, DecisionApi, cache_manager=SqliteCacheManager(local_db_path=tmp_path / "cache")):
        visitor.set_consent(False)
    with started(server, DecisionApi, cache_manager=SqliteCacheManager(local_db_path=tmp_path / "cache")):
        assert not Flagship.new_visitor("v1").get_flag("f", "off").exists()


def test_a_cache_with_nonsense(server: FlagshipServer) -> None:
    for nonsense in ([], 5, "text", {"version": 2}, {"version": 1, "data": {"visitorId": "other"}}):
        with started(server, cache_manager=Recorder(records={"v1": nonsense}, hits={"h": nonsense})):
            assert fetched("v1").get_flag("f", "off").value() == "on"


def test_a_cache_that_hangs_or_raises(server: FlagshipServer) -> None:
    class Broken(Recorder):
        async def lookup_visitor(self, visitor_id: str) -> Any:
            await asyncio.Event().wait()

        async def cache_visitor(self, visitor_id: str, data: Any) -> None:
            raise OSError("no disk")

        def cache_hits(self, hits: Any) -> None:
            raise OSError("no disk")

    cache = Broken()
    cache.timeout = 20
    with started(server, cache_manager=cache) as problems:
        assert fetched("v1").get_flag("f", "off").value() == "on"
    kinds = {type(problem).__name__ for problem in problems.exceptions}
    assert kinds == {"OSError", "VisitorCacheTimeoutException"}
    assert [body["vid"] for body in server.activations(1)] == ["v1"]


def test_a_visitor_can_be_flushed(server: FlagshipServer) -> None:
    cache = Recorder()
    with started(server, cache_manager=cache):
        visitor = fetched("v1")
        cache.wait("cache_visitor")
        visitor.flush_visitor()
        cache.wait("flush_visitor")
        assert cache.records == {}
        for method in (visitor.cache_visitor, visitor.lookup_visitor, visitor.flush_hits):
            assert method() is None
    visitor.flush_visitor()


def test_messages_of_the_engine(server: FlagshipServer) -> None:
    problems = Problems()
    server.fail({"kind": "answer", "status": 500, "times": -1})
    with started(server, DecisionApi, log_manager=problems, close_wait=50):
        fetched("v1")
    assert "answered 500" in problems.messages[0]


def test_the_default_log_manager(server: FlagshipServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with started(server, DecisionApi, log_manager=None, log_level=LogLevel.ERROR):
        fetched("v1").get_flag("missing", "off").value()
    levels = {record.levelname for record in caplog.records if record.name == "Flagship"}
    assert levels == {"INFO", "CRITICAL"}, "exceptions pass whatever the level"
