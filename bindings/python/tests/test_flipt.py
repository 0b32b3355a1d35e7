"""burgee.flipt: Flipt's names, arguments and errors."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import CONTEXT, DOCUMENT, LocalServer, boolean_flag, make_document

from burgee import BurgeeError, EvaluationContext
from burgee.flipt import AsyncFliptClient, FliptClient, FliptEvaluationClient, errors, models
from burgee.flipt.models import (
    BatchEvaluationResponse,
    BooleanEvaluationResponse,
    ClientOptions,
    ClientTokenAuthentication,
    EvaluationRequest,
    FlagList,
    FlagType,
    JWTAuthentication,
    TlsConfig,
    VariantEvaluationResponse,
    model_from_json,
    model_to_json,
)


@pytest.fixture
def client(document: dict[str, Any]) -> Any:
    with FliptClient(opts=ClientOptions(document=document)) as opened:
        yield opened


def test_variant(client: FliptClient) -> None:
    response = client.evaluate_variant(flag_key="theme", entity_id="u", context=CONTEXT)
    assert type(response) is VariantEvaluationResponse
    assert response.match is True
    assert response.segment_keys == ["pros"]
    assert response.reason == "MATCH_EVALUATION_REASON"
    assert response.flag_key == "theme"
    assert response.variant_key == "amber"
    assert response.variant_attachment == '{"hex":"#FFBF00"}'
    assert response.request_duration_millis == 0.0
    assert response.timestamp.startswith("20")
    assert response.timestamp.endswith("Z")


def test_boolean(client: FliptClient) -> None:
    response = client.evaluate_boolean("dark", "u", CONTEXT)
    assert type(response) is BooleanEvaluationResponse
    assert (response.enabled, response.segment_keys) == (True, ["pros"])
    response = client.evaluate_boolean("dark", "u")
    assert (response.enabled, response.segment_keys, response.reason) == (False, [], "DEFAULT_EVALUATION_REASON")


def test_each_response_has_a_list_of_its_own(client: FliptClient) -> None:
    first = client.evaluate_variant("theme", "u", CONTEXT)
    first.segment_keys.append("changed")
    assert first.segment_keys == ["pros", "changed"]
    assert client.evaluate_variant("theme", "u", CONTEXT).segment_keys == ["pros"]


def test_contexts(client: FliptClient) -> None:
    for context in (CONTEXT, EvaluationContext("somebody", CONTEXT), {**CONTEXT, "n": float("nan"), "x": [object()]}):
        assert client.evaluate_boolean("dark", "u", context).enabled
    assert not client.evaluate_boolean("dark", "u", {**CONTEXT, "items": 12}).enabled
    with pytest.raises(errors.ValidationError, match="plan"):
        client.evaluate_boolean("dark", "u", {"plan": "\ud800"})
    with pytest.raises(TypeError, match="plan"):
        client.evaluate_boolean("dark", "u", {"plan": object()})


def test_targeting_key_is_an_attribute_like_others(client: FliptClient) -> None:
    flag = boolean_flag("dark")
    constraints = flag["rollouts"][0]["segment"]["segments"][0]
    constraints["constraints"] = [
        {"type": "STRING_CONSTRAINT_COMPARISON_TYPE", "property": "targetingKey", "operator": "eq", "value": "x"}
    ]
    with FliptClient(ClientOptions(document=make_document(flag))) as other:
        assert other.evaluate_boolean("dark", "u", {"targetingKey": "x"}).enabled


def test_batch(client: FliptClient) -> None:
    requests = [EvaluationRequest(flag_key=key, entity_id="u", context=CONTEXT) for key in ("theme", "dark", "missing")]
    batch = client.evaluate_batch(requests)
    assert type(batch) is BatchEvaluationResponse
    first, second, third = batch.responses
    assert first.type == "VARIANT_EVALUATION_RESPONSE_TYPE"
    assert first.variant_evaluation_response is not None
    assert first.variant_evaluation_response.variant_key == "amber"
    assert second.type == "BOOLEAN_EVALUATION_RESPONSE_TYPE"
    assert second.boolean_evaluation_response is not None
    assert second.boolean_evaluation_response.enabled
    assert third.type == "ERROR_EVALUATION_RESPONSE_TYPE"
    assert third.error_evaluation_response is not None
    assert third.error_evaluation_response.model_dump() == {
        "flag_key": "missing",
        "namespace_key": "default",
        "reason": "NOT_FOUND_ERROR_EVALUATION_REASON",
    }
    assert client.evaluate_batch([]).responses == []
    with pytest.raises(errors.ValidationError, match="flag_key cannot be empty or null"):
        client.evaluate_batch([EvaluationRequest(flag_key=" ", entity_id="u", context={})])


def test_a_broken_flag_leaves_the_rest_of_a_batch() -> None:
    broken = {"key": "broken", "type": "VARIANT_FLAG_TYPE", "enabled": True, "rules": 5}
    with FliptClient(ClientOptions(document=make_document(broken, boolean_flag("dark")))) as client:
        requests = [EvaluationRequest(flag_key=key, entity_id="u", context=CONTEXT) for key in ("broken", "dark")]
        first, second = client.evaluate_batch(requests).responses
        assert first.type == "ERROR_EVALUATION_RESPONSE_TYPE"
        assert first.error_evaluation_response is not None
        assert first.error_evaluation_response.model_dump() == {
            "flag_key": "broken",
            "namespace_key": "default",
            "reason": "UNKNOWN_ERROR_EVALUATION_REASON",
        }
        assert second.boolean_evaluation_response is not None
        assert second.boolean_evaluation_response.enabled
        with pytest.raises(errors.EvaluationError, match="error parsing json: "):
            client.evaluate_variant("broken", "u", CONTEXT)


@pytest.mark.parametrize("key", ["", " ", "\t\n", "\u2003", None])
def test_blank_keys(client: FliptClient, key: Any) -> None:
    for evaluate in (client.evaluate_variant, client.evaluate_boolean):
        with pytest.raises(errors.ValidationError) as raised:
            evaluate(key, "u")
        assert str(raised.value) == "flag_key cannot be empty or null"
        with pytest.raises(ValueError, match="^entity_id cannot be empty or null$"):
            evaluate("theme", key)


def test_errors_of_the_engine(client: FliptClient) -> None:
    with pytest.raises(errors.EvaluationError) as raised:
        client.evaluate_variant("missing", "u")
    assert str(raised.value) == "invalid request: failed to get flag information default/missing"
    assert raised.value.args == (str(raised.value),)
    assert isinstance(raised.value, BurgeeError)
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)
    with pytest.raises(errors.FliptError, match="^invalid request: dark is not a variant flag$"):
        client.evaluate_variant("dark", "u")
    with pytest.raises(errors.FliptError, match="^invalid request: theme is not a boolean flag$"):
        client.evaluate_boolean("theme", "u")
    client.close()
    client.close()
    calls: list[Any] = [
        lambda: client.evaluate_variant("theme", "u"),
        lambda: client.evaluate_batch([]),
        client.list_flags,
        client.get_snapshot,
    ]
    for call in calls:
        with pytest.raises(errors.EvaluationError, match="^error engine null pointer$"):
            call()


def test_list_flags(client: FliptClient) -> None:
    flags = client.list_flags()
    assert type(flags) is FlagList
    assert len(flags) == 3
    assert [flag.key for flag in flags] == ["dark", "number", "theme"]
    assert flags[0].type is FlagType.BOOLEAN
    assert flags.root[2].description == ""


def test_snapshot_starts_a_client_without_a_server(client: FliptClient) -> None:
    options = ClientOptions(
        url="http://127.0.0.1:9", snapshot=client.get_snapshot(), error_strategy="fallback", start_wait_ms=1
    )
    with FliptClient(options) as second:
        assert second.evaluate_variant("theme", "u", CONTEXT).variant_key == "amber"
        assert json.loads(json.dumps(second.list_flags().model_dump(mode="json")))[0]["key"] == "dark"


def test_responses_are_models(client: FliptClient) -> None:
    response = client.evaluate_variant("theme", "u", CONTEXT)
    members = response.model_dump()
    assert list(members) == [
        "match",
        "segment_keys",
        "reason",
        "flag_key",
        "variant_key",
        "variant_attachment",
        "request_duration_millis",
        "timestamp",
    ]
    assert response.dict() == members
    assert json.loads(response.model_dump_json()) == members == json.loads(response.json())
    assert json.loads(model_to_json(response)) == members
    assert VariantEvaluationResponse(**members) == response
    assert VariantEvaluationResponse.model_validate(members) == response
    assert model_from_json(VariantEvaluationResponse, model_to_json(response)) == response
    assert pickle.loads(pickle.dumps(response)) == response
    assert copy.copy(response) == response == copy.deepcopy(response)
    assert response.model_copy(update={"match": False}) != response
    assert repr(response).startswith("VariantEvaluationResponse(match=True, segment_keys=['pros'], reason=")
    assert str(response).startswith("match=True segment_keys=['pros'] reason=")
    assert dict(response) == members
    with pytest.raises(AttributeError):
        response.match = False  # type: ignore[misc]
    with pytest.raises(AttributeError):
        response.reason = ""
    with pytest.raises(TypeError):
        hash(response)


def test_batch_as_json(client: FliptClient) -> None:
    batch = client.evaluate_batch([EvaluationRequest(flag_key="theme", entity_id="u", context=CONTEXT)])
    assert model_from_json(BatchEvaluationResponse, model_to_json(batch)) == batch
    assert "error_evaluation_response" not in model_to_json(batch, exclude_none=True)
    result = models.VariantResult(status="success", result=batch.responses[0].variant_evaluation_response)
    assert model_from_json(models.VariantResult, model_to_json(result)) == result


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: ClientOptions(url=5), "url"),  # type: ignore[arg-type]
        (lambda: ClientOptions(update_interval="soon"), "update_interval"),  # type: ignore[arg-type]
        (lambda: ClientOptions(request_timeout=True), "request_timeout"),
        (lambda: ClientOptions(update_interval=-1), "update_interval"),
        (lambda: ClientOptions(update_interval=float("nan")), "update_interval"),
        (lambda: ClientOptions(fetch_mode="pigeon"), "fetch_mode"),
        (lambda: ClientOptions(error_strategy="panic"), "error_strategy"),
        (lambda: ClientOptions(authentication=5), "AuthenticationStrategy"),  # type: ignore[arg-type]
        (lambda: ClientOptions(tls_config={"ca_cert_file": "/nowhere/ca.pem"}), "ca_cert_file does not exist"),
        (lambda: ClientOptions(urll="x"), "urll"),
        (lambda: TlsConfig(insecure_skip_verify="true"), "insecure_skip_verify"),  # type: ignore[arg-type]
        (lambda: ClientTokenAuthentication(client_token=None), "client_token"),  # type: ignore[arg-type]
        (lambda: FliptClient(ClientOptions(url="nowhere")), "url"),
        (lambda: FliptClient(ClientOptions(snapshot="?")), "snapshot"),
        (lambda: FliptClient({"url": "x"}), "opts"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_option_is_named(make: Any, named: str) -> None:
    with pytest.raises(errors.ValidationError, match=named):
        make()


def test_secrets_are_not_shown() -> None:
    options = ClientOptions(authentication=ClientTokenAuthentication(client_token="s3cret"))
    assert "s3cret" not in repr(options) + str(options)
    assert options.model_dump(exclude_none=True) == {"authentication": {"client_token": "s3cret"}}
    with pytest.raises(errors.ValidationError) as raised:
        JWTAuthentication(jwt_token=["s3cret"])  # type: ignore[arg-type]
    assert "s3cret" not in str(raised.value)


def test_options_as_a_model() -> None:
    options = ClientOptions(update_interval=1.9, request_timeout=timedelta(seconds=5), fetch_mode="streaming")
    assert options.update_interval == timedelta(seconds=1.9)
    assert options.model_dump(mode="json", exclude_none=True) == {
        "update_interval": 1,
        "request_timeout": 5,
        "fetch_mode": "streaming",
    }
    assert ClientOptions.model_validate_json(model_to_json(options)).fetch_mode is models.FetchMode.STREAMING


def test_a_server_that_cannot_be_reached_shows_at_evaluation(server: LocalServer) -> None:
    server.fail({"kind": "answer", "status": 403, "times": -1})
    with FliptClient(ClientOptions(url=server.url)) as client:
        with pytest.raises(errors.EvaluationError, match="server error: response: HTTP status client error"):
            client.evaluate_boolean("dark", "u")
        with pytest.raises(errors.EvaluationError, match="^server error: "):
            client.evaluate_batch([])
        assert "403" in (client.last_error or "")
        server.fail()
        assert client.refresh() is True
        assert client.last_error is None
        assert client.evaluate_boolean("dark", "u", CONTEXT).enabled


def test_authentication(server: LocalServer) -> None:
    server.control("PUT", "/auth", {"token": "first", "jwt": "second"})
    with FliptClient(ClientOptions(url=server.url, authentication=ClientTokenAuthentication("first"))) as client:
        assert len(client.list_flags()) == 3
        client.update_authentication(JWTAuthentication(jwt_token="second"))
        client.refresh()
        assert server.requests()[-1]["headers"]["Authorization"] in ("JWT second", ["JWT second"])
        client.update_authentication(None)
        with pytest.raises(errors.EvaluationError, match="401"):
            client.refresh()


def test_namespace_and_seconds_of_old_versions(server: LocalServer) -> None:
    server.serve(make_document(boolean_flag("only-here"), namespace="shop"), "shop")
    for name in ("opts", "options", "engine_opts"):
        options: Any = {name: ClientOptions(url=server.url, update_interval=10, request_timeout=5)}
        with pytest.warns(DeprecationWarning, match="Use FliptClient instead"):
            client = FliptEvaluationClient(namespace="shop", **options)
        assert client.namespace_key == "shop"
        assert client.list_flags()[0].key == "only-here"
        del client
    with pytest.warns(DeprecationWarning):
        positional = FliptEvaluationClient("shop", models.EngineOpts(url=server.url, auth_token="t"))
    assert positional.evaluate_boolean("only-here", "u", {}).enabled is False
    with pytest.warns(DeprecationWarning), pytest.raises(errors.ValidationError, match="once"):
        FliptEvaluationClient(opts=ClientOptions(), options=ClientOptions())


def test_snippet_of_the_vendor_document(flag_file: Path) -> None:
    """The document's snippet with the import line changed. It wants a server at Flipt's default address."""
    import socket

    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", 8080)) == 0:
            pytest.skip("port 8080 of this machine is taken")
    flag1 = {**DOCUMENT["flags"][0], "key": "flag1"}
    local = LocalServer("--file", str(flag_file), "--listen", "127.0.0.1:8080")
    snippet = """
from burgee.flipt import FliptEvaluationClient

flipt_evaluation_client = FliptEvaluationClient()

variant_result = flipt_evaluation_client.evaluate_variant(flag_key="flag1", entity_id="entity", context={"fizz": "buzz"})

print(variant_result)
"""
    try:
        local.serve(make_document(flag1))
        from conftest import run_python

        assert "flag_key='flag1'" in run_python(snippet)
    finally:
        local.close()


def test_arguments_of_the_vendor_document(server: LocalServer) -> None:
    server.control("PUT", "/auth", {"token": "secret", "jwt": ""})
    options = ClientOptions(
        url=server.url,
        request_timeout=5,
        update_interval=60,
        authentication=ClientTokenAuthentication(client_token="secret"),
        reference="main",
        fetch_mode="streaming",
        error_strategy="fallback",
    )
    with pytest.warns(DeprecationWarning):
        client = FliptEvaluationClient(namespace="default", options=options)
    with client:
        assert client.evaluate_variant(flag_key="theme", entity_id="entity", context=CONTEXT).match
    assert "reference=main" in server.requests()[0]["path"]


def test_async_client(document: dict[str, Any]) -> None:
    async def run() -> None:
        async with await AsyncFliptClient.open(ClientOptions(document=document)) as client:
            assert client.evaluate_variant("theme", "u", CONTEXT).variant_key == "amber"
            assert client.evaluate_boolean("dark", "u", CONTEXT).enabled
            assert len(client.list_flags()) == 3
            assert client.evaluate_batch([]).responses == []
            assert await client.refresh() is False
            assert client.last_error is None
        with pytest.raises(errors.EvaluationError):
            client.get_snapshot()
        with pytest.raises(errors.ValidationError, match="url"):
            await AsyncFliptClient.open(ClientOptions(url="nowhere"))

    asyncio.run(run())


def test_without_flags_a_tolerant_client_has_none_and_a_strict_one_says_why(server: LocalServer) -> None:
    server.fail({"kind": "answer", "status": 404, "times": -1})
    with FliptClient(ClientOptions(url=server.url, error_strategy="fallback")) as client:
        assert list(client.list_flags()) == []
        assert client.evaluate_batch([]).responses == []
    with FliptClient(ClientOptions(url=server.url, namespace="missing")) as client:
        with pytest.raises(errors.EvaluationError, match="404"):
            client.list_flags()
        with pytest.raises(errors.EvaluationError, match="404"):
            client.evaluate_batch([])
