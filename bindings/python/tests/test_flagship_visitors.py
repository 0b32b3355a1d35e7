"""Visitors, flags and hits of burgee.flagship, with a server."""

from __future__ import annotations

import gc
import json
import math
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from flagship_sdk import Recorder, fetched, started
from flagship_server import FlagshipServer, demo
from test_flagship_server import FLAGS

from burgee.errors import InvalidHandleError
from burgee.flagship import Flagship, Visitor
from burgee.flagship._engine import ENGINE
from burgee.flagship.errors import FlagExpositionNotFoundException, FlagNotFoundException, FlagTypeException
from burgee.flagship.flag import Flag
from burgee.flagship.flagship_context import FlagshipContext
from burgee.flagship.hits import Screen


@pytest.fixture
def server() -> Iterator[FlagshipServer]:
    local = FlagshipServer()
    local.replace(FLAGS)
    yield local
    local.close()


def test_the_visitor_that_is_kept(server: FlagshipServer) -> None:
    single = Visitor.Instance.SINGLE_INSTANCE
    with started(server):
        kept = Flagship.new_visitor("kept", instance_type=single)
        Flagship.new_visitor("other", instance_type=Visitor.Instance.NEW_INSTANCE)
        Flagship.new_visitor("default")
        assert Flagship.get_visitor() is kept
        another = Flagship.new_visitor("another", instance_type=single)
        assert Flagship.get_visitor() is another
    assert Flagship.get_visitor() is None


def test_a_visitor_and_its_arguments(server: FlagshipServer) -> None:
    with started(server) as problems:
        visitor = Flagship.new_visitor("v1", consent="yes", authenticated=1, context=5, instance_type=0)
        assert (visitor.has_consented, visitor.is_authenticated, visitor.anonymous_id) == (True, False, None)
        authenticated = Flagship.new_visitor("v1", authenticated=True)
        assert len(authenticated.anonymous_id or "") == 36
        assert Flagship.new_visitor(42).visitor_id == "42"  # type: ignore[arg-type]
        assert problems.messages == []
        nobody = {Flagship.new_visitor(id_).visitor_id for id_ in (None, "")}  # type: ignore[arg-type]
        assert sorted(map(len, nobody)) == [36, 36]
        assert len(problems.messages) == 2


def test_context_in_all_forms(server: FlagshipServer) -> None:
    with started(server) as problems:
        visitor = Flagship.new_visitor("v1", context={FlagshipContext.LOCATION_CITY: "Paris"})
        visitor.update_context((FlagshipContext.LOCATION_LAT, 48))
        visitor.update_context({"a": 1, "b": None, "fs_client": "x", "sdk_country": 5})
        visitor.update_context("nothing")
        visitor.context["c"] = 1
        assert visitor.context == {
            "fs_client": "python",
            "fs_version": "3.0.0",
            "sdk_city": "Paris",
            "sdk_lat": 48,
            "a": 1,
        }
    assert len(problems.messages) == 3


def test_what_a_flag_says(server: FlagshipServer) -> None:
    with started(server) as problems:
        flag = fetched("v1").get_flag("f", "off")
        assert isinstance(flag, Flag)
        assert (flag.key, flag.default_value) == ("f", "off")
        assert flag.exists()
        metadata = flag.metadata()
        assert metadata.exists()
        assert metadata.toJson() == {
            "campaignId": "c-f",
            "variationGroupId": "vg-f",
            "variationId": "va-f",
            "isReference": False,
            "campaignType": "toggle",
            "campaignSlug": "slug-f",
        }
        assert flag.value(user_exposed=False) == flag.value(visitor_exposed=False) == flag.value(False) == "on"
        missing = flag.visitor.get_flag("missing", "off")
        assert (missing.value(), missing.exists(), missing.metadata().campaign_id) == ("off", False, "")
        missing.visitor_exposed()
        assert flag.visitor.get_flag("n", "off").value() == "off"
    assert [type(problem) for problem in problems.exceptions] == [
        FlagNotFoundException,
        FlagExpositionNotFoundException,
        FlagTypeException,
    ]
    assert [body["vaid"] for body in server.activations(1)] == ["va-n"], "a mismatch is an exposure, too"
    assert flag.visitor.exposed_variations == ["va-n"]


def test_values_of_other_types(server: FlagshipServer) -> None:
    with started(server, strict_types=False):
        visitor = fetched("v1")
        assert visitor.get_flag("f", None).value() == "on"
        assert visitor.get_flag("n", 1.5).value() == 5
        assert visitor.get_flag("r", 1).value() == 1.5
        assert visitor.get_flag("n", True).value() is True
        assert visitor.get_flag("e", "off").value() == "off"
    with started(server):
        visitor.fetch_flags()
        assert visitor.get_flag("f", None).value() is None
        assert visitor.get_flag("n", True).value() == 5, "as in the vendor's SDK, where a bool is an int"


def test_a_key_that_is_no_text(server: FlagshipServer) -> None:
    with started(server):
        visitor = fetched("v1")
        for key in (None, 5, "\ud800"):
            flag = visitor.get_flag(key, "off")  # type: ignore[arg-type]
            assert flag.value() == "off"
            assert not flag.exists()
            assert not flag.metadata().exists()


def test_numbers_of_the_vendor_that_python_cannot_read(server: FlagshipServer) -> None:
    document = demo()
    variation = document["campaigns"][0]["variationGroups"][1]["variations"][0]
    variation["modifications"]["value"] = {"digits": "DIGITS", "list": ["DIGITS"], "far": "FAR", "fine": 1}
    text = json.dumps(document).replace('"DIGITS"', "9" * 5000).replace('"FAR"', "1e400")
    server.fail({"kind": "answer", "status": 200, "body": text, "path": "bucketing.json"})
    cache = Recorder()
    with started(server, cache_manager=cache) as problems:
        visitor = fetched("v1")
        assert visitor.get_flag("digits", 5).value() == 5
        assert problems.messages == ["visitor v1: flag digits: its value cannot be read"]
        assert visitor.get_flag("digits", 5).metadata().campaign_id == "c-checkout"
        assert visitor.get_flag("list", []).value() == [math.inf]
        assert visitor.get_flag("far", 0.5).value() == math.inf
        assert visitor.get_flag("fine", 5).value() == 1
        assert json.loads(str(visitor))["flags"]["fine"] == 1
        cache.wait("cache_visitor")
        assert fetched("v2").get_flag("fine", 5).value() == 1
        cache.wait("lookup_visitor", 2)


def test_hits_that_are_none(server: FlagshipServer) -> None:
    with started(server) as problems:
        visitor = Flagship.new_visitor("v1")
        for hit in (None, "hit", Screen("\ud800"), Screen("")):
            visitor.send_hit(hit)  # type: ignore[arg-type]
        reused = Screen("s")
        visitor.send_hit(reused)
        Flagship.new_visitor("v2").send_hit(reused)
    assert len(problems.messages) >= 3
    assert [hit["vid"] for hit in server.hits(4) if hit["t"] == "SCREENVIEW" and hit["dl"] == "s"] == ["v1", "v2"]


def test_a_visitor_is_shown(server: FlagshipServer) -> None:
    with started(server):
        text = str(fetched("v1", context={"city": "Zürich"}))
        for part in ('"visitor_id": "v1"', '"f": "on"', '"vg-f": "va-f"', '"city": "Zürich"', '"exposed_variations"'):
            assert part in text
        assert repr(Flagship.new_visitor("v1")) == "<Visitor 'v1'>"


def test_visitors_that_nobody_needs_are_forgotten(server: FlagshipServer) -> None:
    with started(server):
        visitor = fetched("v1")
        flag = visitor.get_flag("f", "off")
        gone, handle = weakref.ref(visitor), visitor._handle
        del visitor
        gc.collect()
        assert gone() is not None, "the flag needs its visitor"
        assert flag.value() == "on"
        del flag
        gc.collect()
        assert gone() is None
        other = Flagship.new_visitor("v2")
        with pytest.raises(InvalidHandleError, match="visitor"):
            ENGINE.call("flagship.visitor.state", {"visitor": handle})
        assert other.context["fs_client"] == "python"


def test_subclasses(server: FlagshipServer) -> None:
    class Customer(Visitor):
        def __init__(self, name: str) -> None:
            super().__init__(f"customer-{name}", context={"plan": "pro"})
            self.name = name

        def get_flag(self, key: str, default: Any) -> Flag:
            return super().get_flag(key.lower(), default)

    with started(server):
        customer = Customer("ada")
        customer.fetch_flags()
        assert customer.get_flag("B", False).value() is True
        assert (customer.name, customer.visitor_id) == ("ada", "customer-ada")


def test_threads(server: FlagshipServer) -> None:
    with started(server, polling_interval=20) as problems:
        barrier = threading.Barrier(8)
        wrong: list[Any] = []

        def run(thread: int) -> None:
            barrier.wait()
            for number in range(50):
                visitor = fetched(f"t-{thread}-{number}", context={"plan": "pro"})
                values = [visitor.get_flag("f", "").value(), visitor.get_flag("b", False).value(False)]
                if values != ["on", True]:
                    wrong.append(values)

        threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert problems.messages == []
    assert len(server.activations(400)) == 400


def test_nothing_is_sent_with_events_disabled(server: FlagshipServer) -> None:
    with started(server, disable_events=True):
        visitor = fetched("v1")
        visitor.get_flag("f", "off").value()
        visitor.send_hit(Screen("s"))
    assert server.events() == []


def test_deduplication_is_an_option(server: FlagshipServer) -> None:
    with started(server, hit_deduplication_time=60_000):
        visitor = fetched("v1")
        for _ in range(3):
            visitor.get_flag("f", "off").value()
            visitor.send_hit(Screen("s"))
    assert len(server.activations(1)) == 1
    assert [hit["t"] for hit in server.hits(3)].count("SCREENVIEW") == 1


def test_the_environment_that_comes_with_the_project(server: FlagshipServer) -> None:
    server.replace(demo())
    with started(server):
        flag = fetched("qa-1").get_flag("checkout-layout", "default")
        assert flag.value(False) in ("classic", "wizard")
