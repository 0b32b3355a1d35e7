"""burgee-local-server, asked by the SDKs of FeatBit and featureflag.co: what they get from the real servers works."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import LocalServer

FEATBIT_SECRET = "burgee-local-secret-00local-environment-0000"
FEATUREFLAGCO_SECRET = "YnVyZ2VlX180MV9fNTJfXzYzX19sb2NhbA=="
USER = {"key": "u-1", "name": "Ada", "country": "FR"}


def message(flags: list[dict[str, Any]], segments: list[dict[str, Any]]) -> dict[str, Any]:
    return {"messageType": "data-sync", "data": {"eventType": "full", "featureFlags": flags, "segments": segments}}


def featbit_flag(key: str, **members: Any) -> dict[str, Any]:
    in_segment = {"property": "User is in segment", "op": None, "value": '["s"]'}
    return {
        "id": f"id-{key}",
        "key": key,
        "name": key,
        "variationType": "string",
        "variations": [{"id": "v-on", "name": "", "value": "on"}, {"id": "v-off", "name": "", "value": "off"}],
        "targetUsers": [],
        "rules": [
            {
                "id": "r",
                "name": "R",
                "dispatchKey": None,
                "includedInExpt": False,
                "conditions": [in_segment],
                "variations": [{"id": "v-on", "rollout": [0, 1], "exptRollout": 1}],
            }
        ],
        "isEnabled": True,
        "disabledVariationId": "v-off",
        "fallthrough": {
            "dispatchKey": None,
            "includedInExpt": False,
            "variations": [{"id": "v-off", "rollout": [0, 1], "exptRollout": 1}],
        },
        "exptIncludeAllTargets": False,
        "isArchived": False,
        "updatedAt": "2024-03-05T09:30:00.123Z",
        **members,
    }


SEGMENT = {
    "id": "s",
    "name": "S",
    "included": ["u-1"],
    "excluded": [],
    "rules": [],
    "isArchived": False,
    "updatedAt": "2024-03-05T09:29:00Z",
}


def featureflagco_flag(key: str, value: str) -> dict[str, Any]:
    flag_id = f"FF__41__52__63__{key}"
    option = {"localId": 1, "displayOrder": 1, "variationValue": value}
    return {
        "_id": flag_id,
        "id": flag_id,
        "environmentId": 63,
        "isArchived": False,
        "ff": {
            "id": flag_id,
            "name": key,
            "type": 1,
            "keyName": key,
            "environmentId": 63,
            "creatorUserId": "c",
            "status": "Enabled",
            "isDefaultRulePercentageRolloutsIncludedInExpt": False,
            "lastUpdatedTime": "2022-05-06T09:30:00.000Z",
            "defaultRulePercentageRollouts": [{"exptRollout": 1, "rolloutPercentage": [0, 1], "valueOption": option}],
            "variationOptionWhenDisabled": option,
        },
        "ffp": [],
        "fftuwmtr": [],
        "targetIndividuals": [],
        "variationOptions": [option],
        "exptIncludeAllRules": False,
        "timestamp": 1651829400000,
    }


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for what an SDK does on a thread of its own and tells nobody about."""
    pause = threading.Event()
    for _ in range(3000):
        if condition():
            return
        pause.wait(0.01)
    pytest.fail("it never came true")


@pytest.fixture
def featbit() -> Iterator[LocalServer]:
    server = LocalServer("--backend", "featbit")
    server.serve(message([featbit_flag("a"), featbit_flag("old", isArchived=True)], [SEGMENT]))
    yield server
    server.close()


def featbit_client(server: LocalServer, secret: str = FEATBIT_SECRET) -> Any:
    pytest.importorskip("fbclient")  # not for Python 3.13
    from fbclient.client import FBClient
    from fbclient.config import Config

    config = Config(
        secret,
        event_url=server.url,
        streaming_url=server.url.replace("http", "ws", 1),
        streaming_first_retry_delay=0.01,
        events_flush_interval=0.05,
    )
    return FBClient(config)


def test_featbit_connects_and_gets_everything(featbit: LocalServer) -> None:
    with featbit_client(featbit) as client:
        assert client.initialize
        assert client.update_status_provider.current_state.state_type.name == "OK"
        assert client.variation("a", USER, "default") == "on"
        assert client.variation("a", {**USER, "key": "u-2"}, "default") == "off"
        assert client.variation("old", USER, "default") == "default", "archived flags are sent"
    (socket,) = featbit.control("GET", "/sockets")
    assert socket["headers"]["Authorization"] == [FEATBIT_SECRET]
    assert socket["received"][0] == '{"messageType": "data-sync", "data": {"timestamp": 0}}'


def test_featbit_gets_every_change(featbit: LocalServer) -> None:
    with featbit_client(featbit) as client:
        featbit.control("PATCH", "/flag?key=a", {"isEnabled": False})
        eventually(lambda: client.variation("a", USER) == "off")
        featbit.control("PATCH", "/flag?key=a", {"isEnabled": True})
        eventually(lambda: client.variation("a", USER) == "on")
        featbit.control("PATCH", "/segment?id=s", {"included": []})
        eventually(lambda: client.variation("a", USER) == "off")
        featbit.serve(message([featbit_flag("a", rules=[]), featbit_flag("b", updatedAt="2100-01-01T00:00:00Z")], []))
        eventually(lambda: client.variation("b", USER) == "off")


def test_featbit_reconnects_with_the_version_it_has(featbit: LocalServer) -> None:
    with featbit_client(featbit) as client:
        featbit.control("POST", "/close", {"code": 1011, "reason": "service unavailable, close by server"})
        featbit.control("GET", "/wait?sockets=2")
        eventually(lambda: len(featbit.control("GET", "/sockets")[1]["received"]) > 0)
        first, second = featbit.control("GET", "/sockets")
        assert (first["endedBy"], first["code"]) == ("server", 1011)
        assert second["received"][0] == '{"messageType": "data-sync", "data": {"timestamp": 1709631000123}}'
        featbit.control("PATCH", "/flag?key=a", {"isEnabled": False})
        eventually(lambda: client.variation("a", USER) == "off")


def test_featbit_delivers_events(featbit: LocalServer) -> None:
    with featbit_client(featbit) as client:
        client.variation("a", USER, "default")
        client.track_metric(USER, "signup", 1.5)
        client.identify({"key": "u-2", "name": "Bob"})
    events = featbit.control("GET", "/events")
    assert [(event["user"], event.get("flags"), event.get("metrics")) for event in events] == [
        ("u-1", ["a"], None),
        ("u-1", None, ["signup"]),
        ("u-2", None, None),
    ]
    assert events[0]["body"]["variations"][0]["variation"]["value"] == "on"
    assert featbit.control("GET", "/events/count")["skipped"] == 0


def test_featbit_sends_events_again_that_were_refused(featbit: LocalServer) -> None:
    with featbit_client(featbit) as client:
        featbit.fail({"kind": "answer", "status": 503, "path": "/insight"})
        client.track_metric(USER, "signup")
        featbit.control("GET", "/wait?events=1")
    assert [request.get("fault") for request in featbit.requests() if "/insight" in request["path"]] == ["answer", None]


def test_featbit_gives_up_with_a_wrong_secret(featbit: LocalServer) -> None:
    with featbit_client(featbit, secret="x" + FEATBIT_SECRET[1:]) as client:
        state = client.update_status_provider.current_state
        assert (state.state_type.name, state.error_track.error_type) == ("OFF", "Request invalid")
    featbit.control("PUT", "/clock", {"offset_ms": 31_000})
    with featbit_client(featbit) as client:
        assert client.update_status_provider.current_state.state_type.name == "OFF"
    assert [socket["code"] for socket in featbit.control("GET", "/sockets")] == [4003, 4003]


@pytest.fixture
def featureflagco() -> Iterator[LocalServer]:
    server = LocalServer("--backend", "featureflagco")
    server.serve(message([featureflagco_flag("a", "on")], []))
    yield server
    server.close()


def test_featureflagco_connects_gets_changes_and_delivers_events(featureflagco: LocalServer) -> None:
    pytest.importorskip("ffcclient")  # what it needs is gone from Python 3.12 on
    from ffcclient.client import FFCClient
    from ffcclient.config import Config

    config = Config(
        FEATUREFLAGCO_SECRET,
        base_uri=featureflagco.url,
        streaming_uri=featureflagco.url.replace("http", "ws", 1),
        events_flush_interval=0.05,
    )
    client = FFCClient(config)
    try:
        assert client.initialize
        assert client.variation("a", USER, "default") == "on"
        changed = featureflagco_flag("a", "changed")
        del changed["timestamp"]
        featureflagco.control("PATCH", "/flag?key=FF__41__52__63__a", changed)
        eventually(lambda: client.variation("a", USER, "default") == "changed")
        client.track_metric(USER, "signup", 1.5)
        eventually(lambda: featureflagco.control("GET", "/events/names").get("signup") == 1)
    finally:
        client.stop()
    events = featureflagco.control("GET", "/events")
    assert events[0]["body"]["userVariations"][0]["variation"]["variationValue"] == "on"
    (socket,) = featureflagco.control("GET", "/sockets")
    assert socket["headers"]["Envsecret"] == [FEATUREFLAGCO_SECRET]
    tracked = [request for request in featureflagco.requests() if request["path"] == "/api/public/track"]
    assert tracked[0]["headers"]["Envsecret"] == [FEATUREFLAGCO_SECRET]
