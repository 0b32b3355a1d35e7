"""What burgee.flagship does without its engine: configuration, hits, messages, contexts, names."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from flagship_vectors import vectors

import burgee.flagship
from burgee.flagship import Flagship, LogLevel, Status, Visitor
from burgee.flagship._context import usable
from burgee.flagship._logs import Logs
from burgee.flagship.cache_manager import CacheManager, HitCacheImplementation, VisitorCacheImplementation
from burgee.flagship.config import Bucketing, DecisionApi
from burgee.flagship.decision_mode import DecisionMode
from burgee.flagship.errors import (
    FlagNotFoundException,
    FlagshipException,
    InitializationParamError,
    ParamTypeError,
)
from burgee.flagship.flag_metadata import FlagMetadata
from burgee.flagship.flagship_context import FlagshipContext
from burgee.flagship.hits import Event, EventCategory, Hit, HitType, Item, Page, Screen, Transaction
from burgee.flagship.log_manager import FlagshipLogManager, LogManager
from burgee.flagship.status_listener import StatusListener
from burgee.flagship.tracking_manager import CacheStrategy, ClosingStrategy, TrackingManagerConfig

HITS = {
    "Page": Page,
    "Screen": Screen,
    "Event": Event,
    "EventCategory": EventCategory,
    "Transaction": Transaction,
    "Item": Item,
}


def test_enums_have_the_values_of_the_vendor() -> None:
    assert {status.name: status.value for status in Status} == {
        "NOT_INITIALIZED": 0,
        "STARTING": 10,
        "POLLING": 20,
        "PANIC": 30,
        "READY": 100,
    }
    assert {level.name: level.value for level in LogLevel} == {
        "ALL": 100,
        "CRITICAL": 50,
        "ERROR": 40,
        "WARNING": 30,
        "INFO": 20,
        "DEBUG": 10,
        "NONE": 0,
    }
    assert (DecisionMode.DECISION_API.value, DecisionMode.BUCKETING.value) == ("API", "BUCKETING")
    assert EventCategory.ACTION_TRACKING.value == "Action Tracking"
    assert EventCategory.USER_ENGAGEMENT.value == "User Engagement"
    assert CacheStrategy.PERIODIC_CACHING.value == "PERIODIC_CACHING"
    assert ClosingStrategy.CACHE_PENDING_HITS.value == "CACHE_PENDING_HITS"
    assert {visitor.name for visitor in Visitor.Instance} == {"SINGLE_INSTANCE", "NEW_INSTANCE"}
    assert FlagshipContext.OS_VERSION.value[0] == "sdk_osVersionName"
    assert len(FlagshipContext) == 17
    assert burgee.flagship.__all__ == ["Flagship", "LogLevel", "Status", "Visitor"]


def test_the_defaults_of_a_configuration() -> None:
    for kind, mode in ((DecisionApi, DecisionMode.DECISION_API), (Bucketing, DecisionMode.BUCKETING)):
        config = kind()
        assert config.decision_mode is mode
        assert (config.timeout, config.polling_interval, config.log_level) == (2000, 60000, LogLevel.ALL)
        assert isinstance(config.log_manager, FlagshipLogManager)
        assert config.status_listener is config.cache_manager is None
        tracking = config.tracking_manager_config
        assert (tracking.max_pool_size, tracking.time_interval) == (20, 10000)
        assert tracking.strategy is CacheStrategy.CONTINUOUS_CACHING
        assert tracking.closing_strategy is ClosingStrategy.BATCH_PENDING_HITS
        assert (config.env_id, config.api_key) == ("", "")


def test_a_value_of_the_wrong_type_is_replaced_by_the_default() -> None:
    wrong: Any = {
        "timeout": "3000",
        "polling_interval": None,
        "log_level": 10,
        "log_manager": logging.getLogger(),
        "status_listener": print,
        "tracking_manager_config": {},
        "cache_manager": {},
    }
    config = Bucketing(**wrong)
    assert (config.timeout, config.polling_interval, config.log_level) == (2000, 60000, LogLevel.ALL)
    assert isinstance(config.log_manager, FlagshipLogManager)
    assert config.status_listener is config.cache_manager is None
    assert isinstance(config.tracking_manager_config, TrackingManagerConfig)
    assert Bucketing(timeout=0, polling_interval=0)._engine_options()["polling_interval"] == 60
    assert DecisionApi(timeout=True).timeout == 2000


def test_times_are_milliseconds() -> None:
    tracking = TrackingManagerConfig(time_interval=2500, max_pool_size=7)
    options = Bucketing(timeout=3000, polling_interval=1500, tracking_manager_config=tracking)._engine_options()
    assert (options["fetch_timeout"], options["request_timeout"], options["polling_interval"]) == (3, 3, 1.5)
    assert options["start_wait_ms"] == 3000
    assert options["tracking"] == {
        "pool_max_size": 7,
        "batch_interval": 2.5,
        "cache_strategy": "continuous",
        "closing_strategy": "send",
    }
    own = DecisionApi(start_wait=0, close_wait=50, hit_deduplication_time=2500, fetch_flags_buffering_time=100)
    options = own._engine_options()
    assert (options["start_wait_ms"], options["close_wait_ms"]) == (0, 50)
    assert (options["hit_deduplication_time"], options["fetch_flags_buffering_time"]) == (2.5, 0.1)
    assert "polling_interval" not in options
    assert Bucketing(polling_interval=-1)._engine_options()["polling_interval"] == 0


def test_which_caches_the_engine_is_told_of() -> None:
    class Visitors(CacheManager, VisitorCacheImplementation):
        def open_database(self, env_id: str) -> None: ...
        def close_database(self) -> None: ...
        async def cache_visitor(self, visitor_id: str, data: Any) -> None: ...
        async def lookup_visitor(self, visitor_id: str) -> None: ...
        async def flush_visitor(self, visitor_id: str) -> None: ...

    options = DecisionApi(cache_manager=Visitors(timeout=250))._engine_options()
    assert (options["visitor_cache"], options["hit_cache"], options["cache_timeout"]) == (True, False, 0.25)
    assert Visitors().timeout == 100
    assert Visitors(timeout="1").timeout == 100
    options = DecisionApi()._engine_options()
    assert (options["visitor_cache"], options["hit_cache"]) == (False, False)
    with pytest.raises(TypeError):
        CacheManager()  # type: ignore[abstract]
    with pytest.raises(TypeError):
        HitCacheImplementation()  # type: ignore[abstract]


def test_the_range_of_tracking_settings() -> None:
    for given, want in ((0, 0), (5000, 5000), (5001, 20), (-1, 20), ("5", 20), (True, 20)):
        assert TrackingManagerConfig(max_pool_size=given).max_pool_size == want
    for given, want in ((200, 200), (199, 10000), (10_800_000, 10_800_000), (10_800_001, 10000)):
        assert TrackingManagerConfig(time_interval=given).time_interval == want
    assert TrackingManagerConfig(max_pool_size=-1)._warnings == [
        "max_pool_size must be from 0 to 5000, not -1: it is 20"
    ]
    assert TrackingManagerConfig(cache_strategy="x", closing_strategy=1).strategy is CacheStrategy.CONTINUOUS_CACHING
    given = TrackingManagerConfig(
        cache_strategy=CacheStrategy.PERIODIC_CACHING, closing_strategy=ClosingStrategy.CACHE_PENDING_HITS
    )
    assert given._options()["cache_strategy"] == "periodic"
    assert given._options()["closing_strategy"] == "cache"


def test_the_class_of_tracking_settings_with_its_arguments_beside_it() -> None:
    config = DecisionApi(tracking_manager_config=TrackingManagerConfig, max_pool_size=10, time_interval=2000)
    assert config.tracking_manager_config.max_pool_size == 10
    assert config.tracking_manager_config.time_interval == 2000


def test_options_of_our_own_and_unknown_ones() -> None:
    config = DecisionApi(decision_url="http://d/v2", strict_types=False, decision_api_url="x")  # type: ignore[call-arg]
    assert config._own == {"decision_url": "http://d/v2", "strict_types": False}
    assert config._unknown == ["decision_api_url"]
    options = config._engine_options()
    assert options["decision_url"] == "http://d/v2"
    assert "strict_types" not in options


def test_a_configuration_is_shown_without_its_key() -> None:
    config = Bucketing(api_key="secret", env_id="env")
    assert "secret" not in str(config)
    assert "env_id='env'" in str(config)


class Messages(LogManager):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, LogLevel, str]] = []
        self.exceptions: list[Any] = []

    def log(self, tag: str, level: LogLevel, message: str) -> None:
        self.messages.append((tag, level, message))

    def exception(self, exception: Any, traceback: Any) -> None:  # type: ignore[override]
        self.exceptions.append((exception, traceback))


def passed(level: LogLevel, minimum: LogLevel | None = None) -> set[str]:
    manager = Messages()
    logs = Logs(manager, level, minimum)
    for one in (LogLevel.CRITICAL, LogLevel.ERROR, LogLevel.WARNING, LogLevel.INFO, LogLevel.DEBUG):
        logs.log("TAG", one, "message")
    return {one.name for _, one, _ in manager.messages}


def test_log_levels_as_the_vendor_has_them() -> None:
    assert passed(LogLevel.ALL) == {"CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"}
    assert passed(LogLevel.ERROR) == {"ERROR", "WARNING", "INFO", "DEBUG"}
    assert passed(LogLevel.DEBUG) == {"DEBUG"}
    assert passed(LogLevel.NONE) == set()


def test_log_levels_as_elsewhere() -> None:
    assert passed(LogLevel.DEBUG, LogLevel.WARNING) == {"CRITICAL", "ERROR", "WARNING"}
    assert passed(LogLevel.NONE, LogLevel.ALL) == {"CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"}
    assert passed(LogLevel.ALL, LogLevel.NONE) == set()


class WithTag(Messages):
    def exception(self, tag: Any, exception: Any, traceback: Any) -> None:  # type: ignore[override]
        self.exceptions.append((tag, exception, traceback))


class WithAnything(Messages):
    def exception(self, *args: Any) -> None:
        self.exceptions.append(args)


@pytest.mark.parametrize("manager", [Messages(), WithTag(), WithAnything()], ids=lambda one: type(one).__name__)
def test_exceptions_are_told_whatever_the_signature_and_the_level(manager: Messages) -> None:
    problem = FlagNotFoundException("v", "f")
    Logs(manager, LogLevel.NONE, None).exception("TAG", problem)
    (told,) = manager.exceptions
    assert told[-2] is problem
    assert "FlagNotFoundException" in told[-1]
    assert told[:-2] == (() if type(manager) is Messages else ("TAG",))


def test_a_log_manager_that_raises_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(LogManager):
        def log(self, tag: str, level: LogLevel, message: str) -> None:
            raise ValueError("on purpose")

    Logs(Broken(), LogLevel.ALL, None).error("TAG", "message")
    assert "the log manager raised" in caplog.text


def test_the_default_log_manager(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logs = Logs(FlagshipLogManager(LogLevel.ALL), LogLevel.ALL, None)
    logs.log("TAG", LogLevel.INFO, "100 % of it")
    logs.exception("TAG", FlagNotFoundException("v", "f"))
    assert [(record.name, record.levelname, record.getMessage()) for record in caplog.records] == [
        ("Flagship", "INFO", "[TAG] 100 % of it"),
        ("Flagship", "CRITICAL", "[TAG] [FlagNotFoundError] visitor v has no flag f"),
    ]
    assert isinstance(FlagshipLogManager(LogLevel.ALL), LogManager)


def test_contexts_keep_what_has_a_name_and_a_value() -> None:
    manager = Messages()
    logs = Logs(manager, LogLevel.ALL, None)
    given = {
        "text": "",
        "whole": 1,
        "number": 1.5,
        "bool": True,
        FlagshipContext.LOCATION_CITY: "Paris",
        "": 1,
        5: 1,
        None: 1,
        "none": None,
        "list": [1],
        "nan": float("nan"),
        "huge": 10**5000,  # Python makes no text of it
    }
    assert usable(given, logs) == {"text": "", "whole": 1, "number": 1.5, "bool": True, "sdk_city": "Paris"}
    assert len(manager.messages) == 7
    assert usable(("k", 1), logs) == {"k": 1}
    assert usable((FlagshipContext.DEVICE_TYPE, "phone"), logs) == {"sdk_deviceType": "phone"}
    for nothing in (None, 5, "k", ("k",), [("k", 1)], ([], 1)):
        assert usable(nothing, logs) == {}


def test_hits_are_built_as_by_the_vendor() -> None:
    hit = (
        Transaction("#1", "buy")
        .with_ip("127.0.0.1")
        .with_resolution(800, 600)
        .with_session_number(3)
        .with_locale("fr")
        .with_currency("EUR")
        .with_item_count(2)
    )
    assert hit.hit_data == {
        "t": "TRANSACTION",
        "tid": "#1",
        "ta": "buy",
        "uip": "127.0.0.1",
        "sr": "800x600",
        "sn": 3,
        "ul": "fr",
        "tc": "EUR",
        "icn": 2,
    }
    assert hit._members()["screenResolution"] == "800x600"
    assert Page("https://a.b").with_resolution(0, 600).hit_data == {"t": "PAGEVIEW", "dl": "https://a.b"}
    assert Event("ACTION_TRACKING", "a").hit_data["ec"] == "Action Tracking"
    assert Event("User Engagement", "a").hit_data["ec"] == "User Engagement"
    assert Hit(HitType.SCREEN).hit_data == {"t": "SCREENVIEW"}


REFUSED = [case for case in vectors("hits_python")["cases"] if case.get("raises") == "ParamTypeError"]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["name"])
def test_an_argument_of_the_wrong_type_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(ParamTypeError) as raised:
        eval(case["hit"], HITS)
    assert str(raised.value) == case["message"]


def test_start_refuses_what_makes_no_sense() -> None:
    for arguments in (("", "key"), ("env", "")):
        with pytest.raises(InitializationParamError):
            Flagship.start(*arguments)
    for wrong in ((None, "key"), ("env", 5), ("env", "key", {})):
        with pytest.raises(ParamTypeError):
            Flagship.start(*wrong)  # type: ignore[arg-type]
    assert issubclass(InitializationParamError, FlagshipException)
    assert issubclass(ParamTypeError, FlagshipException)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout", float("nan")),
        ("timeout", -5),
        ("polling_interval", float("inf")),
        ("start_wait", "long"),
        ("close_wait", []),
        ("close_wait", 1e40),
        ("hit_deduplication_time", "long"),
        ("fetch_flags_buffering_time", True),
        ("minimum_log_level", 30),
        ("strict_types", "no"),
    ],
)
def test_start_names_the_option_that_makes_no_sense(name: str, value: Any) -> None:
    configuration = Bucketing(**{name: value})  # type: ignore[misc]
    with pytest.raises(InitializationParamError, match=f"{name} is "):
        Flagship.start("env", "key", configuration)
    assert Flagship.config() is not configuration


def test_metadata_of_a_missing_flag() -> None:
    metadata = FlagMetadata({})
    assert metadata.toJson() == {
        "campaignId": "",
        "variationGroupId": "",
        "variationId": "",
        "isReference": False,
        "campaignType": "",
        "campaignSlug": "",
    }
    assert not metadata.exists()


def test_a_status_listener_need_not_do_anything() -> None:
    StatusListener().on_status_changed(Status.READY)
