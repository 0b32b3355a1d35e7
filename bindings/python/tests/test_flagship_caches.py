"""The caches of burgee.flagship: calling those of programs, and those that come with it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from burgee._values import encode
from burgee.flagship._caching import Caches
from burgee.flagship._logs import Logs
from burgee.flagship.cache_manager import (
    CacheManager,
    HitCacheImplementation,
    SqliteCacheManager,
    VisitorCacheImplementation,
)
from burgee.flagship.log_manager import LogLevel, LogManager

RECORD = {"version": 1, "data": {"visitorId": "v1", "campaigns": [{"flags": {"f": "é", "n": 1.0}}]}}
PATIENCE = 25.0


def hit(id_: str) -> dict[str, Any]:
    return {"version": 1, "data": {"id": id_, "type": "EVENT", "visitorId": "v1", "content": {"ea": id_}}}


class Log(LogManager):
    def __init__(self) -> None:
        self.exceptions: list[Any] = []

    def exception(self, tag: str, exception: Any, traceback: str) -> None:  # type: ignore[override]
        self.exceptions.append(exception)


class Engine:
    """Stands for the engine: asks, and takes answers."""

    def __init__(self, manager: CacheManager) -> None:
        self.answers: dict[int, dict[str, Any]] = {}
        self.log = Log()
        self.taken = True
        self._more = threading.Condition()
        self.caches = Caches(self._answer, lambda: Logs(self.log, LogLevel.ALL, None))
        self.caches.open(manager, "env")

    def _answer(self, answer: dict[str, Any]) -> bool:
        encode(answer)
        with self._more:
            self.answers[answer["id"]] = answer
            self._more.notify_all()
        return self.taken

    def ask(self, operation: str, id_: int | None = None, **members: Any) -> Any:
        """Make a request, and return the answer if there is to be one."""
        self.caches.request({"operation": operation, **members, **({} if id_ is None else {"id": id_})})
        if id_ is None:
            return None
        with self._more:
            assert self._more.wait_for(lambda: id_ in self.answers, PATIENCE)
            return self.answers[id_]


class Base(CacheManager, VisitorCacheImplementation, HitCacheImplementation):
    """Keeps its calls."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.calls: list[Any] = []
        self.records: dict[str, Any] = {}

    def open_database(self, env_id: str) -> Any:
        self.calls.append(("open", env_id))

    def close_database(self) -> Any:
        self.calls.append(("close",))

    def cache_hits(self, hits: Any) -> Any:
        self.calls.append(("cache_hits", list(hits)))

    def flush_hits(self, hits_ids: Any) -> Any:
        self.calls.append(("flush_hits", hits_ids))

    def flush_all_hits(self) -> Any:
        self.calls.append(("flush_all_hits",))


class Coroutines(Base):
    async def cache_visitor(self, visitor_id: str, data: Any) -> None:
        await asyncio.sleep(0)
        self.records[visitor_id] = data

    async def lookup_visitor(self, visitor_id: str) -> Any:
        await asyncio.sleep(0)
        return self.records.get(visitor_id)

    async def flush_visitor(self, visitor_id: str) -> None:
        del self.records[visitor_id]

    async def lookup_hits(self) -> Any:
        return {"h": hit("h")}


class Functions(Base):
    def cache_visitor(self, visitor_id: str, data: Any) -> Any:
        self.records[visitor_id] = data

    def lookup_visitor(self, visitor_id: str) -> Any:
        return self.records.get(visitor_id)

    def flush_visitor(self, visitor_id: str) -> Any:
        del self.records[visitor_id]

    def lookup_hits(self) -> Any:
        return {"h": hit("h")}


def serve(engine: Engine) -> None:
    assert engine.ask("lookupVisitor", 1, visitorId="v1") == {"id": 1, "result": None}
    engine.ask("cacheVisitor", visitorId="v1", record=RECORD)
    assert engine.ask("lookupVisitor", 2, visitorId="v1") == {"id": 2, "result": RECORD}
    engine.ask("flushVisitor", visitorId="v1")
    assert engine.ask("lookupVisitor", 3, visitorId="v1")["result"] is None
    assert engine.ask("lookupHits", 4)["result"] == {"h": hit("h")}
    engine.ask("cacheHit", hits={"a": hit("a")})
    engine.ask("flushHits", keys=["a"])
    engine.ask("flushAllHits")
    engine.caches.close(PATIENCE)
    assert engine.log.exceptions == []


@pytest.mark.parametrize("manager", [Coroutines, Functions])
def test_a_manager_of_coroutines_or_functions(manager: type[Base]) -> None:
    engine = Engine(manager())
    serve(engine)
    made: Any = engine.caches
    assert made._manager is None


def test_the_order_of_calls_about_hits() -> None:
    manager = Functions()
    serve(Engine(manager))
    assert manager.calls == [
        ("open", "env"),
        ("cache_hits", ["a"]),
        ("flush_hits", ["a"]),
        ("flush_all_hits",),
        ("close",),
    ]


def test_a_manager_is_called_from_inside_a_running_loop() -> None:
    async def program() -> None:
        serve(Engine(Coroutines()))

    asyncio.run(program())


def test_opening_and_closing_may_be_coroutines() -> None:
    class Opening(Functions):
        async def open_database(self, env_id: str) -> None:
            await asyncio.sleep(0)
            super().open_database(env_id)

        async def close_database(self) -> None:
            await asyncio.sleep(0)
            super().close_database()

    manager = Opening()
    serve(Engine(manager))
    assert (manager.calls[0], manager.calls[-1]) == (("open", "env"), ("close",))


def test_what_a_manager_raises_is_logged_and_answered() -> None:
    class Broken(Functions):
        def open_database(self, env_id: str) -> Any:
            raise OSError("no disk")

        def lookup_visitor(self, visitor_id: str) -> Any:
            raise ValueError("on purpose")

        def cache_visitor(self, visitor_id: str, data: Any) -> Any:
            raise SystemExit(1)

    engine = Engine(Broken())
    engine.ask("cacheVisitor", visitorId="v1", record=RECORD)
    assert engine.ask("lookupVisitor", 1, visitorId="v1") == {"id": 1, "error": "ValueError: on purpose"}
    assert [type(problem) for problem in engine.log.exceptions] == [OSError, SystemExit, ValueError]


def test_a_lookup_that_takes_too_long_ends() -> None:
    class Slow(Coroutines):
        async def lookup_visitor(self, visitor_id: str) -> Any:
            await asyncio.Event().wait()

        async def lookup_hits(self) -> Any:
            await asyncio.Event().wait()

    engine = Engine(Slow(timeout=1))
    assert "took too long for visitor v1" in engine.ask("lookupVisitor", 1, visitorId="v1")["error"]
    assert "lookup_hits" in engine.ask("lookupHits", 2)["error"]
    names = [type(problem).__name__ for problem in engine.log.exceptions]
    assert names == ["VisitorCacheTimeoutException", "HitCacheTimeoutException"]


def test_a_function_that_answers_too_late_is_logged() -> None:
    engine = Engine(Functions())
    engine.taken = False
    engine.ask("lookupVisitor", 1, visitorId="v1")
    engine.caches.close(PATIENCE)
    assert [type(problem).__name__ for problem in engine.log.exceptions] == ["VisitorCacheTimeoutException"]


def test_an_answer_that_is_no_json() -> None:
    class Odd(Functions):
        def lookup_visitor(self, visitor_id: str) -> Any:
            return {"version": b"1"}

        def lookup_hits(self) -> Any:
            return {"nan": float("nan")}

    engine = Engine(Odd())
    assert "no value of JSON" in engine.ask("lookupVisitor", 1, visitorId="v1")["error"]
    assert len(engine.log.exceptions) == 1
    assert "not JSON compliant" in engine.ask("lookupHits", 2)["error"]
    assert len(engine.log.exceptions) == 2


def test_a_log_manager_that_wants_to_end_the_thread() -> None:
    class Ending(Log):
        def exception(self, tag: str, exception: Any, traceback: str) -> None:  # type: ignore[override]
            raise SystemExit(1)

    class Broken(Functions):
        def flush_visitor(self, visitor_id: str) -> Any:
            raise ValueError("on purpose")

    engine = Engine(Broken())
    engine.log = Ending()
    engine.ask("flushVisitor", visitorId="v1")
    assert engine.ask("lookupVisitor", 1, visitorId="v1") == {"id": 1, "result": None}


def test_a_coroutine_may_close_everything() -> None:
    class Closing(Coroutines):
        async def flush_visitor(self, visitor_id: str) -> None:
            engine.caches.close(0)
            done.set()

        async def close_database(self) -> None:
            await asyncio.sleep(0)
            super().close_database()

    done = threading.Event()
    manager = Closing()
    engine = Engine(manager)
    engine.ask("flushVisitor", visitorId="v1")
    assert done.wait(PATIENCE)
    assert manager.calls == [("open", "env"), ("close",)]


@pytest.mark.parametrize("hang", ["a function", "a coroutine"])
def test_calls_that_hang_do_not_outlive_closing(hang: str) -> None:
    begun, leave = threading.Event(), threading.Event()

    class Hanging(Functions):
        def flush_visitor(self, visitor_id: str) -> Any:
            if hang == "a coroutine":
                return self.block()
            begun.set()
            return leave.wait(PATIENCE) and None

        async def block(self) -> None:
            begun.set()
            leave.wait(PATIENCE)

        def cache_visitor(self, visitor_id: str, data: Any) -> Any:
            self.calls.append(("cache_visitor", visitor_id))
            done.set()

    done = threading.Event()
    manager = Hanging()
    engine = Engine(manager)
    engine.ask("flushVisitor", visitorId="v1")
    engine.ask("cacheVisitor", visitorId="v1", record=RECORD)
    assert begun.wait(PATIENCE)
    engine.caches.close(0)
    assert manager.calls[-1] == ("close",)
    engine.caches.open(Coroutines(), "env")
    assert engine.ask("lookupVisitor", 1, visitorId="v1") == {"id": 1, "result": None}
    leave.set()
    assert done.wait(PATIENCE), "what was to be kept is kept, if late"


def test_a_visitor_that_hangs_holds_up_no_other() -> None:
    leave = threading.Event()

    class Hanging(Functions):
        def lookup_visitor(self, visitor_id: str) -> Any:
            if visitor_id == "hangs":
                leave.wait(PATIENCE)
            return super().lookup_visitor(visitor_id)

    engine = Engine(Hanging())
    other = next(f"v{n}" for n in range(100) if hash(f"v{n}") % 4 != hash("hangs") % 4)
    engine.caches.request({"operation": "lookupVisitor", "id": 1, "visitorId": "hangs"})
    assert engine.ask("lookupVisitor", 2, visitorId=other) == {"id": 2, "result": None}
    assert 1 not in engine.answers
    leave.set()
    engine.caches.close(PATIENCE)
    assert 1 in engine.answers


# What comes with the package


def run(value: Any) -> Any:
    async def wait() -> Any:
        return await value

    return asyncio.run(wait()) if asyncio.iscoroutine(value) else value


def keep_and_forget(manager: Any) -> None:
    manager.open_database("env")
    assert run(manager.lookup_visitor("v1")) is None
    run(manager.cache_visitor("v1", {"version": 0}))
    run(manager.cache_visitor("v1", RECORD))
    run(manager.cache_visitor("v2", RECORD))
    assert run(manager.lookup_visitor("v1")) == RECORD
    run(manager.flush_visitor("v1"))
    run(manager.flush_visitor("v1"))
    assert run(manager.lookup_visitor("v1")) is None
    assert run(manager.lookup_visitor("v2")) == RECORD
    assert not run(manager.lookup_hits())
    run(manager.cache_hits({f"h{number}": hit(f"h{number}") for number in range(1200)}))
    run(manager.cache_hits({"h0": {**hit("h0"), "version": 2}}))
    found = run(manager.lookup_hits())
    assert (len(found), found["h0"]["version"], found["h1"]) == (1200, 2, hit("h1"))
    run(manager.flush_hits([f"h{number}" for number in range(1199)]))
    run(manager.flush_hits([]))
    assert list(run(manager.lookup_hits())) == ["h1199"]
    run(manager.flush_all_hits())
    assert not run(manager.lookup_hits())
    manager.close_database()


def test_sqlite(tmp_path: Path) -> None:
    keep_and_forget(SqliteCacheManager(local_db_path=tmp_path / "new" / "folder"))
    with sqlite3.connect(tmp_path / "new" / "folder" / "env-cache.db") as connection:
        columns = {
            table: [row[1:3] for row in connection.execute(f"PRAGMA table_info({table})")]
            for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        info = connection.execute("SELECT id, version FROM DB_INFO").fetchall()
    connection.close()
    assert columns == {
        "VISITORS": [("visitor_id", "TEXT"), ("data", "TEXT"), ("last_update", "INTEGER")],
        "HITS": [("id", "TEXT"), ("visitor_id", "TEXT"), ("data", "TEXT")],
        "DB_INFO": [("id", "INTEGER"), ("creation_date", "INTEGER"), ("version", "INTEGER")],
    }
    assert info == [(0, 1)]
    assert SqliteCacheManager().local_db_path == "./cache/"


def test_sqlite_before_it_is_opened() -> None:
    with pytest.raises(RuntimeError, match="open_database"):
        SqliteCacheManager().flush_all_hits()


VENDOR = """
import asyncio, json, sys
from flagship.cache_manager import SqliteCacheManager
from flagship.config import DecisionApi
manager = SqliteCacheManager(local_db_path=sys.argv[1])
manager.init(DecisionApi(env_id="env"))
record, hits = asyncio.run(manager.lookup_visitor("v1")), asyncio.run(manager.lookup_hits())
asyncio.run(manager.cache_visitor("theirs", record))
manager.cache_hits({"theirs": hits["ours"]})
manager.flush_hits(["ours"])
print(json.dumps([record, hits]))
"""


def test_sqlite_with_the_file_of_the_vendor(tmp_path: Path) -> None:
    pytest.importorskip("flagship.cache_manager", exc_type=ImportError)
    folder = str(tmp_path)
    ours = SqliteCacheManager(local_db_path=folder)
    ours.open_database("env")
    run(ours.cache_visitor("v1", RECORD))
    ours.cache_hits({"ours": hit("ours")})
    done = subprocess.run(
        [sys.executable, "-c", VENDOR, folder], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [RECORD, {"ours": hit("ours")}]
    assert run(ours.lookup_visitor("theirs")) == RECORD
    assert run(ours.lookup_hits()) == {"theirs": hit("ours")}
