"""Every published vector, through burgee.flipt. Each case is a test named file/position."""

from __future__ import annotations

import base64
import json
from functools import lru_cache
from typing import Any

import pytest
from conftest import TESTDATA

from burgee.flipt import FliptClient
from burgee.flipt.errors import EvaluationError, ValidationError
from burgee.flipt.models import ClientOptions, EvaluationRequest

FOLDER = TESTDATA / "vectors" / "flipt"
FILES = sorted(path for path in FOLDER.glob("[01]*.json") if not path.name.startswith("16_"))
NOT_COMPARED = ("request_duration_millis", "timestamp")


def load_cases() -> list[Any]:
    deviations = {case["case"]: case["want"] for case in json.loads((FOLDER / "deviations.json").read_text())["cases"]}
    params = []
    for path in FILES:
        vectors = json.loads(path.read_text())
        groups = vectors.get("groups")
        if groups is None:
            sets = [(path.stem, vectors)]
        else:
            sets = [(f"{path.stem}/{number:02}", {**vectors, **group}) for number, group in enumerate(groups)]
        for prefix, group in sets:
            for position, case in enumerate(group["cases"]):
                name = f"{prefix}/{position:03}"
                want = deviations.pop(name, case["expect"])
                state = json.dumps({key: group[key] for key in ("snapshot", "engine_snapshot") if key in group})
                params.append(pytest.param(vectors["namespace"], state, case, want, id=name))
    assert not deviations, f"deviations that name no case: {sorted(deviations)}"
    return params


@lru_cache(maxsize=4)
def open_client(namespace: str, state: str) -> FliptClient:
    parts = json.loads(state)
    if "engine_snapshot" in parts:
        snapshot = base64.b64encode(json.dumps(parts["engine_snapshot"]).encode()).decode()
        # Port 9 of this machine refuses: the snapshot is all there is.
        options = ClientOptions(
            namespace=namespace, snapshot=snapshot, error_strategy="fallback", url="http://127.0.0.1:9", start_wait_ms=1
        )
        return FliptClient(options)
    return FliptClient(ClientOptions(namespace=namespace, document=parts["snapshot"]))


def answer(client: FliptClient, case: dict[str, Any]) -> Any:
    request = case["request"]
    if case["op"] == "list_flags":
        return {"flags": strip(client.list_flags().model_dump(mode="json"))}
    if case["op"] == "get_snapshot":
        return {"snapshot": json.loads(base64.b64decode(client.get_snapshot()))}
    if case["op"] == "batch":
        batch = [EvaluationRequest(**{"context": {}, **entry}) for entry in request]
        return strip(client.evaluate_batch(batch).model_dump())
    evaluate = client.evaluate_variant if case["op"] == "variant" else client.evaluate_boolean
    if isinstance(request, list):
        return strip(evaluate(*request).model_dump())
    return strip(evaluate(request["flag_key"], request["entity_id"], request.get("context")).model_dump())


def strip(value: Any) -> Any:
    """Remove what is not compared, and what the engine omits where a model has None."""
    if isinstance(value, dict):
        return {
            key: strip(member)
            for key, member in value.items()
            if key not in NOT_COMPARED and not (member is None and key in ("variant_attachment", "description"))
        }
    return [strip(member) for member in value] if isinstance(value, list) else value


def without_defaults(want: dict[str, Any]) -> dict[str, Any]:
    """Flipt's model of a flag has no default variant."""
    if "flags" not in want:
        return want
    return {"flags": [{k: v for k, v in flag.items() if k != "default_variant"} for flag in want["flags"]]}


@pytest.mark.parametrize(("namespace", "state", "case", "want"), load_cases())
def test_vector(namespace: str, state: str, case: dict[str, Any], want: dict[str, Any]) -> None:
    client = open_client(namespace, state)
    request = case["request"]
    blank = isinstance(request, dict) and not (request["flag_key"].strip() and request["entity_id"].strip())
    if blank:
        # Flipt's wrapper refuses these before its engine sees them.
        with pytest.raises(ValidationError, match="cannot be empty or null"):
            answer(client, case)
    elif "error" in want:
        with pytest.raises(EvaluationError) as raised:
            answer(client, case)
        # Details of a parser are not compared: only its category and the fixed words.
        assert str(raised.value).startswith(want["error"].partition(" at line ")[0])
    else:
        assert answer(client, case) == without_defaults(want)
