"""AB Tasty Flagship's vectors of hits and of what happens to them, through burgee.flagship as a program uses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable

import pytest
from datasync_vectors import Deviations, same
from flagship_sdk import Problems, Recorder, fetched, started
from flagship_server import FlagshipServer
from flagship_vectors import shown, vectors
from test_flagship_parts import HITS
from test_flagship_vectors import answer

from burgee.flagship import Flagship, Status, Visitor
from burgee.flagship.config import Bucketing, DecisionApi
from burgee.flagship.hits import Screen
from burgee.flagship.status_listener import StatusListener
from burgee.flagship.tracking_manager import CacheStrategy, ClosingStrategy, TrackingManagerConfig


@pytest.fixture(scope="module")
def server() -> Iterator[FlagshipServer]:
    local = FlagshipServer()
    yield local
    local.close()


def requests(server: FlagshipServer) -> list[tuple[str, str, Any]]:
    """The requests with hits and activations: the path, and the body without the id of the environment."""
    found = []
    for request in server.asked(""):
        if request["method"] == "POST" and "/campaigns" not in request["path"]:
            body = {**request["json"], "cid": "env_id"}
            failed = "HTTP 500" if request.get("fault") else "HTTP"
            where = "decision.flagship.io/v2/activate" if "activate" in request["path"] else "events.flagship.io/"
            found.append((failed, where, shown(body)))
    return found


def check(got: Any, want: Any) -> None:
    assert same(shown(got), shown(want)), f"{got}\ninstead of\n{want}"


def hits() -> list[Any]:
    cases = [case for case in vectors("hits_python")["cases"] if case.get("raises") != "ParamTypeError"]
    assert len(cases) == 29
    deviations = Deviations("flagship", "hits_python/")
    params = []
    for case in cases:
        want = deviations.want(f"hits_python/{case['name']}", case.get("sent"))
        params.append(pytest.param(case, want, id=case["name"]))
    deviations.check_done()
    return params


@pytest.mark.parametrize(("case", "want"), hits())
def test_a_hit(server: FlagshipServer, case: dict[str, Any], want: Any) -> None:
    with started(server, DecisionApi) as problems:
        visitor = Flagship.new_visitor("visitor_1")
        if "authenticate" in case:
            visitor.authenticate(case["authenticate"])
        server.forget()
        visitor.send_hit(eval(case["hit"], HITS))
    _, *sent = server.hits(1)  # without the one about consent
    check(sent, [] if want is None else want["h"])
    assert bool(problems.messages) is (want is None), "what is not sent is always logged"


@pytest.mark.parametrize("case", vectors("hits_python")["other"], ids=lambda case: case["name"])
def test_a_hit_about_consent(server: FlagshipServer, case: dict[str, Any]) -> None:
    (want,) = case["bodies"]
    ids = {
        "consent_true": "visitor_c",
        "consent_false_at_creation": "visitor_c2",
        "authenticated at creation": "visitor_c4",
    }
    name = case["name"]
    server.forget()
    with started(server, DecisionApi):
        visitor = Flagship.new_visitor(
            ids.get(name, "visitor_c3"), consent="false_at" not in name, authenticated="authenticated" in name
        )
        if name.startswith("hits then"):
            visitor.send_hit(Screen("s"))
            visitor.set_consent(False)
    check([body for _, _, body in requests(server)], [want])


SCENARIOS = {scenario["name"]: scenario for scenario in vectors("tracking_python")["scenarios"]}
CAMPAIGN = {
    "id": "cmp_1",
    "name": "Camp",
    "slug": "s",
    "type": "ab",
    "variationGroupId": "vg_1",
    "variation": {
        "id": "var_1",
        "reference": False,
        "modifications": {"type": "FLAG", "value": {"f1": "on", "f2": 2, "f0": None}},
    },
}


class Statuses(StatusListener):
    def __init__(self) -> None:
        self.seen: list[str] = []

    def on_status_changed(self, new_status: Status) -> None:
        self.seen.append(new_status.name)


class Play:
    """One scenario: the server answers CAMPAIGN, and the calls to the cache are kept."""

    def __init__(self, server: FlagshipServer, **tracking: Any) -> None:
        self.server = server
        self.cache = Recorder()
        self.statuses = Statuses()
        self.problems = Problems()
        self.tracking = TrackingManagerConfig(**{"time_interval": 10_000_000, **tracking})

    def run(self, scenario: Callable[[Play], None], with_cache: bool = True) -> None:
        server = self.server
        server.fail({**answer({"campaigns": [CAMPAIGN]}), "times": -1})
        server.forget()
        options = {"status_listener": self.statuses, "log_manager": self.problems}
        cache = self.cache if with_cache else None
        with started(server, DecisionApi, tracking_manager_config=self.tracking, cache_manager=cache, **options):
            if with_cache:
                self.cache.wait("lookup_hits")
            scenario(self)
        server.fail()

    def fail(self, path: str) -> None:
        """Fail requests to a path from now on; those for decisions are answered as before."""
        broken = [{"kind": "answer", "status": 500, "path": path, "times": -1}] if path else []
        self.server.fail({**answer({"campaigns": [CAMPAIGN]}), "times": -1}, *broken)

    def calls(self, *names: str) -> list[Any]:
        """The calls to the cache, as the vectors write them."""
        written: list[Any] = []
        for name, *arguments in self.cache.calls:
            if name not in names:
                continue
            if name == "cache_hits":
                arguments = [list(arguments[0].values())]
            elif name == "flush_hits":
                arguments = [len(arguments[0])]
            written.append([name, *arguments])
        return written


HIT_CALLS = ("lookup_hits", "cache_hits", "flush_hits", "flush_all_hits", "close_database")
VISITOR_CALLS = ("lookup_visitor", "cache_visitor", "flush_visitor")


def wanted(name: str, *names: str) -> list[Any]:
    return [event for event in SCENARIOS[name]["events"] if event[0] in names]


def without_ages(calls: list[Any]) -> list[Any]:
    """After a request that failed, documents of the vendor's have what was sent as their age."""
    for call in calls:
        if call[0] == "cache_hits":
            for document in call[1]:
                document["data"]["content"].pop("qt", None)
    return calls


def check_play(play: Play, name: str) -> None:
    check(play.calls(*VISITOR_CALLS), wanted(name, *VISITOR_CALLS))
    check(play.calls(*HIT_CALLS), without_ages(wanted(name, *HIT_CALLS)))
    check([list(request) for request in requests(play.server)], wanted(name, "HTTP", "HTTP 500"))


def expose(visitor: Visitor, key: str) -> None:
    visitor.get_flag(key, "" if key == "f1" else 0).value()


def test_activations_with_continuous_caching(server: FlagshipServer) -> None:
    play = Play(server)

    def scenario(play: Play) -> None:
        visitor = fetched("v1")
        for number in range(3):
            expose(visitor, "f1")
            play.cache.wait("flush_hits", number + 1)

    play.run(scenario)
    check_play(play, "continuous: activates")


def test_activations_with_periodic_caching(server: FlagshipServer) -> None:
    play = Play(server, cache_strategy=CacheStrategy.PERIODIC_CACHING)

    def scenario(play: Play) -> None:
        play.cache.wait("flush_all_hits")
        visitor = fetched("v1")
        for number in range(3):
            expose(visitor, "f1")
            server.wait(activations=number + 1)

    play.run(scenario)
    check_play(play, "periodic: activates")


def test_an_activation_that_fails_is_sent_with_the_next(server: FlagshipServer) -> None:
    play = Play(server)

    def scenario(play: Play) -> None:
        visitor = fetched("v1")
        play.fail("activate")
        expose(visitor, "f1")
        play.cache.wait("cache_visitor", 2)
        server.wait(requests=2)
        play.fail("")
        expose(visitor, "f2")
        play.cache.wait("flush_hits")

    play.run(scenario)
    check_play(play, "continuous: activate fails then ok")


def test_a_batch_that_fails_is_sent_again(server: FlagshipServer) -> None:
    play = Play(server, time_interval=1000)

    def scenario(play: Play) -> None:
        server.fail({"kind": "answer", "status": 500, "path": "/events"})
        Flagship.new_visitor("v1").send_hit(Screen("a"))
        play.cache.wait("flush_hits")

    play.run(scenario)
    check_play(play, "continuous: batch fails then ok")


def test_a_pool_that_is_full(server: FlagshipServer) -> None:
    play = Play(server, max_pool_size=3)

    def scenario(play: Play) -> None:
        visitor = Flagship.new_visitor("v1")
        for number in range(4):
            visitor.send_hit(Screen(f"s{number}"))
            if number == 1:
                play.cache.wait("flush_hits")

    play.run(scenario)
    check_play(play, "pool size 3")


def test_stopping_sends_the_pool(server: FlagshipServer) -> None:
    play = Play(server)
    play.run(lambda _: Flagship.new_visitor("v1").send_hit(Screen("a")))
    check_play(play, "stop flushes pool")


def test_stopping_leaves_the_pool_in_the_cache(server: FlagshipServer) -> None:
    play = Play(server, closing_strategy=ClosingStrategy.CACHE_PENDING_HITS)
    play.run(lambda _: Flagship.new_visitor("v1").send_hit(Screen("a")))
    check_play(play, "stop with CACHE_PENDING_HITS")
    assert len(play.cache.hits) == 2
    assert server.hits() == []


def test_hits_that_wait_in_the_cache_are_sent(server: FlagshipServer) -> None:
    play = Play(server, closing_strategy=ClosingStrategy.CACHE_PENDING_HITS)
    play.run(lambda _: Flagship.new_visitor("v1").send_hit(Screen("a")))
    again = Play(server, time_interval=200)
    again.cache = Recorder(hits=play.cache.hits)
    again.run(lambda again: again.cache.wait("flush_hits"))
    assert sorted(hit["t"] for hit in server.hits(2)) == ["EVENT", "SCREENVIEW"]
    assert again.cache.hits == {}


def test_panic_and_its_end(server: FlagshipServer) -> None:
    play = Play(server)
    seen: list[Any] = []

    def scenario(play: Play) -> None:
        visitor = fetched("v1")
        flag = visitor.get_flag("f1", "def")
        server.fail(answer({"panic": True, "campaigns": []}), {**answer({"campaigns": [CAMPAIGN]}), "times": -1})
        visitor.fetch_flags()
        seen.extend((["status", Flagship.status().name], ["value", flag.value()]))
        assert not flag.exists()
        assert not flag.metadata().exists()
        flag.visitor_exposed()
        visitor.send_hit(Screen("a"))
        visitor.update_context({"a": 1})
        visitor.authenticate("a")
        assert visitor.visitor_id == "v1"
        seen.append(["ctx", visitor.context])
        visitor.fetch_flags()
        seen.extend((["status", Flagship.status().name], ["value", flag.value(False)]))

    play.run(scenario, with_cache=False)
    name = "api mode: ready -> panic -> ready"
    assert seen == wanted(name, "status", "value", "ctx")
    check([list(request) for request in requests(server)], wanted(name, "HTTP"))
    deviations = Deviations("flagship", "sequence/tracking_python/")
    assert play.statuses.seen == deviations.want(f"sequence/tracking_python/{name}/status", SCENARIOS[name]["status"])
    assert len(play.problems.messages) == 5


@pytest.mark.parametrize("gone", [False, True])
def test_a_failure_leaves_the_flags(server: FlagshipServer, gone: bool) -> None:
    play = Play(server)

    def scenario(play: Play) -> None:
        visitor = fetched("v1")
        play.server.fail({"kind": "refuse", "times": -1} if gone else {"kind": "answer", "status": 500, "body": "oops"})
        visitor.fetch_flags()
        assert visitor.get_flag("f1", "def").value(False) == "on"
        server.control("DELETE", "/faults")

    play.run(scenario, with_cache=False)
    name = "api unreachable clears flags" if gone else "api 500 body not json"
    check([list(request) for request in requests(server)], wanted(name, "HTTP"))
    assert len(play.problems.messages) == 1


def test_consent_that_is_withdrawn(server: FlagshipServer) -> None:
    play = Play(server)

    def scenario(play: Play) -> None:
        first, second = Flagship.new_visitor("v1"), Flagship.new_visitor("v2")
        first.send_hit(Screen("a"))
        second.send_hit(Screen("b"))
        first.set_consent(False)
        first.send_hit(Screen("c"))
        assert first.has_consented is False

    play.run(scenario)
    sent = {(hit["vid"], hit.get("el") or hit.get("dl")) for hit in server.hits(4)}
    assert sent == {("v1", "python:true"), ("v1", "python:false"), ("v2", "python:true"), ("v2", "b")}
    assert ["flush_visitor", "v1"] in play.cache.calls
    assert play.cache.hits == {}
    assert "no_consent" in play.problems.messages[0] or "consent" in play.problems.messages[0]


def test_segments(server: FlagshipServer) -> None:
    server.fail()
    server.forget()
    with started(server, Bucketing):
        visitor = Flagship.new_visitor("v1", context={"age": 32, "vip": True, "r": 1.5, "s": "x"})
        for _ in range(3):
            visitor.fetch_flags()
    check([list(request) for request in requests(server)], wanted("bucketing: segment hits", "HTTP"))


def test_logging_in_and_out(server: FlagshipServer) -> None:
    play = Play(server)
    seen: list[Any] = []

    def scenario(play: Play) -> None:
        visitor = fetched("anon")

        def note(word: str) -> None:
            seen.append([word, visitor.visitor_id, visitor.anonymous_id])

        visitor.authenticate("cust")
        note("ids")
        assert visitor.is_authenticated
        visitor.authenticate("cust2")
        note("again")
        expose(visitor, "f1")
        server.wait(activations=1)
        visitor.unauthenticate()
        note("ids")
        assert not visitor.is_authenticated
        visitor.unauthenticate()
        note("ids")
        visitor.authenticate("")
        assert visitor.visitor_id == "anon"

    play.run(scenario, with_cache=False)
    name = "api: authenticate / unauthenticate"
    assert seen == [event[:3] for event in wanted(name, "ids", "again")]
    (activation,) = (list(request) for request in requests(server) if "activate" in request[1])
    check([activation], wanted(name, "HTTP"))
