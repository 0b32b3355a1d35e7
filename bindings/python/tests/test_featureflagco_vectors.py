"""Every vector of featureflag.co that concerns a client, through burgee.featureflagco. Each case is a test of its own."""

from __future__ import annotations

import base64
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from datasync_vectors import Deviations, data_of, evaluations, load, same, without_times

from burgee.featureflagco._wire import WIRE
from burgee.featureflagco.client import FFCClient
from burgee.featureflagco.common_types import FFCEvent, FFCUser
from burgee.featureflagco.config import Config, HTTPConfig, WebSocketConfig
from burgee.featureflagco.data_storage import InMemoryDataStorage
from burgee.featureflagco.interfaces import EventProcessor

EVENTS = load("ffc", "events.json")
SECRET = EVENTS["envSecret"]


class Recorder(EventProcessor):
    """An event processor of the host's."""

    def __init__(self, config: Config | None = None) -> None:
        self.events: list[dict[str, Any]] = []

    def send_event(self, event: FFCEvent) -> None:
        assert event.is_send_event
        self.events.append(event.to_json_dict())

    def flush(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def take(self) -> list[dict[str, Any]]:
        taken, self.events = self.events, []
        return taken


def open_offline(data: str, **options: Any) -> FFCClient:
    storage = InMemoryDataStorage()
    items = WIRE.items(json.loads(data))
    storage.init(items, WIRE.newest(items))
    return FFCClient(Config(SECRET, offline=True, data_storage=storage, **options))


@lru_cache(maxsize=2)
def clients(path: Path) -> tuple[FFCClient, FFCClient, Recorder]:
    """A client, and one whose events are recorded."""
    recorder = Recorder()
    data = data_of(path)
    return open_offline(data), open_offline(data, event_processor_imp=lambda _: recorder), recorder


@pytest.mark.parametrize(("path", "case", "want"), evaluations("ffc"))
def test_evaluation(path: Path, case: dict[str, Any], want: dict[str, Any]) -> None:
    client, recorded, recorder = clients(path)
    arguments = case["flag"], case["user"], case["default"]
    value = client.variation(*arguments)
    state = client.variation_detail(*arguments)
    detail = state.data.to_json_dict()
    assert same(value, detail["variation"])
    assert (state.success, state.message) == (want["success"], want["message"])
    assert (state.data.is_success, state.data.is_default_value) == (want["success"], not want["success"])
    assert state.to_json_dict() == {"success": state.success, "message": state.message, "data": detail}
    assert same(detail, {name: want[name] for name in detail})
    assert same(client.is_enabled(case["flag"], case["user"]), want["isEnabled"])
    assert recorded.variation(*arguments) == value
    events = recorder.take()
    if want["event"] is None:
        assert events == []
    else:
        (event,) = events
        assert event["user"] == FFCUser.from_dict(case["user"]).to_json_dict()
        assert same(without_times(event["userVariations"]), [{**told, "timestamp": 0} for told in want["event"]])


USERS = load("ffc", "users.json")


@pytest.mark.parametrize("case", USERS["cases"], ids=lambda case: json.dumps(case["user"])[:60])
def test_user(case: dict[str, Any]) -> None:
    client, recorder = event_client()
    if "raises" in case:
        with pytest.raises(ValueError, match=f"^{case['raises']['message']}$"):
            FFCUser.from_dict(case["user"])
    else:
        assert FFCUser.from_dict(case["user"]).to_json_dict() == case["event"]
    state = client.variation_detail("ev-a", case["user"])
    assert state.message == ("user not specified" if "raises" in case else "OK")
    assert [event["user"] for event in recorder.take()] == ([] if "raises" in case else [case["event"]])


@pytest.mark.parametrize("case", USERS["lookup"]["cases"], ids=lambda case: case["property"])
def test_user_lookup(case: dict[str, Any]) -> None:
    user = FFCUser.from_dict(USERS["lookup"]["user"])
    assert user.get(case["property"]) == case["value"]
    assert user.get(case["property"], "default") == (case["value"] or "default")


CONFIG = load("ffc", "config.json")
CLASSES: dict[str, Any] = {"Config": Config, "HTTPConfig": HTTPConfig, "WebSocketConfig": WebSocketConfig}
# In the SDK this property is the size of the queue, by mistake. It is what FeatBit's is.
RETRIES = {None: 1, 1: 1, 3: 3, 9: 3}


@pytest.mark.parametrize("case", CONFIG["clamps"], ids=lambda case: f"{case['class']}.{case['option']}={case['given']}")
def test_limits_of_settings(case: dict[str, Any]) -> None:
    arguments = (SECRET,) if case["class"] == "Config" else ()
    settings = CLASSES[case["class"]](*arguments, **{case["option"]: case["given"]})
    want = RETRIES[case["given"]] if case["option"] == "events_max_retries" else case["effective"]
    assert getattr(settings, case["option"]) == want


@pytest.mark.parametrize("case", CONFIG["validate"], ids=lambda case: json.dumps(case)[:80])
def test_validation(case: dict[str, Any]) -> None:
    if "raises" in case:
        assert case["raises"]["type"] == "ValueError"
        with pytest.raises(ValueError, match=case["raises"]["message"]):
            FFCClient(Config(case["env_secret"], offline=True))
    else:
        FFCClient(Config(case["env_secret"], offline=True)).stop()


def test_addresses() -> None:
    config = Config(SECRET)
    assert config.events_url == "https://api.featureflag.co/api/public/track"
    assert config.streaming_url == "wss://api.featureflag.co/streaming"
    config = Config(SECRET, "http://a/b//", streaming_uri="ws://c/")
    assert (config.events_url, config.streaming_url) == ("http://a/b/api/public/track", "ws://c/streaming")
    assert base64.b64decode(SECRET)


ALL_FLAGS = load("ffc", "all-flags.json")


@pytest.mark.parametrize("case", ALL_FLAGS["cases"], ids=lambda case: case["name"])
def test_all_flags(case: dict[str, Any]) -> None:
    client, recorder = event_client()
    recorder.take()
    want = case["expect"]
    states = client.get_all_latest_flag_variations(case["user"])
    assert (states.success, states.message, list(states.key_names)) == (
        want["success"],
        want["message"],
        want["keyNames"],
    )
    assert same(states.to_json_dict(), want["json"])
    assert len(recorder.take()) == want["eventsOnCreation"]
    for get in want["get"]:
        for _ in range(2):
            detail = states.get(get["key"])
            assert same(detail and detail.to_json_dict(), get["detail"])
            assert len(recorder.take()) == get["events"]


@lru_cache(maxsize=1)
def event_client() -> tuple[FFCClient, Recorder]:
    recorder = Recorder()
    return open_offline(json.dumps(EVENTS["data"]), event_processor_imp=lambda _: recorder), recorder


def make_call(client: FFCClient, call: dict[str, Any]) -> None:
    method = getattr(client, call["method"])
    if call["method"] in ("variation", "is_enabled"):
        method(call["key"], call["user"])
    elif call["method"] == "track_metrics":
        method(call["user"], call["metrics"])
    else:
        method(call["user"], call["eventName"], *([call["value"]] if "value" in call else []))


def event_cases() -> list[Any]:
    deviations = Deviations("ffc", "events/")
    params = [
        pytest.param(
            case["call"],
            deviations.want(f"events/{case['name']}", case["payload"]),
            case.get("raises"),
            id=case["name"],
        )
        for case in EVENTS["cases"]
    ]
    deviations.check_done()
    return params


@pytest.mark.parametrize(("call", "payload", "raises"), event_cases())
def test_events_of_the_host(call: dict[str, Any], payload: list[Any], raises: dict[str, str] | None) -> None:
    """What an event processor of the host's gets. What featureflag.co's server gets is in test_featureflagco_server."""
    client, recorder = event_client()
    recorder.take()
    if raises is None:
        make_call(client, call)
    else:
        assert raises["type"] == "TypeError"
        with pytest.raises(TypeError):
            make_call(client, call)
    events = recorder.take()
    assert same(without_times(events), payload)
