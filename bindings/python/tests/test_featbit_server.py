"""burgee.featbit with a server: connecting, changes, events."""

from __future__ import annotations

import copy
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
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
from datasync_vectors import same, without_times
from test_featbit_vectors import EVENTS, event_cases, make_call

import burgee.featbit
from burgee.featbit import FBClient
from burgee.featbit.config import Config, WebSocketConfig
from burgee.featbit.flag_change_notification import FlagChangedListener, FlagChangedNotice
from burgee.featbit.status_types import StateType

USER = {"key": "u-1", "name": "Ada"}
MEMBER = {"key": "member", "name": "Max"}


@pytest.fixture
def server() -> Iterator[DataSyncServer]:
    local = DataSyncServer("featbit")
    local.replace(FEATBIT_MESSAGE)
    yield local
    local.close()


def settings(server: DataSyncServer, **options: Any) -> Config:
    options.setdefault("streaming_first_retry_delay", 0.01)
    return Config(FEATBIT_SECRET, server.url, server.socket_url, **options)


@pytest.fixture
def client(server: DataSyncServer) -> Iterator[FBClient]:
    with FBClient(settings(server)) as opened:
        yield opened


def test_a_client_waits_for_its_flags(server: DataSyncServer, client: FBClient) -> None:
    assert client.initialize is True
    assert client.update_status_provider.current_state.state_type is StateType.OK
    assert client.update_status_provider.wait_for_OKState()
    assert client.update_status_provider.initialized
    assert client.variation("a", USER) == "A"
    assert client.variation("a", MEMBER) == "in segment"
    assert client.is_flag_known("a")
    assert not client.is_flag_known("c")
    assert not client.is_offline()
    (socket,) = server.sockets()
    assert socket["received"] == ['{"messageType":"data-sync","data":{"timestamp":0}}']
    assert "type=server" in socket["path"]


def test_a_client_need_not_wait(server: DataSyncServer) -> None:
    server.fail({"kind": "hang"}, {"kind": "none", "times": -1})
    options = {"websocket": WebSocketConfig(timeout=0.5)}
    with FBClient(settings(server, **options), start_wait=0) as client:
        assert client.initialize is False
        assert client.update_status_provider.current_state.state_type is StateType.INITIALIZING
        assert not client.update_status_provider.wait_for_OKState(0.01)
        detail = client.variation_detail("a", USER, "default")
        assert (detail.variation, detail.reason, detail.key_name) == ("default", "client not ready", "a")
        assert client.variation_detail("", USER).key_name == "flag key unknown"
        assert client.get_all_latest_flag_variations(USER).reason == "client not ready"
        assert not client.is_flag_known("a")
        assert client.update_status_provider.wait_for_OKState()
        assert client.variation("a", USER) == "A"


def test_no_flags_in_time_are_no_error(server: DataSyncServer, caplog: pytest.LogCaptureFixture) -> None:
    server.fail({"kind": "hang", "times": -1})
    with FBClient(settings(server), start_wait=0.05) as client:
        assert client.initialize is False
    assert "no flags after 0.05 s" in caplog.text


def test_a_server_that_comes_up_while_the_client_waits(server: DataSyncServer) -> None:
    server.fail({"kind": "refuse", "times": 3})
    with FBClient(settings(server), start_wait=PATIENCE) as client:
        assert client.initialize
        assert client.variation("a", USER) == "A"


@pytest.mark.parametrize("path", ["", "/"])
def test_the_address_of_the_websocket_may_be_one_of_http(server: DataSyncServer, path: str) -> None:
    with FBClient(Config(FEATBIT_SECRET, server.url + path, server.url + path)) as client:
        assert client.variation("a", USER) == "A"


def test_polling(server: DataSyncServer) -> None:
    with FBClient(settings(server, data_sync_mode="polling", polling_interval=1)) as client:
        assert client.variation("a", USER) == "A"
    assert server.sockets() == []


@pytest.mark.parametrize("options", [{}, {"start_wait": 0}], ids=["waiting", "not waiting"])
def test_a_wrong_secret(server: DataSyncServer, options: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    config = Config(FEATBIT_SECRET[:-4] + "xxxx", server.url, server.socket_url)
    with FBClient(config, **options) as client:
        wait_for_state(client, StateType.OFF)
        assert client._readiness.wait(PATIENCE)
        assert client.initialize is True, "as in FeatBit's SDK"
        assert not client.update_status_provider.wait_for_OKState()
        error = client.update_status_provider.current_state.error_track
        assert error is not None
        assert error.error_type == "Request invalid"
        assert "env_secret" in error.message
        assert client.variation_detail("a", USER, "default").reason == "flag not found"
        assert client.get_all_latest_flag_variations(USER).success
    assert [record.levelname for record in caplog.records if "env_secret" in record.message] == ["ERROR"]
    assert {record.name for record in caplog.records} == {"burgee.featbit"}


def test_a_clock_that_is_wrong_is_named(server: DataSyncServer) -> None:
    server.control("PUT", "/clock", {"offset_ms": 90_000})
    with FBClient(settings(server)) as client:
        error = client.update_status_provider.current_state.error_track
        assert error is not None
        assert "behind the server's" in error.message


def test_text_that_is_no_json_ends_the_connection(server: DataSyncServer, client: FBClient) -> None:
    server.control("POST", "/push", "this is no message")  # as a JSON text, which is no message
    server.fail({"kind": "garbage", "times": -1})
    with FBClient(settings(server)) as second:
        wait_for_state(second, StateType.OFF)
        error = second.update_status_provider.current_state.error_track
        assert error is not None
        assert error.error_type == "Received Data invalid"
        assert second.initialize
        assert second.variation_detail("a", USER).reason == "flag not found"
    assert client.variation("a", USER) == "A"
    assert client.update_status_provider.current_state.state_type is StateType.OK


def test_an_interruption_and_its_end(server: DataSyncServer, client: FBClient) -> None:
    server.fail({"kind": "answer", "status": 503, "times": -1})
    before = client.update_status_provider.current_state
    server.close_sockets(1011, "service unavailable, close by server")
    wait_for_state(client, StateType.INTERRUPTED)
    state = client.update_status_provider.current_state
    assert state.error_track is not None
    assert state.error_track.error_type in ("Unknown close code", "WebSocket error")
    assert state.state_since >= before.state_since
    assert client.initialize
    assert client.variation("a", USER) == "A"
    server.control("DELETE", "/faults")
    assert client.update_status_provider.wait_for_OKState(PATIENCE)
    assert client.update_status_provider.current_state.error_track is None


class Keys(FlagChangedListener):
    """Keeps the keys of notices."""

    def __init__(self) -> None:
        self.calls = Calls()

    def on_flag_change(self, notice: FlagChangedNotice) -> None:
        assert notice.notice_type == "flag_change_notice"
        self.calls(notice.flag_key)


def test_listeners(server: DataSyncServer, client: FBClient) -> None:
    changed, maybe, keys = Calls(), Calls(), Keys()
    tracker = client.flag_tracker
    first = tracker.add_flag_value_changed_listener("a", USER, changed)
    second = tracker.add_flag_value_maybe_changed_listener("a", USER, maybe)
    tracker.add_flag_changed_listener(keys)

    server.change_flag("a", variations=[{"id": "v", "value": "A2"}, {"id": "s", "value": "in segment"}])
    assert changed.wait(1) == [("a", "A", "A2")]
    assert maybe.wait(1) == [("a", "A2")]
    assert keys.calls.wait(1) == [("a",)]

    server.change_flag("a", name="another name")
    assert maybe.wait(2) == [("a", "A2"), ("a", "A2")]
    server.change_segment("s", included=["u-1"])
    assert changed.wait(2)[1:] == [("a", "A2", "in segment")]
    assert {key for (key,) in keys.calls.wait(4)[2:]} == {"a", "b"}

    tracker.remove_flag_change_notifier(second)
    server.change_flag("a", isArchived=True)
    assert changed.wait(3)[2:] == [("a", "in segment", None)]
    tracker.remove_flag_change_notifier(first)
    with pytest.raises(ValueError, match="not in list"):
        tracker.remove_flag_change_notifier(first)
    server.change_flag("new", **featbit_flag("new"))
    assert keys.calls.wait(6)[5:] == [("new",)]
    assert len(maybe.arguments) == 3
    assert len(changed.arguments) == 3
    tracker.remove_flag_change_notifier(keys)
    tracker.remove_flag_change_notifier(keys)  # nobody is left, and the SDK does not mind then


def test_listeners_that_do_not_behave(
    server: DataSyncServer, client: FBClient, caplog: pytest.LogCaptureFixture
) -> None:
    """One raises, one takes for ever: the others are told, and evaluation and state do not notice."""
    block, entered = threading.Event(), threading.Event()

    def fail(key: str, value: Any) -> None:
        raise RuntimeError("on purpose")

    def hang(key: str, value: Any) -> None:
        entered.set()
        block.wait(PATIENCE)

    after = Calls()
    client.flag_tracker.add_flag_value_maybe_changed_listener("a", USER, fail)
    client.flag_tracker.add_flag_value_maybe_changed_listener("a", USER, hang)
    client.flag_tracker.add_flag_value_maybe_changed_listener("a", USER, after)
    server.change_flag("a", isEnabled=False)
    assert entered.wait(PATIENCE)
    assert client.variation("a", USER) == "A"
    server.fail({"kind": "answer", "status": 503, "times": -1})
    server.close_sockets(1011)
    wait_for_state(client, StateType.INTERRUPTED)
    assert after.arguments == []
    block.set()
    assert after.wait(1) == [("a", "A")]
    assert "on purpose" in caplog.text


def test_arguments_of_listeners(client: FBClient) -> None:
    for add in (
        client.flag_tracker.add_flag_value_changed_listener,
        client.flag_tracker.add_flag_value_maybe_changed_listener,
        client.flag_tracker.add_flag_value_may_changed_listener,
    ):
        for key in ("", None, 5):
            with pytest.raises(ValueError, match="flag_key must be a non-empty string"):
                add(key, USER, print)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="user is not valid"):
            add("a", None, print)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="name is not valid"):
            add("a", {"key": "u"}, print)
        with pytest.raises(ValueError, match="flag_value_changed_fn must be a callable function"):
            add("a", USER, "print")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="on_flag_change"):
        client.flag_tracker.add_flag_changed_listener(print)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def event_server() -> Iterator[DataSyncServer]:
    local = DataSyncServer("featbit")
    local.replace(EVENTS["data"])
    yield local
    local.close()


@pytest.fixture(scope="module")
def event_client(event_server: DataSyncServer) -> Iterator[FBClient]:
    with FBClient(settings(event_server)) as opened:
        yield opened


MARKER = {"key": "marker", "name": "M"}


@pytest.mark.parametrize(("call", "payload"), event_cases())
def test_events_of_the_server(
    event_server: DataSyncServer, event_client: FBClient, call: dict[str, Any], payload: list[Any]
) -> None:
    event_server.forget_events()
    make_call(event_client, call)
    event_client.identify(MARKER)
    event_client.flush()
    *events, marker = event_server.events(len(payload) + 1)
    if call.get("eventName") == 5:
        # FeatBit's server knows names as texts only, and would refuse a number together with its batch.
        payload = copy.deepcopy(payload)
        payload[0]["metrics"][0]["eventName"] = "5"
    assert marker == {"user": {"keyId": "marker", "name": "M", "customizedProperties": []}}
    assert same(without_times(events), payload)


def test_events_of_all_flags_have_the_time_of_the_evaluation(server: DataSyncServer, client: FBClient) -> None:
    states = client.get_all_latest_flag_variations(USER)
    for _ in range(3):
        assert states.get("a").variation == "A"
    assert states.get_variation("b") == "B"
    client.flush()
    variations = [event["variations"][0] for event in server.events(4)]
    assert [variation["featureFlagKey"] for variation in variations] == ["a", "a", "a", "b"]
    assert len({variation["timestamp"] for variation in variations[:3]}) == 1
    assert variations[0]["variation"] == {"id": "v", "value": "A", "reason": "fall through all rules"}


def test_stopping_sends_what_waits(server: DataSyncServer) -> None:
    client = FBClient(settings(server, events_flush_interval=3))
    for number in range(500):
        client.variation("a", {"key": f"u-{number}", "name": "N"})
    client.track_metric(MEMBER, "signup")
    client.stop()
    users = server.event_users(501)
    assert len(users) == 501
    client.stop()
    assert client.initialize
    assert client.update_status_provider.current_state.state_type is StateType.OFF
    assert client.variation("a", MEMBER) == "in segment", "evaluation goes on"
    assert client.variation_detail("c", MEMBER).reason == "flag not found"
    assert list(client.get_all_latest_flag_variations(USER).keys()) == ["a", "b"]
    client.identify(USER)
    client.track_metric(USER, "late")
    client.flush()
    assert server.event_users() == users


def test_what_is_lost_when_a_client_stops_is_logged(server: DataSyncServer, caplog: pytest.LogCaptureFixture) -> None:
    client = FBClient(settings(server, close_wait_ms=20))
    server.fail({"kind": "hang", "path": "/track", "times": -1})
    client.track_metric(MEMBER, "signup")
    with caplog.at_level(logging.ERROR, "burgee"):
        client.stop()
    assert [record.message for record in caplog.records] == [
        "events that this client lost: 1 when the client was closed before the server had taken them"
    ]


def test_a_listener_that_ends_its_thread_harms_no_other(server: DataSyncServer, client: FBClient) -> None:
    def leave(*_: Any) -> None:
        raise SystemExit(1)

    calls = Calls()
    client.flag_tracker.add_flag_value_maybe_changed_listener("a", USER, leave)
    client.flag_tracker.add_flag_value_maybe_changed_listener("a", USER, calls)
    for number in range(2):
        server.change_flag("a", name=f"A{number}")
        calls.wait(number + 1)


def test_threads(server: DataSyncServer, client: FBClient) -> None:
    barrier = threading.Barrier(8)

    def run(thread: int) -> None:
        barrier.wait()
        for number in range(200):
            assert client.variation("a", {"key": f"t-{thread}", "name": "N", "number": number}) == "A"

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for number in range(20):
        server.change_flag("b", name=str(number))
    for thread in threads:
        thread.join()
    client.flush()
    assert server.event_users(1600) == {f"t-{number}": 200 for number in range(8)}


def test_the_shared_client(server: DataSyncServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(burgee.featbit, "_shared", type(burgee.featbit._shared)(FBClient))
    with pytest.raises(Exception, match=r"^config is not initialized$"):
        burgee.featbit.get()
    burgee.featbit.set_config("no config")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Config is not valid"):
        burgee.featbit.get()
    burgee.featbit.set_config(settings(server))
    first = burgee.featbit.get()
    assert first is burgee.featbit.get()
    assert first.variation("a", USER) == "A"
    burgee.featbit.set_config(settings(server))
    second = burgee.featbit.get()
    assert second is not first
    assert first.update_status_provider.current_state.state_type is StateType.OFF
    assert second.variation("a", USER) == "A"
    assert burgee.featbit.start_wait == 15
    second.stop()


def test_clients_of_several_environments(server: DataSyncServer) -> None:
    other = DataSyncServer("featbit")
    other.replace(message([featbit_flag("a", "of the other")]))
    with FBClient(settings(server)) as first, FBClient(settings(other)) as second:
        assert (first.variation("a", USER), second.variation("a", USER)) == ("A", "of the other")
        assert not second.is_flag_known("b")
    other.close()


def test_flags_of_an_earlier_process(server: DataSyncServer, tmp_path: Path) -> None:
    cache = tmp_path / "flags"
    FBClient(settings(server, cache_path=cache)).stop()
    server.fail({"kind": "refuse", "times": -1})
    with FBClient(settings(server, cache_path=cache)) as client:
        assert client.initialize
        assert client.variation("a", USER) == "A"
        assert client.update_status_provider.current_state.state_type is StateType.INITIALIZING
        server.control("DELETE", "/faults")
        assert client.update_status_provider.wait_for_OKState(PATIENCE)


def test_evaluations_are_logged_at_the_level_debug(client: FBClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    client.variation("a", USER)
    client.variation_detail("a", USER)
    assert caplog.messages == []
    caplog.set_level(logging.DEBUG)
    client.variation("a", USER)
    client.variation_detail("c", {"keyid": "k"}, default=5)
    client.variation("a", None)  # type: ignore[arg-type]
    assert caplog.messages == ["flag a for user u-1: 'A'", "flag c for user k: 5", "flag a for user None: None"]
    caplog.set_level(logging.WARNING)
    client.variation("a", USER)
    assert len(caplog.messages) == 3


def test_what_is_sent_by_nobody_is_logged(client: FBClient, caplog: pytest.LogCaptureFixture) -> None:
    client.identify({"key": "u"})
    client.track_metric(USER, "")
    client.track_metric(USER, "metric", "text")  # type: ignore[arg-type]
    client.track_metric(USER, "metric", float("nan"))
    client.track_metrics(USER, [1])  # type: ignore[arg-type]
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 5
    with pytest.raises(TypeError):
        client.identify({**USER, "self": 1})
    with pytest.raises(TypeError):
        client.track_metrics({**USER, 5: 1}, {"a": 1})  # type: ignore[dict-item]


def test_an_archived_segment(server: DataSyncServer, client: FBClient) -> None:
    changed = Calls()
    client.flag_tracker.add_flag_value_changed_listener("a", MEMBER, changed)
    server.change_segment("s", **{**featbit_segment(), "isArchived": True})
    assert changed.wait(1) == [("a", "in segment", "A")]
