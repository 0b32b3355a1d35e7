"""burgee.featbit without a server: names, arguments, errors, users, defaults, values."""

from __future__ import annotations

import enum
import json
import math
import pickle
import subprocess
import sys
import types
from collections import UserDict
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from datasync_server import FEATBIT_MESSAGE, featbit_flag, message
from test_featbit_vectors import Recorder, open_offline

from burgee.featbit import FBClient
from burgee.featbit.common_types import AllFlagStates, EvalDetail, FBUser, FlagState
from burgee.featbit.config import Config, HTTPConfig, WebSocketConfig
from burgee.featbit.event_types import FlagEvent, Metric, MetricEvent, UserEvent
from burgee.featbit.status_types import ErrorTrack, State, StateType

USER = {"key": "u-1", "name": "Ada"}


def flags(*flags: dict[str, Any]) -> str:
    return json.dumps(message(list(flags)))


@pytest.fixture
def client() -> FBClient:
    return open_offline(json.dumps(FEATBIT_MESSAGE))


def test_offline() -> None:
    client = FBClient(Config("any secret", "not an address", "neither", offline=True))
    assert client.initialize
    assert client.is_offline()
    assert client.update_status_provider.current_state.state_type is StateType.OK
    assert client.update_status_provider.wait_for_OKState()
    assert not client.update_status_provider.initialized
    assert client.variation_detail("a", USER, "default").reason == "flag not found"
    states = client.get_all_latest_flag_variations(USER)
    assert (states.success, list(states.keys())) == (True, [])
    assert client.initialize_from_external_json(json.dumps(FEATBIT_MESSAGE))
    assert client.variation("a", USER) == "A"
    assert client.update_status_provider.initialized
    assert client.update_status_provider.latest_version == 1709631000123
    client.identify(USER)
    client.flush()
    client.stop()
    assert client.update_status_provider.current_state.state_type is StateType.OFF
    assert client.variation("a", USER) == "A"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("[]", False),
        ("{}", False),
        ("null", False),
        ('{"messageType":"data-sync","data":null}', False),
        ('{"messageType":"pong","data":{"eventType":"full","featureFlags":[],"segments":[]}}', False),
        ('{"messageType":"data-sync","data":{"eventType":"other","featureFlags":[],"segments":[]}}', False),
        ('{"messageType":"data-sync","data":{"eventType":"full","featureFlags":{},"segments":[]}}', False),
        ('{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[]}}', False),
        ('{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[],"segments":[]}}', True),
        ('{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[],"segments":[{"id":"s"}]}}', KeyError),
        ('{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[{"id":"s"}],"segments":[]}}', KeyError),
        ("no json", json.JSONDecodeError),
        (None, TypeError),
        (json.dumps(FEATBIT_MESSAGE).encode(), True),
        (json.dumps(FEATBIT_MESSAGE).replace("full", "patch"), True),
    ],
)
def test_flags_of_a_text(text: Any, outcome: Any) -> None:
    client = open_offline(flags(featbit_flag("before", updatedAt="2024-01-01T00:00:00Z")))
    if isinstance(outcome, bool):
        assert client.initialize_from_external_json(text) is outcome
        newer = outcome and "2024-03-05" in str(text)  # as in the SDK, what is no newer is left aside
        assert (client.is_flag_known("before"), client.is_flag_known("a")) == (not newer, newer)
    else:
        with pytest.raises(outcome):
            client.initialize_from_external_json(text)
        assert client.is_flag_known("before")


def test_only_an_offline_client_takes_flags() -> None:
    client = FBClient(Config("s", "http://127.0.0.1:9", "ws://127.0.0.1:9"), start_wait=0)
    assert client.initialize_from_external_json("no json") is False
    client.stop()


@pytest.mark.parametrize("config", [None, "config", Config])
def test_what_is_no_config(config: Any) -> None:
    with pytest.raises(ValueError, match=r"^Config is not valid$"):
        FBClient(config)


@pytest.mark.parametrize(
    ("config", "text"),
    [
        (Config("", "http://a", "ws://a"), "env secret is invalid"),
        (Config("s", "http://a", "a"), "streaming or event url is invalid"),
        (Config("s", "http://a", "foo://a"), "streaming_url has a scheme other than"),
        (Config("s", "ftp://a", "ws://a"), "event_url has a scheme other than"),
        (Config("s", "http://a", "ws://a", spool_max_bytes=1), "spool_max_bytes"),
        (Config("s", "http://a", "ws://a", log_level="loud"), "log_level"),
    ],
)
def test_settings_that_nothing_can_be_done_with(config: Config, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        FBClient(config)


def test_unknown_settings() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'spool'"):
        Config("s", "http://a", "ws://a", spool="x")  # type: ignore[call-arg]


def test_a_copy_of_settings() -> None:
    config = Config("s", "http://a/", "ws://b", events_max_in_queue=20000, defaults={"f": 1}, cache_path="file")
    copy = config.copy_config_in_a_new_env("t")
    assert (copy.env_secret, copy.events_uri, copy.events_max_in_queue) == ("t", config.events_uri, 20000)
    assert copy.data_storage is not config.data_storage
    assert copy.get_default_value("f") == 1
    assert "cache_path" not in copy._options(True, False)
    assert config.copy_config_in_a_new_env("t", {"g": 2}).get_default_value("f", "none") == "none"
    shared = Config("s", "http://a/", "ws://b", data_storage=config.data_storage)
    assert shared.copy_config_in_a_new_env("t").data_storage is config.data_storage
    assert config.env_secret == "s"


class Texty(str):
    """A text that calls itself another one."""

    def __str__(self) -> str:
        return "other"


class Color(enum.IntEnum):
    """A number."""

    RED = 1


class Shade(str, enum.Enum):
    """A text."""

    DARK = "dark"


class Failing:
    """Has no text."""

    def __init__(self, problem: type[BaseException]) -> None:
        self.problem = problem

    def __str__(self) -> str:
        raise self.problem


ATTRIBUTES: dict[str, Any] = {
    "decimal": Decimal("1.10"),
    "not a number": Decimal("NaN"),
    "fraction": Fraction(1, 2),
    "texty": Texty("x"),
    "int enum": Color.RED,
    "str enum": Shade.DARK,
    "infinite": math.inf,
    "bytes": b"1",
    "complex": 1j,
    "many digits": 10**30,
    "too many digits": 10**5000,
    "least": -(2**63),
    "none": None,
    "list": [1],
    "ValueError": Failing(ValueError),
    "K\u00fcche": "\u00fc",
    "\u212aey": "hidden",
    "kwargs": "shown",
    "targetingKey": "a name like others",
}
FLOATS = [
    0.0,
    -0.0,
    1.5,
    -2.25,
    30.0,
    1e-4,
    1.0001,
    0.00011,
    1e-5,
    123456.789,
    1e10,
    1e11,
    1e15,
    1e16,
    0.1 + 0.2,
    99999999999.0,
]
FLOATS += [10**9 + 0.1, 5e-324, 1.7976931348623157e308, 4503599627370497.5, 2.675, 1 / 3, 100 / 3, -1234.5678, 1e22]


def recorded(user: Any) -> Any:
    """Evaluate, and return what an event says of the user."""
    recorder = Recorder(None, None)  # type: ignore[arg-type]
    client = open_offline(json.dumps(FEATBIT_MESSAGE), event_processor_imp=lambda *_: recorder)
    client.variation("a", user)
    return recorder.take()


def matches(attribute: str, value: Any, text: str) -> bool:
    """Tell whether the engine sees the text for an attribute."""
    condition = {"property": attribute, "op": "Equal", "value": text}
    flag = featbit_flag("a")
    flag["rules"][0]["conditions"] = [condition]
    return bool(open_offline(flags(flag)).variation("a", {**USER, attribute: value}) == "in segment")


@pytest.mark.parametrize("value", FLOATS)
def test_texts_of_floats(value: float) -> None:
    assert matches("x", value, str(value))


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_texts_of_attributes(name: str) -> None:
    """The extension and FBUser see the same."""
    value = ATTRIBUTES[name]
    texts = {
        one["name"]: one["value"]
        for one in FBUser.from_dict({**USER, name: value}).to_json_dict()["customizedProperties"]
    }
    if name in texts:
        assert texts[name] == str(value)
        assert matches(name, value, str(value))
    else:
        # str() of a number that is a member of an enum is its name before Python 3.11.
        assert name in (
            "int enum",
            "fraction",
            "bytes",
            "complex",
            "too many digits",
            "none",
            "list",
            "ValueError",
            "\u212aey",
        )
        assert not matches(name, value, "")
        condition = {"property": name, "op": "NotEqual", "value": "x"}
        flag = featbit_flag("a")
        flag["rules"][0]["conditions"] = [condition]
        assert open_offline(flags(flag)).variation("a", {**USER, name: value}) == "in segment" or name == "\u212aey"


def test_more_attributes_than_fit_on_the_stack() -> None:
    user = {**USER, **{f"attribute {number}": number * 1.5 for number in range(300)}, "last": "x"}
    assert matches("last", "x", "x")
    (event,) = recorded(user)
    assert len(event["user"]["customizedProperties"]) == 301
    flag = featbit_flag("a")
    flag["rules"][0]["conditions"] = [{"property": "attribute 299", "op": "Equal", "value": "448.5"}]
    assert open_offline(flags(flag)).variation("a", user) == "in segment"


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        ({**USER, 5: "x"}, "error in evaluation"),
        ({**USER, "self": "x"}, "error in evaluation"),
        ({"key": "", "self": "x"}, "error in evaluation"),
        ({**USER, "x": "\ud800"}, "error in evaluation"),
        ({**USER, "x": Failing(RuntimeError)}, "error in evaluation"),
        (UserDict(USER), "user not specified"),
        ({"key": ["u"], "name": "n"}, "user not specified"),
        ({"key": "u", "name": Failing(ValueError)}, "user not specified"),
        ({"key": 0, "keyid": "u", "name": "n"}, "fall through all rules"),
        ({"key": Texty("u"), "name": Texty("n")}, "fall through all rules"),
        (type("Dict", (dict,), {})(USER), "fall through all rules"),
    ],
)
def test_odd_users(client: FBClient, user: Any, reason: str) -> None:
    assert client.variation_detail("a", user, "default").reason == reason
    assert client.variation_detail("none", user, "default").reason == "flag not found"
    if reason != "fall through all rules":
        assert client.variation("a", user, "default") == "default"


def test_a_user_who_ends_the_program(client: FBClient) -> None:
    with pytest.raises(KeyboardInterrupt):
        client.variation("a", {**USER, "x": Failing(KeyboardInterrupt)})


def test_a_user_who_changes_while_being_read(client: FBClient) -> None:
    class Clearing:
        def __str__(self) -> str:
            user.clear()
            return "1"

    user: dict[str, Any] = {"x": Clearing(), **USER, **{str(number): f"text {number}" for number in range(100)}}
    assert client.variation("a", user) == "A"
    assert user == {}


@pytest.mark.parametrize("key", [None, "", 0, False, [], {}])
def test_keys_of_nothing(client: FBClient, key: Any) -> None:
    detail = client.variation_detail(key, USER, 1)
    assert (detail.reason, detail.key_name, detail.name) == ("flag not found", "flag key unknown", "flag name unknown")
    assert not client.is_flag_known(key)


@pytest.mark.parametrize("key", [5, ("a",), b"a", 1.5])
def test_keys_that_are_no_text(client: FBClient, key: Any) -> None:
    detail = client.variation_detail(key, USER, 1)
    assert (detail.reason, detail.key_name) == ("flag not found", key)
    assert not client.is_flag_known(key)


@pytest.mark.parametrize("key", ["a", "none", ""])
def test_defaults_of_no_supported_type(client: FBClient, key: str) -> None:
    for default in (object(), 1j):
        for method in (client.variation, client.variation_detail):
            with pytest.raises(ValueError, match=r"^value type is not supported$"):
                method(key, USER, default)
    for default in ({1, 2}, b"x", range(3), {"a": object()}, [b"x"], {(1, 2): 3}):
        for method in (client.variation, client.variation_detail):
            with pytest.raises(TypeError):
                method(key, USER, default)


@pytest.mark.parametrize(
    ("default", "echoed"),
    [
        ((1, "a", (2,)), [1, "a", [2]]),
        ({1: 2, "x": {None: True}}, {"1": 2, "x": {"null": True}}),
        (Decimal("1.50"), Decimal("1.50")),
        (Texty("x"), Texty("x")),
        (10**30, 10**30),
        (10.0, 10.0),
        (2**53 + 1, 2**53 + 1),
        (True, True),
        (None, None),
    ],
)
def test_defaults(client: FBClient, default: Any, echoed: Any) -> None:
    for value in (client.variation("none", USER, default), client.variation_detail("none", USER, default).variation):
        assert value == echoed
        assert type(value) is type(echoed)
    assert client.variation("a", USER, default) == "A"


def test_a_default_that_can_be_changed_is_copied(client: FBClient) -> None:
    default = {"list": [1]}
    value = client.variation("none", USER, default)
    value["list"].append(2)
    assert default == {"list": [1]}
    deep: Any = []
    for _ in range(200):
        deep = [deep]
    assert client.variation("none", USER, deep) == deep


def test_defaults_of_the_settings() -> None:
    client = open_offline(json.dumps(FEATBIT_MESSAGE), defaults={"x": True, "y": {"z": 1}, "a": "never", "n": None})
    assert client.variation("x", USER) is True
    assert client.variation("x", USER, "of the call") is True
    assert client.variation("y", USER, "of the call") == {"z": 1}
    assert client.variation("a", USER) == "A"
    assert client.variation("n", USER, "of the call") is None
    assert client.variation("other", USER, "of the call") == "of the call"
    assert client.variation_detail("x", None).variation is True  # type: ignore[arg-type]
    client.variation(["no key"], USER)  # type: ignore[arg-type]


def test_documents_are_of_their_caller_alone() -> None:
    client = open_offline(
        flags(featbit_flag("j", '{"a":{"b":[1,{"c":2}]},"d":"x"}', "json"), featbit_flag("l", "[[1],2]", "json"))
    )
    want = {"a": {"b": [1, {"c": 2}]}, "d": "x"}
    for _ in range(3):
        for value in (client.variation("j", USER), client.variation_detail("j", USER).variation):
            assert value == want
            value["a"]["b"][1]["c"] = "spoilt"
            value["a"]["b"].append("spoilt")
            value["d"] = "spoilt"
        first = client.variation("l", USER)
        first[0].append("spoilt")
        assert client.variation("l", USER) == [[1], 2]


def test_a_document_nested_deeply() -> None:
    text = "[" * 500 + "]" * 500
    client = open_offline(flags(featbit_flag("j", text, "json")))
    assert json.dumps(client.variation("j", USER)) == text
    assert client.variation("j", USER) is not client.variation("j", USER)


def test_arguments_by_name(client: FBClient) -> None:
    assert client.variation(key="a", user=USER, default="default") == "A"
    assert client.variation_detail(key="a", user=USER).variation == "A"
    with pytest.raises(TypeError, match="variation"):
        client.variation("a")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="variation_detail"):
        client.variation_detail("a", USER, "x", "y")  # type: ignore[call-arg]


def test_results(client: FBClient) -> None:
    detail = client.variation_detail("a", USER)
    assert type(detail) is EvalDetail
    wanted = {"reason": "fall through all rules", "variation": "A", "keyName": "a", "name": "Flag a"}
    assert detail.to_json_dict() == wanted
    assert json.loads(detail.to_json_str()) == wanted
    assert repr(detail) == f"EvalDetail({wanted!r})"
    with pytest.raises(AttributeError):
        detail.reason = "x"  # type: ignore[misc]
    made = EvalDetail("r", 5)
    assert (made.reason, made.variation, made.key_name, made.name) == ("r", 5, None, None)
    assert pickle.loads(pickle.dumps(made)).to_json_dict() == made.to_json_dict()
    state = FlagState(True, "ignored", made)
    assert (state.success, state.reason, state.data) == (True, "OK", made)
    assert state.to_json_dict() == {"success": True, "reason": "OK", "data": made.to_json_dict()}
    assert FlagState(False, "why", made).reason == "why"
    sent: list[Any] = []
    event = UserEvent(FBUser("k", "n"))
    states = AllFlagStates(True, "", {EvalDetail("r", 1, "f", "F"): event}, sent.append)
    assert states.get("f").variation == 1
    assert sent == [event]
    assert states.get_variation("g", 7) == 7


def test_events_made_by_hand() -> None:
    user = FBUser("k", "n", age=3)
    event = MetricEvent(user)
    assert not event.is_send_event
    assert event.add(Metric("m", 2), "no metric") is event
    assert event.is_send_event
    (metric,) = event.to_json_dict()["metrics"]
    assert metric["timestamp"] > 1e12
    assert not FlagEvent(user).is_send_event
    assert UserEvent(user).add(1).is_send_event
    assert UserEvent(user).to_json_dict() == {"user": user.to_json_dict()}


def test_states_made_by_hand() -> None:
    assert State.intializing_state().state_type is StateType.INITIALIZING
    assert State.ok_state().error_track is None
    state = State.interrupted_state("type", "text")
    assert (state.state_type, state.error_track and state.error_track.message) == (StateType.INTERRUPTED, "text")
    assert State.normal_off_state().state_type is StateType.OFF
    assert repr(State.error_off_state("a", "b").error_track) == repr(ErrorTrack("a", "b"))


def test_a_client_is_not_pickled(client: FBClient) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(client)


def network(http: HTTPConfig | None = None, websocket: WebSocketConfig | None = None, **urls: str) -> dict[str, Any]:
    urls = {"event_url": "https://e", "streaming_url": "wss://e", **urls}
    options = Config("s", urls["event_url"], urls["streaming_url"], http=http, websocket=websocket)._options(
        True, False
    )
    names = ("tls_config", "proxy", "connect_timeout", "request_timeout", "websocket_timeout")
    return {name: options[name] for name in names if name in options}


PLAIN = {"event_url": "http://e", "streaming_url": "ws://e"}
TIMES = {"connect_timeout": 5.0, "request_timeout": 15.0, "websocket_timeout": 5.0}


@pytest.mark.parametrize(
    ("http", "websocket", "urls", "options"),
    [
        ({}, {}, {}, {}),
        (
            {"connect_timeout": 1, "read_timeout": 2},
            {"timeout": 3},
            {},
            {"connect_timeout": 1, "request_timeout": 3, "websocket_timeout": 3},
        ),
        ({"ca_certs": "ca"}, {"sslopt": {"ca_certs": "ca"}}, {}, {"tls_config": {"ca_cert_file": "ca"}}),
        ({"ca_certs": "ca"}, {}, {}, {"tls_config": {"ca_cert_file": "ca"}}),
        ({"ca_certs": "ca"}, {}, PLAIN, {}),
        (
            {},
            {"sslopt": {"ca_certs": "ca", "cert_reqs": 2, "check_hostname": True}},
            {},
            {"tls_config": {"ca_cert_file": "ca"}},
        ),
        (
            {"disable_ssl_verification": True},
            {"sslopt": {"cert_reqs": 0}},
            {},
            {"tls_config": {"insecure_skip_verify": True}},
        ),
        (
            {"disable_ssl_verification": True},
            {},
            {"streaming_url": "ws://e"},
            {"tls_config": {"insecure_skip_verify": True}},
        ),
        (
            {},
            {"sslopt": {"check_hostname": False}},
            {"event_url": "http://e"},
            {"tls_config": {"insecure_skip_hostname_verify": True}},
        ),
        ({"cert_file": "c"}, {}, {}, {"tls_config": {"client_cert_file": "c", "client_key_file": "c"}}),
        (
            {},
            {"sslopt": {"certfile": "c", "keyfile": "k"}},
            {},
            {"tls_config": {"client_cert_file": "c", "client_key_file": "k"}},
        ),
        (
            {"http_proxy": "http://p:1"},
            {"proxy_type": "http", "proxy_host": "p", "proxy_port": 1},
            {},
            {"proxy": {"https": "http://p:1"}},
        ),
        ({"http_proxy": "p:1"}, {"proxy_host": "p", "proxy_port": "1"}, PLAIN, {"proxy": {"http": "http://p:1"}}),
        (
            {"http_proxy": "http://p:1"},
            {},
            {"streaming_url": "wss://f:7"},
            {"proxy": {"https": "http://p:1", "no": "f:7"}},
        ),
        (
            {},
            {"proxy_type": "socks5", "proxy_host": "::1"},
            {"event_url": "https://f"},
            {"proxy": {"https": "socks5://[::1]", "no": "f"}},
        ),
        ({"http_proxy": "http://p"}, {}, {"streaming_url": "ws://e"}, {"proxy": {"https": "http://p"}}),
        (
            {"http_proxy": "http://p", "http_proxy_auth": ("u", "p:/w")},
            {"proxy_host": "p", "proxy_auth": ("u", "p:/w")},
            {},
            {"proxy": {"https": "http://u:p%3A%2Fw@p"}},
        ),
        (
            {"http_proxy": "http://x:y@p", "http_proxy_auth": ("u", "w")},
            {},
            {"streaming_url": "ws://e"},
            {"proxy": {"https": "http://x:y@p"}},
        ),
    ],
)
def test_network_settings(http: Any, websocket: Any, urls: Any, options: Any) -> None:
    assert network(HTTPConfig(**http), WebSocketConfig(**websocket), **urls) == {**TIMES, **options}


@pytest.mark.parametrize(
    ("http", "websocket", "text"),
    [
        ({}, {"sslopt": {"ciphers": "x"}}, "websocket.sslopt ciphers"),
        ({}, {"sslopt": {"context": object()}}, "websocket.sslopt context"),
        ({}, {"sslopt": {"password": "x"}}, "websocket.sslopt password"),
        ({}, {"sslopt": {"server_hostname": "x"}}, "websocket.sslopt server_hostname"),
        ({}, {"sslopt": {"ssl_version": 5}}, "websocket.sslopt ssl_version"),
        ({}, {"sslopt": {"keyfile": "x"}}, "keyfile needs certfile"),
        ({}, {"sslopt": {"cert_reqs": 0}}, "disable_ssl_verification and websocket.sslopt disagree"),
        ({"disable_ssl_verification": True}, {}, "disable_ssl_verification and websocket.sslopt disagree"),
        ({"cert_file": "a"}, {"sslopt": {"certfile": "b"}}, "cert_file and websocket.sslopt certfile"),
        ({}, {"proxy_type": "socks4", "proxy_host": "p"}, "proxy_type 'socks4'"),
        ({}, {"proxy_type": "http"}, "proxy_type is given without proxy_host"),
        ({}, {"proxy_auth": ("u", "p")}, "proxy_auth is given without proxy_host"),
        ({"http_proxy_auth": ("u", "p")}, {}, "http_proxy_auth is given without http_proxy"),
        ({"http_proxy": "http://p"}, {}, "reached either through the proxy or without"),
        ({"http_proxy": "http://p"}, {"proxy_host": "q"}, "proxy of websocket differ"),
    ],
)
def test_network_settings_that_cannot_be_met(http: Any, websocket: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        FBClient(Config("s", "https://e", "wss://e", http=HTTPConfig(**http), websocket=WebSocketConfig(**websocket)))


def test_certificates_of_two_files(tmp_path: Any) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("a", "folder/b", "folder/c"):
        (tmp_path / name).write_text(f"certificate {name}")
    sslopt = {"ca_cert_path": str(tmp_path / "folder")}
    options = network(HTTPConfig(ca_certs=str(tmp_path / "a")), WebSocketConfig(sslopt=sslopt))
    assert options["tls_config"] == {"ca_cert_data": "certificate a\ncertificate folder/b\ncertificate folder/c"}


@pytest.mark.parametrize(
    ("options", "good"),
    [
        ({}, False),
        ({"threads": b"1"}, True),
        ({"enable-threads": True}, True),
        ({"enable-threads": b"true"}, True),
        ({"threads": "0"}, False),
    ],
)
def test_uwsgi_without_threads(monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], good: bool) -> None:
    uwsgi = types.ModuleType("uwsgi")
    uwsgi.opt = options  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "uwsgi", uwsgi)
    config = Config("s", "http://a", "ws://a", offline=True)
    if good:
        FBClient(config).stop()
    else:
        text = "The Python Server SDK requires the 'enable-threads' or 'threads' option be passed to uWSGI."
        with pytest.raises(ValueError, match=text):
            FBClient(config)


def test_an_import_loads_little() -> None:
    code = "import sys, burgee.featbit, burgee.featbit.client; print(sorted({'asyncio', 'ssl', 'urllib.request'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
