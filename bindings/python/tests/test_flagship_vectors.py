"""AB Tasty Flagship's vectors of decisions, flags and contexts, through burgee.flagship as a program uses it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from datasync_vectors import Deviations, same
from flagship_sdk import Recorder, fetched, flags_of, started
from flagship_server import FlagshipServer, campaign, environment
from flagship_vectors import shown, vectors

from burgee.flagship import Flagship, Status
from burgee.flagship.config import DecisionApi

QUIET: dict[str, Any] = {"polling_interval": -1, "disable_events": True}
EVALUATIONS = {
    "allocation_edges": 40,
    "allocation_fractional": 60,
    "duplicate_campaign_id": 1,
    "example_environment": 13,
    "groups": 14,
    "missing_key_string_operator": 3,
    "multi_campaign": 4,
    "no_campaigns": 1,
    "panic": 1,
    "targeting_cases": 286,
    "variation_groups": 7,
}


@pytest.fixture(scope="module")
def server() -> Iterator[FlagshipServer]:
    local = FlagshipServer()
    yield local
    local.close()


def check(got: Any, want: Any) -> None:
    assert same(got, want), f"{got} instead of {want}"


def without_names(flags: dict[str, Any]) -> dict[str, Any]:
    names = ("campaignName", "variationGroupName", "variationName")
    return {key: {name: value for name, value in flag.items() if name not in names} for key, flag in flags.items()}


def evaluations() -> list[Any]:
    params = []
    for name, count in EVALUATIONS.items():
        cases = vectors(name)["cases"]
        assert len(cases) == count
        deviations = Deviations("flagship", f"{name}/python/")
        for case in cases:
            alike = "python" in case.get("same_as_expect", ())
            answer = case.get("expect_python") or (case["expect"] if alike else None)
            if answer is not None:
                want = deviations.want(f"{name}/python/{case['name']}", without_names(answer["flags"]))
                params.append(pytest.param(name, case, want, answer.get("panic", False), id=f"{name}-{case['name']}"))
        deviations.check_done()
    return params


@pytest.fixture(scope="module")
def evaluated(request: pytest.FixtureRequest, server: FlagshipServer) -> Iterator[None]:
    """The SDK, started with the environment of a file of vectors."""
    server.replace(vectors(request.param)["bucketing"])
    with started(server, **QUIET):
        yield


@pytest.mark.parametrize(("evaluated", "case", "want", "panic"), evaluations(), indirect=["evaluated"])
def test_evaluation(evaluated: None, case: dict[str, Any], want: Any, panic: bool) -> None:
    visitor = fetched(case["visitor_id"], context=case.get("context"))
    check(flags_of(visitor), want)
    assert Flagship.status() is (Status.PANIC if panic else Status.READY)


MATRIX = vectors("targeting_matrix")["rows"]


@pytest.fixture(scope="module")
def matrix(server: FlagshipServer) -> Iterator[None]:
    """The SDK, started with a campaign for each row of the targeting matrix."""
    rules = ({"operator": row["operator"], "key": f"key_{row['id']}", "value": row["value"]} for row in MATRIX)
    campaigns = (campaign(row["id"], 1, targetings=[rule]) for row, rule in zip(MATRIX, rules))
    server.replace(environment(*campaigns))
    with started(server, **QUIET):
        yield


def rows_of_the_matrix() -> list[Any]:
    assert len(MATRIX) == 840
    deviations = Deviations("flagship", "targeting_matrix/python/")
    params = []
    for row in MATRIX:
        want = deviations.want(f"targeting_matrix/python/{row['id']}", row["python"])
        params.append(pytest.param(row, want, id=f"{row['id']} {row['operator']}"))
    deviations.check_done()
    return params


@pytest.mark.parametrize(("row", "want"), rows_of_the_matrix())
def test_targeting_matrix(matrix: None, row: dict[str, Any], want: bool) -> None:
    context = {f"key_{row['id']}": row["context"]} if "context" in row else {}
    assert (fetched("visitor_1", context=context).get_flag(row["id"], 0).value() == 1) is want


ALLOCATION = vectors("allocation_hash")


@pytest.fixture(scope="module")
def allocation(server: FlagshipServer) -> Iterator[None]:
    server.replace(ALLOCATION["bucketing"])
    with started(server, **QUIET):
        yield


def allocations() -> list[Any]:
    others = vectors("allocation_hash_non_ascii")["rows"]
    assert (len(ALLOCATION["rows"]), len(others)) == (248, 22)
    rows = [(row[0], row[1:]) for row in ALLOCATION["rows"]]
    rows += [(row["visitor_id"], row["python"]) for row in others]
    return [pytest.param(*row, id=json.dumps(row[0])) for row in rows]


@pytest.mark.parametrize(("visitor_id", "variations"), allocations())
def test_allocation(allocation: None, visitor_id: str, variations: list[int | None]) -> None:
    groups = ALLOCATION["columns"][1:]
    want = {group: f"{group}-v{index}" for group, index in zip(groups, variations) if index is not None}
    assert fetched(visitor_id).assignations == want


def malformed() -> list[Any]:
    rows = vectors("malformed_files")["rows"]
    assert len(rows) == 17
    deviations = Deviations("flagship", "malformed_files/python/")
    params = []
    for row in rows:
        want = deviations.want(f"malformed_files/python/{row['name']}", row["python"]["flags"])
        params.append(pytest.param(row["campaign"], want, id=row["name"]))
    deviations.check_done()
    return params


@pytest.mark.parametrize(("bad", "want"), malformed())
def test_a_malformed_campaign(server: FlagshipServer, bad: Any, want: list[str]) -> None:
    server.replace(environment(campaign("ok", 1), bad, campaign("last", 1)))
    with started(server, **QUIET):
        assert sorted(flags_of(fetched("visitor_1"))) == want


def answers() -> list[Any]:
    cases = vectors("decision_api")["cases"]
    assert len(cases) == 15
    deviations = Deviations("flagship", "decision_api/python/")
    params = []
    for case in cases:
        want = {"panic": case["expect_python"]["status"] == "PANIC", "failed": False, **case["expect_python"]}
        want = deviations.want(f"decision_api/python/{case['name']}", want)
        params.append(pytest.param(case, want, id=case["name"]))
    deviations.check_done()
    return params


def answer(body: Any, status: int = 200) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    return {"kind": "answer", "path": "/campaigns", "status": status, "body": json.dumps(body), "headers": headers}


FIRST = {
    "campaigns": [
        {
            "id": "c0",
            "type": "ab",
            "variationGroupId": "vg0",
            "variation": {
                "id": "va0",
                "reference": False,
                "modifications": {"type": "FLAG", "value": {"before": "yes"}},
            },
        }
    ]
}


@pytest.mark.parametrize(("case", "want"), answers())
def test_an_answer_of_the_decision_api(server: FlagshipServer, case: dict[str, Any], want: Any) -> None:
    server.fail(answer(FIRST), answer(case["response"], case.get("http_status", 200)))
    with started(server, DecisionApi) as problems:
        visitor = fetched("v1")
        assert visitor.get_flag("before", "no").value(False) == "yes"
        assert problems.messages == []
        visitor.fetch_flags()
        assert Flagship.status() is (Status.PANIC if want["panic"] else Status.READY)
        check({} if want["panic"] else flags_of(visitor), want["flags"])
    if want["failed"]:
        (message,) = problems.messages
        assert f"answered {case['http_status']}" in message


def requests() -> list[Any]:
    cases = vectors("decision_api")["requests_python"]
    assert len(cases) == 3
    return [pytest.param(case, id=case["name"]) for case in cases]


@pytest.mark.parametrize("case", requests())
def test_a_request_for_decisions(server: FlagshipServer, case: dict[str, Any]) -> None:
    body = case["body"]
    with started(server, DecisionApi):
        context = {key: value for key, value in body["context"].items() if not key.startswith("fs_")}
        visitor = Flagship.new_visitor(
            body["anonymousId"] or body["visitorId"], context=context, consent=body["visitor_consent"]
        )
        if body["anonymousId"]:
            visitor.authenticate(body["visitorId"])
        server.forget()
        visitor.fetch_flags()
    (request,) = server.asked("/campaigns")
    check(request["json"], body)
    assert request["path"].endswith("exposeAllKeys=true")
    sent = {name.lower(): value for name, value in request["headers"].items()}
    for name in ("x-sdk-client", "x-sdk-version", "content-type"):
        assert name in sent
        assert sent[name] == [case["headers"][name]] or sent[name] == case["headers"][name]


def records() -> list[Any]:
    params = []
    for name, count in (("visitor_cache_history", 14), ("xpc", 6)):
        file = vectors(name)
        assert len(file["cases"]) == count
        for case in file["cases"]:
            if "expect_python" in case:
                params.append(pytest.param(file["bucketing"], case, id=f"{name}-{case['name']}"))
    return params


@pytest.mark.parametrize(("bucketing", "case"), records())
def test_records_of_visitors(server: FlagshipServer, bucketing: Any, case: dict[str, Any]) -> None:
    server.replace(bucketing)
    cache, want = Recorder(case.get("cache_python")), case["expect_python"]
    with started(server, **QUIET, cache_manager=cache):
        options = {"context": case["context"], "consent": case.get("consent", True)}
        visitor = Flagship.new_visitor(case["anonymous_id"] or case["visitor_id"], **options)
        if case["anonymous_id"]:
            visitor.authenticate(case["visitor_id"])
        visitor.fetch_flags()
        check(flags_of(visitor), want["flags"])
    calls = [call for call in cache.calls if call[0].endswith("_visitor")]
    assert [call[:2] for call in calls] == want["cache_calls"]
    check([call[1:] for call in calls if call[0] == "cache_visitor"], want.get("written", []))


VALUES = [row for row in vectors("flag_values")["rows"] if "python" in row]


@pytest.fixture(scope="module")
def valued(server: FlagshipServer) -> Iterator[None]:
    flags = {row["flag"]: row["value"] for row in VALUES if row["python"]["exists"]}
    server.replace(environment(*(campaign(flag, value) for flag, value in flags.items())))
    with started(server, polling_interval=-1):
        yield


@pytest.mark.parametrize("row", VALUES, ids=lambda row: f"{row['flag']}-{json.dumps(row['default'])}")
def test_a_value_and_a_default(valued: None, server: FlagshipServer, row: dict[str, Any]) -> None:
    want = row["python"]
    flag = fetched("v1").get_flag(row["flag"], row["default"])
    server.forget()
    check(flag.value(), want["returns"])
    assert flag.exists() is want["exists"]
    check(flag.value(False), want["returns"])
    flag.visitor_exposed()
    seen = want["exposed_by_value"] + want["exposed_by_visitor_exposed"]
    assert [body["vaid"] for body in server.activations(seen)] == [f"va-{row['flag']}"] * seen


def test_the_values_are_complete() -> None:
    assert len(vectors("flag_values")["rows"]) == 159
    assert len(VALUES) == 147


def contexts() -> list[Any]:
    rows = vectors("context_update")["rows"]
    assert len(rows) == 40
    deviations = Deviations("flagship", "context_update/python/")
    params = []
    for row in rows:
        name = f"{row['key']}={json.dumps(row['value'])}"
        want = deviations.want(f"context_update/python/{name}", row["python"] != "ignored")
        params.append(pytest.param(row, want, id=name))
    deviations.check_done()
    return params


@pytest.fixture(scope="module")
def ready(server: FlagshipServer) -> Iterator[Any]:
    with started(server, DecisionApi) as problems:
        yield problems


@pytest.mark.parametrize(("row", "accepted"), contexts())
@pytest.mark.parametrize("form", ["dict", "pair", "kwarg"])
def test_an_attribute_of_a_context(ready: Any, form: str, row: dict[str, Any], accepted: bool) -> None:
    key, value = row["key"], row["value"]
    automatic = {"fs_client": "python", "fs_version": "3.0.0"}
    ready.messages.clear()
    visitor = Flagship.new_visitor("v1", **({"context": {key: value}} if form == "kwarg" else {}))
    if form != "kwarg":
        visitor.update_context({key: value} if form == "dict" else (key, value))
    check(visitor.context, {**automatic, key: value} if accepted else automatic)
    assert shown(visitor.visitor_id) == "v1"
