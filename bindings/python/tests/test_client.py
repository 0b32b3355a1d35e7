"""The unified surface."""

from __future__ import annotations

import copy
import gc
import json
import logging
import pickle
import threading
import warnings
from collections import UserDict
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from conftest import CONTEXT, LocalServer, boolean_flag, make_document, variant_flag

import burgee
from burgee import errors


@pytest.fixture
def client(document: dict[str, Any]) -> Any:
    with burgee.open(document=document) as opened:
        yield opened


def test_values_of_every_type(client: burgee.Client) -> None:
    assert client.boolean("dark", False, CONTEXT) is True
    assert client.string("theme", "none", CONTEXT) == "amber"
    assert client.number("number", 0, CONTEXT) == 42
    assert type(client.number("number", 0, CONTEXT)) is int
    assert client.object("theme", {}, CONTEXT) == {"hex": "#FFBF00"}


def test_an_object_belongs_to_its_caller(client: burgee.Client) -> None:
    client.object("theme", {}, CONTEXT)["hex"] = "changed"
    assert client.object("theme", {}, CONTEXT) == {"hex": "#FFBF00"}


def test_the_default_is_answered_as_it_is(client: burgee.Client) -> None:
    default = object()
    for method in (client.boolean, client.string, client.number, client.object):
        assert method("missing", default) is default
    assert client.boolean("theme", default, CONTEXT) is default
    assert client.number("theme", default, CONTEXT) is default


@pytest.mark.parametrize(
    ("key", "default", "context", "want"),
    [
        ("dark", False, CONTEXT, (True, "TARGETING_MATCH", None)),
        ("dark", True, {}, (False, "DEFAULT", None)),
        ("theme", "", CONTEXT, ("amber", "TARGETING_MATCH", None)),
        ("missing", 1, {}, (1, "ERROR", "FLAG_NOT_FOUND")),
        ("dark", "text", CONTEXT, ("text", "ERROR", "TYPE_MISMATCH")),
        ("dark", False, {"a": float("nan")}, (False, "ERROR", "INVALID_CONTEXT")),
        ("dark", False, {"a": float("-inf")}, (False, "ERROR", "INVALID_CONTEXT")),
        ("dark", False, {"a": "\ud800"}, (False, "ERROR", "INVALID_CONTEXT")),
        ("dark", False, {"\ud800": 1}, (False, "ERROR", "INVALID_CONTEXT")),
        ("dark", False, {"a": [float("nan")]}, (False, "ERROR", "INVALID_CONTEXT")),
        ("dark", False, {"a": ["\ud800"]}, (False, "ERROR", "INVALID_CONTEXT")),
        ("dark", False, {"targetingKey": 5}, (False, "ERROR", "INVALID_CONTEXT")),
        ("\ud800", False, {}, (False, "ERROR", "INVALID_CONTEXT")),
    ],
)
def test_details(client: burgee.Client, key: str, default: Any, context: Any, want: Any) -> None:
    details = client.details(key, default, context)
    assert (details.value, details.reason, details.error_code) == want
    assert details.flag_key == key
    assert (details.error_message is None) == (details.error_code is None)
    assert details.error_message != ""


def test_the_message_names_the_attribute(client: burgee.Client) -> None:
    message = client.details("dark", False, {"price": float("nan")}).error_message
    assert message is not None
    assert "price" in message


def test_details_are_immutable_and_have_no_truth(client: burgee.Client) -> None:
    details = client.details("theme", "", CONTEXT)
    assert details.variant == "amber"
    assert dict(details.flag_metadata) == {
        "flagType": "variant",
        "segments": ["pros"],
        "attachment": '{"hex":"#FFBF00"}',
        "version": 1,
    }
    with pytest.raises(TypeError, match="value"):
        bool(details)
    with pytest.raises(AttributeError):
        details.value = 1
    with pytest.raises(TypeError):
        details.flag_metadata["a"] = 1  # type: ignore[index]
    assert pickle.loads(pickle.dumps(details)) == details
    assert copy.copy(details) == details
    assert details != client.details("dark", False, CONTEXT)


def test_fast_and_json_interface_agree(client: burgee.Client) -> None:
    slow = client.all(CONTEXT)
    fast = {flag.key: client.details(flag.key, None, CONTEXT) for flag in client.flags()}
    assert slow == fast


@pytest.mark.parametrize(
    "context",
    [
        {"targetingKey": "u", **CONTEXT},
        burgee.EvaluationContext("u", CONTEXT),
        UserDict({"targetingKey": "u", **CONTEXT}),
        SimpleNamespace(targeting_key="u", attributes=CONTEXT),
    ],
)
def test_forms_of_a_context(client: burgee.Client, context: Any) -> None:
    assert client.explain("dark", context).trace["targetingKey"] == "u"
    assert client.boolean("dark", False, context)
    assert client.string("theme", "", context, targeting_key="other") == "amber"
    assert client.explain("dark", context, targeting_key="other").trace["targetingKey"] == "other"


class Plan(str, Enum):
    PRO = "pro"


class Loud(str):
    def __str__(self) -> str:
        return "LOUD"


@pytest.mark.parametrize(
    ("value", "matching"),
    [
        ("pro", "pro"),
        (Plan.PRO, "pro"),
        (Loud("pro"), "pro"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc), "2026-01-02T03:04:05+00:00"),
        (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        ("naïve 🎈", "naïve 🎈"),
        (7, "7"),
        (2**70, str(2**70)),
        (-(2**63), str(-(2**63))),
        (True, "true"),
        (1.5, "1.5"),
        (Decimal("7"), "7"),
    ],
)
def test_attribute_values(value: Any, matching: str) -> None:
    flag = boolean_flag("dark")
    flag["rollouts"][0]["segment"]["segments"][0]["constraints"] = [
        {"type": "STRING_CONSTRAINT_COMPARISON_TYPE", "property": "a", "operator": "eq", "value": matching}
    ]
    with burgee.open(document=make_document(flag)) as client:
        explained = client.explain("dark", {"a": value})
        seen = explained.trace["steps"][0]["segments"][0]["constraints"][0]["seen"]
        assert seen == matching
        assert client.boolean("dark", False, {"a": value}) is True
        assert client.boolean("dark", False, burgee.EvaluationContext(None, {"a": value})) is True


@pytest.mark.parametrize("value", [object(), b"bytes", {"deep": [object()]}, lambda: None])
def test_other_values_are_a_type_error_that_names_the_attribute(client: burgee.Client, value: Any) -> None:
    with pytest.raises(TypeError, match="secret"):
        client.boolean("dark", False, {"secret": value})
    with pytest.raises(TypeError, match="secret"):
        burgee.EvaluationContext("u", {"secret": value})


def test_nested_values_do_not_match_text(client: burgee.Client) -> None:
    """A context of Flipt's holds only text, so a dict or a list counts as nothing."""
    assert client.boolean("dark", False, {**CONTEXT, "nested": {"a": [1, None, {"b": "c"}]}, "list": (1, 2)})
    assert not client.boolean("dark", False, {**CONTEXT, "plan": ["pro"]})


def test_many_attributes(client: burgee.Client) -> None:
    for count in (31, 32, 33, 128, 129, 5000):
        context: dict[str, Any] = {f"attribute-{i}": "x" * 50 for i in range(count)}
        assert client.boolean("dark", False, {**context, **CONTEXT})
        assert client.boolean("dark", False, burgee.EvaluationContext("u", {**context, **CONTEXT}))
        assert client.boolean("dark", False, {**context, **CONTEXT, "nested": {"a": [1] * count}})


def test_long_texts(document: dict[str, Any]) -> None:
    attachment = json.dumps({"text": "long " * 20000})
    with burgee.open(document=make_document(variant_flag("theme", "v" * 3000, attachment))) as client:
        for _ in range(2):
            assert client.string("theme", "", CONTEXT) == "v" * 3000
            assert client.object("theme", {}, CONTEXT) == json.loads(attachment)


def test_a_conversion_that_changes_the_context(client: burgee.Client) -> None:
    context: dict[str, Any] = dict(CONTEXT)

    class Hostile(UserDict):  # type: ignore[type-arg]
        def items(self) -> Any:
            context.clear()
            gc.collect()
            return super().items()

        def keys(self) -> Any:
            context.clear()
            gc.collect()
            return super().keys()

    context.update({f"a{i}": f"value {i} {object()}" for i in range(100)})
    context["hostile"] = Hostile(a=1)
    assert client.boolean("dark", False, context)
    assert context == {}


def test_evaluation_context() -> None:
    context = burgee.EvaluationContext("u", {"a": 1, "b": [1]})
    assert (context.targeting_key, context.attributes) == ("u", {"a": 1, "b": [1]})
    context.attributes["a"] = 2
    assert context.attributes["a"] == 1
    assert context == burgee.EvaluationContext(attributes={"a": 1, "b": [1]}, targeting_key="u")
    assert context != burgee.EvaluationContext("v", {"a": 1, "b": [1]})
    assert pickle.loads(pickle.dumps(context)) == context
    assert repr(context) == "EvaluationContext(targeting_key='u', attributes={'a': 1, 'b': [1]})"
    with pytest.raises(errors.InvalidContextError, match="price"):
        burgee.EvaluationContext("u", {"price": float("nan")})
    with pytest.raises(TypeError, match="targeting_key"):
        burgee.EvaluationContext(5)  # type: ignore[arg-type]


def test_arguments(client: burgee.Client) -> None:
    method: Any = client.boolean
    assert method(key="dark", default=False, context=CONTEXT)
    assert method("dark", default=False, context=CONTEXT, targeting_key="u")
    for args, kwargs, problem in [
        (("dark",), {}, "default"),
        ((), {"default": 1}, "key"),
        (("dark", 1, {}, "u"), {}, "positional"),
        (("dark", 1), {"contxt": {}}, "contxt"),
        (("dark", 1), {"key": "dark"}, "multiple"),
        ((5, 1), {}, "flag key"),
        (("dark", 1, 5), {}, "mapping"),
    ]:
        with pytest.raises(TypeError, match=problem):
            method(*args, **kwargs)


def test_flags(client: burgee.Client) -> None:
    assert [flag.key for flag in client.flags()] == ["dark", "number", "theme"]
    first = client.flags()[0]
    assert (first.type, first.enabled, first.description, first.broken) == ("boolean", False, "", None)


def test_explain(client: burgee.Client) -> None:
    explanation = client.explain("theme", CONTEXT, targeting_key="u")
    assert explanation.trace["variant"] == "amber"
    assert str(explanation) == explanation.text
    assert "amber" in str(explanation)


def test_events_that_no_backend_takes(client: burgee.Client) -> None:
    assert client.track("purchase", 9.5, CONTEXT, targeting_key="u") is False
    assert client.flush(timedelta(seconds=1)) is True


def test_status(client: burgee.Client) -> None:
    status = client.status
    assert (status.state, status.flags, status.origin, status.error) == (burgee.State.READY, 3, "inline", None)
    assert isinstance(status.age, timedelta)
    with pytest.raises(AttributeError):
        status.state = "NOT_READY"


def test_a_closed_client(document: dict[str, Any]) -> None:
    client = burgee.open(document=document)
    client.close()
    client.close()
    assert client.status.state == burgee.State.CLOSED
    assert client.details("dark", True, CONTEXT).error_code == "INVALID_HANDLE"
    assert client.string("theme", "default", CONTEXT) == "default"
    for call in (client.flags, client.refresh, client.all, client.flush, lambda: client.track("x")):
        with pytest.raises(errors.InvalidHandleError, match="closed"):
            call()
    assert repr(client) == "<burgee.Client closed>"


def test_only_a_forgotten_client_warns(document: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with burgee.open(document=document):
            pass
        gc.collect()
    with pytest.warns(ResourceWarning, match="unclosed"):
        burgee.open(document=document)
        gc.collect()


def test_a_client_cannot_be_pickled(client: burgee.Client) -> None:
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(client)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"urll": "http://127.0.0.1"}, "urll"),
        ({"update_interval": "soon"}, "update_interval"),
        ({"url": 5}, "url"),
        ({"backend": "unheard-of"}, "unheard-of"),
        ({"error_strategy": "panic"}, "error_strategy"),
        ({"log_level": "loud", "fetch_mode": "pigeon"}, "fetch_mode"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], named: str) -> None:
    with pytest.raises(errors.InvalidConfigError, match=named):
        burgee.open(**options)


def test_a_library_that_is_none(tmp_path: Path) -> None:
    from conftest import run_python

    code = """
try:
    burgee.open(document=DOCUMENT)
except burgee.errors.InvalidConfigError as problem:
    assert sys.argv[1] in str(problem), problem
    sys.exit(3)
"""
    for path in (tmp_path / "missing.so", Path(__file__)):
        run_python(code, str(path), status=3, env={"BURGEE_LIBRARY": str(path)})


def test_options_of_python_types(flag_file: Path, tmp_path: Path) -> None:
    with burgee.open(file=flag_file, start_wait_ms=timedelta(seconds=2), cache_path=None) as client:
        assert client.boolean("dark", False, CONTEXT)
    with burgee.open("file", file=flag_file) as client:
        assert client.boolean("dark", False, CONTEXT)


def test_changes_and_states(server: LocalServer, caplog: pytest.LogCaptureFixture) -> None:
    changed, failed = threading.Event(), threading.Event()
    changes: list[burgee.Change] = []
    states: list[str] = []

    def bad(_: object) -> None:
        raise ValueError("a listener's own problem")

    with burgee.open(url=server.url, update_interval=timedelta(seconds=3600)) as client:
        client.on_change(bad)
        client.on_change(lambda change: (changes.append(change), changed.set()))
        silenced = client.on_change(lambda _: changes.append("unsubscribed"))  # type: ignore[arg-type]
        silenced()
        silenced()
        client.on_status(lambda status: (states.append(status.state), failed.set()))
        server.serve(make_document(boolean_flag("dark", True), variant_flag("theme")))
        assert client.refresh() is True
        assert client.refresh() is False
        assert changed.wait(30)
        assert client.boolean("dark", True, CONTEXT) is False
        server.fail({"kind": "answer", "status": 403, "times": -1})
        with pytest.raises(errors.BurgeeError, match="403"):
            client.refresh()
        assert failed.wait(30)
        assert client.status.state == "STALE"
        assert "403" in (client.status.error or "")
    assert [change.flags for change in changes] == [("dark", "number")]
    assert states[0] == "STALE"
    assert any("a listener" in record.getMessage() or "raised" in record.getMessage() for record in caplog.records)


def test_log_messages_go_to_logging(server: LocalServer) -> None:
    server.fail({"kind": "answer", "status": 403, "times": -1})
    arrived = threading.Event()

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.name == "burgee.flipt" and "403" in record.getMessage():
                arrived.set()

    handler = Handler()
    logging.getLogger("burgee").addHandler(handler)
    try:
        with burgee.open(url=server.url):
            assert arrived.wait(30)
    finally:
        logging.getLogger("burgee").removeHandler(handler)


def test_methods_by_name(client: burgee.Client) -> None:
    assert client.call("flipt.snapshot")["snapshot"]
    with pytest.raises(errors.UnknownMethodError, match="pigeon"):
        client.call("pigeon")
    with pytest.raises(errors.InvalidRequestError, match="colour"):
        client.call("status", {"colour": 1})


def test_every_code_has_an_error() -> None:
    from conftest import TESTDATA

    codes = [entry["code"] for entry in json.loads((TESTDATA / "abi" / "error_codes.json").read_text())]
    classes = [type(errors.error(code, "text")) for code in codes]
    assert burgee.BurgeeError not in classes
    assert len(set(classes)) == len(codes)
    for code, kind in zip(codes, classes):
        problem = pickle.loads(pickle.dumps(kind(code, "text")))
        assert (problem.code, problem.message, str(problem)) == (code, "text", "text")
        assert kind.__name__ in errors.__all__
    assert isinstance(errors.error("TIMEOUT", ""), TimeoutError)


def test_every_code_has_a_name_in_details() -> None:
    """The extension has its own table of names; a code that it lacks would show as INTERNAL."""
    from conftest import TESTDATA

    source = (Path(__file__).parents[1] / "native" / "details.c").read_text()
    for entry in json.loads((TESTDATA / "abi" / "error_codes.json").read_text()):
        assert f'"{entry["code"]}"' in source


def test_threads_share_a_client(client: burgee.Client) -> None:
    wrong: list[Any] = []

    def run(number: int) -> None:
        for i in range(3000):
            details = client.details("theme", "", {**CONTEXT, "targetingKey": f"{number}-{i}"})
            if details.value != "amber" or not client.boolean("dark", False, CONTEXT):
                wrong.append(details)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_closing_while_others_evaluate(document: dict[str, Any]) -> None:
    for _ in range(20):
        client = burgee.open(document=document)
        stop = threading.Event()
        answers: set[Any] = set()

        def run(client: Any = client, stop: Any = stop, answers: Any = answers) -> None:
            while not stop.is_set():
                answers.add(client.string("theme", "default", CONTEXT))

        threads = [threading.Thread(target=run) for _ in range(3)]
        for thread in threads:
            thread.start()
        client.close()
        stop.set()
        for thread in threads:
            thread.join()
        assert answers <= {"amber", "default"}


@pytest.mark.parametrize("wrong", [float("nan"), b"x", object()])
def test_an_option_that_is_no_json_is_named(wrong: object) -> None:
    with pytest.raises(errors.InvalidConfigError, match="update_interval"):
        burgee.open(update_interval=wrong)


def test_a_pickled_context_does_not_share_its_attributes() -> None:
    context = burgee.EvaluationContext("u", {"plan": "pro"})
    context.__reduce__()[1][1].clear()
    assert context.attributes == {"plan": "pro"}
