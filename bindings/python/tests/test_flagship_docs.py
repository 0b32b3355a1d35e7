"""Every example in the documentation of AB Tasty Flagship's Python SDK, with nothing but the imports changed.

An example that cannot run as it stands there is mended, and MENDED says how and why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flagship_server import FlagshipServer, campaign, environment

from burgee.flagship import Flagship, LogLevel, Status, Visitor
from burgee.flagship.config import DecisionApi, _FlagshipConfig
from burgee.flagship.log_manager import LogManager
from burgee.flagship.status_listener import StatusListener
from burgee.flagship.tracking_manager import CacheStrategy

DOCUMENT = Path(__file__).parent / "vendor-docs" / "flagship-python.md"
ENV_ID, API_KEY = "_YOUR_ENV_ID_", "_YOUR_API_KEY_"

# What is replaced, by what, and why.
MENDED = [
    # This is a word of another language.
    ("{'vip':true}", "{'vip':True}"),
    # A block of Python is not only a comment, and is not indented with tabs here and spaces there.
    ("  #display the feature for vip users.\n\t", "  "),
    ("  #display the feature for vip users.", "  displayed = True"),
    # This is a slip of the pen.
    ("flag_metdata", "flag_metadata"),
    # A parenthesis is missing.
    (".with_item_count(3\n", ".with_item_count(3)\n"),
    ("DecisionApi(cache_manager=CustomCacheManager())\n", "DecisionApi(cache_manager=CustomCacheManager()))\n"),
    # Another class is imported than is used.
    (
        "from flagship.config import Bucketing\nfrom flagship.tracking_manager",
        "from flagship.config import DecisionApi\nfrom flagship.tracking_manager",
    ),
    # The indentation of this line fits nothing.
    ("\n Flagship.start(", "\nFlagship.start("),
    # These are placeholders, too, for what the others call _YOUR_ENV_ID_ and _YOUR_API_KEY_.
    ('"_env_id_", "_api_key_"', f'"{ENV_ID}", "{API_KEY}"'),
]


def examples() -> list[Any]:
    blocks = re.findall(r"^```python\n(.*?)^```$", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)
    return [
        pytest.param(number, block, id=f"{number}: {block.strip().splitlines()[-1].strip()[:40]}")
        for number, block in enumerate(blocks)
    ]


def test_the_document_is_complete() -> None:
    assert len(examples()) == 22


def test_every_mending_is_needed() -> None:
    text = DOCUMENT.read_text()
    for old, _ in MENDED:
        assert old in text, old
        text = text.replace(old, "")


@pytest.fixture(scope="module")
def server() -> Iterator[FlagshipServer]:
    local = FlagshipServer()
    local.set_environment(ENV_ID, API_KEY)
    vip = [{"operator": "EQUALS", "key": "vip", "value": True}]
    local.replace(environment(campaign("vip_feature", True, targetings=vip, slug="vip-slug")))
    yield local
    local.close()


class CustomStatusListener(StatusListener):
    """What the examples call so."""

    seen: list[Status] = []  # noqa: RUF012

    def on_status_changed(self, new_status: Status) -> None:
        self.seen.append(new_status)


class CustomLogManager(LogManager):
    """What the examples call so."""

    problems: list[Any] = []  # noqa: RUF012

    def log(self, tag: str, level: LogLevel, message: str) -> None:
        if level.value >= LogLevel.WARNING.value:
            self.problems.append(message)

    def exception(self, tag: str, exception: Any, traceback: Any) -> None:  # type: ignore[override]
        self.problems.append(exception)


@pytest.fixture
def names(server: FlagshipServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What the examples use without defining it. The vendor's hosts are those of the test."""
    options = _FlagshipConfig._engine_options
    urls = {name: getattr(server, name) for name in ("decision_url", "cdn_url", "events_url")}
    monkeypatch.setattr(_FlagshipConfig, "_engine_options", lambda config: {**options(config), **urls})
    CustomStatusListener.seen.clear()
    CustomLogManager.problems.clear()
    server.forget()
    Flagship.start(ENV_ID, API_KEY, DecisionApi(log_manager=CustomLogManager()))
    visitor = Flagship.new_visitor("u-1", context={"vip": True})
    visitor.fetch_flags()
    yield {
        "Flagship": Flagship,
        "Visitor": Visitor,
        "LogLevel": LogLevel,
        "CustomStatusListener": CustomStatusListener,
        "CustomLogManager": CustomLogManager,
        "visitor": visitor,
        "flag": visitor.get_flag("vip_feature", False),
        "env_id": ENV_ID,
        "api_key": API_KEY,
    }
    Flagship.stop()


@pytest.mark.parametrize(("number", "block"), examples())
def test_an_example(server: FlagshipServer, names: dict[str, Any], number: int, block: str) -> None:
    for old, new in MENDED:
        block = block.replace(old, new)
    before = names["visitor"]
    exec(compile(re.sub(r"^from flagship\b", "from burgee.flagship", block, flags=re.MULTILINE), block, "exec"), names)
    visitor = names["visitor"]
    if "Flagship.start" in block:
        assert Flagship.status() is Status.READY
        config = Flagship.config()
        assert (config.env_id, config.api_key) == (ENV_ID, API_KEY)
    if "status_listener" in block:
        assert CustomStatusListener.seen[-1] is Status.READY
        assert config.timeout == 3000
    if "max_pool_size=10" in block:
        tracking = Flagship.config().tracking_manager_config
        assert (tracking.max_pool_size, tracking.time_interval) == (10, 2000)
        assert tracking.strategy is CacheStrategy.PERIODIC_CACHING
    if "new_visitor" in block:
        assert visitor is not before
        assert visitor.context["vip"] is True
    if "authenticated=True" in block:
        assert visitor.is_authenticated
    if "last_purchase_info" in block:
        assert visitor.context["last_purchase_amount"] == 99.9
        assert visitor.get_flag("vip_feature", False).value(False) is True
    if "flag.value()" in block:
        assert names["flag_value"] is True
        assert server.activations(1)[-1]["vaid"] == "va-vip_feature"
    if "if flag_value" in block:
        assert names["displayed"] is True
    if "visitor_exposed" in block:
        assert len(server.activations(2)) == 2
    if "flag_metadata" in block:
        assert (names["campaign_id"], names["variation_id"]) == ("c-vip_feature", "va-vip_feature")
        assert (names["campaign_slug"], names["is_reference"]) == ("vip-slug", False)
    if "send_hit" in block:
        Flagship.stop()
        sent = [hit["t"] for hit in server.hits(2)]
        wanted = {"Page": "PAGEVIEW", "Screen": "SCREENVIEW"}
        (kind,) = re.findall(r"send_hit\((\w+)\(", block)
        assert sent == ["EVENT", wanted.get(kind, kind.upper())]
    if "visitor.authenticate" in block:
        assert (visitor.visitor_id, visitor.anonymous_id) == ("visitor_unique_id", "u-1")
    if "unauthenticate" in block:
        assert (visitor.visitor_id, visitor.anonymous_id) == ("u-1", None)
        assert CustomLogManager.problems[-1].endswith("not_authenticated")
        CustomLogManager.problems.clear()
    if "set_consent" in block:
        assert visitor.has_consented is True
    assert CustomLogManager.problems == []
