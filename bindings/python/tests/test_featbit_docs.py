"""Every example in the documentation of FeatBit's and featureflag.co's SDKs, with nothing but the import changed.

An example that cannot run as it stands there is mended, and MENDED says how and why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from datasync_server import FEATBIT_MESSAGE, FEATBIT_SECRET, FEATUREFLAGCO_SECRET, Calls, DataSyncServer
from test_featureflagco_server import MESSAGE as FEATUREFLAGCO_MESSAGE

import burgee.featbit
import burgee.featureflagco
from burgee.featbit import FBClient
from burgee.featbit.config import Config as FeatBitConfig
from burgee.featureflagco import FFCClient
from burgee.featureflagco.config import Config as FeatureFlagCoConfig

FOLDER = Path(__file__).parent / "vendor-docs"

# What is replaced, by what, and why.
MENDED = [
    # These are placeholders, and stand for what the server of this test has.
    ("'<replace-with-your-env-secret>'", "env_secret"),
    ("'<replace-with-your-flag-key>'", "flag_key"),
    ("'http://localhost:5100'", "event_url"),
    ("'ws://localhost:5100'", "streaming_url"),
    # A block of Python is not only a comment.
    ("    # the client is ready", "    ready = True"),
    ("\n# your code", "\n    ready = True"),
    # FeatBit's Config has no default for the two addresses; featureflag.co's has, of a service that is gone.
    (
        "FBClient(Config(env_secret), start_wait=0)",
        "FBClient(Config(env_secret, event_url, streaming_url), start_wait=0)",
    ),
    ("FFCClient(Config(env_secret), ", "FFCClient(Config(env_secret, event_url, streaming_uri=streaming_url), "),
    ("set_config(Config(env_secret))", "set_config(Config(env_secret, event_url, streaming_uri=streaming_url))"),
    # This is a comment of another language.
    ("// first load", "# first load"),
]


def examples(name: str) -> list[Any]:
    blocks = re.findall(r"^``` ?python\n(.*?)^```$", (FOLDER / name).read_text(), re.DOTALL | re.MULTILINE)
    return [pytest.param(block, id=f"{number}: {block.splitlines()[-1][:40]}") for number, block in enumerate(blocks)]


def mend(block: str) -> str:
    for old, new in MENDED:
        block = block.replace(old, new)
    lines = block.splitlines()
    if lines[0] == "if client.initialize:":  # the indentation got lost
        block = "\n".join([lines[0], *(line if line.startswith(" ") else f"    {line}" for line in lines[1:])])
    return block


def test_the_documents_are_complete() -> None:
    assert len(examples("featbit-python.md")) == 11
    assert len(examples("featureflagco-python.md")) == 7


@pytest.fixture(scope="module")
def featbit_server() -> Iterator[DataSyncServer]:
    local = DataSyncServer("featbit")
    local.replace(FEATBIT_MESSAGE)
    yield local
    local.close()


@pytest.fixture(scope="module")
def featureflagco_server() -> Iterator[DataSyncServer]:
    local = DataSyncServer("featureflagco")
    local.replace(FEATUREFLAGCO_MESSAGE)
    yield local
    local.close()


def run(block: str, module: str, names: dict[str, Any]) -> dict[str, Any]:
    code = re.sub(r"\b(fbclient|ffcclient)\b", module, mend(block))
    exec(compile(code, block, "exec"), names)
    return names


COMMON = {
    "flag_key": "a",
    "user_key": "u-1",
    "user_name": "Ada",
    "age": 30,
    "default_value": "default",
    "event_name": "signup",
    "numeric_value": 2.5,
    "user": {"key": "u-1", "name": "Ada"},
}


@pytest.mark.parametrize("block", examples("featbit-python.md"))
def test_featbit(
    featbit_server: DataSyncServer, block: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(burgee.featbit, "_shared", type(burgee.featbit._shared)(FBClient))
    server = featbit_server
    server.forget_events()
    addresses = {"env_secret": FEATBIT_SECRET, "event_url": server.url, "streaming_url": server.socket_url}
    config = FeatBitConfig(FEATBIT_SECRET, server.url, server.socket_url, offline="external_json" in block)
    client = FBClient(config)
    changed, maybe = Calls(), Calls()
    names = run(
        block,
        "burgee.featbit",
        {
            **COMMON,
            **addresses,
            "client": client,
            "Config": FeatBitConfig,
            "flag_value_changed_callback_fn": changed,
            "flag_value_maybe_changed_callback_fn": maybe,
            "json": json.dumps(FEATBIT_MESSAGE),
        },
    )
    if "print(" in block:
        assert capsys.readouterr().out == "flag a returns A for user bot-id, reason: fall through all rules\n"
        assert server.event_users(1) == {"bot-id": 1}
    if "ready" in block:
        assert names["ready"]
    if "default_value" in block:
        assert (names["flag_value"], names["detail"].variation) == ("A", "A")
    if "all_flag_values" in block:
        assert (list(names["keys"]), names["detail"].name, names["value"]) == (["a", "b"], "Flag b", "B")
    if "flag_tracker" in block:
        server.change_flag("a", variations=[{"id": "v", "value": "A2"}, {"id": "s", "value": ""}])
        assert changed.wait(1) == [("a", "A", "A2")]
        assert maybe.wait(1) == [("a", "A2")]
        server.replace(FEATBIT_MESSAGE)
    if "offline=True" in block:
        assert FBClient(names["config"]).is_offline()
    if "external_json" in block:
        assert client.variation("a", COMMON["user"]) == "A"  # type: ignore[arg-type]
    if "track_metric" in block:
        client.flush()
        (event,) = server.events(1)
        assert (event["metrics"][0]["eventName"], event["metrics"][0]["numericValue"]) == ("signup", 2.5)
    for opened in {client, names["client"]}:
        opened.stop()


@pytest.mark.parametrize("block", examples("featureflagco-python.md"))
def test_featureflagco(featureflagco_server: DataSyncServer, block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(burgee.featureflagco, "_shared", type(burgee.featureflagco._shared)(FFCClient))
    server = featureflagco_server
    server.forget_events()
    addresses = {"env_secret": FEATUREFLAGCO_SECRET, "event_url": server.url, "streaming_url": server.socket_url}
    client = FFCClient(FeatureFlagCoConfig(FEATUREFLAGCO_SECRET, server.url, streaming_uri=server.socket_url))
    names = run(
        block,
        "burgee.featureflagco",
        {**COMMON, **addresses, "client": client, "Config": FeatureFlagCoConfig},
    )
    if "your code" in block:
        assert names["ready"]
    if "flag_value" in block:
        assert names["flag_value"] == "A"
    if "offline=True" in block:
        assert FFCClient(names["config"]).is_offline()
    if "track_metric" in block:
        client.flush()
        (event,) = server.events(1)
        assert (event["metrics"][0]["eventName"], event["metrics"][0]["numericValue"]) == ("signup", 2.5)
    for opened in {client, names["client"]}:
        opened.stop()
