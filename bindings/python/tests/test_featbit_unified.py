"""FeatBit and featureflag.co through burgee.open and burgee.aio."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from datasync_server import (
    FEATBIT_MESSAGE,
    FEATBIT_SECRET,
    FEATUREFLAGCO_SECRET,
    PATIENCE,
    DataSyncServer,
    featbit_flag,
    message,
)
from test_featureflagco_server import MESSAGE as FEATUREFLAGCO_MESSAGE

import burgee
import burgee.aio

CONTEXT = {"targetingKey": "u", "name": "Ada", "plan": "pro"}


@pytest.fixture
def server() -> Iterator[DataSyncServer]:
    local = DataSyncServer("featbit")
    local.replace(FEATBIT_MESSAGE)
    yield local
    local.close()


def options(server: DataSyncServer, **others: Any) -> dict[str, Any]:
    return {"env_secret": FEATBIT_SECRET, "streaming_url": server.url, "event_url": server.url, **others}


DOCUMENT = message(
    [
        featbit_flag("text"),
        featbit_flag("number", "2.50", "number"),
        featbit_flag("json", '{"a":[1]}', "json"),
        featbit_flag("boolean", "true", "boolean"),
        featbit_flag("experiment", exptIncludeAllTargets=True),
    ],
    [{**FEATBIT_MESSAGE["data"]["segments"][0]}],
)


def test_values_and_what_the_vendor_says_of_them() -> None:
    with burgee.open("featbit", document=DOCUMENT) as client:
        assert client.string("text", "", CONTEXT) == "A"
        assert client.number("number", 0, CONTEXT) == 2.5
        assert client.object("json", None, CONTEXT) == {"a": [1]}
        assert client.boolean("boolean", False, CONTEXT) is True
        for _ in range(2):  # the second time from what the extension keeps
            details = client.details("text", "", {"targetingKey": "member"})
            assert (details.value, details.variant, details.reason) == ("in segment", "s", "TARGETING_MATCH")
            assert dict(details.flag_metadata) == {
                "flagType": "string",
                "segments": details.flag_metadata["segments"],
                "vendorReason": "rule match",
                "flagName": "Flag text",
                "ruleName": "R",
                "version": 1,
            }
            assert details == client.all({"targetingKey": "member"})["text"]
            assert client.details("experiment", "", CONTEXT).flag_metadata["inExperiment"] is True
        missing = client.details("none", "x", CONTEXT)
        assert (missing.value, missing.error_code) == ("x", "FLAG_NOT_FOUND")
        assert missing.flag_metadata["vendorReason"] == "flag not found"
        nobody = client.details("text", "x")
        assert nobody.error_code == "TARGETING_KEY_MISSING"
        assert nobody.flag_metadata["vendorReason"] == "user not specified"
        assert nobody.flag_metadata["flagName"] == "Flag text"
        assert pickle.loads(pickle.dumps(details)) == details
        assert [flag.key for flag in client.flags()] == ["boolean", "experiment", "json", "number", "text"]
        explanation = client.explain("text", {"targetingKey": "member"})
        assert [step["kind"] for step in explanation.trace["steps"]] == ["rule"]


def test_status_and_events(server: DataSyncServer) -> None:
    with burgee.open("featbit", **options(server, events_flush_interval=3)) as client:
        status = client.status
        assert (status.state, status.backend, status.error, status.error_kind) == ("READY", "featbit", None, None)
        assert status.since is not None
        assert datetime(2020, 1, 1, tzinfo=timezone.utc) < status.since
        assert status.events is not None
        assert status.events["accepted"] == 0
        client.string("a", "", CONTEXT)
        assert client.track("purchase", 9.5, CONTEXT)
        assert client.track("visit", context=CONTEXT)
        assert client.flush(20)
        evaluation, purchase, visit = server.events(3)
        user = {"keyId": "u", "name": "Ada", "customizedProperties": [{"name": "plan", "value": "pro"}]}
        assert evaluation["user"] == purchase["user"] == visit["user"] == user
        assert [event["metrics"][0]["numericValue"] for event in (purchase, visit)] == [9.5, 1.0]
        assert client.status.events is not None
        assert client.status.events["sent"] == 3
        assert pickle.loads(pickle.dumps(client.status)).events["sent"] == 3


def test_a_wrong_secret(server: DataSyncServer) -> None:
    given = options(server, env_secret=FEATBIT_SECRET[:-4] + "xxxx")
    with burgee.open("featbit", **given) as client:
        status = client.status
        assert (status.state, status.error_kind) == (burgee.State.FATAL, "Request invalid")
        assert "env_secret" in str(status.error)
        assert client.details("a", "x", CONTEXT).error_code in ("PROVIDER_NOT_READY", "PROVIDER_FATAL")
    assert client.status.state == "CLOSED"
    assert client.status.events is None


def test_featureflagco() -> None:
    with burgee.open("featureflagco", document=FEATUREFLAGCO_MESSAGE, env_secret=FEATUREFLAGCO_SECRET) as client:
        details = client.details("a", "", CONTEXT)
        assert (details.value, details.variant) == ("A", "1")
        assert details.flag_metadata["flagName"] == "Flag a"


def test_asyncio(server: DataSyncServer) -> None:
    async def run() -> None:
        async with await burgee.aio.open("featbit", **options(server, events_flush_interval=3)) as client:
            assert client.string("a", "", CONTEXT) == "A"
            assert client.details("a", "", CONTEXT).flag_metadata["vendorReason"] == "fall through all rules"
            assert client.track("purchase", 2, CONTEXT)
            assert await client.flush(20)
            changed = asyncio.Event()
            client.on_change(lambda change: changed.set() if change.flags == ("a",) else None)
            server.change_flag("a", isEnabled=False)
            await asyncio.wait_for(changed.wait(), PATIENCE)
            assert client.details("a", "", CONTEXT).reason == "DISABLED"

    asyncio.run(run())
    assert len(server.events(4)) == 4
