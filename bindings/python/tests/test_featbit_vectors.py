"""Every vector of FeatBit that concerns a client, through burgee.featbit. Each case is a test of its own."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from datasync_vectors import Deviations, data_of, evaluations, load, same, without_times

from burgee.featbit._wire import milliseconds
from burgee.featbit.client import FBClient
from burgee.featbit.common_types import FBEvent, FBUser
from burgee.featbit.config import Config, HTTPConfig, WebSocketConfig
from burgee.featbit.data_storage import InMemoryDataStorage
from burgee.featbit.interfaces import EventProcessor, Sender
from burgee.featbit.status import DataUpdateStatusProviderImpl
from burgee.featbit.status_types import ErrorTrack, State, StateType


class Recorder(EventProcessor):
    """An event processor of the host's."""

    def __init__(self, config: Config, sender: Sender) -> None:
        self.events: list[dict[str, Any]] = []

    def send_event(self, event: FBEvent) -> None:
        assert event.is_send_event
        self.events.append(event.to_json_dict())

    def flush(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def take(self) -> list[dict[str, Any]]:
        taken, self.events = self.events, []
        return taken


def open_offline(data: str, **options: Any) -> FBClient:
    client = FBClient(Config("secret", "http://events", "ws://streaming", offline=True, **options))
    assert client.initialize_from_external_json(data)
    return client


@lru_cache(maxsize=2)
def clients(path: Path) -> tuple[FBClient, FBClient, Recorder]:
    """A client, and one whose events are recorded."""
    recorder = Recorder(Config("secret", "http://events", "ws://streaming"), None)  # type: ignore[arg-type]
    data = data_of(path)
    return open_offline(data), open_offline(data, event_processor_imp=lambda *_: recorder), recorder


@pytest.mark.parametrize(("path", "case", "want"), evaluations("featbit"))
def test_evaluation(path: Path, case: dict[str, Any], want: dict[str, Any]) -> None:
    client, recorded, recorder = clients(path)
    arguments = case["flag"], case["user"], case["default"]
    value = client.variation(*arguments)
    detail = client.variation_detail(*arguments).to_json_dict()
    assert same(value, detail["variation"])
    assert recorded.variation(*arguments) == value or value != value
    events = recorder.take()
    if want["event"] is None:
        assert events == []
        assert detail["variation"] == want["variation"]  # a default stays as it is: 10.0 does not become 10
        detail["variation"] = want["variation"]
    else:
        (event,) = events
        assert event["user"] == FBUser.from_dict(case["user"]).to_json_dict()
        (variation,) = event["variations"]
        assert variation.pop("timestamp") > 0
        assert same(variation, want["event"])
    assert same(detail, {name: want[name] for name in detail})


USERS = load("featbit", "users.json")


@pytest.mark.parametrize("case", USERS["cases"], ids=lambda case: json.dumps(case["user"])[:60])
def test_user(case: dict[str, Any]) -> None:
    client, recorder = event_client()
    if "raises" in case:
        with pytest.raises(ValueError, match=f"^{case['raises']['message']}$"):
            FBUser.from_dict(case["user"])
    else:
        assert FBUser.from_dict(case["user"]).to_json_dict() == case["event"]
    detail = client.variation_detail("all-bool", case["user"])
    assert detail.reason == ("user not specified" if "raises" in case else "fall through all rules")
    assert [event["user"] for event in recorder.take()] == ([] if "raises" in case else [case["event"]])


@pytest.mark.parametrize("case", USERS["lookup"]["cases"], ids=lambda case: case["property"])
def test_user_lookup(case: dict[str, Any]) -> None:
    user = FBUser.from_dict(USERS["lookup"]["user"])
    assert user.get(case["property"]) == case["value"]
    assert user.get(case["property"], "default") == (case["value"] or "default")


CONFIG = load("featbit", "config.json")
CLASSES: dict[str, Any] = {"Config": Config, "HTTPConfig": HTTPConfig, "WebSocketConfig": WebSocketConfig}


@pytest.mark.parametrize("case", CONFIG["clamps"], ids=lambda case: f"{case['class']}.{case['option']}={case['given']}")
def test_limits_of_settings(case: dict[str, Any]) -> None:
    arguments = ("secret", "http://a", "ws://a") if case["class"] == "Config" else ()
    settings = CLASSES[case["class"]](*arguments, **{case["option"]: case["given"]})
    assert getattr(settings, case["option"]) == case["effective"]
    with pytest.raises(AttributeError):
        setattr(settings, case["option"], 1)


@pytest.mark.parametrize("case", CONFIG["uris"], ids=lambda case: case["event_url"])
def test_addresses(case: dict[str, Any]) -> None:
    config = Config("secret", case["event_url"], case["streaming_url"])
    assert (config.events_uri, config.streaming_uri) == (case["events_uri"], case["streaming_uri"])


@pytest.mark.parametrize("case", CONFIG["validate"], ids=lambda case: json.dumps(case)[:80])
def test_validation(case: dict[str, Any]) -> None:
    def validate() -> None:
        Config(case["env_secret"], case["event_url"], case["streaming_url"]).validate()

    if "raises" in case:
        expected = {"ValueError": ValueError, "AttributeError": AttributeError}[case["raises"]["type"]]
        with pytest.raises(expected, match=case["raises"]["message"]):
            validate()
    else:
        validate()


def test_states() -> None:
    vectors = load("featbit", "status.json")
    provider = DataUpdateStatusProviderImpl(InMemoryDataStorage())
    assert provider.current_state.state_type.name == vectors["initial"]["state"]
    assert provider.current_state.error_track is None
    provider.update_state(None)  # type: ignore[arg-type]
    for number, step in enumerate(vectors["steps"], start=1):
        error = step["request"]["error"]
        track = None if error is None else ErrorTrack(error["type"], error["message"])
        before = provider.current_state
        provider.update_state(State(StateType[step["request"]["state"]], number, track))
        after = provider.current_state
        assert after.state_type.name == step["after"]["state"]
        wanted = step["after"]["error"]
        found = after.error_track
        assert (found and {"type": found.error_type, "message": found.message}) == wanted
        assert (after.state_since != before.state_since) == step["sinceChanged"]


ALL_FLAGS = load("featbit", "all-flags.json")["cases"]


@pytest.mark.parametrize("case", ALL_FLAGS, ids=lambda case: case["name"])
def test_all_flags(case: dict[str, Any]) -> None:
    recorder = Recorder(None, None)  # type: ignore[arg-type]
    client = open_offline(json.dumps(case["data"]), event_processor_imp=lambda *_: recorder)
    want = case["expect"]
    states = client.get_all_latest_flag_variations(case["user"])
    assert (states.success, states.reason, list(states.keys())) == (want["success"], want["reason"], want["keys"])
    assert same(states.to_json_dict(), want["json"])
    assert json.loads(states.to_json_str()) == want["json"]
    assert len(recorder.take()) == want["eventsOnCreation"]
    for get in want["get"]:
        for _ in range(2):
            assert same(states.get(get["key"], get["default"]).to_json_dict(), get["detail"])
            first = recorder.take()
            assert len(first) == get["eventsPerCall"]
            assert same(states.get_variation(get["key"], get["default"]), get["variation"])
            assert recorder.take() == first, "the time is that of the evaluation"


EVENTS = load("featbit", "events.json")


@lru_cache(maxsize=1)
def event_client() -> tuple[FBClient, Recorder]:
    recorder = Recorder(None, None)  # type: ignore[arg-type]
    return open_offline(json.dumps(EVENTS["data"]), event_processor_imp=lambda *_: recorder), recorder


def make_call(client: FBClient, call: dict[str, Any]) -> None:
    method = getattr(client, call["method"])
    if call["method"] == "variation":
        method(call["key"], call["user"], call["default"])
    elif call["method"] == "track_metrics":
        method(call["user"], call["metrics"])
    elif call["method"] == "track_metric":
        method(call["user"], call["eventName"], *([call["value"]] if "value" in call else []))
    else:
        method(call["user"])


def event_cases() -> list[Any]:
    deviations = Deviations("featbit", "events/")
    params = [
        pytest.param(case["call"], deviations.want(f"events/{case['name']}", case["payload"]), id=case["name"])
        for case in EVENTS["cases"]
    ]
    deviations.check_done()
    return params


@pytest.mark.parametrize(("call", "payload"), event_cases())
def test_events_of_the_host(call: dict[str, Any], payload: list[Any]) -> None:
    """What an event processor of the host's gets. What FeatBit's server gets is in test_featbit_server."""
    client, recorder = event_client()
    recorder.take()
    make_call(client, call)
    assert same(without_times(recorder.take()), payload)


@pytest.mark.parametrize("case", load("featbit", "timestamps.json")["cases"], ids=lambda case: str(case["updatedAt"]))
def test_times_of_items(case: dict[str, Any]) -> None:
    assert milliseconds(case["updatedAt"]) == case["millis"]
