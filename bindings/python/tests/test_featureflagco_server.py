"""burgee.featureflagco with a server, and with parts of the host's own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import run_python
from datasync_server import FEATUREFLAGCO_SECRET, PATIENCE, Calls, DataSyncServer, message, wait_for_state
from datasync_vectors import same, without_times
from test_featureflagco_vectors import EVENTS, event_cases, make_call

import burgee.featureflagco
from burgee.featureflagco import FFCClient
from burgee.featureflagco._wire import WIRE
from burgee.featureflagco.category import FFC_ALL_CAT_NAMES, FFC_FEATURE_FLAGS, FFC_SEGMENTS
from burgee.featureflagco.common_types import EvalDetail, FFCEvent, FFCUser
from burgee.featureflagco.config import Config, HTTPConfig, WebSocketConfig
from burgee.featureflagco.data_storage import InMemoryDataStorage, NullDataStorage
from burgee.featureflagco.event_processor import DefaultEventProcessor, NullEventProcessor
from burgee.featureflagco.interfaces import UpdateProcessor
from burgee.featureflagco.status import DataUpdateStatusProviderIml
from burgee.featureflagco.status_types import ErrorInfo, State, StateType
from burgee.featureflagco.update_processor import NullUpdateProcessor

USER = {"key": "u-1"}


def flag(key: str, value: str = "A", **members: Any) -> dict[str, Any]:
    flag_id = f"FF__41__52__63__{key}"
    option = {"localId": 1, "displayOrder": 1, "variationValue": value}
    rollout = {"exptRollout": 1, "rolloutPercentage": [0, 1], "valueOption": option}
    return {
        "_id": flag_id,
        "id": flag_id,
        "environmentId": 63,
        "isArchived": False,
        "ff": {
            "id": flag_id,
            "name": f"Flag {key}",
            "type": 1,
            "keyName": key,
            "status": "Enabled",
            "isDefaultRulePercentageRolloutsIncludedInExpt": False,
            "defaultRulePercentageRollouts": [rollout],
            "variationOptionWhenDisabled": option,
        },
        "ffp": [],
        "fftuwmtr": [],
        "targetIndividuals": [],
        "variationOptions": [option],
        "exptIncludeAllRules": False,
        "timestamp": 1709631000123,
        **members,
    }


class Storage(InMemoryDataStorage):
    """A storage of the host's, which tells what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = Calls()

    def init(self, all_data: Any, version: int = 0) -> None:
        super().init(all_data, version)
        self.calls("init", version)

    def upsert(self, kind: Any, key: str, item: dict[str, Any], version: int = 0) -> None:
        super().upsert(kind, key, item, version)
        self.calls("upsert", key)


MESSAGE = message([flag("a"), flag("b", "true")])


@pytest.fixture
def server() -> Iterator[DataSyncServer]:
    local = DataSyncServer("featureflagco")
    local.replace(MESSAGE)
    yield local
    local.close()


def settings(server: DataSyncServer, **options: Any) -> Config:
    options.setdefault("streaming_first_retry_delay", 0.01)
    secret = options.pop("env_secret", FEATUREFLAGCO_SECRET)
    return Config(secret, server.url, streaming_uri=server.socket_url, **options)


def test_a_client_and_its_end(server: DataSyncServer) -> None:
    storage = Storage()
    with FFCClient(settings(server, data_storage=storage)) as client:
        assert client.initialize is True
        assert client.update_status_provider.current_state is StateType.OK
        assert client._update_status_provider.wait_for_OKState()
        state = client.variation_detail("a", USER)
        assert state.to_json_dict() == {
            "success": True,
            "message": "OK",
            "data": {
                "id": 1,
                "reason": "fall through all rules",
                "variation": "A",
                "keyName": "a",
                "name": "Flag a",
            },
        }
        assert (client.is_enabled("b", USER), client.is_enabled("a", USER), client.is_enabled("c", USER)) == (
            1,
            False,
            0,
        )
        assert (client.is_flag_known("a"), client.is_flag_known("c")) == (True, False)
        server.change_flag("FF__41__52__63__a", **flag("a", "A2", timestamp=1909631000123))
        assert storage.calls.wait(2)[1] == ("upsert", "FF__41__52__63__a")
        assert client.variation("a", USER) == "A2"
        assert {socket["headers"]["Envsecret"][0] for socket in server.sockets()} == {FEATUREFLAGCO_SECRET}
    assert client.initialize is False
    assert client.update_status_provider.current_state is StateType.OFF
    assert client.variation("a", USER) == "A2", "evaluation goes on"


def test_stopping_sends_what_waits(server: DataSyncServer) -> None:
    client = FFCClient(settings(server, events_flush_interval=10))
    for number in range(120):
        client.variation("a", {"key": f"u-{number}"})
    client.stop()
    assert len(server.event_users(120)) == 120


def test_a_wrong_secret(server: DataSyncServer) -> None:
    with FFCClient(settings(server, env_secret="eF9fMV9fMl9fM19feA==")) as client:
        wait_for_state(client, StateType.OFF)
        assert client._readiness.wait(PATIENCE)
        assert client.initialize is False
        assert client.update_status_provider.state.error_info == ErrorInfo(
            "Request invalid", client.update_status_provider.state.error_info.message
        )
        assert client.variation_detail("a", USER, "x").message == "client not ready"
        states = client.get_all_latest_flag_variations(USER)
        assert (states.success, states.message, list(states.key_names)) == (
            False,
            "client not ready",
            ["flag key unknown"],
        )


def test_a_refusal_later_does_not_stop_evaluation(server: DataSyncServer) -> None:
    with FFCClient(settings(server)) as client:
        server.close_sockets(4003, "invalid request, close by server")
        wait_for_state(client, StateType.OFF)
        assert client.initialize is False
        assert client.variation("a", USER) == "A"


def test_offline() -> None:
    client = FFCClient(Config(FEATUREFLAGCO_SECRET, offline=True))
    assert client.initialize
    assert client.is_offline()
    assert client.update_status_provider.wait_for_OKState()
    assert client.variation_detail("a", USER, None).message == "flag not found"
    client.track_metric(USER, "m")
    client.flush()
    client.stop()


def test_settings() -> None:
    with pytest.raises(ValueError, match="Config is not valid"):
        FFCClient("config")  # type: ignore[arg-type]
    config = Config(FEATUREFLAGCO_SECRET, http=HTTPConfig(http_proxy="http://u:p@proxy:1"), defaults={"a": 1})
    copy = config.copy_config_in_a_new_env("eF9fMV9fMl9fM19feA==")
    assert (copy.env_secret, copy.get_default_value("a")) == ("eF9fMV9fMl9fM19feA==", 1)
    assert copy.data_storage is not config.data_storage
    both = Config(
        FEATUREFLAGCO_SECRET,
        http=HTTPConfig(http_proxy="http://u:p@proxy:1"),
        websocket=WebSocketConfig(proxy_host="proxy", proxy_port=1, proxy_auth=("u", "p"), ping_interval=3),
    )
    options = both._options(True, False)
    assert (options["proxy"], options["ping_interval"]) == ({"https": "http://u:p@proxy:1"}, 3)


@pytest.fixture(scope="module")
def event_server() -> Iterator[DataSyncServer]:
    local = DataSyncServer("featureflagco", "--secret", EVENTS["envSecret"])
    local.replace(EVENTS["data"])
    yield local
    local.close()


@pytest.fixture(scope="module")
def event_client(event_server: DataSyncServer) -> Iterator[FFCClient]:
    with FFCClient(settings(event_server, env_secret=EVENTS["envSecret"])) as opened:
        yield opened


@pytest.mark.parametrize(("call", "payload", "raises"), event_cases())
def test_events_of_the_server(
    event_server: DataSyncServer, event_client: FFCClient, call: dict[str, Any], payload: list[Any], raises: Any
) -> None:
    event_server.forget_events()
    if raises is None:
        make_call(event_client, call)
    else:
        with pytest.raises(TypeError):
            make_call(event_client, call)
    event_client.track_metric({"key": "marker"}, "marker")
    event_client.flush()
    *events, marker = event_server.events(len(payload) + 1)
    assert marker["user"]["keyId"] == "marker"
    assert same(without_times(events), payload)


def test_events_of_all_flags(server: DataSyncServer) -> None:
    with FFCClient(settings(server)) as client:
        states = client.get_all_latest_flag_variations(USER)
        assert list(states.key_names) == ["a", "b"]
        detail = states.get("a")
        assert detail is not None
        assert detail.variation == "A"
        assert states.get("none") is None
        client.flush()
        (event,) = server.events(1)
    (variation,) = event["userVariations"]
    assert variation["variation"] == {"localId": 1, "variationValue": "A", "reason": "fall through all rules"}


def test_a_storage_of_the_host(server: DataSyncServer) -> None:
    storage = Storage()
    with FFCClient(settings(server, data_storage=storage)) as client:
        assert client.variation("a", USER) == "A"
        stored = storage.get(FFC_FEATURE_FLAGS, "FF__41__52__63__a", lambda item: item and item["ff"])
        assert stored is not None
        assert stored["keyName"] == "a"
        assert storage.get_all(FFC_SEGMENTS, lambda items: {"number": {"of": len(items)}}) == {"number": {"of": 0}}
        assert client.update_status_provider.latest_version == 1709631000123
    server.fail({"kind": "refuse", "times": -1})
    with FFCClient(settings(server, data_storage=storage)) as client:
        assert client.variation("a", USER) == "A"
    nothing = NullDataStorage()
    assert (nothing.get(FFC_SEGMENTS, "x"), nothing.get_all(FFC_SEGMENTS)) == (None, {})
    with FFCClient(Config(FEATUREFLAGCO_SECRET, offline=True, data_storage=nothing)) as client:
        assert client.initialize


class Source(UpdateProcessor):
    """A source of flags of the host's."""

    def __init__(self, config: Config, provider: DataUpdateStatusProviderIml, ready: threading.Event) -> None:
        self.provider = provider
        self.ready = ready

    def start(self) -> None:
        assert self.provider.init(WIRE.items(MESSAGE), 1709631000123)
        self.provider.update_state(StateType.OK)
        self.ready.set()

    def stop(self) -> None:
        self.provider.update_state(StateType.OFF, ErrorInfo("System quit", "bye"))

    @property
    def initialized(self) -> bool:
        return self.ready.is_set()


def test_a_source_of_the_host(server: DataSyncServer) -> None:
    with FFCClient(settings(server, update_processor_imp=Source)) as client:
        assert client.initialize
        assert client.variation("a", USER) == "A"
        key = "FF__41__52__63__a"
        assert client.update_status_provider.upsert(
            FFC_FEATURE_FLAGS, key, flag("a", "A2", timestamp=1709631000124), 1709631000124
        )
        assert client.variation("a", USER) == "A2"
    assert client.update_status_provider.state[0] is StateType.OFF
    assert server.event_users(2) == {"u-1": 2}
    storage = InMemoryDataStorage()
    storage.init(WIRE.items(MESSAGE), 1)
    config = settings(server, data_storage=storage, update_processor_imp=NullUpdateProcessor)
    with FFCClient(config) as client:
        assert client.update_status_provider.wait_for_OKState()
        assert client.variation("a", USER) == "A"


def test_an_event_processor_of_the_host(server: DataSyncServer) -> None:
    class Looking(DefaultEventProcessor):
        def send_event(self, event: FFCEvent) -> None:
            seen.append(event.to_json_dict())
            super().send_event(event)

    seen: list[Any] = []
    with FFCClient(settings(server, event_processor_imp=Looking)) as client:
        assert client.variation_detail("a", USER).data.id == 1
        assert client.is_enabled("b", USER)
        client.track_metric(USER, "m", 2)
        client.flush()
        assert server.events(3) == seen
    with FFCClient(settings(server, event_processor_imp=NullEventProcessor)) as client:
        client.variation("a", USER)
    assert len(server.events()) == 3


def test_results() -> None:
    detail = EvalDetail.error("why", 3, "k")
    assert detail.to_json_dict() == {
        "id": -1,
        "reason": "why",
        "variation": 3,
        "keyName": "k",
        "name": "flag name unknown",
    }
    assert EvalDetail.error("why").to_json_dict() == {
        "id": -1,
        "reason": "why",
        "variation": "flag value unknown",
        "keyName": "flag key unknown",
        "name": "flag name unknown",
    }
    assert detail.to_flag_state.to_json_dict() == {"success": False, "message": "why", "data": detail.to_json_dict()}
    assert json.loads(FFCUser("k").to_json_str())["userName"] == ""
    assert State(StateType.OK, 1.0).error_info is None
    assert FFC_ALL_CAT_NAMES == ["featureFlags", "segments"]
    assert FFC_FEATURE_FLAGS.polling_api_url == "/api/public/sdk/latest-feature-flags"
    assert FFC_FEATURE_FLAGS.streaming_api_url == "/streaming"


def test_the_shared_client(server: DataSyncServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(burgee.featureflagco, "_shared", type(burgee.featureflagco._shared)(FFCClient))
    with pytest.raises(Exception, match=r"^config is not initialized$"):
        burgee.featureflagco.get()
    burgee.featureflagco.set_config(settings(server))
    client = burgee.featureflagco.get()
    assert client is burgee.featureflagco.get()
    assert client.variation("a", USER) == "A"
    client.stop()


def test_the_end_of_a_program(server: DataSyncServer) -> None:
    code = f"""
from burgee.featureflagco.client import FFCClient
from burgee.featureflagco.config import Config
client = FFCClient(Config({FEATUREFLAGCO_SECRET!r}, sys.argv[1], streaming_uri=sys.argv[1]))
for _ in range(60):
    client.variation("a", {{"key": "u"}})
"""
    run_python(code, server.url)
    assert server.event_users(60) == {"u": 60}
