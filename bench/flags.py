"""The flags that every subject of the benchmark evaluates, and the requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

COUNT = 1_000
MANY = 10_000

CONTEXT = {"plan": "pro", "age": "42", "country": "fr", "device": "phone", "version": "1.2.3"}


def entity_id(number: int) -> str:
    """The entity of request number."""
    return f"user-{100_000 + number}"


def flag_key(number: int) -> str:
    """The key of flag number."""
    return f"flag-{number}"


def _constraint(kind: str, name: str, operator: str, value: str) -> dict[str, str]:
    return {"type": f"{kind}_CONSTRAINT_COMPARISON_TYPE", "property": name, "operator": operator, "value": value}


def _segment(number: int) -> dict[str, Any]:
    # CONTEXT meets all three constraints: all three are looked at. No two flags share a segment, so that an engine
    # that keeps equal segments once has no advantage.
    return {
        "key": f"segment-{number}",
        "name": "",
        "matchType": "ALL_SEGMENT_MATCH_TYPE",
        "constraints": [
            _constraint("STRING", "plan", "eq", "pro"),
            _constraint("NUMBER", "age", "gte", str(number % 40)),
            _constraint("STRING", "country", "isoneof", json.dumps(["de", "fr", f"x{number}"])),
        ],
    }


def _flag(number: int, kind: str, rules: list[dict[str, Any]], rollouts: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "key": flag_key(number),
        "name": f"Flag {number}",
        "description": "",
        "enabled": True,
        "type": f"{kind}_FLAG_TYPE",
        "rules": rules,
        "rollouts": rollouts,
    }


def _variant_flag(number: int, share: int) -> dict[str, Any]:
    rule = {
        "id": f"rule-{number}",
        "rank": 1,
        "segmentOperator": "OR_SEGMENT_OPERATOR",
        "segments": [_segment(number)],
        "distributions": [
            {"variantKey": "on", "variantAttachment": '{"color":"blue"}', "rollout": share},
            {"variantKey": "off", "variantAttachment": "", "rollout": 100 - share},
        ],
    }
    return _flag(number, "VARIANT", [rule], [])


def _boolean_flag(number: int) -> dict[str, Any]:
    segment = {"value": True, "segmentOperator": "OR_SEGMENT_OPERATOR", "segments": [_segment(number)]}
    return _flag(number, "BOOLEAN", [], [{"type": "SEGMENT_ROLLOUT_TYPE", "rank": 1, "segment": segment}])


def _document(namespace: str, flags: list[dict[str, Any]]) -> bytes:
    document = {"namespace": {"key": namespace}, "flags": flags}
    return json.dumps(document, separators=(",", ":")).encode()


def write_all(folder: Path) -> None:
    """Writes <namespace>.json for each namespace. "replaced" has a second document, in which every flag differs."""
    folder.mkdir(parents=True, exist_ok=True)
    documents = {
        "empty.json": _document("empty", []),
        "variant.json": _document("variant", [_variant_flag(n, 50) for n in range(COUNT)]),
        "boolean.json": _document("boolean", [_boolean_flag(n) for n in range(COUNT)]),
        "many.json": _document("many", [_variant_flag(n, 50) for n in range(MANY)]),
        "replaced.json": _document("replaced", [_variant_flag(n, 50) for n in range(MANY)]),
        "replaced.next.json": _document("replaced", [_variant_flag(n, 40) for n in range(MANY)]),
    }
    for name, body in documents.items():
        (folder / name).write_bytes(body)
