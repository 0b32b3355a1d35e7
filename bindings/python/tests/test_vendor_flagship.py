"""burgee-local-server, asked by AB Tasty's SDK for Python: what it gets from the real services works."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import flagship as sdk
import pytest
from flagship import http_helper
from flagship.config import Bucketing, DecisionApi
from flagship.hits import Event, EventCategory, Item, Page, Screen, Transaction
from flagship.log_manager import LogLevel
from flagship.status import Status
from flagship.status_listener import StatusListener
from flagship.tracking_manager import TrackingManagerConfig
from flagship_server import API_KEY, ENV_ID, PATIENCE, FlagshipServer, campaign, demo, environment


class Statuses(StatusListener):
    """Keeps the statuses of the SDK, and waits for them."""

    def __init__(self) -> None:
        self._more = threading.Condition()
        self._seen: list[Status] = []

    def on_status_changed(self, new_status: Status) -> None:
        with self._more:
            self._seen.append(new_status)
            self._more.notify_all()

    def wait(self, status: Status) -> None:
        with self._more:
            assert self._more.wait_for(lambda: status in self._seen, PATIENCE), f"only {self._seen}"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlagshipServer]:
    """A server under the names that are built into the SDK, which writes a file into the working directory."""
    local = FlagshipServer()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(http_helper, "URL_DECISION_API", f"{local.decision_url}/")
    monkeypatch.setattr(http_helper, "URL_ACTIVATE", f"{local.decision_url}/activate")
    monkeypatch.setattr(http_helper, "URL_BUCKETING", f"{local.cdn_url}/{{}}/bucketing.json")
    monkeypatch.setattr(http_helper, "URL_TRACKING", f"{local.events_url}/")
    yield local
    sdk.Flagship.stop()
    local.close()


def start(mode: Callable[..., Any], api_key: str = API_KEY, **options: Any) -> None:
    """Start the SDK and wait until it is ready. It sends hits when it stops."""
    statuses = Statuses()
    tracking = TrackingManagerConfig(time_interval=10_800_000, timeout=int(PATIENCE * 1000))
    options = {"log_level": LogLevel.NONE, "status_listener": statuses, "tracking_manager_config": tracking, **options}
    sdk.Flagship.start(ENV_ID, api_key, mode(**options))
    statuses.wait(Status.READY)


def visitor(visitor_id: str = "v", **options: Any) -> Any:
    made = sdk.Flagship.new_visitor(visitor_id, **options)
    made.fetch_flags()
    return made


def header(request: dict[str, Any], name: str) -> str | None:
    values: list[str] = request["headers"].get(name, [])
    return values[0] if values else None


def without_age(hits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Numbers that count milliseconds are not compared."""
    assert all(hit["qt"] >= 0 for hit in hits)
    return [{name: value for name, value in hit.items() if name != "qt"} for hit in hits]


def test_the_decision_api_decides(server: FlagshipServer) -> None:
    start(DecisionApi)
    somebody = visitor("qa-1", context={"vip": True, "plan": "pro"})
    layout = somebody.get_flag("checkout-layout", "none")
    assert layout.value(False) == "wizard"
    metadata = layout.metadata()
    assert (metadata.campaign_id, metadata.variation_group_id, metadata.variation_id) == (
        "c-checkout",
        "vg-checkout-europe",
        "v-checkout-wizard",
    )
    assert (metadata.is_reference, metadata.campaign_type) == (False, "ab")
    assert somebody.get_flag("checkout-steps", 0).value(False) == 3
    assert somebody.get_flag("checkout-theme", {}).value(False) == {"color": "green", "rounded": True}
    assert somebody.get_flag("dark-mode", False).value(False) is True
    assert somebody.get_flag("search-limit", None).exists()
    assert not somebody.get_flag("nothing", None).exists()

    (asked,) = server.asked("/campaigns")
    assert asked["path"] == "/decision/v2/burgee-local/campaigns/?exposeAllKeys=true"
    assert [header(asked, name) for name in ("X-Api-Key", "X-Sdk-Client", "X-Sdk-Version", "Content-Type")] == [
        API_KEY,
        "python",
        "3.0.0",
        "application/json",
    ]
    assert {name: value for name, value in asked["json"].items() if name != "context"} == {
        "visitorId": "qa-1",
        "anonymousId": None,
        "trigger_hit": False,
        "visitor_consent": True,
    }
    assert asked["json"]["context"].items() >= {"vip": True, "plan": "pro"}.items()


def test_the_decision_api_stops_in_panic(server: FlagshipServer) -> None:
    start(DecisionApi)
    server.replace({**demo(), "panic": True})
    somebody = visitor()
    assert sdk.Flagship.status() is Status.PANIC
    assert somebody.get_flag("dark-mode", False).value() is False
    server.replace(demo())
    somebody.fetch_flags()
    assert sdk.Flagship.status() is Status.READY
    assert somebody.get_flag("dark-mode", False).value(False) is True


def test_the_decision_api_lets_in_by_the_key(server: FlagshipServer) -> None:
    start(DecisionApi, "wrong")
    assert not visitor().get_flag("dark-mode", False).exists()
    server.set_environment(api_key="wrong")
    assert visitor().get_flag("dark-mode", False).exists()


def test_bucketing_asks_for_what_changed(server: FlagshipServer) -> None:
    server.replace(environment(campaign("greeting", "first")))
    start(Bucketing, polling_interval=20)
    somebody = visitor()
    assert somebody.get_flag("greeting", "none").value(False) == "first"
    server.wait(requests=3)
    server.replace(environment(campaign("greeting", "second")))
    server.forget()
    server.wait(requests=2)  # the first of them has its answer
    somebody.fetch_flags()
    assert somebody.get_flag("greeting", "none").value(False) == "second"


def test_bucketing_repeats_the_date(server: FlagshipServer) -> None:
    start(Bucketing, polling_interval=20)
    server.wait(requests=2)
    server.replace(environment())
    server.wait(requests=len(server.requests()) + 2)
    first, *polls = [header(poll, "If-Modified-Since") for poll in server.asked("/cdn/burgee-local/bucketing.json")]
    assert first is None
    dates = [datetime.strptime(date or "", "%a, %d %b %Y %H:%M:%S GMT") for date in polls]
    assert dates == sorted(dates)
    assert len(set(dates)) == 2


def test_bucketing_needs_a_date(server: FlagshipServer) -> None:
    server.set_file_headers(last_modified=False)
    sdk.Flagship.start(ENV_ID, API_KEY, Bucketing(polling_interval=20, log_level=LogLevel.NONE))
    server.wait(requests=3)
    assert sdk.Flagship.status() is Status.POLLING
    server.set_file_headers()
    server.forget()
    server.wait(requests=2)
    assert sdk.Flagship.status() is Status.READY


def test_bucketing_reports_the_context(server: FlagshipServer) -> None:
    start(Bucketing, polling_interval=-1)
    visitor(context={"age": 31, "rate": 1.0})
    sdk.Flagship.stop()
    (segment,) = server.events(2, "segment")
    assert (segment["user"], segment["path"], header(segment, "X-Sdk-Client")) == ("v", "/events/", "python")
    assert segment["body"]["t"] == "SEGMENT"
    assert segment["body"]["s"] == {
        "fs_client": "python",
        "fs_version": "3.0.0",
        "age": 31,
        "rate": 1.0,
    }


def test_hits_and_activations_have_the_keys_of_the_protocol(server: FlagshipServer) -> None:
    start(DecisionApi)
    somebody = visitor()
    somebody.get_flag("dark-mode", False).value()
    for hit in (
        Page("https://shop.test/cart")
        .with_ip("127.0.0.1")
        .with_resolution(8, 6)
        .with_locale("fr")
        .with_session_number(2),
        Screen("home"),
        Event(EventCategory.ACTION_TRACKING, "click").with_event_label("buy").with_event_value(100),
        Transaction("#1", "sale").with_total_revenue(99.9).with_taxes(1).with_currency("EUR").with_item_count(2),
        Item("#1", "Yellow shirt", "s-1").with_price(9.5).with_item_quantity(2).with_item_category("shirts"),
    ):
        somebody.send_hit(hit)
    sdk.Flagship.stop()

    (activation,) = server.events(7, "activation")
    assert (activation["path"], activation["batch"]) == ("/decision/v2/activate", {"cid": ENV_ID})
    assert header(activation, "X-Api-Key") is None
    assert without_age([activation["body"]]) == [
        {"vid": "v", "vaid": "v-dark-mode-on", "caid": "vg-dark-mode", "aid": None}
    ]
    common = {"ds": "APP", "vid": "v", "cuid": None}
    assert without_age(server.hits()) == [
        {"t": "EVENT", "ec": "User Engagement", "ea": "fs_consent", "el": "python:true", **common},
        {
            "t": "PAGEVIEW",
            "dl": "https://shop.test/cart",
            "uip": "127.0.0.1",
            "sr": "8x6",
            "ul": "fr",
            "sn": 2,
            **common,
        },
        {"t": "SCREENVIEW", "dl": "home", **common},
        {"t": "EVENT", "ec": "Action Tracking", "ea": "click", "el": "buy", "ev": 100, **common},
        {"t": "TRANSACTION", "tid": "#1", "ta": "sale", "tr": 99.9, "tt": 1, "tc": "EUR", "icn": 2, **common},
        {"t": "ITEM", "tid": "#1", "in": "Yellow shirt", "ic": "s-1", "ip": 9.5, "iq": 2, "iv": "shirts", **common},
    ]
    assert {event["batch"]["t"] for event in server.events() if event["kind"] != "activation"} == {"BATCH"}


def test_somebody_who_has_logged_in(server: FlagshipServer) -> None:
    start(DecisionApi)
    somebody = sdk.Flagship.new_visitor("before")
    somebody.authenticate("account")
    somebody.fetch_flags()
    somebody.get_flag("dark-mode", False).value()
    somebody.send_hit(Screen("home"))
    sdk.Flagship.stop()
    server.wait(events=3)
    assert {(event["user"], *map(event["body"].get, ("vid", "cuid", "aid"))) for event in server.events()} == {
        ("account", "account", None, "before"),
        ("before", "before", None, None),
        ("account", "before", "account", None),
    }
    (asked,) = server.asked("/campaigns")
    assert (asked["json"]["visitorId"], asked["json"]["anonymousId"]) == ("account", "before")


def test_without_consent_only_that_is_told(server: FlagshipServer) -> None:
    start(DecisionApi)
    somebody = visitor(consent=False)
    assert somebody.get_flag("dark-mode", False).value() is True
    somebody.send_hit(Screen("home"))
    somebody.set_consent(True)
    sdk.Flagship.stop()
    server.wait(events=2)
    assert [(event["kind"], event["body"]["el"]) for event in server.events()] == [
        ("consent", "python:false"),
        ("consent", "python:true"),
    ]
    assert server.asked("/campaigns")[0]["json"]["visitor_consent"] is False


def test_what_was_refused_comes_again(server: FlagshipServer) -> None:
    start(DecisionApi)
    somebody = visitor()
    server.refuse("v")
    somebody.get_flag("dark-mode", False).value()
    assert server.activations() == []
    server.refuse()
    sdk.Flagship.stop()
    assert [activation["vaid"] for activation in server.activations(1)] == ["v-dark-mode-on"]
    assert len(server.asked("/activate")) == 2
