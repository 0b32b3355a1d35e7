"""burgee.featbit with parts of the host's own: storage, source of flags, event processor."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from datasync_server import (
    FEATBIT_MESSAGE,
    FEATBIT_SECRET,
    PATIENCE,
    Calls,
    DataSyncServer,
    featbit_flag,
    featbit_segment,
    message,
    wait_for_state,
)
from test_featbit_server import MEMBER, USER, settings

from burgee.featbit import FBClient
from burgee.featbit._wire import WIRE
from burgee.featbit.category import ALL_CAT_NAMES, DATATEST, FEATURE_FLAGS, SEGMENTS, Category
from burgee.featbit.common_types import FBEvent
from burgee.featbit.config import Config, HTTPConfig
from burgee.featbit.data_storage import InMemoryDataStorage, NullDataStorage
from burgee.featbit.event_processor import DefaultEventProcessor, NullEventProcessor
from burgee.featbit.interfaces import DataStorage, DataUpdateStatusProvider, EventProcessor, Sender, UpdateProcessor
from burgee.featbit.status_types import State, StateType
from burgee.featbit.update_processor import NullUpdateProcessor


@pytest.fixture
def server() -> Iterator[DataSyncServer]:
    local = DataSyncServer("featbit")
    local.replace(FEATBIT_MESSAGE)
    yield local
    local.close()


class Storage(InMemoryDataStorage):
    """A storage of the host's, which tells what is done to it and fails when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = Calls()
        self.failing = False
        self.stopped = False

    def init(self, all_data: Mapping[Any, Mapping[str, dict[str, Any]]], version: int = 0) -> None:
        if self.failing:
            raise OSError("disk full")
        super().init(all_data, version)
        self.calls("init", version)

    def upsert(self, kind: Any, key: str, item: dict[str, Any], version: int = 0) -> None:
        if self.failing:
            raise OSError("disk full")
        super().upsert(kind, key, item, version)
        self.calls("upsert", kind.name, key)

    def stop(self) -> None:
        self.stopped = True


def test_what_arrives_is_written_to_a_storage(server: DataSyncServer) -> None:
    storage = Storage()
    with FBClient(settings(server, data_storage=storage)) as client:
        assert storage.initialized, "before the client is ready"
        flag = storage.get(FEATURE_FLAGS, "a")
        assert flag is not None
        assert (flag["id"], flag["_id"], flag["timestamp"]) == ("a", "id-a", 1709631000123)
        assert flag["variationMap"] == {"v": "A", "s": "in segment"}
        assert list(storage.get_all(SEGMENTS)) == ["s"]
        provider = client.update_status_provider
        assert (provider.initialized, provider.latest_version) == (True, 1709631000123)
        assert provider.get_all(FEATURE_FLAGS) == storage.get_all(FEATURE_FLAGS)
        server.change_flag("b", name="changed")
        assert storage.calls.wait(2)[1:] == [("upsert", "featureFlags", "b")]
        server.change_flag("a", isArchived=True)
        assert storage.calls.wait(3)[2:] == [("upsert", "featureFlags", "a")]
        assert storage.get(FEATURE_FLAGS, "a") is None
        server.change_segment("s", included=[])
        assert ("upsert", "segments", "s") in storage.calls.wait(4)[3:]
    assert storage.stopped


def test_flags_of_a_storage_are_there_before_the_server_answers(server: DataSyncServer) -> None:
    storage = Storage()
    storage.init(WIRE.items(FEATBIT_MESSAGE), 1709631000123)
    server.fail({"kind": "refuse", "times": -1})
    with FBClient(settings(server, data_storage=storage)) as client:
        assert client.initialize
        assert client.variation("a", MEMBER) == "in segment"
        assert client.update_status_provider.current_state.state_type is StateType.INITIALIZING
        server.control("DELETE", "/faults")
        assert client.update_status_provider.wait_for_OKState(PATIENCE)
    (received,) = server.sockets()[-1]["received"]
    assert json.loads(received)["data"]["timestamp"] == 1709631000123


def test_a_storage_of_an_offline_client() -> None:
    storage = Storage()
    storage.init(WIRE.items(FEATBIT_MESSAGE), 1709631000123)
    client = FBClient(Config("s", "", "", offline=True, data_storage=storage))
    assert client.variation("a", USER) == "A"
    newer = message([featbit_flag("c", updatedAt="2025-01-01T00:00:00Z")])
    assert client.initialize_from_external_json(json.dumps(newer))
    assert client.variation("c", USER) == "A"
    assert list(storage.get_all(FEATURE_FLAGS)) == ["c"]
    client.stop()
    assert storage.stopped


@pytest.mark.parametrize("fails_first", [True, False])
def test_a_storage_that_fails(server: DataSyncServer, fails_first: bool) -> None:
    storage = Storage()
    storage.failing = fails_first
    with FBClient(settings(server, data_storage=storage), start_wait=0) as client:
        provider = client.update_status_provider
        if not fails_first:
            assert provider.wait_for_OKState(PATIENCE)
            storage.failing = True
            server.change_flag("a", name="x")
            wait_for_state(client, StateType.INTERRUPTED)
        kind = "Data Storage init error" if fails_first else "Data Storage update error"
        with provider._cell._changed:
            assert provider._cell._changed.wait_for(lambda: provider._cell.failure == (kind, "disk full"), PATIENCE)
        storage.failing = False
        server.change_flag("b", name="y")
        assert provider.wait_for_OKState(PATIENCE)
        assert client.variation("a", USER) == "A"
        assert set(storage.get_all(FEATURE_FLAGS)) == {"a", "b"}


def test_a_storage_that_keeps_nothing(server: DataSyncServer) -> None:
    with FBClient(settings(server, data_storage=NullDataStorage())) as client:
        assert client.initialize
        assert client.update_status_provider.wait_for_OKState(PATIENCE)
        assert client.variation_detail("a", USER, 1).reason == "flag not found"
        client.identify(USER)
        client.flush()
        assert len(server.events(1)) == 1
    storage = NullDataStorage()
    storage.init({}, 1)
    storage.upsert(FEATURE_FLAGS, "a", {}, 1)
    assert (storage.get(FEATURE_FLAGS, "a"), storage.get_all(SEGMENTS)) == (None, {})
    assert (storage.initialized, storage.latest_version) == (True, 0)


def item(key: str, time: int, **members: Any) -> dict[str, Any]:
    return {"id": key, "timestamp": time, "isArchived": False, **members}


def test_the_storage_in_memory() -> None:
    storage: DataStorage = InMemoryDataStorage()
    assert (storage.initialized, storage.latest_version, storage.get_all(FEATURE_FLAGS)) == (False, 0, {})
    storage.init({}, 5)
    assert not storage.initialized
    storage.init({FEATURE_FLAGS: {"a": item("a", 5), "b": item("b", 3, isArchived=True)}}, 5)
    assert (storage.initialized, storage.latest_version) == (True, 5)
    assert list(storage.get_all(FEATURE_FLAGS)) == ["a"]
    assert storage.get(FEATURE_FLAGS, "b") is None
    storage.init({FEATURE_FLAGS: {}}, 5)
    assert storage.get(FEATURE_FLAGS, "a") == item("a", 5), "no newer"
    storage.upsert(FEATURE_FLAGS, "a", item("a", 4), 4)
    assert storage.get(FEATURE_FLAGS, "a") == item("a", 5), "older than its copy"
    storage.upsert(FEATURE_FLAGS, "b", item("b", 4), 4)
    assert storage.get(FEATURE_FLAGS, "b") == item("b", 4), "newer than its copy, and older than the storage"
    storage.upsert(SEGMENTS, "s", item("s", 5), 5)
    assert storage.get(SEGMENTS, "s") == item("s", 5), "as new as the storage"
    assert storage.latest_version == 5
    storage.stop()


class Source(UpdateProcessor):
    """A source of flags of the host's."""

    def __init__(self, config: Config, provider: DataUpdateStatusProvider, ready: threading.Event) -> None:
        assert isinstance(config, Config)
        self.provider = provider
        self.ready = ready
        self.stopped = False

    def start(self) -> None:
        pass

    def stop(self) -> None:
        self.stopped = True

    @property
    def initialized(self) -> bool:
        return self.ready.is_set()


def test_a_source_of_the_host(server: DataSyncServer) -> None:
    sources: list[Source] = []

    def make(*arguments: Any) -> Source:
        sources.append(Source(*arguments))
        return sources[0]

    client = FBClient(settings(server, update_processor_imp=make), start_wait=0.01)
    (source,) = sources
    assert not client.initialize
    assert client.update_status_provider.current_state.state_type is StateType.INITIALIZING
    assert client.variation_detail("a", USER).reason == "client not ready"

    assert source.provider.init(WIRE.items(FEATBIT_MESSAGE), 1709631000123)
    source.provider.update_state(State.ok_state())
    source.ready.set()
    assert client.initialize
    assert client.update_status_provider.wait_for_OKState()
    assert client.variation("a", MEMBER) == "in segment"
    assert client.update_status_provider.latest_version == 1709631000123

    changed = Calls()
    client.flag_tracker.add_flag_value_changed_listener("b", USER, changed)
    _, older = WIRE.stored(FEATURE_FLAGS, featbit_flag("b", "B2", updatedAt="2024-03-05T09:30:00.124Z"))
    _, newer = WIRE.stored(SEGMENTS, featbit_segment(updatedAt="2026-01-01T00:00:00Z", included=[]))
    assert source.provider.upsert(SEGMENTS, "s", newer, newer["timestamp"])
    assert client.variation("a", MEMBER) == "A"
    assert source.provider.upsert(FEATURE_FLAGS, "b", older, older["timestamp"])
    assert client.variation("b", USER) == "B2", "newer than its copy"
    assert changed.wait(1) == [("b", "B", "B2")]
    made_by_hand = item(
        "c", 10, variationType="number", variationMap={"x": "5"}, isEnabled=False, disabledVariationId="x"
    )
    assert source.provider.upsert(FEATURE_FLAGS, "c", made_by_hand, 10)
    assert client.variation("c", USER) == 5
    source.provider.update_state(State.interrupted_state("Network error", "gone"))
    assert client.update_status_provider.current_state.state_type is StateType.INTERRUPTED
    client.stop()
    assert source.stopped
    assert client.variation("b", USER) == "B2"
    users = server.event_users(5)
    assert users["u-1"] + users["member"] == sum(users.values()) >= 5
    assert server.sockets() == []


def test_a_source_that_does_nothing() -> None:
    storage = Storage()
    storage.init(WIRE.items(FEATBIT_MESSAGE), 1709631000123)
    config = Config(
        "s",
        "http://a",
        "ws://a",
        data_storage=storage,
        update_processor_imp=NullUpdateProcessor,
        event_processor_imp=NullEventProcessor,
    )
    with FBClient(config) as client:
        assert client.initialize
        assert client.update_status_provider.wait_for_OKState()
        assert client.variation("a", USER) == "A"


def test_a_source_whose_storage_fails(server: DataSyncServer) -> None:
    storage = Storage()
    storage.failing = True
    sources: list[Source] = []

    def make(*arguments: Any) -> Source:
        sources.append(Source(*arguments))
        return sources[0]

    with FBClient(settings(server, data_storage=storage, update_processor_imp=make), start_wait=0) as client:
        assert sources[0].provider.init(WIRE.items(FEATBIT_MESSAGE), 5) is False
        failure = client.update_status_provider.current_state.error_track
        assert failure is not None
        assert (failure.error_type, failure.message) == ("Data Storage init error", "disk full")


def test_a_client_that_asks_a_server_takes_no_flags_from_outside(server: DataSyncServer) -> None:
    with FBClient(settings(server)) as client:
        assert client.update_status_provider.init(WIRE.items(FEATBIT_MESSAGE), 5) is False
        assert client.variation("a", USER) == "A"
        found = client.update_status_provider.get_all(FEATURE_FLAGS)
        assert (list(found), found["a"]["_id"]) == (["a", "b"], "id-a")


class Sink(EventProcessor):
    """An event processor of the host's, which posts each event by itself."""

    def __init__(self, config: Config, sender: Sender) -> None:
        self.config = config
        self.sender = sender
        self.flushed = self.stopped = False

    def send_event(self, event: FBEvent) -> None:
        assert self.sender.postJson(self.config.events_uri, json.dumps([event.to_json_dict()])) == ""

    def flush(self) -> None:
        self.flushed = True

    def stop(self) -> None:
        self.stopped = True


def test_an_event_processor_of_the_host(server: DataSyncServer) -> None:
    sinks: list[Sink] = []

    def make(config: Config, sender: Sender) -> Sink:
        sinks.append(Sink(config, sender))
        return sinks[0]

    server.fail({"kind": "answer", "status": 503, "path": "insight"})  # the sender tries again
    with FBClient(settings(server, event_processor_imp=make)) as client:
        assert client.variation("a", USER) == "A"
        assert client.variation_detail("a", MEMBER).variation == "in segment"
        client.variation("none", USER)
        client.variation("a", None)  # type: ignore[arg-type]
        client.identify(USER)
        client.track_metric(USER, "m", 2)
        client.track_metrics(USER, {})
        client.get_all_latest_flag_variations(USER).get("b")
        client.flush()
    (sink,) = sinks
    assert (sink.flushed, sink.stopped) == (True, True)
    events = server.events(5)
    assert len(events) == 5
    assert [event["user"]["keyId"] for event in events] == ["u-1", "member", "u-1", "u-1", "u-1"]
    assert events[1]["variations"][0]["variation"] == {"id": "s", "value": "in segment", "reason": "rule match"}
    assert events[4]["variations"][0]["featureFlagKey"] == "b"
    posts = [request for request in server.requests() if "insight" in request["path"]]
    assert {post["headers"]["Authorization"][0] for post in posts} == {FEATBIT_SECRET}


def test_an_event_processor_that_raises(server: DataSyncServer, caplog: pytest.LogCaptureFixture) -> None:
    class Raising(NullEventProcessor):
        def send_event(self, event: FBEvent) -> None:
            raise RuntimeError("on purpose")

    with FBClient(settings(server, event_processor_imp=Raising)) as client:
        assert client.variation("a", USER) == "A"
        assert client.variation_detail("a", USER).reason == "fall through all rules"
    assert "on purpose" in caplog.text


@pytest.mark.parametrize("options", [{"event_processor_imp": NullEventProcessor}, {"disable_events": True}])
def test_no_events(server: DataSyncServer, options: dict[str, Any]) -> None:
    with FBClient(settings(server, **options)) as client:
        assert client.variation("a", USER) == "A"
        client.identify(USER)
        client.flush()
    assert [request for request in server.requests() if "insight" in request["path"]] == []


def test_the_engine_behind_an_event_processor_of_the_host(server: DataSyncServer) -> None:
    """One that looks at events and leaves the sending to FeatBit's own."""
    seen: list[dict[str, Any]] = []

    class Looking(DefaultEventProcessor):
        def send_event(self, event: FBEvent) -> None:
            seen.append(event.to_json_dict())
            super().send_event(event)

    with FBClient(settings(server, event_processor_imp=Looking)) as client:
        client.variation("a", USER)
        client.identify(USER)
        client.track_metrics(USER, {"m": 1, "n": 2})
        client.flush()
        events = server.events(3)
        client.track_metric(USER, "late")
    assert len(server.events(4)) == 4
    for event in (*events, *seen):
        for metric in event.get("metrics", ()):
            metric["timestamp"] = 0  # of the call, which the engine makes
    assert events == seen[:3]


def test_a_sender_without_a_server(caplog: pytest.LogCaptureFixture) -> None:
    made: list[Sender] = []
    config = Config(
        "s",
        "http://127.0.0.1:9",
        "ws://127.0.0.1:9",
        offline=True,
        http=HTTPConfig(connect_timeout=1, disable_ssl_verification=True),
        events_retry_interval=0.001,
        event_processor_imp=lambda _, sender: made.append(sender) or NullEventProcessor(),  # type: ignore[func-returns-value]
    )
    FBClient(config)
    assert made[0].postJson(config.events_uri, "[]") is None
    assert caplog.text.count("events could not be posted") == 2
    made[0].stop()
    assert made[0].postJson(config.events_uri, "[]", False) is None


def test_categories() -> None:
    assert ALL_CAT_NAMES == ["featureFlags", "segments", "datatest"]
    assert [(one.name, one.tag) for one in (FEATURE_FLAGS, SEGMENTS, DATATEST)] == [
        ("featureFlags", "ff"),
        ("segments", "seg"),
        ("datatest", "test"),
    ]
    assert Category("a", "b").tag == "b"
