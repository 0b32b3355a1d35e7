"""The cache in Redis that comes with burgee.flagship, with a real server."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from flagship_sdk import fetched, started
from flagship_server import ENV_ID, FlagshipServer, campaign, environment
from test_flagship_caches import PATIENCE, RECORD, Engine, hit, keep_and_forget

from burgee.flagship import Flagship
from burgee.flagship.config import DecisionApi
from burgee.flagship.tracking_manager import ClosingStrategy, TrackingManagerConfig


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a Redis server of its own."""
    pytest.importorskip("redis", reason="the package redis is not installed")
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("there is no redis-server on PATH")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    process = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        cwd=tmp_path_factory.mktemp("redis"),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "Ready to accept connections" in line:
            break
    yield port
    process.terminate()
    process.wait(PATIENCE)
    process.stdout.close()


@pytest.fixture
def redis_client(redis_port: int) -> Iterator[Any]:
    from redis import Redis

    with Redis(port=redis_port) as client:
        client.flushall()
        yield client


@pytest.mark.parametrize("decoded", [False, True])
def test_redis(redis_port: int, redis_client: Any, decoded: bool) -> None:
    from redis import Redis

    from burgee.flagship.redis import RedisCacheManager

    with Redis(port=redis_port, decode_responses=decoded) as client:
        manager = RedisCacheManager(client, instance="pod-1", prefix="p")
        keep_and_forget(manager)
        manager.cache_hits({"h": hit("h")})
    assert sorted(redis_client.keys()) == [b"p:env:hits:pod-1", b"p:env:visitor:v2"]
    assert redis_client.ttl("p:env:visitor:v2") == -1
    assert 0 < redis_client.ttl("p:env:hits:pod-1") <= 4 * 60 * 60


def test_redis_forgets_visitors(redis_client: Any) -> None:
    from burgee.flagship.redis import RedisCacheManager

    manager = RedisCacheManager(redis_client, ttl=60)
    manager.open_database("env")
    manager.cache_visitor("v1", RECORD)
    assert 0 < redis_client.ttl("burgee-flagship:env:visitor:v1") <= 60


def test_instances_in_redis_have_hits_of_their_own(redis_client: Any) -> None:
    from burgee.flagship.redis import RedisCacheManager

    first, second = (RedisCacheManager(redis_client, instance=name) for name in "ab")
    for manager in (first, second):
        manager.open_database("env")
    first.cache_hits({"h": hit("h")})
    assert (first.lookup_hits(), second.lookup_hits()) == ({"h": hit("h")}, {})
    assert RedisCacheManager(redis_client).instance == socket.gethostname()


def test_redis_with_asyncio(redis_port: int, redis_client: Any) -> None:
    from redis.asyncio import Redis

    from burgee.flagship.redis import RedisCacheManager

    engine = Engine(RedisCacheManager(Redis(port=redis_port), timeout=10_000))
    assert engine.ask("lookupVisitor", 1, visitorId="v1") == {"id": 1, "result": None}
    engine.ask("cacheVisitor", visitorId="v1", record=RECORD)
    assert engine.ask("lookupVisitor", 2, visitorId="v1") == {"id": 2, "result": RECORD}
    engine.ask("flushVisitor", visitorId="v1")
    assert engine.ask("lookupVisitor", 3, visitorId="v1") == {"id": 3, "result": None}
    assert engine.ask("lookupHits", 4) == {"id": 4, "result": {}}
    engine.ask("cacheHit", hits={"a": hit("a"), "b": hit("b")})
    engine.ask("flushHits", keys=["a"])
    engine.ask("flushHits", keys=[])
    assert engine.ask("lookupHits", 5) == {"id": 5, "result": {"b": hit("b")}}
    engine.ask("flushAllHits")
    engine.ask("cacheHit", hits={})
    assert engine.ask("lookupHits", 6) == {"id": 6, "result": {}}
    assert engine.log.exceptions == []


def test_a_program_with_redis(redis_client: Any) -> None:
    from burgee.flagship.redis import RedisCacheManager

    server = FlagshipServer()
    server.replace(environment(campaign("f", "on")))
    cache = RedisCacheManager(redis_client, instance="pod-1", timeout=10_000)
    keys = (f"burgee-flagship:{ENV_ID}:visitor:v1", f"burgee-flagship:{ENV_ID}:hits:pod-1")
    keep = TrackingManagerConfig(closing_strategy=ClosingStrategy.CACHE_PENDING_HITS)
    with started(server, DecisionApi, cache_manager=cache, tracking_manager_config=keep):
        fetched("v1").get_flag("f", "off").value()
        server.activations(1)
    assert json.loads(redis_client.get(keys[0]))["data"]["campaigns"][0]["exposed"] is True
    assert redis_client.hlen(keys[1]) == 1, "the hit about consent"
    soon = TrackingManagerConfig(time_interval=200)
    with started(server, DecisionApi, cache_manager=cache, tracking_manager_config=soon) as problems:
        assert Flagship.new_visitor("v1").get_flag("f", "off").value(False) == "on"
        assert [sent["ea"] for sent in server.hits(2)] == ["fs_consent"] * 2
    assert redis_client.hlen(keys[1]) == 0
    assert (problems.messages, problems.exceptions) == ([], [])
    server.close()


def test_redis_that_is_gone(redis_port: int) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        from burgee.flagship.redis import RedisCacheManager

        engine = Engine(RedisCacheManager.from_url(f"redis://127.0.0.1:{port}/0", timeout=10_000))
        assert "ConnectionError" in engine.ask("lookupVisitor", 1, visitorId="v1")["error"]
